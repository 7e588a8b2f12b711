"""A body in lines, cut out of the pieces that it comes in; a line that is too long is never held."""

from typing import Final, NamedTuple

MOST_BYTES: Final = 64 * 1024
"""How long a line may be, without its line break."""


class Numbered(NamedTuple):
    """A line that is not blank, with its number from 1; `raw` is None where it was too long to be kept."""

    number: int
    raw: bytes | None


class Splitter:
    """Cuts lines at LF; a CR before it is white space, as it is in JSON."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._skipping = False
        self._number = 0

    def feed(self, piece: bytes) -> list[Numbered]:
        """Return the lines that end in this piece."""
        *ended, last = piece.split(b"\n")
        lines = [each for content in ended if (each := self._end(content))]
        self._keep(last)
        return lines

    def end(self) -> list[Numbered]:
        """Return the last line, if it had no line break."""
        line = self._end(b"")
        return [line] if line else []

    def _end(self, content: bytes) -> Numbered | None:
        self._keep(content)
        self._number += 1
        raw, too_long = bytes(self._rest).strip(b" \t\r"), self._skipping
        self._rest.clear()
        self._skipping = False
        if too_long or len(raw) > MOST_BYTES:
            return Numbered(self._number, None)
        return Numbered(self._number, raw) if raw else None

    def _keep(self, content: bytes) -> None:
        if not self._skipping and len(self._rest) + len(content) <= MOST_BYTES + 1:  # a CR may follow the last
            self._rest += content
        else:
            self._skipping = True
            self._rest.clear()
