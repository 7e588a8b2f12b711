"""Claims from cells: each figure becomes a claim, or a fault with the reason why it cannot be parsed."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from pydantic import ValidationError

from domain.reports.kinds.observation_noted import ObservationNoted
from domain.values.counts.count import Count, words_for
from service.formats.tables.column_kinds import SILENCE_MARKS
from service.formats.tables.dates import columns_by_date
from service.formats.tables.mapping import TableMap
from service.formats.tables.mapping_columns import ClaimColumn, CountRule, Melt
from service.formats.tables.parsed_table import CellFault, RawRow, cell_text
from service.formats.tables.row_reader import MappedRow, UnfitCell

_SILENT: Final = ("", "NaN")
"""Cells without a figure, beside the declared marks; never zero."""
_ONE_ENDED: Final = {"at_least": "lower", "more_than": "lower", "at_most": "upper", "fewer_than": "upper"}
_STRICTER: Final = {"at_least": "more_than", "at_most": "fewer_than"}
"""Stricter bound that a cell may have than its column."""
_KEPT: Final = {"measure", "population", "manner", "accumulation", "partial"}


def claims_of(table: TableMap, flat: RawRow) -> tuple[list[dict[str, Any]], list[CellFault]]:
    """Return the claims of a row, and the faults of figures that cannot be read."""
    claims: list[dict[str, Any]] = []
    faults: list[CellFault] = []
    row = MappedRow(table, flat)
    for place, figures in enumerate(table.claims, 1):
        column = row.name(figures.column, *figures.formerly)
        if _is_silent(table, figures, cell := flat.get(column)):
            continue
        try:
            words = row.text(figures.words).strip() if figures.words else ""
            count = _count(table, figures, cell, words)
            claims.append({"id": figures.claim_id(place), **_key(figures), **_times(figures, row), "count": count})
        except UnfitCell as problem:
            faults.append((problem.column or column, str(problem)))
    claims += _melted(table, flat, faults)
    return claims, faults


def column_of(table: TableMap, claim: str, flat: RawRow) -> str | None:
    """Return the column of a claim of a row."""
    named = {figures.claim_id(place): figures for place, figures in enumerate(table.claims, 1)}
    if figures := named.get(claim):
        return MappedRow(table, flat).name(figures.column, *figures.formerly)
    dated = ((_name(melt, place, day), column) for place, melt, column, day in _columns(table, flat))
    return next((column for name, column in dated if name == claim), None)


def _is_silent(table: TableMap, figures: CountRule, cell: object) -> bool:
    text = cell_text(cell).strip()
    return cell is None or (isinstance(cell, str) and text in _SILENT) or text in (*table.silence, *figures.silence)


def _key(figures: CountRule) -> dict[str, Any]:
    return {"scope": figures.scope, **figures.model_dump(mode="json", exclude_unset=True, include=_KEPT)}


def _times(figures: ClaimColumn, row: MappedRow) -> dict[str, str]:
    patterns = {"period": figures.period, "counted_until": figures.counted_until}
    return {name: text for name, pattern in patterns.items() if pattern and (text := row.when(pattern))}


def _melted(table: TableMap, flat: RawRow, faults: list[CellFault]) -> Iterator[dict[str, Any]]:
    """Yield a claim for each column of `[[melt]]`."""
    seen: set[str] = set()
    for place, melt, column, day in _columns(table, flat):
        if _is_silent(table, melt, cell := flat[column]):
            continue
        name = _name(melt, place, day)
        if name in seen:
            faults.append((column, f"Another column is called by the same date, {day}; the first makes a claim."))
            continue
        try:
            count = _count(table, melt, cell, "")
        except UnfitCell as problem:
            faults.append((column, str(problem)))
            continue
        seen.add(name)
        time = "counted_until" if melt.accumulation == "cumulative" else "period"
        yield {"id": name, **_key(melt), time: day, "count": count}


def _columns(table: TableMap, flat: RawRow) -> Iterator[tuple[int, Melt, str, str]]:
    """Yield the columns of `[[melt]]`, ordered by date: place of the rule, rule, column, date."""
    for place, melt in enumerate(table.melt, 1):
        for column, day in sorted(columns_by_date(tuple(flat), melt.columns), key=lambda each: (each[1], each[0])):
            yield place, melt, column, day


def _name(melt: Melt, place: int, day: str) -> str:
    prefix = melt.id or (str(place) if place > 1 else "")
    return f"{prefix}-{day}".removeprefix("-")


def _count(table: TableMap, figures: CountRule, cell: object, words: str) -> dict[str, object]:
    """Return the count of a cell. Raises UnfitCell."""
    numbers, text = table.numbers, cell_text(cell).strip()
    bound: dict[str, object] = {"bound": figures.bound} if figures.bound else {}
    if not words:
        number = numbers.whole(cell, text)
        if number is not None:
            return {_ONE_ENDED.get(figures.bound or "", "best"): number, **bound}
    if words or (figures.counts == "words" and isinstance(cell, str)):
        return _in_words(table, figures, f"{words} {text}".strip())
    hint = numbers.hint(text)
    if not hint and figures.counts != "words" and text not in SILENCE_MARKS and text.strip("-+.,0123456789"):
        hint = ' Where cells say it in words, give the claim counts = "words".'
    raise UnfitCell(None, f"“{text[:100]}” is no whole number from 0; it is kept as a cell and makes no claim.{hint}")


def _in_words(table: TableMap, figures: CountRule, words: str) -> dict[str, object]:
    """Read words by the lexicon, with numbers in plain digits; a bare figure gets the bound of its column."""
    bound, numbers = figures.bound, table.numbers
    if bound is None and not numbers.declared:
        return {"verbatim": words}
    plain = numbers.in_words(words)
    if plain is None:
        raise UnfitCell(None, f"“{words[:100]}” has a number that is not written as “decimal” and “thousands” declare.")
    count = _read(plain, figures.measure, figures.accumulation, table.language)
    if count.bound == "exact" and bound is not None:
        return {"verbatim": words, _ONE_ENDED.get(bound, "best"): count.best, "bound": bound, "lexicon": count.lexicon}
    if bound not in (None, count.bound) and _STRICTER.get(bound or "") != count.bound:
        raise UnfitCell(None, _CONTRADICTION.format(words=words[:100], reads=words_for(count), bound=bound))
    return {"verbatim": words} if plain == words else {"verbatim": words, **_figures(count)}


@lru_cache(maxsize=1024)
def _read(words: str, measure: str, accumulation: str, language: str | None) -> Count:
    """Read words as a report's claim would be: by language, measure and accumulation. Raises UnfitCell."""
    claim = {"id": "1", "measure": measure, "accumulation": accumulation, "count": {"verbatim": words}}
    in_language = {} if language is None else {"language": language}
    body = {"kind": "observation_noted", "title": "A row", "source": "table", "claims": [claim], **in_language}
    try:
        return ObservationNoted.validate(body).claims[0].count
    except ValidationError as problem:
        reason = problem.errors()[0]["msg"]
        raise UnfitCell(None, f"It is kept as a cell, and no more is made of it: {reason}") from problem


_CONTRADICTION: Final = (
    "“{words}” reads as “{reads}”, and the mapping file says that the column is {bound};"
    " it is kept as a cell and makes no claim."
)


def _figures(count: Count) -> dict[str, object]:
    ends = {"lower": count.lower, "upper": count.upper, "best": count.best}
    figures = {name: figure for name, figure in ends.items() if figure is not None}
    return {**figures, "bound": count.bound, "lexicon": count.lexicon}
