"""Text of a proposed mapping file: TOML with comments, and a preview of the first rows."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, cast
from uuid import UUID

from service.formats.importer import ImportFault, Location
from service.formats.tables.duplicates import settle_duplicates
from service.formats.tables.mapping import TableMap
from service.formats.tables.read_file import parse
from service.formats.tables.row_reports import ReportStamp, row_lines

_COMMENTS: Final = {
    "table": "names the table, in the addresses of its incidents",
    "title": "of a row's incident: a pattern over the row",
    "format": "csv (also a sheet of Excel) or json",
    "encoding": "of files without a byte order mark",
    "header": "the line with the header; 0: there is none",
    "header_names": "names for all columns, in their order",
    "unnamed": "columns without a name are left out",
    "rows": "the path to the rows in the file",
    "key_column": "the column for the names of the rows",
    "key": "the columns that tell one row from another",
    "source": "who vouches for the table",
    "duplicates": "several rows of one key are all kept",
    "occurred": "when it happened",
    "reported_at": "when it was said",
    "dates": "how dates are written",
    "silence": "cells that say nothing, which is never zero",
    "columns": "the order of columns in what is written",
    "registered": "how the source registers itself",
    "melt": "columns that are called by a day",
}
LISTS: Final = ("places", "claims", "melt")
"""Keys that are arrays of tables."""
_BARE: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def mapping_toml(fields: Mapping[str, Any], remarks: Iterable[str]) -> str:
    """Return keys as TOML with comments, below remarks; tables are last."""
    lines = [f"# {line}" for remark in remarks for line in remark.splitlines()]
    tables: list[str] = []
    for name, value in fields.items():
        comment = f"  # {_COMMENTS[name]}" if name in _COMMENTS else ""
        if name in LISTS:
            for each in cast("list[dict[str, Any]]", value):
                tables += ["", f"[[{name}]]", *(f"{_name(key)} = {_value(part)}" for key, part in each.items())]
        elif isinstance(value, dict):
            members = cast("dict[str, Any]", value)
            tables += ["", f"[{name}]{comment}", *(f"{_name(key)} = {_value(part)}" for key, part in members.items())]
        else:
            lines.append(f"{_name(name)} = {_value(cast('object', value))}{comment}")
    return "\n".join((*lines, *tables, ""))


def _name(name: str) -> str:
    return name if name and set(name) <= _BARE else _text(name)


def _value(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, cast("list[object]", value))) + "]"
    if isinstance(value, dict):
        members = cast("dict[str, object]", value).items()
        return "{ " + ", ".join(f"{_name(key)} = {_value(part)}" for key, part in members) + " }"
    return str(value)


def _text(text: str) -> str:
    """Return a basic string of TOML 1.0: as in JSON, with U+007F escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


ROWS: Final = 3
"""Number of rows in a preview."""
_PREVIEW_STAMP: Final = ReportStamp(UUID(int=0), None, 0)


def preview_lines(table: TableMap, data: bytes, file: str) -> Iterator[str]:
    """Yield lines that describe the reports of the first rows of a file. Raises NotATable."""
    parsed = settle_duplicates(table, parse(table, data), {}, lambda _, __: False)
    yield f"Of {len(parsed.rows):,} in the file, these rows become:"
    for key, raw in islice(parsed.rows.items(), ROWS):
        where = Location(file, parsed.line_of(key))
        for each in row_lines(table, key, raw, _PREVIEW_STAMP, where, new=True):
            if isinstance(each, ImportFault):
                yield f"    not read: {each.where.column or 'row'}: {each.reason}"
            elif "open" in each.document:
                yield f"  line {where.line}: {each.document['open']['title']}  ({each.document['open']['slug']})"
            else:
                yield from (f"    {line}" for line in _statement(each.document))
    if parsed.faults:
        line, _, reason, *_ = parsed.faults[0]
        yield f"  {len(parsed.faults):,} more are not read; the first, line {line}: {reason}"


def _statement(document: Mapping[str, Any]) -> Iterator[str]:
    if when := document.get("occurred"):
        yield f"occurred {when}"
    for place in document.get("places", ()):
        yield "place " + ", ".join(str(part) for part in place.values())
    for claim in document["claims"]:
        people = f" {claim['population']}" if claim.get("population") else ""
        count = claim["count"]
        yield f"{claim['measure']}{people}: {count.get('verbatim') or ' '.join(str(part) for part in count.values())}"
    if not document["claims"]:
        yield "no figure"
