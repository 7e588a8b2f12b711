"""Builder of policy claims: a current claim with its grade and marks, adjusted to its own parts."""

from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache

from domain.estimates.estimate import CAPPED, PART_EXCEEDS, CitedFigure, PolicyClaim
from domain.history.history import History, ReportHistory
from domain.reports.claims.claim import ClaimKey, ResolvedClaim
from domain.reports.claims.revision_chain import RevisionChain
from domain.reports.claims.tie_breaking import Tie

DISPUTED = "disputed"


@lru_cache(maxsize=8192)
def is_part(part: ClaimKey, whole: ClaimKey) -> bool:
    """Say whether the population of `part` is contained in that of `whole`."""
    return part.population.is_part_of(whole.population)


def _cited_figures(claim: ResolvedClaim) -> tuple[CitedFigure | None, CitedFigure | None, CitedFigure | None]:
    """Return lower, upper and best with their claim; one object where all are equal."""
    lower, upper, best = claim.printable_figures
    if lower is not None and lower == upper == best:
        one = CitedFigure(lower, claim.ref)
        return one, one, one
    low, high, middle = (None if figure is None else CitedFigure(figure, claim.ref) for figure in (lower, upper, best))
    return low, high, middle


def policy_claim_of(
    history: History,
    report: ReportHistory,
    chain: RevisionChain,
    claim: ResolvedClaim,
    superseded: tuple[ResolvedClaim, ...],
    family: Collection[ResolvedClaim],
) -> PolicyClaim:
    """Build the policy claim of `claim`, current in `chain`, adjusted to `family` (related populations).

    `superseded` are earlier claims that may still dominate another's.
    """
    count = claim.count
    lower, upper, best = _cited_figures(claim)
    disputed = report.is_disputed(claim.ref)
    marks = (DISPUTED,) if disputed else ()
    unadjusted = PolicyClaim(
        claim,
        history.grade(claim.origin),
        count.bound or "exact",
        lower,
        upper,
        best,
        flags=tuple(sorted({*claim.flags, *chain.flags.get(claim.ref, ()), *marks}))
        if claim.flags or chain.flags
        else marks,
        credibility=report.credibility_of(claim.ref),
        disputed=disputed,
        superseded=superseded,
    )
    exceeding = [each for each in family if each.figure > claim.figure and exceeds(each, claim)]
    if not exceeding:
        return unadjusted
    part = max(exceeding, key=lambda each: (each.count.lower or 0, each.order_in_source, Tie(each)))
    return replace(
        unadjusted,
        bound="at_least",
        lower=CitedFigure(part.count.lower or 0, part.ref),
        upper=None,
        best=None,
        flags=tuple(sorted({*unadjusted.flags, PART_EXCEEDS})),
        exceeded_by=part,
    )


def exceeds(part: ResolvedClaim, whole: ResolvedClaim) -> bool:
    """Say whether `part` is later and greater than `whole`, and on part of its population."""
    least = part.count.lower or 0
    return (
        least > whole.figure
        and least > 0
        and part.count.bound not in CAPPED
        and part.order_in_source > whole.order_in_source
        and not part.worded
        and not whole.worded
        and part.key != whole.key
        and is_part(part.key, whole.key)
    )
