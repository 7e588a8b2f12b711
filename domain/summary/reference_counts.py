"""What several reports say, each thing once: it is there as long as one of them says it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T", str, tuple[str, str])


class ReferenceCounts(Generic[T]):
    """How many say each thing; `all` are the things that are said, sorted, and made anew only when they change."""

    def __init__(self) -> None:
        self._counts: dict[T, int] = {}
        self._values: tuple[T, ...] | None = ()

    def update(self, things: Iterable[T], *, add: bool) -> bool:
        """Let one more say each of these, or one fewer, where each was added before.

        Returns whether anything is said now that nobody had said, or is said by nobody any more.
        """
        counts, step, news = self._counts, 1 if add else -1, False
        for thing in things:
            before = counts.get(thing, 0)
            counts[thing] = before + step
            if before + step == 0:
                del counts[thing]
                self._values, news = None, True
            elif not before:
                self._values, news = None, True
        return news

    @property
    def values(self) -> tuple[T, ...]:
        """Return what is said by anyone, sorted; the same object until that changes."""
        if self._values is None:
            self._values = tuple(sorted(self._counts))
        return self._values


class MomentRange:
    """Moments (UTC) that come and go: the earliest and the latest of them, without looking at all of them each time."""

    def __init__(self) -> None:
        self._counts: dict[datetime, int] = {}
        self._bounds: tuple[datetime, datetime] | None = None

    def add(self, moment: datetime | None) -> None:
        """Add a moment; None is none."""
        if moment is None:
            return
        self._counts[moment] = self._counts.get(moment, 0) + 1
        if len(self._counts) == 1:
            self._bounds = (moment, moment)
        elif self._bounds is not None:
            self._bounds = (min(self._bounds[0], moment), max(self._bounds[1], moment))

    def remove(self, moment: datetime | None) -> None:
        """Take away one that was added; None is none."""
        if moment is None:
            return
        left = self._counts[moment] - 1
        if left:
            self._counts[moment] = left
            return
        del self._counts[moment]
        if self._bounds is not None and moment in self._bounds:
            self._bounds = None

    @property
    def bounds(self) -> tuple[datetime, datetime] | None:
        """Return the earliest and the latest; None where there is none."""
        if self._bounds is None and self._counts:
            self._bounds = (min(self._counts), max(self._counts))
        return self._bounds if self._counts else None
