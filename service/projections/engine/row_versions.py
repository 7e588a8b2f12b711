"""Row versions (SCD type 2): rows with the range of positions for which they are valid (`since`, `until`)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct, msgpack

from service.projections.read_model import RowKey, RowValues

Fingerprints = dict[RowKey, bytes]
"""The current rows of a subject in one read model: a fingerprint of each by its key, NOT_WRITTEN for those to write."""

NOT_WRITTEN: Final = b""

_write: Final = msgpack.Encoder().encode


def fingerprint(row: RowValues) -> bytes:
    """Return a digest that identifies a row among all of its key; stored instead of the row to save memory."""
    try:
        content = _write(row)
    except (TypeError, ValueError, OverflowError):  # half a surrogate, or an integer beyond 64 bits: rare
        content = repr(row).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(content, digest_size=16).digest()


class OpenRow(Struct, gc=False):
    """A row that begins within a batch and is current at its end, beside the fingerprints of its subject's rows.

    `fingerprint` is its own, NOT_WRITTEN until it is computed.
    """

    since: int
    row: RowValues
    current: Fingerprints
    fingerprint: bytes = NOT_WRITTEN


@dataclass(slots=True)
class RowVersions:
    """The changes of a batch in the table of one read model.

    `ended` are keys of stored rows, with the position from which those are no longer valid (`until`); `closed` are rows
    that begin and end within the batch, with `since` and `until`; `open` those that begin and do not end.
    """

    ended: dict[RowKey, int] = field(default_factory=dict[RowKey, int])
    closed: list[RowValues] = field(default_factory=list[RowValues])
    open: dict[RowKey, OpenRow] = field(default_factory=dict[RowKey, OpenRow])

    def put(self, key: RowKey, row: RowValues | None, position: int, current: Fingerprints) -> None:
        """Set the row of a key as of `position` (None: no row). An equal row changes nothing.

        Positions must not decrease. `current` are the rows of the subject before; it is kept up to date.
        """
        own, opened = NOT_WRITTEN, self.open.get(key)
        if opened is not None:
            since, before = opened.since, opened.row
            if before == row and repr(before) == repr(row):  # equal as for fingerprints: -0.0 differs from 0.0
                return
            if since < position:
                self.closed.append((*before, since, position))
            if row is not None and opened.current is current:  # the common case
                opened.since, opened.row, opened.fingerprint = position, row, NOT_WRITTEN
                return
            del self.open[key]
        elif key in current:
            if row is not None and (own := fingerprint(row)) == current[key]:
                return
            self.ended[key] = position
        if row is not None:
            self.open[key] = OpenRow(position, row, current, own)
            current[key] = NOT_WRITTEN
        else:
            current.pop(key, None)

    def rows(self) -> Iterable[RowValues]:
        """Yield all new rows with `since` and `until`."""
        yield from self.closed
        for each in self.open.values():
            yield (*each.row, each.since, None)

    def closed_at(self, position: int) -> "RowVersions":
        """Return the new rows as if all had ended at a position at the latest; none of them is current."""
        return RowVersions(closed=[*self.closed, *((*each.row, each.since, position) for each in self.open.values())])

    def mark_written(self) -> None:
        """Replace the marks of open rows by their fingerprints: the batch is stored."""
        for key, each in self.open.items():
            each.current[key] = each.fingerprint or fingerprint(each.row)

    def __bool__(self) -> bool:
        """Return whether there is anything to write."""
        return bool(self.ended or self.closed or self.open)
