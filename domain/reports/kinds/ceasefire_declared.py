"""A ceasefire or truce that was declared; whether it holds is for other reports."""

from typing import Literal

from domain.reports.kind import Codes, CrosswalkRow, Kind, Report, SlugList
from domain.values.text_types import Slug
from domain.values.time.clocks import EdtfOccurred


class CeasefireDeclared(Report, frozen=True, kw_only=True):
    """A ceasefire, truce or end of an operation was declared, by one party or several."""

    kind: Literal["ceasefire_declared"]
    parties: SlugList = ()
    by: Slug | None = None
    """Who declared it, where that is one of them or a mediator."""
    effective: EdtfOccurred | None = None
    """When it is to hold; it may lie ahead of `reported_at`."""


# ACLED Codebook (2023), "Strategic developments"; CAMEO 1.1b3 §2.8; PLOVER: CAMEO2PLOVER-2021.
KIND = Kind(
    title="Ceasefire declared",
    meaning="A ceasefire or truce was declared.",
    model=CeasefireDeclared,
    cases={None: CrosswalkRow("easing", Codes("Strategic developments", "Agreement", "0871", "RETREAT"))},
    example={
        "kind": "ceasefire_declared",
        "parties": ["syrian-state-forces", "pro-assad-groups"],
        "by": "syrian-ministry-of-defence",
        "effective": "2025-03-10/..",
        "occurred": "2025-03-10",
        "reported_at": "2025-03-10",
        "source": "syrian-ministry-of-defence",
        "via": ["reuters"],
    },
)
