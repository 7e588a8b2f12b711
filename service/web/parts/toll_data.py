"""Data of the toll chart: the steps of one key on one clock, and its claims with their moments and reasons."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import Final, Literal

from markupsafe import Markup

from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language, instant
from service.web.parts.figures import claim_figure
from service.web.parts.keys import Key, key_of
from service.web.parts.local_time import moment_said, zone_of
from service.web.parts.names import Names

ChartClock = Literal["reported", "recorded"]
Lane = Literal["plot", "words", "period"]
"""Where a claim is drawn: by its figure, among counts in words, or among counts of a period of their own."""
_CLAIM: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}#\w+(?:\.\w+)*")


@dataclass(frozen=True)
class TollDocuments:
    """The `data` of the documents that the chart is made of; `later` are the claims of all that was ever said."""

    state: ApiDocument
    timeline: ApiDocument
    tolls: ApiDocument
    claims: ApiDocument
    later: ApiDocument | None = None

    @cached_property
    def zone(self) -> tzinfo:
        """The zone in which days of the incident begin."""
        return zone_of(self.state)


@dataclass(frozen=True)
class Step:
    """An estimate from a moment on. Without `lower` it has no least figure, `upper_open` has no greatest."""

    at: datetime
    position: int | None
    lower: int | None
    upper: int | None
    upper_open: bool
    breaks: bool
    moved_by: Sequence[str]


@dataclass(frozen=True)
class Dot:
    """A claim: source, figure, moment, standing and reason. `rank` chooses the mark of its source.

    Its words are made when they are first asked for: of many thousands of claims, few are told.
    """

    claim: str
    report: str
    rank: int
    source: str
    at: datetime
    position: int | None
    figure: int | None
    lower: int | None
    upper: int | None
    lane: Lane
    status: str
    later: bool
    _reader: "ClaimReader" = field(repr=False, compare=False)

    @property
    def hollow(self) -> bool:
        """Whether the estimate does not use it."""
        return self.status != "used"

    @cached_property
    def words(self) -> str:
        """The figure, with its bound."""
        return self._reader.words(self.claim)

    @cached_property
    def day(self) -> str:
        """When it was said, as it was said."""
        return self._reader.day(self.claim)

    @cached_property
    def reason(self) -> str:
        """How it stands, with the claim that it gave way to, if any."""
        return self._reader.reason(self.claim, later=self.later)

    @property
    def sentence(self) -> str:
        """Who said what when, and how it stands."""
        return f"{self.source}, {self.day}: {self.words}. {self.reason}"


def steps_of(tolls: ApiDocument, key: Key, clock: ChartClock) -> list[Step]:
    """Return the steps of a key."""
    series = next((each for each in tolls["series"] if key_of(each) == key), None)
    return [_step(each) for each in series[clock]] if series else []


def _step(step: ApiDocument) -> Step:
    lower, upper = (step[end]["figure"] if step[end] else None for end in ("lower", "upper"))
    return Step(
        instant(step["at"]), step.get("position"), lower, upper, step["upper_open"], step["break"], step["moved_by"]
    )


@dataclass
class ClaimReader:
    """Makes the dots of a key."""

    language: Language
    names: Names
    documents: TollDocuments
    key: Key
    clock: ChartClock
    _ranks: dict[str, int] = field(default_factory=dict[str, int])

    def dots(self) -> list[Dot]:
        """Return the dots by moment; on the recorded clock, of those claims that moved the estimate."""
        claims, later = self._of_key(self.documents.claims), self.documents.later
        now = {each["claim"] for each in claims}
        if later is not None and later is not self.documents.claims:
            claims += [each for each in self._of_key(later) if each["claim"] not in now]
        told = [(moment, each) for each in claims if (moment := self._moment(each)) is not None]
        told.sort(key=lambda pair: (pair[0], pair[1]["claim"]))
        for _, claim in told:
            self._ranks.setdefault(claim["source"], len(self._ranks))
        return [self._dot(claim, moment, later=claim["claim"] not in now) for moment, claim in told]

    def source_of(self, claim: str) -> str | None:
        """Return the name of the source of a claim, of whatever key; None where no document has it."""
        found = self._by_ref.get(claim)
        return self.names.source(found["source"]) if found else None

    def _of_key(self, claims: ApiDocument) -> list[ApiDocument]:
        return [each for each in claims["claims"] if key_of(each) == self.key]

    @cached_property
    def _by_ref(self) -> dict[str, ApiDocument]:
        every = (self.documents.later or self.documents.claims)["claims"]
        return {each["claim"]: each for each in [*every, *self.documents.claims["claims"]]}

    @cached_property
    def _first_steps(self) -> dict[str, Step]:
        steps = steps_of(self.documents.tolls, self.key, self.clock)
        return {claim: step for step in reversed(steps) for claim in step.moved_by}

    @cached_property
    def _reported(self) -> dict[str, str]:
        entries = self.documents.timeline["entries"]
        return {each["report_id"]: each["reported"]["latest"] for each in entries if each["reported"]["latest"]}

    def _moment(self, claim: ApiDocument) -> datetime | None:
        step = self._first_steps.get(claim["claim"])
        if self.clock == "recorded":
            return step.at if step else None
        told = self._reported.get(claim["claim"].partition("#")[0])
        if told is not None:
            return instant(told)
        return last_moment(claim["reported_at"], self.documents.zone) or (step.at if step else None)

    def _dot(self, claim: ApiDocument, at: datetime, *, later: bool) -> Dot:
        step = self._first_steps.get(claim["claim"])
        ends = [claim[name] for name in ("best", "lower", "upper")]
        return Dot(
            claim=claim["claim"],
            report=claim["claim"].partition("#")[0],
            rank=self._ranks[claim["source"]],
            source=self.names.source(claim["source"]),
            at=at,
            position=step.position if step else None,
            figure=next((each for each in ends if each is not None), None),
            lower=claim["lower"],
            upper=claim["upper"],
            lane=_lane(claim),
            status=claim["status"],
            later=later,
            _reader=self,
        )

    def words(self, claim: str) -> str:
        """Return the figure of a claim, with its bound."""
        return plain(claim_figure(self.language, self._by_ref[claim]))

    def day(self, claim: str) -> str:
        """Return when a claim was made, as its report says it."""
        return moment_said(self.language, self._by_ref[claim]["reported_at"], self.documents.zone)

    def reason(self, claim: str, *, later: bool) -> str:
        """Return how a claim stands, with the claim that the interface gives as its reason, if any."""
        if later:
            return self.language.text("Said later.")
        found = self._by_ref[claim]
        standing = label(self.language, "set_aside", found["status"])
        named = _CLAIM.search(found["why"])
        if named is None or named[0] not in self._by_ref:
            return standing
        return f"{standing} ({self.source_of(named[0])}, {self.day(named[0])}: {self.words(named[0])})"


def _lane(claim: ApiDocument) -> Lane:
    if claim["bound"] == "worded" or all(claim[end] is None for end in ("best", "lower", "upper")):
        return "words"
    return "period" if claim["accumulation"] == "incremental" else "plot"


def last_moment(said: str, zone: tzinfo) -> datetime | None:
    """Return the last second of a day or the moment that a report gives; None for what is neither."""
    try:
        if "T" in said:
            return instant(said)
        return datetime.combine(date.fromisoformat(said), time(23, 59, 59), zone).astimezone(UTC)
    except ValueError:
        return None


def milliseconds(at: datetime) -> int:
    """Return a moment as browsers count it."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def plain(sentence: str) -> str:
    """Return a sentence as text: those with places filled in are markup, escaped already."""
    return sentence.unescape() if isinstance(sentence, Markup) else sentence
