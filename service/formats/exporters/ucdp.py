"""`ucdp`: a table in the columns of UCDP GED: imported rows verbatim, and any other incident or event."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import BinaryIO, Final, NamedTuple

from domain.escalation.occurrences import Event
from domain.estimates.estimate import Estimate
from domain.history.history import ReportHistory
from domain.reports.claims.claim import EVENT_SCOPE, INCIDENT_SCOPE, ClaimKey, key_of, split_scope
from domain.reports.kind import Report
from domain.summary.incident_projection import VIOLENCE
from domain.values.actors import Actor
from domain.values.populations import Population
from service.formats.coded.columns import GED
from service.formats.export.incident_at_reading import (
    EVERYONE,
    IncidentAtReading,
    as_days,
    country_of,
    data_set_rows,
    day,
    figure,
    shared_place,
    tier,
)
from service.formats.exporter import Export, Exporter
from service.formats.files.csv_rows import write_table

_TYPES: Final = {"state-based": "1", "non-state": "2", "one-sided": "3"}
_PRECISIONS: Final = {
    "exact": "1", "locality": "1", "vicinity": "2", "admin2": "3", "admin1": "4", "region": "5", "country": "6",
}  # fmt: skip
_STATE, _CIVILIAN = "state_forces", "civilian"
_ARMED: Final = (_STATE, "armed_group")
_SPANS: Final = ((1, "1"), (6, "2"), (7, "3"), (31, "4"))
"""Most days of an event, and its `date_prec`; of more days it is 5."""
_SEVERAL: Final = "; "
_TWO: Final = 2

_NARROWER: Final = "with figures of a part (a declared scope) that no row has"
_EACH_EVENT: Final = "of which figures of events are written, a row each, since no figure was said of the whole"
_UNCOUNTED: Final = "with figures of single events that no row has, since a figure of the whole is written"
_UNDATED: Final = "without a first or a last day that anybody said; date_start, date_end and date_prec stay empty there"
_SCATTERED: Final = "at several places; where_coordinates, where_prec and the point are empty where these differ"
_OPEN_ABOVE: Final = "of which only a least number was said at the top; “high” stays empty"

GedCells = dict[str, str | int | None]
EstimatesByKey = Mapping[ClaimKey, Estimate]


def _write(export: Export, out: BinaryIO) -> None:
    write_table(out, GED, data_set_rows(export, ("ucdp", "UCDP"), GED, _incident_rows))


class _HomeIncident(NamedTuple):
    """Reports filed under the incident itself (`slug` is None), or under one that was merged or moved in.

    `counted` are the scopes with figures of those killed, each with its event.
    """

    slug: str | None
    counted: Mapping[str, str | None]
    events: Sequence[Event]
    reports: Sequence[ReportHistory]

    @property
    def whole(self) -> str:
        """The scope of the whole incident."""
        return INCIDENT_SCOPE if self.slug is None else f"{self.slug}/{INCIDENT_SCOPE}"


def _home_incidents(incident: IncidentAtReading, estimates: EstimatesByKey) -> Iterator[_HomeIncident]:
    """Yield the home incidents with figures: a figure counts the dead of the incident that it was filed under only.

    Reports merged or moved in without a figure are included with the incident itself.
    """
    counted = {key.scope: key.event for key in estimates if key.measure == "killed"}
    others = sorted({home for scope in counted if (home := split_scope(scope)[0]) is not None})
    of_report = {each.ref: incident.history.incidents[each.home].slug for each in incident.reports}
    for slug in (None, *others):
        reports = [each for each in incident.reports if _slug_among(others, of_report[each.ref]) == slug]
        refs = {each.ref for each in reports}
        events = [event for event in incident.events.values() if event.reports[0].ref in refs]
        yield _HomeIncident(
            slug, {scope: of for scope, of in counted.items() if split_scope(scope)[0] == slug}, events, reports
        )


def _slug_among(others: Sequence[str], slug: str) -> str | None:
    return slug if slug in others else None


def _incident_rows(export: Export, incident: IncidentAtReading) -> Iterator[GedCells]:
    """Yield the rows of an incident in UCDP's terms, by our rule and not by UCDP's judgement.

    If only events have figures, each event with violence is a row; figures of several are never added up, and those
    of a whole and of its events are never both written.
    """
    estimates, missed = incident.triple(), set[str]()
    homes = [*_home_incidents(incident, estimates)]
    for home in homes:
        if home.counted or home.events or len(homes) == 1:
            yield from _home_rows(export, incident, estimates, home, missed)
    for what in sorted(missed):
        export.count_gap("incident", what)


def _home_rows(
    export: Export, incident: IncidentAtReading, estimates: EstimatesByKey, home: _HomeIncident, missed: set[str]
) -> Iterator[GedCells]:
    violent, events = [event for event in home.events if _violent_reports(event)], set(home.counted.values())
    if home.whole not in home.counted and any(events):
        if len(home.events) > 1:
            missed.add(_EACH_EVENT)
        for event in home.events:
            if event in violent or event.label in events:
                yield _row(export, incident, home, [event], estimates, event)
    else:
        yield _row(export, incident, home, violent, estimates)
        one = None, incident.history.slug, f"{home.slug}/{EVENT_SCOPE}:{home.slug}"  # as coded: both are one
        if any(event not in one for event in events):
            missed.add(_UNCOUNTED)
    if any(event is None and scope != home.whole for scope, event in home.counted.items()):
        missed.add(_NARROWER)


def _violent_reports(event: Event) -> list[ReportHistory]:
    """Return the reports of an event that state violence."""
    return [each for each in event.reports if tier(each) == VIOLENCE]


def _row(
    export: Export,
    incident: IncidentAtReading,
    home: _HomeIncident,
    events: Sequence[Event],
    estimates: EstimatesByKey,
    event: Event | None = None,
) -> GedCells:
    """Return the row of all events of an incident together, or of one `event`; a single event is the incident."""
    single = event is not None
    name = home.slug or incident.history.slug
    if event is not None and len(incident.events) > 1:
        name = f"{incident.history.slug}:{event.label}"
    reports = home.reports if event is None else event.reports
    scope = home.whole if event is None else _scope(event)
    violent = [_violent_reports(event) for event in events]
    sources = sorted({incident.history.source_name(each.current.origin) for each in reports})
    thing = "event" if single else "incident"
    cells = {
        "id": name,
        "relid": incident.history.slug,
        "number_of_sources": len(sources),
        "source_office": ";".join(sources),
        **_location(export, thing, violent, incident),
        "event_clarity": ("2" if len(events) > 1 else "1") if events else None,
        **_dates(incident, home.slug, events, single=single),
        **_sides([each for group in violent for each in group], estimates, scope),
    }
    if not (cells["date_start"] and cells["date_end"]):
        export.count_gap(thing, _UNDATED)
    everyone = estimates.get(key_of("killed", EVERYONE, scope, None))
    if everyone is not None and everyone.upper_open:
        export.count_gap(thing, _OPEN_ABOVE)
    return cells


def _scope(event: Event) -> str:
    """Return the scope of an event, which its label already is if it belongs to another incident."""
    return event.label if "/" + EVENT_SCOPE + ":" in event.label else f"{EVENT_SCOPE}:{event.label}"


def _dates(incident: IncidentAtReading, home: str | None, events: Sequence[Event], *, single: bool) -> GedCells:
    """Return the first and last day of violence, else of the period; an open or unreported end is empty."""
    span = incident.when(events[0]) if single else incident.occurred(events, as_days, home)
    first, last = day(span.first), day(span.last)
    years = {each[:4] for each in (first, last)}
    return {
        "year": years.pop() if len(years) == 1 else "",
        "date_prec": _precision(first, last) if first and last and span.sure else "",
        "date_start": f"{first} 00:00:00.000" if first else "",
        "date_end": f"{last} 00:00:00.000" if last else "",
    }


def _precision(first: str, last: str) -> str:
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    return next((code for most, code in _SPANS if days <= most), "5")


def _location(
    export: Export, thing: str, violent: Sequence[Sequence[ReportHistory]], incident: IncidentAtReading
) -> GedCells:
    """Return the parts that all places have in common."""
    place = shared_place(violent)
    if violent and "name" not in place and any(each.current.report.places for group in violent for each in group):
        export.count_gap(thing, _SCATTERED)
    code, country = country_of(place, incident.history.own.countries)
    cells: GedCells = {
        "country": country.name if country else code,
        "country_id": country.states[0] if country and country.states else None,
        "where_prec": _PRECISIONS.get(place.get("precision", "")),
        "where_coordinates": place.get("name"),
        "adm_1": place.get("admin1"),
        "adm_2": place.get("admin2"),
    }
    if "lat" in place:
        lat, lon = place["lat"], place["lon"]
        point = {"latitude": lat, "longitude": lon, "geom_wkt": f"POINT ({lon} {lat})"}
        cells |= {**point, "priogrid_gid": _priogrid_cell(float(lat), float(lon))}
    return cells


def _priogrid_cell(lat: float, lon: float) -> int:
    """Return the number of the PRIO-GRID cell of a point: 0.5 degrees wide, from the south-west (Tollefsen 2012)."""
    row, column = min(int((lat + 90) * 2), 359), min(int((lon + 180) * 2), 719)
    return row * 720 + column + 1


def _sides(violent: Iterable[ReportHistory], estimates: EstimatesByKey, scope: str) -> GedCells:
    """Return UCDP's type of violence and both sides, if all reports that state them agree; and the deaths."""
    typed = [
        (kind, _two_sides(each.current.report))
        for each in violent
        if (kind := each.current.report.ucdp_type()) is not None
    ]
    kinds, sides = {kind for kind, _ in typed}, {two for _, two in typed}
    cells: GedCells = {}
    slugs: list[str | None] = [None, None]
    if len(kinds) == 1:
        cells["type_of_violence"] = _TYPES[kinds.pop()]
        if len(sides) == 1 and (two := sides.pop()) is not None:
            slugs = [side[0].slug if len(side) == 1 else None for side in two]
            one, other = (_SEVERAL.join(each.name for each in side) for side in two)
            cells |= {"dyad_name": f"{one} - {other}", "side_a": one, "side_b": other}
    return cells | _deaths(estimates, slugs, scope)


_Side = tuple[Actor, ...]


def _two_sides(report: Report) -> tuple[_Side, _Side] | None:
    """Return the two sides of a report with UCDP's type of violence, a state first; None if there are more."""
    armed: dict[str | None, list[Actor]] = {}
    for each in report.participants():
        if each.type in _ARMED:
            armed.setdefault(each.side or each.slug, []).append(each)
    sides = [tuple(side) for side in armed.values()]
    if len(sides) == 1:
        sides.append(tuple(each for each in report.participants() if each.type == _CIVILIAN))
    elif len(sides) == _TWO:
        sides.sort(key=lambda side: (all(each.type != _STATE for each in side), [each.name for each in side]))
    return (sides[0], sides[1]) if len(sides) == _TWO else None


def _deaths(estimates: EstimatesByKey, sides: Iterable[str | None], scope: str) -> GedCells:
    """Return low, best and high of those killed; and the best figure of each side, of civilians and of unknown.

    `high` is empty if the upper end is open (“at least 200”).
    """

    def killed(population: Population) -> Estimate | None:
        return estimates.get(key_of("killed", population, scope, None))

    of_side = [_deaths_of_side(estimates, slug, scope) for slug in sides]
    everyone = killed(EVERYONE)
    return {
        **dict(zip(("deaths_a", "deaths_b"), of_side, strict=True)),
        "deaths_civilians": figure(killed(Population(status=("civilian",))), "best"),
        "deaths_unknown": figure(killed(Population(status=("unknown",))), "best"),
        "best": figure(everyone, "best"),
        "high": None if everyone is None or everyone.upper_open else figure(everyone, "upper"),
        "low": figure(everyone, "lower"),
    }


def _deaths_of_side(estimates: EstimatesByKey, slug: str | None, scope: str) -> int | None:
    """Return the best figure of a side's own dead; None if several keys count them."""
    keys = [key for key in estimates if key.measure == "killed" and key.scope == scope and not key.manner]
    found = [key for key in keys if slug is not None and key.population.of == slug and key.limits.keys() <= _WHOLE]
    return figure(estimates[found[0]], "best") if len(found) == 1 else None


_WHOLE: Final = frozenset({"of", "status"})
"""Limits of a population that is a whole side; any other limit makes it a part."""


EXPORTER = Exporter(
    name="ucdp",
    summary="A table in the columns of UCDP GED; rows that were imported from UCDP as they were",
    suffix=".csv",
    write=_write,
    media_type="text/csv",
)
