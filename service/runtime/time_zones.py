"""IANA time zones by name, from the `tzdata` package alone, so that every machine records the same offsets."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

import tzdata
from pydantic_core import PydanticCustomError

from domain.values.time.zones import TimeZone, UnknownZone, bounds_of, recorded_zone

_STEP: Final = timedelta(hours=12)
"""The step of the search for changes of an offset: no two are so close."""
_SECOND: Final = timedelta(seconds=1)


@lru_cache(maxsize=256)
def zone(name: str, window: tuple[int, int]) -> TimeZone:
    """Return a time zone with its offsets from the first year of the window to the last.

    Raises UnknownZone with the nearest name.
    """
    known = zone_info(name)
    first, last = bounds_of(window)
    offsets = [(first, _utc_offset(known, first)), *_changes(known, first, last)]
    return recorded_zone(name, tzdata.IANA_VERSION, offsets, last)


def known_zone(name: str) -> str:
    """Return the name of a zone as it is; as a check of a field, raises pydantic's error with the nearest name."""
    if name not in _names().values():
        near = _nearest(name)
        hint = f"did you mean “{near}”?" if near else "name one of the IANA database, such as “Europe/Kyiv”."
        context = {"name": name[:100], "hint": hint, "nearest": near}
        raise PydanticCustomError("time_zone", "There is no time zone “{name}”; {hint}", context)
    return name


@cache
def _names() -> Mapping[str, str]:
    """Return the names of all zones, by their lower-case forms."""
    listed = resources.files(tzdata).joinpath("zones").read_text("ascii").split()
    return {name.casefold(): name for name in listed}


@lru_cache(maxsize=64)
def zone_info(name: str) -> ZoneInfo:
    """Read a zone from the package, never from the machine's own database or PYTHONTZPATH.

    Raises UnknownZone with the nearest name.
    """
    if name not in _names().values():
        raise UnknownZone(_nearest(name))
    with resources.files(tzdata).joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def _nearest(name: str) -> str | None:
    """Return the zone that a name may mean: in other letters, of its last part alone, or misspelt."""
    names, wanted = _names(), name.casefold().strip().replace(" ", "_")
    if wanted in names:
        return names[wanted]
    for whole in sorted(names):
        if whole.rpartition("/")[2] == wanted.rpartition("/")[2]:
            return names[whole]
    near = get_close_matches(wanted, sorted(names), n=1, cutoff=0.6)
    return names[near[0]] if near else None


def _changes(known: ZoneInfo, first: datetime, last: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """Yield each change of the offset: the second from which it applies, and the offset."""
    at, offset = first, _utc_offset(known, first)
    while at < last:
        then = min(at + _STEP, last)
        if (other := _utc_offset(known, then)) != offset:
            before, after = at, then
            while after - before > _SECOND:
                middle = before + (after - before) // 2 // _SECOND * _SECOND
                if _utc_offset(known, middle) == offset:
                    before = middle
                else:
                    after = middle
            if after < last:
                yield after, other
            offset = other
        at = then


def _utc_offset(known: ZoneInfo, moment: datetime) -> timedelta:
    offset = moment.astimezone(known).utcoffset()
    return offset if offset is not None else timedelta(0)
