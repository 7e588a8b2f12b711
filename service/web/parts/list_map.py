"""The map of the incidents that were found: a mark at each point of their places of violence."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language
from service.web.maps.frame import WORLD, MapBox, around, fitted, parse_box
from service.web.parts.country_names import country_name
from service.web.parts.map_picture import ASPECT, MapSection, Picture, Spot, nearer_box, picture

_PADDING: Final = 1.2
_LEAST: Final = 3.0
_CELL: Final = 64.0
"""The picture is shown at less than half of its width, beside the list."""
_NAMED: Final = 5
"""How many incidents of one mark are named."""


@dataclass(frozen=True, slots=True)
class ListMap:
    """The map of a list."""

    picture: Picture
    levels: Sequence[str]
    """The shapes that are on it, the gravest first."""
    drawn: int
    """How many incidents have a point."""
    unlocated: int
    countries: Sequence[tuple[str, str]]
    """Countries of incidents without a point, with how many they are, the most first."""


def level_names(language: Language) -> Mapping[str, str]:
    """Return the label of each shape of `ListMap.levels`."""
    named = {f"level-{level}": label(language, "level", str(level)) for level in range(6)}
    return {**named, "level-none": language.text("No level")}


def list_map(
    language: Language,
    items: Sequence[ApiDocument],
    here: Callable[..., str],
    link: Callable[[str], str],
    bbox: str | None,
) -> ListMap:
    """Return the map of items of `GET /v1/incidents?points=true`."""
    spots = [spot for item in items for spot in _spots(language, item, link)]
    box = _box(spots, bbox)

    def together(several: Sequence[Spot]) -> tuple[str, str]:
        texts = list(dict.fromkeys(spot.text for spot in several))
        if len(texts) == 1:
            return texts[0], several[0].href
        least = around(spot.point for spot in several) or WORLD
        nearer = nearer_box(several, box) or fitted(least, ASPECT)
        more = [language.text("and %(number)s more", number=language.number(len(texts) - _NAMED))]
        return language.comma.join(texts[:_NAMED] + (more if len(texts) > _NAMED else [])), here(bbox=nearer.text)

    unlocated = [item for item in items if not item["points"]]
    return ListMap(
        picture(language, spots, MapSection(box, _CELL), together, here),
        sorted({spot.shape for spot in spots}, reverse=True),
        len(items) - len(unlocated),
        len(unlocated),
        list(_countries(language, unlocated)),
    )


def _spots(language: Language, item: ApiDocument, link: Callable[[str], str]) -> Iterator[Spot]:
    level, title = item["level"], item["title"] or item["slug"].replace("-", " ")
    said = title if level is None else f"{title} ({_graded(language, level)})"
    shape = "level-none" if level is None else f"level-{level}"
    for each in item["points"]:
        yield Spot((each["lon"], each["lat"]), shape, said, link(f"/incidents/{item['slug']}"), rank=level or 0)


def _graded(language: Language, level: int) -> str:
    """Return a level with its meaning; the number is what stands in its mark."""
    return f"{language.text('Level')} {language.number(level)}: {label(language, 'level', str(level))}"


def _box(spots: Sequence[Spot], bbox: str | None) -> MapBox:
    asked = parse_box(bbox) if bbox else None
    if asked:
        return fitted(asked, ASPECT)
    least = around(spot.point for spot in spots)
    return fitted(least.scaled(_PADDING), ASPECT, _LEAST) if least else WORLD


def _countries(language: Language, items: Sequence[ApiDocument]) -> Iterator[tuple[str, str]]:
    """Yield countries with counts; an incident in two countries counts in each."""
    for code, count in Counter(code for item in items for code in item["countries"]).most_common():
        yield country_name(language, code), language.number(count)
