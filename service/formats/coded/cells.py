"""Parsing of cells of coded events: whole numbers, days, points and names, in all notations that programs write."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final, NoReturn

from domain.values.text_types import JsonObject, slugify

LABEL: Final = 300
"""Most characters of a name (domain.values.text_types.Label)."""

_DATES: Final = 'Where all days are written in another way, say how: --dates "%d/%m/%Y" has the day first.'
"""Hint for days that cannot be parsed."""
_DECIMAL: Final = 'Where numbers have a comma for a point, say so: --decimal ",".'
"""Hint for numbers with a comma."""
_MOST: Final = 10**12
_WHOLE: Final = re.compile(r"([0-9]+)[.]0")  # and no “.000”, which is a thousand elsewhere
_POWER: Final = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?[Ee][+]?[0-9]+")
_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]00:00(?::00(?:[.]0+)?)?(?:Z|[+]00:00)?)?")
_DEGREES: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,15})?")

EventCells = Mapping[str, str]


class CellError(Exception):
    """An invalid cell: its column, and the reason."""

    def __init__(self, column: str, reason: str) -> None:
        """Create it of column and reason."""
        self.column, self.reason = column, reason
        super().__init__(reason)


def read_count(cells: EventCells, column: str) -> int:
    """Return the whole number of a cell, 0 to 10^12. Raises CellError."""
    found = _number(cells[column])
    if found is None:
        cell = cells[column][:100]
        not_whole = f"“{cell}” is not a whole number." if cell.strip() else "There is no number."
        raise CellError(column, rounding_fault(cell) or not_whole)
    return found


@lru_cache(maxsize=16_384)
def _number(cell: str) -> int | None:
    cell = normalized_number(cell)
    if not (cell.isascii() and cell.isdigit()) or len(cell) > len(str(_MOST)):
        return None
    return number if (number := int(cell)) <= _MOST else None


@lru_cache(maxsize=16_384)
def normalized_number(cell: str) -> str:
    """Return a cell without surrounding spaces, and without the “.0” that programs append to whole numbers."""
    cell = cell.strip()
    found = _WHOLE.fullmatch(cell)
    return found[1] if found else cell


def rounding_fault(cell: str) -> str | None:
    """Return a sentence for a number in scientific notation, whose digits were lost; None for any other cell."""
    if not _POWER.fullmatch(cell.strip()):
        return None
    return f"“{cell[:100]}” was rounded by a spreadsheet, and digits were lost; take the column from the original file."


@lru_cache(maxsize=16_384)
def parse_day(cell: str) -> str | None:
    """Parse a day of ISO 8601, also with midnight appended; None if it is none or has another time of day."""
    found = _DAY.fullmatch(cell.strip())
    try:
        return date.fromisoformat(found[1]).isoformat() if found else None
    except ValueError:
        return None


def no_day(column: str, cell: str, example: str) -> NoReturn:
    """Raise the CellError of a cell that is no day."""
    raise CellError(
        column, f"“{cell[:100]}” is not a day such as {example}. {_DATES}" if cell.strip() else "There is no day."
    )


def read_declared_day(cells: EventCells, column: str, written: str) -> str:
    """Return the day of a cell in the format of --dates, as ISO 8601. Raises CellError."""
    cell = cells[column].strip()
    if (day := parse_day_as(cell, written)) is None:
        raise CellError(column, f"“{cell[:100]}” is no day that is written as --dates says ({written}).")
    return day


@lru_cache(maxsize=16_384)
def parse_day_as(cell: str, written: str) -> str | None:
    """Parse a day by a format of strptime, as ISO 8601; None if it does not match."""
    try:
        return datetime.strptime(cell, written).date().isoformat()  # noqa: DTZ007 - a day, and no moment
    except ValueError:
        return None


def with_decimal_point(cells: EventCells, column: str, decimal: str) -> str:
    """Return a number with its decimal mark replaced by a point. Raises CellError."""
    cell = cells[column].strip()
    if "." in cell or cell.count(decimal) > 1:
        raise CellError(column, f"“{cell[:100]}” is no number that is written as --decimal says (“{decimal}”).")
    return cell.replace(decimal, ".")


def read_point(cells: EventCells) -> JsonObject:
    """Return the point of the columns `latitude` and `longitude`, digits as written; empty if both are.

    Raises CellError.
    """
    if not (cells["latitude"].strip() or cells["longitude"].strip()):
        return {}
    return {"lat": _degrees(cells, "latitude", 90), "lon": _degrees(cells, "longitude", 180)}


def event_places(
    cells: EventCells, named: Sequence[str], areas: tuple[str, str], country: str | None, precision: str | None
) -> list[JsonObject]:
    """Return the place of an event, under the first name in the columns `named`, else its point; empty without either.

    `areas` are the columns of admin1 and admin2. Raises CellError.
    """
    where = read_point(cells)
    name = next((text for column in named if (text := cells.get(column, "").strip())), ", ".join(where.values()))
    if not name:
        return []
    labels = {"name": name, "admin1": cells.get(areas[0], ""), "admin2": cells.get(areas[1], "")}
    cut = {key: cell.strip()[:LABEL].strip() for key, cell in labels.items()}
    known = {**cut, **where, "country": country, "precision": precision}
    return [{key: value for key, value in known.items() if value}]


def _degrees(cells: EventCells, column: str, limit: int) -> str:
    cell = cells[column].strip()
    if not _DEGREES.fullmatch(cell):
        if lost := rounding_fault(cell):
            raise CellError(column, lost)
        try:
            cell = format(Decimal(cell), "f")  # “.5” and “5e-1” are 0.5
        except InvalidOperation:
            cell = ""
    if not _DEGREES.fullmatch(cell) or abs(float(cell)) > limit:
        why = f"“{cells[column][:100]}” is not between -{limit} and {limit} decimal degrees."
        raise CellError(column, f"{why} {_DECIMAL}" if "," in cells[column] else why)
    return cell


@lru_cache(maxsize=16_384)
def slug_of(name: str) -> str:
    """Return the slug of a name; may be empty."""
    return slugify(name)


def killed_claims(count: JsonObject, parts: list[JsonObject]) -> list[JsonObject]:
    """Return the claims of those killed, in the scope of the incident and of the event, which are the same.

    Escalation days use that of the event; lists and totals use that of the incident.
    """
    stated = {"measure": "killed", "count": count}
    whole = {"id": "all", "scope": "incident", **stated}
    return [whole | ({"parts": parts} if parts else {}), {"id": "event", "scope": "event", **stated}]
