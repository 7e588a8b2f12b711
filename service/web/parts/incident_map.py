"""The map of an incident: the places of its reports with their precision, and a list of them behind it."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Final, NamedTuple

from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language, instant
from service.web.maps.frame import around, fitted, parse_box
from service.web.maps.topology import Point
from service.web.parts.country_names import country_name
from service.web.parts.local_time import day_said
from service.web.parts.map_picture import ASPECT, MapSection, Picture, Spot, nearer_box, picture
from service.web.parts.names import Names

RADII: Final = {"vicinity": 2.0, "locality": 5.0, "admin2": 20.0, "admin1": 50.0, "region": 100.0}
"""How far from the truth the point of each precision may usually be, in kilometres; that of an exact one is a point."""
NOT_A_POINT: Final = "country"
"""The precision of points that are the middle of a country: these are listed, and not drawn."""
VENUE: Final = "venue"
ROWS: Final = 100
"""How many places a page of the list has."""
LINKS: Final = 50
"""How many reports of one place are linked."""
NAMED: Final = 20
"""How many places have their name on the map, those with the most reports."""
_RANKS: Final = {"violence": 4, "tension": 3, "easing": 2, "none": 1, VENUE: 0}
_CELL: Final = 32.0
_PADDING: Final = 1.25
_LEAST: Final = 0.25
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_KM_PER_DEGREE: Final = 111.2


@dataclass(frozen=True, slots=True)
class PlaceReport:
    """A report at a place."""

    text: str
    href: str
    said: int


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place of the list. `said` is when the first of its reports was, in ms of the epoch."""

    anchor: str
    name: str
    within: str
    precision: str
    shape: str
    kinds: Sequence[str]
    first_day: str
    """The day of its first event, as the anchor of the timeline names it; empty where none is dated."""
    days: str
    count: int
    reports: Sequence[PlaceReport]
    said: int


@dataclass(frozen=True, slots=True)
class IncidentMap:
    """The map of an incident; `picture` is None where no place has coordinates."""

    picture: Picture | None
    shapes: Sequence[str]
    radii: Mapping[str, str]
    """How large the circles of each precision are, in kilometres; empty where there is none on it."""
    located: Sequence[PlaceRow]
    others: Sequence[PlaceRow]
    located_count: int
    retracted: int
    """How many retracted reports with a place are not shown."""
    previous: str
    following: str


class MapView(NamedTuple):
    """Parameters of the map: `bbox` and `places` of the query, and the zone of the incident's days."""

    bbox: str | None = None
    places: str | None = None
    """The page of the list of places."""
    zone: tzinfo = UTC

    def page(self, count: int) -> int:
        """Return the number of the page of a list with `count` places, from 1."""
        asked = int(self.places) if self.places and self.places.isdecimal() else 1
        return max(1, min(asked, math.ceil(count / ROWS)))


@dataclass(frozen=True, slots=True)
class _Found:
    """A place, with the entries of the timeline that name it."""

    place: ApiDocument
    shape: str
    entries: list[ApiDocument]

    @property
    def point(self) -> Point | None:
        if "lat" not in self.place or self.place.get("precision") == NOT_A_POINT:
            return None
        return float(self.place["lon"]), float(self.place["lat"])

    @property
    def radius(self) -> float:
        return RADII.get(self.place.get("precision", ""), 0.0)

    @property
    def said(self) -> int:
        return min(_milliseconds(each) for each in self.entries)


def incident_map(
    language: Language,
    names: Names,
    timeline: ApiDocument,
    here: Callable[..., str],
    link: Callable[[str], str],
    view: MapView,
) -> IncidentMap:
    """Return the map. `timeline` is the data of `timeline/1`, `here` and `link` those of the page."""
    entries = [each for each in timeline["entries"] if each["standing"] != "retracted"]
    found = sorted(_places(entries), key=lambda each: (each.point is None, -len(each.entries), each.place["name"]))
    located = [each for each in found if each.point is not None]
    number = view.page(len(located))
    rows = _Rows(language, names, link, view.zone)
    first = (number - 1) * ROWS
    return IncidentMap(
        _picture(language, located, here, view.bbox),
        sorted({each.shape for each in located}, key=lambda shape: -_RANKS[shape]),
        _radii(language) if any(each.radius for each in located) else {},
        [rows.row(each, f"place-{first + index}") for index, each in enumerate(located[first : first + ROWS])],
        [rows.row(each, f"area-{index}") for index, each in enumerate(found[len(located) :])],
        len(located),
        sum(bool(_places_of(each)) for each in timeline["entries"]) - sum(bool(_places_of(each)) for each in entries),
        here(places=number - 1) if number > 1 else "",
        here(places=number + 1) if first + ROWS < len(located) else "",
    )


def _radii(language: Language) -> Mapping[str, str]:
    return {precision: language.number(round(radius)) for precision, radius in RADII.items()}


def _places_of(entry: ApiDocument) -> list[tuple[ApiDocument, str]]:
    """Return the places of a report with the shape of each. Those of a speech are no places of violence."""
    report = entry["report"]
    if report["kind"] == "speech_delivered":
        venues = [*([report["venue"]] if report.get("venue") else ()), *report.get("places", ())]
        return [(each, VENUE) for index, each in enumerate(venues) if each not in venues[:index]]
    return [(each, entry["tier"]) for each in report.get("places", ())]


def _places(entries: Iterable[ApiDocument]) -> list[_Found]:
    """Return each place once: same name, areas, coordinates and precision; venues apart. Its shape is the gravest."""
    found = dict[tuple[object, ...], _Found]()
    for entry in entries:
        for place, shape in _places_of(entry):
            key = (shape == VENUE, *sorted(place.items()))
            known = found.get(key) or _Found(place, shape, [])
            graver = max(known.shape, shape, key=lambda each: _RANKS[each])
            found[key] = _Found(place, graver, [*known.entries, entry])
    return list(found.values())


def _picture(
    language: Language, located: Sequence[_Found], here: Callable[..., str], bbox: str | None
) -> Picture | None:
    """Return the picture of the box asked for, else of all places with their areas of uncertainty."""
    spots = [spot for index, each in enumerate(located) if (spot := _spot(language, each, index, here)) is not None]
    least = around(corner for spot in spots for corner in _corners(spot))
    if least is None:
        return None
    box = parse_box(bbox) if bbox else None
    shown = fitted(box or least.scaled(_PADDING), ASPECT, _LEAST if box is None else 0)

    def together(several: Sequence[Spot]) -> tuple[str, str]:
        nearer = nearer_box(several, shown)
        href = f"{here(bbox=nearer.text)}#incident_map" if nearer else several[0].href
        return language.comma.join(spot.text for spot in several), href

    return picture(language, spots, MapSection(shown, _CELL), together, here)


def _spot(language: Language, found: _Found, index: int, here: Callable[..., str]) -> Spot | None:
    if found.point is None:
        return None
    count = len(found.entries)
    said = language.plural("%(name)s: one report", "%(name)s: %(number)s reports", count, name=found.place["name"])
    paged = here(places=index // ROWS + 1) if index >= ROWS else ""
    name = found.place["name"] if index < NAMED else ""
    href, rank = f"{paged}#place-{index}", _RANKS[found.shape]
    return Spot(found.point, found.shape, said, href, count, found.said, found.radius, rank, name)


def _corners(spot: Spot) -> Iterator[Point]:
    """Yield the corners of the box around a spot's area of uncertainty."""
    (lon, lat), up = spot.point, spot.radius / _KM_PER_DEGREE
    across = up / max(0.1, math.cos(math.radians(lat)))
    yield from ((lon - across, max(lat - up, -90)), (lon + across, min(lat + up, 90)))


def _milliseconds(entry: ApiDocument) -> int:
    latest = entry["reported"]["latest"]
    return int(instant(latest).timestamp() * 1000) if latest else 0


class _Rows:
    """Makes rows of the list."""

    def __init__(self, language: Language, names: Names, link: Callable[[str], str], zone: tzinfo) -> None:
        self._language, self._names, self._link, self._zone = language, names, link, zone

    def row(self, found: _Found, anchor: str) -> PlaceRow:
        """Return the row of a place."""
        place, days = found.place, sorted({day for each in found.entries if (day := self._day(each))})
        country = country_name(self._language, place["country"]) if "country" in place else ""
        areas = [each for each in (place.get("admin2"), place.get("admin1"), country) if each and each != place["name"]]
        return PlaceRow(
            anchor,
            place["name"],
            self._language.comma.join(areas),
            label(self._language, "precision", place["precision"]) if "precision" in place else "",
            found.shape,
            list(self._kinds(found.entries)),
            days[0] if days else "",
            self._days(days),
            len(found.entries),
            [self._report(each) for each in found.entries[:LINKS]],
            found.said,
        )

    def _day(self, entry: ApiDocument) -> str:
        """Return the day on which an event began, in the zone of the incident."""
        occurred = entry["occurred"]
        if occurred is None or not occurred["earliest"]:
            return ""
        if _DAY.fullmatch(occurred["said"]):
            return occurred["said"]
        return instant(occurred["earliest"]).astimezone(self._zone).date().isoformat()

    def _days(self, days: Sequence[str]) -> str:
        if not days:
            return ""
        first, last = (self._language.day(each) for each in (days[0], days[-1]))
        return first if first == last else f"{first} – {last}"

    def _kinds(self, entries: Iterable[ApiDocument]) -> Iterator[str]:
        for kind, count in Counter(each["report"]["kind"] for each in entries).most_common():
            named = label(self._language, "kind", kind)
            yield f"{named} ({self._language.number(count)})" if count > 1 else named

    def _report(self, entry: ApiDocument) -> PlaceReport:
        said = entry["reported"]["said"]
        when = [day_said(self._language, said, self._zone)] if said else []
        kind = label(self._language, "kind", entry["report"]["kind"])
        text = self._language.comma.join([kind, self._names.source(entry["origin"]), *when])
        return PlaceReport(text, self._link(f"/reports/{entry['report_id']}"), _milliseconds(entry))
