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
    table: TableMap, parsed: ParsedTable, standing: Mapping[str, PriorRow], same: Callable[[RawRow, PriorRow], bool]
) -> ParsedTable:
    """Return a file with unique keys, by `duplicates` of the mapping file.

    `standing` are the rows of the table before the file, by key, empty if removed; `same` says whether a row is equal
    to one of these.
    """
    if table.duplicates == "keep":
        return _named_by_content(parsed, standing, same)
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
    called: dict[str, str] = {}
    for key, names in parsed.duplicates.items():
        number = 1
        for name in names[1:]:
            number += 1
            while (free := f"{key}#{number}") in parsed.rows:
                number += 1
            called[name] = free
    return _renamed(parsed, called)


def _named_by_content(
    parsed: ParsedTable, standing: Mapping[str, PriorRow], same: Callable[[RawRow, PriorRow], bool]
) -> ParsedTable:
    """Name each row of a key that has or had several by its content, keeping the names of current rows."""
    families: dict[str, list[str]] = {}
    for name in standing:
        if (found := _HASHED.fullmatch(name)) and name not in parsed.rows:
            families.setdefault(found[1], []).append(name)
    called: dict[str, str] = {}
    for key in sorted({*parsed.duplicates, *(families.keys() & parsed.rows.keys())}):
        names = parsed.duplicates.get(key, (key,))
        live = {name: standing[name] for name in (key, *sorted(families.get(key, ()))) if standing.get(name)}
        called |= _matched(key, {name: parsed.rows[name] for name in names}, live, same)
    return _renamed(parsed, called) if called else parsed


def _matched(
    key: str, rows: Mapping[str, RawRow], live: Mapping[str, PriorRow], same: Callable[[RawRow, PriorRow], bool]
) -> dict[str, str]:
    """Return the names of the rows of a key: that of an equal current row, else a new one.

    If one row and one current row are left, it is a revision; any other is new, and named by a hash of its cells.
    """
    called: dict[str, str] = {}
    for prior, cells in live.items():
        found = next((name for name, raw in rows.items() if name not in called and same(raw, cells)), None)
        if found is not None:
            called[found] = prior
    left = [name for name in rows if name not in called]
    gone = [name for name in live if name not in called.values()]
    if len(left) == len(gone) == 1:
        called[left[0]] = gone[0]
    elif len(rows) == len(left) == 1 and key not in live:
        called[left[0]] = key
    else:
        for name in left:
            called[name] = _new_name(key, rows[name], {*live, *called.values()})
    return called


def _new_name(key: str, raw: RawRow, taken: Iterable[str]) -> str:
    """Name a row by a hash of its cells; equal rows get different ones."""
    nth = 1
    while (name := f"{key}#{_digest(raw, nth)}") in taken:
        nth += 1
    return name


def _digest(raw: RawRow, nth: int) -> str:
    content: Sequence[object] = (raw, nth) if nth > 1 else (raw,)
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:10]


def _renamed(parsed: ParsedTable, called: Mapping[str, str]) -> ParsedTable:
    before = {now: name for name, now in called.items()}
    rows = {called.get(name, name): row for name, row in parsed.rows.items()}

    def line_of(key: str) -> int | None:
        return parsed.line_of(before.get(key, key))

    return replace(parsed, rows=rows, duplicates={}, line_of=line_of)
