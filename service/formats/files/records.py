"""Records of a table, as a file of text or a sheet has them, before its header says what they mean."""

from typing import Final, NamedTuple

HEADER_WITHIN: Final = 26
"""In so many records of a table its header and its HXL hashtags are looked for."""


class CellFlaw(NamedTuple):
    """What is wrong with a cell: its place (from 1; None: the whole record), and a sentence.

    `fatal`: nobody can tell what the cell says, so the record is none; otherwise it is kept as it is.
    """

    place: int | None
    reason: str
    fatal: bool = True


class TableRecord(NamedTuple):
    """A record of a table: the line of the file, or row of the sheet, on which it begins (from 1), and its cells."""

    line: int
    cells: list[str]
    flaws: tuple[CellFlaw, ...] = ()
