"""Reading the read models: one read-only transaction over their live generations, all as of one position."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from psycopg import AsyncConnection, sql
from psycopg.errors import InvalidSchemaName, UndefinedTable
from psycopg.rows import DictRow, TupleRow, dict_row
from psycopg_pool import AsyncConnectionPool

from domain.values.collections import PUBLIC
from service.answers.as_of import ResolvedMoment
from service.api.errors.problem import HttpProblem
from service.eventstore.collections import rows_visible
from service.projections.read_model import AT_A_POSITION, ReadModel
from service.projections.registry import Generation, live, read_generations

STALE_READ_MODELS = BEING_BUILT, NOT_THERE_YET = ("being-built", "not-there-yet")
"""The problems of read models that are being built, or have not reached the position asked for."""
WAIT_SECONDS = 5.0
"""Seconds that a request waits for the read models to reach a position."""

_PAUSE = 0.01  # between two polls of the read models' positions

# Plans over ranges look costly and are not; compiling them would take longer than running them.
BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off"
CURRENT_ROWS: Final = "{alias}.until IS NULL"
VALID_ROWS_INDEXED: Final = "int8range({alias}.since, {alias}.until) @> %(position)s::bigint"
VALID_ROWS: Final = "{alias}.since <= %(position)s AND ({alias}.until IS NULL OR {alias}.until > %(position)s)"

ResultRow = DictRow
TuplePool = AsyncConnectionPool[AsyncConnection[TupleRow]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A repeatable-read transaction over read models, as of one position of the log.

    `closed` says that the same request always gets the same answer. `collections` are those whose incidents have rows
    in it, by the collection that they are in now; None: all.
    """

    position: int
    closed: bool
    _connection: AsyncConnection[TupleRow]
    _read: Mapping[str, tuple[ReadModel[Any], Generation]]
    collections: Collection[str] | None = None

    def names(self, **aliases: str) -> dict[str, sql.Composable]:
        """Return the placeholders of a statement: `{model}` is its table, `{model_valid}` a condition on its rows.

        The condition selects the visible rows that are valid at the position. `aliases` are those of the tables, by
        model.
        """
        found: dict[str, sql.Composable] = {}
        for name, alias in aliases.items():
            model, generation = self._read[name]
            valid = VALID_ROWS_INDEXED if AT_A_POSITION in model.indexes else VALID_ROWS
            condition = CURRENT_ROWS if generation.position == self.position else valid
            if self.collections is not None and model.subject == "incident":
                visible = rows_visible("{alias}.incident", public=PUBLIC in self.collections)
                condition = f"{condition} AND {visible}"
            found[name] = model.table(generation.schema)
            found[f"{name}_valid"] = sql.SQL(condition).format(alias=sql.Identifier(alias))
        return found

    async def fetch(self, query: sql.Composed, bound: Mapping[str, object]) -> list[ResultRow]:
        """Return the rows of a statement. It is not prepared: its plan depends on the values of the parameters."""
        params = {**bound, "position": self.position, "collections": list(self.collections or ())}
        # Binary, so that results do not depend on the server's settings.
        async with self._connection.cursor(binary=True, row_factory=dict_row) as cursor:
            return await (await cursor.execute(query, params, prepare=False)).fetchall()


class ReadModels:
    """The read models of this release by name, and the pool to read them with."""

    def __init__(
        self, pool: TuplePool, models: Mapping[str, ReadModel[Any]], collections: Collection[str] | None = None
    ) -> None:
        self.models = models
        self._pool = pool
        self._polling: asyncio.Task[dict[str, Generation]] | None = None
        self._collections = collections

    def within(self, collections: Collection[str]) -> "ReadModels":
        """Return the read models with the rows of incidents in these collections only."""
        return ReadModels(self._pool, self.models, collections)

    async def generations(self) -> list[Generation]:
        """Return all generations, ordered by name and number."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await read_generations(cursor)

    @asynccontextmanager
    async def snapshot(
        self, names: Sequence[str], moment: ResolvedMoment | None, least: int = 0
    ) -> AsyncGenerator[Snapshot]:
        """Open a transaction over these models as of a moment; None is their present position, at least `least`.

        Waits up to WAIT_SECONDS for the models to reach it; for models still being built only if `least` is given.
        Raises HttpProblem: `being-built`, `not-there-yet`.
        """
        needed = max(moment.position if moment else 0, least)
        loop = asyncio.get_running_loop()
        until = loop.time() + (WAIT_SECONDS if needed else 0)
        while True:
            async with self._transaction() as connection:
                async with connection.cursor() as cursor:
                    found = live(await read_generations(cursor))
                problem = self._problem(names, found, needed)
                if problem is None:
                    read = {name: (self.models[name], found[name]) for name in names}
                    at = moment or ResolvedMoment(min(found[name].position for name in names), closed=False)
                    yield Snapshot(at.position, at.closed, connection, read, self._collections)
                    return
            final = "stopped" in problem.members or (not least and problem.type.slug == BEING_BUILT)
            if final or loop.time() >= until:
                raise problem
            await self._wait(names, needed, until)

    async def _wait(self, names: Sequence[str], needed: int, until: float) -> None:
        """Wait, without holding a connection, until the models reach a position, one has stopped, or time is up."""
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            problem = self._problem(names, await self._poll(), needed)
            if problem is None or "stopped" in problem.members:
                return

    async def _poll(self) -> dict[str, Generation]:
        """Return the live generations after a pause; concurrent waiters share one poll."""
        if self._polling is None or self._polling.done():
            self._polling = asyncio.create_task(self._poll_after_pause())
        return await asyncio.shield(self._polling)

    async def _poll_after_pause(self) -> dict[str, Generation]:
        await asyncio.sleep(_PAUSE)
        return live(await self.generations())

    def _problem(self, names: Sequence[str], found: Mapping[str, Generation], needed: int) -> HttpProblem | None:
        """Return the problem that keeps these models from being read at a position; None if there is none."""
        missing = [name for name in names if name not in found or found[name].version != self.models[name].version]
        if missing:
            return _being_built(missing)
        behind = [found[name] for name in names if found[name].position < needed]
        return _not_there_yet(behind, needed) if behind else None

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[AsyncConnection[TupleRow]]:
        """Open a transaction. A missing table was dropped with its generation after another became live."""
        async with self._pool.connection() as connection:
            await connection.execute(BEGIN)
            try:
                yield connection
            except (UndefinedTable, InvalidSchemaName) as dropped:
                raise _being_built(list(self.models)) from dropped


def _being_built(names: Sequence[str]) -> HttpProblem:
    detail = f"The read models are being built ({', '.join(sorted(names))}); GET /v1/projections says how far they are."
    return HttpProblem(BEING_BUILT, detail)


def _not_there_yet(behind: Sequence[Generation], needed: int) -> HttpProblem:
    slowest = min(behind, key=lambda each: each.position)
    if stopped := next((each for each in behind if each.stopped), None):
        why = f"“{stopped.name}” has stopped at position {stopped.position} and goes on once the cause is removed"
        detail = f"Position {needed} was asked for, but {why}; GET /v1/projections says what it was."
        return HttpProblem(NOT_THERE_YET, detail, members={"position": slowest.position, "stopped": stopped.name})
    detail = f"Position {needed} was asked for, but “{slowest.name}” stands at {slowest.position}; try again soon."
    return HttpProblem(NOT_THERE_YET, detail, members={"position": slowest.position})
