"""What policies share: which claims are set aside and why, when two claims differ, and how an end is chosen.

Published estimates were made by these rules, so a released rule never changes: a changed one is a new file beside it.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter

from domain.claims import BEGINNING, Held
from domain.counts import words_for
from domain.estimates import (
    IMPROBABLE,
    UNRELIABLE,
    End,
    Estimate,
    Question,
    Rival,
    SetAside,
    Standing,
)
from domain.overtaking import COUNTED_UNTIL, FURTHER, LEAST, NEWNESS, Rivals

DIFFER_PERCENT = 20
"""Apart by more than this share of the larger figure, two claims differ; a choice of ours, and versioned."""

_RANK = {"A": 0, "B": 1, "C": 2, "D": 3, "F": 4, "E": 5}
_AS_GOOD = {grade: frozenset(each for each in _RANK if _RANK[each] <= rank) for grade, rank in _RANK.items()}
"""Grades that are as good as one, or better."""
_JUDGED = frozenset("ABC")
_REF = attrgetter("ref")
_CLAIM_REF = attrgetter("claim.ref")


FEW = 512
"""Up to so many rivals are looked at one by one, which is quicker than to sort them for a search."""


class Weighed:
    """What a step holds each claim against: all that were not rated out, whatever earlier steps set aside."""

    def __init__(self, claims: Sequence[Standing], question: Question) -> None:
        self.period_end = question.period_end
        self._claims = claims
        self._ahead: list[Rival] | None = None
        self._rivals: dict[tuple[str, bool], Rivals] = {}
        self._most, self._furthest = -1, BEGINNING
        self._sentences: dict[str, str] = {}

    def outrun_by(self, claim: Standing) -> Held | None:
        """Return the newest that leaves a claim behind: of as good a source or better; if it is closed, a closed count.

        None if nothing does.
        """
        if claim.highest is None:
            return None
        ahead = self._newest_first() if self._ahead is None else self._ahead
        figure, until, own = claim.highest.figure, claim.held.counted_until, claim.held.origin
        if figure >= self._most or self._furthest - until < FURTHER:
            return None
        if len(ahead) > FEW:
            return self._among(claim.grade, closed=claim.closed).newest(own, until, figure)
        grades, any_end = _AS_GOOD[claim.grade], not claim.closed
        for _, least, counted_until, origin, grade, closed, held in ahead:
            if least > figure and grade in grades and (closed or any_end) and origin != own:  # noqa: SIM102 - quicker
                if counted_until - until >= FURTHER:
                    return held
        return None

    def sentence(self, ahead: Held) -> str:
        """Say what a claim was left behind by."""
        found = self._sentences.get(ahead.ref)
        if found is None:
            found = f"It was outrun: {words_for(ahead.count)} counts at least a day further ({ahead.ref})."
            self._sentences[ahead.ref] = found
        return found

    def _newest_first(self) -> list[Rival]:
        """Return all that may leave any claim behind, the newest first."""
        ahead = self._ahead = [rival for claim in self._claims for rival in claim.rivals]
        if ahead:
            ahead.sort(key=NEWNESS, reverse=True)
            self._most, self._furthest = max(map(LEAST, ahead)), max(map(COUNTED_UNTIL, ahead))
        return ahead

    def _among(self, grade: str, *, closed: bool) -> Rivals:
        """Return what may leave a claim of such a source behind, to be searched."""
        found = self._rivals.get((grade, closed))
        if found is None:
            ahead = (each for each in self._ahead or () if each.grade in _AS_GOOD[grade])
            found = self._rivals[grade, closed] = Rivals([each for each in ahead if each.closed or not closed])
        return found


Rule = Callable[[Sequence[Standing], Weighed], list[SetAside]]
"""What a step sets aside of some claims, each with a code and a sentence."""


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


def worded(claims: Sequence[Standing], _weighed: Weighed) -> list[SetAside]:
    """Set aside counts in words, which have no figure."""
    why = "It is a count in words, and others give figures."
    return [SetAside(claim, "worded", why) for claim in claims if claim.bound == "worded"]


def ungraded(claims: Sequence[Standing], _weighed: Weighed) -> list[SetAside]:
    """Let D and F give way where A to C stands; elsewhere this step would leave nothing."""
    return [
        SetAside(claim, "ungraded", f"Its source is graded {claim.grade}, and sources graded A to C stand.")
        for claim in claims
        if claim.grade not in _JUDGED
    ]


def partial(claims: Sequence[Standing], _weighed: Weighed) -> list[SetAside]:
    """Set aside counts that their own source calls incomplete."""
    why = "Its source says that the count is incomplete."
    return [SetAside(claim, "partial", why) for claim in claims if claim.held.partial]


def outrun(claims: Sequence[Standing], weighed: Weighed) -> list[SetAside]:
    """Set aside what another has left behind: as good a source or better, a day further or more, and higher."""
    end = weighed.period_end
    return [
        SetAside(claim, "outrun", weighed.sentence(ahead))
        for claim in claims
        if (end is None or claim.held.counted_until < end) and (ahead := weighed.outrun_by(claim)) is not None
    ]


STEPS: tuple[Rule, ...] = (worded, ungraded, partial, outrun)


def sift(question: Question) -> tuple[list[Standing], list[SetAside]]:
    """Set claims aside, step by step; a step that would leave none is passed over, but what is rated out stays out."""
    aside = [SetAside(claim, "rated_out", why) for claim in question.claims if (why := rated_out(claim))]
    remaining = list(question.claims)
    if aside:
        remaining = _without(remaining, aside)
    if len(remaining) == 1:  # as under most keys; no step may leave none
        return remaining, aside
    weighed = Weighed(remaining, question)
    for step in STEPS:
        found = step(remaining, weighed)
        if found and len(found) < len(remaining):
            aside += found
            remaining = _without(remaining, found)
    return remaining, aside


def _without(claims: Sequence[Standing], aside: Sequence[SetAside]) -> list[Standing]:
    gone = {item.claim.ref for item in aside}
    return [claim for claim in claims if claim.ref not in gone]


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
    return tuple(sorted(claims, key=_REF))


def aside_by_ref(aside: Sequence[SetAside]) -> tuple[SetAside, ...]:
    """Order what was set aside as documents list it."""
    return tuple(sorted(aside, key=_CLAIM_REF))


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
