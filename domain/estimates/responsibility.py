"""Index of statements on responsibility that count, by scope (event or incident)."""

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from operator import attrgetter

from domain.estimates.estimate import IMPROBABLE, UNRELIABLE, Statement
from domain.history.history import History, ReportHistory
from domain.reports.claims.claim import INCIDENT_SCOPE, event_scope

ScopeStatements = tuple[tuple[Statement, ...], bool]
"""Statements, sorted by report, and whether any of them denies."""

NO_STATEMENTS: ScopeStatements = ((), False)

_BY_REPORT = attrgetter("report")


@dataclass(slots=True)
class StatementIndex:
    """Current statements; those of one scope are sorted by report."""

    by_scope: dict[str, list[Statement]] = field(default_factory=dict[str, list[Statement]])
    _by_report: dict[str, tuple[str, Statement]] = field(default_factory=dict[str, tuple[str, Statement]])
    _cached: dict[str, ScopeStatements] = field(default_factory=dict[str, "ScopeStatements"])

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
        """Set the statement of a report (None: it no longer counts); returns the scopes that changed."""
        was, now = self._by_report.get(ref), None if report is None else statement_of(history, report)
        if was == now:
            return set()
        if was is not None:
            of_scope = self.by_scope[was[0]]
            del of_scope[bisect_left(of_scope, ref, key=_BY_REPORT)]
            del self._by_report[ref]
        if now is not None:
            insort(self.by_scope.setdefault(now[0], []), now[1], key=_BY_REPORT)
            self._by_report[ref] = now
        changed = {scope for scope, _ in filter(None, (was, now))}
        for scope in changed:
            self._cached.pop(scope, None)
        return changed


def statement_of(history: History, report: ReportHistory) -> tuple[str, Statement] | None:
    """Return the scope and statement of a report; None without one, or if source or report is rated out."""
    said = report.current.report.responsibility()
    if said is None or report.credibility.get(None) == IMPROBABLE:
        return None
    origin = report.current.origin
    grade = history.grade(origin)
    if grade == UNRELIABLE:
        return None
    return statement_scope(history, report), Statement(said.act, said.by, said.whom, origin, grade, report.ref)


def statement_scope(history: History, report: ReportHistory) -> str:
    """Return the scope of a report's statement: its event, else its whole incident."""
    event = report.current.report.event
    scope = event_scope(event) if event is not None else INCIDENT_SCOPE
    return history.scope_name(report.home, history.incidents[report.home].slug, scope)
