"""Answers as tables: some with words for each view that people read most, and a plain one for any other."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from rich.table import Table

from domain.reports.claims.claim import INCIDENT_SCOPE
from service.answers.answer import Answer
from service.console import course_tables
from service.console.cells import (
    JsonObject,
    add_row,
    attributed,
    brief,
    count_words,
    figure_words,
    key_words,
    lines,
    listed,
    name_words,
    plain_table,
)

__all__ = ["JsonObject", "add_row", "is_partial", "plain_table", "tables_of"]

WIDE = 130
"""From this width on, in columns of the terminal, each thing has a column of its own."""

_FIGURES = ("lowest", "best", "highest")


def tables_of(answer: Answer, width: int) -> list[Table]:
    """Return the tables for an answer, by its view; a view without words of its own shows the columns of its CSV."""
    made = _TABLES.get(answer.view.id, ())
    return [table(answer, width >= WIDE) for table in made] or [_plain(answer)]


def is_partial(estimate: JsonObject) -> bool:
    """Say whether an estimate is of less than the whole incident: those of the whole stand first."""
    return estimate["scope"] != INCIDENT_SCOPE


def _state(answer: Answer, wide: bool) -> Table:  # noqa: FBT001 - two layouts of one table
    """Show what each estimate is, whose figures it is made of, and which were set aside, by the code of the reason."""
    document = cast("JsonObject", answer.document)
    names = {source["source"]: source["name"] for source in document["sources"]}
    scopes = {scope["name"]: scope["label"] for scope in document["scopes"]}
    what, sources = ("measure", "who", "scope"), ("used", "set aside")
    columns = (*what, *_FIGURES, "contested", *sources) if wide else ("what", *_FIGURES, "sources")
    table = plain_table(*columns, right=_FIGURES)
    estimates = [each for each in cast("list[JsonObject]", document["estimates"]) if each["used"] or each["set_aside"]]
    for estimate in sorted(estimates, key=is_partial):
        key = key_words(estimate, scopes)
        figures = [figure_words(estimate[end]) for end in ("lower", "best", "upper")]
        figures[-1] += " or more" if estimate["upper_open"] else ""
        used = listed(name_words(claim["source"], names) for claim in estimate["used"])
        aside = listed(f"{name_words(claim['source'], names)}: {claim['code']}" for claim in estimate["set_aside"])
        contested = "contested" if estimate["contested"] else ""
        if wide:
            add_row(table, *key, *figures, contested and "yes", used, aside)
        else:
            add_row(table, ", ".join(key), *figures, lines(contested, used, aside and f"set aside: {aside}"))
    return table


def _timeline(answer: Answer, wide: bool) -> Table:  # noqa: ARG001, FBT001 - one layout serves both
    """Show each report in the order of what it tells, with its summary where it has one."""
    table = plain_table("occurred", "what", "said by")
    for entry in cast("list[JsonObject]", cast("JsonObject", answer.document)["entries"]):
        report = cast("JsonObject", entry["report"])
        kind = str(report["kind"]).replace("_", " ")
        places = ", ".join(place["name"] for place in report.get("places", ()))
        text = cast("JsonObject", answer.text.get(entry["text"], {}))
        figures = [
            f"· {', '.join(key_words(claim, {})[:2])}: {count_words(claim['count'])}"
            for claim in report.get("claims", ())
        ]
        standing = "" if entry["standing"] == "standing" else entry["standing"]
        add_row(
            table,
            entry["occurred"] and entry["occurred"]["said"].replace("/", "/\n"),
            lines(f"{kind}, {places}" if places else kind, text.get("summary", ""), *figures),
            lines(attributed(entry["origin"], report.get("via", ())), _said_at(entry["reported"]), standing),
        )
    return table


def _claims(answer: Answer, wide: bool) -> Table:  # noqa: FBT001 - two layouts of one table
    """Show each claim with what became of it and why."""
    what, became = ("measure", "who", "scope"), ("status", "why")
    columns = (*what, "said", "source", "grade", "reported", *became) if wide else ("what", "said", "source", *became)
    table = plain_table("claim", *columns, narrow=("claim", "grade"))
    for claim in cast("list[JsonObject]", cast("JsonObject", answer.document)["claims"]):
        key = key_words(claim, {})
        source, when = attributed(claim["source"], claim["via"]), claim["reported_at"]
        ending = (claim["status"].replace("_", " "), brief(claim["why"]))
        if wide:
            add_row(table, brief(claim["claim"]), *key, count_words(claim), source, claim["grade"], when, *ending)
        else:
            add_row(table, brief(claim["claim"]), ", ".join(key), count_words(claim), lines(source, when), *ending)
    return table


_TABLES: Mapping[str, Sequence[Callable[[Answer, bool], Table]]] = {
    "state/1": (_state,),
    "timeline/1": (_timeline,),
    "claims/1": (_claims,),
    "escalation/1": (course_tables.happened, course_tables.phases, course_tables.learned),
    "revisions/1": (course_tables.revisions,),
}


def _plain(answer: Answer) -> Table:
    table = plain_table(*answer.view.columns)
    for row in answer.view.rows(answer.document):
        add_row(table, *(row.get(column) for column in answer.view.columns))
    return table


def _said_at(reported: JsonObject) -> str:
    return str(reported["said"] or reported["latest"])
