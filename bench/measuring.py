"""Figures of several runs: medians with their ends, percentiles, growth, and the Markdown tables they stand in."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress

CONSOLE = Console(stderr=True)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spread:
    """The figures of several runs; their median counts, and the ends show how much the machine was disturbed."""

    figures: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure in the middle."""
        return statistics.median(self.figures)

    def cells(self) -> list[str]:
        """Return median, smallest and largest, as text."""
        return [shown(self.median), shown(min(self.figures)), shown(max(self.figures))]


def in_turn(contestants: Mapping[str, Callable[[], T]], runs: int) -> dict[str, list[T]]:
    """Run every contestant once, then every one again: what disturbs the machine meanwhile meets all of them."""
    found: dict[str, list[T]] = {name: [] for name in contestants}
    with Progress(console=CONSOLE, transient=True) as progress:
        task = progress.add_task("", total=runs * len(contestants))
        for _ in range(runs):
            for name, measure in contestants.items():
                progress.update(task, description=name)
                found[name].append(measure())
                progress.advance(task)
    return found


def percentile(figures: Sequence[float], part: float) -> float:
    """Return the figure that `part` per cent of all stay at or below (nearest rank)."""
    ordered = sorted(figures)
    return ordered[max(0, -(-len(ordered) * part // 100).__int__() - 1)]


def exponent(sizes: Sequence[float], figures: Sequence[float]) -> float:
    """Return the power of the size that the figures grow by: the slope of their logarithms (least squares)."""
    points = [(math.log(size), math.log(figure)) for size, figure in zip(sizes, figures, strict=True)]
    return statistics.linear_regression(*zip(*points, strict=True)).slope if len(points) > 1 else 0.0


def shown(figure: float) -> str:
    """Write a figure with as many digits as it deserves."""
    if figure >= 100:  # noqa: PLR2004
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"  # noqa: PLR2004


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
