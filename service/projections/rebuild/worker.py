"""Worker of a rebuild: does its tasks, in this process or in a child process of its own.

As a process (`python -m service.projections.rebuild.worker`) it reads one line of JSON from standard input,
{"url": …, "building": number}, and writes lines of JSON: {"facts": number of further facts folded}, and {"trouble": a
sentence} before it fails. It ends when its standard input does, that is with its parent.
"""

import gc
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, cast
from uuid import UUID

import psycopg
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row
from psycopg.sql import SQL

from domain.facts.union import Recorded
from domain.facts.versions import TOPICS
from domain.history.history import History
from domain.summary.incident_projection import IncidentProjection
from service.answers.bulk_inputs import BulkInputs, UndecodableFact
from service.eventstore import sync_reader
from service.postgres.pool import connect
from service.postgres.problems import PostgresProblem
from service.projections.audit.comparison import Comparison, SubjectAt
from service.projections.catalogue import MODELS
from service.projections.engine.batch_writer import CannotWrite, write
from service.projections.engine.row_versions import RowVersions
from service.projections.engine.subject_fold import Failure, RowFold, SubjectFold
from service.projections.errors import RebuildProblem, RebuildStopped, problem_sentence
from service.projections.read_model import ReadModel, RowValues, SubjectKind
from service.projections.rebuild import tasks
from service.projections.rebuild.tasks import Rebuild, Task
from service.projections.registry import Generation, generations, stop

ROWS_AT_ONCE: Final = 4_000
"""The number of rows of a read model that are kept in memory before they are written."""
MOST_DIFFERENCES: Final = 50
"""The largest number of differences that one task keeps."""
FAILED: Final = 1
"""The exit status of a worker that has written an error."""

ANALYZE: Final = "ANALYZE {}"
UNKNOWN: Final = """
    SELECT notification_id, fact_id, topic FROM public.facts
    WHERE topic <> ALL(%(topics)s::text[]) AND notification_id <= %(upto)s ORDER BY notification_id LIMIT 1
"""
NOW: Final = "SELECT now()"

_PAUSE: Final = 0.05
_REPORT_SECONDS: Final = 0.2
# The server ends the statement of a killed worker within a second; a task that a crash loses is found not done.
_SESSION: Final = (
    "SET synchronous_commit = off",
    "SET idle_in_transaction_session_timeout = 0",
    "SET maintenance_work_mem = '128MB'",
    # ANALYZE takes a third of the time over a third of the rows; the server's own follows as the tables change.
    "SET default_statistics_target = 30",
    "SET client_connection_check_interval = '1s'",
)


def work(url: str, rebuild: int, on_facts: Callable[[int], None]) -> None:
    """Do tasks of a rebuild until all are done, including those that dead workers left undone.

    `on_facts` is called with numbers of further facts folded. Raises RebuildProblem, PostgresProblem, psycopg.Error.
    """
    with connect(url) as connection:
        _prepare(connection)
        worker = Worker(connection, rebuild, on_facts)
        while True:
            with connection.transaction(), connection.cursor(binary=True, row_factory=tuple_row) as cursor:
                task = tasks.take(cursor, rebuild)
                if task is not None:
                    tasks.finish(cursor, rebuild, task, worker.do(cursor, task))
            if task is None:
                with connection.cursor() as cursor:
                    if not tasks.remaining(cursor, rebuild):
                        return
                time.sleep(_PAUSE)


def _prepare(connection: Connection[Any]) -> None:
    for statement in _SESSION:
        try:
            connection.execute(statement)
        except psycopg.errors.InvalidParameterValue:  # this server's platform cannot detect that a client disconnected
            continue


@dataclass(slots=True)
class Worker:
    """Does tasks of one rebuild over one connection; facts of sources are kept in memory from task to task."""

    connection: Connection[Any]
    rebuild: int
    on_facts: Callable[[int], None]
    _facts: BulkInputs | None = None

    def do(self, cursor: Cursor[Any], task: Task) -> list[dict[str, Any]]:
        """Do a task, within a transaction; returns the differences that verifying finds.

        A read model that fails is stopped, and the others continue. Raises RebuildStopped, psycopg.Error.
        """
        found = {each.number: each for each in tasks.unfinished_rebuilds(cursor, generations(cursor))}
        rebuild = found.get(self.rebuild)
        if rebuild is None:
            raise RebuildStopped("This building was given up for another.")
        running = {each.name: each for each in rebuild.generations if each.stopped is None}
        if task.work == "verify":
            return self._verify(rebuild, list(running.values()), task) if running else []
        if task.name is not None:
            if task.name in running:
                model, schema = MODELS[task.name], running[task.name].schema
                analyze = SQL(ANALYZE).format(model.table(schema))
                cursor.execute(analyze if task.nth is None else model.create_indexes(schema)[task.nth])
        elif running:
            for name, failure in self._fold(cursor, rebuild.target, running, task).items():
                stop_at(cursor, running[name], failure)
        return []

    def _inputs(self, target: int) -> BulkInputs:
        if self._facts is None:
            self._facts = BulkInputs(self.connection.cursor(binary=True, row_factory=tuple_row), target)
        return self._facts

    def _fold(
        self, cursor: Cursor[Any], target: int, running: Mapping[str, Generation], task: Task
    ) -> Mapping[str, Failure]:
        rows = RowFold([MODELS[name] for name in running])

        def store(model: ReadModel[Any], versions: RowVersions) -> None:
            if model.name in rows.failures:
                return
            schema = running[model.name].schema
            try:
                with self.connection.transaction():
                    write(cursor, model, schema, versions)
            except CannotWrite as error:
                rows.fail([model], self._find_unwritable(cursor, model, schema, versions, error))

        fold = FoldFromStart(rows, self._inputs(target), store)
        try:
            fold.facts.prefetch(task.streams)
            for stream in task.streams:
                self.on_facts(fold.source(stream) if task.work == "sources" else fold.incident(stream))
            fold.flush(0)
        except UndecodableFact as undecodable:
            stored = undecodable.stored
            return dict.fromkeys(running, Failure.at(stored.position, stored.fact_id, stored.topic, undecodable.error))
        return rows.failures

    def _find_unwritable(
        self, cursor: Cursor[Any], model: ReadModel[Any], schema: str, versions: RowVersions, error: CannotWrite
    ) -> Failure:
        """Return the fact with the first row that cannot be written: each row is tried by itself."""
        for row in sorted(versions.rows(), key=_since):
            try:
                with self.connection.transaction():
                    write(cursor, model, schema, RowVersions(closed=[row]))
            except CannotWrite as row_error:
                (stored,) = sync_reader.after(cursor, _since(row) - 1, _since(row), 1)
                return Failure(stored.position, stored.fact_id, stored.topic, row_error.why)
        raise RebuildProblem(f"The rows of “{model.name}” cannot be written: {error.why}") from error

    def _verify(self, rebuild: Rebuild, running: list[Generation], task: Task) -> list[dict[str, Any]]:
        # Right after the folding no row has ended after the target; where verifying was asked for later, some have.
        newest = all(each.position <= rebuild.target for each in running)
        facts = self._inputs(rebuild.target)
        facts.prefetch(task.streams)
        comparison = Comparison(facts, running, newest=newest)
        found = comparison.differences(SubjectAt(stream, rebuild.target) for stream in task.streams)
        return [each.document() for each in islice(found, MOST_DIFFERENCES)]


@dataclass(slots=True)
class FoldFromStart:
    """Folds subjects one after another, each from its first fact; `store` writes batches of row versions."""

    rows: RowFold
    facts: BulkInputs
    store: Callable[[ReadModel[Any], RowVersions], None]

    def incident(self, stream: UUID) -> int:
        """Fold an incident; returns the number of its own facts. Raises UndecodableFact."""
        gathered, projection, waiting = (
            self.facts.inputs_of(stream),
            IncidentProjection(History(stream)),
            list[Recorded](),
        )
        fold = SubjectFold(projection)
        for recorded in gathered:
            waiting.append(recorded)
            # Facts of a stream that becomes an input only later are applied then, as the live projector does.
            if recorded.stream in projection.input_streams.streams and not self._apply(
                "incident", fold, recorded, waiting
            ):
                break
        self.flush(ROWS_AT_ONCE)
        return sum(each.stream == stream for each in gathered)

    def source(self, stream: UUID) -> int:
        """Fold a source; returns the number of its facts. Raises UndecodableFact."""
        facts, fold = self.facts.facts_of([stream]), SubjectFold(None)
        for recorded in facts:
            self._apply("source", fold, recorded, [recorded])
        self.flush(ROWS_AT_ONCE)
        return len(facts)

    def _apply(self, kind: SubjectKind, fold: SubjectFold, recorded: Recorded, facts: list[Recorded]) -> bool:
        """Apply facts; returns whether any read model continues."""
        applied = self.rows.apply(kind, recorded, lambda: fold, lambda _: facts)
        if applied is None:
            return False
        self.rows.put(applied.changes, recorded.position)
        facts.clear()
        for each in applied.changes:
            versions = self.rows.versions[each.model.name]
            if len(versions.closed) >= ROWS_AT_ONCE:
                self.store(each.model, RowVersions(closed=versions.closed))
                versions.closed = []
        return bool(self.rows.running(kind))

    def flush(self, most: int) -> None:
        """Write the rows of all read models that have more than `most`; between subjects only."""
        for model in self.rows.models:
            versions = self.rows.versions[model.name]
            if len(versions.closed) + len(versions.open) > most:
                self.store(model, versions)
                self.rows.versions[model.name] = RowVersions()


def first_unknown_fact(cursor: Cursor[Any], upto: int) -> Failure | None:
    """Return the first fact, up to a position, of a topic that this release does not know; None: all are known.

    No read model may pass it, since what such a fact changes is unknown.
    """
    row = cursor.execute(UNKNOWN, {"topics": sorted(TOPICS), "upto": upto}).fetchone()
    if row is None:
        return None
    position, fact_id, topic = row
    return Failure(position, fact_id, topic, f"UnknownFact: this release knows no fact “{topic}”")


def stop_at(cursor: Cursor[Any], generation: Generation, failure: Failure) -> None:
    """Store the failure of a generation in the registry, as of now by the clock of the database."""
    ((moment,),) = cursor.execute(NOW).fetchall()
    stop(cursor, generation, failure.document(moment))


def _since(row: RowValues) -> int:
    return cast("int", row[-2])


@dataclass(slots=True)
class _Reporter:
    """Writes numbers of folded facts to standard output, at most every _REPORT_SECONDS."""

    _facts: int = 0
    _written: float = field(default_factory=time.monotonic)

    def add(self, facts: int) -> None:
        self._facts += facts
        if time.monotonic() - self._written >= _REPORT_SECONDS:
            self.flush()

    def flush(self) -> None:
        if self._facts:
            _write_line({"facts": self._facts})
        self._facts, self._written = 0, time.monotonic()


def main() -> None:
    """Run a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends this process
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    gc.disable()  # folding makes no cycles, and a collection takes as long as decoding
    reporter = _Reporter()
    try:
        work(job["url"], job["building"], reporter.add)
        reporter.flush()
    except (RebuildProblem, PostgresProblem, psycopg.Error, MemoryError) as problem:
        _write_line({"trouble": problem_sentence(problem)})
        sys.exit(FAILED)
    except Exception as problem:  # noqa: BLE001 - the parent logs the details
        _write_line({"trouble": problem_sentence(problem), "details": traceback.format_exc()})
        sys.exit(FAILED)


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(FAILED)


def _write_line(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
