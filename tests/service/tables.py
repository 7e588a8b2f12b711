"""What tests of read models start from: a log of facts that a book made, and the tables as they stand, row by row."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from psycopg import Connection, sql
from psycopg.rows import tuple_row

from domain.facts.encoding import encode
from domain.facts.union import Recorded
from service.eventstore import StoredFact, sync_reader
from service.postgres.pool import connect
from service.postgres.role import service_role_url
from service.projections.catalogue import MODELS
from service.projections.engine.projector import Projector
from service.projections.engine.scheduler import INPUTS
from service.projections.registry import Generation, begin_generation, generations, live, make_live, make_registry
from tests.service.logs import recording

Tables = Mapping[str, Sequence[str]]
MANY = 10**6


def now() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)


def record(url: str, facts: Iterable[Recorded]) -> None:
    """Append facts to the log in their order, as they are: each keeps its stream and version."""
    stored = [
        StoredFact(each.stream, each.version, parts.topic, parts.state, fact_id=uuid4(), text=parts.text)
        for each, parts in ((each, encode(each.fact)) for each in facts)
    ]
    with recording(url) as log:
        for start in range(0, len(stored), 500):
            with log.appending() as tail:
                tail.append(stored[start : start + 500])


def follow(url: str, size: Callable[[], int] = lambda: MANY, *, forgetting: bool = False) -> None:
    """Bring live generations, which begin here where there are none, to the end of the log in batches of a size.

    `forgetting`: each batch as if the projector had just been started.
    """
    with connect(service_role_url(url)) as connection:
        found = _begun(connection)
        projector = Projector(connection, now)
        head = sync_reader.head(projector.cache.cursor)
        while found[0].position < head and not any(each.stopped for each in found):
            if forgetting:
                projector = Projector(connection, now)
            found = projector.move(found, inputs_of(found), head, size())


def inputs_of(found: Iterable[Generation]) -> Generation:
    """Return the generation that tells what depends on what."""
    return next(each for each in found if each.name == INPUTS)


def _begun(connection: Connection[tuple[object, ...]]) -> list[Generation]:
    with connection.transaction(), connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        make_registry(cursor)
        if not live(generations(cursor)):
            for model in MODELS.values():
                made = begin_generation(cursor, model.name, model.version, 0, None)
                for statement in (model.create_table(made.schema), *model.create_indexes(made.schema)):
                    cursor.execute(statement)
                make_live(cursor, made)
        return list(live(generations(cursor)).values())


def tables(url: str) -> Tables:
    """Return the rows of every live generation as text, sorted: what a byte of difference shows in."""
    with connect(service_role_url(url)) as connection, connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        return {
            name: sorted(
                text
                for (text,) in cursor.execute(
                    sql.SQL("SELECT row::text FROM {} AS row").format(MODELS[name].table(each.schema))
                )
            )
            for name, each in sorted(live(generations(cursor)).items())
        }


def registered(url: str) -> list[Generation]:
    """Return all generations."""
    with connect(service_role_url(url)) as connection, connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        return generations(cursor)


def schemas(url: str) -> set[str]:
    """Return the schemas of generations that are there."""
    query = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'projection\\_%'"
    with connect(service_role_url(url)) as connection:
        return {str(name) for (name,) in connection.execute(query).fetchall()}
