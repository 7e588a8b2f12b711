"""How long each view of a large incident takes to fold, and how that grows when the facts double."""

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from rich.console import Console
from rich.progress import track

from bench.incidents import facts
from bench.measuring import table
from bench.page import python, write_section
from domain import catalogue
from domain.history.history import history_of
from domain.reading import Reading

READING = Reading(None, catalogue.policy(catalogue.DEFAULT_POLICY))
ABOUT = """## Folding one large incident

How long the views of one large, made-up incident take: {facts:,} facts of 24 sources; six reports of ten revise tolls
of the incident under eighteen keys, four tell events, each a key of its own. Milliseconds of processor time of one
process, medians of {runs} runs, Python {python}. `accumulate` takes decoded facts into a history, once for all views;
each view then finishes its document from it. Growth is from the size before. The floor is what Python's own `json`
needs to write out the document that the view makes.

{table}
"""


@dataclass(frozen=True)
class Row:
    """One line of the table: times by size and the floor, in milliseconds."""

    name: str
    times: Sequence[float]
    floor: float | None = None

    def cells(self) -> list[str]:
        """Return the line, as text."""
        growth = [f"{later / earlier:.2f}" for earlier, later in pairwise(self.times)]
        floor = "" if self.floor is None else f"{self.floor:.0f}"
        return [self.name, *(f"{each:.0f}" for each in self.times), *growth, floor]


def main() -> None:
    """Measure, and print a Markdown table; with --write, put it into docs/performance.md."""
    options = _options()
    sizes = [options.facts // 2, options.facts, options.facts * 2]
    head = ["", *(f"{size:,} facts" for size in sizes), "growth", "growth", "floor"]
    lines = table(head, [row.cells() for row in _measured(sizes, options.runs, options.seed)])
    print(lines)
    if options.write:
        text = ABOUT.format(facts=options.facts, runs=options.runs, python=python(), table=lines)
        write_section("views", text)


def _measured(sizes: Sequence[int], runs: int, seed: int) -> list[Row]:
    histories = {size: facts(size, seed) for size in sizes}
    rows = [Row("accumulate", [_median(partial(history_of, histories[size]), runs) for size in sizes])]
    folded = {size: history_of(histories[size]) for size in sizes}
    views = track(list(catalogue.VIEWS.values()), "measuring", console=Console(stderr=True))
    for view in views:
        times = [_median(partial(view.finish, folded[size], READING), runs) for size in sizes]
        document = view.finish(folded[sizes[1]], READING)
        rows.append(Row(f"`{view.id}`", times, _median(partial(json.dumps, document), runs)))
    return rows


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=10_000, help="the middle size; half and double are measured too")
    parser.add_argument("--runs", type=int, default=5, help="how often each is run; the median counts")
    parser.add_argument("--seed", type=int, default=2026, help="of the made-up incident")
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    return parser.parse_args()


def _median(work: Callable[[], object], runs: int) -> float:
    """Return the median of `runs` runs in milliseconds of processor time, without the collector's pauses."""
    times: list[float] = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(runs):
            begin = time.process_time()
            work()
            times.append(1000 * (time.process_time() - begin))
    finally:
        gc.enable()
    return statistics.median(times)


if __name__ == "__main__":
    main()
