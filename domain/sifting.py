"""What policies share: which claims are set aside and why, when two claims differ, and how an end is chosen.

Published estimates were made by these rules, so a released rule never changes: a changed one is a new file beside it.
"""

from collections.abc import Callable, Sequence

from domain.counts import words_for
from domain.estimates import (
    CLOSED,
    IMPROBABLE,
    OPEN,
    PART_EXCEEDS,
    UNRELIABLE,
    End,
    Estimate,
    Question,
    SetAside,
    Standing,
)
from domain.overtaking import Rival, Rivals

DIFFER_PERCENT = 20
"""Apart by more than this share of the larger figure, two claims differ; a choice of ours, and versioned."""

_RANK = {"A": 0, "B": 1, "C": 2, "D": 3, "F": 4, "E": 5}
_JUDGED = frozenset("ABC")


class Weighed:
    """What a step holds each claim against: all that were not rated out, whatever earlier steps set aside."""

    def __init__(self, claims: Sequence[Standing], question: Question) -> None:
        self.period_end = question.period_end
        self._claims = claims
        self._ahead: list[tuple[int, str | None, Rival]] | None = None
        self._rivals: dict[tuple[int, bool], Rivals] = {}

    def rivals(self, claim: Standing) -> Rivals:
        """Return what may leave a claim behind: of as good a source or better; closed counts only, if it is closed."""
        kind = rank(claim), claim.closed
        if kind not in self._rivals:
            bounds = CLOSED if claim.closed else CLOSED | OPEN
            self._ahead = _ahead(self._claims) if self._ahead is None else self._ahead
            self._rivals[kind] = Rivals([each for by, bound, each in self._ahead if by <= kind[0] and bound in bounds])
        return self._rivals[kind]


def _ahead(claims: Sequence[Standing]) -> list[tuple[int, str | None, Rival]]:
    """Return what is ahead of any claim at all, current or superseded, with the rank of its source and its bound."""
    figure = min(claim.greatest for claim in claims if claim.greatest is not None)
    counted_until = min(claim.held.counted_until for claim in claims)
    return [
        (rank(claim), held.count.bound, Rival(claim.held.origin, least, held))
        for claim in claims
        for held in (claim.history if PART_EXCEEDS in claim.flags else (claim.held, *claim.history))
        if (least := held.count.lower) is not None and least > figure and held.counted_until > counted_until
    ]


Rule = Callable[[Standing, Weighed], str | None]


def rank(claim: Standing) -> int:
    """Rank a grade: A before B, C, D, F; E only excludes."""
    return _RANK[claim.grade]


def rated_out(claim: Standing) -> str | None:
    """Rule out what is unreliable (E) or improbable (5), for good."""
    if claim.grade == UNRELIABLE:
        return "The source is graded E, unreliable."
    if claim.credibility == IMPROBABLE:
        return "The report is judged 5, improbable."
    return None


def worded(claim: Standing, _weighed: Weighed) -> str | None:
    """Set aside a count in words, which has no figure."""
    return "It is a count in words, and others give figures." if claim.bound == "worded" else None


def ungraded(claim: Standing, _weighed: Weighed) -> str | None:
    """Let D and F give way where A to C stands; elsewhere this step would leave nothing."""
    if claim.grade in _JUDGED:
        return None
    return f"Its source is graded {claim.grade}, and sources graded A to C stand."


def partial(claim: Standing, _weighed: Weighed) -> str | None:
    """Set aside a count that its own source calls incomplete."""
    return "Its source says that the count is incomplete." if claim.held.partial else None


def outrun(claim: Standing, weighed: Weighed) -> str | None:
    """Set aside a count that another has left behind: as good a source or better, a day further or more, and higher."""
    if weighed.period_end is not None and claim.held.counted_until >= weighed.period_end:
        return None
    if claim.greatest is None:
        return None
    ahead = weighed.rivals(claim).newest(claim.held.origin, claim.held.counted_until, claim.greatest)
    return ahead and f"It was outrun: {words_for(ahead.count)} counts at least a day further ({ahead.ref})."


STEPS: tuple[tuple[str, Rule], ...] = (
    ("worded", worded),
    ("ungraded", ungraded),
    ("partial", partial),
    ("outrun", outrun),
)


def sift(question: Question) -> tuple[list[Standing], list[SetAside]]:
    """Set claims aside, step by step; a step that would leave none is passed over, but what is rated out stays out."""
    aside = [SetAside(claim, "rated_out", why) for claim in question.claims if (why := rated_out(claim))]
    remaining = [claim for claim in question.claims if not rated_out(claim)]
    if len(remaining) == 1:  # as under most keys; no step may leave none
        return remaining, aside
    weighed = Weighed(remaining, question)
    for code, rule in STEPS:
        found = [(claim, why) for claim in remaining if (why := rule(claim, weighed))]
        if found and len(found) < len(remaining):
            aside += [SetAside(claim, code, why) for claim, why in found]
            gone = {claim.ref for claim, _ in found}
            remaining = [claim for claim in remaining if claim.ref not in gone]
    return remaining, aside


def span(question: Question) -> Estimate:
    """Estimate one key by the least and the greatest that a reader can stand on (vocabulary §5, range/1)."""
    remaining, aside = sift(question)
    low, high = lower(remaining), upper(remaining)
    return Estimate(
        lower=low.lowest if low else None,
        upper=high.highest if high else None,
        upper_open=bool(high and high.open),
        best=_best([claim for claim in remaining if claim.closed]),
        contested=contested(remaining, denied=question.denied),
        used=by_ref(remaining),
        set_aside=aside_by_ref(aside),
    )


def by_ref(claims: Sequence[Standing]) -> tuple[Standing, ...]:
    """Order claims as documents list them."""
    return tuple(sorted(claims, key=lambda claim: claim.ref))


def aside_by_ref(aside: Sequence[SetAside]) -> tuple[SetAside, ...]:
    """Order what was set aside as documents list it."""
    return tuple(sorted(aside, key=lambda item: item.claim.ref))


def differ(one: Standing, other: Standing) -> bool:
    """Say whether two claims are more than a fifth of the larger apart.

    Closed claims are as far apart as their nearest ends; an open claim differs only
    from a closed one below it.
    """
    return _above(one, other) or _above(other, one)


def _above(high: Standing, low: Standing) -> bool:
    if not (low.closed and (high.closed or high.open)) or low.greatest is None or high.least is None:
        return False
    return _apart(high.least, low.greatest)


def _apart(high: int, low: int) -> bool:
    return (high - low) * 100 > DIFFER_PERCENT * high


def lower(claims: Sequence[Standing]) -> Standing | None:
    """Find the claim behind the lower end: the least closed figure; the least open one if none is closed."""
    closed = [claim for claim in claims if claim.closed]
    return choose(closed or claims, lambda claim: claim.lowest, least=True)


def upper(claims: Sequence[Standing]) -> Standing | None:
    """Find the claim behind the upper end: the greatest figure of any."""
    return choose(claims, lambda claim: claim.highest, least=False)


def choose(claims: Sequence[Standing], end: Callable[[Standing], End | None], *, least: bool) -> Standing | None:
    """Pick the claim with the least or greatest figure; of equal ones: closed, better graded, newer, then claim id."""
    figured = [(claim, found.figure) for claim in claims if (found := end(claim))]

    def preference(pair: tuple[Standing, int]) -> tuple[object, ...]:
        claim, figure = pair
        return (-figure if least else figure, claim.closed, -rank(claim), claim.held.newness)

    return max(figured, key=preference)[0] if figured else None


def _best(closed: Sequence[Standing]) -> End | None:
    """Return the newest figure of the best grade; none where that is a range, or another of that grade differs."""
    if not closed:
        return None
    grade = min(rank(claim) for claim in closed)
    peers = [claim for claim in closed if rank(claim) == grade]
    newest = max(peers, key=lambda claim: claim.held.newness)
    return None if any(differ(newest, peer) for peer in peers) else newest.best


def contested(remaining: Sequence[Standing], *, denied: bool) -> bool:
    """Say whether a denial stands, a claim is disputed, or any two differ: then the furthest ends do."""
    tops = [claim.least for claim in remaining if claim.least is not None]
    bottoms = [claim.greatest for claim in remaining if claim.closed and claim.greatest is not None]
    apart = bool(tops and bottoms) and _apart(max(tops), min(bottoms))
    return denied or apart or any(claim.disputed for claim in remaining)
