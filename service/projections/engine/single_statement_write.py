"""A small batch written at one stroke: its rows and the new positions in one statement, a transaction by itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.adapt import Dumper
from psycopg.pq import Format, TransactionStatus
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier, Placeholder

from service.projections.catalogue import MODELS
from service.projections.engine.copy_rows import in_one, known
from service.projections.engine.row_versions import RowVersions
from service.projections.read_model import ReadModel
from service.projections.registry import ADVANCE, Advance, Generation, advancing

MOST_ROWS: Final = 1_000
"""More rows than this are written table by table, by COPY."""
MOST_BYTES: Final = 1_000_000
"""Rows of more bytes than this likewise."""

OF: Final = "SELECT to_regtype(%(table)s)::oid"
# Where not all stood that was to move or to end, the cast fails, and with it the statement, which leaves nothing.
STROKE: Final = """
    WITH moved AS ({advance} RETURNING 1){written}
    SELECT (CASE WHEN (SELECT count(*) FROM moved) = %(steps)s{stood} THEN 'true' ELSE 'not as it was' END)::boolean
"""
# Of a key, one row stands at a time, so the new rows come when it is known how many have ended.
ENDING: Final = """,
    {ended} AS (UPDATE {table} AS row SET until = now.until FROM unnest({gone}::{table}[]) AS now
    WHERE {same} AND row.until IS NULL RETURNING 1)"""
MAKING: Final = """,
    {made} AS (INSERT INTO {table} SELECT now.* FROM unnest({new}::{table}[]) AS now WHERE {after})"""
STOOD: Final = "(SELECT count(*) FROM {ended}) = {number}"

_Shape = tuple[tuple[str, str, bool, bool], ...]


class _Rows(bytes):
    """Rows as one value, as PostgreSQL takes it."""

    __slots__ = ()


class _RowsDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: bytes) -> bytes:
        return obj


@dataclass(slots=True)
class Stroke:
    """Writes small batches over one connection, which commits every statement by itself."""

    connection: Connection[Any]
    _types: dict[str, int] = field(default_factory=dict[str, int])
    _statements: dict[_Shape, bytes] = field(default_factory=dict[_Shape, bytes])

    def write(self, changed: Mapping[str, RowVersions], steps: Sequence[Advance]) -> bool:
        """Write rows and positions, all or nothing; False where nothing was written, and it is to be tried otherwise.

        So it is with a large batch, within a transaction, with columns of rare types; and with whatever is refused: who
        writes table by table learns what it was.
        Raises psycopg.Error, where the database is at fault.
        """
        moved = [(step.generation, changed[step.generation.name]) for step in steps]
        if not self._is_small(moved):
            return False
        try:
            return self._write([(generation, ranges) for generation, ranges in moved if ranges], steps)
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError):
            raise
        except Exception:  # noqa: BLE001 - nothing was written, and it is told when it is tried table by table
            return False

    def _is_small(self, moved: Iterable[tuple[Generation, RowVersions]]) -> bool:
        if self.connection.info.transaction_status is not TransactionStatus.IDLE:
            return False
        return sum(len(ranges.ended) + len(ranges.closed) + len(ranges.open) for _, ranges in moved) <= MOST_ROWS

    def _write(self, moved: Sequence[tuple[Generation, RowVersions]], steps: Sequence[Advance]) -> bool:
        given: dict[str, Any] = {**advancing(steps), "steps": len(steps)}
        shape: list[tuple[str, str, bool, bool]] = []
        size = 0
        for number, (generation, ranges) in enumerate(moved):
            model = MODELS[generation.name]
            types = [of.split()[0] for of in model.columns.values()]
            if not known(types):
                return False
            of = self._type_of(model, generation.schema)
            gone, new = in_one(_gone(model, ranges), types, of), in_one(ranges.rows(), types, of)
            size += len(gone) + len(new)
            given |= {f"gone{number}": _Rows(gone), f"new{number}": _Rows(new), f"number{number}": len(ranges.ended)}
            shape.append((model.name, generation.schema, bool(ranges.ended), bool(ranges.closed or ranges.open)))
        if size > MOST_BYTES:
            return False
        with self.connection.cursor(binary=True) as cursor:
            cursor.adapters.register_dumper(_Rows, _RowsDumper)
            cursor.execute(self._statement(tuple(shape)), given)
        return True

    def _type_of(self, model: ReadModel[Any], schema: str) -> int:
        found = self._types.get(schema)
        if found is None:
            table = model.table(schema).as_string(self.connection)
            with self.connection.cursor(row_factory=tuple_row) as cursor:
                ((found,),) = cursor.execute(OF, {"table": table}).fetchall()
            self._types[schema] = found
        return found

    def _statement(self, shape: _Shape) -> bytes:
        found = self._statements.get(shape)
        if found is None:
            found = self._statements[shape] = _statement(shape).as_bytes(self.connection)
        return found


def _gone(model: ReadModel[Any], ranges: RowVersions) -> Iterable[tuple[object, ...]]:
    """Return rows of which only the key counts, and where it ends."""
    between = (None,) * (len(model.cells) + 1)
    return ((*key, *between, until) for key, until in ranges.ended.items())


def _statement(shape: _Shape) -> Composed:
    written, stood = list[Composed](), list[Composed]()
    for number, (name, schema, ends, makes) in enumerate(shape):
        model = MODELS[name]
        table, ended = model.table(schema), Identifier(f"ended{number}")
        after: Composed = SQL("true").format()
        if ends:
            same = SQL(" AND ").join(SQL("row.{0} = now.{0}").format(Identifier(each)) for each in model.key)
            gone = Placeholder(f"gone{number}")
            written.append(SQL(ENDING).format(ended=ended, table=table, gone=gone, same=same))
            after = SQL(STOOD).format(ended=ended, number=Placeholder(f"number{number}"))
            stood.append(SQL(" AND {}").format(after))
        if makes:
            made, new = Identifier(f"made{number}"), Placeholder(f"new{number}")
            written.append(SQL(MAKING).format(made=made, table=table, new=new, after=after))
    return SQL(STROKE).format(advance=SQL(ADVANCE), written=Composed(written), stood=Composed(stood))
