"""What an audit looks at where it does not look at everything: drawn from the log itself, so never by chance.

The same log has the same sample. It moves on as subjects get more facts.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from domain.facts.streams import POLICY_STREAM
from service.projections.rebuild.planning import Size

SAMPLE: Final = 100
"""How many incidents, and how many sources, are compared unless all are."""
PAST: Final = 3
"""At how many earlier positions each of them is compared, besides where the read models stand."""


def sampled(sizes: Iterable[Size], *, full: bool) -> list[Size]:
    """Return the incidents and sources to compare, of all that there are."""
    found = [each for each in sizes if each.stream != POLICY_STREAM]
    if full:
        return found
    found.sort(key=lambda each: _drawn(each.stream, each.facts))
    of: Mapping[bool, list[Size]] = {True: [], False: []}
    for each in found:
        of[each.topic.startswith("source_")].append(each)
    return [*of[False][:SAMPLE], *of[True][:SAMPLE]]


def past(stream: UUID, positions: Sequence[int]) -> Iterator[int]:
    """Yield some positions to compare a subject at: that of a fact of its own, or the one right before the next."""
    for nth in range(min(PAST, len(positions))):
        drawn = int.from_bytes(_drawn(stream, nth + len(positions))[:8])
        place = drawn % len(positions)
        before_next = drawn & 1 << 63 and place + 1 < len(positions)
        yield positions[place + 1] - 1 if before_next else positions[place]


def _drawn(stream: UUID, number: int) -> bytes:
    return hashlib.sha256(stream.bytes + number.to_bytes(8)).digest()
