"""`latest/1`: the newest figure of any source; of one moment, all of them."""

from collections.abc import Collection, Iterator, Sequence

from domain.estimates.estimate import Estimate, Policy, PolicyClaim, PolicyInput, SetAside
from domain.estimates.exclusion import CODES, aside_by_ref, by_ref, choose, upper


def estimate(policy_input: PolicyInput) -> Estimate:
    """Use the newest claim that has a figure, of any source; a count in words only where there is nothing else.

    Where several sources gave different figures at that moment, all are used: from the least to the greatest, without
    a best one, contested.
    """
    figured = [claim for claim in policy_input.claims if claim.bound != "worded"]
    if not policy_input.claims:
        return Estimate(None, None, upper_open=False, best=None, contested=policy_input.denied, used=(), set_aside=())
    newest, others = _newest(figured or policy_input.claims)
    tied = bool(figured) and any(_figures(claim) != _figures(newest) for claim in others)
    used = (newest, *others)
    low = choose(used, lambda claim: claim.lowest, least=True) if tied else newest
    high = upper(used) if tied else newest
    return Estimate(
        lower=low.lowest if low else None,
        upper=high.highest if high else None,
        upper_open=bool(high and high.open),
        best=None if tied else newest.best,
        contested=tied or policy_input.denied or any(claim.disputed for claim in used),
        used=by_ref(used),
        set_aside=aside_by_ref(_aside(policy_input, used, newest)),
    )


def _newest(claims: Sequence[PolicyClaim]) -> tuple[PolicyClaim, Sequence[PolicyClaim]]:
    """Return the claims of the newest moment: first that which gives both ends, or the largest figure."""
    moment = max(claim.resolved.recency_key[:2] for claim in claims)
    found = [claim for claim in claims if claim.resolved.recency_key[:2] == moment]
    found.sort(key=lambda claim: (claim.closed, claim.resolved.recency_key), reverse=True)
    return found[0], found[1:]


def _figures(claim: PolicyClaim) -> tuple[object, ...]:
    """Return the figures of a claim without its refs."""
    ends = (claim.lowest, claim.highest, claim.best)
    return (claim.open, *(end and end.figure for end in ends))


def _aside(policy_input: PolicyInput, used: Collection[PolicyClaim], newest: PolicyClaim) -> Iterator[SetAside]:
    refs = {claim.ref for claim in used}
    for claim in policy_input.claims:
        if claim.ref in refs:
            continue
        if claim.bound == "worded" and newest.bound != "worded":
            yield SetAside(claim, "worded", "It is a count in words, and others give figures.")
        else:
            yield SetAside(claim, "older", "A newer claim stands ({claim}).", newest.resolved)


POLICY = Policy(
    name="latest",
    version=1,
    meaning="The newest figure, whoever says it: the headline; of one moment, all that were said. It weighs no source.",
    estimate=estimate,
    reads_statements=False,
    codes={"worded": CODES["worded"], "older": "A newer claim stands."},
)
