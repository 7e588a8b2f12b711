"""How the library `eventsourcing` does it by itself: its read path alone, and its runner with one upsert an event."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import InfrastructureFactory, JSONTranscoder, Mapper, StoredEvent, Tracking
from eventsourcing.postgres import BasePostgresFactory, PostgresDatastore, PostgresFactory, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.utils import Environment, EnvType
from orjson import loads
from psycopg import connect
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from domain.facts.encoding import decode
from domain.facts.union import Fact
from domain.facts.versions import topic_of
from service.eventstore import FactRecorder
from service.eventstore.recorder import FactDatastore

_A_PAGE: Final = 500
"""So many notifications the library's own subscription reads at once."""
_ADDRESS: Final = "KNOWNWHEN_BENCH_ADDRESS"
_WARM: Final = 500
"""So many events go by before the clock starts."""
_PATIENCE: Final = 600.0
_TABLES: Final = ("bench_incidents", "bench_tracking")


@dataclass(frozen=True)
class StreamFact:
    """A fact at its place in a stream: what the library calls a domain event."""

    originator_id: UUID
    originator_version: int
    fact: Fact


class FactMapper(Mapper[UUID]):
    """A mapper of the library for our facts, without their text, which its notifications do not have."""

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_domain_event(self, stored_event: StoredEvent) -> Any:  # noqa: ANN401 - the library's protocol
        """Return the fact with its place in its stream."""
        stream = stored_event.originator_id
        assert isinstance(stream, UUID)
        return StreamFact(
            stream, stored_event.originator_version, decode(stored_event.topic, loads(stored_event.state))
        )


class RecorderFactory(PostgresFactory):
    """A factory of our recorder, for the library's application."""

    def __init__(self, address: str) -> None:
        super(BasePostgresFactory, self).__init__(Environment("knownwhen"))  # past the one that reads POSTGRES_*
        self.datastore = FactDatastore(address)

    def application_recorder(self) -> FactRecorder:
        """Return the recorder over our table."""
        return FactRecorder(self.datastore, salt=lambda: bytes(32), new_id=uuid.uuid4)


class BenchLog(Application[UUID]):
    """Our log as the library's application, made from an environment as its runner makes it."""

    name = "knownwhen"

    def __init__(self, env: EnvType) -> None:
        self._address = env[_ADDRESS]
        super().__init__()

    def construct_factory(self, env: Environment) -> InfrastructureFactory:  # noqa: ARG002 - the library's protocol
        """Return the factory of our recorder."""
        return cast("InfrastructureFactory", RecorderFactory(self._address))

    def construct_mapper(self) -> Mapper[UUID]:
        """Return the mapper of our facts."""
        return FactMapper()


class IncidentsView(PostgresTrackingRecorder):
    """A read model of one small row a stream, written as the library's manual shows: row and tracking, then COMMIT."""

    def __init__(self, datastore: PostgresDatastore, **given: Any) -> None:  # noqa: ANN401 - the library's protocol
        super().__init__(datastore, **given | {"tracking_table_name": _TABLES[1]})
        table = Identifier(self.datastore.schema, _TABLES[0])
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS {} (stream uuid PRIMARY KEY, facts bigint NOT NULL, last text NOT NULL)"
            ).format(table)
        )
        self._upsert = SQL(
            "INSERT INTO {0} AS here VALUES (%(stream)s, 1, %(last)s)"
            " ON CONFLICT (stream) DO UPDATE SET facts = here.facts + 1, last = excluded.last"
        ).format(table)
        self.begun = self.ended = 0.0
        self.done = 0

    def count(self, stream: UUID, last: str, tracking: Tracking) -> None:
        """Count one event of a stream."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(self._upsert, {"stream": stream, "last": last}, prepare=True)
            self._insert_tracking(cursor, tracking)
        self.ended, self.done = time.perf_counter(), tracking.notification_id
        if self.done <= _WARM:
            self.begun = self.ended


class Incidents(Projection[IncidentsView]):
    """Hands each event to the view."""

    name = "bench"

    def process_event(  # pyright: ignore[reportIncompatibleVariableOverride] - any callable will do
        self, domain_event: StreamFact, tracking: Tracking
    ) -> None:
        """Count it."""
        self.view.count(domain_event.originator_id, topic_of(domain_event.fact), tracking)


def run_by_library(url: str, events: int) -> float:
    """Return how many events a second the library's ProjectionRunner applies, over the first `events` of the log."""
    _forget(url)
    with ProjectionRunner(
        application_class=BenchLog, projection_class=Incidents, view_class=IncidentsView, env=_environment(url)
    ) as runner:
        runner.wait(_WARM + events, timeout=_PATIENCE)
    view = runner.view
    view.datastore.close()
    _forget(url)
    assert view.done >= _WARM + events
    return (view.done - _WARM) / (view.ended - view.begun)


def read_by_library(url: str, events: int) -> float:
    """Return how many events a second the library's notifications and the mapper give, with nothing done to them."""
    with BenchLog({_ADDRESS: url}) as log:
        mapper, recorder = log.mapper, log.recorder
        begin, last = time.perf_counter(), 0
        while last < events:
            page = recorder.select_notifications(start=last, limit=_A_PAGE, inclusive_of_start=False)
            for notification in page:
                mapper.to_domain_event(notification)
            last = page[-1].id
        return last / (time.perf_counter() - begin)


def load_by_library(url: str, stream: UUID, versions: Sequence[int]) -> list[float]:
    """Return how many milliseconds the library takes to load a stream up to each version, with nothing folded."""
    taken: list[float] = []
    with BenchLog({_ADDRESS: url}) as log:
        for version in versions:
            begin = time.perf_counter()
            loaded = sum(1 for _ in log.events.get(stream, lte=version))
            taken.append(1000 * (time.perf_counter() - begin))
            assert loaded == version
    return taken


def _environment(url: str) -> dict[str, str]:
    given = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    return {
        _ADDRESS: url,
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": given["dbname"],
        "POSTGRES_HOST": given["host"],
        "POSTGRES_PORT": given["port"],
        "POSTGRES_USER": given["user"],
        "POSTGRES_PASSWORD": given.get("password", ""),
    }


def _forget(url: str) -> None:
    with connect(url) as connection:
        for table in _TABLES:
            connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier("public", table)))
