"""`csv`: the estimates of every incident as a table with HXL hashtags; or a table that came in, by its mapping file."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from domain.clocks import format_instant
from domain.present import Present
from service.exporter import Export, Exporter, Folded, Unwritable
from service.shown import Shown, figure
from service.spreadsheet import writing
from service.tables import MapFault, read_map, write_csv

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
    "level": "#severity+num",
    "measure": "#indicator+name",
    "population": "#population+name",
    "scope": "#meta+scope",
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
"""The columns with their hashtags. One row is an incident under one key: a measure of a population in a scope."""

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
    present = Present.at(folded.history, export.reading)
    whole = _whole(Shown.of(folded, export.reading), present)
    for key in sorted(present.estimates, key=lambda each: each.canonical):
        estimate = present.estimates[key]
        sources = sorted({claim.held.origin for claim in estimate.used})
        yield [
            *whole,
            key.measure,
            key.population.words(),
            key.scope,
            key.manner,
            *(figure(estimate, end) for end in ("lower", "best", "upper")),
            _truth(said=estimate.upper_open),
            _truth(said=estimate.contested),
            "; ".join(sources),
        ]
    if not present.estimates:
        yield [*whole, *[None] * 10]


def _whole(shown: Shown, present: Present) -> list[Cell]:
    listed = present.listed
    lat, lon = listed.points[0] if len(listed.points) == 1 else (None, None)
    return [
        listed.slug,
        listed.title,
        listed.status,
        "; ".join(listed.countries),
        "; ".join(listed.admin1s),
        lat,
        lon,
        shown.day(shown.happened.earliest),
        shown.day(shown.happened.latest),
        listed.level,
    ]


def _truth(*, said: bool) -> str:
    return "true" if said else "false"


EXPORTER = Exporter(
    name="csv",
    summary="Estimates of every incident, a row for each measure and population, with HXL hashtags; or a table (--map)",
    suffix=".csv",
    write=_write,
)
