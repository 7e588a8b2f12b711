"""The rows of a table as it stands now, for an importer to tell what a file changes."""

from collections.abc import Iterator
from uuid import UUID

from service.formats.export.incidents import ExportRequest, open_export
from service.formats.tables.cells import AttributeCells
from service.formats.tables.mapping import TableMap
from service.formats.tables.table_rows import TableRow, rows_in


class CurrentRow(AttributeCells):
    """The cells of a row that stands, none where it was removed; by which report, and its place at its moment."""

    def __init__(self, row: TableRow) -> None:
        super().__init__(row.cells)
        self.report_id: UUID = row.report_id
        self.order: int = row.order


def current_rows(url: str, table: TableMap) -> dict[str, CurrentRow]:
    """Return the rows of a table at the head of the log at `url`, by key; a row that was removed has no cells.

    Raises PostgresProblem and psycopg.Error.
    """
    found: dict[str, CurrentRow] = {}
    for row in _rows(url, table):  # a row that was moved may have been said in several incidents
        if row.key not in found or found[row.key].order < row.order:
            found[row.key] = CurrentRow(row)
    return found


def _rows(url: str, table: TableMap) -> Iterator[TableRow]:
    with open_export(url, ExportRequest(prefix=f"{table.table}-", joined=True)) as export:
        for each in export.incidents():
            yield from rows_in(each.history, None, table)
