"""Curfews, sieges, roadblocks and cut-offs; the case is the restriction."""

from typing import Annotated, Literal

from domain.reports.kind import Codes, CrosswalkRow, Kind, LabelList, Report
from domain.values.text_types import ClosedList, Slug
from domain.values.time.clocks import EdtfOccurred

RestrictionType = Annotated[str, ClosedList("restriction", ("curfew", "siege", "roadblock", "cut_off"))]


class AccessRestricted(Report, frozen=True, kw_only=True):
    """Movement, access or a service was restricted."""

    kind: Literal["access_restricted"]
    restriction: RestrictionType
    by: Slug | None = None
    effective: EdtfOccurred | None = None
    """When it is in force; it may lie ahead of `reported_at`."""
    services: LabelList = ()
    """What was cut off or held up: water, electricity, telephone, road traffic."""

    def event_part(self) -> str:
        """Return the restriction: a curfew and a roadblock are two measures."""
        return self.restriction


# CAMEO 1.1b3, read in second-hand copies: §2.17, 1723 (impose curfew), and §2.19, 191 (impose blockade, restrict
# movement). Its 175, sometimes quoted for restrictions, is "use tactics of violent repression". PLOVER:
# CAMEO2PLOVER-2021 puts all of these under COERCE. ACLED records none of them as an event.
_BLOCKADE = CrosswalkRow("tension", Codes(cameo="191", plover="COERCE"))

KIND = Kind(
    title="Access restricted",
    meaning="A curfew, siege, roadblock or cut-off limited where people could go or what reached them.",
    model=AccessRestricted,
    case_field="restriction",
    cases={
        None: CrosswalkRow("tension", Codes(cameo="170", plover="COERCE")),
        "curfew": CrosswalkRow("tension", Codes(cameo="1723", plover="COERCE")),
        "siege": _BLOCKADE,
        "roadblock": _BLOCKADE,
        "cut_off": _BLOCKADE,
    },
    example={
        "kind": "access_restricted",
        "restriction": "curfew",
        "by": "general-security-tartus",
        "services": ["road traffic"],
        "effective": "2025-03-06T22:00:00+03:00/2025-03-07T10:00:00+03:00",
        "reported_at": "2025-03-06",
        "source": "general-security-tartus",
        "via": ["shafaq-news"],
        "places": [{"name": "Tartus", "country": "SY", "precision": "locality"}],
    },
)
