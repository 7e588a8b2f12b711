"""How fast many reports go in at once: over HTTP and from a file, beside ready-made rows and the library's `save`."""

import http.client
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
import psycopg

from bench import part_costs, parts, processes
from bench.checkouts import OURS, Checkout
from bench.load import INCIDENTS, TOGETHER, openings, reports
from bench.measuring import Spread, in_turn, shown, table
from bench.memory import Watched, processor_seconds
from bench.page import python
from bench.processes import SERVED_HEAD, Served
from bench.setup import Setup
from bench.singles import BEFORE
from bench.web_peers import Incident, Incidents, environment

AT_MOST: Final = 500
"""The library's `save` of 1,000 of these, about a megabyte, waits for ever in psycopg's pipeline on a Unix socket."""
_PIECE: Final = 100
_OK: Final = 200
FLOOR, SAVED, SAVED_SINGLY = (
    "floor: ready-made rows by `unnest`, 1,000 a transaction",
    "library, `save` of 500 reports, no HTTP",
    "library, `save` of 1, no HTTP",
)
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

`python -m bench bulk`: {number:,} toll reports of {size} bytes on {incidents:,} incidents, into a log of {before:,}
facts, reports a second, {runs} runs in turn, Python {python}. The floor inserts the very rows that came of them,
ready-made. CPU is that of the processes of the service or the command, in microseconds a report.

{table}

{spent}

{served}
"""


class Filed(NamedTuple):
    """What one run gave: reports a second, CPU microseconds a report (0: not looked at), and the service."""

    rate: float
    processor: float = 0.0
    served: Served | None = None
    memory: Watched | None = None


def measure(setup: Setup) -> str:
    """Measure all contestants in turn, and return the section."""
    lines = list(reports(setup.reports, setup.seed))
    rows = _rows_of(setup, lines)
    bodies = [orjson.loads(line) for line in lines[: setup.events]]
    contestants: dict[str, Callable[[], Filed]] = {
        FLOOR: partial(_inserted, setup, rows),
        SAVED: partial(_saved, setup, bodies, AT_MOST),
        SAVED_SINGLY: partial(_saved, setup, bodies[:AT_MOST], 1),
    }
    for each in setup.checkouts:
        contestants[f"{each.name}, `POST /v1/reports:batch`"] = partial(_posted, setup, each, lines)
        contestants[f"{each.name}, `knownwhen import ndjson`"] = partial(_imported, setup, each, lines)
    found = in_turn(contestants, setup.runs)
    return ABOUT.format(
        number=setup.reports,
        size=round(sum(map(len, lines)) / len(lines)),
        incidents=INCIDENTS,
        before=BEFORE.facts,
        runs=setup.runs,
        python=python(),
        table=_table(found),
        spent="\n".join(_spent(setup, each, found) for each in setup.checkouts),
        served=table(
            ["", *SERVED_HEAD], [[name, *_cells(runs[-1])] for name, runs in found.items() if runs[-1].processor]
        ),
    )


def _cells(filed: Filed) -> list[str]:
    return filed.served.cells() if filed.served else ["", str(filed.memory)]


def _table(found: dict[str, list[Filed]]) -> str:
    floor = Spread(tuple(each.rate for each in found[FLOOR])).median
    lines: list[list[str]] = []
    for name, runs in found.items():
        spread = Spread(tuple(each.rate for each in runs))
        spent = Spread(tuple(each.processor for each in runs)).median
        lines.append([name, *spread.cells(), f"{spread.median / floor:.2f}", shown(spent) if spent else ""])
    return table(["", "median", "least", "most", "of the floor", "CPU µs"], lines)


def _spent(setup: Setup, checkout: Checkout, found: dict[str, list[Filed]]) -> str:
    """Say what the CPU time of a report goes to, from what the parts cost by themselves."""
    whole = Spread(tuple(each.processor for each in found[f"{checkout.name}, `POST /v1/reports:batch`"])).median
    door, writer = (parts.part(setup, checkout.name, each) for each in (part_costs.DOOR, part_costs.WRITER))
    return (
        f"Of {whole:.0f} µs of CPU a report in bulk over HTTP in {checkout.name}, the door takes {door:.0f} and the"
        f" writer {writer:.0f}; {whole - door - writer:.0f} are left for HTTP, lines, groups and outcomes."
    )


def _rows_of(setup: Setup, lines: Sequence[bytes]) -> list[tuple[Any, ...]]:
    with setup.kept.copy(BEFORE) as url:
        with processes.serving(OURS, url, "--no-projector") as served:
            send(served.port, list(openings()))
            send(served.port, lines)
        with psycopg.connect(url) as connection, connection.cursor(binary=True) as cursor:
            return cursor.execute(ROWS, (BEFORE.facts,)).fetchall()


def _inserted(setup: Setup, rows: Sequence[tuple[Any, ...]]) -> Filed:
    with setup.kept.copy(BEFORE) as url, psycopg.connect(url, autocommit=True) as connection:
        begin = time.perf_counter()
        for start in range(0, len(rows), TOGETHER):
            columns = [list(column) for column in zip(*rows[start : start + TOGETHER], strict=True)]
            connection.execute(UNNEST, columns)
        return Filed(len(rows) / (time.perf_counter() - begin))


def _saved(setup: Setup, bodies: Sequence[dict[str, Any]], together: int) -> Filed:
    with setup.kept.copy(BEFORE) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA IF NOT EXISTS naive")
        with Incidents(environment(url, cached=True)) as incidents:
            named = incidents.open("measured", [])
            begin = time.perf_counter()
            for start in range(0, len(bodies), together):
                incident: Incident = incidents.repository.get(named)
                for each in bodies[start : start + together]:
                    incident.file(each)
                incidents.save(incident)
            return Filed(len(bodies) / (time.perf_counter() - begin))


def _posted(setup: Setup, checkout: Checkout, lines: Sequence[bytes]) -> Filed:
    with setup.kept.copy(BEFORE) as url, processes.serving(checkout, url, "--no-projector") as served:
        send(served.port, list(openings()))
        before, begin = processor_seconds(served.pid), time.perf_counter()
        send(served.port, lines)
        seconds = time.perf_counter() - begin
        spent = processor_seconds(served.pid) - before
        return Filed(len(lines) / seconds, 1_000_000 * spent / len(lines), served)


def send(port: int, lines: Sequence[bytes]) -> None:
    """Send lines in one batch over HTTP, and see that all are recorded."""
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
    while piece := b"".join(islice(following, _PIECE)):
        yield piece


def _imported(setup: Setup, checkout: Checkout, lines: Sequence[bytes]) -> Filed:
    """Import the lines from a file, Python's start included."""
    with setup.kept.copy(BEFORE) as url, tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("openings.ndjson", "reports.ndjson")]
        for path, written in zip(paths, (openings(), lines), strict=True):
            path.write_bytes(b"".join(written))
        processes.run(checkout, url, "import", "ndjson", str(paths[0]))
        done = processes.run(checkout, url, "import", "ndjson", str(paths[1]))
        return Filed(len(lines) / done.seconds, 1_000_000 * done.processor / len(lines), memory=done.memory)
