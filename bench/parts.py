"""What each part of the work costs by itself, for every checkout in turn: see `bench.part_costs`."""

from functools import partial
from typing import Final

from bench.measuring import Spread, in_turn, table
from bench.page import python
from bench.setup import Setup
from bench.world import ASKED_SLUG

FACTS: Final = 20_000
ABOUT = """## What each part costs

`python -m bench parts`: microseconds of CPU time of one process, each part by itself, on {facts:,} facts of
{incidents:,} incidents; a median of {runs} runs in turn, with the least and the most, Python {python}.

{table}
"""


def measure(setup: Setup) -> str:
    """Measure all checkouts in turn; the medians are kept in `setup.parts` for what is explained by them."""
    shape = setup.log(FACTS)
    with setup.kept.copy(shape) as url:
        words = [ASKED_SLUG, str(setup.reports), str(setup.seed)]
        contestants = {each.name: partial(each.run_ours, "bench.part_costs", url, *words) for each in setup.checkouts}
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
