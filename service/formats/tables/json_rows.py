"""Rows in JSON: an array, JSON Lines, or the value at a path; with the line of each."""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Final, NoReturn, cast

from service.formats.tables.numbers import JsonDecimal
from service.formats.tables.parsed_table import NotATable, RawRow

BY_KEY: Final = "*"
"""Last step of a path: the rows are the members of an object."""

_LEVELS: Final = 4
_MOST_SHOWN: Final = 10
_BLANK: Final = " \t\r\n"
_JSON_LINES: Final = object()
"""Marker for JSON Lines."""


@dataclass(frozen=True)
class JsonRows:
    """Rows as parsed; `names` if they are members of an object, `is_json_lines` for JSON Lines."""

    values: Sequence[object]
    names: Sequence[str] | None
    text: str
    path: tuple[str, ...]
    duplicate_names: "DuplicateNames"
    is_json_lines: bool = False

    @property
    def plain(self) -> bool:
        """Whether all of them are objects without names or repeated members."""
        return self.names is None and not self.duplicate_names and all(type(each) is dict for each in self.values)

    def line_of(self, place: int) -> int:
        """Return the first line of a row, from 1."""
        return self._lines[place]

    @cached_property
    def _lines(self) -> list[int]:
        if self.is_json_lines:
            return [number for number, line in enumerate(self.text.split("\n"), 1) if line.strip()]
        ends = list(accumulate(map(len, self.text.splitlines(keepends=True))))
        return [bisect_right(ends, at) + 1 for at in _starts(self.text, self.path)]


def read_json_rows(text: str, path: str | None, key: Sequence[str]) -> JsonRows:
    """Find the rows in JSON: an array of objects, JSON Lines, or those at `path`. Raises NotATable.

    A single object is one row of JSON Lines, if it has the columns of the key.
    """
    duplicates = DuplicateNames()
    value = _read(text, duplicates)
    if value is _JSON_LINES:
        if path is None:
            return _lines_of(text, duplicates)
        raise NotATable(f"“rows” is “{path}”, but the file is JSON Lines, each a row: leave “rows” out.")
    if path is not None:
        return _under(value, path, text, duplicates)
    if isinstance(value, list):
        return JsonRows(cast("list[object]", value), None, text, (), duplicates)
    if isinstance(value, dict) and all(each.split(".")[0] in value for each in key):
        return JsonRows([cast("object", value)], None, text, (), duplicates, is_json_lines=True)
    raise NotATable(f"The file is no JSON array of objects, one a row.{_paths(cast('object', value))}")


def _read(text: str, duplicates: "DuplicateNames") -> object:
    try:
        return _value(text, duplicates)
    except (ValueError, RecursionError) as problem:
        if _is_json_lines(text):
            return _JSON_LINES
        raise NotATable(f"The file is not JSON: {problem}.") from None


def _value(text: str, duplicates: "DuplicateNames") -> object:
    return json.loads(text, parse_float=JsonDecimal, parse_constant=str, object_pairs_hook=duplicates.build)


def _is_json_lines(text: str) -> bool:
    lines = text.split("\n")
    try:
        return len(lines) > 1 and isinstance(json.loads(next(filter(str.strip, lines), "")), dict)
    except (ValueError, RecursionError):
        return False


def _lines_of(text: str, duplicates: "DuplicateNames") -> JsonRows:
    values: list[object] = []
    for line in filter(str.strip, text.split("\n")):
        try:
            values.append(_value(line, duplicates))
        except (ValueError, RecursionError) as problem:
            values.append(UnparsedLine(f"The line is not JSON: {problem}."))
    return JsonRows(values, None, text, (), duplicates, is_json_lines=True)


class UnparsedLine(str):
    """The reason why a line of JSON Lines is no JSON."""

    __slots__ = ()


class DuplicateNames:
    """Objects with a repeated name, whose value is ambiguous."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._kept: list[object] = []

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return bool(self._names)

    def build(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Build an object from its members; an `object_pairs_hook`."""
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            self._names[id(found)] = next(name for name in names if names.count(name) > 1)
            self._kept.append(found)  # so that no other object has its id
        return found

    def within(self, value: object) -> str | None:
        """Return a repeated name in a value at any depth."""
        if not self._names:
            return None
        if isinstance(value, dict):
            members = cast("RawRow", value).values()
            return self._names.get(id(cast("object", value))) or next(filter(None, map(self.within, members)), None)
        if isinstance(value, list):
            return next(filter(None, map(self.within, cast("list[object]", value))), None)
        return None

    def at(self, value: object) -> str | None:
        """Return a repeated name of an object itself."""
        return self._names.get(id(value))


def _under(value: object, path: str, text: str, duplicates: "DuplicateNames") -> JsonRows:
    steps, found = _follow(value, path, duplicates)
    if isinstance(found, dict) and _is_by_key(path):
        _expect_once(cast("object", found), duplicates)
        members = cast("RawRow", found)
        return JsonRows(list(members.values()), list(members), text, steps, duplicates)
    if not isinstance(found, list) or _is_by_key(path):
        _refuse(path, value)
    return JsonRows(cast("list[object]", found), None, text, steps, duplicates)


def _is_by_key(path: str) -> bool:
    return path == BY_KEY or path.endswith(f".{BY_KEY}")


def _expect_once(value: object, duplicates: DuplicateNames) -> None:
    if name := duplicates.at(value):
        raise NotATable(repeated_name_fault(name))


def repeated_name_fault(name: str) -> str:
    """Return the sentence on a repeated name in an object."""
    return f"“{name[:100]}” is given twice, and nobody can tell which was said; give it once."


def _follow(whole: object, path: str, duplicates: "DuplicateNames") -> tuple[tuple[str, ...], object]:
    """Follow a path, in which names may contain points; returns its steps and the value.

    Raises NotATable.
    """
    steps: list[str] = []
    value, rest = whole, path.removesuffix(BY_KEY).removesuffix(".")
    while rest:
        _expect_once(value, duplicates)
        parts = rest.split(".")
        here = _parts_of(value)
        step = next((each for end in range(len(parts), 0, -1) if (each := ".".join(parts[:end])) in here), None)
        if step is None:
            _refuse(path, whole)
        value = here[step]
        steps.append(step)
        rest = rest[len(step) + 1 :]
    return tuple(steps), value


def _parts_of(value: object) -> RawRow:
    """Return the members of an object, or the elements of an array by index."""
    if isinstance(value, list):
        return {str(place): each for place, each in enumerate(cast("list[object]", value))}
    return cast("RawRow", value) if isinstance(value, dict) else {}


def _refuse(path: str, value: object) -> NoReturn:
    what = "object" if _is_by_key(path) else "array"
    raise NotATable(f"“rows” is “{path}”, and no {what} lies there.{_paths(value)}")


def _paths(value: object) -> str:
    """Return the paths of possible rows as a sentence."""
    found = paths_in(value)
    if not found:
        return ""
    arrays_first = sorted(found, key=lambda each: each.endswith(BY_KEY))
    shown = "; or ".join(
        f"rows = {json.dumps(each, ensure_ascii=False)}" + (_NAMES if each.endswith(BY_KEY) else "")
        for each in arrays_first[:_MOST_SHOWN]
    )
    return f" Rows may lie elsewhere in it: {shown}, in the mapping file."


_NAMES: Final = ' with key_column = "…" for their names'


def paths_in(value: object) -> list[str]:
    """Return the paths of possible rows."""
    return list(_found(value, (), _LEVELS))


def _found(value: object, above: tuple[str, ...], levels: int) -> Iterator[str]:
    """Yield the paths of arrays of objects, then of objects of objects."""
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in cast("list[object]", value)):
        yield ".".join(above)
    elif isinstance(value, dict):
        members = cast("RawRow", value)
        if len(members) > 1 and all(isinstance(each, dict) for each in members.values()):
            yield ".".join((*above, BY_KEY))
        for name, each in members.items() if levels else ():
            yield from _found(each, (*above, name), levels - 1)


def _starts(text: str, path: Sequence[str]) -> Iterator[int]:
    """Yield the offset of each element of the array, or member of the object, at a path."""
    decoder = json.JSONDecoder()
    at = _skip_blanks(text, 0)
    for step in path:
        at = next(begin for name, begin in _parts(text, at, decoder) if name == step)
    yield from (begin for _, begin in _parts(text, at, decoder))


def _parts(text: str, at: int, decoder: json.JSONDecoder) -> Iterator[tuple[str, int]]:
    """Yield each part of an array or object: its name or index, and the offset of its value."""
    of_object = text[at] == "{"
    at, place = at + 1, 0
    while text[at := _skip_blanks(text, at, ",")] not in "]}":
        name = str(place)
        if of_object:
            name, at = cast("tuple[str, int]", decoder.raw_decode(text, at))
            at = _skip_blanks(text, at, ":")
        yield name, at
        at = decoder.raw_decode(text, at)[1]
        place += 1


def _skip_blanks(text: str, at: int, mark: str = "") -> int:
    """Return the offset of the next value, after white space and the separator."""
    while text[at] in _BLANK or text[at] == mark:
        at += 1
    return at
