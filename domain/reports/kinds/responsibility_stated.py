"""Statements on responsibility: accusation, claim, admission or denial, never a finding about the perpetrator."""

from typing import Annotated, Literal

import msgspec
from pydantic_core import PydanticCustomError

from domain.reports.kind import Codes, CrosswalkRow, Kind, Report, Responsibility
from domain.values.sources import origin_of
from domain.values.statement import Statement
from domain.values.text_types import ClosedList, Label, Slug

Act = Annotated[str, ClosedList("act", ("accused", "claimed", "admitted", "denied"))]


class Relation(Statement, frozen=True, kw_only=True):
    """Relation of the accused to another actor, as stated: `{"to": …, "as": "came_to_assist"}`."""

    to: Slug
    as_: Label = msgspec.field(name="as")


class ResponsibilityStated(Report, frozen=True, kw_only=True):
    """A statement on who is responsible, for the `event` named, or without one for the incident."""

    kind: Literal["responsibility_stated"]
    act: Act
    by: Slug | None = None
    """Who states it; left out, the source itself."""
    whom: Slug | None = None
    """Who is held responsible; left out for a claim, an admission or a denial, whoever states it."""
    relation: Relation | None = None

    def expect_agreement(self) -> None:
        """Refuse an accusation of nobody."""
        if self.act == "accused" and self.whom is None:
            raise PydanticCustomError("no_accused", "An accusation needs “whom”: the slug of the actor accused.")

    def responsibility(self) -> Responsibility:
        """Return the statement; the one who states it is `by`, else the origin."""
        return Responsibility(self.act, self.by or origin_of(self.source, self.via), self.whom)

    def event_part(self) -> str:
        """Return the act: each is a statement of its own."""
        return self.act


# CAMEO 112 (Accuse) was read in second-hand copies of the codebook 1.1b3 §2.11, as were 015 (acknowledge or claim
# responsibility) and 016 (deny responsibility) of §2.1. PLOVER: CAMEO2PLOVER-2021, 112; it codes no statements of §2.1.
_ACKNOWLEDGED = CrosswalkRow("none", Codes(cameo="015"))

KIND = Kind(
    title="Responsibility stated",
    meaning="Someone accused another, or claimed, admitted or denied responsibility.",
    model=ResponsibilityStated,
    case_field="act",
    cases={
        None: CrosswalkRow("none", Codes(cameo="010")),
        "accused": CrosswalkRow("none", Codes(cameo="112", plover="ACCUSE")),
        "claimed": _ACKNOWLEDGED,
        "admitted": _ACKNOWLEDGED,
        "denied": CrosswalkRow("none", Codes(cameo="016")),
    },
    example={
        "kind": "responsibility_stated",
        "event": "executions-young-men",
        "act": "accused",
        "by": "syrian-government",
        "whom": "unaligned-armed-militias",
        "relation": {"to": "syrian-state-forces", "as": "came_to_assist"},
        "source": {"anonymous": "Government sources", "type": "party_to_conflict", "speaks_for": "syrian-state-forces"},
        "via": ["reuters", "mena-today"],
        "reported_at": "2025-03-09",
    },
)
