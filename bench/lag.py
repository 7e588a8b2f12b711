"""How long it takes from the commit of a report until the read models show it, with reports coming in all the time."""

import argparse
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Final

import psycopg
from rich.progress import Progress

from bench import processes
from bench.keeping import CONSOLE, add_options, kept_in
from bench.measuring import percentile, shown, table
from bench.page import python, write_section
from bench.reporting import LIVE, Commit, decide, record
from bench.world import Shape
from service.eventstore.reader import HEAD

# Where the slowest of the read models that answer stands, and whether one has stopped.
STANDS: Final = """
    SELECT coalesce(min(position), 0), count(*), bool_or(stopped IS NOT NULL)
    FROM projections.generations WHERE status = 'live'
"""
_THERE: Final = "SELECT to_regclass('projections.generations') IS NOT NULL"
_A_LOOK: Final = 0.001
_LOOKING: Final = 0.25
_PATIENCE: Final = 900.0
_AFTERWARDS: Final = 120.0
ABOUT = """## From commit to visible

`python -m bench.lag --rate {rate} --seconds {seconds} --together {together}`: {made:,} reports on {live} incidents,
{how}, on top of a log of {facts:,} facts, with `knownwhen project` beside it; milliseconds from the moment when whoever
recorded them was told of the commit until every read model stands there, looked at every millisecond or so,
Python {python}. Recorded: {done:,.0f} reports a second.

{table}
"""


class NotShown(SystemExit):
    """The read models do not come to show what was recorded, which ends the benchmark; the sentence says why."""


def main() -> None:
    """Measure, and print a Markdown table; with --write, put it into docs/performance.md."""
    options = _options()
    shape = Shape(options.facts, options.incidents, options.seed)
    given = (options.rate, options.seconds, options.seed)
    with kept_in(options.data) as kept, kept.copy(shape) as url:
        work = partial(decide, url, *given) if options.decide else partial(record, url, *given, options.together)
        processes.run(url, "rebuild")
        with processes.running(url, "project") as projector:
            _caught_up(url, projector)
            commits, looks = _watched(url, work, options.rate * options.seconds)
    taken = lags(commits, looks)
    figures = [shown(percentile(taken, part)) for part in (50, 95, 99)]
    began, ended = min(at for _, at in commits), max(at for _, at in commits)
    text = ABOUT.format(
        rate=options.rate,
        seconds=options.seconds,
        together=options.together,
        made=options.rate * options.seconds,
        live=LIVE,
        how="decided by the service's writer" if options.decide else f"{options.together} in a transaction",
        facts=options.facts,
        python=python(),
        done=options.rate * options.seconds / (ended - began),
        table=table(["commits", "p50", "p95", "p99", "most"], [[f"{len(taken):,}", *figures, shown(max(taken))]]),
    )
    print(text)
    if options.write:
        write_section("lag", text)


def _caught_up(url: str, projector: processes.Command) -> None:
    """Wait until the read models have been built and stand at the end of the log."""
    until = time.monotonic() + _PATIENCE
    with psycopg.connect(url, autocommit=True) as connection, Progress(console=CONSOLE, transient=True) as progress:
        head = int(connection.execute(HEAD).fetchall()[0][0])
        task = progress.add_task("building the read models", total=head)
        while (stands := _stands(connection)) < head:
            progress.update(task, completed=stands)
            projector.expect_going()
            if time.monotonic() > until:
                message = f"The read models stand at {stands:,} of {head:,} after {_PATIENCE:.0f} s."
                raise NotShown(message)
            time.sleep(_LOOKING)


def _watched(url: str, work: Callable[[], list[Commit]], number: int) -> tuple[list[Commit], list[Commit]]:
    """Let reports be recorded in another process, and see when the read models stand where."""
    looks: list[Commit] = []
    with (
        psycopg.connect(url, autocommit=True) as connection,
        ProcessPoolExecutor(1, get_context("spawn")) as pool,
        Progress(console=CONSOLE, transient=True) as progress,
    ):
        before = stands = _stands(connection)
        task = progress.add_task("reports shown", total=number)
        recording = pool.submit(work)
        until = None
        while not _all_shown(recording, stands):
            stands = _stands(connection)
            if not looks or stands > looks[-1][0]:
                looks.append((stands, time.monotonic()))
                progress.update(task, completed=stands - before)
            if until is None and recording.done():
                until = time.monotonic() + _AFTERWARDS
            if until and time.monotonic() > until:
                message = f"The read models stand at {stands:,}, {_AFTERWARDS:.0f} s after the last report."
                raise NotShown(message)
            time.sleep(_A_LOOK)
        return recording.result(), looks


def _all_shown(recording: "Future[list[Commit]]", stands: int) -> bool:
    return recording.done() and stands >= max(position for position, _ in recording.result())


def _stands(connection: psycopg.Connection[tuple[int, int, bool]]) -> int:
    if not connection.execute(_THERE, prepare=True).fetchall()[0][0]:
        return 0
    ((position, _, stopped),) = connection.execute(STANDS, prepare=True).fetchall()
    if stopped:
        message = f"A read model has stopped at position {position:,}; see GET /v1/projections."
        raise NotShown(message)
    return position


def lags(commits: Sequence[Commit], looks: Sequence[Commit]) -> list[float]:
    """Return how many milliseconds after each commit a look first saw the read models there."""
    positions = [position for position, _ in looks]
    seen = [looks[bisect_left(positions, position)][1] for position, _ in commits]
    return [1000 * max(0.0, at - committed) for at, (_, committed) in zip(seen, commits, strict=True)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=1_000, help="how many reports a second")
    parser.add_argument("--seconds", type=int, default=60, help="for how long")
    parser.add_argument("--together", type=int, default=10, help="how many reports a transaction")
    parser.add_argument("--decide", action="store_true", help="file them through the service's writer, one by one")
    parser.add_argument("--facts", type=int, default=200_000, help="how many facts the log has before")
    parser.add_argument("--incidents", type=int, default=2_000, help="how many incidents they are of")
    add_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
