"""`latest/1`: the newest figure of any source, as a headline has it."""

from domain.estimates import Estimate, Policy, Question, SetAside


def estimate(question: Question) -> Estimate:
    """Take the newest claim that has a figure, whoever says it; a count in words only where nothing else stands."""
    figured = [claim for claim in question.claims if claim.bound != "worded"]
    if not question.claims:
        return Estimate(None, None, upper_open=False, best=None, contested=question.denied, used=(), set_aside=())
    newest = max(figured or question.claims, key=lambda claim: claim.held.newness)
    older = sorted((claim for claim in question.claims if claim is not newest), key=lambda claim: claim.ref)
    aside = tuple(
        SetAside(claim, "worded", "It is a count in words, and others give figures.")
        if figured and claim.bound == "worded"
        else SetAside(claim, "older", f"A newer claim stands ({newest.ref}).")
        for claim in older
    )
    return Estimate(
        lower=newest.lowest,
        upper=newest.highest,
        upper_open=newest.open,
        best=newest.best,
        contested=question.denied or newest.disputed,
        used=(newest,),
        set_aside=aside,
    )


POLICY = Policy(
    name="latest",
    version=1,
    meaning="The newest figure, whoever says it: the headline. It weighs no source and no method.",
    estimate=estimate,
    heeds_statements=False,
)
