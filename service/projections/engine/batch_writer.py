"""Writer of row versions: one UPDATE that ends rows, then one COPY of all new rows."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, LiteralString

import psycopg
from psycopg import Cursor
from psycopg.sql import SQL, Composed, Identifier

from service.projections.engine import array_dumpers
from service.projections.engine.row_versions import RowVersions
from service.projections.read_model import CellReplacement, ReadModel

# The unique index of current rows finds them.
END: Final = (
    "UPDATE {table} AS row SET until = ended.until FROM unnest({columns}) AS ended ({names}, until) WHERE {same}"
)
COPY: Final = "COPY {table} ({names}) FROM STDIN (FORMAT binary)"


class CannotWrite(Exception):
    """The rows of a read model could not be written, because of their values or of what the table holds already."""

    def __init__(self, name: str, why: str) -> None:
        """Keep the name of the read model beside the sentence."""
        self.name, self.why = name, why
        super().__init__(f"{name}: {why}")


def write(cursor: Cursor[Any], model: ReadModel[Any], schema: str, versions: RowVersions) -> None:
    """Write row versions into the table of a generation, within the transaction that moves it.

    Raises CannotWrite, after which the transaction is aborted; psycopg.Error for errors of the server.
    """
    try:
        if versions.ended:
            _end(cursor, model, schema, versions)
        if versions.closed or versions.open:
            _copy(cursor, model, schema, versions)
    except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError):
        raise
    except Exception as error:  # many types: values that a column cannot hold are refused by psycopg or by PostgreSQL
        raise CannotWrite(model.name, f"{type(error).__name__}: {error}") from error


def replace_cells(cursor: Cursor[Any], model: ReadModel[Any], schema: str, replacement: CellReplacement) -> None:
    """Write cells into stored rows of a generation, within the transaction that moves it. Raises psycopg.Error."""
    columns: dict[str, LiteralString] = {**model.columns}

    def equal(values: Mapping[str, object], joint: LiteralString) -> Composed:
        parts = (SQL("{} = %s::{}").format(Identifier(name), SQL(columns[name].split()[0])) for name in values)
        return SQL(joint).join(parts)

    where, cells = replacement
    statement = SQL("UPDATE {} SET {} WHERE {}").format(model.table(schema), equal(cells, ", "), equal(where, " AND "))
    cursor.execute(statement, [*cells.values(), *where.values()])


def _copy(cursor: Cursor[Any], model: ReadModel[Any], schema: str, versions: RowVersions) -> None:
    columns = model.columns
    array_dumpers.register(cursor.adapters)
    with cursor.copy(_copy_statement(schema, model.name, tuple(columns))) as copy:
        copy.set_types([type_.split()[0] for type_ in columns.values()])
        for row in versions.rows():
            copy.write_row(row)


def _end(cursor: Cursor[Any], model: ReadModel[Any], schema: str, versions: RowVersions) -> None:
    keys = list(map(list, zip(*versions.ended, strict=True)))
    cursor.execute(_end_statement(schema, model.name, tuple(model.key.items())), [*keys, list(versions.ended.values())])
    if cursor.rowcount != len(versions.ended):
        why = f"{len(versions.ended)} rows were to end, and {cursor.rowcount} of them stood; rebuild it"
        raise CannotWrite(model.name, why)


# Cached: composing a statement takes as long as writing a few rows.
@lru_cache
def _copy_statement(schema: str, table: str, columns: tuple[str, ...]) -> bytes:
    names = SQL(", ").join(map(Identifier, columns))
    return SQL(COPY).format(table=Identifier(schema, table), names=names).as_bytes(None)


@lru_cache
def _end_statement(schema: str, table: str, key: tuple[tuple[LiteralString, LiteralString], ...]) -> bytes:
    arrays = [SQL("%s::{}[]").format(SQL(type_)) for type_ in (*dict(key).values(), "bigint")]
    same = [SQL("row.{0} = ended.{0}").format(Identifier(name)) for name, _ in key]
    statement = SQL(END).format(
        table=Identifier(schema, table),
        columns=SQL(", ").join(arrays),
        names=SQL(", ").join(Identifier(name) for name, _ in key),
        same=SQL(" AND ").join([*same, SQL("row.until IS NULL")]),
    )
    return statement.as_bytes(None)
