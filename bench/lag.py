"""How long it takes from the commit of a report until the read models show it, with reports coming in all the time."""

import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Final, NamedTuple

import psycopg

from bench import processes
from bench.checkouts import Checkout
from bench.measuring import Spread, in_turn, percentile, shown, table
from bench.memory import processor_seconds
from bench.page import python
from bench.processes import SERVED_HEAD, Served
from bench.reporting import LIVE, Commit, record
from bench.setup import Setup
from service.eventstore.reader import HEAD

FACTS: Final = 50_000
RATES: Final = (400, 1_000)
TOGETHER: Final = 10
"""So many reports are recorded in one transaction."""
FIRST: Final = 4
"""So many seconds after the first report are told by themselves."""
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

`python -m bench lag`: reports on {live} incidents for {seconds} s at an even pace, {together} in a transaction, on
top of a log of {facts:,} facts, with `knownwhen serve` and its projector beside it; milliseconds from the moment when
whoever recorded them was told of the commit until every read model stands there, looked at every millisecond or so,
{runs} runs in turn, Python {python}. Each figure is the median of the runs.
The first {first} s stand apart: all incidents are new then, and the projector has followed for a moment only.
Busy: CPU time of the service and its projector, as a part of one core.

{table}

{served}
"""


class Lags(NamedTuple):
    """What one run gave: the lags of the first commits and of the others in milliseconds, and how busy the service was.

    `rate` is reports a second.
    """

    first: list[float]
    later: list[float]
    rate: float
    busy: float
    served: Served


class NotShown(SystemExit):
    """The read models do not come to show what was recorded, which ends the benchmark; the sentence says why."""


def measure(setup: Setup) -> str:
    """Measure all contestants in turn, and return the section."""
    contestants: dict[str, Callable[[], Lags]] = {
        f"{each.name} at {rate:,}/s": partial(_measured, setup, each, rate)
        for rate in RATES
        for each in setup.checkouts
    }
    found = in_turn(contestants, setup.runs)
    lines: list[list[str]] = []
    for name, runs in found.items():
        rate, busy = (Spread(tuple(getattr(each, of) for each in runs)).median for of in ("rate", "busy"))
        for when, taken in (
            (f"first {FIRST} s", [each.first for each in runs]),
            ("then", [each.later for each in runs]),
        ):
            lines.append([f"{name}, {when}", shown(rate), *_percentiles(taken), f"{busy:.2f}"])
    return ABOUT.format(
        live=LIVE,
        first=FIRST,
        seconds=FIRST + setup.seconds,
        together=TOGETHER,
        facts=setup.log(FACTS).facts,
        runs=setup.runs,
        python=python(),
        table=table(["", "recorded/s", "p50", "p95", "p99", "p99 least", "p99 most", "longest", "busy"], lines),
        served=table(["", *SERVED_HEAD], [[name, *runs[-1].served.cells()] for name, runs in found.items()]),
    )


def _percentiles(runs: Sequence[Sequence[float]]) -> list[str]:
    """Return medians of p50, p95 and p99 over the runs, the ends of the last, and the median of the longest."""
    p50, p95, p99, most = (Spread(tuple(percentile(each, part) for each in runs)) for part in (50, 95, 99, 100))
    return [*map(shown, (p50.median, p95.median)), *p99.cells(), shown(most.median)]


def _measured(setup: Setup, checkout: Checkout, rate: int) -> Lags:
    with setup.kept.copy(setup.log(FACTS)) as url:
        processes.run(checkout, url, "rebuild")
        with processes.serving(checkout, url) as served:
            _caught_up(url)
            before, begin = processor_seconds(served.pid), time.monotonic()
            work = partial(record, url, rate, FIRST + setup.seconds, setup.seed, TOGETHER)
            commits, looks = _watched(url, work)
            busy = (processor_seconds(served.pid) - before) / (time.monotonic() - begin)
    began, ended = min(at for _, at in commits), max(at for _, at in commits)
    taken, first = lags(commits, looks), sum(at < began + FIRST for _, at in commits)
    return Lags(taken[:first], taken[first:], (len(commits) - 1) * TOGETHER / (ended - began), busy, served)


def _caught_up(url: str) -> None:
    """Wait until the read models have been built and stand at the end of the log."""
    until = time.monotonic() + _PATIENCE
    with psycopg.connect(url, autocommit=True) as connection:
        head = int(connection.execute(HEAD).fetchall()[0][0])
        while (stands := _stands(connection)) < head:
            if time.monotonic() > until:
                message = f"The read models stand at {stands:,} of {head:,} after {_PATIENCE:.0f} s."
                raise NotShown(message)
            time.sleep(_LOOKING)


def _watched(url: str, work: Callable[[], list[Commit]]) -> tuple[list[Commit], list[Commit]]:
    """Let reports be recorded in another process, and see when the read models stand where."""
    looks: list[Commit] = []
    with (
        psycopg.connect(url, autocommit=True) as connection,
        ProcessPoolExecutor(1, get_context("spawn")) as pool,
    ):
        stands = _stands(connection)
        recording = pool.submit(work)
        until = None
        while not _all_shown(recording, stands):
            stands = _stands(connection)
            if not looks or stands > looks[-1][0]:
                looks.append((stands, time.monotonic()))
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
