"""What each part of the work costs by itself in the checkout that it is run with: CPU microseconds of one process.

    python -m bench.part_costs URL SLUG REPORTS SEED

prints JSON; a log is at URL, and SLUG is the large incident in it. It imports nothing of `bench` that another checkout
might not know.
"""

import gc
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson

from bench.incident_rows import folded, inputs_of
from bench.load import TOGETHER, openings, reports
from domain import catalogue
from domain.facts.streams import incident_stream
from domain.facts.union import IncidentOpened, Recorded
from domain.history.history import history_of
from domain.ledger.canonical import canonical
from domain.reading import Reading
from service.api.batches.line import read_line
from service.eventstore import open_recorder, sync_reader
from service.eventstore.writer import Writer, WriteRequest
from service.postgres.pool import connect
from service.runtime.garbage_collection import SELDOM
from service.runtime.json_members import names_are_unique
from service.runtime.time_zones import zone

T = TypeVar("T")
JSON, DOOR, WRITER, DECODE, ROWS, ACCUMULATE = (
    "a report: its JSON, strictly",
    "a report: the door (JSON, rules, id, hash)",
    "a report: the writer (decide, encode, commit to, COPY)",
    "a fact: decoded",
    "a fact: folded into rows of all read models",
    "a fact: accumulated into the history of a large incident",
)
_VIEW: Final = "`{}` of {:,} facts: finished"
_CANONICAL: Final = "`{}` of {:,} facts: as canonical JSON"


def main() -> None:
    """Measure this checkout once, and print JSON."""
    url, slug, number, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    gc.set_threshold(*SELDOM)  # as in the service
    found = {**_facts(url, incident_stream(slug)), **_reports(url, number, seed)}
    sys.stdout.write(orjson.dumps(found).decode())


def _reports(url: str, number: int, seed: int) -> dict[str, float]:
    lines = list(reports(number, seed))
    salt = Random("salts").randbytes  # noqa: S311 - they guard nothing here
    with open_recorder(url, salt=partial(salt, 32), new_id=uuid.uuid4) as recorder:
        writer = Writer(recorder, zone)
        _committed(writer, [read_line(line).write for line in openings()])
        _, reading = _cost(lambda: [_read(line) for line in lines])
        taken, taking = _cost(lambda: [read_line(line).write for line in lines])
        _, writing = _cost(lambda: _committed(writer, taken))
    each = 1_000_000 / number
    return {JSON: reading * each, DOOR: taking * each, WRITER: writing * each}


def _read(line: bytes) -> object:
    document = orjson.loads(line)
    assert names_are_unique(line, document)
    return document


def _committed(writer: Writer, writes: Sequence[WriteRequest]) -> None:
    for start in range(0, len(writes), TOGETHER):
        answers = writer.commit(writes[start : start + TOGETHER])
        assert not any(isinstance(answer, Exception) for answer in answers), answers


def _facts(url: str, asked: UUID) -> dict[str, float]:
    with connect(url) as connection, connection.cursor(binary=True) as cursor:
        head = sync_reader.head(cursor)
        stored = sync_reader.after(cursor, 0, head, head)
    facts, decoding = _cost(lambda: [row.recorded(text=False) for row in stored])
    by_stream: dict[Any, list[Recorded]] = {}
    for recorded in facts:
        by_stream.setdefault(recorded.stream, []).append(recorded)
    incidents = [each.stream for each in facts if isinstance(each.fact, IncidentOpened) and each.stream != asked]
    inputs = [(stream, inputs_of(stream, by_stream)) for stream in incidents]
    _, folding = _cost(lambda: [sum(1 for _ in folded(*each)) for each in inputs])
    own = sum(len(by_stream[stream]) for stream in incidents)
    return {
        DECODE: 1_000_000 * decoding / len(facts),
        ROWS: 1_000_000 * folding / own,
        **_views(inputs_of(asked, by_stream), len(by_stream[asked])),
    }


def _views(facts: Sequence[Recorded], number: int) -> dict[str, float]:
    """Finish each view from a history of its own, so that none profits from what another has remembered."""
    found: dict[str, float] = {}
    reading = Reading(None, catalogue.policy(catalogue.DEFAULT_POLICY))
    for view in catalogue.VIEWS.values():
        history, accumulating = _cost(partial(history_of, facts))
        document, finishing = _cost(partial(view.finish, history, reading))
        _, writing = _cost(partial(canonical, document))
        found.setdefault(ACCUMULATE, 1_000_000 * accumulating / len(facts))
        found[_VIEW.format(view.id, number)] = 1_000_000 * finishing
        found[_CANONICAL.format(view.id, number)] = 1_000_000 * writing
    return found


def _cost(work: Callable[[], T]) -> tuple[T, float]:
    """Return what `work` makes, and the CPU seconds that it takes without the collector's pauses."""
    gc.collect()
    gc.disable()
    begin = time.process_time()
    found = work()
    seconds = time.process_time() - begin
    gc.enable()
    return found, seconds


if __name__ == "__main__":
    main()
