"""How the library `eventsourcing` does it by itself: its read path, and its runner with one row, or ours, an event."""

import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, cast
from uuid import UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.persistence import InfrastructureFactory, JSONTranscoder, Mapper, StoredEvent, Tracking
from eventsourcing.postgres import BasePostgresFactory, PostgresDatastore, PostgresFactory, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.utils import Environment, EnvType
from orjson import loads
from psycopg import connect
from psycopg.sql import SQL, Identifier

from bench.incident_rows import IncidentRows, Row
from bench.library_settings import library_settings
from domain.facts.encoding import decode
from domain.facts.union import PolicyAdopted, Recorded, SourceFact
from domain.facts.versions import topic_of
from domain.history.inputs import required_streams
from service.eventstore import FactRecorder
from service.eventstore.recorder import FactDatastore

_A_PAGE: Final = 500
"""So many notifications the library's own subscription reads at once."""
_ADDRESS: Final = "KNOWNWHEN_BENCH_ADDRESS"
_WARM: Final = 500
"""So many events go by before the clock starts."""
_PATIENCE: Final = 600.0
_STAMP: Final = datetime(2024, 1, 1, tzinfo=UTC)
_ROWS, _TRACKING = "bench_rows", "bench_tracking"


class FactMapper(Mapper[UUID]):
    """A mapper of the library for our facts, without their text, which its notifications do not have."""

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_domain_event(self, stored_event: StoredEvent) -> Any:  # noqa: ANN401 - the library's protocol
        """Return the fact with its place in its stream; its position and stamp are not given to a mapper."""
        stream, version = stored_event.originator_id, stored_event.originator_version
        assert isinstance(stream, UUID)
        fact = decode(stored_event.topic, loads(stored_event.state))
        return Recorded(0, uuid5(stream, str(version)), stream, version, _STAMP, fact, None)


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


class RowsView(PostgresTrackingRecorder):
    """Rows by key, written as the library's manual shows: the rows of one event and its tracking, then COMMIT."""

    def __init__(self, datastore: PostgresDatastore, **given: Any) -> None:  # noqa: ANN401 - the library's protocol
        super().__init__(datastore, **given | {"tracking_table_name": _TRACKING})
        table = Identifier(self.datastore.schema, _ROWS)
        self.sql_create_statements.append(
            SQL("CREATE TABLE IF NOT EXISTS {} (key text PRIMARY KEY, row text, position bigint NOT NULL)").format(
                table
            )
        )
        self._upsert = SQL(
            "INSERT INTO {0} AS here VALUES (%s, %s, %s)"
            " ON CONFLICT (key) DO UPDATE SET row = excluded.row, position = excluded.position"
        ).format(table)
        self.begun = self.ended = 0.0
        self.done = 0

    def put(self, rows: Iterable[tuple[str, str | None]], tracking: Tracking) -> None:
        """Write the rows of one event."""
        with self.datastore.transaction(commit=True) as cursor:
            for key, row in rows:
                cursor.execute(self._upsert, (key, row, tracking.notification_id), prepare=True)
            self._insert_tracking(cursor, tracking)
        self.ended, self.done = time.perf_counter(), tracking.notification_id
        if self.done <= _WARM:
            self.begun = self.ended


class OneRow(Projection[RowsView]):
    """Writes one small row of the stream for each event: the least that a read model does."""

    name = "bench"

    def process_event(  # pyright: ignore[reportIncompatibleVariableOverride] - any callable will do
        self, domain_event: Recorded, tracking: Tracking
    ) -> None:
        """Write it."""
        self.view.put([(str(domain_event.stream), topic_of(domain_event.fact))], tracking)


class SameRows(Projection[RowsView]):
    """Folds each event by our own fold, and writes the rows that change in all our read models of incidents."""

    name = "bench"

    def __init__(self, view: RowsView) -> None:
        super().__init__(view)
        self._incidents: dict[UUID, IncidentRows] = {}
        self._others: dict[UUID, list[Recorded]] = {}

    def process_event(  # pyright: ignore[reportIncompatibleVariableOverride] - any callable will do
        self, domain_event: Recorded, tracking: Tracking
    ) -> None:
        """Fold it into its incident; a fact of a source or of the policy into all that take it, or later."""
        recorded = replace(domain_event, position=tracking.notification_id)
        stream, found = recorded.stream, list[Row]()
        if isinstance(recorded.fact, SourceFact | PolicyAdopted):
            self._others.setdefault(stream, []).append(recorded)
            for each in self._incidents.values():
                if each.takes(stream):
                    found += each.apply([recorded])
        else:
            incident = self._incidents.get(stream)
            if incident is None:
                incident = self._incidents[stream] = IncidentRows(stream)
            new = {each for each in required_streams(recorded) if not incident.takes(each)}
            earlier = [fact for each in new for fact in self._others.get(each, ())]
            found = incident.apply([recorded, *earlier])
        self.view.put([(repr((row.model, row.key)), repr(row.values)) for row in found], tracking)


def run_by_library(url: str, events: int, projection: type[Projection[RowsView]]) -> float:
    """Return how many events a second the library's ProjectionRunner applies, over the first `events` of the log."""
    _forget(url)
    with ProjectionRunner(
        application_class=BenchLog,
        projection_class=projection,
        view_class=RowsView,
        env={_ADDRESS: url, **library_settings(url)},
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


def _forget(url: str) -> None:
    with connect(url) as connection:
        for table in (_ROWS, _TRACKING):
            connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier("public", table)))
