"""Tables in CSV: RFC 4180, UTF-8, with a header; verbatim, or safe for spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from domain.reading import Document, View

Cell = str | int

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
"""By which Excel knows that a file is UTF-8."""

# What NFKC makes one of = + - @ of, and the minus sign.
_STARTS: Final = r"=+\-@＝＋－＠﹦﹢﹣﹫⁺⁻⁼₊₋₌−﬩⩵⩶"
# Spaces, quotation marks, control and invisible characters, which a spreadsheet may drop from the beginning of a cell.
_SKIPPED: Final = (
    r"\s\x00-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
    "\"'`´“”„‟‘’‚‛«»‹›＂＇｀"
)
_BREAKS: Final = ";,\t\r\n"
"""Characters that some spreadsheets take for the end of a cell, also within quotation marks."""
_CONTROLS: Final = ("\t", "\r", "\n")
_START: Final = re.compile(f"[{_STARTS}]")
_BEGINNING: Final = re.compile(rf"(\A|[{_BREAKS}])([{_SKIPPED}]*)([{_STARTS}])?")


def view_rows(view: View, document: Document) -> Iterator[list[Cell]]:
    """Yield the document of a view as the rows of a table, without its header."""
    return ([_cell(row.get(name)) for name in view.columns] for row in view.rows(document))


def view_table(view: View, document: Document) -> bytes:
    """Return the document of a view as a CSV table.

    Cells are verbatim, also those that begin with "=", "+", "-" or "@", which a spreadsheet takes for formulas: figures
    and names of sources are never altered.
    """
    return csv_table(view.columns, view_rows(view, document))


def csv_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as a CSV table."""
    out = io.StringIO(newline="")
    lines = csv.writer(out)
    lines.writerow(columns)
    lines.writerows(rows)
    return out.getvalue().encode()


def spreadsheet_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as a CSV table that begins with a byte order mark, and of which no text is taken for a formula."""
    return BYTE_ORDER_MARK + csv_table(columns, (list(map(spreadsheet_cell, row)) for row in rows))


def spreadsheet_cell(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: a text that would be one has an apostrophe before it.

    That is one that begins with = + - @, of any width, also after spaces, quotation marks or invisible characters; or
    with a tab or a line break. A text of several lines, or with semicolons or commas, is taken apart by spreadsheets
    that expect another delimiter: what follows these is treated alike. Numbers are not altered.
    """
    if not isinstance(value, str) or not (value.startswith(_CONTROLS) or _START.search(value)):
        return value
    safe = _BEGINNING.sub(_with_apostrophe, value)
    return f"'{safe}" if safe.startswith(_CONTROLS) else safe


def _with_apostrophe(found: re.Match[str]) -> str:
    delimiter, skipped, start = found.groups()
    if start is None:
        return found[0]
    inner = "'" if any(each in _BREAKS for each in skipped) else ""
    return f"{delimiter}'{skipped}{inner}{start}"


def _cell(value: str | int | None) -> Cell:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value
