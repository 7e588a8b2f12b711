"""Made-up reports of about 600 bytes, to measure with: the same ones for the same name, and no two alike."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

import orjson

_SOURCES: Final = ("sohr", "snhr", "health-ministry", "red-crescent", "local-council", "un-mission", "army-office")
_RELAYS: Final = ("reuters", "afp", "ap")
_PLACES: Final = ("Latakia", "Baniyas", "Jableh", "Tartus", "Al-Haffa")
_SAID: Final = (
    "The monitor said that more bodies had been found in the villages of the coast, and that the number of those"
    " who were killed would rise. It named hospitals and families as its sources."
)


def slugs(number: int) -> list[str]:
    """Return the slugs of so many incidents."""
    return [f"measured-{place:06}" for place in range(number)]


def opening(slug: str) -> dict[str, Any]:
    """Return what opens an incident."""
    return {"slug": slug, "title": f"Measured, {slug}", "utc_offset": "+03:00"}


def reports(number: int, name: str) -> Iterator[dict[str, Any]]:
    """Yield reports that revise tolls, each with an id of its own."""
    for place in range(number):
        mixed = 2_654_435_761 * (place + 1) % 2**32  # Knuth's multiplicative hash: no pattern in what is read
        yield {
            "report_id": str(uuid5(NAMESPACE_OID, f"{name}:{place}")),
            "kind": "toll_revised",
            "source": _SOURCES[mixed % len(_SOURCES)],
            "via": [_RELAYS[mixed % len(_RELAYS)]],
            "reported_at": f"2025-03-{1 + mixed % 28:02}",
            "reported_order": place,
            "places": [{"name": _PLACES[mixed % len(_PLACES)], "country": "SY"}],
            "claims": [
                {"id": "1", "measure": "killed", "count": {"verbatim": f"at least {1 + mixed % 1999:,}"}},
                {"id": "2", "measure": "injured", "count": {"verbatim": f"{1 + mixed % 4999:,}"}},
            ],
            "evidence": [{"url": f"https://news.example/2025/03/coast/{place:08}"}],
            "text": {"summary": _SAID},
        }


def bodies(number: int, name: str) -> list[bytes]:
    """Return reports as they are sent."""
    return [orjson.dumps(each) for each in reports(number, name)]
