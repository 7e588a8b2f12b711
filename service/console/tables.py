"""Answers as tables: one with words for each view that people read most, and a plain one for any other."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from domain.claims import INCIDENT_SCOPE
from domain.populations import Population
from service.answers import Answer
from service.console.words import NOTHING, shown

Object: TypeAlias = Mapping[str, Any]
"""A part of a document, whose shape its view declares."""

WIDE = 130
"""From this width on, in columns of the terminal, each thing has a column of its own."""

_FIGURES = ("lowest", "best", "highest")
_ID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


def table_of(answer: Answer, width: int) -> Table:
    """Return the table for an answer, by its view; a view without words of its own shows the columns of its CSV."""
    made = _TABLES.get(answer.view.id)
    return made(answer, width >= WIDE) if made else _plain(answer)


def is_partial(estimate: Object) -> bool:
    """Say whether an estimate is of less than the whole incident: those of the whole stand first."""
    return estimate["scope"] != INCIDENT_SCOPE


def plain_table(*columns: str, narrow: Sequence[str] = (), right: Sequence[str] = ()) -> Table:
    """Return an empty table without frame; `narrow` and `right` columns are never broken."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for name in columns:
        whole = name in narrow or name in right
        table.add_column(name, justify="right" if name in right else "left", overflow="fold", no_wrap=whole)
    return table


def add(table: Table, *cells: object) -> None:
    """Add a row of values, as the text that they are."""
    table.add_row(*(cell if isinstance(cell, Text) else Text(shown(cell)) for cell in cells))


def _state(answer: Answer, wide: bool) -> Table:  # noqa: FBT001 - two layouts of one table
    """Show what each estimate is, whose figures it is made of, and which were set aside, by the code of the reason."""
    document = cast("Object", answer.document)
    names = {source["source"]: source["name"] for source in document["sources"]}
    scopes = {scope["name"]: scope["label"] for scope in document["scopes"]}
    what, sources = ("measure", "who", "scope"), ("used", "set aside")
    columns = (*what, *_FIGURES, "contested", *sources) if wide else ("what", *_FIGURES, "sources")
    table = plain_table(*columns, right=_FIGURES)
    estimates = [each for each in cast("list[Object]", document["estimates"]) if each["used"] or each["set_aside"]]
    for estimate in sorted(estimates, key=is_partial):
        key = _key(estimate, scopes)
        figures = [_figure(estimate[end]) for end in ("lower", "best", "upper")]
        figures[-1] += " or more" if estimate["upper_open"] else ""
        used = _listed(_name(claim["source"], names) for claim in estimate["used"])
        aside = _listed(f"{_name(claim['source'], names)}: {claim['code']}" for claim in estimate["set_aside"])
        contested = "contested" if estimate["contested"] else ""
        if wide:
            add(table, *key, *figures, contested and "yes", used, aside)
        else:
            add(table, ", ".join(key), *figures, _lines(contested, used, aside and f"set aside: {aside}"))
    return table


def _timeline(answer: Answer, wide: bool) -> Table:  # noqa: ARG001, FBT001 - one layout serves both
    """Show each report in the order of what it tells, with its summary where it has one."""
    table = plain_table("occurred", "what", "said by")
    for entry in cast("list[Object]", cast("Object", answer.document)["entries"]):
        report = cast("Object", entry["report"])
        kind = str(report["kind"]).replace("_", " ")
        places = ", ".join(place["name"] for place in report.get("places", ()))
        text = cast("Object", answer.text.get(entry["text"], {}))
        figures = [
            f"· {', '.join(_key(claim, {})[:2])}: {_count(claim['count'])}" for claim in report.get("claims", ())
        ]
        standing = "" if entry["standing"] == "standing" else entry["standing"]
        add(
            table,
            entry["occurred"] and entry["occurred"]["said"].replace("/", "/\n"),
            _lines(f"{kind}, {places}" if places else kind, text.get("summary", ""), *figures),
            _lines(_attributed(entry["origin"], report.get("via", ())), _said_at(entry["reported"]), standing),
        )
    return table


def _claims(answer: Answer, wide: bool) -> Table:  # noqa: FBT001 - two layouts of one table
    """Show each claim with what became of it and why."""
    what, became = ("measure", "who", "scope"), ("status", "why")
    columns = (*what, "said", "source", "grade", "reported", *became) if wide else ("what", "said", "source", *became)
    table = plain_table("claim", *columns, narrow=("claim", "grade"))
    for claim in cast("list[Object]", cast("Object", answer.document)["claims"]):
        key = _key(claim, {})
        source, when = _attributed(claim["source"], claim["via"]), claim["reported_at"]
        ending = (claim["status"].replace("_", " "), _brief(claim["why"]))
        if wide:
            add(table, _brief(claim["claim"]), *key, _count(claim), source, claim["grade"], when, *ending)
        else:
            add(table, _brief(claim["claim"]), ", ".join(key), _count(claim), _lines(source, when), *ending)
    return table


_TABLES: Mapping[str, Callable[[Answer, bool], Table]] = {
    "state/1": _state,
    "timeline/1": _timeline,
    "claims/1": _claims,
}


def _plain(answer: Answer) -> Table:
    table = plain_table(*answer.view.columns)
    for row in answer.view.rows(answer.document):
        add(table, *(row.get(column) for column in answer.view.columns))
    return table


def _key(key: Object, scopes: Mapping[str, str]) -> tuple[str, str, str]:
    """Return in words what a figure measures, of whom, and within which scope."""
    measure = str(key["measure"]).replace("_", " ")
    manner = f", by {str(key['manner']).replace('_', ' ')}" if key.get("manner") else ""
    scope, _, event = str(key.get("scope") or "").partition(":")
    where = f"{scope} {event.replace('-', ' ')}" if event else scopes.get(scope, scope)
    return f"{measure}{manner}", Population.model_validate(key.get("population") or {}).words(), where


def _figure(end: Object | None) -> str:
    return f"{end['figure']:,}" if end else NOTHING


def _count(count: Object) -> str:
    """Return a count as its source worded it, or its numbers where those are all that was given."""
    if count.get("verbatim"):
        return str(count["verbatim"])
    numbers = [count.get(name) for name in ("lower", "best", "upper")]
    return "/".join(NOTHING if number is None else f"{number:,}" for number in numbers)


def _attributed(origin: str, via: Sequence[str]) -> str:
    return f"{_name(origin, {})}, via {', '.join(via)}" if via else _name(origin, {})


def _name(origin: str, names: Mapping[str, str]) -> str:
    """Return a source's name; for an unnamed one the words that the relay had for it."""
    return names.get(origin) or origin.removeprefix("anonymous:").partition("|")[0]


def _said_at(reported: Object) -> str:
    return str(reported["said"] or reported["latest"])


def _brief(text: str) -> str:
    """Shorten the ids in a text to their first eight digits, which tell them apart by eye."""
    return _ID.sub(r"\1…", text)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _lines(*texts: str) -> str:
    return "\n".join(text for text in texts if text)
