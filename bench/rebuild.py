"""How fast all read models are made anew from the log: beside the least that reading costs, and the library's way."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rich.progress import Progress

from bench import floors, peers, processes
from bench.keeping import CONSOLE, add_options, kept_in
from bench.measuring import Spread, shown, table
from bench.page import python, write_section
from bench.world import Shape

RAW, READ, LIBRARY_READ, LIBRARY, OURS = (
    "COPY out, raw",
    "COPY out, and `orjson.loads` of each state",
    "library: notifications and mapper",
    "library: `ProjectionRunner`, one upsert an event",
    "**`knownwhen rebuild`**, all read models",
)
_MIB = 2**20
ABOUT = """## Rebuilding all read models

`python -m bench.rebuild --facts {facts} --incidents {incidents} --runs {runs}`: {facts:,} facts of {incidents:,}
incidents, facts a second, {runs} runs in turn, Python {python}. The floors read position and state of every fact; the
library's ways are measured over the first {events:,} facts; ours is the whole command, from its start to its end.

{table}

{told}
"""


@dataclass(slots=True)
class Ours:
    """What our own runs took besides their rate."""

    seconds: list[float]
    held: list[int]

    def rate(self, url: str, shape: Shape, workers: int) -> float:
        """Rebuild once, and return how many facts a second that was."""
        done = processes.run(url, "rebuild", "--workers", str(workers))
        self.seconds.append(done.seconds)
        self.held.append(done.bytes_held[0])
        return shape.facts / done.seconds

    def told(self, found: dict[str, Spread]) -> str:
        """Return the ratios in words."""
        rate = found[OURS].median
        peak = max(self.held) / _MIB
        return (
            f"A rebuild took {Spread(tuple(self.seconds)).median:.1f} s, with {peak:,.0f} MiB in a process at most. "
            f"It is {rate / found[LIBRARY].median:.0f} times as fast as the library's runner, "
            f"{rate / found[LIBRARY_READ].median:.1f} times as fast as the library reads, and "
            f"{rate / found[READ].median:.2f} of the floor that reads the JSON."
        )


def main() -> None:
    """Measure, and print a Markdown table; with --write, put it into docs/performance.md."""
    options = _options()
    shape = Shape(options.facts, options.incidents, options.seed)
    ours = Ours([], [])
    with kept_in(options.data) as kept, kept.copy(shape) as url:
        contenders: dict[str, Callable[[], float]] = {
            RAW: partial(floors.copied_raw, url),
            READ: partial(floors.copied_and_read, url),
            LIBRARY_READ: partial(peers.read_by_library, url, options.events),
            LIBRARY: partial(peers.run_by_library, url, options.events),
        }
        if processes.knows("rebuild"):
            contenders[OURS] = partial(ours.rate, url, shape, options.workers)
        else:
            CONSOLE.print("This release has no `knownwhen rebuild`; floors and peers are measured alone.")
        found = _in_turn(contenders, options.runs)
    against = found[READ].median
    lines = [[name, *spread.cells(), shown(spread.median / against)] for name, spread in found.items()]
    text = ABOUT.format(
        facts=options.facts,
        incidents=options.incidents,
        runs=options.runs,
        events=options.events,
        python=python(),
        table=table(["", "median", "least", "most", "of the floor with JSON"], lines),
        told=ours.told(found) if OURS in found else "",
    )
    print(text)
    if options.write:
        write_section("rebuild" if options.facts < 10**6 else "rebuild_large", text)


def _in_turn(contenders: dict[str, Callable[[], float]], runs: int) -> dict[str, Spread]:
    """Let each run once, then each again: what disturbs the machine meanwhile meets all of them."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    with Progress(console=CONSOLE, transient=True) as progress:
        task = progress.add_task("", total=runs * len(contenders))
        for _ in range(runs):
            for name, measure in contenders.items():
                progress.update(task, description=name)
                found[name].append(measure())
                progress.advance(task)
    return {name: Spread(tuple(figures)) for name, figures in found.items()}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=200_000, help="how many facts the log has")
    parser.add_argument("--incidents", type=int, default=2_000, help="how many incidents they are of")
    parser.add_argument("--runs", type=int, default=3, help="how often each is run; the median counts")
    parser.add_argument("--events", type=int, default=10_000, help="how many facts the library's ways are given")
    parser.add_argument("--workers", type=int, default=2, help="of our rebuild")
    add_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
