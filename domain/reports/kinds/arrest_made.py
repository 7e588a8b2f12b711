"""Arrests; how many is a claim of measure `detained`."""

from typing import Literal

from domain.reports.kind import Codes, CrosswalkRow, Kind, Report, SlugList
from domain.values.text_types import Label, Slug


class ArrestMade(Report, frozen=True, kw_only=True):
    """People were arrested or detained by an authority, or by a group that acts as one."""

    kind: Literal["arrest_made"]
    by: Slug | None = None
    whom: SlugList = ()
    charge: Label | None = None


# ACLED Codebook (2023), "Strategic developments"; CAMEO 1.1b3 §2.17; PLOVER: CAMEO2PLOVER-2021.
KIND = Kind(
    title="Arrest made",
    meaning="People were arrested or detained.",
    model=ArrestMade,
    cases={None: CrosswalkRow("tension", Codes("Strategic developments", "Arrests", "173", "COERCE"))},
    example={
        "kind": "arrest_made",
        "by": "syrian-military-police",
        "whom": ["unaligned-armed-militias"],
        "charge": "violations against civilians",
        "occurred": "2025-03-10",
        "reported_at": "2025-03-10",
        "source": "sana",
        "claims": [{"id": "1", "measure": "detained", "scope": "event", "count": {"verbatim": "4"}}],
    },
)
