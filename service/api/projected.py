"""The read side of the read models: one transaction over live generations, at a position where all of them stand."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from psycopg import AsyncConnection, sql
from psycopg.errors import InvalidSchemaName, UndefinedTable
from psycopg.rows import DictRow, TupleRow, dict_row
from psycopg_pool import AsyncConnectionPool

from service.answers.as_of import ResolvedMoment
from service.api.failures import Problem
from service.projections.read_model import AT_A_POSITION, ReadModel
from service.projections.registry import Generation, live, registered

BEHIND = BEING_BUILT, NOT_THERE_YET = ("being-built", "not-there-yet")
"""How an answer can be refused because the read models do not stand where it would have to be read."""
WAIT_SECONDS = 5.0
"""How long what was asked for is waited for."""

_PAUSE = 0.01  # between two looks at where the models stand, while anyone waits

# Plans over ranges look costly and are not; compiling them would take longer than running them.
BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off"
STANDS: Final = "{alias}.until IS NULL"
STOOD_BY_INDEX: Final = "int8range({alias}.since, {alias}.until) @> %(position)s::bigint"
STOOD: Final = "{alias}.since <= %(position)s AND ({alias}.until IS NULL OR {alias}.until > %(position)s)"

Row = DictRow
Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one transaction sees of the read models, at one position of the log: that of the answer.

    `closed` says that the same question can never be answered otherwise.
    """

    position: int
    closed: bool
    _connection: AsyncConnection[TupleRow]
    _read: Mapping[str, tuple[ReadModel[Any], Generation]]

    def names(self, **aliases: str) -> dict[str, sql.Composable]:
        """Return what a statement calls its tables: the table by the name of its model, and `…_stands`: a condition.

        It picks the rows that stand at the position. `aliases` are those of the statement, by name of the model.
        """
        found: dict[str, sql.Composable] = {}
        for name, alias in aliases.items():
            model, generation = self._read[name]
            stood = STOOD_BY_INDEX if AT_A_POSITION in model.indexes else STOOD
            stands = sql.SQL(STANDS if generation.position == self.position else stood)
            found[name] = model.table(generation.schema)
            found[f"{name}_stands"] = stands.format(alias=sql.Identifier(alias))
        return found

    async def fetch(self, query: sql.Composed, bound: Mapping[str, object]) -> list[Row]:
        """Return the rows of a statement; each is planned for what is bound in it, which decides how many it meets."""
        params = {**bound, "position": self.position}
        # Binary, so that no setting of a server has a say in what comes back.
        async with self._connection.cursor(binary=True, row_factory=dict_row) as cursor:
            return await (await cursor.execute(query, params, prepare=False)).fetchall()


class ReadModels:
    """The read models over a pool; `models` are those of this release, by name."""

    def __init__(self, pool: Pool, models: Mapping[str, ReadModel[Any]]) -> None:
        self.models = models
        self._pool = pool
        self._looking: asyncio.Task[dict[str, Generation]] | None = None

    async def registered(self) -> list[Generation]:
        """Return all generations that there are, by name and number."""
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            return await registered(cursor)

    @asynccontextmanager
    async def at(self, names: Sequence[str], moment: ResolvedMoment | None, least: int = 0) -> AsyncGenerator[Snapshot]:
        """Open a transaction over these models as of a moment; None is where they stand, at `least` or beyond.

        Whatever is asked for is waited for, WAIT_SECONDS at most; models that are still being built only where `least`
        is given. Raises Problem: `being-built`, `not-there-yet`.
        """
        needed = max(moment.position if moment else 0, least)
        loop = asyncio.get_running_loop()
        until = loop.time() + (WAIT_SECONDS if needed else 0)
        while True:
            async with self._transaction() as connection:
                async with connection.cursor() as cursor:
                    found = live(await registered(cursor))
                lacking = self._lacking(names, found, needed)
                if lacking is None:
                    read = {name: (self.models[name], found[name]) for name in names}
                    at = moment or ResolvedMoment(min(found[name].position for name in names), closed=False)
                    yield Snapshot(at.position, at.closed, connection, read)
                    return
            hopeless = "stopped" in lacking.more or (not least and lacking.type.slug == BEING_BUILT)
            if hopeless or loop.time() >= until:
                raise lacking
            await self._wait(names, needed, until)

    async def _wait(self, names: Sequence[str], needed: int, until: float) -> None:
        """Wait for these models, without a connection, until they stand there, or one has stopped, or time is up."""
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            lacking = self._lacking(names, await self._look(), needed)
            if lacking is None or "stopped" in lacking.more:
                return

    async def _look(self) -> dict[str, Generation]:
        """Return which generations answer a moment from now; however many wait, one looks for all of them."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_soon())
        return await asyncio.shield(self._looking)

    async def _look_soon(self) -> dict[str, Generation]:
        await asyncio.sleep(_PAUSE)
        return live(await self.registered())

    def _lacking(self, names: Sequence[str], found: Mapping[str, Generation], needed: int) -> Problem | None:
        """Return what keeps these models from answering at the position needed; None if nothing does."""
        missing = [name for name in names if name not in found or found[name].version != self.models[name].version]
        if missing:
            return _being_built(missing)
        behind = [found[name] for name in names if found[name].position < needed]
        return _not_there_yet(behind, needed) if behind else None

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[AsyncConnection[TupleRow]]:
        """Open a transaction; a table that is gone was dropped with its generation, and another answers by now."""
        async with self._pool.connection() as connection:
            await connection.execute(BEGIN)
            try:
                yield connection
            except (UndefinedTable, InvalidSchemaName) as gone:
                raise _being_built(list(self.models)) from gone


def _being_built(names: Sequence[str]) -> Problem:
    detail = f"The read models are being built ({', '.join(sorted(names))}); GET /v1/projections says how far they are."
    return Problem(BEING_BUILT, detail)


def _not_there_yet(behind: Sequence[Generation], needed: int) -> Problem:
    slowest = min(behind, key=lambda each: each.position)
    if stopped := next((each for each in behind if each.stopped), None):
        why = f"“{stopped.name}” has stopped at position {stopped.position} and goes on once the cause is removed"
        detail = f"Position {needed} was asked for, but {why}; GET /v1/projections says what it was."
        return Problem(NOT_THERE_YET, detail, more={"position": slowest.position, "stopped": stopped.name})
    detail = f"Position {needed} was asked for, but “{slowest.name}” stands at {slowest.position}; try again soon."
    return Problem(NOT_THERE_YET, detail, more={"position": slowest.position})
