"""Anything else that a source states: a title, and attributes."""

from typing import Literal

from domain.reports.kind import CrosswalkRow, Kind, Report
from domain.values.text_types import Label


class ObservationNoted(Report, frozen=True, kw_only=True):
    """A statement that no other kind covers, such as a row of a table."""

    kind: Literal["observation_noted"]
    title: Label

    def event_part(self) -> str:
        """Return the title: each is an observation of its own."""
        return self.title


KIND = Kind(
    title="Observation noted",
    meaning="A source stated something that no other kind covers.",
    model=ObservationNoted,
    cases={None: CrosswalkRow("none")},
    example={
        "kind": "observation_noted",
        "title": "Hospital status",
        "attributes": {
            "hospital": "Jableh National",
            "beds": 120,
            "open": False,
            "occupancy": {"decimal": "1.50"},
            "director": None,
        },
        "reported_at": "2025-03-08",
        "source": "who",
    },
)
