"""What the tests of the bundled server start from: a Knownwhen to kill, and a look at the processes it leaves."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict

ROOT = Path(__file__).resolve().parents[2]

# A Knownwhen of its own that says when its server is up, then waits for whatever comes.
CHILD = """
import sys, time
from pathlib import Path
from service.postgres.embedded import embedded_server
with embedded_server(Path(sys.argv[1])) as server:
    print(server.url, flush=True)
    time.sleep(120)
"""


@contextmanager
def child(data: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `CHILD`, and give it with the address of its server."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CHILD, str(data)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment) as process:
        try:
            lines = (line.strip() for line in process.stdout or ())
            yield process, next(line for line in lines if line.startswith("postgresql://"))
        finally:
            process.kill()


def working_in(data: Path) -> list[psutil.Process]:
    """Find every process of the server in `data`, its guard among them, by what its command line names."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        if str(data / "postgres") in words:
            found.append(process)
    return found


def guard_in(data: Path) -> psutil.Process:
    """Find the guard of the server in `data`."""
    (guard,) = (process for process in working_in(data) if "-S" in process.cmdline())
    return guard


def one(url: str, question: str) -> object:
    """Ask the server for one value."""
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return row[0]


def sockets_of(url: str) -> Path:
    """Return the folder of the socket that `url` names."""
    return Path(str(conninfo_to_dict(url)["host"]))
