"""Rows from answers of ACLED's and UCDP's APIs: a JSON array of objects, or one under `data` or `Result`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

from service.formats.files.csv_rows import CsvRow
from service.formats.files.headers import TableRecord
from service.formats.files.text_files import open_text
from service.formats.importer import ImportFault, Layout, Location, UnreadableSource

_WHERE: Final = ("data", "Result")
"""Members of ACLED's and UCDP's API answers that contain the rows."""
_BEGINS: Final = ("{", "[")
_LOOKED_AT: Final = 1000


def is_json(path: Path, layout: Layout, first: Sequence[TableRecord]) -> bool:
    """Say whether a file is JSON, by its first cell, or by its text if that is no CSV."""
    if not first:
        return False
    if cells := first[0].cells:
        return cells[0].lstrip()[:1] in _BEGINS
    if not first[0].flaws:
        return False
    with open_text(path, layout) as (_, text):
        return text.read(_LOOKED_AT).lstrip()[:1] in _BEGINS


def read_objects(path: Path, layout: Layout) -> Sequence[object]:
    """Return the rows of an answer; numbers are strings with all digits. Raises UnreadableSource."""
    with open_text(path, layout) as (_, text):
        try:
            answer: object = json.loads(text.read(), parse_float=str, parse_int=str, parse_constant=str)
        except (ValueError, RecursionError) as problem:
            raise UnreadableSource(f"{path} begins as JSON, and is none: {problem}.") from problem
    found = answer
    if isinstance(answer, dict):
        named = cast("dict[str, object]", answer)
        found = next((named[each] for each in _WHERE if each in named), None)
    if not isinstance(found, list):
        raise UnreadableSource(
            f"{path} is JSON without rows: they are an array of objects, or one under “data” or “Result”."
        )
    if not found:
        raise UnreadableSource(f"{path} is JSON with an empty list of rows, so there is nothing to import.")
    return cast("list[object]", found)


def member_names(objects: Sequence[object]) -> list[str]:
    """Return the names of the members of all objects, in order of appearance."""
    found = (name for each in objects if isinstance(each, dict) for name in cast("dict[str, object]", each))
    return list(dict.fromkeys(found))


def object_rows(path: Path, objects: Sequence[object], names: Mapping[str, str]) -> Iterator[CsvRow | ImportFault]:
    """Yield the rows under the present names of their columns; the line is the number of the object, from 1."""
    for number, each in enumerate(objects, 1):
        where = Location(str(path), number)
        if not isinstance(each, dict):
            yield ImportFault(where, "This is no object of JSON.")
            continue
        cells = cast("dict[str, Any]", each)
        if nested := next((name for name, cell in cells.items() if isinstance(cell, list | dict)), None):
            yield ImportFault(where._replace(column=nested), "The cell is a list or an object.")
            continue
        yield CsvRow(number, {new: _cell(cells.get(old)) for old, new in names.items()})


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
