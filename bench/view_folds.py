"""How long each view of a large incident takes to fold, and how that grows when the facts double."""

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise

from bench.incidents import facts
from domain import catalogue
from domain.incident.history import history_of
from domain.ledger.canonical import canonical
from domain.reading import Reading

READING = Reading(None, catalogue.policy(catalogue.DEFAULT_POLICY))


def main() -> None:
    """Print a row for each view: median of the runs, in milliseconds, at each size, and the growth from size to size.

    `accumulate` takes decoded facts into a history, once for all views; each view then finishes its document.
    The floor is what Python needs to write the view's own document as JSON.
    """
    options = _options()
    sizes = [options.facts // 2, options.facts, options.facts * 2]
    histories = {size: facts(size, options.seed) for size in sizes}
    print(f"{'':<16}" + "".join(f"{size:>14,}" for size in sizes) + f"{'x':>8}{'x':>6}{'floor':>10}")
    _row("accumulate", [_median(partial(history_of, histories[size]), options.runs) for size in sizes])
    folded = {size: history_of(histories[size]) for size in sizes}
    for view in catalogue.VIEWS.values():
        times = [_median(partial(view.finish, folded[size], READING), options.runs) for size in sizes]
        document = view.finish(folded[options.facts], READING)
        _row(view.id, times, _median(partial(json.dumps, document), options.runs))
    document = catalogue.view("timeline/1").finish(folded[options.facts], READING)
    print(f"canonical form of timeline/1: {_median(partial(canonical, document), options.runs):.1f} ms")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=10_000, help="the middle size; half and double are measured too")
    parser.add_argument("--runs", type=int, default=5, help="how often each is run; the median counts")
    parser.add_argument("--seed", type=int, default=2026, help="of the made-up incident")
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


def _row(name: str, times: list[float], floor: float | None = None) -> None:
    growth = [later / earlier for earlier, later in pairwise(times)]
    cells = "".join(f"{each:>11.1f} ms" for each in times) + f"{growth[0]:>8.2f}{growth[1]:>6.2f}"
    print(f"{name:<16}{cells}" + (f"{floor:>7.1f} ms" if floor is not None else ""))


if __name__ == "__main__":
    main()
