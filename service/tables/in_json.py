"""JSON as a table: an array of objects, whose values keep their types and numbers their digits."""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from operator import itemgetter
from typing import Any, cast

from service.tables.mapping import TableMap
from service.tables.parsed import NO_KEY, Digits, Fault, Numbered, Parsed, Raw, Unparsed, flattened, key_parts, text_of


def read_json(table: TableMap, text: str) -> Parsed:
    """Read a table from JSON. Raises Unparsed."""
    values = _decoded(text)
    if not isinstance(values, list):
        raise Unparsed("The file is no JSON array of objects, one a row.")
    truths = "true" in text or "false" in text
    lines = _Lines(text)
    for place, row in enumerate(cast("list[object]", values)):
        if not isinstance(row, dict):
            raise Unparsed(f"The row in line {lines.of(place)} is no JSON object.")
    listed = cast("list[Raw]", values)
    keys = _plain_keys(table, listed) or [_key(table, row) for row in listed]
    rows = dict(zip(keys, listed, strict=True))
    if len(rows) == len(listed) and "" not in rows:
        return Parsed(rows, [], truths, line_of=lambda key: lines.of(keys.index(key)))
    numbered = Numbered()
    faults = [Fault(lines.of(place), table.key[0], NO_KEY) for place, key in enumerate(keys) if not key]
    places = {numbered.put(key, listed[place]): place for place, key in enumerate(keys) if key}
    return Parsed(numbered.rows, faults, truths, line_of=lambda key: lines.of(places[key]))


def _plain_keys(table: TableMap, rows: list[Raw]) -> list[str] | None:
    """Return the key of every row, in no time; None where one of them takes a closer look."""
    if table.key_cut is not None:
        return None
    try:
        found = list(map(cast("Callable[[Raw], Any]", itemgetter(*table.key)), rows))
        keys = found if len(table.key) == 1 else list(map("|".join, found))
        return keys if all(map(str.strip, keys)) else None
    except (KeyError, TypeError):
        return None


def _key(table: TableMap, row: Raw) -> str:
    """Return the key of a row of JSON, nothing where all of its cells are missing or blank."""
    parts = key_parts(table, lambda column: text_of(_value(row, column)))
    return "|".join(parts) if "".join(parts).strip() else ""


def _value(row: Raw, column: str) -> object:
    """Return the value of a column, which may lie in objects: `a.b`."""
    if column in row or "." not in column:
        return row.get(column)
    return flattened(row, frozenset()).get(column)


def _decoded(text: str) -> object:
    try:
        return json.loads(text, parse_float=Digits, parse_constant=str)
    except (ValueError, RecursionError) as problem:
        raise Unparsed(f"The file is not JSON: {problem}.") from None


@dataclass(slots=True)
class _Lines:
    """In which line each element of a JSON array begins; looked for only where somebody asks."""

    text: str
    _starts: list[int] = field(default_factory=list[int])

    def of(self, place: int) -> int:
        """Return the line, from 1."""
        if not self._starts:
            self._starts = list(self._found())
        return self._starts[place]

    def _found(self) -> Iterator[int]:
        ends = list(accumulate(map(len, self.text.splitlines(keepends=True))))
        decoder, at = json.JSONDecoder(), self.text.index("[") + 1
        while (at := _past(self.text, at)) < len(self.text) and self.text[at] != "]":
            yield bisect_right(ends, at) + 1
            at = decoder.raw_decode(self.text, at)[1]


def _past(text: str, at: int) -> int:
    """Return where the next value begins: behind white space and commas."""
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at
