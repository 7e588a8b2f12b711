"""A service after very many facts and questions: its memory over time, and how long it was silent.

    python -m bench.soak --facts 1000000 --number 20000

asks questions of every kind, mixed at random, over some connections at once; with `--minutes 60` for so long instead.
"""

import argparse
import asyncio
import time
from collections.abc import Callable
from itertools import count
from random import Random
from typing import Final

from bench import processes
from bench.checkouts import Checkout
from bench.client import Asker
from bench.measuring import percentile, shown, table
from bench.memory import MIB
from bench.page import python, write_section
from bench.processes import SERVED_HEAD, Served
from bench.questions import Log, kinds
from bench.setup import Setup, add_options, set_up

CONNECTIONS: Final = 4
_POINTS: Final = 10
_MOST_BODY: Final = 500
_EXPECTED: Final = (200, 304)
ABOUT = """## A service that goes on

`python -m bench.soak --facts {facts} {extent}`: after a log of {facts:,} facts was made, `knownwhen serve`
with its projector is asked {number:,} questions of every kind, mixed at random, over {connections} connections at
once, Python {python}. Milliseconds of all answers, and the resident memory of all its processes in MiB over time, in
tenths of the whole.

{answers}

{memory}

{served}
"""


def main() -> None:
    """Measure each checkout in turn, and print the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_options(parser)
    parser.add_argument("--number", type=int, default=20_000, help="how many questions are asked in all")
    parser.add_argument("--minutes", type=float, help="for how long they are asked, instead of how many")
    parser.add_argument("--write", action="store_true", help="write the section of docs/performance.md")
    options = parser.parse_args()
    with set_up(options) as setup:
        found = {each.name: _soaked(setup, each, options) for each in setup.checkouts}
    asked = min(len(taken) for taken, _ in found.values())
    extent = f"--minutes {options.minutes:g}" if options.minutes else f"--number {options.number}"
    text = ABOUT.format(
        facts=setup.facts,
        extent=extent,
        number=asked,
        connections=CONNECTIONS,
        python=python(),
        answers=table(
            ["", "p50", "p99", "longest"],
            [[name, *(shown(percentile(taken, part)) for part in (50, 99, 100))] for name, (taken, _) in found.items()],
        ),
        memory=table(
            ["", *(f"{place + 1}/{_POINTS}" for place in range(_POINTS)), "last half, MiB a minute"],
            [[name, *_series(served)] for name, (_, served) in found.items()],
        ),
        served=table(["", *SERVED_HEAD], [[name, *served.cells()] for name, (_, served) in found.items()]),
    )
    print(text)
    if options.write:
        write_section("soak", text)


def _soaked(setup: Setup, checkout: Checkout, options: argparse.Namespace) -> tuple[list[float], Served]:
    shape = setup.log(setup.facts)
    taken: list[float] = []
    with setup.kept.copy(shape) as url:
        processes.run(checkout, url, "rebuild")
        with processes.serving(checkout, url) as served:
            log = Log.at(url, shape.facts, setup.seed)
            log.chance = Random(f"soak {options.number}")  # noqa: S311 - the same questions every time are what is wanted
            asyncio.run(_ask_all(served.port, log, _more(options), taken))
    return taken, served


def _more(options: argparse.Namespace) -> Callable[[], bool]:
    """Return what says before each question whether it is asked."""
    if options.minutes is None:
        numbers = count()
        return lambda: next(numbers) < options.number
    until = time.monotonic() + options.minutes * 60
    return lambda: time.monotonic() < until


async def _ask_all(port: int, log: Log, more: Callable[[], bool], taken: list[float]) -> None:
    draws = list(kinds().values())

    async def ask_on() -> None:
        async with Asker(port) as asker:
            while more():
                target = log.chance.choice(draws)(log)
                answered = await asker.get(target)
                assert answered.status in _EXPECTED, (target, answered.status, answered.body[:_MOST_BODY])
                taken.append(answered.milliseconds)

    await asyncio.gather(*(ask_on() for _ in range(CONNECTIONS)))


def _series(served: Served) -> list[str]:
    """Return the memory at the end of each tenth of the time, and how fast it grew in the second half."""
    series = served.memory.series
    last = len(series) - 1
    points = [series[last * (place + 1) // _POINTS][1] / MIB for place in range(_POINTS)]
    (half, before), (end, after) = series[last // 2], series[last]
    return [*(f"{each:.0f}" for each in points), f"{60 * (after - before) / MIB / max(end - half, 1):+.1f}"]


if __name__ == "__main__":
    main()
