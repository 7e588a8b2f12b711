"""`reports`: one row a report of an incident: the timeline of all incidents, for search.

It has no text, only the search words; what is shown is read from the log, at the position `content`.
"""

from collections.abc import Iterable
from uuid import UUID

from domain.reports.kind import Report
from domain.summary.incident_projection import IncidentProjection
from domain.summary.summary import SummaryChanges
from domain.values.search_words import words_of
from domain.values.sources import AnonymousSource
from service.projections.read_model import CellReplacement, ReadModel, RowChange, RowValues


def _rows(projection: IncidentProjection) -> Iterable[RowValues]:
    return (_row(projection, report_id) for report_id in projection.history.own.reports)


def _changed(projection: IncidentProjection, changes: SummaryChanges) -> Iterable[RowChange]:
    own = projection.history.own
    for report_id in changes.reports:
        yield (own.stream, report_id), _row(projection, report_id) if report_id in own.reports else None


def _row(projection: IncidentProjection, report_id: UUID) -> RowValues:
    own, history = projection.history.own, projection.history.all_reports[report_id]
    now, report = history.current, history.current.report
    occurred = now.occurred
    return (
        own.stream,
        report_id,
        own.slug,
        now.position,
        report.kind,
        now.tier,
        history.standing_at(None),
        now.event,
        now.origin,
        list(report.via),
        report.occurred,
        occurred.earliest if occurred else None,
        occurred.latest if occurred else None,
        report.reported_at or "",
        history.reported.earliest,
        history.reported.latest,
        [place.name for place in report.places],
        list(report.tags),
        words_of(_texts(report)),
    )


def _erased(projection: IncidentProjection, report_id: UUID) -> Iterable[CellReplacement]:
    """Return the words of each content of a report without its text."""
    history = projection.history.all_reports.get(report_id)
    for version in history.versions if history else ():
        where = {"report": report_id, "content": version.position}
        yield CellReplacement(where, {"words": words_of(_texts(version.report))})


def _texts(report: Report) -> list[str | None]:
    text, source = report.text, report.source
    found: list[str | None] = [*report.tags, report.event]
    found.append(source.anonymous if isinstance(source, AnonymousSource) else source)
    found += [place.name for place in report.places]
    found += [actor.name for actor in report.actors]
    if text is not None:
        found += (text.summary, *text.quotes, text.occurred_words, text.notes)
    return found


READ_MODEL: ReadModel[IncidentProjection] = ReadModel(
    name="reports",
    version=2,
    meaning="One row a report, under the incident that it stands under, with the words it is found by.",
    subject="incident",
    key={"incident": "uuid", "report": "uuid"},
    cells={
        "slug": "text",
        "content": "bigint",
        "kind": "text",
        "tier": "text",
        "standing": "text",
        "event": "text",
        "origin": "text",
        "via": "text[]",
        "occurred": "text",
        "occurred_from": "timestamptz",
        "occurred_to": "timestamptz",
        "reported_at": "text",
        "reported_from": "timestamptz",
        "reported_to": "timestamptz",
        "places": "text[]",
        "tags": "text[]",
        "words": "text[]",
    },
    rows=_rows,
    changed=_changed,
    erased=_erased,
    indexes=("USING gin (words)", "(origin)", "(reported_to)"),
)
