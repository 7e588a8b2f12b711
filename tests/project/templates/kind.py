"""New name."""

from typing import Literal

from domain.reports.kind import Codes, CrosswalkRow, Kind, Report
from domain.values.text_types import Label


class NewName(Report, frozen=True, kw_only=True):
    """New name."""

    kind: Literal["new_name"]
    details: Label | None = None
    """The circumstances that the source names."""


# The code book and the section that each code was read in.
KIND = Kind(
    title="New name",
    meaning="New name.",
    model=NewName,
    cases={None: CrosswalkRow("none", Codes(cameo="01"))},
    example={
        "kind": "new_name",
        "details": "as the source has it",
        "occurred": "2025-03-08",
        "reported_at": "2025-03-09",
        "source": "sohr",
        "via": ["afp"],
    },
)
