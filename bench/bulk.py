"""How fast many reports go in at once: over HTTP and from a file, against inserting ready-made rows by a thousand."""

import argparse
import gc
import http.client
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson
import psycopg
from rich.progress import Progress

from bench import processes
from bench.keeping import CONSOLE, Kept, add_options, kept_in
from bench.measuring import Spread, table
from bench.page import python, write_section
from bench.world import Shape
from service.api.batches.line import read_line
from service.eventstore import open_recorder
from service.eventstore.writer import Writer, WriteRequest
from service.formats.importer import BatchLine
from service.runtime.garbage_collection import SELDOM
from service.runtime.json_members import names_are_unique
from service.runtime.time_zones import zone

BEFORE: Final = Shape(5_000, 200, asked=0)
"""What the log holds already."""
INCIDENTS: Final = 1_000
TOGETHER: Final = 1_000
_PIECE: Final = 64 * 1024
_OK: Final = 200

COLUMNS: Final = """
    notification_id, recorded_at, fact_id, originator_id, originator_version, topic, recorded_by, request_hash,
    state, state_salt, state_commitment, text, text_salt, text_commitment, sealed, sealed_salt, sealed_commitment
"""
ROWS: Final = f"SELECT {COLUMNS} FROM public.facts WHERE notification_id > %s ORDER BY notification_id"  # noqa: S608
UNNEST: Final = f"""
    INSERT INTO public.facts ({COLUMNS}) SELECT * FROM unnest(
        %s::int8[], %s::timestamptz[], %s::uuid[], %s::uuid[], %s::int8[], %s::text[], %s::text[], %s::bytea[],
        %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[],
        %s::bytea[], %s::bytea[], %s::bytea[]
    )
"""  # noqa: S608 - constants only
ABOUT = """## Reports in bulk

`python -m bench.bulk --reports {reports} --runs {runs}`: {reports:,} toll reports of {size} bytes on {incidents:,}
incidents, into a log of {before:,} facts, reports a second, Python {python}. The floor inserts the very rows that came
of them, ready-made, by {together:,} with `unnest`, each time in a transaction.

{table}

Of each report, in microseconds of one core (CPU time, in one process, each part by itself):

{parts}
"""


def main() -> None:
    """Measure, and print Markdown tables; with --write, put them into docs/performance.md."""
    options = _options()
    openings, reports = list(_openings()), list(_reports(options.reports, options.seed))
    floor: list[float] = []
    posted: list[float] = []
    imported: list[float] = []
    with kept_in(options.data) as kept, Progress(console=CONSOLE, transient=True) as progress:
        task = progress.add_task("measuring", total=3 * options.runs + 1)
        rows: list[tuple[Any, ...]] = []
        for _ in range(options.runs):
            with kept.copy(BEFORE) as url:
                posted.append(_posted(url, openings, reports))
                rows = rows or _rows(url)
            progress.advance(task)
            floor.append(_fresh(kept, partial(_inserted, rows=rows)))
            progress.advance(task)
            imported.append(_fresh(kept, partial(_imported, openings=openings, reports=reports)))
            progress.advance(task)
        with kept.copy(BEFORE) as url:
            parts = _parts(url, openings, reports[:20_000])
    text = ABOUT.format(
        reports=options.reports,
        runs=options.runs,
        size=round(sum(map(len, reports)) / len(reports)),
        incidents=INCIDENTS,
        before=BEFORE.facts,
        python=python(),
        together=TOGETHER,
        table=_table(floor, {"`POST /v1/reports:batch`": posted, "`knownwhen import ndjson`": imported}),
        parts=table(["part", "µs"], [[name, f"{figure:.1f}"] for name, figure in parts.items()]),
    )
    print(text)
    if options.write:
        write_section("bulk", text)


def _table(floor: Sequence[float], ours: dict[str, list[float]]) -> str:
    of_floor = Spread(tuple(floor))
    lines = [["floor: ready-made rows by unnest", *of_floor.cells(), "1.00"]]
    for name, figures in ours.items():
        spread = Spread(tuple(figures))
        lines.append([name, *spread.cells(), f"{spread.median / of_floor.median:.2f}"])
    return table(["", "median", "least", "most", "of the floor"], lines)


def _fresh(kept: Kept, measure: Callable[[str], float]) -> float:
    with kept.copy(BEFORE) as url:
        return measure(url)


def _openings() -> Iterator[bytes]:
    for number in range(INCIDENTS):
        opened = {"slug": f"bulk-{number:04}", "title": f"An incident, the {number}th", "utc_offset": "+03:00"}
        yield orjson.dumps({"open": opened}) + b"\n"


def _reports(number: int, seed: int) -> Iterator[bytes]:
    chance = Random(f"bulk {seed}")  # noqa: S311 - the same reports every time are what is wanted
    sources = [f"source-{each:02}" for each in range(60)]
    for place in range(number):
        day, figure = 1 + place % 28, chance.randrange(5, 2_000)
        report = {
            "incident": f"bulk-{chance.randrange(INCIDENTS):04}",
            "report_id": str(uuid.UUID(bytes=chance.randbytes(16), version=4)),
            "kind": "toll_revised",
            "source": chance.choice(sources),
            "via": [chance.choice(sources)],
            "occurred": "2025-03-06/2025-03-10",
            "reported_at": f"2025-03-{day:02}",
            "reported_order": place,
            "places": [{"name": "Latakia", "country": "SY", "admin1": "Latakia", "precision": "admin1"}],
            "claims": [
                {
                    "id": "1",
                    "measure": "killed",
                    "population": {"status": ["civilian"]},
                    "count": {"verbatim": chance.choice(("{}", "at least {}", "about {}")).format(figure)},
                }
            ],
            "language": "en",
            "text": {"summary": f"{figure} civilians were killed in the area since the fighting began, it said."},
        }
        yield orjson.dumps(report) + b"\n"


def _posted(url: str, openings: Sequence[bytes], reports: Sequence[bytes]) -> float:
    """Return how many reports a second go in over HTTP, from the first byte sent to the last outcome read."""
    with processes.serving(url, "--no-projector") as port:
        _post(port, openings)
        begin = time.perf_counter()
        _post(port, reports)
        return len(reports) / (time.perf_counter() - begin)


def _post(port: int, lines: Sequence[bytes]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    headers = {"Content-Type": "application/x-ndjson", "Content-Length": str(sum(map(len, lines)))}
    connection.request("POST", "/v1/reports:batch", _pieces(lines), headers)
    answer = connection.getresponse()
    assert answer.status == _OK, answer.read()
    *_, summary = answer
    assert orjson.loads(summary)["recorded"] == len(lines), summary
    connection.close()


def _pieces(lines: Sequence[bytes]) -> Iterator[bytes]:
    following = iter(lines)
    while piece := b"".join(islice(following, 100)):
        yield piece


def _imported(url: str, openings: Sequence[bytes], reports: Sequence[bytes]) -> float:
    """Return how many reports a second go in from a file, Python's start included."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("openings.ndjson", "reports.ndjson")]
        for path, lines in zip(paths, (openings, reports), strict=True):
            path.write_bytes(b"".join(lines))
        processes.run(url, "import", "ndjson", str(paths[0]))
        return len(reports) / processes.run(url, "import", "ndjson", str(paths[1])).seconds


def _rows(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection, connection.cursor(binary=True) as cursor:
        return cursor.execute(ROWS, (BEFORE.facts,)).fetchall()


def _inserted(url: str, rows: Sequence[tuple[Any, ...]]) -> float:
    """Return how many ready-made rows a second are inserted."""
    with psycopg.connect(url, autocommit=True) as connection:
        begin = time.perf_counter()
        for start in range(0, len(rows), TOGETHER):
            columns = [list(column) for column in zip(*rows[start : start + TOGETHER], strict=True)]
            connection.execute(UNNEST, columns)
        return len(rows) / (time.perf_counter() - begin)


def _parts(url: str, openings: Sequence[bytes], reports: Sequence[bytes]) -> dict[str, float]:
    """Return the CPU time of each part of the way of a report, in microseconds."""
    salt = Random("salts").randbytes  # noqa: S311 - they guard nothing here
    with open_recorder(url, salt=partial(salt, 32), new_id=uuid.uuid4) as recorder:
        writer = Writer(recorder, zone)
        _committed(writer, [read_line(line).write for line in openings])
        gc.set_threshold(*SELDOM)  # as in the service
        read, reading = _cost(lambda: [_read(line) for line in reports])
        assert len(read) == len(reports)
        taken, taking = _cost(lambda: [read_line(line) for line in reports])
        _, deciding = _cost(lambda: _committed(writer, [each.write for each in taken]))
    each = 1_000_000 / len(reports)
    return {
        "JSON, strictly": reading * each,
        "validation, id and hash": (taking - reading) * each,
        "the writer: deciding, encoding, committing, COPY": deciding * each,
    }


def _read(line: bytes) -> object:
    document = orjson.loads(line)
    assert names_are_unique(line, document)
    return document


def _committed(writer: Writer, writes: Sequence[WriteRequest]) -> None:
    for start in range(0, len(writes), TOGETHER):
        answers = writer.commit(writes[start : start + TOGETHER])
        assert not any(isinstance(answer, Exception) for answer in answers), answers


def _cost(work: Callable[[], list[BatchLine] | list[object] | None]) -> tuple[Any, float]:
    begin = time.process_time()
    found = work()
    return found, time.process_time() - begin


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=100_000, help="how many reports")
    parser.add_argument("--runs", type=int, default=3, help="how many times everything is measured")
    add_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
