"""An inquiry or investigation that was opened; its findings are reports of its own."""

from typing import Literal

from domain.reports.kind import Codes, CrosswalkRow, Kind, Report
from domain.values.text_types import Label, Slug
from domain.values.time.clocks import EdtfOccurred


class InquiryOpened(Report, frozen=True, kw_only=True):
    """An inquiry was opened or a committee appointed."""

    kind: Literal["inquiry_opened"]
    by: Slug | None = None
    body: Label | None = None
    """The committee, court or mission that is to inquire."""
    into: Label | None = None
    due: EdtfOccurred | None = None
    """When it is to report; it may lie ahead of `reported_at`."""


# CAMEO 1.1b3 §2.9; PLOVER's manual and CAMEO2PLOVER-2021 put investigations under ACCUSE.
KIND = Kind(
    title="Inquiry opened",
    meaning="An inquiry into what happened was opened.",
    model=InquiryOpened,
    cases={None: CrosswalkRow("easing", Codes(cameo="09", plover="ACCUSE"))},
    example={
        "kind": "inquiry_opened",
        "by": "syrian-presidency",
        "body": "Independent national committee of inquiry",
        "into": "the events on the coast",
        "due": "2025-04-09",
        "occurred": "2025-03-09",
        "reported_at": "2025-03-09",
        "source": "syrian-presidency",
        "via": ["sana"],
    },
)
