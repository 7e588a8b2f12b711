"""Rows with the ranges of positions in which they stood, as a stretch of the log makes and ends them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from service.projections.read_model import RowKey, RowValues


def fingerprint(cells: RowValues) -> bytes:
    """Return what tells a row from any other of its key; kept in the place of the row."""
    return hashlib.blake2b(repr(cells).encode("utf-8", "surrogatepass"), digest_size=16).digest()


class OpenRow(NamedTuple):
    """A row that stands at the end of a stretch: from where, how it reads, and what else stands of its subject."""

    since: int
    cells: RowValues
    standing: dict[RowKey, bytes]


@dataclass(slots=True)
class RowVersions:
    """What a stretch of the log changes in the rows of one read model.

    `ended` are rows of the table that end within the stretch, with the position from which they no longer stand;
    `closed` rows that began and ended within it; `open` those that began within it and stand at its end.
    """

    ended: dict[RowKey, int] = field(default_factory=dict[RowKey, int])
    closed: list[RowValues] = field(default_factory=list[RowValues])
    open: dict[RowKey, OpenRow] = field(default_factory=dict[RowKey, OpenRow])

    def put(self, key: RowKey, cells: RowValues | None, position: int, standing: dict[RowKey, bytes]) -> None:
        """Let the row of a key read so from `position` on, if that is any news.

        `standing` has the fingerprints of rows that stood when the stretch began, and stand still; or, where the
        subject was folded anew since, of all that stand.
        """
        was = self.open.pop(key, None)
        if was is not None:
            since, before, _ = was
            if before == cells and repr(before) == repr(cells):  # as fingerprints have it: -0.0 is not 0.0
                self.open[key] = was
                return
            if standing:
                standing.pop(key, None)
            if since < position:
                self.closed.append((*before, since, position))
        elif standing and key in standing:
            if cells is not None and fingerprint(cells) == standing[key]:
                return
            del standing[key]
            self.ended[key] = position
        if cells is not None:
            self.open[key] = OpenRow(position, cells, standing)

    def rows(self) -> Iterable[RowValues]:
        """Yield all new rows, whole."""
        yield from self.closed
        for each in self.open.values():
            yield (*each.cells, each.since, None)

    def mark_written(self) -> None:
        """Let the rows that stand at the end stand for the next stretch: what was here is written."""
        for key, each in self.open.items():
            each.standing[key] = fingerprint(each.cells)

    def __bool__(self) -> bool:
        """Say whether there is anything to write."""
        return bool(self.ended or self.closed or self.open)
