"""A source's figures, new or changed."""

from typing import ClassVar, Literal

from pydantic_core import PydanticCustomError

from domain.reports.claims.claim import INCIDENT_SCOPE
from domain.reports.kind import CrosswalkRow, Kind, Report


class TollRevised(Report, frozen=True, kw_only=True):
    """Figures of a source. With `complete` and no claim, the source withdraws what it gave."""

    default_scope: ClassVar[str] = INCIDENT_SCOPE
    kind: Literal["toll_revised"]

    def expect_agreement(self) -> None:
        """Refuse a toll without a figure."""
        if not (self.claims or self.complete):
            raise PydanticCustomError(
                "no_claims",
                "A revised toll needs at least one claim, or “complete”: true if the source withdrew its figures.",
            )


KIND = Kind(
    title="Toll revised",
    meaning="A source gave figures, for the first time or anew.",
    model=TollRevised,
    cases={None: CrosswalkRow("none")},
    example={
        "kind": "toll_revised",
        "source": "sohr",
        "via": ["shafaq-news"],
        "reported_at": "2025-03-12",
        "claims": [
            {
                "id": "1",
                "measure": "killed",
                "population": {"status": ["civilian"]},
                "scope": "incident",
                "count": {"verbatim": "1,383"},
                "accumulation": "cumulative",
            }
        ],
    },
)
