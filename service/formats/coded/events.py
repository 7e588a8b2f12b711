"""Import of coded events (ACLED, UCDP): each row is one event, one incident, and one complete report."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

import orjson

from domain.reports.claims.claim import latest
from domain.values.text_types import JsonObject, slugify
from domain.values.time.clocks import UTC, parse_reported
from service.formats.coded.cells import (
    LABEL,
    CellError,
    EventCells,
    normalized_number,
    parse_day_as,
    read_declared_day,
    rounding_fault,
    with_decimal_point,
)
from service.formats.coded.columns import canonical_names
from service.formats.coded.json_objects import is_json, member_names, object_rows, read_objects
from service.formats.coded.verbatim_cells import attributes_of
from service.formats.files.csv_rows import CsvRow, open_records, read_rows, unread_sheet_notes
from service.formats.files.headers import HEADER_WITHIN, BadHeader, TableRecord, find_header
from service.formats.files.text_files import file_size, text_digest
from service.formats.importer import (
    BatchLine,
    ImportFault,
    ImportNote,
    ImportSource,
    Layout,
    Location,
    SourceRetraction,
    UnreadableSource,
    check_reported_at,
)

NAMESPACE: Final = UUID("5d8f7a52-6f0c-5b0e-9d55-0c1b3f2f9a06")
"""Namespace of the ids of reports; minted once and never changed."""

_SHOWN: Final = 3
_DEGREES: Final = ("latitude", "longitude")
_TURNED: Final = str.maketrans("dm", "md")
_SILENT: Final = frozenset({"NA", "N/A", "#N/A", "NaN", "nan", "NULL", "None"})
"""Missing values as R, pandas, databases and Excel write them."""


@dataclass(frozen=True, slots=True)
class Codebook:
    """Columns of a data set, and the functions that read its rows.

    `name` is the slug of the source, and the prefix of the slugs of its incidents. `event` is the column with the id of
    an event, `needed` are other required columns, `known` are all columns in order, `former_names` their former names,
    `days` those with days, `figures` those with whole numbers. `country` returns the code of a row's country, `report`
    the report's fields without source, ids and attributes; both raise CellError. `changed_at` returns the time of the
    row's last change, if the data set has it: such a row is a release of its own.

    `deleted` is the column that only a list of deleted events has, the time of deletion; `deleted_at` parses it, and
    raises CellError; `dated_by` is the column that `changed_at` reads. `is_headless_row` says whether cells are a row
    of all `known` columns: then the file has no header.
    """

    name: str
    title: str
    registration: Mapping[str, str]
    event: str
    needed: tuple[str, ...]
    known: tuple[str, ...]
    days: tuple[str, ...]
    figures: tuple[str, ...]
    country: Callable[[EventCells], str | None]
    report: Callable[[EventCells], JsonObject]
    former_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    changed_at: Callable[[EventCells], str | None] = lambda _: None
    deleted: str | None = None
    deleted_at: Callable[[EventCells], str] = lambda _: ""
    dated_by: str = ""
    is_headless_row: Callable[[EventCells], bool] = lambda _: False

    def read(self, source: ImportSource) -> Iterator[BatchLine | ImportFault | ImportNote | SourceRetraction]:
        """Yield the incident and the report of each row, with cells verbatim. Raises UnreadableSource.

        The id of a report follows from the row and its release, so the same file again changes nothing, and another
        release is another report, even of equal content. The release is the row's last change, `reported_at`, or else
        the digest of the file.
        """
        check_reported_at(source.reported_at)
        files = [self._inspect(path, source.layout) for path in source.paths]
        for file in files:
            self._refuse_swapped_days(file)
        notes = [note for file in files for note in self._notes(file)]
        digests = [text_digest(path, source.layout) for path in source.paths]  # refuses invalid text before any line
        yield from notes
        events_first = sorted(zip(files, digests, strict=True), key=lambda each: each[0].deletions)
        for file, digest in events_first:
            if file.deletions:
                yield from self._withdrawals(file, source)
            else:
                yield from self._events(file, source, source.reported_at or digest)

    def _inspect(self, path: Path, layout: Layout) -> "_EventFile":
        """Return a file with its columns under the data set's names, found in its first records."""
        with open_records(path, layout) as (_, found):
            first = list(islice(found, HEADER_WITHIN))
        if is_json(path, layout, first):
            objects = read_objects(path, layout)
            names = member_names(objects)
            columns = self._columns(names)
            renamed = dict(zip(names, columns, strict=True))
            return self._checked(_EventFile(path, layout, columns, names=renamed, objects=objects))
        header = max(first, key=self._count_known, default=TableRecord(1, []))
        if not self._count_known(header):
            if any(map(self._is_headless, first)):
                return _EventFile(path, replace(layout, header=0, names=self.known), self.known)
            raise UnreadableSource(f"{path} {self._without_header(first)}")
        layout = replace(layout, header=header.line) if header is not first[0] else layout
        try:
            columns = self._columns(find_header(first, layout).names)
        except BadHeader as problem:
            raise UnreadableSource(f"{path}: {problem}") from problem
        return self._checked(_EventFile(path, replace(layout, names=tuple(columns)), columns))

    def _columns(self, names: Sequence[str]) -> list[str]:
        """Return the names of columns, variants replaced by the data set's own."""
        numbered = ["column 1", *names[1:]] if names and not names[0] else names  # as pandas writes a row's number
        return canonical_names(self._known_names(), numbered)

    def _count_known(self, record: TableRecord) -> int:
        """Count the cells of a record that name columns."""
        return sum(new in self._known_names() for new in self._columns([cell.strip() for cell in record.cells]))

    def _known_names(self) -> tuple[str, ...]:
        former = (each for several in self.former_names.values() for each in several)
        return (*self.known, *former, self.deleted or self.event)

    def _checked(self, file: "_EventFile") -> "_EventFile":
        """Return a file with its former columns and kind. Raises UnreadableSource if it lacks a needed column."""
        path, columns, deletions = file.path, file.columns, self.deleted in file.columns
        renamed = ((now, each) for now, names in self.former_names.items() for each in names)
        former = {now: each for now, each in renamed if each in columns and now not in columns}
        lacking = [each for each in (self.event, *self.needed) if each not in columns and each not in former]
        if deletions and not lacking:
            raise UnreadableSource(
                f"{path} has the columns of events and “{self.deleted}” too, so it is not clear which it is: leave that"
                f" column out to import events, or all but “{self.event}” and that to have them withdrawn."
            )
        if missing := [each for each in lacking if each == self.event or not deletions]:
            raise UnreadableSource(f"{path} is no file of {self.title}: it has no column “{'”, “'.join(missing)}”.")
        return replace(file, former_columns=former, deletions=deletions)

    def _is_headless(self, record: TableRecord) -> bool:
        same = len(record.cells) == len(self.known)
        return same and self.is_headless_row(dict(zip(self.known, record.cells, strict=True)))

    def _without_header(self, first: Sequence[TableRecord]) -> str:
        """Return the sentence for a file without a known column."""
        if not any(cell.strip() for record in first for cell in record.cells):
            return f"is empty; a file of {self.title} begins with the names of its columns."
        begins = "”, “".join(cell[:40] for cell in first[0].cells[:_SHOWN]) if first else ""
        needed = ", ".join((self.event, *self.needed[:_SHOWN]))
        return (
            f"has no header row with the columns of {self.title}: it begins with “{begins}”. Put their names above the"
            f" rows ({needed} …)."
        )

    def _normalized(self, row: CsvRow, file: "_EventFile") -> EventCells:
        """Return the cells of a row in the data set's own notation. Raises CellError."""
        layout, cells = file.layout, row.cells
        if file.former_columns:
            cells = cells | {now: cells[each] for now, each in file.former_columns.items()}
        if not _SILENT.isdisjoint(cells.values()):
            cells = {name: "" if cell in _SILENT else cell for name, cell in cells.items()}
        if layout.dates and file.deletions:  # a list of deletions may have seconds instead
            days = {each: parse_day_as(cells[each].strip(), layout.dates) for each in (self.deleted or "",)}
            cells = cells | {name: day for name, day in days.items() if day}
        elif layout.dates:
            cells = cells | {
                name: read_declared_day(cells, name, layout.dates) for name in self.days if cells[name].strip()
            }
        if layout.decimal:
            numbers = [name for name in (*_DEGREES, *self.figures) if name in cells]
            cells = cells | {name: with_decimal_point(cells, name, layout.decimal) for name in numbers}
        return cells

    def _refuse_swapped_days(self, file: "_EventFile") -> None:
        """Refuse a file with a day that matches `--dates` only with day and month swapped: others may be too."""
        written = file.layout.dates
        if written is None or file.deletions:
            return
        turned = written.translate(_TURNED)
        found = (row for row in file.rows(lambda _: None) if isinstance(row, CsvRow))
        for row, name in ((row, name) for row in found for name in self.days):
            cell = row.cells[name].strip()
            if cell and parse_day_as(cell, written) is None and parse_day_as(cell, turned) is not None:
                raise UnreadableSource(
                    f"{file.path} is not written as --dates says, and nothing of it is recorded: {name} in line"
                    f" {row.line:,} is “{cell[:40]}”, which is no day as “{written}” but one as “{turned}”."
                )

    def _notes(self, file: "_EventFile") -> Iterator[ImportNote]:
        """Yield a note if a file has no header, or sheets that are not read."""
        if file.layout.header == 0:
            order = f"columns are taken in the order of the codebook of {self.title}"
            yield ImportNote(Location(str(file.path)), f"It has no header row; its {len(self.known)} {order}.")
        yield from unread_sheet_notes(file.path, file.layout)

    def _events(self, file: "_EventFile", source: ImportSource, release: str) -> Iterator[BatchLine | ImportFault]:
        yield BatchLine(Location(str(file.path), 1), {"register": self.registration})
        for row in file.rows(source.advance):
            if isinstance(row, ImportFault):
                yield row
                continue
            where = Location(str(file.path), row.line)
            try:
                yield from self._lines(where, row, self._normalized(row, file), (release, source.reported_at))
            except CellError as error:
                yield ImportFault(where._replace(column=error.column), error.reason)

    def _withdrawals(self, file: "_EventFile", source: ImportSource) -> Iterator[ImportFault | SourceRetraction]:
        """Yield the faults of a list of deleted events, then its withdrawals ordered by time."""
        found: list[SourceRetraction] = []
        for row in file.rows(source.advance):
            if isinstance(row, ImportFault):
                yield row
                continue
            where = Location(str(file.path), row.line)
            try:
                event, slug = self._event_and_slug(row.cells)
                moment = self.deleted_at(self._normalized(row, file))
                found.append(SourceRetraction(where, self.name, slug, event, moment, self.dated_by))
            except CellError as error:
                yield ImportFault(where._replace(column=error.column), error.reason)
        yield from sorted(found, key=lambda each: latest(parse_reported(each.reported_at, UTC)))

    def _event_and_slug(self, cells: EventCells) -> tuple[str, str]:
        """Return the id of the event of a row, and the slug of its incident. Raises CellError."""
        event = normalized_number(cells[self.event])
        if lost := rounding_fault(event):
            raise CellError(self.event, lost)
        slug = slugify(f"{self.name}-{event}")
        if not event or len(event) > LABEL or slug == self.name:
            raise CellError(self.event, f"“{event[:100]}” is no id of an event.")
        return event, slug

    def _lines(
        self, where: Location, row: CsvRow, cells: EventCells, released: tuple[str, str | None]
    ) -> Iterator[BatchLine]:
        """Yield the incident and the report of a row; `released` is its release and the reported time of that."""
        release, reported_at = released
        event, slug = self._event_and_slug(cells)
        country, changed_at = self.country(cells), self.changed_at(cells)
        stated = self.report(cells)
        # Only fields that no release revises: another title would be another request to open the incident.
        opening = {"slug": slug, "title": f"{self.title} event {event}"[:LABEL]}
        yield BatchLine(where, {"open": opening | ({"countries": [country]} if country else {})})
        content = orjson.dumps(["" if changed_at else release, row.cells], option=orjson.OPT_SORT_KEYS).decode()
        when = changed_at or reported_at
        report = {
            "incident": slug,
            "report_id": str(uuid5(NAMESPACE, f"{self.name}:{content}")),
            "source": self.name,
            **({"reported_at": when} if when else {}),
            **stated,
            "complete": True,
            "event": slug,
            "attributes": attributes_of(row.cells),
            "external_ids": {self.name: event},
        }
        yield BatchLine(where, report)


@dataclass(frozen=True, slots=True)
class _EventFile:
    """A file of events: its columns by present name, and the file's own former names by present name.

    `objects` are the rows of a JSON file, and `names` the present names of its members.
    """

    path: Path
    layout: Layout
    columns: Sequence[str]
    former_columns: Mapping[str, str] = field(default_factory=dict[str, str])
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    objects: Sequence[object] | None = None
    deletions: bool = False

    def rows(self, advance: Callable[[int], None]) -> Iterator[CsvRow | ImportFault]:
        """Yield its rows. Raises UnreadableSource."""
        if self.objects is None:
            yield from read_rows(self.path, advance, self.layout)
        else:
            yield from object_rows(self.path, self.objects, self.names)
            advance(file_size(self.path))
