"""State of one report: its versions, retractions, credibility, disputes and rescoped claims."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.facts.union import ReportAssessed, ReportDisputed, ReportReinstated, ReportRetracted
from domain.history.source_directory import SourceDirectory
from domain.incident.commands import UNJUDGED
from domain.incident.resolved_claims import AssignedScope
from domain.reports.claims.claim import BEGINNING, ResolvedClaim, earliest, latest
from domain.reports.claims.tie_breaking import ReportContent, Tie, TieRank
from domain.reports.kind import Report
from domain.values.sources import origin_of
from domain.values.time.clocks import ClockError, Span, parse_reported

Retraction = tuple[str, Span | None]
"""Author (`recorder` or `source`), and the moment (UTC) of a source's retraction."""


class ReportVersion(Struct, frozen=True, eq=False, gc=False):
    """One content of a report, as filed or corrected, with its resolved claims.

    `event` is the label of the occurrence it describes, or the scope of another incident's event;
    `position` that of the fact in the log; `tier` that of its kind. Compared by identity.
    """

    report: Report
    origin: str
    occurred: Span | None
    event: str | None
    claims: tuple[ResolvedClaim, ...]
    text_commitment: str | None
    position: int
    cause: str | None = None
    tier: str = "none"
    record: ReportContent | None = None

    def copy(self) -> "ReportVersion":
        """Return a copy whose marks for tie-breaking are its own."""
        record = self.record and self.record.copy()
        return replace(self, record=record, claims=tuple(replace(each, record=record) for each in self.claims))

    def with_sources(self, origins: SourceDirectory) -> "ReportVersion":
        """Return the same content under the current representative of its origin."""
        origin = origins.resolve(origin_of(self.report.source, self.report.via))
        if origin == self.origin:
            return self
        return replace(self, origin=origin, claims=tuple(replace(each, origin=origin) for each in self.claims))


@dataclass(slots=True)
class ReportHistory:
    """A report with its versions and marks; marks are by claim id, None for the report as a whole.

    `home` is the stream of the incident it was filed under. The three counts are numbers of facts.
    """

    report_id: UUID
    home: UUID
    reported: Span
    versions: list[ReportVersion]
    retractions: dict[str | None, Retraction] = field(default_factory=dict[str | None, Retraction])
    credibility: dict[str | None, int] = field(default_factory=dict[str | None, int])
    disputes: set[str | None] = field(default_factory=set[str | None])
    rescoped: dict[str, AssignedScope] = field(default_factory=dict[str, AssignedScope])
    retraction_count: int = 0
    reinstatement_count: int = 0
    rescoping_count: int = 0
    ref: str = field(default="", kw_only=True)
    """The report's id, as text."""

    current: ReportVersion = field(init=False)
    """The last version, which applies at every reported moment."""

    def __post_init__(self) -> None:
        """Cache the id as text and the last version: both are read often."""
        self.ref = self.ref or str(self.report_id)
        self.current = self.versions[-1]

    def copy(self) -> "ReportHistory":
        """Return an independent copy."""
        return ReportHistory(
            self.report_id,
            self.home,
            self.reported,
            [*self.versions[:-1], self.current.copy()],
            dict(self.retractions),
            dict(self.credibility),
            set(self.disputes),
            dict(self.rescoped),
            self.retraction_count,
            self.reinstatement_count,
            self.rescoping_count,
            ref=self.ref,
        )

    def correct(self, version: ReportVersion) -> None:
        """Append a corrected version."""
        self.versions.append(version)
        self.current = version
        self._update_tie_marks()

    def rebuild(self, transform: Callable[[ReportVersion], ReportVersion]) -> None:
        """Replace every version by `transform(version)`, when scopes or origins are renamed."""
        self.versions[:] = map(transform, self.versions)
        self.current = self.versions[-1]
        self._update_tie_marks()

    @property
    def retraction(self) -> Retraction | None:
        """The retraction of the whole report, if any."""
        return self.retractions.get(None)

    def apply(self, fact: ReportRetracted | ReportReinstated | ReportAssessed | ReportDisputed) -> None:
        """Apply a mark on the report or on one of its claims."""
        match fact:
            case ReportRetracted():
                self.retractions[fact.claim] = (fact.by, fact.reported)
                self.retraction_count += 1
            case ReportReinstated():
                self.retractions.pop(fact.claim, None)
                self.reinstatement_count += 1
            case ReportAssessed():
                self.credibility[fact.claim] = fact.credibility
            case ReportDisputed():
                (self.disputes.add if fact.disputed else self.disputes.discard)(fact.claim)
        self._update_tie_marks()

    def _update_tie_marks(self) -> None:
        """Encode the marks for tie-breaking between equal reports; undone marks are omitted."""
        if self.current.record is not None:
            contents = [version.record.text for version in self.versions[:-1] if version.record]
            marked = (self.retractions, self.credibility, dict.fromkeys(self.disputes), self.rescoped)
            marks = [sorted((str(claim), str(mark)) for claim, mark in each.items()) for each in marked]
            self.current.record.marks = str((contents, marks, str(self.home))) if contents or any(marks) else ""

    def reread_retraction(self, fact: ReportRetracted, offset: tzinfo) -> None:
        """Parse a source's retraction again by another offset, if it still applies; the last such fact wins.

        A local time that the clocks skip keeps its former moment.
        """
        retraction = self.retractions.get(fact.claim)
        if retraction is not None and retraction[0] == fact.by and fact.reported_at:
            with suppress(ClockError):
                self.retractions[fact.claim] = (fact.by, parse_reported(fact.reported_at, offset))
        self._update_tie_marks()

    def reported_by(self, moment: datetime | None) -> bool:
        """Say whether it was reported by `moment` on the reported clock; None is unbounded."""
        return moment is None or latest(self.reported) <= moment

    def is_standing(self, moment: datetime | None) -> bool:
        """Say whether it was reported, and not retracted by recorder or source, by `moment`."""
        if moment is not None and latest(self.reported) > moment:
            return False
        return not self.retractions or _is_standing(self.retractions.get(None), moment)

    def standing_at(self, moment: datetime | None) -> str:
        """Return `retracted`, else `disputed`, else `corrected`, else `standing`; withdrawal is not considered."""
        if not self.is_standing(moment):
            return "retracted"
        if None in self.disputes:
            return "disputed"
        return "corrected" if len(self.versions) > 1 else "standing"

    def effective_moments(self) -> set[datetime]:
        """Return the moments (reported clock, UTC) at which it, or a claim of it, starts or ceases to be standing."""
        ends = (latest(span) for _, span in self.retractions.values() if span is not None)
        return {latest(self.reported), *ends}

    def claims_at(self, moment: datetime | None) -> tuple[ResolvedClaim, ...]:
        """Return the claims that are not retracted at `moment`; the report itself must be standing."""
        if not self.retractions or self.retractions.keys() == {None}:
            return self.current.claims
        return tuple(
            each
            for each in self.current.claims
            if all(_is_standing(self.retractions.get(mark), moment) for mark in self._mark_targets(each.ref)[:-1])
        )

    def retracted_claims(self, moment: datetime | None) -> list[str]:
        """Return the ids of the claims retracted individually by `moment`."""
        retracted = (claim for claim, retraction in self.retractions.items() if not _is_standing(retraction, moment))
        return sorted(claim for claim in retracted if claim is not None)

    def credibility_of(self, ref: str) -> int:
        """Return the credibility of a claim: its own, that of its whole, or that of its report (6: unjudged)."""
        if not self.credibility:
            return UNJUDGED
        return next((self.credibility[mark] for mark in self._mark_targets(ref) if mark in self.credibility), UNJUDGED)

    def is_disputed(self, ref: str) -> bool:
        """Say whether a claim, its whole or its report is disputed."""
        return bool(self.disputes) and not self.disputes.isdisjoint(self._mark_targets(ref))

    def _mark_targets(self, ref: str) -> list[str | None]:
        """Return the marks that apply to a claim: those of the claim, of its whole, and of the report (None)."""
        claim = ref.partition("#")[2]
        wholes = [each.id for each in self.current.report.claims if any(part.id == claim for part in each.parts)]
        return [claim, *wholes, None]

    @property
    def newness(self) -> tuple[datetime, datetime, int, Tie]:
        """Sort key of "newer": reported latest, then earliest, `reported_order`, then content."""
        return (latest(self.reported), earliest(self.reported), self.order, Tie(self))

    # Statement (reports.claims.statement_order): a report is ordered among those of its source
    @property
    def order(self) -> int:
        """`reported_order`: order among statements of one day."""
        return self.current.report.reported_order

    @property
    def counted_until(self) -> datetime:
        """Least value: a report itself counts nothing."""
        return BEGINNING

    @property
    def figure(self) -> int:
        """The largest figure of its claims; -1 without one, which sorts before any figure of the same moment."""
        return max((claim.figure for claim in self.current.claims), default=-1)

    @property
    def content(self) -> TieRank:
        """Tie-breaking content; direct reports sort after relayed ones."""
        version = self.current
        content = (version.record.text, version.record.marks) if version.record else ()
        return not version.report.via, version.origin, *content

    @property
    def supersedes(self) -> tuple[str, ...]:
        """Empty: only claims supersede."""
        return ()


def _is_standing(retraction: Retraction | None, moment: datetime | None) -> bool:
    """Say whether a report or claim with this retraction is standing at `moment` (None: latest)."""
    if retraction is None:
        return True
    author, retracted_at = retraction
    return author == "source" and moment is not None and retracted_at is not None and latest(retracted_at) > moment
