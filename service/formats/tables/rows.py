"""The rows of a table at a reading: each has the cells of the last whole statement of its source about it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.estimates.withdrawal import group_by_home, withdrawn_reports
from domain.history.history import History, ReportHistory
from domain.reports.attributes import Attribute, DecimalNumber
from domain.values.sources import origin_of
from service.formats.coded.verbatim_cells import joined
from service.formats.exporter import Export
from service.formats.tables.cells import Cells
from service.formats.tables.mapping import TableMap

_NUMBERED = re.compile(r"(.*)#([0-9]{1,9})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was last said: its key and cells, no cells where it was removed; by which report, in which place."""

    key: str
    cells: Cells
    report_id: UUID
    order: int


def rows_in(history: History, moment: datetime | None, table: TableMap) -> list[Row]:
    """Return what an incident shows of a table at `moment` on the reported clock (None: as far as we know now).

    A row is the last whole statement of its source under its key and in the incident that it was filed under
    (vocabulary §4), so merged and moved rows come beside the incident's own; one without cells was removed. What was
    corrected or retracted counts as everywhere else: the domain tells which reports stand, and in what order.
    """
    origin = history.sources.resolve(origin_of(table.source, table.via))
    said = [each for each in history.standing_reports(moment) if each.current.origin == origin]
    return [row for own in group_by_home(said).values() for row in _rows_of_home(own, table)]


def _rows_of_home(said: Sequence[ReportHistory], table: TableMap) -> Iterator[Row]:
    by_row: dict[str | None, list[ReportHistory]] = {}
    for each in said:
        by_row.setdefault(each.current.report.external_ids.get(table.table), []).append(each)
    others = by_row.pop(None, [])
    for key, own in by_row.items():
        together = [*own, *others]
        withdrawn = withdrawn_reports(together) if len(together) > 1 else ()
        last = next((each for each in together if each.current.report.complete and each.ref not in withdrawn), None)
        if key is not None and last is not None and table.table in last.current.report.external_ids:
            cells = joined({column: _plain(cell) for column, cell in last.current.report.attributes.items()})
            yield Row(key, cells, last.report_id, last.order)


def rows_of(export: Export, table: TableMap) -> list[Row]:
    """Return the rows of a table at the reading of an export, by key; a second row of a key follows the first."""
    moment = export.reading.reported_until
    rows = (row for each in export.incidents() for row in rows_in(each.history, moment, table))
    return sorted((row for row in rows if row.cells), key=by_key)


def by_key(row: Row) -> tuple[str, int]:
    """Sort key of rows: by code point, and the second to tenth row of one key in their order."""
    numbered = _NUMBERED.fullmatch(row.key)
    return (numbered[1], int(numbered[2])) if numbered else (row.key, 1)


def _plain(cell: Attribute) -> object:
    return {"decimal": cell.decimal} if isinstance(cell, DecimalNumber) else cell
