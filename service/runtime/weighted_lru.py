"""A least-recently-used cache bounded by the sum of the weights of its entries."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class WeightedLRU(Generic[K, V]):
    """Entries whose weights add up to at most `capacity`; an entry heavier than that is kept alone.

    `get` and `put` mark an entry as used; `in` and iteration, least recently used first, do not.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.weight = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[K]:
        return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def values(self) -> list[V]:
        """Return the values, least recently used first."""
        return [value for value, _ in self._entries.values()]

    def get(self, key: K) -> V | None:
        """Return the value of a key, or None."""
        if (entry := self._entries.get(key)) is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V, weight: int = 1) -> list[V]:
        """Add an entry, or replace its value and weight; returns the values evicted while the cache was too heavy."""
        self.pop(key)
        self._entries[key] = value, weight
        self.weight += weight
        evicted: list[V] = []
        while self.weight > self.capacity and len(self._entries) > 1:
            _, (old, old_weight) = self._entries.popitem(last=False)
            self.weight -= old_weight
            evicted.append(old)
        return evicted

    def pop(self, key: K) -> V | None:
        """Remove an entry; returns its value, or None."""
        if (entry := self._entries.pop(key, None)) is None:
            return None
        self.weight -= entry[1]
        return entry[0]
