"""What every benchmark is given: the kept logs, the checkouts to measure, and the sizes, which are options."""

import argparse
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.checkouts import OURS, Checkout
from bench.keeping import Kept, kept_in
from bench.world import ASKED_FACTS, Shape

_QUICK: Final = {
    "facts": 10_000,
    "runs": 1,
    "asked": 2_000,
    "posts": 2_000,
    "reports": 5_000,
    "questions": 40,
    "events": 1_000,
    "seconds": 4,
}
_WHOLE: Final = {
    "facts": 1_000_000,
    "runs": 5,
    "asked": ASKED_FACTS,
    "posts": 6_000,
    "reports": 30_000,
    "questions": 100,
    "events": 5_000,
    "seconds": 20,
}
_ABOUT: Final = {
    "facts": "how many facts the largest log has",
    "runs": "how often each contestant is measured; the median counts",
    "asked": "how many facts the incident has that questions are asked about",
    "posts": "how many reports are posted singly in each run",
    "reports": "how many reports are sent in bulk in each run",
    "questions": "how often each question is asked in each run, or until some seconds have gone by",
    "events": "how many facts the library's own ways are given",
    "seconds": "for how long reports come in at an even pace",
}
_SMALLEST: Final = 1_000
_SIZES: Final = 3
_OF_AN_INCIDENT: Final = 100


@dataclass(frozen=True, slots=True)
class Setup:
    """The sizes of a run, its logs and its contestants."""

    kept: Kept
    checkouts: tuple[Checkout, ...]
    facts: int
    runs: int
    asked: int
    posts: int
    reports: int
    questions: int
    events: int
    seconds: int
    seed: int
    parts: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]], init=False)
    """The CPU time of each part of the work by checkout, in microseconds, once it was measured."""

    def log(self, facts: int) -> Shape:
        """Return the shape of a log of so many facts, or of the largest, with the incident asked about on top."""
        facts = min(facts, self.facts)
        return Shape(facts + self.asked, max(10, facts // _OF_AN_INCIDENT), self.seed, self.asked)

    def sizes(self) -> list[int]:
        """Return the numbers of facts over which growth is measured: up to the largest, tenfold each."""
        found = [self.facts]
        while found[0] >= 10 * _SMALLEST and len(found) < _SIZES:
            found.insert(0, found[0] // 10)
        return found


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give a command the options that make a Setup."""
    for name, about in _ABOUT.items():
        parser.add_argument(f"--{name}", type=int, help=f"{about} ({_WHOLE[name]:,}; quick: {_QUICK[name]:,})")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, one run: every ratio in a few minutes")
    parser.add_argument("--seed", type=int, default=2026, help="of the made-up logs")
    parser.add_argument("--data", type=Path, help="keep logs in this folder for the next time, or take them from there")
    parser.add_argument(
        "--compare", type=Path, action="append", default=[], help="another checkout, with its .venv, to run in turn"
    )


@contextmanager
def set_up(options: argparse.Namespace) -> Generator[Setup]:
    """Start the server of the logs for as long as the context lasts."""
    sizes = {**(_QUICK if options.quick else _WHOLE)}
    sizes |= {name: given for name in sizes if (given := getattr(options, name)) is not None}
    checkouts = (OURS, *(Checkout(f"Knownwhen in {path.resolve().name}", path.resolve()) for path in options.compare))
    with kept_in(options.data) as kept:
        yield Setup(kept, checkouts, seed=options.seed, **sizes)
