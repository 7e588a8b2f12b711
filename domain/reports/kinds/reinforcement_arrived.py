"""Forces or supporters that arrived to take part; how many is a claim of measure `strength`."""

from typing import Literal

import msgspec

from domain.reports.kind import Codes, CrosswalkRow, Kind, Report
from domain.values.text_types import Label, Slug


class ReinforcementArrived(Report, frozen=True, kw_only=True):
    """Forces or supporters arrived. `from` and `to` name places; their details stand in `places`."""

    kind: Literal["reinforcement_arrived"]
    force: Slug
    side_with: Slug | None = None
    from_: Label | None = msgspec.field(default=None, name="from")
    to: Label | None = None

    def event_part(self) -> str:
        """Return the force: each arrives for itself."""
        return self.force


# ACLED Codebook (2023), "Strategic developments"; CAMEO 1.1b3 §2.15; PLOVER: CAMEO2PLOVER-2021.
KIND = Kind(
    title="Reinforcement arrived",
    meaning="Forces or supporters arrived to take a side.",
    model=ReinforcementArrived,
    cases={
        None: CrosswalkRow("tension", Codes("Strategic developments", "Change to group/activity", "154", "MOBILIZE"))
    },
    example={
        "kind": "reinforcement_arrived",
        "event": "supporters-arrive",
        "force": "armed-supporters",
        "side_with": "syrian-state-forces",
        "from": "azaz",
        "to": "sy-coast",
        "occurred": "2025-03-06/2025-03-09",
        "reported_at": "2025-03-09",
        "source": "reuters",
        "claims": [
            {
                "id": "1",
                "measure": "strength",
                "population": {"status": ["armed_group"], "of": "armed-supporters"},
                "scope": "event",
                "count": {"verbatim": "thousands"},
            }
        ],
    },
)
