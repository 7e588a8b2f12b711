"""What made-up incidents are made of: countries, places, sides, sources, and words such as reports use."""

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from domain.values.counts.count import Count
from domain.values.text_types import slugify

SOURCES, UNNAMED = 180, 20
"""How many sources with a name there are, and how many without."""


@dataclass(frozen=True, slots=True)
class Country:
    """A country with the offset of its clocks, the middle of it in hundredths of a degree, and how often it is met."""

    code: str
    offset: str
    latitude: int
    longitude: int
    weight: int


COUNTRIES = (
    Country("SY", "+03:00", 3480, 3890, 18),
    Country("UA", "+02:00", 4840, 3120, 16),
    Country("SD", "+02:00", 1560, 3050, 12),
    Country("YE", "+03:00", 1550, 4750, 9),
    Country("MM", "+06:30", 2190, 9590, 9),
    Country("CD", "+02:00", -160, 2890, 8),
    Country("NG", "+01:00", 1150, 1310, 7),
    Country("ML", "Z", 1570, -300, 6),
    Country("ET", "+03:00", 1210, 3890, 5),
    Country("AF", "+04:30", 3450, 6920, 4),
    Country("CO", "-05:00", 460, -7410, 3),
    Country("MX", "-06:00", 2360, -10250, 3),
)

_FIRST = ("Al-", "Ba", "Da", "Jab", "Ka", "Mar", "Nor", "Qa", "Sa", "Tel ", "Um", "Za")
_MIDDLE = ("di", "ha", "ka", "la", "mo", "ni", "ra", "sha", "ti", "wa")
_LAST = ("bad", "dah", "leh", "mir", "niya", "rin", "sa", "ta", "vka", "yan")

_STATE = {"type": "state_forces", "side": "government"}
_ARMED = {"type": "armed_group", "side": "opposition"}
SIDES: tuple[tuple[dict[str, str], dict[str, str]], ...] = tuple(
    (
        {"name": f"Government of {name}", "slug": f"government-of-{slugify(name)}", **_STATE},
        {"name": f"{name} {band}", "slug": slugify(f"{name} {band}"), **_ARMED},
    )
    for name, band in zip(
        ("Arsana", "Belmar", "Cathay", "Dorva", "Elmira", "Fanoun"),
        ("Liberation Front", "Defence Brigades", "Youth Movement", "United Army", "Revolutionary Forces", "Coalition"),
        strict=True,
    )
)
CIVILIANS = {"name": "Civilians", "slug": "civilians", "type": "civilian"}

METHODS = ("armed_clash",) * 5 + ("shelling", "shelling", "air_strike", "ambush", "raid", "explosive_device")
POPULATIONS: tuple[dict[str, Any], ...] = (
    {},
    {"status": ["civilian"]},
    {"status": ["state_forces"]},
    {"status": ["armed_group"]},
    {"status": ["civilian"], "age": "child"},
    {"status": ["civilian"], "sex": "female"},
)
_DEEDS = {
    "armed_clash": "Fighters of {0} and troops of {1} exchanged fire",
    "shelling": "Positions of {0} shelled a quarter held by {1}",
    "air_strike": "Aircraft said to belong to {0} struck a market in an area held by {1}",
    "ambush": "A convoy of {1} was ambushed by men of {0}",
    "raid": "Men of {0} entered houses at night, searching for members of {1}",
    "explosive_device": "A roadside device laid by {0} went off beside a vehicle of {1}",
}
_AFTERMATH = (
    "Residents said that the road stayed closed until the evening.",
    "Two houses and a bakery were damaged, according to a local council.",
    "Neither side commented.",
    "A hospital in the next town received the wounded; its director gave the figures by telephone.",
    "The account could not be checked independently.",
)

_KINDS_OF_SOURCE = ("agency", "monitor", "official", "party_to_conflict", "ngo", "un", "local_media", "social_media")
_GRADES = "ABBBCCCCDDEF"


@cache
def places(country: Country) -> tuple[dict[str, str], ...]:
    """Return sixty places of a country, each with a point, the same every time."""
    chance = Random(country.code)  # noqa: S311 - the same places every time is what is wanted
    found: dict[str, dict[str, str]] = {}
    while len(found) < 60:  # noqa: PLR2004
        name = chance.choice(_FIRST) + chance.choice(_MIDDLE) + chance.choice(_LAST)
        province = chance.choice(_FIRST) + chance.choice(_LAST)
        found[name] = {
            "name": name,
            "country": country.code,
            "admin1": f"{province} province",
            "lat": f"{(country.latitude + chance.randint(-150, 150)) / 100:.2f}{chance.randint(10, 99)}",
            "lon": f"{(country.longitude + chance.randint(-150, 150)) / 100:.2f}{chance.randint(10, 99)}",
            "precision": chance.choice(("exact", "vicinity", "locality", "admin1")),
        }
    return tuple(found.values())


def named_sources() -> list[dict[str, Any]]:
    """Return the sources with a name as they are registered, the most cited first."""
    chance = Random("sources")  # noqa: S311 - the same sources every time is what is wanted
    return [
        {
            "origin": f"source-{number:03}",
            "name": f"Source {number} of {chance.choice(_FIRST)}{chance.choice(_LAST)}",
            "type": chance.choice(_KINDS_OF_SOURCE),
            "reliability": chance.choice(_GRADES),
            "speaks_for": None,
        }
        for number in range(SOURCES)
    ]


@cache
def unnamed(number: int) -> tuple[dict[str, str], str]:
    """Return a source that its relay does not name, and that relay."""
    words = f"Security officials in {('the capital', 'the north', 'the south', 'the east')[number % 4]} ({number})"
    return {"anonymous": words, "type": "official"}, f"source-{number % 5:03}"


@cache
def count(words: str) -> dict[str, Any]:
    """Return a count as it is kept: its words, and the numbers that the domain reads in them."""
    return dict(Count.prepared({"verbatim": words}))


def story(chance: Random, method: str, place: str, sides: tuple[str, str], figure: str) -> str:
    """Return a paragraph such as a row of UCDP GED has."""
    deed = _DEEDS[method].format(*sides)
    toll = f" {figure.capitalize()} people were reported killed." if figure else " No figures were given."
    return f"{deed} near {place}.{toll} {chance.choice(_AFTERMATH)}"
