"""Builder of policy claims: a current claim with its grade and marks, adjusted to its own parts."""

from collections.abc import Collection
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
    parts: Collection[ResolvedClaim],
) -> PolicyClaim:
    """Build the policy claim of `claim`, current in `chain`, adjusted to `parts`: claims on parts of its population.

    `superseded` are earlier claims that may still dominate another's.
    """
    disputed = report.is_disputed(claim.ref)
    flags = (DISPUTED,) if disputed else ()
    if claim.flags or chain.flags:
        flags = tuple(sorted({*claim.flags, *chain.flags.get(claim.ref, ()), *flags}))
    bound, (lower, upper, best) = claim.count.bound or "exact", _cited_figures(claim)
    part = _greatest_exceeding(parts, claim) if parts else None
    if part is not None:
        bound, lower, upper, best = "at_least", CitedFigure(part.count.lower or 0, part.ref), None, None
        flags = tuple(sorted({*flags, PART_EXCEEDS}))
    grade, credibility = history.grade(claim.origin), report.credibility_of(claim.ref)
    return PolicyClaim(
        claim, grade, bound, lower, upper, best, flags, credibility, disputed, superseded, exceeded_by=part
    )


def _greatest_exceeding(parts: Collection[ResolvedClaim], whole: ResolvedClaim) -> ResolvedClaim | None:
    """Return the greatest, then the newest, of the claims that exceed `whole`; None if none does."""
    exceeding = [each for each in parts if each.figure > whole.figure and exceeds(each, whole)]
    if len(exceeding) < 2:  # noqa: PLR2004 - one or none: the common case
        return exceeding[0] if exceeding else None
    return max(exceeding, key=lambda each: (each.count.lower or 0, each.order_in_source, Tie(each)))


def exceeds(part: ResolvedClaim, whole: ResolvedClaim) -> bool:
    """Say whether `part`, on part of the population of `whole`, is later and greater."""
    least = part.count.lower or 0
    return (
        least > whole.figure
        and least > 0
        and part.count.bound not in CAPPED
        and part.order_in_source > whole.order_in_source
        and not part.worded
        and not whole.worded
    )
