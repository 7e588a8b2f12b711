"""Input and output of a policy: the current claims of one key, and their estimate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from domain.reports.claims.claim import ClaimKey, ResolvedClaim

PART_EXCEEDS = "part_exceeds"

UNRELIABLE, IMPROBABLE = "E", 5
"""The Admiralty's grade of a source, and credibility of a report, that `exclude` rules out."""

CLOSED = frozenset({"exact", "about", "between", "none"})
OPEN = frozenset({"at_least", "more_than"})
CAPPED = frozenset({"at_most", "fewer_than"})


@dataclass(frozen=True, slots=True)
class CitedFigure:
    """A figure with the ref of the claim that states it: an end of an estimate."""

    figure: int
    claim: str


class DominanceCandidate(NamedTuple):
    """A claim, current or superseded, that may dominate another.

    `least` is its least figure; `closed` says that the source gave both ends. `counted_until` is in UTC.
    """

    newness: tuple[datetime, datetime, int, str]
    least: int
    counted_until: datetime
    origin: str
    closed: bool
    resolved: ResolvedClaim


class OriginCandidates(NamedTuple):
    """The dominance candidates of one origin, newest first.

    `greatest` and `counted_until` are maxima over them; `grade` is the source's; `eligible` says that its current claim
    is not rated out.
    """

    newest: tuple[datetime, datetime, int, str]
    greatest: int
    counted_until: datetime
    origin: str
    grade: str
    eligible: bool
    candidates: Sequence[DominanceCandidate]


@dataclass(frozen=True, slots=True)
class PolicyClaim:
    """A current claim as input of a policy: with its source's grade, and adjusted to its own parts.

    `lower`, `upper` and `best` cite the claim that states each figure, which is a part's where that exceeds its whole
    (`exceeded_by`). `superseded` are earlier claims of this origin and key that may still dominate another's: none
    judged improbable, none made redundant by a newer one.
    """

    resolved: ResolvedClaim
    grade: str
    bound: str
    lower: CitedFigure | None
    upper: CitedFigure | None
    best: CitedFigure | None
    flags: tuple[str, ...] = ()
    credibility: int = 6
    disputed: bool = False
    superseded: tuple[ResolvedClaim, ...] = ()
    exceeded_by: ResolvedClaim | None = None
    ref: str = field(init=False)
    """The claim's ref: `REPORT#1`."""
    closed: bool = field(init=False)
    """Whether the source gave both ends."""
    open: bool = field(init=False)
    """Whether the source gave a least figure only."""
    lowest: CitedFigure | None = field(init=False)
    """The least figure; None without a lower end. Sources may give their ends in any order."""
    highest: CitedFigure | None = field(init=False)
    """The greatest figure; that of the open end where there is no other."""
    rated_out: bool = field(init=False)
    """Whether the source is unreliable (E) or the report improbable (5)."""
    _candidates: "OriginCandidates | None" = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        """Derive the fields that policies read often."""
        set_once = object.__setattr__
        set_once(self, "ref", self.resolved.ref)
        set_once(self, "closed", self.bound in CLOSED)
        set_once(self, "open", self.bound in OPEN)
        lowest = highest = self.lower
        if not (lowest is self.best is self.upper):
            ends = [end for end in (self.lower, self.best, self.upper) if end]
            lowest = min(ends, key=_figure) if lowest else None
            highest = max(ends, key=_figure) if ends else None
        set_once(self, "rated_out", self.grade == UNRELIABLE or self.credibility == IMPROBABLE)
        set_once(self, "lowest", lowest)
        set_once(self, "highest", highest)

    @property
    def least(self) -> int | None:
        """The figure of the lowest end."""
        return self.lowest.figure if self.lowest else None

    @property
    def greatest(self) -> int | None:
        """The figure of the highest end."""
        return self.highest.figure if self.highest else None

    @property
    def candidates(self) -> OriginCandidates | None:
        """Its dominance candidates: itself and superseded claims with a least figure; None without any.

        A claim exceeded by its part is no candidate itself.
        """
        if self._candidates is None:
            before = self.superseded[::-1]
            claims = before if PART_EXCEEDS in self.flags else (self.resolved, *before)
            object.__setattr__(self, "_candidates", self._candidates_among(claims))
        return self._candidates

    def _candidates_among(self, claims: Sequence[ResolvedClaim]) -> OriginCandidates | None:
        origin = self.resolved.origin
        found: list[DominanceCandidate] = []
        for claim in claims:
            bound, least = claim.count.bound, claim.count.lower
            if least is not None and (bound in CLOSED or bound in OPEN):
                found.append(
                    DominanceCandidate(claim.recency_key, least, claim.counted_until, origin, bound in CLOSED, claim)
                )
        if not found:
            return None
        if len(found) > 1:
            found.sort(key=_NEWEST, reverse=True)
        greatest, furthest = max([each[1] for each in found]), max([each[2] for each in found])
        return OriginCandidates(found[0].newness, greatest, furthest, origin, self.grade, not self.rated_out, found)


_NEWEST = itemgetter(0)


def _figure(end: CitedFigure) -> int:
    return end.figure


def _insertion_point(candidates: Sequence[OriginCandidates], inserted: OriginCandidates) -> int:
    """Return the insertion point in a list sorted newest first; linear, since most insertions are at the front."""
    newest = inserted.newest
    for index, each in enumerate(candidates):
        if each.newest < newest:
            return index
    return len(candidates)


class SetAside(NamedTuple):
    """A current claim that the policy does not use, with a code and a sentence."""

    claim: PolicyClaim
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement on responsibility of a counting report: never a finding about the perpetrator.

    `act` is accused, claimed, admitted or denied; `origin` made the statement, and has `grade`;
    `by` and `whom` are as reported.
    """

    act: str
    by: str
    whom: str | None
    origin: str
    grade: str
    report: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimate of one key by a policy. Every end is a figure of a claim, never computed.

    `used` are the claims not set aside. `label` is a policy's code for how well the figures are corroborated; most
    policies have none.
    """

    lower: CitedFigure | None
    upper: CitedFigure | None
    upper_open: bool
    best: CitedFigure | None
    contested: bool
    used: tuple[PolicyClaim, ...]
    set_aside: tuple[SetAside, ...]
    label: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyInput:
    """Input of a policy: current claims of one key, statements on responsibility, and the end of the period (UTC).

    `claims` are sorted by origin, `statements` by report; statements that are rated out (source graded E, report judged
    improbable) are omitted. `denied` says that one of them denies.
    """

    key: ClaimKey
    claims: tuple[PolicyClaim, ...]
    denied: bool = False
    period_end: datetime | None = None
    statements: tuple[Statement, ...] = ()
    _candidates: list[OriginCandidates] | None = field(init=False, default=None, repr=False, compare=False)

    @property
    def candidates(self) -> Sequence[OriginCandidates]:
        """Dominance candidates by origin, newest first."""
        found = self._candidates
        if found is None:
            found = [candidates for claim in self.claims if (candidates := claim.candidates) is not None]
            found.sort(key=_NEWEST, reverse=True)
            object.__setattr__(self, "_candidates", found)
        return found

    def with_claim(self, index: int, old: PolicyClaim | None, new: PolicyClaim | None) -> "PolicyInput":
        """Return a copy with `old` at `place` replaced by `new`; either may be None (insertion, removal)."""
        claims, candidates = list(self.claims), list(self.candidates)
        claims[index : index + (old is not None)] = () if new is None else (new,)
        if old is not None and (old_candidates := old.candidates) is not None:
            candidates = [new_candidates for new_candidates in candidates if new_candidates is not old_candidates]
        if new is not None and (new_candidates := new.candidates) is not None:
            candidates.insert(_insertion_point(candidates, new_candidates), new_candidates)
        policy_input = PolicyInput(self.key, tuple(claims), self.denied, self.period_end, self.statements)
        object.__setattr__(policy_input, "_candidates", candidates)
        return policy_input


@dataclass(frozen=True, slots=True)
class Policy:
    """A named, versioned, pure rule from the claims of one key to an estimate.

    `reads_statements` says that it reads `PolicyInput.statements`, and not only `denied`; where it does not, a
    change of statements needs no new estimate. `codes` gives the meaning of each code of a claim that it sets aside,
    `labels` that of each label of an estimate.
    """

    name: str
    version: int
    meaning: str
    estimate: Callable[[PolicyInput], Estimate]
    reads_statements: bool = True
    codes: Mapping[str, str] = field(default_factory=dict[str, str])
    labels: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def id(self) -> str:
        """Return `name/version`, as coordinates print it."""
        return f"{self.name}/{self.version}"

    def same_answer(self, one: PolicyInput, other: PolicyInput) -> bool:
        """Say whether two inputs are equal in all that this policy reads."""
        if self.reads_statements and one.statements != other.statements:
            return False
        return (one.denied, one.period_end, one.claims) == (other.denied, other.period_end, other.claims)
