"""`ucdp`: a table in the columns of UCDP GED: rows that came in as they were, and any other incident or event."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import BinaryIO, Final, NamedTuple

from domain.escalation.occurrences import Event
from domain.estimates.estimate import Estimate
from domain.history.history import ReportHistory
from domain.reports.claims.claim import EVENT_SCOPE, INCIDENT_SCOPE, Key, home_of, key_of
from domain.reports.kind import Report
from domain.summary.incident_projection import VIOLENCE
from domain.values.actors import Actor
from domain.values.populations import Population
from service.formats.coded.countries import BY_CODE
from service.formats.export.incident_rows import EVERYONE, Shown, as_days, day, figure, shared_place, tier
from service.formats.exporter import Export, Exporter
from service.formats.files.columns import GED
from service.formats.files.spreadsheet import write_table

SOURCE: Final = "ucdp"

_TYPES: Final = {"state-based": "1", "non-state": "2", "one-sided": "3"}
_PRECISIONS: Final = {
    "exact": "1", "locality": "1", "vicinity": "2", "admin2": "3", "admin1": "4", "region": "5", "country": "6",
}  # fmt: skip
_STATE, _CIVILIAN = "state_forces", "civilian"
_ARMED: Final = (_STATE, "armed_group")
_SPANS: Final = ((1, "1"), (6, "2"), (7, "3"), (31, "4"))
"""Up to so many days, the date is as precise as that; of more days it is 5."""
_SEVERAL: Final = "; "
_TWO: Final = 2

_BESIDE: Final = "with rows of UCDP and other reports beside them; only the rows are written"
_NARROWER: Final = "with figures of a part (a declared scope) that no row has"
_EACH_EVENT: Final = "of which figures of events are written, a row each, since no figure was said of the whole"
_UNCOUNTED: Final = "with figures of single events that no row has, since a figure of the whole is written"
_UNDATED: Final = "without a first or a last day that anybody said; date_start, date_end and date_prec stay empty there"
_SCATTERED: Final = "at several places; where_coordinates, where_prec and the point are empty where these differ"
_OPEN_ABOVE: Final = "of which only a least number was said at the top; “high” stays empty"

Cells = dict[str, str | int | None]
Estimates = Mapping[Key, Estimate]


def _write(export: Export, out: BinaryIO) -> None:
    write_table(out, GED, _rows(export))


def _rows(export: Export) -> Iterator[Mapping[str, object]]:
    for folded in export.incidents():
        shown = Shown.of(folded, export.reading)
        if rows := shown.rows(SOURCE):
            yield from rows
            if any(SOURCE not in each.current.report.external_ids for each in shown.reports):
                export.miss("incident", _BESIDE)
            continue
        for cells in _made(export, shown):
            yield dict.fromkeys(GED, "") | cells


class _Home(NamedTuple):
    """What was filed under the incident that is shown (`slug` is None), or under one that was merged or moved in.

    `counted` are the scopes in which anything is said of the killed, each with its event.
    """

    slug: str | None
    counted: Mapping[str, str | None]
    events: Sequence[Event]
    reports: Sequence[ReportHistory]

    @property
    def whole(self) -> str:
        """The scope of the whole of it."""
        return INCIDENT_SCOPE if self.slug is None else f"{self.slug}/{INCIDENT_SCOPE}"


def _homes(shown: Shown, estimates: Estimates) -> Iterator[_Home]:
    """Yield what is to be told apart: a figure counts the dead of the incident that it was filed under, and no other.

    What was merged or moved in without a figure is told with the incident itself.
    """
    counted = {key.scope: key.event for key in estimates if key.measure == "killed"}
    others = sorted({home for scope in counted if (home := home_of(scope)[0]) is not None})
    of_report = {each.ref: shown.history.incidents[each.home].slug for each in shown.reports}
    for slug in (None, *others):
        reports = [each for each in shown.reports if (_other(of_report[each.ref], others)) == slug]
        refs = {each.ref for each in reports}
        events = [event for event in shown.events.values() if event.reports[0].ref in refs]
        yield _Home(slug, {scope: of for scope, of in counted.items() if home_of(scope)[0] == slug}, events, reports)


def _other(slug: str, others: Sequence[str]) -> str | None:
    return slug if slug in others else None


def _made(export: Export, shown: Shown) -> Iterator[Cells]:
    """Yield an incident as UCDP would have an event, by our rule and not by UCDP's judgement.

    Where figures were said of its events only, each of those with violence is one; figures of several are never put
    together, and those of a whole and of its events never stand side by side.
    """
    estimates, missed = shown.triple(), set[str]()
    homes = [*_homes(shown, estimates)]
    for home in homes:
        if home.counted or home.events or len(homes) == 1:
            yield from _made_of(export, shown, estimates, home, missed)
    for what in sorted(missed):
        export.miss("incident", what)


def _made_of(export: Export, shown: Shown, estimates: Estimates, home: _Home, missed: set[str]) -> Iterator[Cells]:
    violent, events = [event for event in home.events if _violent(event)], set(home.counted.values())
    if home.whole not in home.counted and any(events):
        if len(home.events) > 1:
            missed.add(_EACH_EVENT)
        for event in home.events:
            if event in violent or event.label in events:
                yield _row(export, shown, home, [event], estimates, event)
    else:
        yield _row(export, shown, home, violent, estimates)
        one = None, shown.history.slug, f"{home.slug}/{EVENT_SCOPE}:{home.slug}"  # as coded: both are one
        if any(event not in one for event in events):
            missed.add(_UNCOUNTED)
    if any(event is None and scope != home.whole for scope, event in home.counted.items()):
        missed.add(_NARROWER)


def _violent(event: Event) -> list[ReportHistory]:
    """Return the reports of an event that state violence."""
    return [each for each in event.reports if tier(each) == VIOLENCE]


def _row(
    export: Export,
    shown: Shown,
    home: _Home,
    events: Sequence[Event],
    estimates: Estimates,
    event: Event | None = None,
) -> Cells:
    """Return what is said of the events of an incident together, or of one `event`; its only one is the incident."""
    single = event is not None
    name = home.slug or shown.history.slug
    if event is not None and len(shown.events) > 1:
        name = f"{shown.history.slug}:{event.label}"
    reports = home.reports if event is None else event.reports
    scope = home.whole if event is None else _scope(event)
    violent = [_violent(event) for event in events]
    sources = sorted({shown.history.source_name(each.current.origin) for each in reports})
    thing = "event" if single else "incident"
    cells = {
        "id": name,
        "relid": shown.history.slug,
        "number_of_sources": len(sources),
        "source_office": ";".join(sources),
        **_where(export, thing, violent, shown),
        "event_clarity": ("2" if len(events) > 1 else "1") if events else None,
        **_when(shown, home.slug, events, single=single),
        **_sides([each for group in violent for each in group], estimates, scope),
    }
    if not (cells["date_start"] and cells["date_end"]):
        export.miss(thing, _UNDATED)
    everyone = estimates.get(key_of("killed", EVERYONE, scope, None))
    if everyone is not None and everyone.upper_open:
        export.miss(thing, _OPEN_ABOVE)
    return cells


def _scope(event: Event) -> str:
    """Return the scope of an event: its label here, or the whole of it where it is another incident's."""
    return event.label if "/" + EVENT_SCOPE + ":" in event.label else f"{EVENT_SCOPE}:{event.label}"


def _when(shown: Shown, home: str | None, events: Sequence[Event], *, single: bool) -> Cells:
    """Return the first and last day of violence, else of the period; an end that is open or not said stays empty."""
    said = shown.when(events[0]) if single else shown.occurred(events, as_days, home)
    first, last = day(said.first), day(said.last)
    years = {each[:4] for each in (first, last)}
    return {
        "year": years.pop() if len(years) == 1 else "",
        "date_prec": _precision(first, last) if first and last and said.sure else "",
        "date_start": f"{first} 00:00:00.000" if first else "",
        "date_end": f"{last} 00:00:00.000" if last else "",
    }


def _precision(first: str, last: str) -> str:
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    return next((code for most, code in _SPANS if days <= most), "5")


def _where(export: Export, thing: str, violent: Sequence[Sequence[ReportHistory]], shown: Shown) -> Cells:
    """Return the place of all that is told; of several places only what they have in common."""
    place = shared_place(violent)
    if violent and "name" not in place and any(each.current.report.places for group in violent for each in group):
        export.miss(thing, _SCATTERED)
    code = place.get("country") or _alone(shown.history.own.countries)
    country = BY_CODE.get(code or "")
    cells: Cells = {
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
        cells |= {**point, "priogrid_gid": _cell_of(float(lat), float(lon))}
    return cells


def _alone(codes: Sequence[str]) -> str | None:
    return codes[0] if len(codes) == 1 else None


def _cell_of(lat: float, lon: float) -> int:
    """Return the number of the PRIO-GRID cell of a point: 0.5 degrees wide, from the south-west (Tollefsen 2012)."""
    row, column = min(int((lat + 90) * 2), 359), min(int((lon + 180) * 2), 719)
    return row * 720 + column + 1


def _sides(violent: Iterable[ReportHistory], estimates: Estimates, scope: str) -> Cells:
    """Return UCDP's type of violence and who fought, where all reports that tell them agree; and the dead."""
    told = [
        (kind, _two(each.current.report)) for each in violent if (kind := each.current.report.ucdp_type()) is not None
    ]
    kinds, sides = {kind for kind, _ in told}, {two for _, two in told}
    cells: Cells = {}
    slugs: list[str | None] = [None, None]
    if len(kinds) == 1:
        cells["type_of_violence"] = _TYPES[kinds.pop()]
        if len(sides) == 1 and (two := sides.pop()) is not None:
            slugs = [side[0].slug if len(side) == 1 else None for side in two]
            one, other = (_SEVERAL.join(each.name for each in side) for side in two)
            cells |= {"dyad_name": f"{one} - {other}", "side_a": one, "side_b": other}
    return cells | _dead(estimates, slugs, scope)


_Side = tuple[Actor, ...]


def _two(report: Report) -> tuple[_Side, _Side] | None:
    """Return the two sides of a report that tells UCDP's type of violence, a state first; None where there are more."""
    armed: dict[str | None, list[Actor]] = {}
    for each in report.taking_part():
        if each.type in _ARMED:
            armed.setdefault(each.side or each.slug, []).append(each)
    sides = [tuple(side) for side in armed.values()]
    if len(sides) == 1:
        sides.append(tuple(each for each in report.taking_part() if each.type == _CIVILIAN))
    elif len(sides) == _TWO:
        sides.sort(key=lambda side: (all(each.type != _STATE for each in side), [each.name for each in side]))
    return (sides[0], sides[1]) if len(sides) == _TWO else None


def _dead(estimates: Estimates, sides: Iterable[str | None], scope: str) -> Cells:
    """Return low, best and high of those killed; and of each side, of civilians and of unknown the best figure.

    A least number (“at least 200”) is no high: then `high` is empty.
    """

    def killed(population: Population) -> Estimate | None:
        return estimates.get(key_of("killed", population, scope, None))

    of_side = [_of_side(estimates, slug, scope) for slug in sides]
    everyone = killed(EVERYONE)
    return {
        **dict(zip(("deaths_a", "deaths_b"), of_side, strict=True)),
        "deaths_civilians": figure(killed(Population(status=("civilian",))), "best"),
        "deaths_unknown": figure(killed(Population(status=("unknown",))), "best"),
        "best": figure(everyone, "best"),
        "high": None if everyone is None or everyone.upper_open else figure(everyone, "upper"),
        "low": figure(everyone, "lower"),
    }


def _of_side(estimates: Estimates, slug: str | None, scope: str) -> int | None:
    """Return the best figure of all of a side's own dead; None where several keys count them."""
    keys = [key for key in estimates if key.measure == "killed" and key.scope == scope and not key.manner]
    found = [key for key in keys if slug is not None and key.population.of == slug and key.limits.keys() <= _WHOLE]
    return figure(estimates[found[0]], "best") if len(found) == 1 else None


_WHOLE: Final = frozenset({"of", "status"})
"""The limits of a population that is a whole side; by any other, it is some of it."""


EXPORTER = Exporter(
    name="ucdp",
    summary="A table in the columns of UCDP GED; rows that were imported from UCDP as they were",
    suffix=".csv",
    write=_write,
)
