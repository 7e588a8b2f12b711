"""`knownwhen bench`: how fast this machine takes reports in, measured on an empty database of its own."""

import asyncio
import http.client
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import orjson

from service.console.command import EXIT_OK, CannotRun, say
from service.console.load_generator import CONNECTIONS, PostResult, bodies, opening, post, post_all, reports, slugs
from service.console.terminal import add_row, console, plain_table
from service.postgres.embedded import embedded_server
from service.postgres.migrate import migrate
from service.runtime import subprocesses
from service.settings import Settings

INCIDENTS: Final = 1_000
_BULK_FACTOR: Final = 4
"""The number of reports sent in bulk for each that is posted by itself: bulk is faster."""
_CREATED, _OK = 201, 200
_START_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.05
_NDJSON: Final = "application/x-ndjson"
_HOW_TO_READ: Final = (
    "Each report is durable before it is answered. Half of the answers took at most p50, and 99 of 100 at most p99.",
    "Reports that come at the same time wait for the disk together: more connections record more a second. Files",
    "that are imported go in as in bulk. It ran on a PostgreSQL of its own beside your data, which is gone again.",
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measured way to file reports: its rate, and percentiles of its latency in milliseconds."""

    name: str
    reports: int
    seconds: float
    per_second: float
    p50: float | None = None
    p99: float | None = None


def bench(settings: Settings, *, number: int, json: bool) -> int:
    """Measure with so many reports, and print a table with how to read it, or JSON.

    Nothing of the user's is touched: neither the data folder's database nor that of DATABASE_URL.

    Raises CannotRun and PostgresProblem.
    """
    with _scratch(settings) as url, _serving(url, settings) as port:
        say(f"Measuring with {number:,} reports over {CONNECTIONS} connections …")
        measured = [*measure_single(port, number), measure_bulk(port, number * _BULK_FACTOR, min(INCIDENTS, number))]
    if json:
        sys.stdout.write(orjson.dumps({"measured": [asdict(each) for each in measured]}).decode() + "\n")
    else:
        _print(measured)
    return EXIT_OK


def measure_single(port: int, number: int) -> list[Measurement]:
    """Post so many reports one by one: over many incidents, then all of one.

    Raises CannotRun where one is not recorded.
    """
    found: list[Measurement] = []
    many = slugs(min(INCIDENTS, number))
    for name, incidents in ((f"single, {len(many):,} incidents", many), ("single, one incident", ["measured-one"])):
        asyncio.run(_open_incidents(port, incidents))
        sent = bodies(number, name)
        requests = [
            post(f"/v1/incidents/{incidents[place % len(incidents)]}/reports", body) for place, body in enumerate(sent)
        ]
        posted = asyncio.run(post_all(port, requests))
        expect(posted, _CREATED)
        found.append(
            Measurement(name, number, posted.seconds, posted.rate, posted.percentile(50), posted.percentile(99))
        )
    return found


def measure_bulk(port: int, number: int, incident_count: int) -> Measurement:
    """Send so many reports in one batch, on so many incidents, which are open already.

    Raises CannotRun where some are not recorded.
    """
    incidents = slugs(incident_count)
    lines = [
        orjson.dumps({"incident": incidents[place % len(incidents)], **report})
        for place, report in enumerate(reports(number, "bulk"))
    ]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    begin = time.perf_counter()
    try:
        connection.request("POST", "/v1/reports:batch", b"\n".join(lines), {"Content-Type": _NDJSON})
        answer = connection.getresponse()
        lines_read = answer.read().splitlines()
    finally:
        connection.close()
    seconds = time.perf_counter() - begin
    recorded = orjson.loads(lines_read[-1]).get("recorded") if answer.status == _OK and lines_read else 0
    if recorded != number:
        message = f"The service took {recorded or 0:,} of {number:,} reports that were sent in bulk."
        raise CannotRun(message)
    return Measurement("bulk, one request", number, seconds, number / seconds)


def expect(posted: PostResult, status: int) -> None:
    """Check that each post was answered with this status; raises CannotRun."""
    if set(posted.statuses) != {status}:
        message = f"Not every report was taken; the answers were {dict(posted.statuses)}."
        raise CannotRun(message)


async def _open_incidents(port: int, incidents: Sequence[str]) -> None:
    requests = [post("/v1/incidents", orjson.dumps(opening(slug))) for slug in incidents]
    expect(await post_all(port, requests), _CREATED)


@contextmanager
def _scratch(settings: Settings) -> Generator[str]:
    """Run an empty PostgreSQL in a folder of its own, on the disk that the data is on, and remove it afterwards."""
    folder = next(each for each in (settings.data, *settings.data.absolute().parents) if each.is_dir())
    with tempfile.TemporaryDirectory(prefix="knownwhen-bench-", dir=folder, ignore_cleanup_errors=True) as scratch:
        say("Starting an empty PostgreSQL for it …")
        with embedded_server(Path(scratch)) as server:
            migrate(server.url)
            yield server.url


@contextmanager
def _serving(url: str, settings: Settings) -> Generator[int]:
    """Serve the database in a process of its own, on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    words = subprocesses.command_line("service.cli", "serve", "--port", str(port), "--no-projector")
    environment = subprocesses.environment(
        DATABASE_URL=url, KNOWNWHEN_HOST="127.0.0.1", KNOWNWHEN_ACCESS="open", KNOWNWHEN_LOG=settings.log
    )
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, env=environment, stdout=quiet, stderr=quiet) as process:  # noqa: S603 - ourselves
        try:
            _wait_for(port, process)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(_POLL_SECONDS)
        else:
            return
    message = "The service did not start; `knownwhen doctor` may say why."
    raise CannotRun(message)


def _print(measured: Sequence[Measurement]) -> None:
    out = console(sys.stdout)
    right = ("reports a second", "p50 ms", "p99 ms")
    table = plain_table("way in", "reports", *right, right=("reports", *right))
    for each in measured:
        took = [f"{part:.1f}" if part is not None else "" for part in (each.p50, each.p99)]
        add_row(table, each.name, f"{each.reports:,}", f"{each.per_second:,.0f}", *took)
    out.print(table)
    out.print()
    for line in _HOW_TO_READ:
        out.print(line)
