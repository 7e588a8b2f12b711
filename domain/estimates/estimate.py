"""What a policy is asked and what it answers: the current claims of one key, and the estimate it makes of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from domain.reports.claims.claim import Held, Key

PART_EXCEEDS = "part_exceeds"

UNRELIABLE, IMPROBABLE = "E", 5
"""The Admiralty's grade of a source, and credibility of a report, that rule out what is said, for good."""

CLOSED = frozenset({"exact", "about", "between", "none"})
OPEN = frozenset({"at_least", "more_than"})
CAPPED = frozenset({"at_most", "fewer_than"})


@dataclass(frozen=True, slots=True)
class CitedFigure:
    """One end of an estimate: a figure that somebody said, and the claim that says it."""

    figure: int
    claim: str


class DominanceCandidate(NamedTuple):
    """What a claim, current or superseded, says that may leave another behind.

    `least` is its least figure, `counted_until` (UTC) how far it counts. `closed` says that the source gave both ends.
    """

    newness: tuple[datetime, datetime, int, str]
    least: int
    counted_until: datetime
    origin: str
    closed: bool
    resolved: Held


class OriginCandidates(NamedTuple):
    """All that one source says, or said before, that may leave another's claim behind: its rivals, newest first.

    `most` is the greatest of their figures, `furthest` how far any of them counts. `grade` is that of the source; `fit`
    says that what it says now is not rated out.
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
    """A current claim as a policy weighs it: with its source's grade, and as it reads beside its own parts.

    `lower`, `upper` and `best` name the claim behind each figure, which is another
    one where a part of the same source exceeds its whole (`exceeded_by`). `history` are the claims
    of this origin and key that were superseded and may still outrun another's: none that was
    judged improbable, and none that a newer one outdoes.
    """

    resolved: Held
    grade: str
    bound: str
    lower: CitedFigure | None
    upper: CitedFigure | None
    best: CitedFigure | None
    flags: tuple[str, ...] = ()
    credibility: int = 6
    disputed: bool = False
    superseded: tuple[Held, ...] = ()
    exceeded_by: Held | None = None
    ref: str = field(init=False)
    """The claim's ref: `REPORT#1`."""
    closed: bool = field(init=False)
    """The source gave both ends."""
    open: bool = field(init=False)
    """The source gave a least figure only."""
    lowest: CitedFigure | None = field(init=False)
    """The least figure said, in whatever order the source gave them; none where there is no lower end."""
    highest: CitedFigure | None = field(init=False)
    """The greatest figure said; that of the open end where there is no other."""
    rated_out: bool = field(init=False)
    """The source is unreliable (E) or the report improbable (5)."""
    _candidates: "OriginCandidates | None" = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        """Work out once what policies ask again and again."""
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
        """What it says, or said before, that may leave another's claim behind: what has a least figure.

        Where a part exceeds it, what it says itself does not. None if there is nothing.
        """
        if self._candidates is None:
            before = self.superseded[::-1]
            said = before if PART_EXCEEDS in self.flags else (self.resolved, *before)
            object.__setattr__(self, "_candidates", self._candidates_among(said))
        return self._candidates

    def _candidates_among(self, said: Sequence[Held]) -> OriginCandidates | None:
        origin = self.resolved.origin
        found: list[DominanceCandidate] = []
        for held in said:
            bound, least = held.count.bound, held.count.lower
            if least is not None and (bound in CLOSED or bound in OPEN):
                found.append(DominanceCandidate(held.newness, least, held.counted_until, origin, bound in CLOSED, held))
        if not found:
            return None
        if len(found) > 1:
            found.sort(key=_NEWEST, reverse=True)
        most, furthest = max([each[1] for each in found]), max([each[2] for each in found])
        return OriginCandidates(found[0].newness, most, furthest, origin, self.grade, not self.rated_out, found)


_NEWEST = itemgetter(0)


def _figure(end: CitedFigure) -> int:
    return end.figure


def _insertion_point(leads: Sequence[OriginCandidates], lead: OriginCandidates) -> int:
    """Find the place of one among those with the newest first: mostly, what is said last is the newest."""
    newest = lead.newest
    for place, each in enumerate(leads):
        if each.newest < newest:
            return place
    return len(leads)


class SetAside(NamedTuple):
    """A claim that the policy did not use, with a code and a sentence that says why."""

    claim: PolicyClaim
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A standing statement on who is responsible for what a key counts: never a finding about the perpetrator.

    `act` is accused, claimed, admitted or denied; `origin` is who says so, with its `grade`;
    `by` and `whom` are as the report has them.
    """

    act: str
    by: str
    whom: str | None
    origin: str
    grade: str
    report: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a policy makes of the claims of one key. No end is a number that nobody said.

    `label` is a policy's word for how well the figures are borne out; most policies have none.
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
    """All that a policy may look at: one key's current claims, who is said to be responsible, and the period's end.

    `denied` says whether a denial stands among `statements`, which are sorted by report; what
    is rated out (a source graded E, a report judged improbable) states nothing.
    """

    key: Key
    claims: tuple[PolicyClaim, ...]
    denied: bool = False
    period_end: datetime | None = None
    statements: tuple[Statement, ...] = ()
    _candidates: list[OriginCandidates] | None = field(init=False, default=None, repr=False, compare=False)

    @property
    def candidates(self) -> Sequence[OriginCandidates]:
        """What may leave any claim behind, the newest first."""
        found = self._candidates
        if found is None:
            found = [lead for claim in self.claims if (lead := claim.candidates) is not None]
            found.sort(key=_NEWEST, reverse=True)
            object.__setattr__(self, "_candidates", found)
        return found

    def with_claim(self, place: int, old: PolicyClaim | None, new: PolicyClaim | None) -> "PolicyInput":
        """Ask the same with another claim in the place of one, with one more in that place, or without the one."""
        claims, leads = list(self.claims), list(self.candidates)
        claims[place : place + (old is not None)] = () if new is None else (new,)
        if old is not None and (was := old.candidates) is not None:
            leads = [lead for lead in leads if lead is not was]
        if new is not None and (lead := new.candidates) is not None:
            leads.insert(_insertion_point(leads, lead), lead)
        asked = PolicyInput(self.key, tuple(claims), self.denied, self.period_end, self.statements)
        object.__setattr__(asked, "_candidates", leads)
        return asked


@dataclass(frozen=True, slots=True)
class Policy:
    """A named, versioned, pure rule from the claims of one key to an estimate.

    `heeds_statements` says that it looks at who states what on who is responsible, and not only at whether a denial
    stands; where it does not, one statement more needs no new estimate.
    """

    name: str
    version: int
    meaning: str
    estimate: Callable[[PolicyInput], Estimate]
    reads_statements: bool = True

    @property
    def id(self) -> str:
        """Return `name/version`, as coordinates print it."""
        return f"{self.name}/{self.version}"

    def same_answer(self, one: PolicyInput, other: PolicyInput) -> bool:
        """Say whether it must answer two questions alike, by what it looks at."""
        if self.reads_statements and one.statements != other.statements:
            return False
        return (one.denied, one.period_end, one.claims) == (other.denied, other.period_end, other.claims)
