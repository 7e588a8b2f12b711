"""Workbooks (XLSX) of a table, and of what it is an answer to; every text is a text, never a formula."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

MISSING: Final = "This service is installed without workbooks: whoever runs it runs `pip install 'knownwhen[xlsx]'`."
"""What to do where the extra is missing."""
LONGEST_TEXT: Final = 32_767
"""The most characters of a cell, in UTF-16."""
_CUT: Final = " … (cut: the CSV has all of it)"
_EXACT: Final = 10**15
"""A spreadsheet keeps fifteen digits of a number; a longer one is written as text."""
_CREATED: Final = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_WIDTHS: Final = (8, 40)


def can_write() -> bool:
    """Say whether the library is there: it comes with an extra."""
    return find_spec("xlsxwriter") is not None


def workbook(
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    about: Mapping[str, object],
    *,
    rtl: bool = False,
) -> bytes:
    """Return a workbook with the sheet `name`, a table with a header that stays and filters, and `coordinates`.

    The rows are written one by one, without being kept. The same table has the same bytes.
    """
    xlsxwriter: Any = import_module("xlsxwriter")  # of an extra

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        book.set_properties({"title": name, "created": _CREATED})
        bold = book.add_format({"bold": True, "bottom": 1})
        _sheet(book.add_worksheet(name), columns, rows, bold, rtl=rtl)
        _sheet(book.add_worksheet("coordinates"), ("name", "value"), about.items(), bold, rtl=rtl)
    return out.getvalue()


def _sheet(sheet: Any, columns: Sequence[str], rows: Iterable[Sequence[object]], header: Any, *, rtl: bool) -> None:  # noqa: ANN401 - the library has no types
    """Write a table: its header stays in view and filters."""
    if rtl:
        sheet.right_to_left()
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(columns):
        sheet.write_string(0, column, title, header)
    last = 0
    for last, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            _write(sheet, last, column, value)
    sheet.autofilter(0, 0, last, len(columns) - 1)
    for column, title in enumerate(columns):
        sheet.set_column(column, column, min(max(len(title) + 4, _WIDTHS[0]), _WIDTHS[1]))


def _write(sheet: Any, row: int, column: int, value: object) -> None:  # noqa: ANN401 - likewise
    if value is None or value == "":
        return
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _EXACT:
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, fitting(str(value)))


def fitting(text: str) -> str:
    """Return a text that a cell can hold; one that is too long is cut, and says so."""
    if len(text) <= LONGEST_TEXT // 2 or len(units := text.encode("utf-16-le")) <= 2 * LONGEST_TEXT:
        return text
    return units[: 2 * (LONGEST_TEXT - len(_CUT))].decode("utf-16-le", "ignore") + _CUT
