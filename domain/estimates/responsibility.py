"""Index of statements on responsibility of counting reports, by scope (event or incident)."""

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from operator import attrgetter

from domain.estimates.estimate import IMPROBABLE, UNRELIABLE, ResponsibilityStatement
from domain.history.history import History, ReportHistory
from domain.reports.claims.claim import INCIDENT_SCOPE, event_scope

ScopeStatements = tuple[tuple[ResponsibilityStatement, ...], bool]
"""Statements, sorted by report, and whether any of them denies."""

NO_STATEMENTS: ScopeStatements = ((), False)

_BY_REPORT = attrgetter("report")


@dataclass(slots=True)
class StatementIndex:
    """Current statements; those of one scope are sorted by report."""

    by_scope: dict[str, list[ResponsibilityStatement]] = field(default_factory=dict[str, list[ResponsibilityStatement]])
    _by_report: dict[str, tuple[str, ResponsibilityStatement]] = field(
        default_factory=dict[str, tuple[str, ResponsibilityStatement]]
    )
    _cached: dict[str, ScopeStatements] = field(default_factory=dict[str, "ScopeStatements"])

    def copy(self) -> "StatementIndex":
        """Return an independent copy."""
        by_scope = {scope: list(statements) for scope, statements in self.by_scope.items()}
        return StatementIndex(by_scope, dict(self._by_report), dict(self._cached))

    def on_scope(self, scope: str | None) -> ScopeStatements:
        """Return the statements on a scope (None: no scope), and whether any of them denies."""
        if scope not in self.by_scope:
            return NO_STATEMENTS
        found = self._cached.get(scope)
        if found is None:
            statements = tuple(self.by_scope[scope])
            found = self._cached[scope] = statements, any(each.act == "denied" for each in statements)
        return found

    def update(self, history: History, ref: str, report: ReportHistory | None) -> set[str]:
        """Set the statement of a report (None: no longer counting); returns the scopes that changed."""
        old, new = self._by_report.get(ref), None if report is None else statement_of(history, report)
        if old == new:
            return set()
        if old is not None:
            in_scope = self.by_scope[old[0]]
            del in_scope[bisect_left(in_scope, ref, key=_BY_REPORT)]
            del self._by_report[ref]
        if new is not None:
            insort(self.by_scope.setdefault(new[0], []), new[1], key=_BY_REPORT)
            self._by_report[ref] = new
        changed = {scope for scope, _ in filter(None, (old, new))}
        for scope in changed:
            self._cached.pop(scope, None)
        return changed


def statement_of(history: History, report: ReportHistory) -> tuple[str, ResponsibilityStatement] | None:
    """Return the scope and statement of a report; None without one, or if source or report is rated out."""
    statement = report.current.report.responsibility()
    if statement is None or report.credibility.get(None) == IMPROBABLE:
        return None
    origin = report.current.origin
    grade = history.grade(origin)
    if grade == UNRELIABLE:
        return None
    return statement_scope(history, report), ResponsibilityStatement(
        statement.act, statement.by, statement.whom, origin, grade, report.ref
    )


def statement_scope(history: History, report: ReportHistory) -> str:
    """Return the scope of a report's statement: its event, else its whole incident."""
    event = report.current.report.event
    scope = event_scope(event) if event is not None else INCIDENT_SCOPE
    return history.scope_name(report.home, history.incidents[report.home].slug, scope)
