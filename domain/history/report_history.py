"""A report and all that became of it: corrected, retracted, judged, given other scopes."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from uuid import UUID

from domain.facts.union import ReportAssessed, ReportDisputed, ReportReinstated, ReportRetracted
from domain.history.source_directory import SourceDirectory
from domain.incident.commands import UNJUDGED
from domain.incident.resolved_claims import Rescoped
from domain.reports.claims.claim import BEGINNING, Held, earliest, latest
from domain.reports.claims.ties import Rank, Record, Tie
from domain.reports.kind import Report
from domain.values.sources import origin_of
from domain.values.time.clocks import ClockError, Span, parse_reported

Retraction = tuple[str, Span | None]
"""Who took it back, and when a source did so."""


@dataclass(frozen=True, slots=True)
class ReportVersion:
    """One content of a report: as filed, or as corrected, with the claims held from it.

    `event` is the occurrence it describes: a label, or the scope of another incident's event;
    `position` is where the fact stands that holds it; `tier` that of what it states.
    """

    report: Report
    origin: str
    occurred: Span | None
    event: str | None
    claims: tuple[Held, ...]
    text_commitment: str | None
    position: int
    cause: str | None = None
    tier: str = "none"
    record: Record | None = field(default=None, repr=False, compare=False)

    def with_sources(self, origins: SourceDirectory) -> "ReportVersion":
        """Return the same content, said by whom it is said to come from now."""
        origin = origins.resolve(origin_of(self.report.source, self.report.via))
        if origin == self.origin:
            return self
        return replace(self, origin=origin, claims=tuple(replace(each, origin=origin) for each in self.claims))


@dataclass(slots=True)
class ReportHistory:
    """A report and all that became of it; marks are by claim id, None for the report as a whole.

    `home` is the stream of the incident it was filed under; `changes` counts what *we*
    did to it since: history keeps its steps.
    """

    report_id: UUID
    home: UUID
    reported: Span
    versions: list[ReportVersion]
    retractions: dict[str | None, Retraction] = field(default_factory=dict[str | None, Retraction])
    credibility: dict[str | None, int] = field(default_factory=dict[str | None, int])
    disputes: set[str | None] = field(default_factory=set[str | None])
    rescoped: dict[str, Rescoped] = field(default_factory=dict[str, Rescoped])
    retracted: int = 0
    reinstated: int = 0
    rescopings: int = 0
    ref: str = field(default="", kw_only=True)
    """The report's id, as text."""

    current: ReportVersion = field(init=False)
    """The content that counts: the last correction's, at every reported moment."""

    def __post_init__(self) -> None:
        """Write the id out once: it is looked at all the time."""
        self.ref = self.ref or str(self.report_id)
        self.current = self.versions[-1]

    def correct(self, version: ReportVersion) -> None:
        """Take in another content."""
        self.versions.append(version)
        self.current = version
        self._update_tie_marks()

    def rebuild(self, made: Callable[[ReportVersion], ReportVersion]) -> None:
        """Make every content anew: its scopes or its origin go by other names now."""
        self.versions[:] = map(made, self.versions)
        self.current = self.versions[-1]
        self._update_tie_marks()

    @property
    def retraction(self) -> Retraction | None:
        """Who took the whole report back, if anyone did."""
        return self.retractions.get(None)

    def apply(self, fact: ReportRetracted | ReportReinstated | ReportAssessed | ReportDisputed) -> None:
        """Take in what was said about the report."""
        match fact:
            case ReportRetracted():
                self.retractions[fact.claim] = (fact.by, fact.reported)
                self.retracted += 1
            case ReportReinstated():
                self.retractions.pop(fact.claim, None)
                self.reinstated += 1
            case ReportAssessed():
                self.credibility[fact.claim] = fact.credibility
            case ReportDisputed():
                (self.disputes.add if fact.disputed else self.disputes.discard)(fact.claim)
        self._update_tie_marks()

    def _update_tie_marks(self) -> None:
        """Write down how it stands, for a tie with a report that says the same; what was undone leaves nothing here."""
        if self.current.record is not None:
            contents = [version.record.text for version in self.versions[:-1] if version.record]
            became = (self.retractions, self.credibility, dict.fromkeys(self.disputes), self.rescoped)
            marks = [sorted((str(claim), str(mark)) for claim, mark in each.items()) for each in became]
            self.current.record.marks = str((contents, marks, str(self.home))) if contents or any(marks) else ""

    def reread_retraction(self, fact: ReportRetracted, offset: tzinfo) -> None:
        """Read by another offset when a source took something back, if that still holds; the last such fact counts.

        A day that the clocks skipped there stays as it was read.
        """
        held = self.retractions.get(fact.claim)
        if held is not None and held[0] == fact.by and fact.reported_at:
            with suppress(ClockError):
                self.retractions[fact.claim] = (fact.by, parse_reported(fact.reported_at, offset))
        self._update_tie_marks()

    def reported_by(self, moment: datetime | None) -> bool:
        """Say whether the source had said it by `moment` on the reported clock; None is ever."""
        return moment is None or latest(self.reported) <= moment

    def is_standing(self, moment: datetime | None) -> bool:
        """Say whether it had been said by `moment`, and neither struck by us nor taken back by its source by then."""
        if moment is not None and latest(self.reported) > moment:
            return False
        return not self.retractions or _is_standing(self.retractions.get(None), moment)

    def status_at(self, moment: datetime | None) -> str:
        """Say how it stands at `moment`, as far as we know now: standing, corrected, retracted or disputed."""
        if not self.is_standing(moment):
            return "retracted"
        if None in self.disputes:
            return "disputed"
        return "corrected" if len(self.versions) > 1 else "standing"

    def effective_moments(self) -> set[datetime]:
        """Return when it, or a claim of it, began to count on the reported clock, and when its source ended that."""
        ends = (latest(span) for _, span in self.retractions.values() if span is not None)
        return {latest(self.reported), *ends}

    def claims_at(self, moment: datetime | None) -> tuple[Held, ...]:
        """Return the claims of the report that stand at `moment`, for a report that stands itself."""
        if not self.retractions or self.retractions.keys() == {None}:
            return self.current.claims
        return tuple(
            each
            for each in self.current.claims
            if all(_is_standing(self.retractions.get(mark), moment) for mark in self._mark_targets(each.ref)[:-1])
        )

    def retracted_claims(self, moment: datetime | None) -> list[str]:
        """Return the ids of the claims that were taken back by `moment`, each by itself and not with its report."""
        gone = (claim for claim, retraction in self.retractions.items() if not _is_standing(retraction, moment))
        return sorted(claim for claim in gone if claim is not None)

    def credibility_of(self, ref: str) -> int:
        """Return how credible a claim is: judged by itself, or as part of a whole, or with its report (6: unjudged)."""
        if not self.credibility:
            return UNJUDGED
        return next((self.credibility[mark] for mark in self._mark_targets(ref) if mark in self.credibility), UNJUDGED)

    def is_disputed(self, ref: str) -> bool:
        """Say whether a claim stands disputed: it, or what it is part of."""
        return bool(self.disputes) and not self.disputes.isdisjoint(self._mark_targets(ref))

    def _mark_targets(self, ref: str) -> list[str | None]:
        """Return what a mark on a claim can be put on: the claim, the whole that it is part of, and the report."""
        claim = ref.partition("#")[2]
        wholes = [each.id for each in self.current.report.claims if any(part.id == claim for part in each.parts)]
        return [claim, *wholes, None]

    @property
    def newness(self) -> tuple[datetime, datetime, int, Tie]:
        """Sort key of "newer": reported latest, then earliest, `reported_order`, and then by all that it says."""
        return (latest(self.reported), earliest(self.reported), self.order, Tie(self))

    # what has a place in the order in which one source said things
    @property
    def order(self) -> int:
        """`reported_order`: the order among statements that share a day."""
        return self.current.report.reported_order

    @property
    def counted_until(self) -> datetime:
        """A whole report counts nothing, so it reaches as far as any other."""
        return BEGINNING

    @property
    def figure(self) -> int:
        """The largest figure that it gives; -1 where it gives none, so that of one moment figures outlast silence."""
        return max((held.figure for held in self.current.claims), default=-1)

    @property
    def content(self) -> Rank:
        """What it says, for a tie: direct before relayed."""
        now = self.current
        said = (now.record.text, now.record.marks) if now.record else ()
        return not now.report.via, now.origin, *said

    @property
    def supersedes(self) -> tuple[str, ...]:
        """Only claims supersede."""
        return ()


def _is_standing(retraction: Retraction | None, moment: datetime | None) -> bool:
    """Say whether what was perhaps taken back still stood at `moment` (None: now)."""
    if retraction is None:
        return True
    by, taken_back = retraction
    return by == "source" and moment is not None and taken_back is not None and latest(taken_back) > moment
