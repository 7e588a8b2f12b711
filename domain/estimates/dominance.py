"""Dominance: a claim is outrun by one of another origin that counts a day further or more, and higher."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from domain.reports.claims.claim import ResolvedClaim

DOMINANCE_MARGIN = timedelta(hours=24)
"""Least difference of `counted_until`; a choice of ours, and versioned."""


_RECENCY, _COUNTED_UNTIL = attrgetter("recency_key"), attrgetter("counted_until")


class DominanceSearch:
    """Search tree over candidates for the newest one that dominates a figure.

    Candidates are split, newest first, into parts that double in size, recursively and on demand; each part has the
    greatest figures that count until any moment or later. n searches among n candidates take O(n polylog n).
    """

    def __init__(self, candidates: Sequence[ResolvedClaim]) -> None:
        self._candidates = candidates
        self._moments, self._greatest = _greatest_by_moment(candidates)
        self._parts: list[DominanceSearch] = []

    def newest_above(self, origin: str, counted_until: datetime, figure: int) -> ResolvedClaim | None:
        """Return the newest claim that dominates `figure`, counted until then by `origin`; None if none does."""
        index = bisect_left(self._moments, DOMINANCE_MARGIN, key=lambda moment: moment - counted_until)
        if not any(
            candidate_origin != origin and least > figure
            for greatest in self._greatest[index : index + 1]
            for candidate_origin, least in greatest
        ):
            return None
        if len(self._candidates) == 1:
            return self._candidates[0]
        found = (part.newest_above(origin, counted_until, figure) for part in self._newest_first())
        return next(filter(None, found))

    def _newest_first(self) -> Iterator["DominanceSearch"]:
        if not self._parts:
            self._candidates = sorted(self._candidates, key=_RECENCY, reverse=True)
        for number in range(len(self._candidates).bit_length()):
            if number == len(self._parts):
                before = 2**number - 1
                self._parts.append(DominanceSearch(self._candidates[before : before + 2**number]))
            yield self._parts[number]


def _greatest_by_moment(candidates: Sequence[ResolvedClaim]) -> tuple[list[datetime], list[list[tuple[str, int]]]]:
    """Return ascending moments, and per moment the two greatest figures counted until then or later, by origin.

    Two, since an origin does not dominate itself.
    """
    moments: list[datetime] = []
    greatest: list[list[tuple[str, int]]] = []
    top_two: dict[str, int] = {}
    second = -1
    for candidate in sorted(candidates, key=_COUNTED_UNTIL, reverse=True):
        least, origin = candidate.count.lower or 0, candidate.origin
        if least > top_two.get(origin, second):
            top_two = dict(sorted({**top_two, origin: least}.items(), key=lambda item: item[1])[-2:])
            second = min(top_two.values()) if len(top_two) > 1 else -1
            moments.append(candidate.counted_until)
            greatest.append(list(top_two.items()))
    return moments[::-1], greatest[::-1]
