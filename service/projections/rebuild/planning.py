"""How the folding of a log is cut into pieces: by streams, so that each is folded in one place from its first fact."""

from collections.abc import Container, Iterable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Cursor

from domain.facts.streams import POLICY_STREAM
from service.projections.rebuild.work_items import Piece, Work

TOGETHER: Final = 20_000
"""About how many facts a piece has; an incident of more is a piece alone."""

_SOURCES: Final = "source_"

# A stream's version counts its facts; those after the target are few, and only make a piece look larger.
SIZES: Final = """
    SELECT stream.id, stream.facts, first.topic
    FROM (
        SELECT originator_id AS id, max(originator_version) AS facts FROM public.facts GROUP BY originator_id
    ) AS stream
    JOIN public.facts AS first ON (first.originator_id, first.originator_version) = (stream.id, 1)
    WHERE first.notification_id <= %(target)s
"""


class Size(NamedTuple):
    """A stream with how many facts it has, and the topic of its first."""

    stream: UUID
    facts: int
    topic: str


def planned(sizes: Iterable[Size], subjects: Container[str]) -> list[Piece]:
    """Cut the work of folding all streams into pieces, the largest incidents first, and all sources together.

    Only of these subjects: incidents, sources, or both.
    """
    incidents: list[Size] = []
    sources: list[Size] = []
    for each in sizes:
        if each.stream != POLICY_STREAM:
            (sources if each.topic.startswith(_SOURCES) else incidents).append(each)
    found: list[tuple[Work, list[Size]]] = []
    if "incident" in subjects:
        found.extend(("incidents", piece) for piece in _together(incidents))
    if sources and "source" in subjects:
        found.append(("sources", sources))
    return [
        Piece(number, work, [each.stream for each in piece], None, None, sum(each.facts for each in piece))
        for number, (work, piece) in enumerate(found, 1)
    ]


def _together(sizes: Iterable[Size]) -> list[list[Size]]:
    found: list[list[Size]] = []
    room = 0
    for size in sorted(sizes, key=lambda each: (-each.facts, each.stream)):
        if size.facts > room or not found:
            found.append([])
            room = TOGETHER
        found[-1].append(size)
        room -= size.facts
    return found


def finishing(names: Sequence[tuple[str, int]], first: int) -> list[Piece]:
    """Return the pieces that follow the folding, numbered from `first`: each read model's indexes, then its figures."""
    found: list[Piece] = []
    for name, indexes in names:
        found += [Piece(first + len(found) + nth, "index", (), name, nth, 1) for nth in range(indexes)]
    return [
        *found,
        *(Piece(first + len(found) + nth, "analyze", (), name, None, 1) for nth, (name, _) in enumerate(names)),
    ]


def sizes(cursor: Cursor[Any], target: int) -> list[Size]:
    """Return all streams that begin by a position, with their sizes."""
    return [Size(*row) for row in cursor.execute(SIZES, {"target": target})]
