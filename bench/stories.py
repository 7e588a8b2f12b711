"""What becomes of one made-up incident: its facts, one after another, as the domain's commands would make them."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from bench import scenery
from bench.scenery import CIVILIANS, COUNTRIES, METHODS, POPULATIONS, SIDES
from domain.reports.claims.claim import latest
from domain.values.time.clocks import Span, clamp, format_instant, parse_occurred, parse_offset, parse_reported

_REMEMBERED = 8
"""How many of its last reports an incident may still correct, retract or judge; each once."""

Document = dict[str, Any]


class Told(NamedTuple):
    """A fact without its place in the log."""

    topic: str
    state: bytes
    text: bytes | None
    fact_id: UUID


@dataclass(frozen=True, slots=True)
class Mix:
    """Which facts an incident is made of: shares that add up to one with what is left for events."""

    tolls: float = 0.38
    blame: float = 0.06
    curation: float = 0.06
    with_claims: float = 0.7
    """How many of the events give figures of their own."""
    sources: int = 0
    """How many sources tell of it; 0 for as many as its size suggests."""


UCDP_LIKE = Mix()
ASKED = Mix(tolls=0.6, blame=0, curation=0, with_claims=0, sources=24)
"""Of the incident that is asked about at random moments: few keys, told by many."""


class Story:
    """One incident; `tell` gives its next fact, the opening first."""

    def __init__(self, slug: str, size: int, seed: str, mix: Mix = UCDP_LIKE) -> None:
        chance = self._chance = Random(seed)  # noqa: S311 - the same data every time is what is wanted
        self.slug, self.size, self.version = slug, size, 0
        self._mix = mix
        self._country = chance.choices(COUNTRIES, [each.weight for each in COUNTRIES])[0]
        self._offset = self._country.offset
        self._places = chance.sample(scenery.places(self._country), min(40, 3 + size // 20))
        self._sides = chance.choice(SIDES)
        self._sources = _cast(chance, mix.sources or min(60, 4 + size // 10))
        self._standing: deque[tuple[Document, Span]] = deque(maxlen=_REMEMBERED)

    def tell(self, at: datetime) -> Told:
        """Return the next fact, recorded at a moment."""
        self.version += 1
        if self.version == 1:
            return self._opening()
        drawn, mix = self._chance.random(), self._mix
        if drawn < mix.curation and self._standing:
            return self._curation(at)
        if drawn < mix.curation + mix.tolls:
            return self._filed(at, self._toll())
        if drawn < mix.curation + mix.tolls + mix.blame:
            return self._filed(at, self._blame())
        return self._filed(at, self._event())

    def _opening(self) -> Told:
        place = self._places[0]["name"]
        state = {
            "slug": self.slug,
            "title": f"Violence around {place} ({self.slug})",
            "utc_offset": self._offset,
            "period": None,
            "countries": [self._country.code],
        }
        return Told("incident_opened.v1", _bytes(state), None, self._id())

    def _filed(self, at: datetime, told: tuple[Document, str | None]) -> Told:
        """File a report as its source said it some days before it was recorded, of what happened before that."""
        chance, (report, summary) = self._chance, told
        day = (at - timedelta(days=1 + int(3 * chance.random() ** 2))).date()
        precise = chance.random() < 0.15  # noqa: PLR2004
        said = f"{day}T{chance.randrange(9, 22):02}:{chance.randrange(60):02}:00Z" if precise else day.isoformat()
        reported = _instant(said) if precise else _day(said, self._offset)
        occurred = None
        if report["kind"] == "attack_launched":
            happened = (day - timedelta(days=1 + chance.randrange(3))).isoformat()
            report["occurred"] = happened
            occurred = _clamped(happened, self._offset, reported)
        report_id = self._id()
        report |= {"report_id": str(report_id), "reported_at": said, **self._whose()}
        if self._mix.curation:
            self._standing.append((report, reported))
        state = {
            "report_id": report["report_id"],
            "report": report,
            "reported": _ends(reported),
            "occurred": _ends(occurred),
        }
        return Told(f"{report['kind']}.v1", _bytes(state), _bytes({"summary": summary}) if summary else None, report_id)

    def _whose(self) -> Document:
        chance = self._chance
        if self._mix.curation and chance.random() < 0.02:  # noqa: PLR2004
            source, relay = scenery.unnamed(chance.randrange(scenery.UNNAMED))
            return {"source": source, "via": [relay]}
        source = self._sources[int(len(self._sources) * chance.random() ** 2)]
        via = [f"source-{chance.randrange(5):03}"] if chance.random() < 0.25 else []  # noqa: PLR2004
        return {"source": source, "via": [relay for relay in via if relay != source]}

    def _toll(self) -> tuple[Document, str | None]:
        chance = self._chance
        figure = max(1, round((8 + 0.7 * self.size) * self.version / self.size) + chance.randint(-9, 9))
        measure = "killed" if chance.random() < 0.7 else "injured"  # noqa: PLR2004
        several = 1 + (chance.random() < 0.3) + (chance.random() < 0.1)  # noqa: PLR2004
        first = int(len(POPULATIONS) * chance.random() ** 2)
        claims: list[Document] = [
            {
                "id": str(number + 1),
                "measure": measure,
                "population": POPULATIONS[(first + number) % len(POPULATIONS)],
                "scope": "incident",
                "count": scenery.count(_worded(chance, figure // (number + 1))),
            }
            for number in range(several)
        ]
        words: str = claims[0]["count"]["verbatim"]
        summary = f"The toll around {self._places[0]['name']} now stands at {words}, the source says, and may rise."
        return {"kind": "toll_revised", "claims": claims}, summary if chance.random() < 0.5 else None  # noqa: PLR2004

    def _event(self) -> tuple[Document, str | None]:
        chance = self._chance
        place, method = chance.choice(self._places), chance.choice(METHODS)
        one, other = self._sides if chance.random() < 0.5 else self._sides[::-1]  # noqa: PLR2004
        if chance.random() < 0.3:  # noqa: PLR2004
            other = CIVILIANS
        report: Document = {
            "kind": "attack_launched",
            "method": method,
            "initiator": one["slug"],
            "targets": [other["slug"]],
            "places": [place],
            "actors": [one, other],
        }
        figure = ""
        if chance.random() < self._mix.with_claims:
            figure = _worded(chance, 1 + int(12 * chance.random() ** 3))
            report["claims"] = [{"id": "1", "measure": "killed", "scope": "event", "count": scenery.count(figure)}]
        if chance.random() < 0.25:  # noqa: PLR2004
            report["external_ids"] = {"ucdp": str(chance.randrange(100_000, 600_000))}
        return report, scenery.story(chance, method, place["name"], (one["name"], other["name"]), figure)

    def _blame(self) -> tuple[Document, str | None]:
        accused, accuser = self._sides if self._chance.random() < 0.5 else self._sides[::-1]  # noqa: PLR2004
        report = {
            "kind": "responsibility_stated",
            "act": "accused",
            "by": accuser["slug"],
            "whom": accused["slug"],
            "actors": [accused, accuser],
        }
        return report, f"{accuser['name']} blamed {accused['name']} for the violence."

    def _curation(self, at: datetime) -> Told:
        """Correct, judge, dispute or take back one of the last reports, which is then left alone."""
        chance, standing = self._chance, self._standing
        report, reported = standing[0]
        standing.popleft()
        about: Document = {"report_id": report["report_id"]}
        drawn, claims = chance.random(), report.get("claims")
        if drawn < 0.35 and claims:  # noqa: PLR2004
            return self._correction(about, report, reported)
        if drawn < 0.6:  # noqa: PLR2004
            state = about | {"credibility": chance.choice((1, 2, 3, 4, 5))}
            return Told("report_assessed.v1", _bytes(state), None, self._id())
        if drawn < 0.75:  # noqa: PLR2004
            return Told("report_disputed.v1", _bytes(about | {"disputed": True}), None, self._id())
        if drawn < 0.9:  # noqa: PLR2004
            reason = _bytes({"reason": "Entered twice by mistake."})
            return Told("report_retracted.v1", _bytes(about | {"by": "recorder"}), reason, self._id())
        said = (at - timedelta(days=1)).date().isoformat()
        taken_back = {"by": "source", "reported_at": said, "reported": _ends(_day(said, self._offset))}
        return Told("report_retracted.v1", _bytes(about | taken_back), None, self._id())

    def _correction(self, about: Document, report: Document, reported: Span) -> Told:
        first, *others = report["claims"]
        figure = scenery.count(f"exactly {2 + (first['count']['lower'] or 0)}")
        occurred = _clamped(report["occurred"], self._offset, reported) if "occurred" in report else None
        state = about | {
            "cause": "transcription",
            "report": report | {"claims": [first | {"count": figure}, *others]},
            "occurred": _ends(occurred),
        }
        return Told("report_corrected.v1", _bytes(state), _bytes({"reason": "A digit was misread."}), self._id())

    def _id(self) -> UUID:
        return UUID(int=self._chance.getrandbits(128), version=4)


def _cast(chance: Random, wanted: int) -> list[str]:
    """Return who tells of an incident: the best known sources of the world, and some that fewer know."""
    known = {int(scenery.SOURCES * chance.random() ** 3) for _ in range(3 * wanted)}
    return [f"source-{number:03}" for number in sorted(known)[:wanted]]


def _worded(chance: Random, figure: int) -> str:
    figure = figure if figure < 1000 else round(figure, -1)  # noqa: PLR2004
    drawn = chance.random()
    if drawn < 0.6:  # noqa: PLR2004
        return f"{figure:,}"
    if drawn < 0.8:  # noqa: PLR2004
        return f"at least {figure:,}"
    return f"more than {figure:,}" if drawn < 0.95 else "dozens"  # noqa: PLR2004


def _bytes(document: Document) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


@cache
def _day(day: str, offset: str) -> Span:
    return parse_reported(day, parse_offset(offset))


def _instant(text: str) -> Span:
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return Span(moment, moment)


@cache
def _occurred(day: str, offset: str) -> Span:
    return parse_occurred(day, parse_offset(offset))


def _clamped(day: str, offset: str, reported: Span) -> Span | None:
    return clamp(_occurred(day, offset), latest(reported))


@lru_cache(maxsize=100_000)
def _ends(span: Span | None) -> list[str | None] | None:
    if span is None:
        return None
    return [end and format_instant(end) for end in (span.earliest, span.latest)]
