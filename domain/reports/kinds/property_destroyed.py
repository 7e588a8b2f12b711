"""Homes, shops, vehicles or works destroyed, damaged or looted."""

from typing import Annotated, Literal

from domain.reports.kind import Codes, CrosswalkRow, Kind, LabelList, Report
from domain.values.text_types import ClosedList, Slug

Damage = Annotated[str, ClosedList("damage", ("destroyed", "damaged", "burned", "looted"))]


class PropertyDestroyed(Report, frozen=True, kw_only=True):
    """Property was destroyed, damaged, burned or looted."""

    kind: Literal["property_destroyed"]
    property: LabelList = ()
    """What was hit, as the source names it: homes, shops, a hospital."""
    damage: Damage | None = None
    by: Slug | None = None

    def event_part(self) -> str | None:
        """Return the damage: looting and burning are told apart."""
        return self.damage


# ACLED Codebook (2023), "Strategic developments"; CAMEO 1.1b3 §2.17, 1711 (confiscate property) and 1712 (destroy
# property), read in second-hand copies; its 175, sometimes quoted here, is "use tactics of violent repression".
# PLOVER: CAMEO2PLOVER-2021, where 1711 is COERCE and 1712 is ASSAULT.
_ACLED = ("Strategic developments", "Looting/property destruction")

KIND = Kind(
    title="Property destroyed",
    meaning="Property was destroyed, damaged, burned or looted.",
    model=PropertyDestroyed,
    case_field="damage",
    cases={
        None: CrosswalkRow("violence", Codes(*_ACLED, "1712", "ASSAULT")),
        "looted": CrosswalkRow("violence", Codes(*_ACLED, "1711", "COERCE")),
    },
    example={
        "kind": "property_destroyed",
        "property": ["homes", "shops"],
        "damage": "burned",
        "by": "unaligned-armed-militias",
        "occurred": "2025-03-07",
        "reported_at": "2025-03-08",
        "source": "sohr",
        "places": [{"name": "Baniyas", "country": "SY", "admin1": "Tartus"}],
    },
)
