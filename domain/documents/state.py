"""Parts of the document `state/1`, shared by the view and kept states."""

from collections.abc import Iterable, Mapping
from datetime import date

from domain.estimates.claim_index import statement_scope
from domain.history.history import History, ReportHistory
from domain.ledger.canonical import canonical
from domain.reading import Document
from domain.reports.claims.claim import INCIDENT_SCOPE, event_of_scope
from domain.values.actors import Actor
from domain.values.places import Place
from domain.values.sources import ANONYMOUS, AnonymousSource
from domain.values.statement import Statement
from domain.values.text_types import Strict
from domain.values.time.zones import TimeZone

ResponsibilityEntry = tuple[str, str, str, str]
"""A statement on responsibility: act, by, whom, event; empty where not stated."""


def whole_document(history: History) -> Document:
    """Return the fields of the incident as a whole."""
    return {
        "incident": history.slug,
        "title": history.own.title,
        "status": "open" if history.own.is_open else "closed",
        **clock_document(history.own.utc_offset, history.own.time_zone),
        "period": history.own.period,
        "countries": list(history.own.countries),
        "scopes": [{"name": name, **_set_fields(scope)} for name, scope in sorted(history.own.scopes.items())],
        "merged": sorted(home.slug for home in history.included_incidents() if home is not history.own),
    }


def clock_document(utc_offset: str, zone: TimeZone | None) -> Document:
    """Return the clock of its days: a fixed offset, or a time zone with a null offset."""
    return {"utc_offset": utc_offset} if zone is None else {"utc_offset": None, "time_zone": zone.name}


def places_document(places: Iterable[Place]) -> list[Document]:
    """List places, each once."""
    return _distinct(places)


def sides_document(actors: Iterable[Actor]) -> list[Document]:
    """List actors by side, each once."""
    sides: dict[str, set[Actor]] = {}
    for actor in actors:
        sides.setdefault(actor.side or "", set()).add(actor)
    return [
        {"side": side or None, "actors": _distinct(actors_of_side, "side")}
        for side, actors_of_side in sorted(sides.items())
    ]


def kinds_document(kinds: Mapping[str, int]) -> Document:
    """Count reports by kind."""
    return dict(sorted((kind, number) for kind, number in kinds.items() if number))


def source_document(history: History, origin: str, reports: Mapping[str, ReportHistory]) -> Document:
    """Describe a source: as registered, or for an anonymous one as in its newest report."""
    ends = {"grade": history.grade(origin), "reports": len(reports)}
    if origin.startswith(ANONYMOUS):
        source = max(reports.values(), key=lambda report: report.newness).current.report.source
        if isinstance(source, AnonymousSource):
            described = {"name": source.anonymous, "type": source.type, "speaks_for": source.speaks_for}
            return {"source": origin, **described, **ends}
    record = history.sources.records.get(origin)
    return {
        "source": origin,
        "name": history.source_name(origin),
        "type": record.type if record else "other",
        "speaks_for": record.speaks_for if record else None,
        **ends,
    }


def responsibility_of(history: History, report: ReportHistory) -> ResponsibilityEntry | None:
    """Return the statement of a report on responsibility, None without one."""
    statement = report.current.report.responsibility()
    if statement is None:
        return None
    scope = statement_scope(history, report)
    event = "" if scope == INCIDENT_SCOPE else event_of_scope(scope) or scope
    return statement.act, statement.by or "", statement.whom or "", event


def blame_document(statements: Mapping[ResponsibilityEntry, Iterable[str]]) -> list[Document]:
    """Return statements on responsibility with their origins; never a finding."""
    return [
        {"act": act, "by": by or None, "whom": whom or None, "event": event or None, "sources": sorted(sources)}
        for (act, by, whom, event), sources in sorted(statements.items())
    ]


def escalation_document(levels: Mapping[date, int]) -> Document:
    """Return the highest level with its first day, and the level of the last day that has one."""
    if not levels:
        return {"highest": None, "latest": None}
    highest = max(levels, key=lambda day: (levels[day], -day.toordinal()))
    return {
        name: {"day": day.isoformat(), "level": levels[day]}
        for name, day in (("highest", highest), ("latest", max(levels)))
    }


def _set_fields(scope: Strict) -> Document:
    """Return the fields of a scope that are set."""
    return scope.model_dump(mode="json", exclude_none=True)


def _distinct(statements: Iterable[Statement], but: str = "") -> list[Document]:
    """Return distinct documents of statements without the field `but`, in canonical order."""
    documents = (statement.set_members() for statement in statements)
    selected = ({name: value for name, value in each.items() if name != but} for each in documents)
    found = {canonical(document): document for document in selected}
    return [found[key] for key in sorted(found)]
