"""Pages of a long list within a part, by the number that a parameter of the query names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class ListPage(Generic[T]):
    """The items of one page, and the numbers of those before and after it; None where there is none."""

    items: Sequence[T]
    earlier: int | None
    later: int | None


def paged(items: Sequence[T], page: str | None, size: int) -> ListPage[T]:
    """Return a page of a list; what is no number is the first page, one past the end the last."""
    last = -(-len(items) // size) or 1
    number = min(max(int(page), 1), last) if page and page.isascii() and page.isdecimal() and len(page) < 9 else 1  # noqa: PLR2004
    shown = items[(number - 1) * size : number * size]
    return ListPage(shown, number - 1 if number > 1 else None, number + 1 if number < last else None)
