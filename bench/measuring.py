"""Figures of several runs, and the Markdown tables they stand in."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """What several runs gave; absolute figures move from machine to machine, so the median and the ends are told."""

    figures: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure in the middle."""
        return statistics.median(self.figures)

    @property
    def least(self) -> float:
        """The smallest figure."""
        return min(self.figures)

    @property
    def most(self) -> float:
        """The largest figure."""
        return max(self.figures)

    def cells(self) -> list[str]:
        """Return median, smallest and largest, as text."""
        return [shown(self.median), shown(self.least), shown(self.most)]


def percentile(figures: Sequence[float], part: float) -> float:
    """Return the figure that `part` per cent of all stay at or below (nearest rank)."""
    ordered = sorted(figures)
    return ordered[max(0, -(-len(ordered) * part // 100).__int__() - 1)]


def shown(figure: float) -> str:
    """Write a figure with as many digits as it deserves."""
    if figure >= 100:  # noqa: PLR2004
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"  # noqa: PLR2004


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
