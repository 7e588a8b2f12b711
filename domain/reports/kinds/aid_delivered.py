"""Aid that reached people."""

from typing import Literal

import msgspec

from domain.reports.kind import Codes, CrosswalkRow, Kind, LabelList, Report
from domain.values.text_types import Label, Slug


class AidDelivered(Report, frozen=True, kw_only=True):
    """Aid was delivered. `from` and `to` name places; their details stand in `places`."""

    kind: Literal["aid_delivered"]
    by: Slug | None = None
    aid: LabelList = ()
    """What was brought, as the source names it: food, medical supplies."""
    recipients: Slug | None = None
    from_: Label | None = msgspec.field(default=None, name="from")
    to: Label | None = None


# CAMEO 1.1b3 §2.7; PLOVER: CAMEO2PLOVER-2021. ACLED records no aid.
KIND = Kind(
    title="Aid delivered",
    meaning="Aid reached people who needed it.",
    model=AidDelivered,
    cases={None: CrosswalkRow("easing", Codes(cameo="07", plover="AID"))},
    example={
        "kind": "aid_delivered",
        "by": "syrian-arab-red-crescent",
        "aid": ["medical supplies", "food"],
        "recipients": "residents-of-latakia",
        "from": "Damascus",
        "to": "Latakia",
        "occurred": "2025-03-12",
        "reported_at": "2025-03-12",
        "source": "sana",
    },
)
