"""Records of a table, and its header: its record, the names of the columns, and the first row."""

import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from service.formats.importer import Layout

HEADER_WITHIN: Final = 26
"""Number of first records that may contain the header and the HXL hashtags."""


class CellFlaw(NamedTuple):
    """A fault of a cell: its column (from 1; None: the whole record), and a sentence.

    `fatal`: the content of the cell is unknown, so the record is left out; otherwise it is kept.
    """

    place: int | None
    reason: str
    fatal: bool = True


class TableRecord(NamedTuple):
    """A record of a table: its first line in the file, or its row in the sheet (from 1), and its cells."""

    line: int
    cells: list[str]
    flaws: tuple[CellFlaw, ...] = ()


_NUMBER: Final = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")
_UNSEEN: Final = "\ufeff\u200b\u200e\u200f"
_HASHTAG: Final = re.compile(r"#[A-Za-z][A-Za-z0-9_]*(?:\s*[+#][A-Za-z][A-Za-z0-9_]*)*")
# HXL 1.1 final (2018), core hashtags: https://hxlstandard.org/standard/1-1final/dictionary/
_CORE: Final = re.compile(
    "#(?:access|activity|adm[1-5]|affected|beneficiary|capacity|cause|channel|contact|country|crisis|currency|date"
    "|delivery|description|event|frequency|geo|group|impact|indicator|inneed|item|loc|meta|modality|need|operations|org"
    "|output|population|reached|region|respondee|sector|service|severity|status|subsector|targeted|value)\\b",
    re.IGNORECASE,
)


class BadHeader(ValueError):
    """A table without a usable header; the message says why, and what to do."""


class Header(NamedTuple):
    """Names of the columns in order (empty: no name), and the line `after` which rows begin.

    `line` is the header's, 0 for none; `tags` are the HXL hashtags by column; `ignoring` leaves out cells of columns
    without a name.
    """

    names: list[str]
    line: int
    after: int
    tags: Mapping[str, str]
    ignoring: bool = False

    def row(self, record: TableRecord) -> dict[str, str]:
        """Return the cells of a record by column. Raises BadHeader for a cell in a column without a name."""
        if "" not in self.names:
            return dict(zip(self.names, record.cells, strict=False))
        for place, (name, cell) in enumerate(zip(self.names, record.cells, strict=False), 1):
            if not (name or self.ignoring) and cell.strip():
                raise BadHeader(_unnamed(place, record.line, cell))
        return {name: cell for name, cell in zip(self.names, record.cells, strict=False) if name}

    def column_of(self, flaw: CellFlaw) -> str | None:
        """Return the column of a flaw."""
        return (self.names[flaw.place - 1] or None) if flaw.place and flaw.place <= len(self.names) else None


def find_header(first: Sequence[TableRecord], layout: Layout) -> Header:
    """Find the header among the first records of a table. Raises BadHeader.

    The header is the record on the line of `layout`, else the one above a row of HXL hashtags, else the first.
    """
    if layout.header == 0:
        names, line = _declared(layout, None), 0
        below = first[0] if first else None
    else:
        place = _place(first, layout)
        cells, line = first[place].cells, first[place].line
        names = [clean_name(cell) for cell in cells] if layout.names is None else _declared(layout, cells)
        below = first[place + 1] if place + 1 < len(first) else None
    names = [sys.intern(name) for name in names]
    _expect_names(names, line, layout)
    ignoring = layout.unnamed == "ignore"
    if below is None or not is_hashtag_row(below.cells):
        return Header(names, line, line, {}, ignoring)
    tags = {
        name: normalize_hashtag(cell) for name, cell in zip(names, below.cells, strict=False) if name and cell.strip()
    }
    return Header(names, line, below.line, tags, ignoring)


def is_hashtag_row(cells: Iterable[str]) -> bool:
    """Say whether all cells of a record are HXL hashtags; a single one must be of the standard."""
    found = [cell.strip() for cell in cells if cell.strip()]
    if not found or not all(_HASHTAG.fullmatch(cell) for cell in found):
        return False
    return len(found) > 1 or _CORE.match(found[0]) is not None


def normalize_hashtag(cell: str) -> str:
    """Return an HXL hashtag with its attributes in lower case without spaces."""
    return "".join(cell.split()).lower()


def clean_name(cell: str) -> str:
    """Return a column's name without surrounding spaces and invisible characters."""
    return cell.strip().strip(_UNSEEN).strip()


def comparable_name(name: str) -> str:
    """Return a name for comparison: NFKC, casefolded, spaces and underscores equal."""
    return " ".join(unicodedata.normalize("NFKC", clean_name(name)).casefold().replace("_", " ").split())


def _place(first: Sequence[TableRecord], layout: Layout) -> int:
    """Return the index of the header among the first records."""
    if layout.header is None:
        place = above_hashtags(first)
    else:
        found = (place for place, record in enumerate(first) if record.line == layout.header)
        if (place := next(found, None)) is None:
            raise BadHeader(f"There is no header in line {layout.header:,}, where “header” says that it is.")
    if not first or not any(clean_name(cell) for cell in first[place].cells):
        if first and first[place].flaws and not first[place].cells:
            raise BadHeader(f"The header cannot be read: {first[place].flaws[0].reason}")
        hint = " Say in which line it is, such as header = 3 in the mapping file." if len(first) > 1 else ""
        raise BadHeader(f"There is no header: the first line must name the columns.{hint}")
    return place


def above_hashtags(first: Sequence[TableRecord]) -> int:
    """Return the index of the record above a row of HXL hashtags, or of that row if it has no header above; else 0."""
    for place, record in enumerate(first[1:], 1):
        tagged = [at for at, cell in enumerate(record.cells) if cell.strip()]
        if is_hashtag_row(record.cells) and any(_CORE.match(record.cells[at].strip()) for at in tagged):
            above = first[place - 1].cells
            return place - 1 if all(at < len(above) and above[at].strip() for at in tagged) else place
    return 0


def _declared(layout: Layout, cells: Sequence[str] | None) -> list[str]:
    """Return the declared names of all columns; trailing columns without a name may be omitted."""
    names = list(layout.names or ())
    if not names:
        raise BadHeader("A table without a header needs the names of its columns, in their order: columns = […].")
    if cells is None:
        return names
    lacking = len(cells) - len(names)
    if lacking < 0 or any(clean_name(cell) for cell in cells[len(names) :]):
        raise BadHeader(f"“header_names” has {len(names):,} names, and the header {len(cells):,} columns.")
    return names + [""] * lacking


def _expect_names(names: Sequence[str], line: int, layout: Layout) -> None:
    if not any(names):
        raise BadHeader(f"There is no header: line {line:,} names no column.")
    for place, name in enumerate(names, 1):
        if "\0" in name:
            raise BadHeader(f"The header has no readable name for column {place}.")
        if name and name in names[place:]:
            raise BadHeader(_twice(name, place, names, layout))


def _twice(name: str, place: int, names: Sequence[str], layout: Layout) -> str:
    if layout.names is not None:
        return f"The declared names have “{name[:100]}” twice; each column needs a name of its own."
    if sum(_NUMBER.fullmatch(each) is not None for each in names) * 4 >= len(names):
        return (
            f"The header names “{name[:100]}” twice, and has numbers for names: is it a row, and the header missing?"
            " Then say so, and name the columns in their order: header = 0, columns = […] in the mapping file."
        )
    return (
        f"The header names “{name[:100]}” twice, in columns {place} and {names.index(name, place) + 1}; name all"
        f" {len(names):,} columns anew, in their order: header_names = […] in the mapping file."
    )


def _unnamed(place: int, line: int, cell: str) -> str:
    return (
        f"Column {place} has no name in the header, and “{cell.strip()[:60]}” in line {line:,}: name it, or leave such"
        ' columns out by unnamed = "ignore" in the mapping file.'
    )
