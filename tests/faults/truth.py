"""What the read models must say, from the log and whole folds; and what a table says that was kept fact by fact."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from domain import catalogue
from domain.facts.streams import POLICY_STREAM
from domain.facts.union import Recorded, SourceFact
from domain.history.history import history_of
from domain.history.inputs import required_streams
from domain.incident import source_decisions as sources
from domain.reading import Reading
from domain.summary.incident_projection import IncidentProjection
from service.eventstore import sync_reader
from service.projections.catalogue import MODELS
from service.projections.engine.projector import Projector
from service.projections.engine.scheduler import Scheduler
from service.projections.read_model import ReadModel
from service.projections.registry import Generation, begin_generation, generations, live, make_registry

Rows = dict[str, set[str]]
"""The rows of every read model, each as text."""

OVERLAPS = """
    SELECT count(*) FROM {table} AS one JOIN {table} AS other USING ({key})
    WHERE one.since < other.since AND coalesce(one.until, other.since + 1) > other.since
    OR one.since = other.since AND one.ctid < other.ctid
"""
EMPTY = "SELECT count(*) FROM {table} WHERE until <= since"


def log_of(connection: Connection[Any]) -> list[Recorded]:
    """Return all facts of the log; their positions have no gap."""
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        head = sync_reader.head(cursor)
        facts = [kept.recorded() for kept in sync_reader.after(cursor, 0, head, head)]
    assert [each.position for each in facts] == list(range(1, head + 1))
    return facts


def told(facts: Sequence[Recorded], position: int) -> Rows:
    """Return the rows that stand at a position, from nothing but the facts up to it."""
    known = facts[:position]
    by_stream: defaultdict[UUID, list[Recorded]] = defaultdict(list)
    for each in known:
        by_stream[each.stream].append(each)
    rows: Rows = {name: set() for name in MODELS}
    for stream, own in by_stream.items():
        if isinstance(own[0].fact, SourceFact):
            _tell(rows, "source", sources.fold([each.fact for each in own]))
        elif stream != POLICY_STREAM:
            inputs = _inputs(by_stream, stream)
            mine = [each for each in known if each.stream in inputs]
            history = history_of(mine, stream)
            policy = catalogue.policy(history.adopted_policy or catalogue.DEFAULT_POLICY)
            present = IncidentProjection.at(history, Reading(None, policy))
            present.input_streams.streams = inputs
            _tell(rows, "incident", present)
    return rows


def _inputs(by_stream: Mapping[UUID, Iterable[Recorded]], stream: UUID) -> set[UUID]:
    found, waiting = {stream, POLICY_STREAM}, [stream]
    while waiting:
        led = {each for recorded in by_stream.get(waiting.pop(), ()) for each in required_streams(recorded)}
        waiting += led - found
        found |= led
    return found


def _tell(rows: Rows, subject: str, now: object) -> None:
    for model in MODELS.values():
        if model.subject == subject:
            rows[model.name] |= {_text(row) for row in model.rows(now)}


def kept(connection: Connection[Any], found: Iterable[Generation], position: int) -> Rows:
    """Return the rows that stand at a position in the tables."""
    query = "SELECT * FROM {table} WHERE since <= %(at)s AND (until IS NULL OR until > %(at)s)"
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        return {
            each.name: {_text(row[:-2]) for row in cursor.execute(_of(query, each), {"at": position})} for each in found
        }


def _text(cells: Sequence[object]) -> str:
    return repr([_plain(cell) for cell in cells])


def _plain(cell: object) -> object:
    return str(cell.astimezone(UTC)) if isinstance(cell, datetime) else cell


def assert_ranges_fit(connection: Connection[Any], found: Iterable[Generation]) -> None:
    """See that of a key one row stands at a time, and each for a while."""
    for each in found:
        assert connection.execute(_of(OVERLAPS, each)).fetchone() == (0,), each.name
        assert connection.execute(_of(EMPTY, each)).fetchone() == (0,), each.name


def assert_tables_tell(
    connection: Connection[Any], found: Sequence[Generation], facts: Sequence[Recorded], positions: Iterable[int]
) -> None:
    """See that the tables say at each of these positions what whole folds say."""
    for position in positions:
        rows, expected = kept(connection, found, position), told(facts, position)
        for name, said in rows.items():
            assert said == expected[name], f"{name} at {position}: {sorted(said ^ expected[name])[:6]}"


def whole(connection: Connection[Any], generation: Generation) -> list[str]:
    """Return a whole table as text: every row with its range, byte for byte."""
    model = MODELS[generation.name]
    order = SQL(", ").join(map(Identifier, [*model.key, "since"]))
    query = SQL("SELECT t::text FROM {} AS t ORDER BY {}").format(model.table(generation.schema), order)
    return [text for (text,) in connection.execute(query)]


def make(connection: Connection[Any]) -> None:
    """Make the registry, where no projector was ever at work."""
    with connection.transaction(), connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        make_registry(cursor)


def living(connection: Connection[Any]) -> list[Generation]:
    """Return the generations that answer."""
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        return [*live(generations(cursor)).values()]


def projected_anew(connection: Connection[Any], limit: int | None = None) -> list[Generation]:
    """Project the whole log into tables of their own, in batches of `limit` facts; they never answer."""
    with connection.transaction(), connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        head = sync_reader.head(cursor)
        made = [begin_generation(cursor, model.name, model.version, 0, head) for model in MODELS.values()]
        for each in made:
            for statement in _making(MODELS[each.name], each.schema):
                cursor.execute(statement)
    if limit is None:
        return Scheduler(connection, lambda: datetime.now(UTC)).move(made, head)
    projector = Projector(connection, lambda: datetime.now(UTC))
    while made[0].position < head and not any(each.stopped for each in made):
        made = projector.move(made, next(each for each in made if each.name == "inputs"), head, limit)
    return made


def _making(model: ReadModel[Any], schema: str) -> list[Composed]:
    return [model.create_table(schema), *model.create_indexes(schema)]


def _of(query: str, generation: Generation) -> Composed:
    model = MODELS[generation.name]
    key = SQL(", ").join(map(Identifier, model.key))
    return SQL(query).format(table=model.table(generation.schema), key=key)
