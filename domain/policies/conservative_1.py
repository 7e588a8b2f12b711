"""`conservative/1`: the least claim of those that range/1 uses, without an upper end."""

from collections.abc import Sequence

from domain.estimates.estimate import CAPPED, Estimate, Policy, PolicyClaim, PolicyInput, SetAside
from domain.estimates.exclusion import CODES, aside_by_ref, contested, exclude, grade_rank, lower
from domain.values.counts.count import read_count

_ACLED = {"tens": 10, "dozens": 12, "hundreds": 100}
"""What ACLED counts these words as (ACLED Codebook, “Reported fatalities”): one of each unit. For ranking only."""
_AS_READ = {read_count(word, "en/1").lower: number for word, number in _ACLED.items()}
"""ACLED's number by the lexicon's, which is the same for all forms of a word: “dozens of men”."""


def estimate(policy_input: PolicyInput) -> Estimate:
    """Use one claim: the least closed figure, else the least open one, else the least cap, else the fewest in words.

    A figure is both lower end and best; the upper end is open. A cap has no least
    figure, so it is the upper end alone; words give no figure at all.
    """
    remaining, aside = exclude(policy_input)
    used = lower(remaining) or _least_in_words(remaining)
    least = used.lowest if used else None
    others = [
        SetAside(claim, *_reason(claim, used), used.resolved) for claim in remaining if used and claim is not used
    ]
    return Estimate(
        lower=least,
        upper=used.highest if used and used.bound in CAPPED else None,
        upper_open=least is not None,
        best=least,
        contested=contested(remaining, denied=policy_input.denied),
        used=(used,) if used else (),
        set_aside=aside_by_ref([*aside, *others]),
    )


def _least_in_words(claims: Sequence[PolicyClaim]) -> PolicyClaim | None:
    """Return the least cap, or the claim in words for the fewest; ties: better graded, newer, then by source."""

    def preference(claim: PolicyClaim) -> tuple[object, ...]:
        number = _number(claim)
        return (number is not None, -(number or 0), -grade_rank(claim), claim.resolved.recency_key)

    return max(claims, key=preference, default=None)


def _number(claim: PolicyClaim) -> int | None:
    """Return the number a claim is ranked by: least figure, cap, or that of its words; “many” has none."""
    if claim.bound == "worded":
        lower = claim.resolved.count.lower
        return _AS_READ.get(lower, lower)
    return claim.greatest if claim.least is None else claim.least


def _reason(claim: PolicyClaim, used: PolicyClaim) -> tuple[str, str]:
    """Return the code and the reason in words of a claim that is not used."""
    own, least = _number(claim), _number(used)
    if own is None or least is None:
        return "unranked", "Its words stand for no number; another claim is used ({claim})."
    if claim.bound in CAPPED and used.bound not in CAPPED:
        return "capped", "It gives no least figure, and another claim does ({claim})."
    if own > least:
        return "higher", "A lower count stands ({claim})."
    if claim.open and used.closed:
        return "open", "It gives no greatest figure, and another claim gives both ends ({claim})."
    return "equal", "As low a count stands, and is preferred ({claim})."


POLICY = Policy(
    name="conservative",
    version=1,
    meaning="The least figure among the claims that range/1 would use: how many at the very least. It says no top.",
    estimate=estimate,
    reads_statements=False,
    codes={
        **CODES,
        "unranked": "Its words stand for no number.",
        "capped": "It gives no least figure, and another claim does.",
        "higher": "A lower count stands.",
        "open": "It gives no greatest figure, and as low a claim gives both ends.",
        "equal": "As low a count stands, and is preferred: better graded, newer, or by source.",
    },
)
