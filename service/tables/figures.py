"""Cells that are figures: each becomes a claim, or a sentence that says why it cannot be read as one."""

import re
from typing import Any, Final

from service.tables.cells import Wrong
from service.tables.mapping import Figures, TableMap
from service.tables.parsed import Raw, text_of
from service.tables.pattern import filled

_SILENT: Final = ("", "NaN")
"""What a cell holds that gives no figure; it is never zero."""
_ONE_ENDED: Final = {"at_least": "lower", "more_than": "lower", "at_most": "upper", "fewer_than": "upper"}
_WHOLE_NUMBER = re.compile(r"[0-9]{1,13}")
_KEPT: Final = {"measure", "population", "scope", "manner", "accumulation", "partial"}


def claims_of(table: TableMap, flat: Raw) -> tuple[list[dict[str, Any]], list[Wrong]]:
    """Return the claims that a row makes, and the cells that give a figure which cannot be read."""
    claims: list[dict[str, Any]] = []
    wrong: list[Wrong] = []
    for place, figures in enumerate(table.claims, 1):
        column = next((name for name in (figures.column, *figures.formerly) if name in flat), figures.column)
        cell = flat.get(column)
        if cell is None or (isinstance(cell, str) and cell.strip() in _SILENT):
            continue
        count = _count(figures, cell, text_of(flat.get(figures.words or "")).strip())
        if isinstance(count, str):
            wrong.append((column, count))
        else:
            claims.append({"id": figures.name(place), **_key(figures, flat), "count": count})
    return claims, wrong


def _key(figures: Figures, flat: Raw) -> dict[str, Any]:
    said = {"scope": figures.scope, **figures.model_dump(mode="json", exclude_unset=True, include=_KEPT)}
    for name in ("period", "counted_until"):
        pattern = getattr(figures, name)
        if pattern and (text := filled(pattern, lambda column: text_of(flat.get(column)))):
            said[name] = text
    return said


def _count(figures: Figures, cell: object, words: str) -> dict[str, object] | str:
    """Return how many a cell says, or why that cannot be read."""
    text = text_of(cell).strip()
    bound: dict[str, object] = {"bound": figures.bound} if figures.bound else {}
    if words:
        return {"verbatim": f"{words} {text}", **bound}
    if not isinstance(cell, bool) and _WHOLE_NUMBER.fullmatch(text):
        return {_ONE_ENDED.get(figures.bound or "", "best"): int(text), **bound}
    if figures.counts == "words" and isinstance(cell, str):
        return {"verbatim": text, **bound}
    hint = "" if figures.counts == "words" else " Where cells say it in words, give the claim counts = “words”."
    return f"“{text[:100]}” is no whole number from 0; it is kept as a cell and makes no claim.{hint}"
