"""Rules shared by policies: exclusion of claims, difference of two claims, choice of an end.

Published estimates depend on these rules, so a released rule never changes: a changed one is a new module.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import attrgetter

from domain.estimates.dominance import DOMINANCE_MARGIN, DominanceSearch
from domain.estimates.estimate import (
    UNRELIABLE,
    CitedFigure,
    DominanceCandidate,
    Estimate,
    PolicyClaim,
    PolicyInput,
    SetAside,
)
from domain.reports.claims.claim import BEGINNING, ResolvedClaim
from domain.values.counts.count import words_for

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
_LOWEST, _HIGHEST = attrgetter("lowest"), attrgetter("highest")


LINEAR_SEARCH_LIMIT = 512
"""Number of candidates up to which a linear scan is quicker than building a search tree."""


class ExclusionContext:
    """Reference set of the steps: all claims that are not rated out, including those set aside by earlier steps."""

    def __init__(self, policy_input: PolicyInput) -> None:
        self.period_end = policy_input.period_end
        self._candidates = by_origin = [each for each in policy_input.candidates if each.eligible]
        self._greatest = max([each.greatest for each in by_origin], default=-1)
        self._counted_until = max([each.counted_until for each in by_origin], default=BEGINNING)
        self._use_search = sum([len(each.candidates) for each in by_origin]) > LINEAR_SEARCH_LIMIT
        self._searches: dict[tuple[str, bool], DominanceSearch] = {}
        self._reasons: dict[str, str] = {}

    def dominated_by(self, claim: PolicyClaim) -> ResolvedClaim | None:
        """Return the newest claim that dominates `claim`, None if none does.

        Its source is graded as well or better; a closed claim is dominated by closed ones only.
        """
        if claim.highest is None:
            return None
        figure, until, own = claim.highest.figure, claim.resolved.counted_until, claim.resolved.origin
        if figure >= self._greatest or self._counted_until - until < DOMINANCE_MARGIN:
            return None
        if self._use_search:
            return self._search(claim.grade, closed=claim.closed).newest_above(own, until, figure)
        grades, any_end = _AS_GOOD[claim.grade], not claim.closed
        found: DominanceCandidate | None = None
        for other in self._candidates:
            if found is not None and other.newest < found.newness:
                break  # candidates are sorted newest first
            if (
                other.greatest > figure
                and other.grade in grades
                and other.origin != own
                and other.counted_until - until >= DOMINANCE_MARGIN
            ):
                dominating = _first_above(other.candidates, figure, until, any_end=any_end)
                if dominating is not None and (found is None or dominating.newness > found.newness):
                    found = dominating
        return found and found.resolved

    def reason(self, dominating: ResolvedClaim) -> str:
        """Return the sentence for a claim dominated by `ahead`."""
        found = self._reasons.get(dominating.ref)
        if found is None:
            found = f"It was outrun: {words_for(dominating.count)} counts at least a day further ({dominating.ref})."
            self._reasons[dominating.ref] = found
        return found

    def _search(self, grade: str, *, closed: bool) -> DominanceSearch:
        """Return the search tree of the candidates for claims of a grade."""
        found = self._searches.get((grade, closed))
        if found is None:
            by_origin = (each for each in self._candidates if each.grade in _AS_GOOD[grade])
            eligible = [
                candidate for each in by_origin for candidate in each.candidates if candidate.closed or not closed
            ]
            found = self._searches[grade, closed] = DominanceSearch(eligible)
        return found


def _first_above(
    candidates: Sequence[DominanceCandidate], figure: int, until: datetime, *, any_end: bool
) -> DominanceCandidate | None:
    """Return the newest of one origin's candidates that exceeds a figure and counts far enough."""
    for candidate in candidates:
        if (
            candidate.least > figure
            and (any_end or candidate.closed)
            and candidate.counted_until - until >= DOMINANCE_MARGIN
        ):
            return candidate
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
    return [SetAside(claim, "ungraded", _UNGRADED[claim.grade]) for claim in claims if claim.grade in _UNGRADED]


def partial(claims: Sequence[PolicyClaim], _context: ExclusionContext) -> list[SetAside]:
    """Set aside counts that their own source calls incomplete."""
    why = "Its source says that the count is incomplete."
    return [SetAside(claim, "partial", why) for claim in claims if claim.resolved.partial]


def outrun(claims: Sequence[PolicyClaim], context: ExclusionContext) -> list[SetAside]:
    """Set aside claims dominated by another, if they end before the period does."""
    end = context.period_end
    return [
        SetAside(claim, "outrun", context.reason(dominating))
        for claim in claims
        if (end is None or claim.resolved.counted_until < end)
        and (dominating := context.dominated_by(claim)) is not None
    ]


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
    remaining = [claim for claim in policy_input.claims if not claim.rated_out]
    aside: list[SetAside] = []
    if len(remaining) < len(policy_input.claims):
        aside += [rated_out(claim) for claim in policy_input.claims if claim.rated_out]
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
    lower_ends = [claim.least for claim in remaining if claim.least is not None]
    upper_ends = [claim.greatest for claim in remaining if claim.closed and claim.greatest is not None]
    differing = bool(lower_ends and upper_ends) and _differ_by_more(max(lower_ends), min(upper_ends))
    return denied or differing or any(claim.disputed for claim in remaining)
