"""Two sliders: said by (the reported clock) and recorded by (ours), over the moments at which answers change."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from service.web.api_document import ApiDocument
from service.web.language.languages import Language, instant
from service.web.parts.local_time import zone_of
from service.web.parts.moments import recorded_text
from service.web.reading import PageReading

MOST_OPTIONS: Final = 300
"""The most moments that a list without scripts offers; of more, the last of each day."""


@dataclass(frozen=True)
class SliderMoment:
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
    reported: Sequence[SliderMoment]
    recorded: Sequence[SliderMoment]


def reading_sliders(
    language: Language, state: ApiDocument, moments: ApiDocument, coordinates: ApiDocument | None, reading: PageReading
) -> Sliders:
    """Make the sliders from `moments/1` of now; `coordinates` are those of the answer shown, None where there is none.

    `state` has the zone of the incident's days. Scripts are given the offset of UTC from each change of it on.
    """
    zone = zone_of(state)
    reported, recorded = moments["reported"], moments["recorded"]
    position = coordinates["position"] if coordinates else 0
    at = _step(
        [instant(each) for each in reported], _moment(reading.reported_until) if reading.reported_until else None
    )
    known = _step([each["position"] for each in recorded], position if reading.as_of else None)
    texts = _Texts(language, zone)
    return Sliders(
        {
            "reported": reported,
            "recorded": [[each["position"], _milliseconds(each["recorded_at"])] for each in recorded],
            "offsets": list(_offsets(language, [*reported, *(each["recorded_at"] for each in recorded)], zone)),
        },
        at,
        known,
        texts.reported(reading.reported_until),
        texts.recorded(recorded[known] if reading.as_of and known < len(recorded) else None)
        if coordinates
        else language.text("before the first record"),
        [SliderMoment(each, texts.reported(each), reading.reported_until == each) for each in _thinned(reported)],
        [
            SliderMoment(f"@{each['position']}", texts.recorded(each), number == known)
            for number, each in _few(recorded, known)
        ],
    )


@dataclass(frozen=True)
class _Texts:
    language: Language
    zone: tzinfo

    def reported(self, moment: str | None) -> str:
        return self.language.moment(_moment(moment), self.zone) if moment else self.language.text("now")

    def recorded(self, input_: ApiDocument | None) -> str:
        if input_ is None:
            return self.language.text("now")
        return recorded_text(self.language, input_, self.zone)


def _moment(text: str) -> datetime:
    """Parse a moment of a query, where a plus sign may have become a space."""
    return datetime.fromisoformat(text.replace(" ", "+"))


def _milliseconds(text: str) -> int:
    return round(instant(text).timestamp() * 1000)


def _offsets(language: Language, moments: Sequence[str], zone: tzinfo) -> Iterator[tuple[int, int, str]]:
    """Yield each offset of UTC among moments: since when, how many minutes, and its name."""
    last: timedelta | None = None
    for moment in sorted(instant(each).astimezone(zone) for each in moments):
        offset = moment.utcoffset() or timedelta()
        if offset != last:
            yield round(moment.timestamp() * 1000), round(offset.total_seconds() / 60), language.offset(offset)
        last = offset


def _step(moments: Sequence[Any], chosen: Any) -> int:  # noqa: ANN401 - moments or positions
    """Return the step of the last moment not after the chosen one, else the first; that of now for None."""
    return len(moments) if chosen is None else max(bisect_right(moments, chosen) - 1, 0)


def _thinned(reported: Sequence[str]) -> Sequence[str]:
    """Return all moments, or the last of each day (UTC) where there are many."""
    return reported if len(reported) <= MOST_OPTIONS else list({each[:10]: each for each in reported}.values())


def _few(recorded: Sequence[ApiDocument], chosen: int) -> Sequence[tuple[int, ApiDocument]]:
    """Return all inputs with their steps, or evenly chosen ones and the one shown where there are many."""
    every = -(-len(recorded) // MOST_OPTIONS) or 1
    return [(step, each) for step, each in enumerate(recorded) if step % every == 0 or step == chosen]
