"""Two sliders: said by (the reported clock) and recorded by (ours), over the moments at which answers change."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from service.web.language.languages import Language, instant
from service.web.parts.figures import offset_of
from service.web.reading import Reading

Document = Mapping[str, Any]
MOST_OPTIONS: Final = 300
"""The most moments that a list without scripts offers; of more, the last of each day."""


@dataclass(frozen=True)
class Option:
    """A moment that can be chosen: as the address names it, and as people read it."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True)
class Sliders:
    """The two sliders: moments of both clocks, the chosen steps, and lists for who has no scripts.

    A step is the index of a moment; the one after the last stands for now.
    """

    moments: Mapping[str, object]
    reported_at: int
    recorded_at: int
    reported_text: str
    recorded_text: str
    reported: Sequence[Option]
    recorded: Sequence[Option]
    offset_name: str
    offset_minutes: int


def reading_sliders(
    language: Language, state: Document, moments: Document, coordinates: Document | None, reading: Reading
) -> Sliders:
    """Make the sliders from `moments/1` of now; `coordinates` are those of the answer shown, None where there is none.

    `state` has the offset of the incident's days; where it has a time zone, moments are told in UTC.
    """
    offset = offset_of(state)
    reported, recorded = moments["reported"], moments["recorded"]
    position = coordinates["position"] if coordinates else 0
    at = _step(
        [instant(each) for each in reported], _moment(reading.reported_until) if reading.reported_until else None
    )
    known = _step([each["position"] for each in recorded], position if reading.as_of else None)
    texts = _Texts(language, offset)
    return Sliders(
        {
            "reported": reported,
            "recorded": [[each["position"], _milliseconds(each["recorded_at"])] for each in recorded],
        },
        at,
        known,
        texts.reported(reading.reported_until),
        texts.recorded(recorded[known] if reading.as_of and known < len(recorded) else None)
        if coordinates
        else language.text("before the first record"),
        [Option(each, texts.reported(each), reading.reported_until == each) for each in _thinned(reported)],
        [
            Option(f"@{each['position']}", texts.recorded(each), number == known)
            for number, each in _few(recorded, known)
        ],
        language.offset(offset or timedelta()),
        round((offset or timedelta()).total_seconds() / 60),
    )


@dataclass(frozen=True)
class _Texts:
    language: Language
    offset: timedelta | None

    def reported(self, moment: str | None) -> str:
        return self.language.moment(_moment(moment), self.offset) if moment else self.language.text("now")

    def recorded(self, input_: Document | None) -> str:
        if input_ is None:
            return self.language.text("now")
        moment = self.language.moment(input_["recorded_at"], self.offset)
        place = self.language.number(input_["position"])
        return self.language.text("%(moment)s (position %(position)s)") % {"moment": moment, "position": place}


def _moment(text: str) -> datetime:
    """Parse a moment of a query, where a plus sign may have become a space."""
    return datetime.fromisoformat(text.replace(" ", "+"))


def _milliseconds(text: str) -> int:
    return round(instant(text).timestamp() * 1000)


def _step(moments: Sequence[Any], chosen: Any) -> int:  # noqa: ANN401 - moments or positions
    """Return the step of the last moment not after the chosen one, else the first; that of now for None."""
    return len(moments) if chosen is None else max(bisect_right(moments, chosen) - 1, 0)


def _thinned(reported: Sequence[str]) -> Sequence[str]:
    """Return all moments, or the last of each day (UTC) where there are many."""
    return reported if len(reported) <= MOST_OPTIONS else list({each[:10]: each for each in reported}.values())


def _few(recorded: Sequence[Document], chosen: int) -> Sequence[tuple[int, Document]]:
    """Return all inputs with their steps, or evenly chosen ones and the one shown where there are many."""
    every = -(-len(recorded) // MOST_OPTIONS) or 1
    return [(step, each) for step, each in enumerate(recorded) if step % every == 0 or step == chosen]
