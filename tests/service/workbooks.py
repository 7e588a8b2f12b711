"""Workbooks of Excel as tests make them up."""

import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from openpyxl import Workbook

Sheets = Mapping[str, Iterable[Iterable[object]]]


def workbook(sheets: Sheets, finish: Callable[[Any], None] = lambda _: None) -> bytes:
    """Return a workbook with these sheets, after `finish` has had it."""
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    finish(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
