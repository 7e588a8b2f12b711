"""Reports that are sent in bulk: toll reports of many incidents, the same for the same seed."""

import uuid
from collections.abc import Iterator
from random import Random
from typing import Final

import orjson

INCIDENTS: Final = 1_000
TOGETHER: Final = 1_000
"""So many reports are decided, or inserted, in one transaction."""


def openings() -> Iterator[bytes]:
    """Yield the lines that open the incidents."""
    for number in range(INCIDENTS):
        opened = {"slug": f"bulk-{number:04}", "title": f"An incident, the {number}th", "utc_offset": "+03:00"}
        yield orjson.dumps({"open": opened}) + b"\n"


def reports(number: int, seed: int) -> Iterator[bytes]:
    """Yield so many lines, each a report of one of the incidents."""
    chance = Random(f"bulk {seed}")  # noqa: S311 - the same reports every time are what is wanted
    sources = [f"source-{each:02}" for each in range(60)]
    for place in range(number):
        day, figure = 1 + place % 28, chance.randrange(5, 2_000)
        report = {
            "incident": f"bulk-{chance.randrange(INCIDENTS):04}",
            "report_id": str(uuid.UUID(bytes=chance.randbytes(16), version=4)),
            "kind": "toll_revised",
            "source": chance.choice(sources),
            "via": [chance.choice(sources)],
            "occurred": "2025-03-06/2025-03-10",
            "reported_at": f"2025-03-{day:02}",
            "reported_order": place,
            "places": [{"name": "Latakia", "country": "SY", "admin1": "Latakia", "precision": "admin1"}],
            "claims": [
                {
                    "id": "1",
                    "measure": "killed",
                    "population": {"status": ["civilian"]},
                    "count": {"verbatim": chance.choice(("{}", "at least {}", "about {}")).format(figure)},
                }
            ],
            "language": "en",
            "text": {"summary": f"{figure} civilians were killed in the area since the fighting began, it said."},
        }
        yield orjson.dumps(report) + b"\n"
