"""How costs grow with the log: the same work on logs tenfold in size, with the power of the size that it grows by."""

import asyncio
from functools import partial
from time import perf_counter

from bench import processes
from bench.bulk import send
from bench.checkouts import Checkout
from bench.load import openings, reports
from bench.measuring import exponent, in_turn, percentile, shown, table
from bench.page import python
from bench.processes import SERVED_HEAD, Served
from bench.questions import STATE, Asked, Log, across, ask, kinds
from bench.setup import Setup

WRITING, REBUILDING = "a report written in bulk over HTTP, µs", "a fact rebuilt, µs"
_FEWER = 10
ABOUT = """## Growth with the log

`python -m bench growth`: the same work on logs of {sizes} facts, a hundred of an incident on the average, and one
incident of {asked:,} facts more, Python {python}. Answers: the median of up to {questions} in milliseconds, after the
first. Exponent: cost grows by this power of the size; 0 is no growth, and {rebuilding} times the number of facts is
the whole rebuild.

{table}

Of the largest log:

{served}
"""


def measure(setup: Setup) -> str:
    """Measure all checkouts in turn at each size, and return the section."""
    sizes = setup.sizes()
    costs: dict[tuple[str, str], list[float]] = {}
    served: dict[str, Served] = {}
    for facts in sizes:
        contestants = {each.name: partial(_measured, setup, each, facts) for each in setup.checkouts}
        for name, ((found, service),) in in_turn(contestants, 1).items():
            served[name] = service
            for what, figure in found.items():
                costs.setdefault((what, name), []).append(figure)
    lines = [
        [what, name, *map(shown, figures), f"{exponent(sizes, figures):+.2f}"]
        for (what, name), figures in costs.items()
    ]
    return ABOUT.format(
        sizes=", ".join(f"{size:,}" for size in sizes),
        asked=setup.asked,
        python=python(),
        questions=setup.questions,
        rebuilding=REBUILDING.partition(",")[0],
        table=table(["cost", "", *(f"{size:,}" for size in sizes), "exponent"], lines),
        served=table(["", *SERVED_HEAD], [[name, *each.cells()] for name, each in served.items()]),
    )


def _measured(setup: Setup, checkout: Checkout, facts: int) -> tuple[dict[str, float], Served]:
    shape = setup.log(facts)
    found: dict[str, float] = {}
    with setup.kept.copy(shape) as url:
        seconds = processes.run(checkout, url, "rebuild").seconds
        found[REBUILDING] = 1_000_000 * seconds / shape.facts
        log = Log.at(url, shape.facts, setup.seed)
        with processes.serving(checkout, url, "--no-projector") as served:
            for name, draw in {STATE: kinds()[STATE], **across()}.items():
                asked = Asked()
                asyncio.run(ask(served.port, log, draw, setup.questions, asked))
                found[name] = percentile(asked.later, 50)
            lines = list(reports(setup.reports // _FEWER, setup.seed))
            send(served.port, list(openings()))
            begin = perf_counter()
            send(served.port, lines)
            found[WRITING] = 1_000_000 * (perf_counter() - begin) / len(lines)
    return found, served
