"""A row of a table at a reading: the cells of the last whole statement of its source that stands there."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.incident.history import History
from domain.report.attributes import Attribute, DecimalNumber
from domain.sources import origin_of
from domain.voices import withdrawn_reports
from service.exporter import Export
from service.tables.cells import Cells
from service.tables.mapping import TableMap
from service.verbatim import joined

_NUMBERED = re.compile(r"(.*)#([0-9]{1,9})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was last said: its key and cells, no cells where it was removed; by which report, in which place."""

    key: str
    cells: Cells
    report_id: UUID
    order: int


def row_of(history: History, moment: datetime | None, table: TableMap) -> Row | None:
    """Return what an incident shows of a table at `moment` on the reported clock (None: as far as we know now).

    What a source says last of an incident, whole, withdraws all that it said before (vocabulary §4), so that is the
    row; None where it said nothing of this table, and no cells where it said that there is none. What was corrected,
    retracted, moved or merged counts as everywhere else: the domain tells which reports stand, and in what order.
    """
    origin = history.origins.of(origin_of(table.source, table.via))
    said = [each for each in history.standing(moment) if each.now.origin == origin]
    withdrawn = withdrawn_reports(said) if len(said) > 1 else ()
    last = next((each for each in said if each.now.report.complete and each.ref not in withdrawn), None)
    if last is None or (key := last.now.report.external_ids.get(table.table)) is None:
        return None
    cells = joined({column: _plain(cell) for column, cell in last.now.report.attributes.items()})
    return Row(key, cells, last.report_id, last.order)


def rows_of(export: Export, table: TableMap) -> list[Row]:
    """Return the rows of a table at the reading of an export, by key; a second row of a key follows the first."""
    moment = export.reading.reported_until
    rows = (row_of(each.history, moment, table) for each in export.incidents())
    return sorted((row for row in rows if row is not None and row.cells), key=by_key)


def by_key(row: Row) -> tuple[str, int]:
    """Sort key of rows: by code point, and the second to tenth row of one key in their order."""
    numbered = _NUMBERED.fullmatch(row.key)
    return (numbered[1], int(numbered[2])) if numbered else (row.key, 1)


def _plain(cell: Attribute) -> object:
    return {"decimal": cell.decimal} if isinstance(cell, DecimalNumber) else cell
