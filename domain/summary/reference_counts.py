"""What several reports say, each thing once: it is there as long as one of them says it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T", str, tuple[str, str])


class Tally(Generic[T]):
    """How many say each thing; `all` are the things that are said, sorted, and made anew only when they change."""

    def __init__(self) -> None:
        self._counts: dict[T, int] = {}
        self._all: tuple[T, ...] | None = ()

    def count(self, things: Iterable[T], *, add: bool) -> bool:
        """Let one more say each of these, or one fewer, where each was added before.

        Returns whether anything is said now that nobody had said, or is said by nobody any more.
        """
        counts, step, news = self._counts, 1 if add else -1, False
        for thing in things:
            before = counts.get(thing, 0)
            counts[thing] = before + step
            if before + step == 0:
                del counts[thing]
                self._all, news = None, True
            elif not before:
                self._all, news = None, True
        return news

    @property
    def all(self) -> tuple[T, ...]:
        """Return what is said by anyone, sorted; the same object until that changes."""
        if self._all is None:
            self._all = tuple(sorted(self._counts))
        return self._all


class Moments:
    """Moments (UTC) that come and go: the earliest and the latest of them, without looking at all of them each time."""

    def __init__(self) -> None:
        self._counts: dict[datetime, int] = {}
        self._ends: tuple[datetime, datetime] | None = None

    def add(self, moment: datetime | None) -> None:
        """Add a moment; None is none."""
        if moment is None:
            return
        self._counts[moment] = self._counts.get(moment, 0) + 1
        if len(self._counts) == 1:
            self._ends = (moment, moment)
        elif self._ends is not None:
            self._ends = (min(self._ends[0], moment), max(self._ends[1], moment))

    def remove(self, moment: datetime | None) -> None:
        """Take away one that was added; None is none."""
        if moment is None:
            return
        left = self._counts[moment] - 1
        if left:
            self._counts[moment] = left
            return
        del self._counts[moment]
        if self._ends is not None and moment in self._ends:
            self._ends = None

    @property
    def ends(self) -> tuple[datetime, datetime] | None:
        """Return the earliest and the latest; None where there is none."""
        if self._ends is None and self._counts:
            self._ends = (min(self._counts), max(self._counts))
        return self._ends if self._counts else None
