"""`new_name/1`: the ends of `range/1`, without a best figure."""

from msgspec.structs import replace

from domain.estimates.estimate import Estimate, Policy, PolicyInput
from domain.estimates.exclusion import CODES, range_estimate


def estimate(policy_input: PolicyInput) -> Estimate:
    """Return the least and the greatest figure among the claims that stand. Each end names its claim."""
    return replace(range_estimate(policy_input), best=None)


POLICY = Policy(
    name="new_name",
    version=1,
    meaning="The least and the greatest figure among the claims that stand, and no best one.",
    estimate=estimate,
    reads_statements=False,
    codes=CODES,
)
