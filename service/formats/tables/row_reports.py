"""Reports of a row: the lines that register its source, open its incident and file its cells as complete reports."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, cast
from uuid import UUID, uuid5

from pydantic import ValidationError

from domain.reports.kinds.observation_noted import ObservationNoted
from domain.values.text_types import SLUG_LENGTH, slugify
from service.formats.coded.verbatim_cells import attributes_of
from service.formats.importer import BatchLine, ImportFault, LineBody, Location
from service.formats.tables.column_kinds import silence_hint
from service.formats.tables.figures import claims_of, column_of
from service.formats.tables.mapping import TableMap
from service.formats.tables.mapping_columns import DurationPattern
from service.formats.tables.parsed_table import BEYOND, CellFault, RawRow, cell_text, flattened, key_parts, typed_cells
from service.formats.tables.pattern import columns_of, filled
from service.formats.tables.row_reader import MappedRow, UnfitCell

NAMESPACE: Final = UUID("7d1b6f0e-4a35-5b7c-9d1f-6a0c3e2b8f54")
"""Namespace of the ids of reports of rows; never changed."""
_TITLE_LENGTH = 300
_PLAIN = re.compile(r"[0-9][0-9a-z]*(?:-[0-9a-z]+)*")
_BLANK = "\0"
_BRACKETS = re.compile(r"\s*[(\[]\s*\0\s*[)\]]")
_LEADING = re.compile(r"^(?:\0\s*[,;:/|\u2013\u2014-]*\s*)+")
_FOLLOWING = re.compile(r"\s*[,;:/|\u2013\u2014-]*\s*\0")
_HASHED = re.compile(r"(?:.*-)?[0-9a-f]{10}")


def slug_of(table: str, key: str) -> str:
    """Return the slug of a row's incident, unique over all tables.

    A key of digits, small letters and hyphens that begins with a digit is used unchanged: `gaza-daily-2023-10-07`. Any
    other gets ten hex digits of a hash of table and key: `oryx-totals-russia-tanks-1f0e9d8c7b`.
    No word of a table's name begins with a digit, so the beginning of the key is unambiguous.
    """
    plain = f"{table}-{key}"
    if len(plain) <= SLUG_LENGTH and _PLAIN.fullmatch(key) and not _HASHED.fullmatch(key):
        return plain
    digest = hashlib.sha256(json.dumps([table, key]).encode()).hexdigest()[:10]
    readable = f"{table}-{slugify(key)}"[: SLUG_LENGTH - len(digest) - 1].rstrip("-")
    return f"{readable}-{digest}"


def title_of(table: TableMap, key: str, cells: Mapping[str, object]) -> str:
    """Return the title of a row: the pattern over its cells, key cells up to `key_cut`.

    Punctuation around an empty column is dropped; further rows of a key have its suffix.
    """
    row = MappedRow(table, cells)
    parts = key_parts(table, lambda column: cell_text(row.cell(column)))
    texts = dict.fromkeys(table.key, "") | dict(zip(table.key, parts, strict=False))

    def text_for(column: str) -> str:
        return (texts[column] if column in texts else row.text(column)).strip()

    title = filled(table.title, text_for) or _tidied(table.title, text_for) or f"{table.table}: {key.strip('|')}"
    number = key.removeprefix("|".join(parts))
    return f"{title} {number}".strip()[:_TITLE_LENGTH]


def _tidied(pattern: str, text_of: Callable[[str], str]) -> str:
    """Fill a pattern, dropping the punctuation and brackets around empty columns."""
    if not any(map(text_of, columns_of(pattern))):
        return ""
    text = filled(pattern, lambda column: text_of(column) or _BLANK) or ""
    for expression in (_BRACKETS, _LEADING, _FOLLOWING):
        text = expression.sub("", text)
    return text.strip()


def report_id(*identity: object) -> UUID:
    """Return the id of a report, a UUIDv5 of what identifies it."""
    return uuid5(NAMESPACE, json.dumps(identity, sort_keys=True, default=str))


_INCIDENT_SETTINGS: Final = {"utc_offset", "time_zone", "period", "countries", "scopes"}
_KEPT_AS_CELL: Final = "It is kept as a cell, and no more is made of it: "
_DATES: Final = " Where dates are written in another way, the mapping file says how: “dates” (docs/formats.md)."
_EMPTY: Final[Mapping[str, str]] = {}


class ReportStamp(NamedTuple):
    """Id, reported time (None: when recorded) and order among reports of that moment.

    `ids` are further external ids, such as the commit.
    """

    report_id: UUID
    reported_at: str | None
    order: int
    ids: Mapping[str, str] = _EMPTY


class RowStatement(NamedTuple):
    """The line of a row's report, None if the row is rejected; and the faults of its cells."""

    document: LineBody | None
    wrong: list[CellFault]


def registration(table: TableMap) -> LineBody | None:
    """Return the line that registers the table's source; None if the mapping file does not describe it."""
    if table.registered is None:
        return None
    return {"register": {"slug": table.source, **table.registered.model_dump(mode="json", exclude_unset=True)}}


def opening(table: TableMap, key: str, raw: RawRow) -> LineBody:
    """Return the line that opens the incident of a row; the same for every state of the row."""
    settings = table.model_dump(mode="json", exclude_unset=True, include=_INCIDENT_SETTINGS)
    title = title_of(table, key, flattened(raw, table.whole_columns))
    return {"open": {"slug": slug_of(table.table, key), "title": title, **settings}}


def removal(table: TableMap, key: str, flat: RawRow, stamp: ReportStamp) -> LineBody:
    """Return the line of a report that a row, with these last cells, was removed."""
    return _bare_statement(table, key, flat, stamp)


def statement(table: TableMap, key: str, raw: RawRow, stamp: ReportStamp) -> RowStatement:
    """Return the report of the present state of a row."""
    if BEYOND in raw:
        return RowStatement(None, [(None, "The row has more cells than the header has columns.")])
    cells, wrong = typed_cells(table, raw)
    if wrong:
        return RowStatement(None, wrong)
    flat = flattened(raw, table.whole_columns)
    claims, faults = claims_of(table, flat)
    document = {**_bare_statement(table, key, flat, stamp), "attributes": attributes_of(cells), "claims": claims}
    row = MappedRow(table, flat)
    if places := list(_places(table, row, faults)):
        document["places"] = places
    if occurred := _occurred(table, row, faults):
        document["occurred"] = occurred
    stated = _validated(table, document, faults)
    return stated._replace(wrong=[(column, why + _hint(flat, column)) for column, why in stated.wrong])


def _hint(flat: RawRow, column: str | None) -> str:
    """Return the hint to declare the cell of a column as a missing value, if it looks like one."""
    return "" if column is None or column not in flat else silence_hint(cell_text(flat[column]).strip())


def row_lines(
    table: TableMap, key: str, raw: RawRow, stamp: ReportStamp, where: Location, *, new: bool
) -> Iterator[BatchLine | ImportFault]:
    """Yield the faults of a row, then its lines, with that which opens its incident if `new`."""
    stated = statement(table, key, raw, stamp)
    for column, reason in stated.wrong:
        yield ImportFault(where._replace(column=column), reason)
    if stated.document is not None:
        if new:
            yield BatchLine(where, opening(table, key, raw))
        yield BatchLine(where, stated.document)


def _bare_statement(table: TableMap, key: str, flat: RawRow, stamp: ReportStamp) -> dict[str, Any]:
    """Return a complete report without cells, which is the whole report of a removed row."""
    return {
        "incident": slug_of(table.table, key),
        "report_id": str(stamp.report_id),
        "kind": "observation_noted",
        "title": title_of(table, key, flat),
        "source": table.source,
        **({"via": list(table.via)} if table.via else {}),
        **({"language": table.language} if table.language else {}),
        **({"reported_at": stamp.reported_at} if stamp.reported_at else {}),
        "reported_order": stamp.order,
        "complete": True,
        "external_ids": {table.table: key, **stamp.ids},
    }


def _occurred(table: TableMap, row: MappedRow, wrong: list[CellFault]) -> str | None:
    try:
        return row.when(table.occurred) if table.occurred else None
    except UnfitCell as problem:
        wrong.append((problem.column, f"{_KEPT_AS_CELL}{problem}"))
    return None


def _places(table: TableMap, row: MappedRow, wrong: list[CellFault]) -> Iterator[dict[str, str]]:
    for place in table.places:
        patterns = cast(
            "dict[str, str]", place.model_dump(exclude_unset=True, exclude={"lat", "lon", "point", "order"})
        )
        fields = {name: text for name, pattern in patterns.items() if (text := row.filled(pattern))}
        if "name" not in fields:
            continue
        for name, pattern in (("lat", place.lat), ("lon", place.lon)):
            if pattern and (text := row.number(pattern)):
                fields[name] = text
        try:
            if place.point and place.order and (point := row.point(place.point, place.order)):
                fields["lat"], fields["lon"] = point
        except UnfitCell as problem:
            wrong.append((problem.column, f"{_KEPT_AS_CELL}{problem}"))
        yield fields


def _validated(table: TableMap, document: dict[str, Any], wrong: list[CellFault]) -> RowStatement:
    """Drop claims, places and times that fail validation, with a fault each; other errors reject the row."""
    try:
        ObservationNoted.validate({name: part for name, part in document.items() if name != "incident"})
    except ValidationError as problem:
        rejected: set[tuple[object, ...]] = set()
        for error in problem.errors(include_url=False):
            where = error["loc"][:2] if error["loc"][0] in ("claims", "places") else error["loc"][:1]
            column = _column_at(table, document, error["loc"])
            if where[0] not in ("claims", "places", "occurred") or where == ("claims",):
                return RowStatement(None, [*wrong, (column, f"{error['msg']}{_declare(table, error['type'])}")])
            rejected.add(where)
            wrong.append((column, f"{_KEPT_AS_CELL}{error['msg']}{_declare(table, error['type'])}"))
        document = _without(document, rejected)
    return RowStatement(document, wrong)


def _column_at(table: TableMap, document: Mapping[str, Any], where: tuple[int | str, ...]) -> str | None:
    """Return the column of a location in a report's validation error."""
    field, *rest = where
    if field == "attributes" and rest:
        return str(rest[0])
    if field == "claims" and rest:
        return column_of(table, document["claims"][rest[0]]["id"], document["attributes"])
    patterns: dict[str, str | DurationPattern | None] = {"occurred": table.occurred, "reported_at": table.reported_at}
    if field == "places" and len(rest) > 1 and len(table.places) == 1:
        (place,) = table.places
        patterns["places"] = getattr(place, str(rest[1]), None) or place.point
    pattern = patterns.get(str(field)) or ""
    return next(iter(columns_of(pattern.anchor if isinstance(pattern, DurationPattern) else pattern)), None)


def _declare(table: TableMap, code: str) -> str:
    """Return the hint for a time that cannot be parsed, if no format is declared."""
    return _DATES if code == "clock" and not table.dates else ""


def _without(document: Mapping[str, Any], rejected: set[tuple[object, ...]]) -> dict[str, Any]:
    remaining = {name: part for name, part in document.items() if (name,) not in rejected}
    for name in ("claims", "places"):
        if name in remaining:
            remaining[name] = [each for place, each in enumerate(remaining[name]) if (name, place) not in rejected]
    return remaining
