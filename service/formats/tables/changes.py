"""Changes of a table: each file, or version in a repository, is compared with the rows before it."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from service.formats.files.csv_rows import unread_sheet_notes
from service.formats.files.text_files import expect_text, file_size, read_bytes
from service.formats.importer import (
    BatchLine,
    ImportFault,
    ImportNote,
    ImportSource,
    Location,
    UnreadableSource,
    check_reported_at,
)
from service.formats.tables.duplicates import settle_duplicates
from service.formats.tables.mapping import MappingError, TableMap, read_mapping
from service.formats.tables.parsed_table import (
    NotATable,
    ParsedTable,
    RawRow,
    RowFault,
    flattened,
    same_typed,
    typed_cells,
)
from service.formats.tables.read_file import parse
from service.formats.tables.row_reader import MappedRow, UnfitCell
from service.formats.tables.row_reports import ReportStamp, registration, removal, report_id, row_lines
from service.formats.tables.table_rows import CurrentRow

TableFormat = Literal["csv", "json"]


def mapping_of(source: ImportSource, written: TableFormat | None = None) -> TableMap:
    """Return the mapping of an import. Raises UnreadableSource, also if its format is not `written`.

    Encoding and sheet of the command line take precedence over the mapping file.
    """
    try:
        table = read_mapping(source.map)
    except MappingError as fault:
        raise UnreadableSource(str(fault)) from fault
    if written not in (None, table.format):
        raise UnreadableSource(f"{source.map}: its table is written in {table.format.upper()}; import it as that.")
    overrides = {"encoding": source.layout.encoding, "sheet": source.layout.sheet}
    return table.model_copy(update={name: value for name, value in overrides.items() if value is not None})


def registration_lines(source: ImportSource, table: TableMap) -> Iterator[BatchLine]:
    """Yield the line that registers the source of a table, if its mapping file describes it."""
    if document := registration(table):
        yield BatchLine(Location(str(source.map)), document)


def read_files(source: ImportSource, written: TableFormat) -> Iterator[BatchLine | ImportFault | ImportNote]:
    """Read files in order, each a later state of its table than the one before.

    Raises UnreadableSource, before the first line if one of them is no text.
    """
    table = mapping_of(source, written)
    for path in source.paths:
        expect_text(path, table.layout)
    notes = [note for path in source.paths for note in unread_sheet_notes(path, table.layout)]
    check_reported_at(source.reported_at)
    state = _TableState(table, source)
    yield from notes
    yield from registration_lines(source, table)
    for path in source.paths:
        try:
            yield from state.changes(str(path), parse(table, read_bytes(path)))
        except NotATable as problem:
            yield ImportFault(Location(str(path)), str(problem))
        source.advance(file_size(path))


class _TableState:
    """Current rows of a table during an import. The id of a row's report depends on the report before it.

    So importing a file again adds nothing; states A, B, A are three reports; and an interrupted import continues with
    the same ids.
    """

    def __init__(self, table: TableMap, source: ImportSource) -> None:
        self._table = table
        self._reported_at = source.reported_at
        self._rows = {key: (dict(cells), *_last_report(cells)) for key, cells in source.current_rows(table).items()}

    def changes(self, file: str, parsed: ParsedTable) -> Iterator[BatchLine | ImportFault | ImportNote]:
        """Yield the differences of a file from the current rows."""
        current = {key: cells for key, (cells, *_) in self._rows.items()}
        parsed = settle_duplicates(
            self._table, parsed, current, lambda raw, cells: same_typed(typed_cells(self._table, raw)[0], cells)
        )
        yield from (ImportNote(Location(file), sentence) for sentence in self._lacking(parsed))
        if sentence := self._empty(parsed):
            yield ImportNote(Location(file), sentence)
        for fault in parsed.faults:
            yield ImportFault(Location(file, fault.line, fault.column), fault.reason)
        for key, raw in parsed.rows.items():
            cells, _ = typed_cells(self._table, raw)
            before = self._rows.get(key)
            if before is None or not same_typed(cells, before[0]):
                where = Location(file, parsed.line_of(key))
                yield from parsed.losses(key, where)
                try:
                    stamp = self._stamp(key, raw)
                except UnfitCell as problem:
                    yield ImportFault(where._replace(column=problem.column), str(problem))
                    continue
                for each in row_lines(self._table, key, raw, stamp, where, new=before is None):
                    yield each
                    if isinstance(each, BatchLine) and "incident" in each.document:
                        self._rows[key] = (cells, stamp.report_id, stamp.order)
        if self._table.whole_file and not parsed.broken:
            yield from self._removed(file, parsed)

    def _lacking(self, parsed: ParsedTable) -> list[str]:
        """Return sentences on mapped columns that no row has; rows of JSON are flattened only if one is missing."""
        rows = parsed.rows.values()
        lacking = list(self._table.missing_columns(set[str]().union(*rows))) if rows else []
        if lacking and self._table.format == "json":
            flat = (flattened(raw, self._table.whole_columns) for raw in rows)
            return list(self._table.missing_columns(set[str]().union(*flat)))
        return lacking

    def _empty(self, parsed: ParsedTable) -> str:
        """Return a sentence if a file has no row, with the number of rows that this removes; else empty."""
        if parsed.rows or parsed.faults or parsed.contested:
            return ""
        remaining = sum(1 for cells, *_ in self._rows.values() if cells)
        removed = f', so all {remaining:,} that stand are said to be removed ("whole_file")'
        return "The table has no row" + (removed if self._table.whole_file and remaining else "") + "."

    def _removed(self, file: str, parsed: ParsedTable) -> Iterator[BatchLine]:
        present = parsed.rows.keys() | parsed.contested
        for key in [key for key, (cells, *_) in self._rows.items() if cells and key not in present]:
            stamp = self._stamp(key, {})
            yield BatchLine(Location(file), removal(self._table, key, self._rows[key][0], stamp))
            self._rows[key] = ({}, stamp.report_id, stamp.order)

    def _stamp(self, key: str, raw: RawRow) -> ReportStamp:
        """Return id, time and order of a row's report; the time is of its column, else of the file, else of recording.

        Raises UnfitCell if the column cannot be read.
        """
        pattern = self._table.reported_at
        own = (
            MappedRow(self._table, flattened(raw, self._table.whole_columns)).when(pattern) if pattern and raw else None
        )
        moment = own or self._reported_at
        _, last, order = self._rows.get(key, ({}, None, -1))
        cells, _ = typed_cells(self._table, raw)
        return ReportStamp(report_id(self._table.table, key, "after", last, moment, cells), moment, order + 1)


def _last_report(cells: object) -> tuple[object, int]:
    """Return the last report of a row, and its order among those of its moment."""
    return (cells.report_id, cells.order) if isinstance(cells, CurrentRow) else (None, 0)


COMMIT = "git commit"
"""Key of the version in `external_ids` of a report."""


class FileVersion(NamedTuple):
    """A version of a file: its number from 1, the commit that made it, when (RFC 3339), and its bytes."""

    number: int
    commit: str
    moment: str
    data: bytes


class VersionSequence:
    """A table in its last readable version; changes are reported once, with ids from the commit.

    A rejected row leaves its last report in force; its fault is reported again only when the row changes.
    """

    def __init__(self, table: TableMap, file: str, opened: Iterable[str] = ()) -> None:
        """Start without a version; `opened` are the keys of rows whose incidents exist already, with any title."""
        self._table = table
        self._opened = set(opened)
        self._file = file
        self._last = ParsedTable({}, [])
        self._rejected: set[str] = set()
        self._faults: set[tuple[str | None, str]] = set()

    def changes(self, version: FileVersion) -> Iterator[BatchLine | ImportFault]:
        """Yield the changes of a version: added and changed rows in its order, then removed rows."""
        try:
            parsed = settle_duplicates(self._table, parse(self._table, version.data), self._last.rows, same_typed)
        except NotATable as problem:
            yield ImportFault(Location(self._file, version=version.commit), f"The version is passed over: {problem}")
            return
        yield from self._new_faults(version, parsed.faults)
        for key, raw in parsed.changed(self._last):
            yield from self._changed(version, parsed, key, raw)
        missing = [key for key in self._last.rows if key not in parsed.rows]
        contested = [key for key in missing if key in parsed.contested]
        removed = [key for key in missing if key not in parsed.contested]
        parsed.rows.update({key: self._last.rows[key] for key in contested})
        if parsed.broken:
            parsed.rows.update({key: self._last.rows[key] for key in removed})
        else:
            yield from self._removed(version, removed)
        self._last = parsed

    def _changed(
        self, version: FileVersion, parsed: ParsedTable, key: str, raw: RawRow
    ) -> Iterator[BatchLine | ImportFault]:
        where = Location(self._file, version=version.commit)
        new = key not in self._last.rows or key in self._rejected
        opens = new and key not in self._opened
        accepted = False
        for each in (
            *parsed.losses(key, where),
            *row_lines(self._table, key, raw, self._stamp(version, key), where, new=opens),
        ):
            if isinstance(each, ImportFault):  # finding the line is slow: only for faults
                yield ImportFault(each.where._replace(line=parsed.line_of(key)), each.reason)
            else:
                accepted = True
                yield each
        if accepted and not self._table.title_stays:
            self._opened.add(key)
        if new:
            (self._rejected.discard if accepted else self._rejected.add)(key)

    def _removed(self, version: FileVersion, removed: Iterable[str]) -> Iterator[BatchLine]:
        for key in removed:
            if key in self._rejected:
                self._rejected.discard(key)
                continue
            cells = flattened(self._last.rows[key], self._table.whole_columns)
            document = removal(self._table, key, cells, self._stamp(version, key))
            yield BatchLine(Location(self._file, version=version.commit), document)

    def _stamp(self, version: FileVersion, key: str) -> ReportStamp:
        own_id = report_id(self._table.table, key, version.commit)
        return ReportStamp(own_id, version.moment, version.number, {COMMIT: version.commit})

    def _new_faults(self, version: FileVersion, faults: Iterable[RowFault]) -> Iterator[ImportFault]:
        """Yield the faults that the version before did not have: most faults stay for many versions."""
        before, self._faults = self._faults, {(fault.column, fault.reason) for fault in faults}
        for fault in faults:
            if (fault.column, fault.reason) not in before:
                yield ImportFault(Location(self._file, fault.line, fault.column, version.commit), fault.reason)
