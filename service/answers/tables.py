"""Tables in CSV: RFC 4180, UTF-8, with a header."""

import csv
import io
from collections.abc import Iterable, Sequence

from domain.reading import Document, View


def view_table(view: View, document: Document) -> bytes:
    """Return the document of a view as a CSV table.

    Cells are verbatim, also those that begin with "=", "+", "-" or "@", which a spreadsheet takes for formulas: figures
    and names of sources are never altered.
    """
    return csv_table(view.columns, ([_cell(row.get(name)) for name in view.columns] for row in view.rows(document)))


def csv_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as a CSV table."""
    out = io.StringIO(newline="")
    lines = csv.writer(out)
    lines.writerow(columns)
    lines.writerows(rows)
    return out.getvalue().encode()


def _cell(value: str | int | None) -> str | int:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value
