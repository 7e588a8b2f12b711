"""What each part of the work costs by itself: CPU time of one process, in microseconds, for every checkout.

    python -m bench.parts URL REPORTS SEED

measures one checkout once, and prints JSON; a log with the incident that is asked about is at URL.
"""

import gc
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any, Final, TypeVar

import orjson

from bench.incident_rows import folded, inputs_of
from bench.load import TOGETHER, openings, reports
from bench.measuring import Spread, in_turn, table
from bench.page import python
from bench.setup import Setup
from bench.world import ASKED_SLUG
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

FACTS: Final = 20_000
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
ABOUT = """## What each part costs

`python -m bench parts`: microseconds of CPU time of one process, each part by itself, on {facts:,} facts of
{incidents:,} incidents; a median of {runs} runs in turn, with the least and the most, Python {python}.

{table}
"""


def measure(setup: Setup) -> str:
    """Measure all checkouts in turn; the medians are kept in `setup.parts` for what is explained by them."""
    shape = setup.log(FACTS)
    with setup.kept.copy(shape) as url:
        words = [str(setup.reports), str(setup.seed)]
        contestants = {each.name: partial(each.run_ours, "bench.parts", url, *words) for each in setup.checkouts}
        found = in_turn(contestants, setup.runs)
    lines: list[list[str]] = []
    for name in found[setup.checkouts[0].name][0]:
        for checkout, runs in found.items():
            spread = Spread(tuple(run[name] for run in runs))
            setup.parts.setdefault(checkout, {})[name] = spread.median
            lines.append([name, checkout, *spread.cells()])
    return ABOUT.format(
        facts=shape.facts,
        incidents=shape.incidents,
        runs=setup.runs,
        python=python(),
        table=table(["part", "", "median", "least", "most"], lines),
    )


def part(setup: Setup, checkout: str, name: str) -> float:
    """Return what a part costs in a checkout, in microseconds; all are measured at the first question."""
    if not setup.parts:
        measure(setup)
    return setup.parts[checkout][name]


def main() -> None:
    """Measure this checkout once, and print JSON."""
    url, number, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    gc.set_threshold(*SELDOM)  # as in the service
    found = {**_facts(url), **_reports(url, number, seed)}
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


def _facts(url: str) -> dict[str, float]:
    with connect(url) as connection, connection.cursor(binary=True) as cursor:
        head = sync_reader.head(cursor)
        stored = sync_reader.after(cursor, 0, head, head)
    facts, decoding = _cost(lambda: [row.recorded(text=False) for row in stored])
    by_stream: dict[Any, list[Recorded]] = {}
    for recorded in facts:
        by_stream.setdefault(recorded.stream, []).append(recorded)
    asked = incident_stream(ASKED_SLUG)
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
