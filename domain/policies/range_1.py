"""`range/1`: the least and the greatest figure, and the newest of the best graded source."""

from domain.estimates.estimate import Policy
from domain.estimates.exclusion import CODES, differ
from domain.estimates.exclusion import range_estimate as estimate

__all__ = ["POLICY", "differ", "estimate"]

POLICY = Policy(
    name="range",
    version=1,
    meaning="The least and the greatest figure among the claims that stand, and the newest of the best graded source.",
    estimate=estimate,
    reads_statements=False,
    codes=CODES,
)
