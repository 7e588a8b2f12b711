"""Which claim has left another behind: by another origin, counted a day further or more, and higher."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from operator import itemgetter

from domain.estimates.estimate import DominanceCandidate
from domain.reports.claims.claim import Held

DOMINANCE_MARGIN = timedelta(hours=24)
"""How much further another count must reach to leave one behind; a choice of ours, and versioned."""


_NEWNESS, _COUNTED_UNTIL = itemgetter(0), itemgetter(2)


class DominanceSearch:
    """Many claims, of which the newest that has left another behind is found without looking at each.

    They fall into parts, newest first, each twice as large as the one before, and each of these again,
    only where a question leads; and each part knows the most that it counts up to any moment or further.
    So n questions about n claims take no more than n times some powers of log n, however long the histories.
    """

    def __init__(self, rivals: Sequence[DominanceCandidate]) -> None:
        self._candidates = rivals
        self._moments, self._greatest = _greatest_by_moment(rivals)
        self._parts: list[DominanceSearch] = []

    def newest_above(self, origin: str, counted_until: datetime, figure: int) -> Held | None:
        """Return the newest claim that leaves `figure`, counted until then by `origin`, behind; None if none does."""
        place = bisect_left(self._moments, DOMINANCE_MARGIN, key=lambda moment: moment - counted_until)
        if not any(by != origin and least > figure for most in self._greatest[place : place + 1] for by, least in most):
            return None
        if len(self._candidates) == 1:
            return self._candidates[0].resolved
        found = (part.newest_above(origin, counted_until, figure) for part in self._newest_first())
        return next(filter(None, found))

    def _newest_first(self) -> Iterator["DominanceSearch"]:
        if not self._parts:
            self._candidates = sorted(self._candidates, key=_NEWNESS, reverse=True)
        for number in range(len(self._candidates).bit_length()):
            if number == len(self._parts):
                before = 2**number - 1
                self._parts.append(DominanceSearch(self._candidates[before : before + 2**number]))
            yield self._parts[number]


def _greatest_by_moment(rivals: Sequence[DominanceCandidate]) -> tuple[list[datetime], list[list[tuple[str, int]]]]:
    """Return moments in turn, and what is counted up to each or further: the two greatest figures, by origin.

    The second is there for whoever asks on behalf of the first.
    """
    moments: list[datetime] = []
    most: list[list[tuple[str, int]]] = []
    two: dict[str, int] = {}
    second = -1
    for _, least, counted_until, origin, *_ in sorted(rivals, key=_COUNTED_UNTIL, reverse=True):
        if least > two.get(origin, second):
            two = dict(sorted({**two, origin: least}.items(), key=lambda item: item[1])[-2:])
            second = min(two.values()) if len(two) > 1 else -1
            moments.append(counted_until)
            most.append(list(two.items()))
    return moments[::-1], most[::-1]
