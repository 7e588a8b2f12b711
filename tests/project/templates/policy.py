"""`new_name/1`: the ends of `range/1`, without a best figure."""

from dataclasses import replace

from domain.estimates.estimate import Estimate, Policy, Question
from domain.estimates.exclusion import span


def estimate(question: Question) -> Estimate:
    """Return the least and the greatest figure among the claims that stand. Each end names its claim."""
    return replace(span(question), best=None)


POLICY = Policy(
    name="new_name",
    version=1,
    meaning="The least and the greatest figure among the claims that stand, and no best one.",
    estimate=estimate,
    heeds_statements=False,
)
