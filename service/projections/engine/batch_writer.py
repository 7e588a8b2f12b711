"""How the changes of a stretch get into the tables: what ended gets its end, then all new rows come in one COPY."""

from typing import Any, Final

import psycopg
from psycopg import Cursor
from psycopg.sql import SQL, Identifier

from service.projections.engine.copy_rows import known, written
from service.projections.engine.row_versions import RowVersions
from service.projections.read_model import ReadModel

# Of a key, one row stands at a time: the index that says so finds it.
END: Final = "UPDATE {table} AS row SET until = now.until FROM unnest({columns}) AS now ({names}, until) WHERE {same}"
COPY: Final = "COPY {table} ({names}) FROM STDIN (FORMAT binary)"


class CannotWrite(Exception):
    """The rows of a read model could not be written, for what they hold or for what the table holds already."""

    def __init__(self, name: str, why: str) -> None:
        """Keep the name of the read model beside the sentence."""
        self.name, self.why = name, why
        super().__init__(f"{name}: {why}")


def write(cursor: Cursor[Any], model: ReadModel[Any], schema: str, ranges: RowVersions) -> None:
    """Write what changed in the table of a read model's generation, within the transaction that moves it on.

    Raises CannotWrite, after which the transaction is lost; psycopg.Error, where the database is at fault.
    """
    try:
        _write(cursor, model, schema, ranges)
    except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError):
        raise
    except Exception as error:  # what a column cannot hold is refused here or there, in many ways
        raise CannotWrite(model.name, f"{type(error).__name__}: {error}") from error


def _write(cursor: Cursor[Any], model: ReadModel[Any], schema: str, ranges: RowVersions) -> None:
    if ranges.ended:
        _end(cursor, model, schema, ranges)
    if ranges.closed or ranges.open:
        names = SQL(", ").join(map(Identifier, model.columns))
        with cursor.copy(SQL(COPY).format(table=model.table(schema), names=names)) as copy:
            types = [of.split()[0] for of in model.columns.values()]
            if known(types):
                for block in written(ranges.rows(), types):
                    copy.write(block)
                return
            copy.set_types(types)
            for row in ranges.rows():
                copy.write_row(row)


def _end(cursor: Cursor[Any], model: ReadModel[Any], schema: str, ranges: RowVersions) -> None:
    arrays = [SQL("%s::{}[]").format(SQL(of)) for of in (*model.key.values(), "bigint")]
    same = [SQL("row.{0} = now.{0}").format(Identifier(name)) for name in model.key]
    statement = SQL(END).format(
        table=model.table(schema),
        columns=SQL(", ").join(arrays),
        names=SQL(", ").join(map(Identifier, model.key)),
        same=SQL(" AND ").join([*same, SQL("row.until IS NULL")]),
    )
    keys = list(map(list, zip(*ranges.ended, strict=True)))
    cursor.execute(statement, [*keys, list(ranges.ended.values())])
    if cursor.rowcount != len(ranges.ended):
        why = f"{len(ranges.ended)} rows were to end, and {cursor.rowcount} of them stood; rebuild it"
        raise CannotWrite(model.name, why)
