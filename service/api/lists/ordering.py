"""Sort orders with keyset pagination: by one column, nulls last, then by a unique key."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, LiteralString, TypeVar
from uuid import UUID

from psycopg import sql

from domain.values.time.clocks import ClockError, format_instant, parse_instant
from service.api.lists.cursor import Cursor, CursorValue, invalid_cursor

SqlType = Literal["bigint", "text", "timestamptz", "uuid"]
T = TypeVar("T", bound=Mapping[str, Any])

# For a column that is never null, the first condition can use an index.
AFTER_VALUE_NOT_NULL: Final = """
    ({column} {beyond}= %(after)s::{type}
    AND ({column} {beyond} %(after)s::{type} OR {key} > %(after_key)s::{key_type}))
"""
AFTER_VALUE: Final = """
    ({column} {beyond} %(after)s::{type} OR {column} IS NULL
    OR {column} = %(after)s::{type} AND {key} > %(after_key)s::{key_type})
"""
AFTER_NULL: Final = "({column} IS NULL AND {key} > %(after_key)s::{key_type})"


@dataclass(frozen=True, slots=True)
class SortColumn:
    """A sortable column, qualified by a table alias (`i.killed`), and its SQL type.

    Text is sorted by code points (collation "C"), independent of the server's locale.
    """

    expression: LiteralString
    type: SqlType = "bigint"
    not_null: bool = False
    """Whether the column is never null."""

    @property
    def name(self) -> str:
        """The name of the column in a result row."""
        return self.expression.rpartition(".")[2]

    def comparable(self) -> sql.Composable:
        """Return the expression for comparisons, with its collation."""
        collated = f'{self.expression} COLLATE "C"' if self.type == "text" else self.expression
        return sql.SQL(collated)

    def to_cursor(self, value: object) -> CursorValue:
        """Convert a value of this column for a cursor."""
        if isinstance(value, datetime):
            return format_instant(value)
        return value if isinstance(value, int | None) else str(value)

    def from_cursor(self, value: CursorValue) -> object:
        """Convert a value from a cursor. Raises HttpProblem for one of another type."""
        try:
            return _FROM_CURSOR[self.type](value)
        except (TypeError, ValueError, ClockError):
            raise invalid_cursor() from None


@dataclass(frozen=True, slots=True)
class SortOrder:
    """The order of a `sort` parameter, whose leading `-` means descending; nulls are last in both directions."""

    name: str
    column: SortColumn
    key: SortColumn
    descending: bool

    def order_by(self) -> sql.Composed:
        """Return the list of ORDER BY."""
        direction = sql.SQL("DESC" if self.descending else "ASC")
        last = sql.SQL(
            "" if self.column.not_null else "NULLS LAST"
        )  # NULLS LAST keeps an index from being scanned backwards
        return sql.SQL("{} {} {}, {}").format(self.column.comparable(), direction, last, self.key.comparable())

    def after_condition(self, cursor: Cursor | None) -> tuple[sql.Composable, dict[str, object]]:
        """Return the condition that a row sorts after a cursor, and its parameters."""
        if cursor is None:
            return sql.SQL("true"), {}
        parts: dict[str, sql.Composable] = {
            "column": self.column.comparable(),
            "key": self.key.comparable(),
            "beyond": sql.SQL("<" if self.descending else ">"),
            "type": sql.SQL(self.column.type),
            "key_type": sql.SQL(self.key.type),
        }
        bound: dict[str, object] = {"after_key": self.key.from_cursor(cursor.key)}
        if cursor.value is None and not self.column.not_null:
            return sql.SQL(AFTER_NULL).format(**parts), bound
        bound["after"] = self.column.from_cursor(cursor.value)
        return sql.SQL(AFTER_VALUE_NOT_NULL if self.column.not_null else AFTER_VALUE).format(**parts), bound

    def cursor(self, row: Mapping[str, Any], position: int) -> Cursor:
        """Return the cursor after a row, for pages read at a position."""
        return Cursor(self.name, self.column.to_cursor(row[self.column.name]), str(row[self.key.name]), position)

    def sorted(self, rows: Iterable[T], after: Cursor | None) -> list[T]:
        """Sort rows as the database would, and drop those up to the cursor `after`."""
        by_key = sorted(rows, key=lambda row: row[self.key.name])
        not_null = [row for row in by_key if self._value(row) is not None]
        not_null.sort(key=self._value, reverse=self.descending)
        ordered = not_null + [row for row in by_key if self._value(row) is None]
        return ordered if after is None else [row for row in ordered if self._is_after(after, row)]

    def _value(self, row: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever the column holds
        return row[self.column.name]

    def _is_after(self, cursor: Cursor, row: Mapping[str, Any]) -> bool:
        value, key = self._value(row), row[self.key.name]
        if cursor.value is None:
            return value is None and key > self.key.from_cursor(cursor.key)
        last = self.column.from_cursor(cursor.value)
        if value is None or value == last:
            return value is None or key > self.key.from_cursor(cursor.key)
        return bool(value < last if self.descending else value > last)


def parse_sort(sort: str, columns: Mapping[str, SortColumn], key: SortColumn, after: Cursor | None) -> SortOrder:
    """Return the order of a `sort` parameter. Raises HttpProblem if the cursor is of another order."""
    if after is not None and after.sort != sort:
        raise invalid_cursor(f"This page goes on where one sorted by “{after.sort[:50]}” ended; give the same `sort`.")
    return SortOrder(sort, columns[sort.removeprefix("-")], key, sort.startswith("-"))


def _number(value: CursorValue) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _text(value: CursorValue) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _moment(value: CursorValue) -> datetime:
    return parse_instant(_text(value))


def _uuid(value: CursorValue) -> UUID:
    return UUID(_text(value))


_FROM_CURSOR: Mapping[SqlType, Callable[[CursorValue], object]] = {
    "bigint": _number,
    "text": _text,
    "timestamptz": _moment,
    "uuid": _uuid,
}
