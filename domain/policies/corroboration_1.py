"""`corroboration/1`: the range of range/1, with a label for how well it is corroborated."""

from collections.abc import Sequence

from msgspec.structs import replace

from domain.estimates.estimate import Estimate, Policy, PolicyClaim, PolicyInput, ResponsibilityStatement
from domain.estimates.exclusion import CODES, contested, range_estimate


def estimate(policy_input: PolicyInput) -> Estimate:
    """Estimate as range/1 does, and label the estimate by who admits, denies, disputes or repeats it.

    The labels are ours, after the logic by which Airwars grades an event as confirmed, fair,
    weak, contested or discounted (Airwars, “Methodology”, airwars.org/about/methodology).
    """
    found = range_estimate(policy_input)
    return replace(found, label=_label(found.used, policy_input.statements))


def _label(used: Sequence[PolicyClaim], statements: Sequence[ResponsibilityStatement]) -> str | None:
    """Return the first label that applies; None where only words or caps remain: there is no figure."""
    acts = {statement.act for statement in statements}
    if acts & {"claimed", "admitted"}:
        return "admitted"
    if contested(used, denied="denied" in acts):
        return "disputed"
    if not used:
        return "set_aside"
    origins = {claim.resolved.origin for claim in used if claim.closed or claim.open}
    if not origins:
        return None
    return "single" if len(origins) == 1 else "corroborated"


POLICY = Policy(
    name="corroboration",
    version=1,
    meaning="The range of range/1, with a label: admitted, disputed, corroborated, single or set aside.",
    estimate=estimate,
    codes=CODES,
    labels={
        "admitted": "A party claims or admits that it did it.",
        "disputed": "A denial stands, a used claim is disputed, or two used claims differ.",
        "set_aside": "Every claim was set aside.",
        "single": "One origin gives a figure.",
        "corroborated": "Two or more origins give figures that do not differ.",
    },
)
