"""`ucdp`: a table in the columns of UCDP GED: rows that came in as they were, every other incident as one event."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import BinaryIO, Final

from domain.actors import Actor
from domain.claims import INCIDENT_SCOPE, Key, key_of
from domain.estimates import Estimate
from domain.places import Place
from domain.populations import Population
from domain.report.kind import Report
from service.countries import BY_CODE
from service.exporter import Export, Exporter
from service.shown import EVERYONE, Shown, figure, places
from service.spreadsheet import write_table

SOURCE: Final = "ucdp"
COLUMNS: Final = (
    "id", "relid", "year", "active_year", "code_status", "type_of_violence", "conflict_dset_id", "conflict_new_id",
    "conflict_name", "dyad_dset_id", "dyad_new_id", "dyad_name", "side_a_dset_id", "side_a_new_id", "side_a",
    "side_b_dset_id", "side_b_new_id", "side_b", "number_of_sources", "source_article", "source_office",
    "source_date", "source_headline", "source_original", "where_prec", "where_coordinates", "where_description",
    "adm_1", "adm_2", "latitude", "longitude", "geom_wkt", "priogrid_gid", "country", "country_id", "region",
    "event_clarity", "date_prec", "date_start", "date_end", "deaths_a", "deaths_b", "deaths_civilians",
    "deaths_unknown", "best", "high", "low", "gwnoa", "gwnob",
)  # fmt: skip
"""The columns of UCDP GED in their order (GED Codebook 24.1)."""

_TYPES: Final = {"state-based": "1", "non-state": "2", "one-sided": "3"}
_PRECISIONS: Final = {
    "exact": "1", "locality": "1", "vicinity": "2", "admin2": "3", "admin1": "4", "region": "5", "country": "6",
}  # fmt: skip
_ARMED: Final = ("state_forces", "armed_group")
_SPANS: Final = ((1, "1"), (6, "2"), (7, "3"), (31, "4"))
"""Up to so many days, the date is as precise as that; of more days it is 5."""

Cells = dict[str, str | int | None]


def _write(export: Export, out: BinaryIO) -> None:
    write_table(out, COLUMNS, _rows(export))


def _rows(export: Export) -> Iterator[Mapping[str, object]]:
    for folded in export.incidents():
        shown = Shown.of(folded, export.reading)
        yield from shown.rows(SOURCE) or [dict.fromkeys(COLUMNS, "") | _event(shown)]


def _event(shown: Shown) -> Cells:
    """Return an incident as UCDP would have an event: by our rule, and not by UCDP's judgement."""
    listed, events = shown.listed, shown.events
    sources = sorted({shown.history.name(each.now.origin) for each in shown.reports})
    first, last = shown.day(shown.happened.earliest), shown.day(shown.happened.latest)
    return {
        "id": listed.slug,
        "relid": listed.slug,
        "year": first[:4],
        **_sides(shown),
        "number_of_sources": len(sources),
        "source_office": ";".join(sources),
        **_where(places(shown.reports), listed.countries),
        "event_clarity": "2" if len(events) > 1 else "1",
        **_when(first, last),
    }


def _when(first: str, last: str) -> Cells:
    """Return the days, each as far as it was said; how precise they are only where both were."""
    cells: Cells = {f"date_{end}": f"{day} 00:00:00.000" for end, day in (("start", first), ("end", last)) if day}
    if first and last:
        days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
        cells["date_prec"] = next((code for most, code in _SPANS if days <= most), "5")
    return cells


def _where(found: list[Place], countries: Iterable[str]) -> Cells:
    place = found[0] if found else None
    code = (place and place.country) or next(iter(countries), None)
    country = BY_CODE.get(code or "")
    cells: Cells = {
        "country": country.name if country else code,
        "country_id": country.states[0] if country and country.states else None,
    }
    if place is not None:
        cells |= {
            "where_prec": _PRECISIONS.get(place.precision or "", ""),
            "where_coordinates": place.name,
            "adm_1": place.admin1,
            "adm_2": place.admin2,
        }
        if place.lat is not None and place.lon is not None:
            cells |= {
                "latitude": place.lat,
                "longitude": place.lon,
                "geom_wkt": f"POINT ({place.lon} {place.lat})",
                "priogrid_gid": _cell_of(float(place.lat), float(place.lon)),
            }
    return cells


def _cell_of(lat: float, lon: float) -> int:
    """Return the number of the PRIO-GRID cell of a point: 0.5 degrees wide, from the south-west (Tollefsen 2012)."""
    row, column = min(int((lat + 90) * 2), 359), min(int((lon + 180) * 2), 719)
    return row * 720 + column + 1


def _sides(shown: Shown) -> Cells:
    """Return who is said to have fought, by the first report that tells UCDP's type of violence; and the dead."""
    told = [(each.now.report, kind) for each in shown.reports if (kind := each.now.report.ucdp_type()) is not None]
    cells: Cells = {}
    slugs: list[str | None] = [None, None]
    if told:
        one, other = _two(*told[0])
        slugs = [one.slug, other.slug]
        cells = {
            "type_of_violence": _TYPES[told[0][1]],
            "dyad_name": f"{one.name} - {other.name}",
            "side_a": one.name,
            "side_b": other.name,
        }
    return cells | _dead(shown.triple(), slugs)


def _two(report: Report, kind: str) -> tuple[Actor, Actor]:
    """Return the two sides of a report that tells UCDP's type of violence; a state, or who is armed, comes first."""
    armed = sorted((each for each in report.actors if each.type in _ARMED), key=lambda each: each.type != _ARMED[0])
    against = [each for each in report.actors if each.type == "civilian"] if kind == "one-sided" else armed
    one = armed[0]
    return one, next(each for each in against if (each.side or each.slug) != (one.side or one.slug))


def _dead(estimates: Mapping[Key, Estimate], sides: Iterable[str | None]) -> Cells:
    """Return low, best and high of those killed in the incident; and of each side and of civilians the best figure."""

    def killed(population: Population) -> Estimate | None:
        return estimates.get(key_of("killed", population, INCIDENT_SCOPE, None))

    of_side = [_of_side(estimates, slug) for slug in sides]
    everyone = killed(EVERYONE)
    return {
        **dict(zip(("deaths_a", "deaths_b"), of_side, strict=True)),
        "deaths_civilians": figure(killed(Population(status=("civilian",))), "best"),
        "deaths_unknown": figure(killed(Population(status=("unknown",))), "best"),
        "best": figure(everyone, "best"),
        "high": figure(everyone, "upper"),
        "low": figure(everyone, "lower"),
    }


def _of_side(estimates: Mapping[Key, Estimate], slug: str | None) -> int | None:
    """Return the best figure of a side's own dead; None where several keys count some of them."""
    keys = [key for key in estimates if key.measure == "killed" and key.scope == INCIDENT_SCOPE and not key.manner]
    found = [estimates[key] for key in keys if slug is not None and key.population.of == slug]
    return figure(found[0], "best") if len(found) == 1 else None


EXPORTER = Exporter(
    name="ucdp",
    summary="A table in the columns of UCDP GED; rows that were imported from UCDP as they were",
    suffix=".csv",
    write=_write,
)
