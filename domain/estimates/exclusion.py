"""Rules shared by policies: exclusion of claims, difference of two claims, choice of an end.

Published estimates depend on these rules, so a released rule never changes: a changed one is a new module.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import attrgetter

from domain.estimates.dominance import DOMINANCE_MARGIN, DominanceSearch
from domain.estimates.estimate import (
    CLOSED,
    UNRELIABLE,
    CitedFigure,
    Estimate,
    OriginCandidates,
    PolicyClaim,
    PolicyInput,
    SetAside,
)
from domain.reports.claims.claim import BEGINNING, ResolvedClaim

DIFFER_PERCENT = 20
"""Share of the larger figure beyond which two claims differ; a choice of ours, and versioned."""

_RANK = {"A": 0, "B": 1, "C": 2, "D": 3, "F": 4, "E": 5}
_AS_GOOD = {grade: frozenset(each for each in _RANK if _RANK[each] <= rank) for grade, rank in _RANK.items()}
"""Grades as good as each grade, or better."""
_UNGRADED = {
    grade: f"Its source is graded {grade}, and sources graded A to C stand." for grade in _RANK if grade not in "ABC"
}
"""Reason of `ungraded`, by grade."""
_REF = attrgetter("ref")
_CLAIM_REF = attrgetter("claim.ref")
_OUTRUN = "It was outrun: {count} counts at least a day further ({claim})."
_NEWEST = attrgetter("newest")
_LOWEST, _HIGHEST = attrgetter("lowest"), attrgetter("highest")


LINEAR_SEARCH_LIMIT = 512
"""Number of candidates up to which a linear scan is quicker than building a search tree."""


class ExclusionContext:
    """Reference set of the steps: all claims that are not rated out, including those set aside by earlier steps."""

    def __init__(self, policy_input: PolicyInput) -> None:
        self.period_end = policy_input.period_end
        by_origin = [each for claim in policy_input.claims if (each := claim.candidates) is not None and each.eligible]
        self._candidates = by_origin
        self._newest_first: list[OriginCandidates] | None = None
        self._greatest = max([each.greatest for each in by_origin], default=-1)
        self._counted_until = max([each.counted_until for each in by_origin], default=BEGINNING)
        self._use_search = sum([len(each.claims) for each in by_origin]) > LINEAR_SEARCH_LIMIT
        self._searches: dict[tuple[str, bool], DominanceSearch] = {}

    def dominated(self, claims: Sequence[PolicyClaim]) -> list[tuple[PolicyClaim, ResolvedClaim]]:
        """Return the dominated claims, each with the newest claim that dominates it.

        The dominating claim's source is graded as well or better; a closed claim is dominated by closed ones only.
        """
        greatest, counted_until = self._greatest, self._counted_until
        found: list[tuple[PolicyClaim, ResolvedClaim]] = []
        if greatest < 0:
            return found
        newest_origin = max(self._candidates, key=_NEWEST)
        newest, grade = newest_origin.claims[0], newest_origin.grade
        least, newest_until, origin = newest.count.lower or 0, newest.counted_until, newest.origin
        closed = newest.count.bound in CLOSED
        for claim in claims:
            highest, resolved = claim.highest, claim.resolved
            if highest is None or highest.figure >= greatest:
                continue
            figure, until = highest.figure, resolved.counted_until
            if (
                least > figure
                and newest_until - until >= DOMINANCE_MARGIN
                and resolved.origin != origin
                and (closed or not claim.closed)
                and grade in _AS_GOOD[claim.grade]
            ):
                found.append((claim, newest))  # most claims are dominated by the newest of all
            elif counted_until - until >= DOMINANCE_MARGIN and (other := self._newest_dominating(claim, figure)):
                found.append((claim, other))
        return found

    def _newest_dominating(self, claim: PolicyClaim, figure: int) -> ResolvedClaim | None:
        """Return the newest claim that dominates `claim`, whose greatest figure is `figure`; None if none does."""
        until, own = claim.resolved.counted_until, claim.resolved.origin
        if self._use_search:
            return self._search(claim.grade, closed=claim.closed).newest_above(own, until, figure)
        grades, any_end = _AS_GOOD[claim.grade], not claim.closed
        found: ResolvedClaim | None = None
        if self._newest_first is None:
            self._newest_first = sorted(self._candidates, key=_NEWEST, reverse=True)
        for other in self._newest_first:
            if found is not None and other.newest < found.recency_key:
                break
            if (
                other.greatest > figure
                and other.counted_until - until >= DOMINANCE_MARGIN
                and other.grade in grades
                and other.origin != own
            ):
                dominating = _first_above(other.claims, figure, until, any_end=any_end)
                if dominating is not None and (found is None or dominating.recency_key > found.recency_key):
                    found = dominating
        return found

    def _search(self, grade: str, *, closed: bool) -> DominanceSearch:
        """Return the search tree of the candidates for claims of a grade."""
        found = self._searches.get((grade, closed))
        if found is None:
            by_origin = (each for each in self._candidates if each.grade in _AS_GOOD[grade])
            eligible = [
                each for origin in by_origin for each in origin.claims if each.count.bound in CLOSED or not closed
            ]
            found = self._searches[grade, closed] = DominanceSearch(eligible)
        return found


def _first_above(
    claims: Sequence[ResolvedClaim], figure: int, until: datetime, *, any_end: bool
) -> ResolvedClaim | None:
    """Return the newest of one origin's candidates that exceeds a figure and counts far enough."""
    for claim in claims:
        count = claim.count
        if (
            (count.lower or 0) > figure
            and (any_end or count.bound in CLOSED)
            and claim.counted_until - until >= DOMINANCE_MARGIN
        ):
            return claim
    return None


Rule = Callable[[Sequence[PolicyClaim], ExclusionContext], list[SetAside]]
"""A step of exclusion: the claims it sets aside."""


def grade_rank(claim: PolicyClaim) -> int:
    """Rank of the grade, A (0) to F; E excludes."""
    return _RANK[claim.grade]


def rated_out(claim: PolicyClaim) -> SetAside:
    """Exclude a claim of an unreliable source (E) or an improbable report (5)."""
    unreliable = claim.grade == UNRELIABLE
    why = "The source is graded E, unreliable." if unreliable else "The report is judged 5, improbable."
    return SetAside(claim, "rated_out", why)


def worded(claims: Sequence[PolicyClaim], _context: ExclusionContext) -> list[SetAside]:
    """Set aside counts in words: they have no figure."""
    why = "It is a count in words, and others give figures."
    return [SetAside(claim, "worded", why) for claim in claims if claim.bound == "worded"]


def ungraded(claims: Sequence[PolicyClaim], _context: ExclusionContext) -> list[SetAside]:
    """Set aside claims of sources graded D or F; skipped where no A to C remains."""
    found = [claim for claim in claims if claim.grade in _UNGRADED]
    return [SetAside(claim, "ungraded", _UNGRADED[claim.grade]) for claim in found] if len(found) < len(claims) else []


def partial(claims: Sequence[PolicyClaim], _context: ExclusionContext) -> list[SetAside]:
    """Set aside counts that their own source calls incomplete."""
    why = "Its source says that the count is incomplete."
    return [SetAside(claim, "partial", why) for claim in claims if claim.resolved.partial]


def outrun(claims: Sequence[PolicyClaim], context: ExclusionContext) -> list[SetAside]:
    """Set aside claims dominated by another, if they end before the period does."""
    end = context.period_end
    within = claims if end is None else [claim for claim in claims if claim.resolved.counted_until < end]
    return [SetAside(claim, "outrun", _OUTRUN, other) for claim, other in context.dominated(within)]


STEPS: tuple[Rule, ...] = (worded, ungraded, partial, outrun)
CODES = {
    "rated_out": "Its source is graded E, or its report judged improbable: excluded for good.",
    "worded": "It is a count in words, and others give figures.",
    "ungraded": "Its source is graded D or F, and sources graded A to C stand.",
    "partial": "Its source says that the count is incomplete.",
    "outrun": "Another count of as good a source reaches at least 24 hours further, and is higher.",
}
"""Codes of `exclude`, in the order of its steps, with their meaning."""


def exclude(policy_input: PolicyInput) -> tuple[list[PolicyClaim], list[SetAside]]:
    """Apply the steps in order; a step that would leave no claim is skipped, except `rated_out`."""
    claims = policy_input.claims
    remaining = [claim for claim in claims if not claim.rated_out]
    aside: list[SetAside] = []
    if len(remaining) < len(claims):
        aside += [rated_out(claim) for claim in claims if claim.rated_out]
    if len(remaining) == 1:  # the common case: no step may leave none
        return remaining, aside
    context = ExclusionContext(policy_input)
    for step in STEPS:
        found = step(remaining, context)
        if found and len(found) < len(remaining):
            aside += found
            set_aside_refs = {item.claim.ref for item in found}
            remaining = [claim for claim in remaining if claim.ref not in set_aside_refs]
    return remaining, aside


def range_estimate(policy_input: PolicyInput) -> Estimate:
    """Estimate one key by the least and the greatest figure of the remaining claims (vocabulary §5, range/1)."""
    remaining, aside = exclude(policy_input)
    if len(remaining) == 1:
        return _estimate_of_one(remaining[0], aside, denied=policy_input.denied)
    low, high = lower(remaining), upper(remaining)
    return Estimate(
        lower=low.lowest if low else None,
        upper=high.highest if high else None,
        upper_open=bool(high and high.open),
        best=_best([claim for claim in remaining if claim.closed]),
        contested=contested(remaining, denied=policy_input.denied),
        used=by_ref(remaining),
        set_aside=aside_by_ref(aside),
    )


def _estimate_of_one(claim: PolicyClaim, aside: Sequence[SetAside], *, denied: bool) -> Estimate:
    """Estimate a key of which one claim remains, as range/1 does: its ends are those of the claim."""
    return Estimate(
        lower=claim.lowest,
        upper=claim.highest,
        upper_open=claim.open and claim.highest is not None,
        best=claim.best if claim.closed else None,
        contested=denied or claim.disputed,
        used=(claim,),
        set_aside=aside_by_ref(aside) if aside else (),
    )


def by_ref(claims: Sequence[PolicyClaim]) -> tuple[PolicyClaim, ...]:
    """Sort claims by ref, the order of documents."""
    return tuple(sorted(claims, key=_REF))


def aside_by_ref(aside: Iterable[SetAside]) -> tuple[SetAside, ...]:
    """Sort set-aside claims by ref, the order of documents."""
    return tuple(sorted(aside, key=_CLAIM_REF))


def differ(one: PolicyClaim, other: PolicyClaim) -> bool:
    """Say whether two claims are more than a fifth of the larger apart.

    Closed claims are as far apart as their nearest ends; an open claim differs only
    from a closed one below it.
    """
    return _above(one, other) or _above(other, one)


def _above(high: PolicyClaim, low: PolicyClaim) -> bool:
    if not (low.closed and (high.closed or high.open)) or low.greatest is None or high.least is None:
        return False
    return _differ_by_more(high.least, low.greatest)


def _differ_by_more(high: int, low: int) -> bool:
    return (high - low) * 100 > DIFFER_PERCENT * high


def lower(claims: Sequence[PolicyClaim]) -> PolicyClaim | None:
    """Return the claim that gives the lower end: the least closed figure; the least open one if none is closed."""
    closed = [claim for claim in claims if claim.closed]
    return choose(closed or claims, _LOWEST, least=True)


def upper(claims: Sequence[PolicyClaim]) -> PolicyClaim | None:
    """Return the claim that gives the upper end: the greatest figure of any."""
    return choose(claims, _HIGHEST, least=False)


def choose(
    claims: Sequence[PolicyClaim], end: Callable[[PolicyClaim], CitedFigure | None], *, least: bool
) -> PolicyClaim | None:
    """Return the claim with the least or greatest figure; ties: closed, better graded, newer, then by source."""
    if len(claims) == 1:
        return None if end(claims[0]) is None else claims[0]
    with_figures = [(found.figure, claim) for claim in claims if (found := end(claim)) is not None]
    if not with_figures:
        return None
    figures = [figure for figure, _ in with_figures]
    extreme = min(figures) if least else max(figures)
    equal = [claim for figure, claim in with_figures if figure == extreme]
    return equal[0] if len(equal) == 1 else max(equal, key=_preference)


def _preference(claim: PolicyClaim) -> tuple[object, ...]:
    return claim.closed, -grade_rank(claim), claim.resolved.recency_key


def _best(closed: Sequence[PolicyClaim]) -> CitedFigure | None:
    """Return the newest figure of the best grade (of one moment the largest).

    None where that claim is a range, or another of that grade differs.
    """
    if not closed:
        return None
    if len(closed) == 1:
        return closed[0].best
    grade = min(grade_rank(claim) for claim in closed)
    peers = [claim for claim in closed if grade_rank(claim) == grade]
    newest = max(
        peers, key=lambda claim: (*claim.resolved.recency_key[:3], claim.best is not None, claim.resolved.origin)
    )
    return None if any(differ(newest, peer) for peer in peers) else newest.best


def contested(remaining: Sequence[PolicyClaim], *, denied: bool) -> bool:
    """Say whether there is a denial, a disputed claim, or any two claims differ: tested on the extreme ends."""
    if len(remaining) == 1:  # a claim does not differ from itself
        return denied or remaining[0].disputed
    lower_ends = [end.figure for claim in remaining if (end := claim.lowest) is not None]
    upper_ends = [end.figure for claim in remaining if claim.closed and (end := claim.highest) is not None]
    differing = bool(lower_ends and upper_ends) and _differ_by_more(max(lower_ends), min(upper_ends))
    return denied or differing or any(claim.disputed for claim in remaining)
