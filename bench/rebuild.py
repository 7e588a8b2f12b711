"""How fast all read models are made anew from the log: beside the least that reading costs, and the library's ways."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from bench import floors, library, part_costs, parts, processes
from bench.checkouts import Checkout
from bench.measuring import Spread, in_turn, shown, table
from bench.page import python
from bench.processes import SERVED_HEAD, Finished
from bench.setup import Setup
from bench.world import Shape

WORKERS: Final = 2
FACTS: Final = 200_000
RAW, READ, LIBRARY_READ, ONE_ROW, SAME_ROWS = (
    "floor: COPY out, raw",
    "floor: COPY out, and `orjson.loads` of each state",
    "library: notifications and mapper",
    "library: `ProjectionRunner`, one upsert an event",
    "library: `ProjectionRunner`, the same fold and rows",
)
_FEWER: Final = 4
"""The runner with our fold gets so many times fewer facts, as it takes so much longer."""
ABOUT = """## Rebuilding all read models

`python -m bench rebuild`: {facts:,} facts of {incidents:,} incidents, facts a second, {runs} runs in turn, Python
{python}. The floors read position and state of every fact. The library's ways are measured over the first {events:,}
facts, with our fold over the first {fewer:,}; the library's runner writes the rows of each event in a transaction of
its own. Ours is the whole command with {workers} workers, from its start to its end; CPU is that of its processes, in
microseconds a fact.

{table}

{told}

While it was rebuilt once more with a service beside it:

{served}
"""


class Rebuilt(NamedTuple):
    """Facts a second, and what the command took; floors and peers have no command."""

    rate: float
    done: Finished | None = None


def measure(setup: Setup) -> str:
    """Measure all contestants in turn, and return the section."""
    shape = setup.log(FACTS)
    with setup.kept.copy(shape) as url:
        contestants: dict[str, Callable[[], Rebuilt]] = {
            RAW: lambda: Rebuilt(floors.copied_raw(url)),
            READ: lambda: Rebuilt(floors.copied_and_read(url)),
            LIBRARY_READ: lambda: Rebuilt(library.read_by_library(url, setup.events)),
            ONE_ROW: lambda: Rebuilt(library.run_by_library(url, setup.events, library.OneRow)),
            SAME_ROWS: lambda: Rebuilt(library.run_by_library(url, setup.events // _FEWER, library.SameRows)),
        }
        contestants |= {each.name: partial(_rebuilt, each, url, shape) for each in setup.checkouts}
        found = in_turn(contestants, setup.runs)
        served = [[each.name, *_served(each, url)] for each in setup.checkouts]
    rates = {name: Spread(tuple(each.rate for each in runs)) for name, runs in found.items()}
    head = ["", "facts/s", "least", "most", "of the floor with JSON", "CPU µs"]
    lines = [[name, *rates[name].cells(), *_cells(rates, name, runs, shape)] for name, runs in found.items()]
    return ABOUT.format(
        facts=shape.facts,
        incidents=shape.incidents,
        runs=setup.runs,
        python=python(),
        events=setup.events,
        fewer=setup.events // _FEWER,
        workers=WORKERS,
        table=table(head, lines),
        told="\n\n".join(_told(setup, each, found, rates, shape) for each in setup.checkouts),
        served=table(["", *SERVED_HEAD], served),
    )


def _rebuilt(checkout: Checkout, url: str, shape: Shape) -> Rebuilt:
    done = processes.run(checkout, url, "rebuild", "--workers", str(WORKERS))
    return Rebuilt(shape.facts / done.seconds, done)


def _served(checkout: Checkout, url: str) -> list[str]:
    with processes.serving(checkout, url, "--no-projector") as served:
        processes.run(checkout, url, "rebuild", "--workers", str(WORKERS))
    return served.cells()


def _cells(rates: dict[str, Spread], name: str, runs: Sequence[Rebuilt], shape: Shape) -> list[str]:
    of_floor = rates[name].median / rates[READ].median
    return [f"{of_floor:.3f}", shown(_processor(runs, shape)) if runs[0].done else ""]


def _processor(runs: Sequence[Rebuilt], shape: Shape) -> float:
    return Spread(tuple(1_000_000 * each.done.processor / shape.facts for each in runs if each.done)).median


def _told(
    setup: Setup, checkout: Checkout, found: dict[str, list[Rebuilt]], rates: dict[str, Spread], shape: Shape
) -> str:
    """Return the ratios in words, and what the CPU time of a fact goes to."""
    runs, rate = found[checkout.name], rates[checkout.name].median
    spent = _processor(runs, shape)
    decoding, folding = (parts.part(setup, checkout.name, each) for each in (part_costs.DECODE, part_costs.ROWS))
    seconds = Spread(tuple(each.done.seconds for each in runs if each.done)).median
    memory = runs[-1].done.memory if runs[-1].done else ""
    return (
        f"{checkout.name}: {seconds:.1f} s; {rate / rates[SAME_ROWS].median:.1f} times as fast as the library's runner"
        f" with the same fold and rows, {rate / rates[ONE_ROW].median:.1f} times as that with one upsert an event,"
        f" {rate / rates[LIBRARY_READ].median:.2f} times as the library only reads. Of {spent:.0f} µs of CPU a fact,"
        f" decoding takes {decoding:.0f} and the fold with rows {folding:.0f}; {spent - decoding - folding:.0f} are"
        f" left for reading, comparing and writing rows. Memory of each process, MiB, RSS (PSS): {memory}."
    )
