"""Reference-counted sets: a value is present while at least one report contributes it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T", str, tuple[str, str])


class ReferenceCounts(Generic[T]):
    """Number of reports contributing each value; `values` are the values present, sorted and cached."""

    def __init__(self) -> None:
        self._counts: dict[T, int] = {}
        self._values: tuple[T, ...] | None = ()

    def update(self, items: Iterable[T], *, add: bool) -> bool:
        """Add or remove one contribution of each value; returns whether any value appeared or disappeared."""
        counts, step, changed = self._counts, 1 if add else -1, False
        for item in items:
            before = counts.get(item, 0)
            counts[item] = before + step
            if before + step == 0:
                del counts[item]
                self._values, changed = None, True
            elif not before:
                self._values, changed = None, True
        return changed

    @property
    def values(self) -> tuple[T, ...]:
        """Values present, sorted; the same object while unchanged."""
        if self._values is None:
            self._values = tuple(sorted(self._counts))
        return self._values


class MomentRange:
    """Multiset of moments (UTC) with cached minimum and maximum."""

    def __init__(self) -> None:
        self._counts: dict[datetime, int] = {}
        self._bounds: tuple[datetime, datetime] | None = None

    def add(self, moment: datetime | None) -> None:
        """Add a moment; None is ignored."""
        if moment is None:
            return
        self._counts[moment] = self._counts.get(moment, 0) + 1
        if len(self._counts) == 1:
            self._bounds = (moment, moment)
        elif self._bounds is not None:
            self._bounds = (min(self._bounds[0], moment), max(self._bounds[1], moment))

    def remove(self, moment: datetime | None) -> None:
        """Remove a moment added before; None is ignored."""
        if moment is None:
            return
        remaining = self._counts[moment] - 1
        if remaining:
            self._counts[moment] = remaining
            return
        del self._counts[moment]
        if self._bounds is not None and moment in self._bounds:
            self._bounds = None

    @property
    def bounds(self) -> tuple[datetime, datetime] | None:
        """The earliest and the latest, None if empty."""
        if self._bounds is None and self._counts:
            self._bounds = (min(self._counts), max(self._counts))
        return self._bounds if self._counts else None
