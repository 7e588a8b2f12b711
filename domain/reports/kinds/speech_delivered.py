"""A speech; the case is the stance. Its venue is no place of violence."""

from typing import Annotated, Literal

from domain.reports.kind import Codes, CrosswalkRow, Kind, Report
from domain.values.places import Place
from domain.values.text_types import ClosedList, Label, Slug

Stance = Annotated[str, ClosedList("stance", ("conciliatory", "neutral", "threatening"))]


class SpeechDelivered(Report, frozen=True, kw_only=True):
    """A speech or an address. Its figures are claims of the speaker, who then is the source."""

    kind: Literal["speech_delivered"]
    speaker: Slug
    venue: Place | None = None
    """Where it was held; not a place of violence, and so not among `places`."""
    medium: Label | None = None
    stance: Stance | None = None
    stance_by: Label | None = None
    """Who judged the stance, such as `recorder` or the slug of a source."""

    def event_part(self) -> str:
        """Return the speaker: each speaks for themselves."""
        return self.speaker


# CAMEO 1.1b3 §2.1 and §2.13; PLOVER codes threats, but no mere statements (PLOVER Summary, 2017, note 6).
_STATEMENT = Codes(cameo="01")

KIND = Kind(
    title="Speech delivered",
    meaning="Someone gave a speech that bears on the incident.",
    model=SpeechDelivered,
    case_field="stance",
    cases={
        None: CrosswalkRow("none", _STATEMENT),
        "conciliatory": CrosswalkRow("easing", _STATEMENT),
        "neutral": CrosswalkRow("none", _STATEMENT),
        "threatening": CrosswalkRow("tension", Codes(cameo="13", plover="THREATEN")),
    },
    example={
        "kind": "speech_delivered",
        "speaker": "ahmed-al-sharaa",
        "venue": {"name": "a mosque in Mazzah, Damascus", "country": "SY"},
        "medium": "video",
        "stance": "conciliatory",
        "stance_by": "recorder",
        "occurred": "../2025-03-09",
        "reported_at": "2025-03-09",
        "source": "ahmed-al-sharaa",
        "via": ["reuters", "mena-today"],
    },
)
