"""Thinning of charts without hiding extremes: of steps by columns of pixels, of dots by cells."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def thinned_steps(
    steps: Sequence[T], column: Callable[[T], int], ends: Callable[[T], Sequence[float | None]]
) -> list[T]:
    """Keep of each column the first and last step, and the least and greatest of each of its `ends`, in their order.

    Steps come in order of time. None stands for no end there; the first such step of a column is kept as well, as is
    the first infinite one. No step is moved or made.
    """
    kept, at = list[T](), 0
    while at < len(steps):
        until = at + 1
        while until < len(steps) and column(steps[until]) == column(steps[at]):
            until += 1
        kept += _of_column(steps[at:until], ends)
        at = until
    return kept


def _of_column(steps: Sequence[T], ends: Callable[[T], Sequence[float | None]]) -> list[T]:
    if len(steps) <= 2:  # noqa: PLR2004 - the first and the last
        return list(steps)
    chosen = {0, len(steps) - 1}
    for values in zip(*(ends(step) for step in steps), strict=True):
        found = [(value, index) for index, value in enumerate(values) if value is not None]
        chosen.update(index for index, value in enumerate(values) if value is None and index == values.index(None))
        if found:
            chosen.add(min(found)[1])
            chosen.add(max(found, key=lambda pair: (pair[0], -pair[1]))[1])
    return [steps[index] for index in sorted(chosen)]


def thinned_dots(
    dots: Sequence[T], limit: int, cell: Callable[[T], object], rank: Callable[[T], object]
) -> list[tuple[T, int]]:
    """Return dots, each with how many more are behind it: beyond `limit`, one a cell, the first that counts.

    Of a cell the dot of the least `rank` is shown; those of no more than `limit` are all shown.
    """
    if len(dots) <= limit:
        return [(dot, 0) for dot in dots]
    cells: dict[object, list[T]] = {}
    for dot in dots:
        cells.setdefault(cell(dot), []).append(dot)
    return [(min(found, key=rank), len(found) - 1) for found in cells.values()]  # pyright: ignore[reportArgumentType, reportCallIssue]
