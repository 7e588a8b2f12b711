"""Conversion of the cells of a row to attributes of a report and back, without loss."""

import re
from collections.abc import Mapping
from typing import Final, TypeVar

LONGEST: Final = 10_000
"""Most characters of an attribute (domain.values.text_types.Words); a longer cell is split over several."""

CellValue = TypeVar("CellValue")

_CONTINUED: Final = re.compile(r"(.+) \[continued ([0-9]+)\]", re.DOTALL)


def attributes_of(cells: Mapping[str, CellValue]) -> dict[str, CellValue | str]:
    """Return the cells of a row as attributes by column: `notes`, and `notes [continued 2]` if it is too long."""
    if not any(isinstance(cell, str) and len(cell) > LONGEST for cell in cells.values()):
        return dict(cells)
    found: dict[str, CellValue | str] = {}
    for column, cell in cells.items():
        found[column] = cell[:LONGEST] if isinstance(cell, str) else cell
        for nth, start in enumerate(range(LONGEST, len(cell) if isinstance(cell, str) else 0, LONGEST), 2):
            found[f"{column} [continued {nth}]"] = str(cell)[start : start + LONGEST]
    return found


def joined_cells(attributes: Mapping[str, CellValue]) -> dict[str, CellValue | str]:
    """Return the cells by column: the inverse of `attributes_of`.

    Only an attribute of full length is continued, so a column's own name may look like a continuation.
    """
    found: dict[str, CellValue | str] = dict(attributes)
    further = [(each[1], int(each[2]), each[0]) for each in map(_CONTINUED.fullmatch, attributes) if each]
    for column, nth, name in sorted(further):
        begun, rest = found.get(column), attributes[name]
        if isinstance(begun, str) and isinstance(rest, str) and len(begun) == LONGEST * (nth - 1):
            found[column] = begun + rest
            del found[name]
    return found


def text_cells_of(attributes: Mapping[str, object]) -> dict[str, str]:
    """Return the text cells of attributes by column; other types are omitted."""
    return joined_cells({name: value for name, value in attributes.items() if isinstance(value, str)})
