"""The rows of a table as it stands now, for an importer to tell what a file changes."""

from collections.abc import Iterator
from uuid import UUID

from service.formats.export.incidents import Asked, exporting
from service.formats.tables.cells import Cells
from service.formats.tables.mapping import TableMap
from service.formats.tables.rows import Row, rows_in


class Held(Cells):
    """The cells of a row that stands, none where it was removed; by which report, and its place at its moment."""

    def __init__(self, row: Row) -> None:
        super().__init__(row.cells)
        self.report_id: UUID = row.report_id
        self.order: int = row.order


def held(url: str, table: TableMap) -> dict[str, Held]:
    """Return the rows of a table at the head of the log at `url`, by key; a row that was removed has no cells.

    Raises PostgresProblem and psycopg.Error.
    """
    found: dict[str, Held] = {}
    for row in _rows(url, table):  # a row that was moved may have been said in several incidents
        if row.key not in found or found[row.key].order < row.order:
            found[row.key] = Held(row)
    return found


def _rows(url: str, table: TableMap) -> Iterator[Row]:
    with exporting(url, Asked(prefix=f"{table.table}-", joined=True)) as export:
        for each in export.incidents():
            yield from rows_in(each.history, None, table)
