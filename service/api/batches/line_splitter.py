"""Incremental splitting of a body into lines; a line over the limit is skipped without being buffered."""

from typing import Final, NamedTuple

MAX_LINE_BYTES: Final = 64 * 1024
"""The most bytes of a line, without its line break."""


class NumberedLine(NamedTuple):
    """A non-blank line with its number, from 1; `raw` is None for a line over the limit."""

    number: int
    raw: bytes | None


class LineSplitter:
    """Splits at LF; CR is white space, as in JSON."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skipping = False
        self._number = 0

    def feed(self, chunk: bytes) -> list[NumberedLine]:
        """Return the lines completed by this chunk."""
        *complete, last = chunk.split(b"\n")
        lines = [each for content in complete if (each := self._end(content))]
        self._keep(last)
        return lines

    def end(self) -> list[NumberedLine]:
        """Return the last line, if it had no line break."""
        line = self._end(b"")
        return [line] if line else []

    def _end(self, content: bytes) -> NumberedLine | None:
        self._keep(content)
        self._number += 1
        raw, too_long = bytes(self._buffer).strip(b" \t\r"), self._skipping
        self._buffer.clear()
        self._skipping = False
        if too_long or len(raw) > MAX_LINE_BYTES:
            return NumberedLine(self._number, None)
        return NumberedLine(self._number, raw) if raw else None

    def _keep(self, content: bytes) -> None:
        if not self._skipping and len(self._buffer) + len(content) <= MAX_LINE_BYTES + 1:  # a CR may follow the last
            self._buffer += content
        else:
            self._skipping = True
            self._buffer.clear()
