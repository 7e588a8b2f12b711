"""The pieces of a building's work, each done within the transaction that says so."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, cast

import psycopg
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row
from psycopg.sql import SQL
from psycopg.types.json import Jsonb

from domain.facts.versions import TOPICS
from service.answers.bulk_inputs import BulkInputs, Undecodable
from service.eventstore import sync_reader
from service.postgres.pool import connect
from service.projections.audit.replay import Asked, Comparing
from service.projections.catalogue import MODELS
from service.projections.engine.batch_fold import Failure
from service.projections.engine.batch_writer import CannotWrite, write
from service.projections.engine.projector import stopped
from service.projections.engine.row_versions import Ranges
from service.projections.errors import BuildingProblem, LeftOff
from service.projections.read_model import Cells, ReadModel
from service.projections.rebuild import work_items
from service.projections.rebuild.fold import Folding, failure_of
from service.projections.rebuild.work_items import Building, Piece
from service.projections.registry import Generation, generations

MOST_DIFFERENCES: Final = 50
"""How many differences of one piece are told; more of them would tell no more."""

ANALYZE: Final = "ANALYZE {}"
UNKNOWN: Final = """
    SELECT notification_id, fact_id, topic FROM public.facts
    WHERE topic <> ALL(%(topics)s::text[]) AND notification_id <= %(upto)s ORDER BY notification_id LIMIT 1
"""
NOW: Final = "SELECT now()"
STOP: Final = """
    UPDATE projections.generations SET stopped = %(stopped)s
    WHERE name = %(name)s AND generation = %(generation)s AND stopped IS NULL
"""


_PAUSE: Final = 0.05
# What a killed process was at stops within a second; a piece that is lost in a crash is found not done.
_SESSION: Final = (
    "SET synchronous_commit = off",
    "SET idle_in_transaction_session_timeout = 0",
    "SET maintenance_work_mem = '128MB'",
    "SET client_connection_check_interval = '1s'",
)


def lay(url: str, building: int, told: Callable[[int], None]) -> None:
    """Do pieces of a building until all are done, also those that others let go of; `told` how many facts are through.

    Raises BuildingProblem, PostgresProblem and psycopg.Error.
    """
    with connect(url) as connection:
        _prepare(connection)
        laying = Laying(connection, building, told)
        while True:
            with connection.transaction(), connection.cursor(binary=True, row_factory=tuple_row) as cursor:
                piece = work_items.take(cursor, building)
                if piece is not None:
                    work_items.finish(cursor, building, piece, laying.do(cursor, piece))
            if piece is None:
                with connection.cursor() as cursor:
                    if not work_items.left(cursor, building):
                        return
                time.sleep(_PAUSE)


def _prepare(connection: Connection[Any]) -> None:
    for statement in _SESSION:
        try:
            connection.execute(statement)
        except psycopg.errors.InvalidParameterValue:  # this server's platform cannot tell that a client is gone
            continue


@dataclass(slots=True)
class Laying:
    """Does pieces of one building over one connection; `told` how many facts are through."""

    connection: Connection[Any]
    building: int
    told: Callable[[int], None]
    _facts: BulkInputs | None = field(default=None)

    def do(self, cursor: Cursor[Any], piece: Piece) -> list[dict[str, Any]]:
        """Do a piece, within a transaction; returns what differs, where it was to verify.

        A read model that fails is stopped, with the reason; the others go on. Raises LeftOff, psycopg.Error.
        """
        building = self._read(cursor)
        going = {each.name: each for each in building.generations if each.stopped is None}
        if not going:
            return []
        if piece.work == "verify":
            return self._verify(building, list(going.values()), piece)
        if piece.name is not None:
            if piece.name in going:
                self._finish(cursor, going[piece.name], piece)
            return []
        for name, failure in self._folded(cursor, going, building.target, piece).items():
            stop(cursor, going[name], failure)
        return []

    def _read(self, cursor: Cursor[Any]) -> Building:
        found = {each.number: each for each in work_items.buildings(cursor, generations(cursor))}
        if self.building not in found:
            raise LeftOff("This building was given up for another.")
        return found[self.building]

    def _shared(self, target: int) -> BulkInputs:
        """Return what reads facts, with those of sources that it keeps from piece to piece."""
        if self._facts is None:
            self._facts = BulkInputs(self.connection.cursor(binary=True, row_factory=tuple_row), target)
        return self._facts

    def _folded(
        self, cursor: Cursor[Any], going: Mapping[str, Generation], target: int, piece: Piece
    ) -> dict[str, Failure]:
        failures: dict[str, Failure] = {}

        def written(model: ReadModel[Any], ranges: Ranges) -> None:
            if model.name in failures:
                return
            try:
                with self.connection.transaction():
                    write(cursor, model, going[model.name].schema, ranges)
            except CannotWrite as error:
                failures[model.name] = self._unwritten(cursor, model, going[model.name].schema, ranges, error)

        models = [MODELS[name] for name in going]
        folding = Folding(models, self._shared(target), written, self.told, failures)
        try:
            (folding.sources if piece.work == "sources" else folding.incidents)(piece.streams)
        except Undecodable as unread:
            return dict.fromkeys(going, failure_of(unread))
        return failures

    def _unwritten(
        self, cursor: Cursor[Any], model: ReadModel[Any], schema: str, ranges: Ranges, error: CannotWrite
    ) -> Failure:
        """Say at which fact there was a row that cannot be written: each is tried by itself."""
        why, position = error.why, 0
        for row in sorted(ranges.rows(), key=_since):
            try:
                with self.connection.transaction():
                    write(cursor, model, schema, Ranges(closed=[row]))
            except CannotWrite as again:
                why, position = again.why, _since(row)
                break
        if not position:
            raise BuildingProblem(f"The rows of “{model.name}” cannot be written: {why}") from error
        (kept,) = sync_reader.after(cursor, position - 1, position, 1)
        return Failure(position, kept.fact_id, kept.topic, why)

    def _finish(self, cursor: Cursor[Any], generation: Generation, piece: Piece) -> None:
        model = MODELS[generation.name]
        if piece.nth is None:
            cursor.execute(SQL(ANALYZE).format(model.table(generation.schema)))
        else:
            cursor.execute(model.indexing(generation.schema)[piece.nth])

    def _verify(self, building: Building, going: list[Generation], piece: Piece) -> list[dict[str, Any]]:
        # Right after the folding no row has ended after the target; where verifying was asked for later, some have.
        newest = all(each.position <= building.target for each in going)
        comparing = Comparing(self._shared(building.target), going, newest=newest)
        self._shared(building.target).fetch(piece.streams)
        found = comparing.at(Asked(stream, building.target) for stream in piece.streams)
        return [each.document() for each in islice(found, MOST_DIFFERENCES)]


def unreadable(cursor: Cursor[Any], upto: int) -> Failure | None:
    """Return the first fact, up to a position, of a topic that this release does not know; None: it knows all.

    No read model may pass one, not even one that would have nothing of it: who knows what it says?
    """
    row = cursor.execute(UNKNOWN, {"topics": sorted(TOPICS), "upto": upto}).fetchone()
    if row is None:
        return None
    position, fact_id, topic = row
    return Failure(position, fact_id, topic, f"UnknownFact: this release knows no fact “{topic}”")


def stop(cursor: Cursor[Any], generation: Generation, failure: Failure) -> None:
    """Write down in the registry that a generation fails at a fact, unless it is known to fail already."""
    ((moment,),) = cursor.execute(NOW).fetchall()
    said = Jsonb(stopped(failure, moment))
    cursor.execute(STOP, {"name": generation.name, "generation": generation.generation, "stopped": said})


def _since(row: Cells) -> int:
    return cast("int", row[-2])
