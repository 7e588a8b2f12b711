"""`csv`: the estimates of every incident as a table with HXL hashtags; or an imported table, by its mapping file."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from domain.estimates.estimate import Estimate
from domain.reports.claims.claim import EVENT_SCOPE, INCIDENT_SCOPE, ClaimKey, key_of
from domain.summary.incident_projection import IncidentProjection
from domain.summary.killed import KilledSummary
from domain.summary.tolls import Toll
from domain.values.time.clocks import format_instant
from service.formats.export.incident_at_reading import IncidentAtReading, day, figure, shared_place
from service.formats.exporter import Export, Exporter, FoldedIncident
from service.formats.files.csv_rows import csv_writer
from service.formats.tables import export_mapping, write_csv

# HXL 1.1 final (2018): https://hxlstandard.org/standard/1-1final/dictionary/
COLUMNS: Final = {
    "incident": "#event+id",
    "title": "#event+name",
    "status": "#status",
    "countries": "#country+code+v_iso2+list",
    "admin1": "#adm1+name+list",
    "latitude": "#geo+lat",
    "longitude": "#geo+lon",
    "first_day": "#date+start",
    "last_day": "#date+end",
    "days_sure": "#meta+date+sure",
    "level": "#severity+num",
    "killed_at_least": "#affected+killed+num+min",
    "killed_scope": "#meta+scope+killed",
    "killed_in": "#event+name+killed",
    "killed_said": "#description+killed",
    "killed_claim": "#meta+id+killed",
    "killed_events": "#event+num+killed",
    "measure": "#indicator+name",
    "population": "#description+population",
    "scope": "#meta+scope",
    "in_event": "#event+name+greatest",
    "events": "#event+num",
    "manner": "#cause+name",
    "lower": "#affected+num+min",
    "best": "#affected+num+best",
    "upper": "#affected+num+max",
    "upper_open": "#meta+open",
    "contested": "#meta+contested",
    "sources": "#meta+source+list",
    "policy": "#meta+policy",
    "position": "#meta+position",
    "reported_until": "#date+reported",
}
"""Columns with their hashtags. A row is one key of an incident: a measure of a population in a scope.

If the incident has no figure of its own for a population, or a lower one, its events have a row of scope `event`:
the one with the greatest lower end (`in_event`) of `events`. `killed_…` is the greatest number of dead, as in
lists, and its scope.
"""

CsvValue = str | int | None


def _write(export: Export, out: BinaryIO) -> None:
    if export.map is not None:
        write_csv(export, export_mapping(export), out)
        return
    until = export.reading.reported_until
    asked = [export.reading.policy.id, export.position, format_instant(until) if until else None]
    with csv_writer(out) as sheet:
        sheet.writerow(list(COLUMNS))
        sheet.writerow(list(COLUMNS.values()))
        for folded in export.incidents():
            for row in _rows(export, folded):
                sheet.writerow([*row, *asked])


def _rows(export: Export, folded: FoldedIncident) -> Iterator[list[CsvValue]]:
    """Yield a row for each key; one without figures for an incident that has none."""
    present = IncidentProjection.at(folded.history, export.reading)
    whole = _incident_cells(IncidentAtReading(folded.history, export.reading), present)
    for key in sorted(present.estimates, key=lambda each: each.canonical):
        estimate = present.estimates[key]
        sources = sorted({claim.resolved.origin for claim in estimate.used})
        yield [*whole, *_estimate_cells(key, key.scope, estimate), "; ".join(sources)]
    for pair in sorted(present.pairs, key=lambda each: each.canonical):
        if (in_events := present.in_events(pair)) is not None and not _covers_events(present, in_events.greatest):
            toll = in_events.greatest
            yield [*whole, *_estimate_cells(toll.key, pair.scope, toll, toll.key.event, in_events.number), toll.source]
    if not (present.estimates or present.pairs):
        yield [*whole, *[None] * 12]


def _covers_events(present: IncidentProjection, toll: Toll) -> bool:
    """Say whether the incident's own figure of the population is at least that of its events."""
    own = present.estimates.get(key_of(toll.key.measure, toll.key.population, INCIDENT_SCOPE, None))
    least = own and own.lower
    return bool(least and (toll.lower is None or least.figure >= toll.lower.figure))


def _estimate_cells(
    key: ClaimKey, scope: str, estimate: Estimate | Toll, event: str | None = None, events: int | None = None
) -> list[CsvValue]:
    return [
        key.measure,
        key.population.noun_phrase(),
        scope,
        event,
        events,
        key.manner,
        *(figure(estimate, end) for end in ("lower", "best", "upper")),
        _boolean(value=estimate.upper_open),
        _boolean(value=estimate.contested),
    ]


def _incident_cells(incident: IncidentAtReading, present: IncidentProjection) -> list[CsvValue]:
    listed = present.summary
    place = shared_place(incident.violence)
    when = incident.days
    return [
        listed.slug,
        listed.title,
        listed.status,
        "; ".join(listed.countries),
        "; ".join(listed.admin1s),
        place.get("lat"),
        place.get("lon"),
        day(when.first),
        day(when.last),
        "" if when.sure is None else _boolean(value=when.sure),
        listed.level,
        *_killed_cells(listed.killed),
    ]


def _killed_cells(killed: KilledSummary) -> list[CsvValue]:
    """Return the greatest number of dead, its scope, event and claim; and the number of events with a figure."""
    least, events = killed.at_least, killed.events.number if killed.events else None
    if least is None:
        return [*[None] * 5, events]
    scope = EVENT_SCOPE if least.key.event is not None else least.key.scope
    return [killed.floor, scope, least.key.event, least.said, least.claim, events]


def _boolean(*, value: bool) -> str:
    return "true" if value else "false"


EXPORTER = Exporter(
    name="csv",
    summary="Estimates of every incident, a row for each measure and population, with HXL hashtags; or a table (--map)",
    suffix=".csv",
    write=_write,
    media_type="text/csv",
)
