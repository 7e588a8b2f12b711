"""Detection of a table's layout without a mapping file: encoding, format, header or path of rows, and columns."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mode
from typing import Any, BinaryIO, Final, Literal, NamedTuple, cast

from service.formats.files.compression import decompressed, is_workbook, refuse_unsupported
from service.formats.files.csv_rows import DELIMITERS, guess_delimiter
from service.formats.files.encodings import decode_by_guess
from service.formats.files.headers import HEADER_WITHIN, TableRecord, above_hashtags, clean_name, is_hashtag_row
from service.formats.files.workbooks import seekable, sheet_records, sheets_with_data
from service.formats.tables.column_kinds import is_day, is_number
from service.formats.tables.json_rows import BY_KEY, JsonRows, paths_in, read_json_rows
from service.formats.tables.parsed_table import NotATable, RawRow, cell_text, flattened
from service.formats.tables.read_csv import UNREADABLE, csv_records
from service.formats.tables.read_json import is_feature, row_of_feature

_MOST_OF: Final = 0.6
_FEW: Final = 3


@dataclass
class DetectedTable:
    """Layout found in a file: fields of a mapping file, the cells of each column as text, and open questions."""

    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    columns: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    unsure: list[str] = field(default_factory=list[str])


class _HeaderAndRows(NamedTuple):
    """The header record (None: there is none), and the records of rows."""

    header: TableRecord | None
    rows: Sequence[TableRecord]


def detect_table(data: bytes, written: Literal["csv", "json"] | None, sheet: str | None) -> DetectedTable:
    """Detect a file's layout. Raises UnsupportedFile, UndecodableText, NotATable, and what unpacking raises."""
    found = DetectedTable()
    content = decompressed(io.BufferedReader(io.BytesIO(data)))
    if is_workbook(content):
        _sheet(found, seekable(content), sheet)
        return found
    refuse_unsupported(content)
    text, encoding, reason = decode_by_guess(content.read())
    if encoding is not None:
        found.fields["encoding"] = encoding
        found.unsure.append(f"The encoding is guessed as {encoding}: {reason}")
    looks_like = "json" if text.lstrip("\ufeff \t\r\n")[:1] in ("[", "{") else "csv"
    if (written or looks_like) == "json":
        _json(found, text)
    else:
        _csv(found, text)
    return found


def _sheet(found: DetectedTable, workbook: BinaryIO, sheet: str | None) -> None:
    found.fields["format"] = "csv"
    names = sheets_with_data(workbook)
    if sheet is not None:
        found.fields["sheet"] = sheet
    elif len(names) > 1:
        found.fields["sheet"] = names[0]
        found.unsure.append(f"The workbook has several sheets with data, “{'”, “'.join(names)}”: the first is taken.")
    _grid(found, list(sheet_records(workbook, found.fields.get("sheet"))))


def _csv(found: DetectedTable, text: str) -> None:
    found.fields["format"] = "csv"
    lines = io.StringIO(text, newline="")
    delimiter = guess_delimiter(lines.readlines()[:HEADER_WITHIN], DELIMITERS + "|")
    if delimiter != ",":
        found.fields["csv"] = {"delimiter": delimiter}
    records = list(csv_records(text, delimiter=delimiter))
    for record in records:
        for flaw in record.flaws:
            raise NotATable(f"Line {record.line} cannot be read as CSV: {flaw.reason.removeprefix(UNREADABLE)}")
    _grid(found, [record for record in records if any(map(str.strip, record.cells))])


def _grid(found: DetectedTable, records: Sequence[TableRecord]) -> None:
    if not records:
        raise NotATable("The file is empty.")
    head = _head(found, records)
    width = max(len(record.cells) for record in head.rows) if head.rows else 0
    if head.header is None:
        names = [f"column {place}" for place in range(1, width + 1)]
        found.fields |= {"header": 0, "columns": names}
        found.unsure.append(
            "There seems to be no header, so the columns have numbers for names: name them in “columns”."
        )
    else:
        names = _names(found, head)
    columns = {name: [_cell(record, place) for record in head.rows] for place, name in enumerate(names)}
    found.columns |= {name: cells for name, cells in columns.items() if name}


def _cell(record: TableRecord, place: int) -> str:
    return record.cells[place] if place < len(record.cells) else ""


def _head(found: DetectedTable, records: Sequence[TableRecord]) -> _HeaderAndRows:
    """Find the header: above hashtags, else the first record with at least 60 % of the usual number of cells."""
    first = records[:HEADER_WITHIN]
    place = above_hashtags(first)
    if not place:
        full = [sum(1 for cell in record.cells if cell.strip()) for record in first]
        usual = mode(full[len(full) // 2 :])
        place = next((at for at, count in enumerate(full) if count >= usual * _MOST_OF), 0)
        if records[place].line > 1 and place:
            found.fields["header"] = records[place].line
            found.unsure.append(f"The lines above line {records[place].line} are taken for titles, and left out.")
    filled = [cell for cell in records[place].cells if cell.strip()]
    numbers = sum(map(is_number, filled))
    if not dates_in(filled) and numbers * _FEW >= len(filled) > 1:
        return _HeaderAndRows(None, records[place:])
    below = records[place + 1 :]
    return _HeaderAndRows(records[place], below[1:] if below and is_hashtag_row(below[0].cells) else below)


def dates_in(names: Sequence[str]) -> bool:
    """Say whether at least three names of columns are distinct days, as in a table with a column a day."""
    days = [name for name in names if is_day(name)]
    return len(days) >= _FEW and len(set(days)) == len(days)


def _names(found: DetectedTable, head: _HeaderAndRows) -> list[str]:
    """Return the names of the columns, made unique if repeated; empty for a column that is left out."""
    names = [clean_name(cell) for cell in head.header.cells] if head.header else []
    filled = {place for record in head.rows for place, cell in enumerate(record.cells) if cell.strip()}
    unnamed = [place + 1 for place, name in enumerate(names) if not name and place in filled]
    if len(set(filter(None, names))) < len(list(filter(None, names))):
        names = list(_made_unique(names))
        found.fields["header_names"] = names
        found.unsure.append(
            "The header has a name twice, so all columns are named anew in “header_names”: say what they are."
        )
    elif unnamed:
        found.fields["unnamed"] = "ignore"
        found.unsure.append(f"Columns without a name have content and are left out: {', '.join(map(str, unnamed))}.")
    return names


def _made_unique(names: Sequence[str]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        plain = name or f"column {place}"
        seen[plain] = seen.get(plain, 0) + 1
        yield plain if seen[plain] == 1 else f"{plain} ({seen[plain]})"


def _json(found: DetectedTable, text: str) -> None:
    found.fields["format"] = "json"
    rows = _rows(found, text)
    objects = [(place, cast("RawRow", row)) for place, row in enumerate(rows.values) if isinstance(row, dict)]
    features = any(is_feature(row) for _, row in objects)
    flat: list[Mapping[str, Any]] = []
    for place, row in objects:
        named = {"id": rows.names[place]} if rows.names is not None else {}
        flat.append(flattened({**named, **(row_of_feature(row) if is_feature(row) else row)}, frozenset()))
    if any(isinstance(cell, dict) for _, row in objects for cell in row.values()) and not features:
        found.fields["nested"] = True
    names = dict.fromkeys(name for row in flat for name in row)
    whole = [name for name in names if any(isinstance(row.get(name), list) for row in flat)]
    if whole:
        found.fields["types"] = dict.fromkeys(whole, "json")
        found.unsure.append(f"Lists are kept whole, and nothing is read from them: “{'”, “'.join(whole)}”.")
    if any(cell in ("NaN", "Infinity", "-Infinity") for row in flat for cell in row.values()):
        found.fields["nan"] = True
    found.columns |= {name: [cell_text(row.get(name)) for row in flat] for name in names if name not in whole}


def _rows(found: DetectedTable, text: str) -> JsonRows:
    """Find the rows of JSON: an array, lines, or the longest nested one; a single object is one row."""
    paths = _paths(text)
    if not paths:
        return read_json_rows(text, None, ())
    listed = [path for path in paths if not path.endswith(BY_KEY)]
    path = max(listed or paths, key=lambda each: len(read_json_rows(text, each, ()).values))
    found.fields["rows"] = path
    if path.endswith(BY_KEY):
        found.fields["key_column"] = "id"
    if len(paths) > 1:
        found.unsure.append(f"Rows may lie at “{'”, “'.join(paths[:5])}”; “{path}” is taken, which has the most.")
    return read_json_rows(text, path, ())


def _paths(text: str) -> list[str]:
    """Return the paths of possible rows in an object; empty for an array, or for lines."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return paths_in(cast("object", value)) if isinstance(value, dict) else []
