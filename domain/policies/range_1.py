"""`range/1`: the least and the greatest that a reader can stand on, and the newest figure of the best graded source."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from domain.claims import Held
from domain.counts import words_for
from domain.estimates import CLOSED, OPEN, PART_EXCEEDS, End, Estimate, Policy, Question, SetAside, Standing

FURTHER = timedelta(hours=24)
"""How much further another count must reach to leave one behind; a choice of ours, and versioned."""
DIFFER_PERCENT = 20
"""Apart by more than this share of the larger figure, two claims differ; a choice of ours, and versioned."""

IMPROBABLE = 5
"""Admiralty credibility 5."""

_RANK = {"A": 0, "B": 1, "C": 2, "D": 3, "F": 4, "E": 5}
_JUDGED = frozenset("ABC")

Rule = Callable[[Standing, Sequence[Standing], Question], str | None]


def rank(claim: Standing) -> int:
    """Rank a grade: A before B, C, D, F; E only excludes."""
    return _RANK[claim.grade]


def rated_out(claim: Standing, _others: Sequence[Standing], _question: Question) -> str | None:
    """Rule out what is unreliable (E) or improbable (5), for good."""
    if claim.grade == "E":
        return "The source is graded E, unreliable."
    if claim.credibility == IMPROBABLE:
        return "The report is judged 5, improbable."
    return None


def worded(claim: Standing, _others: Sequence[Standing], _question: Question) -> str | None:
    """Set aside a count in words, which has no figure."""
    return "It is a count in words, and others give figures." if claim.bound == "worded" else None


def ungraded(claim: Standing, others: Sequence[Standing], _question: Question) -> str | None:
    """Let D and F give way where A to C stands."""
    if claim.grade in _JUDGED or not any(other.grade in _JUDGED for other in others):
        return None
    return f"Its source is graded {claim.grade}, and sources graded A to C stand."


def partial(claim: Standing, _others: Sequence[Standing], _question: Question) -> str | None:
    """Set aside a count that its own source calls incomplete."""
    return "Its source says that the count is incomplete." if claim.held.partial else None


def outrun(claim: Standing, others: Sequence[Standing], question: Question) -> str | None:
    """Set aside a count that another has left behind: as good a source or better, a day further or more, and higher."""
    if question.period_end is not None and claim.held.counted_until >= question.period_end:
        return None
    own = claim.greatest
    if own is None:
        return None
    ahead = [
        (held, least)
        for other in others
        if other.held.origin != claim.held.origin and rank(other) <= rank(claim)
        for held in _weighable(other)
        if (least := held.count.lower) is not None
        and least > own
        and held.counted_until - claim.held.counted_until >= FURTHER
        and held.count.bound in (CLOSED if claim.closed else CLOSED | OPEN)
    ]
    if not ahead:
        return None
    held, _ = max(ahead, key=lambda pair: pair[0].newness)
    return f"It was outrun: {words_for(held.count)} counts at least a day further ({held.ref})."


def _weighable(claim: Standing) -> Iterable[Held]:
    return claim.history if PART_EXCEEDS in claim.flags else (claim.held, *claim.history)


STEPS: tuple[tuple[str, Rule], ...] = (
    ("worded", worded),
    ("ungraded", ungraded),
    ("partial", partial),
    ("outrun", outrun),
)


def sift(question: Question) -> tuple[list[Standing], list[SetAside]]:
    """Set claims aside, step by step; a step that would leave none is passed over, but what is rated out stays out."""
    everyone = list(question.claims)
    aside = [SetAside(claim, "rated_out", why) for claim in everyone if (why := rated_out(claim, everyone, question))]
    out = {item.claim.ref for item in aside}
    remaining = [claim for claim in everyone if claim.ref not in out]
    weighed = list(remaining)
    for code, rule in STEPS:
        found = [(claim, why) for claim in remaining if (why := rule(claim, weighed, question))]
        if found and len(found) < len(remaining):
            aside += [SetAside(claim, code, why) for claim, why in found]
            gone = {claim.ref for claim, _ in found}
            remaining = [claim for claim in remaining if claim.ref not in gone]
    return remaining, aside


def differ(one: Standing, other: Standing) -> bool:
    """Say whether two claims are more than a fifth of the larger apart.

    Closed claims are as far apart as their nearest ends; an open claim differs only
    from a closed one below it.
    """
    return _above(one, other) or _above(other, one)


def _above(high: Standing, low: Standing) -> bool:
    if not (low.closed and (high.closed or high.open)) or low.greatest is None or high.least is None:
        return False
    return (high.least - low.greatest) * 100 > DIFFER_PERCENT * high.least


def estimate(question: Question) -> Estimate:
    """Estimate one key (vocabulary §5, range/1)."""
    remaining, aside = sift(question)
    figured = [claim for claim in remaining if claim.highest]
    closed = [claim for claim in figured if claim.closed]
    opened = [claim for claim in figured if claim.open]
    low = _choose(closed or opened, lambda claim: claim.lowest, least=True)
    high = _choose(figured, lambda claim: claim.highest, least=False)
    return Estimate(
        lower=low.lowest if low else None,
        upper=high.highest if high else None,
        upper_open=bool(high and high.open),
        best=_best(closed),
        contested=_contested(remaining, denied=question.denied),
        used=tuple(sorted(remaining, key=lambda claim: claim.ref)),
        set_aside=tuple(sorted(aside, key=lambda item: item.claim.ref)),
    )


def _choose(claims: Sequence[Standing], end: Callable[[Standing], End | None], *, least: bool) -> Standing | None:
    """Pick the claim with the least or greatest figure; of equal ones: closed, better graded, newer, then claim id."""
    if not claims:
        return None

    def preference(claim: Standing) -> tuple[object, ...]:
        chosen = end(claim)
        figure = chosen.figure if chosen else -1  # never so: only claims with a figure are chosen from
        return (-figure if least else figure, claim.closed, -rank(claim), claim.held.newness)

    return max(claims, key=preference)


def _best(closed: Sequence[Standing]) -> End | None:
    """Return the newest figure of the best grade; none where that is a range, or another of that grade differs."""
    if not closed:
        return None
    grade = min(rank(claim) for claim in closed)
    peers = [claim for claim in closed if rank(claim) == grade]
    newest = max(peers, key=lambda claim: claim.held.newness)
    if newest.best is None or any(differ(newest, peer) for peer in peers):
        return None
    return newest.best


def _contested(remaining: Sequence[Standing], *, denied: bool) -> bool:
    """Say whether any pair differs: one does iff the greatest least figure and the least greatest closed one do."""
    tops = [claim for claim in remaining if (claim.closed or claim.open) and claim.highest]
    bottoms = [claim for claim in remaining if claim.closed and claim.highest]
    apart = bool(tops and bottoms) and differ(
        min(bottoms, key=lambda claim: claim.greatest or 0), max(tops, key=lambda claim: claim.least or 0)
    )
    return denied or apart or any(claim.disputed for claim in remaining)


POLICY = Policy(
    name="range",
    version=1,
    meaning="The least and the greatest figure among the claims that stand, and the newest of the best graded source.",
    estimate=estimate,
)
