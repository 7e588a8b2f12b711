"""Input and output of a policy: the current claims of one key, and their estimate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import force_setattr

from domain.reports.claims.claim import ClaimKey, ResolvedClaim
from domain.values.counts.count import words_for

PART_EXCEEDS = "part_exceeds"

UNRELIABLE, IMPROBABLE = "E", 5
"""The Admiralty's grade of a source, and credibility of a report, that `exclude` rules out."""

CLOSED = frozenset({"exact", "about", "between", "none"})
OPEN = frozenset({"at_least", "more_than"})
CAPPED = frozenset({"at_most", "fewer_than"})


class CitedFigure(Struct, frozen=True, gc=False):
    """A figure with the ref of the claim that states it: an end of an estimate."""

    figure: int
    claim: str


class OriginCandidates(Struct, frozen=True, gc=False):
    """The claims of one origin that may dominate another's, newest first: current or superseded, with a least figure.

    `newest`, `greatest` and `counted_until` are the maxima of their recency keys, least figures and moments (UTC);
    `grade` is the source's; `eligible` says that its current claim is not rated out.
    """

    newest: tuple[datetime, datetime, int, str]
    greatest: int
    counted_until: datetime
    origin: str
    grade: str
    eligible: bool
    claims: tuple[ResolvedClaim, ...]


class PolicyClaim(Struct, frozen=True, gc=False):
    """A current claim as input of a policy: with its source's grade, and adjusted to its own parts.

    `lower`, `upper` and `best` cite the claim that states each figure, which is a part's where that exceeds its whole
    (`exceeded_by`). `superseded` are earlier claims of this origin and key that may still dominate another's: none
    judged improbable, none made redundant by a newer one. The fields from `ref` on are derived from the others.
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
    ref: str = ""
    """The claim's ref: `REPORT#1`."""
    closed: bool = False
    """Whether the source gave both ends."""
    open: bool = False
    """Whether the source gave a least figure only."""
    lowest: CitedFigure | None = None
    """The least figure; None without a lower end. Sources may give their ends in any order."""
    highest: CitedFigure | None = None
    """The greatest figure; that of the open end where there is no other."""
    rated_out: bool = False
    """Whether the source is unreliable (E) or the report improbable (5)."""
    candidates: OriginCandidates | None = None
    """Itself and superseded claims with a least figure; None without any. Exceeded by its part, it is none itself."""

    def __post_init__(self) -> None:
        """Derive the fields that policies read often."""
        bound, lowest = self.bound, self.lower
        highest = lowest
        if not (lowest is self.best is self.upper):
            ends = [end for end in (self.lower, self.best, self.upper) if end]
            lowest = min(ends, key=_figure) if lowest else None
            highest = max(ends, key=_figure) if ends else None
        force_setattr(self, "ref", self.resolved.ref)
        force_setattr(self, "closed", bound in CLOSED)
        force_setattr(self, "open", bound in OPEN)
        force_setattr(self, "lowest", lowest)
        force_setattr(self, "highest", highest)
        force_setattr(self, "rated_out", self.grade == UNRELIABLE or self.credibility == IMPROBABLE)
        force_setattr(self, "candidates", _candidates(self))

    @property
    def least(self) -> int | None:
        """The figure of the lowest end."""
        return self.lowest.figure if self.lowest else None

    @property
    def greatest(self) -> int | None:
        """The figure of the highest end."""
        return self.highest.figure if self.highest else None


def _candidates(claim: PolicyClaim) -> OriginCandidates | None:
    """Return the dominance candidates of a claim's origin, newest first."""
    resolved = claim.resolved
    own = () if PART_EXCEEDS in claim.flags else (resolved,)
    claims = [each for each in (*own, *reversed(claim.superseded)) if _has_least_figure(each)]
    if not claims:
        return None
    first, greatest, until = claims[0], claims[0].count.lower or 0, claims[0].counted_until
    if len(claims) > 1:
        claims.sort(key=_RECENCY, reverse=True)
        first, greatest = claims[0], max([each.count.lower or 0 for each in claims])
        until = max([each.counted_until for each in claims])
    return OriginCandidates(
        first.recency_key, greatest, until, resolved.origin, claim.grade, not claim.rated_out, tuple(claims)
    )


def _has_least_figure(claim: ResolvedClaim) -> bool:
    count = claim.count
    return count.lower is not None and (count.bound in CLOSED or count.bound in OPEN)


_RECENCY = attrgetter("recency_key")


def _figure(end: CitedFigure) -> int:
    return end.figure


class SetAside(Struct, frozen=True, gc=False):
    """A current claim that the policy does not use, with a code and the reason in words.

    Where the reason is another claim, `because_of`, the words have `{claim}` for its ref and `{count}` for its count.
    """

    claim: PolicyClaim
    code: str
    words: str
    because_of: ResolvedClaim | None = None

    @property
    def why(self) -> str:
        """The reason as a sentence."""
        other = self.because_of
        return self.words if other is None else self.words.format(claim=other.ref, count=words_for(other.count))


class ResponsibilityStatement(Struct, frozen=True, gc=False):
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


class Estimate(Struct, frozen=True, gc=False):
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


class PolicyInput(Struct, frozen=True, gc=False):
    """Input of a policy: current claims of one key, statements on responsibility, and the end of the period (UTC).

    `claims` are sorted by origin, `statements` by report; statements that are rated out (source graded E, report judged
    improbable) are omitted. `denied` says that one of them denies.
    """

    key: ClaimKey
    claims: tuple[PolicyClaim, ...]
    denied: bool = False
    period_end: datetime | None = None
    statements: tuple[ResponsibilityStatement, ...] = ()

    def with_claim(self, index: int, old: PolicyClaim | None, new: PolicyClaim | None) -> "PolicyInput":
        """Return a copy with `old` at `index` replaced by `new`; either may be None (insertion, removal)."""
        claims = list(self.claims)
        claims[index : index + (old is not None)] = () if new is None else (new,)
        return PolicyInput(self.key, tuple(claims), self.denied, self.period_end, self.statements)


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
