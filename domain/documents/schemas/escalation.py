"""Schema of the document of `escalation/1`."""

from pydantic import Field

from domain.documents.schemas.parts import CitedEnd, DocumentModel, EstimateKey, InstantSpan, SaidFigures


class EventOfDay(DocumentModel):
    """An event of a day, and the greatest least number of dead that an eligible claim gives."""

    event: str
    kinds: list[str]
    tier: str
    cameo: list[str]
    """Codes of CAMEO."""
    plover: list[str]
    """Codes of PLOVER."""
    reports: list[str]
    least: CitedEnd | None


class HappenedDay(DocumentModel):
    """A day of occurrence with its level, 0 to 5."""

    day: str
    level: int
    events: list[EventOfDay]
    day_claim: CitedEnd | None
    """The greatest least number of dead that a claim gives for the day itself."""


class FigureAtMoment(DocumentModel):
    """The figure of a claim, with its words; null for a count in words."""

    figure: int | None
    bound: str | None
    verbatim: str | None
    claim: str


class FigureChangeEntry(EstimateKey):
    """The figure of one source before and after a day of reporting."""

    source: str
    before: FigureAtMoment | None
    after: FigureAtMoment | None
    newly_reported: int | None
    """The difference of two closed figures: newly reported, not newly killed."""
    broken: bool = Field(alias="break")
    """Whether what is counted changed, so that nothing is subtracted."""
    increment: bool
    """Whether it counts a period of its own."""


class LearnedDay(DocumentModel):
    """A day of reporting: what was said on it, whenever it happened."""

    day: str
    title: str
    reports: int
    events: list[str]
    """Events first reported on it."""
    figures: list[FigureChangeEntry]


class UndatedFigure(SaidFigures, EstimateKey):
    """A claim on more than one day, which gives no day a level."""

    claim: str
    source: str
    verbatim: str | None
    period: InstantSpan


class PhaseOfLevel(DocumentModel):
    """A run of days of equal level."""

    first: str = Field(alias="from")
    last: str = Field(alias="to")
    level: int
    undated: list[UndatedFigure]


class TurningPoint(DocumentModel):
    """A day on which the level changes by two or more."""

    day: str
    before: int = Field(alias="from")
    after: int = Field(alias="to")


class EscalationDocument(DocumentModel):
    """The document of `escalation/1`."""

    incident: str
    happened: list[HappenedDay]
    learned: list[LearnedDay]
    phases: list[PhaseOfLevel]
    turning_points: list[TurningPoint]
