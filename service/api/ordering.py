"""How lists are sorted and cut into pages: by one column and a key, what has no value last, each page after another."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, LiteralString, TypeVar
from uuid import UUID

from psycopg import sql

from domain.values.time.clocks import ClockError, format_instant, parse_instant
from service.api.cursors import Cursor, Value, refuse_cursor

Type = Literal["bigint", "text", "timestamptz", "uuid"]
T = TypeVar("T", bound=Mapping[str, Any])

# Where a column always has a value, the first condition is one that an index can answer.
AFTER_KNOWN: Final = """
    ({column} {beyond}= %(after)s::{type}
    AND ({column} {beyond} %(after)s::{type} OR {key} > %(after_key)s::{key_type}))
"""
AFTER_VALUE: Final = """
    ({column} {beyond} %(after)s::{type} OR {column} IS NULL
    OR {column} = %(after)s::{type} AND {key} > %(after_key)s::{key_type})
"""
AFTER_NOTHING: Final = "({column} IS NULL AND {key} > %(after_key)s::{key_type})"


@dataclass(frozen=True, slots=True)
class Column:
    """What a list can be sorted by: a column of a table, by its alias, such as `i.killed`, and of what type that is.

    Text is sorted by code points, as every server does it the same.
    """

    expression: LiteralString
    type: Type = "bigint"
    always: bool = False
    """Whether every row has a value."""

    @property
    def name(self) -> str:
        """The name of the column, under which a row has it."""
        return self.expression.rpartition(".")[2]

    def compared(self) -> sql.Composable:
        """Return the expression as it is compared."""
        collated = f'{self.expression} COLLATE "C"' if self.type == "text" else self.expression
        return sql.SQL(collated)

    def written(self, value: object) -> Value:
        """Write a value of this column into a cursor."""
        if isinstance(value, datetime):
            return format_instant(value)
        return value if isinstance(value, int | None) else str(value)

    def read(self, value: Value) -> object:
        """Read a value that a cursor brought. Raises Problem for one that is not of this column."""
        try:
            return _READ[self.type](value)
        except (TypeError, ValueError, ClockError):
            raise refuse_cursor() from None


@dataclass(frozen=True, slots=True)
class Order:
    """An order that was asked for: `name`, with a leading `-` if it descends; what has no value comes last in both."""

    name: str
    column: Column
    key: Column
    descending: bool

    def by(self) -> sql.Composed:
        """Return what stands after ORDER BY."""
        direction = sql.SQL("DESC" if self.descending else "ASC")
        last = sql.SQL("" if self.column.always else "NULLS LAST")  # an index would not be read backwards for it
        return sql.SQL("{} {} {}, {}").format(self.column.compared(), direction, last, self.key.compared())

    def after(self, cursor: Cursor | None) -> tuple[sql.Composable, dict[str, object]]:
        """Return the condition that a row lies after the last of another page, and what is bound in it."""
        if cursor is None:
            return sql.SQL("true"), {}
        parts: dict[str, sql.Composable] = {
            "column": self.column.compared(),
            "key": self.key.compared(),
            "beyond": sql.SQL("<" if self.descending else ">"),
            "type": sql.SQL(self.column.type),
            "key_type": sql.SQL(self.key.type),
        }
        bound: dict[str, object] = {"after_key": self.key.read(cursor.key)}
        if cursor.value is None and not self.column.always:
            return sql.SQL(AFTER_NOTHING).format(**parts), bound
        bound["after"] = self.column.read(cursor.value)
        return sql.SQL(AFTER_KNOWN if self.column.always else AFTER_VALUE).format(**parts), bound

    def cursor(self, row: Mapping[str, Any], position: int) -> Cursor:
        """Return the end of a page whose last row is this, read at a position."""
        return Cursor(self.name, self.column.written(row[self.column.name]), str(row[self.key.name]), position)

    def sorted(self, rows: Iterable[T], after: Cursor | None) -> list[T]:
        """Sort rows outside the database as it would have, from where a page begins `after` another."""
        by_key = sorted(rows, key=lambda row: row[self.key.name])
        known = [row for row in by_key if self._value(row) is not None]
        known.sort(key=self._value, reverse=self.descending)
        whole = known + [row for row in by_key if self._value(row) is None]
        return whole if after is None else [row for row in whole if self._is_after(after, row)]

    def _value(self, row: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever the column holds
        return row[self.column.name]

    def _is_after(self, cursor: Cursor, row: Mapping[str, Any]) -> bool:
        value, key = self._value(row), row[self.key.name]
        if cursor.value is None:
            return value is None and key > self.key.read(cursor.key)
        last = self.column.read(cursor.value)
        if value is None or value == last:
            return value is None or key > self.key.read(cursor.key)
        return bool(value < last if self.descending else value > last)


def order_of(asked: str, columns: Mapping[str, Column], key: Column, after: Cursor | None) -> Order:
    """Return the order asked for, in which a page goes on `after` another. Raises Problem if that had another order."""
    if after is not None and after.sort != asked:
        raise refuse_cursor(f"This page goes on where one sorted by “{after.sort[:50]}” ended; give the same `sort`.")
    return Order(asked, columns[asked.removeprefix("-")], key, asked.startswith("-"))


def _number(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _moment(value: Value) -> datetime:
    return parse_instant(_text(value))


def _uuid(value: Value) -> UUID:
    return UUID(_text(value))


_READ: Mapping[Type, Callable[[Value], object]] = {
    "bigint": _number,
    "text": _text,
    "timestamptz": _moment,
    "uuid": _uuid,
}
