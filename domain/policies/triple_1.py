"""`triple/1`: low, best and high, in the columns of UCDP GED, but by our rule and not by UCDP's judgement."""

from collections.abc import Sequence

from domain.estimates.estimate import CitedFigure, Estimate, Policy, PolicyClaim, PolicyInput
from domain.estimates.exclusion import CODES, aside_by_ref, by_ref, choose, contested, exclude, grade_rank, upper


def estimate(policy_input: PolicyInput) -> Estimate:
    """Return the least figure, the one that most origins give, and the greatest.

    UCDP's coders judge each event's low, best and high estimate (UCDP GED Codebook,
    `low`, `best`, `high`); here the claims alone decide.
    """
    remaining, aside = exclude(policy_input)
    low, high = choose(remaining, lambda claim: claim.lowest, least=True), upper(remaining)
    return Estimate(
        lower=low.lowest if low else None,
        upper=high.highest if high else None,
        upper_open=bool(high and high.open),
        best=_most_frequent(remaining),
        contested=contested(remaining, denied=policy_input.denied),
        used=by_ref(remaining),
        set_aside=aside_by_ref(aside),
    )


def _most_frequent(claims: Sequence[PolicyClaim]) -> CitedFigure | None:
    """Return the figure that most origins give; ties: better graded, newest, largest."""
    with_best = [(claim, claim.best) for claim in claims if claim.closed and claim.best]
    origins: dict[int, set[str]] = {}
    for claim, best in with_best:
        origins.setdefault(best.figure, set()).add(claim.resolved.origin)

    def preference(pair: tuple[PolicyClaim, CitedFigure]) -> tuple[object, ...]:
        claim, best = pair
        return (len(origins[best.figure]), -grade_rank(claim), claim.resolved.recency_key)

    return max(with_best, key=preference)[1] if with_best else None


POLICY = Policy(
    name="triple",
    version=1,
    meaning="Low, best, high: the least figure, that of most sources, the greatest. UCDP's columns, not its judgement.",
    estimate=estimate,
    reads_statements=False,
    codes=CODES,
)
