"""Versions of a table, one after another: each is told against the last one that could be read."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from service.formats.importer import BatchLine, ImportFault, Location
from service.formats.tables.duplicates import settle_duplicates
from service.formats.tables.keys import report_id
from service.formats.tables.mapping import TableMap
from service.formats.tables.parsed_table import ParsedTable, RawRow, RowFault, UnparsableTable, flattened, same_typed
from service.formats.tables.read_file import parse
from service.formats.tables.row_reports import ReportStamp, removal, row_lines

COMMIT = "git commit"
"""By which a statement names the version that it comes from, among its `external_ids`."""


class FileVersion(NamedTuple):
    """A version of a file: its number from 1, the commit that made it, when (RFC 3339), and its bytes."""

    number: int
    commit: str
    moment: str
    data: bytes


class VersionSequence:
    """A table as it was in the last version that could be read; what changes is said once, under ids of the commit.

    A row that cannot be taken leaves what was said of it before, and is told of when it changes.
    """

    def __init__(self, table: TableMap, file: str, opened: Iterable[str] = ()) -> None:
        """Begin with no version; `opened` are the keys of rows whose incidents are open, whatever their titles say."""
        self._table = table
        self._opened = set(opened)
        self._file = file
        self._last = ParsedTable({}, [])
        self._unsaid: set[str] = set()
        self._faults: set[tuple[str | None, str]] = set()

    def take(self, version: FileVersion) -> Iterator[BatchLine | ImportFault]:
        """Yield what a version changes: rows that came or changed, in its order, then rows that went."""
        try:
            parsed = settle_duplicates(self._table, parse(self._table, version.data), self._last.rows, same_typed)
        except UnparsableTable as problem:
            yield ImportFault(Location(self._file, version=version.commit), f"The version is passed over: {problem}")
            return
        yield from self._new_faults(version, parsed.faults)
        for key, raw in parsed.changed(self._last):
            yield from self._changed(version, parsed, key, raw)
        gone = [key for key in self._last.rows if key not in parsed.rows]
        contested = [key for key in gone if key in parsed.contested]
        gone = [key for key in gone if key not in parsed.contested]
        parsed.rows.update({key: self._last.rows[key] for key in contested})
        if parsed.broken:
            parsed.rows.update({key: self._last.rows[key] for key in gone})
        else:
            yield from self._removed(version, gone)
        self._last = parsed

    def _changed(
        self, version: FileVersion, parsed: ParsedTable, key: str, raw: RawRow
    ) -> Iterator[BatchLine | ImportFault]:
        where = Location(self._file, version=version.commit)
        new = key not in self._last.rows or key in self._unsaid
        opens = new and key not in self._opened
        taken = False
        for each in (
            *parsed.losses(key, where),
            *row_lines(self._table, key, raw, self._said(version, key), where, new=opens),
        ):
            if isinstance(each, ImportFault):  # only now, as it takes a while to find the line
                yield ImportFault(each.where._replace(line=parsed.line_of(key)), each.reason)
            else:
                taken = True
                yield each
        if taken and not self._table.title_stays:
            self._opened.add(key)
        if new:
            (self._unsaid.discard if taken else self._unsaid.add)(key)

    def _removed(self, version: FileVersion, gone: Iterable[str]) -> Iterator[BatchLine]:
        for key in gone:
            if key in self._unsaid:
                self._unsaid.discard(key)
                continue
            was = flattened(self._last.rows[key], self._table.whole_columns)
            document = removal(self._table, key, was, self._said(version, key))
            yield BatchLine(Location(self._file, version=version.commit), document)

    def _said(self, version: FileVersion, key: str) -> ReportStamp:
        told_by = report_id(self._table.table, key, version.commit)
        return ReportStamp(told_by, version.moment, version.number, {COMMIT: version.commit})

    def _new_faults(self, version: FileVersion, faults: Iterable[RowFault]) -> Iterator[ImportFault]:
        """Yield what the version before had not at fault: most faults stay in a file for long."""
        had, self._faults = self._faults, {(fault.column, fault.reason) for fault in faults}
        for fault in faults:
            if (fault.column, fault.reason) not in had:
                yield ImportFault(Location(self._file, fault.line, fault.column, version.commit), fault.reason)
