"""What a proposed mapping file leaves open, in sentences: what a column seems to be and nothing is made of."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from service.formats.tables.column_kinds import is_day, non_silent

_CUMULATIVE: Final = re.compile(r"cum|to.?date", re.IGNORECASE)
_BOUNDED: Final = re.compile(
    r"(?:^|[ _-])(?:min|minimum|max|maximum|least|most|low|lower|high|upper)(?:$|[ _-])", re.IGNORECASE
)
_LOOKED_AT: Final = 200


def figure_doubts(column: str, measure: str) -> Iterator[str]:
    """Yield what is to be asked of a column that is taken for figures, by its name."""
    yield f"“{column}” is taken for {measure.replace('_', ' ')}, by its name: is it?"
    if _BOUNDED.search(column):
        yield f"“{column}” seems to hold least or greatest figures, and is read as exact ones: say so by “bound”."


def same_figure_doubts(column: str, taken: str) -> Iterator[str]:
    """Yield what is to be asked of a column that seems to count what another one does."""
    yield (
        f"“{column}” seems to count what “{taken}” counts, so no claim is made of it; it needs"
        " a population, scope or manner that tells them apart."
    )
    if _CUMULATIVE.search(column):
        yield (
            f'If “{taken}” counts anew each time, its claim needs accumulation = "incremental" and a “period”:'
            " as it is, it is taken for a total."
        )


def date_doubts(columns: Mapping[str, Sequence[str]], dated: Mapping[str, Any], called: re.Pattern[str]) -> list[str]:
    """Return what is to be asked of columns that are called as dates are and have such cells, in several formats."""
    found: list[str] = []
    for column, cells in columns.items():
        shown = non_silent(cells)[:_LOOKED_AT]
        if column not in dated and called.search(column) and 2 * sum(map(is_day, shown)) > len(shown):
            found.append(
                f"“{column}” has dates in several formats, so no date is read from it: declare all of them in"
                f' “dates”, and occurred or reported_at = "{{{column}}}".'
            )
    return found
