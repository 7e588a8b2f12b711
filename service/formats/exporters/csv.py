"""`csv`: the estimates of every incident as a table with HXL hashtags; or a table that came in, by its mapping file."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from domain.estimates.estimate import Estimate
from domain.reports.claims.claim import EVENT_SCOPE, INCIDENT_SCOPE, Key, key_of
from domain.summary.incident_projection import IncidentProjection
from domain.summary.killed import KilledSummary
from domain.summary.tolls import Toll
from domain.values.time.clocks import format_instant
from service.formats.export.incident_rows import Shown, day, figure, shared_place
from service.formats.exporter import Export, Exporter, Folded, Unwritable
from service.formats.files.spreadsheet import writing
from service.formats.tables import MapFault, read_map, write_csv

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
    "killed_said": "#affected+killed+text",
    "killed_claim": "#meta+id+killed",
    "killed_events": "#event+num+killed",
    "measure": "#indicator+name",
    "population": "#population+name",
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
"""The columns with their hashtags. One row is an incident under one key: a measure of a population in a scope.

Where the incident has no figure of its own of such people, or a lower one, single events have a row, of the scope
`event`: that with the greatest lower end (`in_event`) of so many (`events`). `killed_…` is the greatest number said to
be dead, as in lists, and where.
"""

Cell = str | int | None


def _write(export: Export, out: BinaryIO) -> None:
    if export.map is not None:
        try:
            table = read_map(export.map)
        except MapFault as fault:
            raise Unwritable(str(fault)) from fault
        write_csv(export, table, out)
        return
    until = export.reading.reported_until
    asked = [export.reading.policy.id, export.position, format_instant(until) if until else None]
    with writing(out) as sheet:
        sheet.writerow(list(COLUMNS))
        sheet.writerow(list(COLUMNS.values()))
        for folded in export.incidents():
            for row in _rows(export, folded):
                sheet.writerow([*row, *asked])


def _rows(export: Export, folded: Folded) -> Iterator[list[Cell]]:
    """Yield a row for each key; one without figures for an incident of which nobody gave any."""
    present = IncidentProjection.at(folded.history, export.reading)
    whole = _whole(Shown.of(folded, export.reading), present)
    for key in sorted(present.estimates, key=lambda each: each.canonical):
        estimate = present.estimates[key]
        sources = sorted({claim.resolved.origin for claim in estimate.used})
        yield [*whole, *_cells(key, key.scope, estimate), "; ".join(sources)]
    for pair in sorted(present.pairs, key=lambda each: each.canonical):
        if (said := present.in_events(pair)) is not None and not _tells_whole(present, said.greatest):
            toll = said.greatest
            yield [*whole, *_cells(toll.key, pair.scope, toll, toll.key.event, said.number), toll.source]
    if not (present.estimates or present.pairs):
        yield [*whole, *[None] * 12]


def _tells_whole(present: IncidentProjection, toll: Toll) -> bool:
    """Say whether the incident's own figure of such people is no lower than that of its events."""
    own = present.estimates.get(key_of(toll.key.measure, toll.key.population, INCIDENT_SCOPE, None))
    least = own and own.lower
    return bool(least and (toll.lower is None or least.figure >= toll.lower.figure))


def _cells(
    key: Key, scope: str, estimate: Estimate | Toll, event: str | None = None, events: int | None = None
) -> list[Cell]:
    return [
        key.measure,
        key.population.words(),
        scope,
        event,
        events,
        key.manner,
        *(figure(estimate, end) for end in ("lower", "best", "upper")),
        _truth(said=estimate.upper_open),
        _truth(said=estimate.contested),
    ]


def _whole(shown: Shown, present: IncidentProjection) -> list[Cell]:
    listed = present.summary
    place = shared_place(shown.violence)
    when = shown.days
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
        "" if when.sure is None else _truth(said=when.sure),
        listed.level,
        *_killed(listed.killed),
    ]


def _killed(killed: KilledSummary) -> list[Cell]:
    """Return the greatest number said to be dead, where, and by which claim; and how many events have a figure."""
    least, events = killed.at_least, killed.events.number if killed.events else None
    if least is None:
        return [*[None] * 5, events]
    scope = EVENT_SCOPE if least.key.event is not None else least.key.scope
    return [killed.floor, scope, least.key.event, least.said, least.claim, events]


def _truth(*, said: bool) -> str:
    return "true" if said else "false"


EXPORTER = Exporter(
    name="csv",
    summary="Estimates of every incident, a row for each measure and population, with HXL hashtags; or a table (--map)",
    suffix=".csv",
    write=_write,
)
