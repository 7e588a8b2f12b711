"""How fast single reports go in over HTTP, and facts without it: ours, the library's own way, and with no database."""

import argparse
import asyncio
import gc
import subprocess
import time
import uuid
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final
from uuid import UUID

import orjson
import psycopg
from rich.progress import Progress

from bench import processes
from bench.ingest_peers import FACTS, Incident, Incidents, environment
from bench.keeping import CONSOLE, Kept, add_options, kept_in
from bench.measuring import Spread, shown, table
from bench.page import python, write_section
from bench.world import Shape
from domain.facts.streams import incident_stream
from domain.incident.commands import FileReport, OpenIncident
from domain.reports.registry import REPORTS
from service.console.bench import expect, measure_single
from service.console.load_generator import CONNECTIONS, bodies, opening, post, post_all, reports, slugs
from service.eventstore import open_recorder
from service.eventstore.writer import Writer, WriteRequest
from service.runtime import subprocesses
from service.runtime.garbage_collection import SELDOM
from service.runtime.time_zones import zone
from service.wiring import salt_source

BEFORE: Final = Shape(5_000, 200, asked=0)
"""What the log holds already."""
INCIDENTS: Final = 1_000
TOGETHER: Final = 1_000
AT_MOST: Final = 500
"""The library's `save` of 1,000 of these, about a megabyte, waits for ever in psycopg's pipeline on a Unix socket."""
_CREATED: Final = 201
_SLOWER: Final = 10
"""The naive way gets so many times fewer reports, as it takes so much longer."""
INSERT: Final = """
    INSERT INTO made (position, version, stream, fact, topic, salt, commitment, state)
    SELECT * FROM unnest(%s::int8[], %s::int8[], %s::uuid[], %s::uuid[], %s::text[], %s::bytea[], %s::bytea[],
        %s::bytea[])
"""
MADE: Final = """
    CREATE TEMPORARY TABLE IF NOT EXISTS made (
        position bigint PRIMARY KEY, version bigint, stream uuid, fact uuid UNIQUE, topic text, salt bytea,
        commitment bytea, state bytea, UNIQUE (stream, version)
    )
"""
ABOUT = """## Single reports

`python -m bench.ingest --reports {reports} --runs {runs}`: toll reports of about {size} bytes, posted one by one over
{connections} kept connections by a process of its own, Python {python}. The service answers once a report is durable.
The floor is FastAPI reading the same reports by the same models with no database. The naive way is one `save` of the
library `eventsourcing` a request, in FastAPI's pool of threads, on incidents of {facts} facts. Median, least and most
reports a second of {runs} runs; of the p50 and p99, in milliseconds, the median.

{http}

{ratios}

Appending without HTTP, facts a second: our writer decides, salts and commits to each; `INSERT` has ready-made rows.

{append}
"""

Runs = dict[str, list[tuple[float, float, float]]]
"""By way in: reports a second, p50 and p99 of each run."""
_FLOOR, _NAIVE, _CACHED = "floor: no database", "naive library", "naive library, aggregates cached"
_OURS, _ONE = "Knownwhen, 1,000 incidents", "Knownwhen, one incident"


def main() -> None:
    """Measure, and print Markdown tables; with --write, put them into docs/performance.md."""
    options = _options()
    http: Runs = {name: [] for name in (_FLOOR, _NAIVE, _CACHED, _OURS, _ONE)}
    append: dict[str, list[float]] = {}
    with kept_in(options.data) as kept, Progress(console=CONSOLE, transient=True) as progress:
        task = progress.add_task("measuring", total=5 * options.runs)
        for run in range(options.runs):
            http[_FLOOR].append(_floor(options.reports))
            progress.advance(task)
            for name, cached in ((_NAIVE, False), (_CACHED, True)):
                with kept.copy(BEFORE) as url:
                    http[name].append(_naive(url, options.reports // _SLOWER, cached=cached))
                progress.advance(task)
            with kept.copy(BEFORE) as url, processes.serving(url, "--no-projector") as port:
                for name, found in zip((_OURS, _ONE), measure_single(port, options.reports), strict=True):
                    http[name].append((found.per_second, found.p50 or 0, found.p99 or 0))
            progress.advance(task)
            for name, figure in _appended(kept, run).items():
                append.setdefault(name, []).append(figure)
            progress.advance(task)
    text = ABOUT.format(
        reports=options.reports,
        runs=options.runs,
        size=round(len(bodies(1, "size")[0])),
        connections=CONNECTIONS,
        python=python(),
        facts=FACTS,
        http=_http_table(http),
        ratios=_ratios(http),
        append=table(
            ["way", "facts/s", "least", "most"],
            [[name, *Spread(tuple(figures)).cells()] for name, figures in append.items()],
        ),
    )
    print(text)
    if options.write:
        write_section("ingest", text)


def _http_table(http: Runs) -> str:
    lines: list[list[str]] = []
    for name, runs in http.items():
        rates, halves, most = (Spread(tuple(figures)) for figures in zip(*runs, strict=True))
        lines.append([name, *rates.cells(), shown(halves.median), shown(most.median)])
    return table(["way in", "reports/s", "least", "most", "p50 ms", "p99 ms"], lines)


def _ratios(http: Runs) -> str:
    rate = {name: Spread(tuple(each[0] for each in runs)).median for name, runs in http.items()}
    return (
        f"Knownwhen takes {rate[_OURS] / rate[_NAIVE]:.1f} times as many as the naive way,"
        f" {rate[_OURS] / rate[_CACHED]:.1f} times as many as that with its aggregates cached, and"
        f" {rate[_OURS] / rate[_FLOOR]:.2f} of what is answered with no database. On one incident it takes"
        f" {rate[_OURS] / rate[_ONE]:.2f} times as long as on {INCIDENTS:,}."
    )


def _floor(number: int) -> tuple[float, float, float]:
    with _peer("floor", {}) as port:
        return _posted(port, [f"/v1/incidents/{slug}/reports" for slug in slugs(INCIDENTS)], number)


def _naive(url: str, number: int, *, cached: bool) -> tuple[float, float, float]:
    settings = environment(url, cached=cached)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS naive")
    with Incidents(settings) as incidents:
        made = reports(INCIDENTS * (FACTS - 1), "before")
        opened = [incidents.open(slug, list(islice(made, FACTS - 1))) for slug in slugs(INCIDENTS)]
    with _peer("naive", settings) as port:
        return _posted(port, [f"/v1/incidents/{each}/reports" for each in opened], number)


def _posted(port: int, targets: Sequence[str], number: int) -> tuple[float, float, float]:
    sent = bodies(number, "single")
    posted = asyncio.run(post_all(port, [post(targets[place % len(targets)], body) for place, body in enumerate(sent)]))
    expect(posted, _CREATED)
    return posted.rate, posted.percentile(50), posted.percentile(99)


@contextmanager
def _peer(name: str, settings: dict[str, str]) -> Generator[int]:
    """Serve one of the services beside ours in a process of its own."""
    port = processes.free_port()
    words = subprocesses.command_line("bench.ingest_peers", name, str(port))
    with subprocess.Popen(words, env=subprocesses.environment(**settings)) as process:  # noqa: S603 - our own module
        try:
            processes.wait_for(port)
            yield port
        finally:
            process.terminate()


def _appended(kept: Kept, run: int) -> dict[str, float]:
    """Return how many facts a second each way appends, on a log of its own."""
    made = list(reports(10 * TOGETHER, f"append {run}"))
    ways: dict[str, Callable[[str, list[dict[str, Any]]], float]] = {
        "`INSERT` by `unnest`, 1,000 a transaction": _inserted,
        "our writer, 1,000 at once": _written,
        "library, `save` of 500": _saved,
        "library, `save` of 1": _saved_singly,
    }
    found: dict[str, float] = {}
    for name, way in ways.items():
        with kept.copy(BEFORE) as url:
            found[name] = way(url, made)
    return found


def _inserted(url: str, made: list[dict[str, Any]]) -> float:
    stream, topic = uuid.uuid4(), "toll_revised.v1"
    rows = [
        (place, place, stream, UUID(each["report_id"]), topic, bytes(32), bytes(32), orjson.dumps(each))
        for place, each in enumerate(made, start=1)
    ]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(MADE.replace("TEMPORARY ", ""))
        begin = time.perf_counter()
        for start in range(0, len(rows), TOGETHER):
            connection.execute(INSERT, [list(each) for each in zip(*rows[start : start + TOGETHER], strict=True)])
        return len(rows) / (time.perf_counter() - begin)


def _written(url: str, made: list[dict[str, Any]]) -> float:
    opened = [
        WriteRequest(OpenIncident.model_validate(opening(slug)), uuid.uuid4(), bytes(32)) for slug in slugs(INCIDENTS)
    ]
    streams = [incident_stream(slug) for slug in slugs(INCIDENTS)]
    filed: list[WriteRequest] = []
    gc.set_threshold(*SELDOM)  # as wherever the writer serves
    for place, each in enumerate(made):
        report = REPORTS.validate_python(each)
        command = FileReport(report_id=UUID(each["report_id"]), report=report)
        filed.append(WriteRequest(command, command.report_id, bytes(32), streams[place % INCIDENTS]))
    with open_recorder(url, salt=salt_source(), new_id=uuid.uuid4) as recorder:
        return asyncio.run(_write(Writer(recorder, zone), opened, filed))


async def _write(writer: Writer, opened: Sequence[WriteRequest], filed: Sequence[WriteRequest]) -> float:
    await writer.write_all(opened)
    begin = time.perf_counter()
    for start in range(0, len(filed), TOGETHER):
        await writer.write_all(filed[start : start + TOGETHER])
    taken = time.perf_counter() - begin
    await writer.close()
    return len(filed) / taken


def _saved(url: str, made: list[dict[str, Any]]) -> float:
    return _by_library(url, made, AT_MOST)


def _saved_singly(url: str, made: list[dict[str, Any]]) -> float:
    return _by_library(url, made[:AT_MOST], 1)


def _by_library(url: str, made: list[dict[str, Any]], together: int) -> float:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS naive")
    with Incidents(environment(url, cached=True)) as incidents:
        named = incidents.open("measured", [])
        begin = time.perf_counter()
        for start in range(0, len(made), together):
            incident: Incident = incidents.repository.get(named)
            for each in made[start : start + together]:
                incident.file(each)
            incidents.save(incident)
        return len(made) / (time.perf_counter() - begin)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--reports", type=int, default=20_000, help="how many are posted in each run")
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured")
    add_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
