"""The cells of a row as attributes of a report, and back: not a character is lost."""

import re
from collections.abc import Mapping
from typing import Final

LONGEST: Final = 10_000
"""How many characters an attribute may have (domain.words.Words); a longer cell goes on in further ones."""

_CONTINUED: Final = re.compile(r"(.+) \[continued ([0-9]+)\]", re.DOTALL)


def attributes_of(cells: Mapping[str, str]) -> dict[str, str]:
    """Return the cells of a row, by column, as attributes: `notes`, and `notes [continued 2]` where it is too long."""
    if max(map(len, cells.values()), default=0) <= LONGEST:
        return dict(cells)
    found: dict[str, str] = {}
    for column, cell in cells.items():
        found[column] = cell[:LONGEST]
        for nth, start in enumerate(range(LONGEST, len(cell), LONGEST), 2):
            found[f"{column} [continued {nth}]"] = cell[start : start + LONGEST]
    return found


def cells_of(attributes: Mapping[str, object]) -> dict[str, str]:
    """Return the cells of which `attributes_of` made attributes, by column; what is no text is left out."""
    found = {name: value for name, value in attributes.items() if isinstance(value, str)}
    further = [(each[1], int(each[2]), each[0]) for each in map(_CONTINUED.fullmatch, found) if each]
    for column, _, name in sorted(further):
        if column in found:
            found[column] += found.pop(name)
    return found
