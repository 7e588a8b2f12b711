"""Rows of one file with the same key: rejected, or distinguished by their content, never by their place."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from service.formats.tables.mapping import TableMap
from service.formats.tables.parsed_table import ParsedTable, RawRow, RowFault, same_typed

PriorRow = TypeVar("PriorRow", bound=Mapping[str, Any])
"""A row before the file: as read, or the cells of a current row."""

_HASHED: Final = re.compile(r"(.*)#[0-9a-f]{10}", re.DOTALL)
_ONCE: Final = "Another row has its key, “{key}”, and the same cells: it is taken once."
_CONTESTED: Final = (
    "Another row has its key, “{key}”, and other cells, so none of them is taken, and what stands there stays."
    ' Give “key” a column that tells them apart, or keep them by duplicates = "keep" (docs/formats.md).'
)


def settle_duplicates(
    table: TableMap, parsed: ParsedTable, current: Mapping[str, PriorRow], same: Callable[[RawRow, PriorRow], bool]
) -> ParsedTable:
    """Return a file with unique keys, by `duplicates` of the mapping file.

    `current` are the rows of the table before the file, by key, empty if removed; `same` says whether a row is equal
    to one of these.
    """
    if table.duplicates == "keep":
        return _named_by_content(parsed, current, same)
    if not parsed.duplicates:
        return parsed
    return _numbered(parsed) if table.duplicates == "number" else _without_duplicates(table, parsed)


def _without_duplicates(table: TableMap, parsed: ParsedTable) -> ParsedTable:
    """Keep one of equal rows, and none of different ones; each omitted row is a fault with its line."""
    rows = dict(parsed.rows)
    faults = list(parsed.faults)
    contested: set[str] = set()
    for key, names in parsed.duplicates.items():
        first, *further = [rows.pop(name) for name in names]
        if all(same_typed(first, each) for each in further):
            rows[key], omitted, reason = first, names[1:], _ONCE
        else:
            contested.add(key)
            omitted, reason = names, _CONTESTED
        faults += [RowFault(parsed.line_of(name), table.key[0], reason.format(key=key[:100])) for name in omitted]
    return replace(parsed, rows=rows, faults=faults, duplicates={}, contested=frozenset(contested))


def _numbered(parsed: ParsedTable) -> ParsedTable:
    """Name the further rows of a key “KEY#2” and so on, in the order of the file."""
    new_names: dict[str, str] = {}
    for key, names in parsed.duplicates.items():
        number = 1
        for name in names[1:]:
            number += 1
            while (free := f"{key}#{number}") in parsed.rows:
                number += 1
            new_names[name] = free
    return _renamed(parsed, new_names)


def _named_by_content(
    parsed: ParsedTable, current: Mapping[str, PriorRow], same: Callable[[RawRow, PriorRow], bool]
) -> ParsedTable:
    """Name each row of a key that has or had several by its content, keeping the names of current rows."""
    by_key: dict[str, list[str]] = {}
    for name in current:
        if (found := _HASHED.fullmatch(name)) and name not in parsed.rows:
            by_key.setdefault(found[1], []).append(name)
    new_names: dict[str, str] = {}
    for key in sorted({*parsed.duplicates, *(by_key.keys() & parsed.rows.keys())}):
        names = parsed.duplicates.get(key, (key,))
        live = {name: current[name] for name in (key, *sorted(by_key.get(key, ()))) if current.get(name)}
        new_names |= _matched(key, {name: parsed.rows[name] for name in names}, live, same)
    return _renamed(parsed, new_names) if new_names else parsed


def _matched(
    key: str, rows: Mapping[str, RawRow], live: Mapping[str, PriorRow], same: Callable[[RawRow, PriorRow], bool]
) -> dict[str, str]:
    """Return the names of the rows of a key: that of an equal current row, else a new one.

    If one row and one current row are unmatched, it is a revision; any other is new, and named by a hash of its cells.
    """
    new_names: dict[str, str] = {}
    for prior, cells in live.items():
        found = next((name for name, raw in rows.items() if name not in new_names and same(raw, cells)), None)
        if found is not None:
            new_names[found] = prior
    unmatched = [name for name in rows if name not in new_names]
    unused = [name for name in live if name not in new_names.values()]
    if len(unmatched) == len(unused) == 1:
        new_names[unmatched[0]] = unused[0]
    elif len(rows) == len(unmatched) == 1 and key not in live:
        new_names[unmatched[0]] = key
    else:
        for name in unmatched:
            new_names[name] = _new_name(key, rows[name], {*live, *new_names.values()})
    return new_names


def _new_name(key: str, raw: RawRow, used: Iterable[str]) -> str:
    """Name a row by a hash of its cells; equal rows get different ones."""
    nth = 1
    while (name := f"{key}#{_digest(raw, nth)}") in used:
        nth += 1
    return name


def _digest(raw: RawRow, nth: int) -> str:
    content: Sequence[object] = (raw, nth) if nth > 1 else (raw,)
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:10]


def _renamed(parsed: ParsedTable, new_names: Mapping[str, str]) -> ParsedTable:
    old_names = {new: old for old, new in new_names.items()}
    rows = {new_names.get(name, name): row for name, row in parsed.rows.items()}

    def line_of(key: str) -> int | None:
        return parsed.line_of(old_names.get(key, key))

    return replace(parsed, rows=rows, duplicates={}, line_of=line_of)
