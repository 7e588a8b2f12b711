"""Records of a sheet of an Excel workbook: cells as text, with the number of the row in the sheet."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, islice, repeat
from typing import Any, BinaryIO, Final, NamedTuple, cast
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

from service.formats.files.compression import UnsupportedFile
from service.formats.files.headers import HEADER_WITHIN, CellFlaw, TableRecord

_BROKEN: Final = (InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError, OSError)
_DAMAGED: Final = (
    "it is no whole Excel workbook: open it in a spreadsheet program and save it again as .xlsx, or as CSV in UTF-8"
)
_MERGED: Final = re.compile(rb'<mergeCell [^>]*ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')
_FORMULA: Final = re.compile(rb"<f[ >/]")
_PIECE: Final = 1 << 20
_LONGEST_TAG: Final = 200
_ERROR, _IS_FORMULA = "e", "f"
_NO_VALUE: Final = "The cell has a formula whose value was not saved: open the file in Excel, and save it."


_Range = tuple[int, int, int, int]
"""Merged range: first column, first row, last column, last row."""


class _SheetMarkup(NamedTuple):
    """Properties of a sheet that openpyxl does not give row by row: merged ranges by row, and presence of formulas."""

    merged: Mapping[int, Sequence[_Range]]
    formulas: bool


def sheet_records(content: BinaryIO, sheet: str | None) -> Iterator[TableRecord]:
    """Yield the non-empty records of a sheet, by default of the first visible one with data.

    Dates are ISO 8601, whole numbers have no point, booleans are true and false, all else is as stored, without Excel's
    number format. Raises UnsupportedFile: no such sheet, or a damaged workbook.
    """
    try:
        records = _records(content, sheet)
        first = list(islice(records, HEADER_WITHIN))
        width = max((len(record.cells) for record in first), default=0)
        for record in chain(first, records):  # a row ends with its last cell: pad it to the width of the table
            yield record._replace(cells=record.cells + [""] * (width - len(record.cells)))
    except UnsupportedFile:
        raise
    except _BROKEN as problem:
        raise UnsupportedFile(f"{_DAMAGED} ({problem}).") from problem


def sheets_with_data(content: BinaryIO) -> list[str]:
    """Return the names of the visible sheets with data. Raises UnsupportedFile."""
    try:
        with closing(_opened(content)) as book:
            return [name for name in _visible(book) if _has_data(book, name)]
    except UnsupportedFile:
        raise
    except _BROKEN as problem:
        raise UnsupportedFile(f"{_DAMAGED} ({problem}).") from problem


def _opened(content: BinaryIO, *, formulas: bool = False) -> Workbook:
    content.seek(0)
    return load_workbook(content, read_only=True, data_only=not formulas, keep_links=False)


def _visible(book: Workbook) -> list[str]:
    return [each.title for each in book.worksheets if each.sheet_state == "visible"]


def _has_data(book: Workbook, name: str) -> bool:
    return any(cell.value not in (None, "") for row in _cells(book, name) for cell in row)


def _cells(book: Workbook, name: str) -> Iterator[tuple[Any, ...]]:
    sheet = book[name]
    with suppress(AttributeError):
        sheet.reset_dimensions()  # some programs write wrong ones
    return cast("Iterator[tuple[Any, ...]]", sheet.iter_rows())


def _named(book: Workbook, sheet: str | None) -> str:
    names = [each.title for each in book.worksheets]
    if sheet is not None:
        if sheet not in names:
            raise UnsupportedFile(f"it has no sheet “{sheet}”; it has “{'”, “'.join(names)}”.")
        return sheet
    visible = _visible(book)
    found = next((name for name in visible if _has_data(book, name)), None)
    if found is None:
        raise UnsupportedFile("it has no sheet with a cell that is not empty.")
    return found


def _records(content: BinaryIO, sheet: str | None) -> Iterator[TableRecord]:
    with closing(_opened(content)) as book:
        name = _named(book, sheet)
        known = _read_markup(content, book, name)
        with closing(_opened(content, formulas=True)) as beside:
            formulas: Iterable[tuple[Any, ...]] = _cells(beside, name) if known.formulas else repeat(())
            for number, (row, shadow) in enumerate(zip(_cells(book, name), formulas, strict=False), 1):
                cells = [_text(cell.value) for cell in row]
                flaws = tuple(chain(_flaws(row, shadow), _merged(known, number)))
                if any(cells) or any(flaw.reason == _NO_VALUE for flaw in flaws):
                    yield TableRecord(number, cells, flaws)


def _flaws(row: tuple[Any, ...], shadow: tuple[Any, ...]) -> Iterator[CellFlaw]:
    """Yield the cells with an error, or with a formula whose value was not saved."""
    for place, cell in enumerate(row, 1):
        if cell.data_type == _ERROR:
            yield CellFlaw(place, f"The cell shows the error {cell.value}; it is kept so.", fatal=False)
    for place, (cell, formula) in enumerate(zip(row, shadow, strict=False), 1):
        if formula.data_type == _IS_FORMULA and cell.value is None:
            yield CellFlaw(place, _NO_VALUE)


def _merged(known: _SheetMarkup, row: int) -> Iterator[CellFlaw]:
    """Yield the first cell of each merged range that has no value of its own."""
    for left, top, right, _ in known.merged.get(row, ()):
        if (place := left + (row == top)) <= right:
            reason = f"The cell is merged with another of row {top}: unmerge them, and give each a value of its own."
            yield CellFlaw(place, reason)


def _read_markup(content: BinaryIO, book: Workbook, name: str) -> _SheetMarkup:
    """Scan the XML of a sheet for merged ranges and formulas."""
    merged: dict[int, list[_Range]] = {}
    formulas = False
    content.seek(0)
    path = str(cast("Any", book[name])._worksheet_path)  # noqa: SLF001 - it has no public name
    with zipfile.ZipFile(content) as archive, archive.open(path) as xml:
        last = b""
        while piece := xml.read(_PIECE):
            both = last + piece
            formulas = formulas or _FORMULA.search(both) is not None
            for found in _MERGED.findall(both):
                cells = cast("_Range", range_boundaries(found.decode()))
                for row in range(cells[1], cells[3] + 1):
                    if cells not in (there := merged.setdefault(row, [])):  # pieces overlap
                        there.append(cells)
            last = both[-_LONGEST_TAG:]
    return _SheetMarkup(merged, formulas)


def _text(value: object) -> str:
    """Return a cell as text."""
    match value:
        case None:
            text = ""
        case bool():
            text = "true" if value else "false"
        case float():
            text = format(Decimal(int(value)) if value.is_integer() else Decimal(repr(value)), "f")
        case datetime():
            text = (value.date() if value.time() == time() else value).isoformat()
        case date() | time():
            text = value.isoformat()
        case timedelta():
            minutes, seconds = divmod(int(value.total_seconds()), 60)
            text = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
        case _:
            text = unescape(str(value)) if "_x" in str(value) else str(value)  # such as “_x000D_”, a carriage return
    return text


def seekable(content: io.BufferedReader) -> BinaryIO:
    """Return a workbook in memory, for random access."""
    return io.BytesIO(content.read())
