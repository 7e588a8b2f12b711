"""A table at every moment from one sweep: each incident is folded once, and its row asked for wherever it may change.

The row is what `service.formats.tables` exports of an incident at a reading, written as in the exported file; between
two moments at which a report begins or ceases to count, by the domain's own word, a row cannot change. So the state of
a version is the last row of each incident at or before it, and equals the file exported at that reading.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

import orjson

from domain.history.history import History, accumulate
from service.formats.exporter import Export, FoldedIncident
from service.formats.tables import TableMap
from service.formats.tables.table_rows import TableRow, rows_in
from service.formats.tables.write import csv_row, json_row
from tests.service.revisions import State, digest_of, row_line

At = TypeVar("At", int, datetime)


class Step(NamedTuple, Generic[At]):
    """What the row of an incident is from a moment, or a position, on."""

    at: At
    incident: str
    row: TableRow | None


def by_reported(export: Export, table: TableMap) -> Iterator[Step[datetime]]:
    """Yield what each incident shows at every moment on the reported clock at which that may change."""
    for slug, history in export.incidents():
        moments = {moment for report in history.reports.values() for moment in report.effective_moments()}
        for moment in sorted(moments):
            yield Step(moment, slug, _row(history, moment, table))


def _row(history: History, moment: datetime | None, table: TableMap) -> TableRow | None:
    """Return the one row of an incident into which nothing was merged."""
    found = rows_in(history, moment, table)
    assert len(found) < 2
    return found[0] if found else None


def by_position(export: Export, table: TableMap) -> Iterator[Step[int]]:
    """Yield what each incident shows from every position on at which that may change."""
    for folded in export.incidents():
        yield from _positions(folded, table)


def _positions(folded: FoldedIncident, table: TableMap) -> Iterator[Step[int]]:
    history = History(folded.history.stream)
    for recorded in folded.history.journal:
        if accumulate(history, recorded):
            yield Step(recorded.position, folded.slug, _row(history, None, table))


def states(steps: Iterable[Step[At]], asked: Sequence[At], table: TableMap) -> Iterator[tuple[str, State]]:
    """Yield the hash of the table and its rows, at each of `asked` in their order."""
    ordered = iter([*sorted(steps, key=lambda step: step.at), None])
    step = next(ordered)
    shown: dict[str, str] = {}
    state: State = {}
    lines: dict[str, bytes] = {}
    for moment in asked:
        while step is not None and step.at <= moment:
            if (key := shown.pop(step.incident, None)) is not None:
                del state[key], lines[key]
            if step.row is not None and step.row.cells:
                key = shown[step.incident] = step.row.key
                state[key] = written(step.row, table)
                lines[key] = row_line(key, state[key])
            step = next(ordered)
        yield digest_of(lines), state


def written(row: TableRow, table: TableMap) -> dict[str, Any]:
    """Return a row as whoever reads the exported file has it."""
    header = list(row.cells)
    if table.format == "csv":
        return dict(zip(header, csv_row(row.cells, header), strict=True))
    return json.loads(orjson.dumps(json_row(row.cells, header, table)), parse_constant=str)
