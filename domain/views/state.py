"""`state/1`: where an incident stands: what is known of it, by whom, and in sentences that can be quoted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import cast

from domain.actors import Actor
from domain.claims import INCIDENT_SCOPE, event_of_scope
from domain.escalation import Day, days
from domain.estimate_documents import estimate_cells, estimate_document, key_cells
from domain.incident.history import History, ReportHistory, Version
from domain.ledger.canonical import canonical
from domain.reading import Document, Reading, Row, View
from domain.sentences import sentences
from domain.sources import ANONYMOUS, AnonymousSource
from domain.weighing import by_origin, stated_scope, weigh
from domain.words import Strict


def finish(history: History, reading: Reading) -> Document:
    """Tell the state of the incident, as far as its sources had spoken by `reading.reported_until`.

    Title, status, period and scopes are ours and stand on the recorded clock alone.
    """
    weighed = weigh(history, reading.reported_until)
    reports = _in_order(weighed.speaking.values())
    versions = [report.now for report in reports]
    judged = [(keyed, reading.policy.estimate(keyed.question)) for keyed in weighed.keyed]
    return {
        "incident": history.slug,
        "title": history.title,
        "status": "open" if history.is_open else "closed",
        "utc_offset": history.utc_offset,
        "period": history.period,
        "countries": list(history.countries),
        "scopes": [{"name": name, **_limits(scope)} for name, scope in sorted(history.scopes.items())],
        "merged": sorted(home.slug for home in history.shown() if home is not history.own),
        "places": _distinct({place for each in versions for place in each.report.places}),
        "sides": _sides(versions),
        "kinds": dict(sorted(Counter(each.report.kind for each in versions).items())),
        "sources": _sources(history, reports),
        "blame": _blame(history, reports),
        "escalation": _escalation(days(history, weighed)),
        "estimates": [estimate_document(keyed, estimate) for keyed, estimate in judged],
        "sentences": [text for keyed, estimate in judged for text in sentences(history, keyed, estimate)],
    }


def _limits(statement: Strict) -> Document:
    """Return what a place, an actor or a scope says, without what it leaves open."""
    return statement.model_dump(mode="json", exclude_none=True)


def _in_order(reports: Iterable[ReportHistory]) -> list[ReportHistory]:
    return sorted(reports, key=lambda report: report.ref)


def _distinct(statements: Iterable[Strict], but: str = "") -> list[Document]:
    """Return what statements say, each thing once and without the field `but`, sorted."""
    documents = (_limits(statement) for statement in statements)
    kept = ({name: value for name, value in each.items() if name != but} for each in documents)
    found = {canonical(document): document for document in kept}
    return [found[key] for key in sorted(found)]


def _sides(versions: Sequence[Version]) -> list[Document]:
    sides: dict[str, set[Actor]] = {}
    for version in versions:
        for actor in version.report.actors:
            sides.setdefault(actor.side or "", set()).add(actor)
    return [{"side": side or None, "actors": _distinct(actors, "side")} for side, actors in sorted(sides.items())]


def _sources(history: History, reports: Sequence[ReportHistory]) -> list[Document]:
    return [
        {"source": origin, **_described(history, origin, own), "grade": history.grade(origin), "reports": len(own)}
        for origin, own in sorted(by_origin(reports).items())
    ]


def _described(history: History, origin: str, reports: Sequence[ReportHistory]) -> Document:
    """Say what a source is: a named one as it is registered, an unnamed one as its newest report has it."""
    record = history.origins.records.get(origin)
    source = max(reports, key=lambda report: report.newness).now.report.source
    if isinstance(source, AnonymousSource) and origin.startswith(ANONYMOUS):
        return {"name": source.anonymous, "type": source.type, "speaks_for": source.speaks_for}
    return {
        "name": history.name(origin),
        "type": record.type if record else "other",
        "speaks_for": record.speaks_for if record else None,
    }


def _blame(history: History, reports: Sequence[ReportHistory]) -> list[Document]:
    """Say who blames whom: statements, each with those who made it, and never a finding."""
    found: dict[tuple[str, str, str, str], set[str]] = {}
    for report in reports:
        said = report.now.report.responsibility()
        if said is not None:
            scope = stated_scope(history, report)
            event = "" if scope == INCIDENT_SCOPE else event_of_scope(scope) or scope
            found.setdefault((said.act, said.by or "", said.whom or "", event), set()).add(report.now.origin)
    return [
        {"act": act, "by": by or None, "whom": whom or None, "event": event or None, "sources": sorted(sources)}
        for (act, by, whom, event), sources in sorted(found.items())
    ]


def _escalation(found: Sequence[Day]) -> Document:
    """Say the highest level of any day, the first day that had it, and how the last day with reports stands."""
    if not found:
        return {"highest": None, "latest": None}
    highest = max(found, key=lambda day: (day.level, -day.day.toordinal()))
    return {
        name: {"day": day.day.isoformat(), "level": day.level}
        for name, day in (("highest", highest), ("latest", found[-1]))
    }


def _rows(document: Document) -> list[Row]:
    estimates = cast("list[Document]", document["estimates"])
    return [cast("Row", {**key_cells(estimate), **estimate_cells(estimate)}) for estimate in estimates]


VIEW = View(
    name="state",
    version=1,
    meaning="Where the incident stands: sources, sides, estimates and sentences that can be quoted.",
    finish=finish,
    columns=(
        "measure",
        "population",
        "scope",
        "manner",
        "lower",
        "lower_claim",
        "upper",
        "upper_claim",
        "upper_open",
        "best",
        "best_claim",
        "contested",
        "label",
    ),
    rows=_rows,
)
