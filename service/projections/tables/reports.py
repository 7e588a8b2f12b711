"""`reports`: one row a report, under the incident that it stands under: the timeline of all incidents, to be searched.

No text is kept here, only the words it is found by; what is shown is read from the log, at the position `content`.
"""

from collections.abc import Iterable

from domain.history.report_history import ReportHistory
from domain.reports.kind import Report
from domain.summary.incident_projection import IncidentProjection
from domain.summary.summary import SummaryChanges
from domain.values.search_words import words_of
from domain.values.sources import AnonymousSource
from service.projections.read_model import Change, Key, ReadModel


def _rows(present: IncidentProjection, moved: SummaryChanges) -> Iterable[Change]:
    own, filed = present.history.own, present.history.all_reports
    for report_id in moved.reports:
        key: Key = (own.stream, report_id)
        yield key, _row(key, own.slug, filed[report_id]) if report_id in own.reports else None


def _row(key: Key, slug: str, report: ReportHistory) -> tuple[object, ...]:
    now, said = report.current, report.current.report
    occurred = now.occurred
    return (
        *key,
        slug,
        now.position,
        said.kind,
        now.tier,
        report.status_at(None),
        now.event,
        now.origin,
        list(said.via),
        said.occurred,
        occurred.earliest if occurred else None,
        occurred.latest if occurred else None,
        said.reported_at or "",
        report.reported.earliest,
        report.reported.latest,
        [place.name for place in said.places],
        list(said.tags),
        words_of(_texts(said)),
    )


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
    indexes=("USING gin (words)", "(origin)", "(reported_to)"),
)
