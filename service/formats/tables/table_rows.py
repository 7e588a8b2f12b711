"""Rows of a table at a reading, or at the head of the log: the cells of the last complete report of each."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.estimates.whole_statements import group_by_home, withdrawn_reports
from domain.history.history import History, ReportHistory
from domain.reports.attributes import Attribute, DecimalNumber
from domain.values.sources import origin_of
from service.formats.coded.verbatim_cells import joined_cells
from service.formats.export.incidents import ExportRequest, open_export
from service.formats.exporter import Export
from service.formats.tables.mapping import TableMap
from service.formats.tables.parsed_table import AttributeCells

_NUMBERED = re.compile(r"(.*)#([0-9]{1,9})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: its key and cells, without cells if removed; its last report, and that report's order."""

    key: str
    cells: AttributeCells
    report_id: UUID
    order: int


def rows_in(history: History, moment: datetime | None, table: TableMap) -> list[TableRow]:
    """Return the rows of a table in an incident at `moment` on the reported clock (None: now).

    A row is the last complete report of its source under its key and in the incident that it was filed under
    (vocabulary §4), so merged and moved rows are included; one without cells was removed. The domain determines which
    reports stand, and their order.
    """
    origin = history.sources.resolve(origin_of(table.source, table.via))
    reports = [each for each in history.standing_reports(moment) if each.current.origin == origin]
    return [row for own in group_by_home(reports).values() for row in _rows_of_home(own, table)]


def _rows_of_home(reports: Sequence[ReportHistory], table: TableMap) -> Iterator[TableRow]:
    by_row: dict[str | None, list[ReportHistory]] = {}
    for each in reports:
        by_row.setdefault(each.current.report.external_ids.get(table.table), []).append(each)
    others = by_row.pop(None, [])
    for key, own in by_row.items():
        together = [*own, *others]
        withdrawn = withdrawn_reports(together) if len(together) > 1 else ()
        last = next((each for each in together if each.current.report.complete and each.ref not in withdrawn), None)
        if key is not None and last is not None and table.table in last.current.report.external_ids:
            cells = joined_cells({column: _plain(cell) for column, cell in last.current.report.attributes.items()})
            yield TableRow(key, cells, last.report_id, last.order)


def rows_of(export: Export, table: TableMap) -> list[TableRow]:
    """Return the rows of a table at the reading of an export, sorted by key; numbered rows of a key are together."""
    moment = export.reading.reported_until
    rows = (row for each in export.incidents() for row in rows_in(each.history, moment, table))
    return sorted((row for row in rows if row.cells), key=by_key)


def by_key(row: TableRow) -> tuple[str, int]:
    """Sort key of rows: key by code point, then number."""
    numbered = _NUMBERED.fullmatch(row.key)
    return (numbered[1], int(numbered[2])) if numbered else (row.key, 1)


def _plain(cell: Attribute) -> object:
    return {"decimal": cell.decimal} if isinstance(cell, DecimalNumber) else cell


class CurrentRow(AttributeCells):
    """The cells of a current row, empty if removed; its last report, and that report's order."""

    def __init__(self, row: TableRow) -> None:
        super().__init__(row.cells)
        self.report_id: UUID = row.report_id
        self.order: int = row.order


def current_rows(url: str, table: TableMap) -> dict[str, CurrentRow]:
    """Return the rows of a table at the head of the log at `url`, by key; a removed row has no cells.

    Raises PostgresProblem and psycopg.Error.
    """
    found: dict[str, CurrentRow] = {}
    for row in _rows(url, table):  # a moved row may have reports in several incidents
        if row.key not in found or found[row.key].order < row.order:
            found[row.key] = CurrentRow(row)
    return found


def _rows(url: str, table: TableMap) -> Iterator[TableRow]:
    with open_export(url, ExportRequest(prefix=f"{table.table}-", joined=True)) as export:
        for each in export.incidents():
            yield from rows_in(each.history, None, table)
