"""Types of the columns of views, for tables that have types: a column keeps its type whatever is in it."""

from typing import Final, Literal

from domain.reading import View, ViewRow

ColumnType = Literal["text", "number", "truth"]

_NUMBERS: Final = frozenset(
    {
        *("best", "lower", "upper", "figure", "before", "newly_reported", "first_figure", "latest_figure"),
        *("min", "max", "credibility", "level", "position", "reports"),
        *("n_revisions", "direction_changes", "days_until_within_20_percent"),
        *("breaks", "corrections", "retractions", "rescopings"),
    }
)
_TRUTHS: Final = frozenset({"break", "contested", "increment", "partial", "upper_open"})


def column_types(view: View) -> dict[str, ColumnType]:
    """Return the type of each column of a view."""
    return {name: _type_of(name) for name in view.columns}


def typed_row(types: dict[str, ColumnType], row: ViewRow) -> list[str | int | bool | None]:
    """Return the cells of a row in the order of the columns. Raises TypeError for a cell that is not of its type."""
    return [_typed(name, of, row.get(name)) for name, of in types.items()]


def _type_of(name: str) -> ColumnType:
    return "number" if name in _NUMBERS else "truth" if name in _TRUTHS else "text"


def _typed(name: str, of: ColumnType, value: str | int | None) -> str | int | bool | None:
    fits = {"text": isinstance(value, str), "truth": isinstance(value, bool)}
    if value is None or fits.get(of, isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise TypeError(f"The column “{name}” is of type {of}, and has {value!r}.")
