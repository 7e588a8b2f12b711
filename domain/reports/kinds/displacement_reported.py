"""People who left their homes; how many is a claim of measure `displaced`."""

from typing import Literal

import msgspec

from domain.reports.kind import CrosswalkRow, Kind, Report
from domain.values.text_types import Label, Slug


class DisplacementReported(Report, frozen=True, kw_only=True):
    """People fled or were driven out. `from` and `to` name places; their details stand in `places`."""

    kind: Literal["displacement_reported"]
    who: Slug | None = None
    from_: Label | None = msgspec.field(default=None, name="from")
    to: Label | None = None


KIND = Kind(
    title="Displacement reported",
    meaning="People fled or were driven from their homes.",
    model=DisplacementReported,
    cases={None: CrosswalkRow("tension")},
    example={
        "kind": "displacement_reported",
        "who": "residents-of-jableh",
        "from": "Jableh",
        "to": "Hmeimim air base",
        "occurred": "2025-03-07/2025-03-09",
        "reported_at": "2025-03-09",
        "source": "sohr",
        "claims": [{"id": "1", "measure": "displaced", "scope": "event", "count": {"verbatim": "thousands"}}],
    },
)
