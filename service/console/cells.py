"""What the cells of a table hold: parts of documents in words, and tables to put them in."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from domain.reports.claims.claim import home_of
from domain.values.populations import Population
from service.console.terminal import NOTHING, shown

JsonObject: TypeAlias = Mapping[str, Any]
"""A part of a document, whose shape its view declares."""

_ID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


def plain_table(*columns: str, narrow: Sequence[str] = (), right: Sequence[str] = ()) -> Table:
    """Return an empty table without frame; `narrow` and `right` columns are never broken."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for name in columns:
        whole = name in narrow or name in right
        table.add_column(name, justify="right" if name in right else "left", overflow="fold", no_wrap=whole)
    return table


def add_row(table: Table, *cells: object) -> None:
    """Add a row of values, as the text that they are."""
    table.add_row(*(cell if isinstance(cell, Text) else Text(shown(cell)) for cell in cells))


def key_words(key: JsonObject, scopes: Mapping[str, str]) -> tuple[str, str, str]:
    """Return in words what a figure measures, of whom, and within which scope."""
    measure = str(key["measure"]).replace("_", " ")
    manner = f", by {str(key['manner']).replace('_', ' ')}" if key.get("manner") else ""
    home, own = home_of(str(key.get("scope") or ""))
    scope, _, event = own.partition(":")
    where = f"{scope} {event.replace('-', ' ')}" if event else scopes.get(scope, scope) if home is None else scope
    where += f", as counted for {home}" if home else ""
    return f"{measure}{manner}", Population.model_validate(key.get("population") or {}).words(), where


def figure_words(end: JsonObject | None) -> str:
    """Return the figure of an end, if there is one."""
    return f"{end['figure']:,}" if end else NOTHING


def count_words(count: JsonObject) -> str:
    """Return a count as its source worded it, or its numbers where those are all that was given."""
    if count.get("verbatim"):
        return str(count["verbatim"])
    numbers = [count.get(name) for name in ("lower", "best", "upper")]
    return "/".join(NOTHING if number is None else f"{number:,}" for number in numbers)


def attributed(origin: str, via: Sequence[str]) -> str:
    """Return who said it, and through whom."""
    return f"{name_words(origin, {})}, via {', '.join(via)}" if via else name_words(origin, {})


def name_words(origin: str, names: Mapping[str, str]) -> str:
    """Return a source's name; for an unnamed one the words that the relay had for it."""
    return names.get(origin) or origin.removeprefix("anonymous:").partition("|")[0]


def brief(text: str) -> str:
    """Shorten the ids in a text to their first eight digits, which tell them apart by eye."""
    return _ID.sub(r"\1…", text)


def listed(words: Iterable[str]) -> str:
    """Return words as a list to be read."""
    return ", ".join(words)


def lines(*texts: str) -> str:
    """Put each text that says anything on a line of its own."""
    return "\n".join(text for text in texts if text)
