"""Tables of how an incident went: what happened, in which phases, what became known, and how figures were revised."""

from collections.abc import Iterator
from typing import cast

from rich.table import Table

from service.answers.answer import Answer
from service.console.cells import (
    JsonObject,
    add_row,
    attributed,
    count_words,
    figure_words,
    key_words,
    lines,
    plain_table,
)
from service.console.terminal import NOTHING

_BY_DAY = ("day", "level", "from", "to")


def happened(answer: Answer, wide: bool) -> Table:  # noqa: ARG001, FBT001 - one layout serves both
    """Show each day with its events and the least number of dead that a claim bears out for each."""
    table = plain_table("day", "level", "what happened", "dead, at least", narrow=_BY_DAY)
    table.title = "What happened"
    for day in _list(answer, "happened"):
        told = [(_event(event), figure_words(event["least"])) for event in day["events"]]
        told += [("the day as a whole", figure_words(day["day_claim"]))] if day["day_claim"] else []
        for number, cells in enumerate(told):
            add_row(table, *((day["day"], day["level"]) if number == 0 else ("", "")), *cells)
    return table


def _event(event: JsonObject) -> str:
    """Name an event by its label and its kinds; a label that was derived says its kind already."""
    kinds = ", ".join(kind.replace("_", " ") for kind in event["kinds"])
    first, *rest = str(event["event"]).split("/")
    if first not in event["kinds"]:
        return f"{event['event'].replace('-', ' ')} ({kinds})"
    return ", ".join(part for part in (kinds, *rest) if part)


def phases(answer: Answer, wide: bool) -> Table:  # noqa: ARG001, FBT001 - one layout serves both
    """Show each phase with the figures of more than one day that begin in it; and which phases are a turn."""
    table = plain_table("from", "to", "level", "of more than one day", narrow=_BY_DAY)
    table.title = "Phases"
    turns = {turn["day"] for turn in _list(answer, "turning_points")}
    for phase in _list(answer, "phases"):
        level = f"{phase['level']}, a turn" if phase["from"] in turns else phase["level"]
        add_row(table, phase["from"], phase["to"], level, lines(*(_undated(claim) for claim in phase["undated"])))
    return table


def _undated(claim: JsonObject) -> str:
    measure, who, where = key_words(claim, {})
    return f"· {measure}, {who}, {where}: {count_words(claim)} ({attributed(claim['source'], ())})"


def learned(answer: Answer, wide: bool) -> Table:  # noqa: FBT001 - two layouts of one table
    """Show each change of a figure on the day on which it was said; nobody in it died on that day."""
    ends = ("before", "after", "newly reported")
    columns = ("measure", "who", "scope", "source") if wide else ("what",)
    table = plain_table("day", *columns, *ends, narrow=_BY_DAY, right=ends)
    table.title = "What became known"
    for day in _list(answer, "learned"):
        for change in day["figures"]:
            key, source = key_words(change, {}), attributed(change["source"], ())
            what = (*key, source) if wide else (lines(", ".join(key), source),)
            add_row(table, day["day"], *what, *(_said(change[end]) for end in ("before", "after")), _newly(change))
    return table


def _said(end: JsonObject | None) -> str:
    return NOTHING if end is None else str(end["verbatim"] or figure_words(end))


def _newly(change: JsonObject) -> str:
    if change["break"]:
        return "a break"
    if change["increment"]:
        return "said as such"
    return NOTHING if change["newly_reported"] is None else f"{change['newly_reported']:+,}"


def revisions(answer: Answer, wide: bool) -> Table:  # noqa: FBT001 - two layouts of one table
    """Show how each source revised each of its figures, the most often revised first."""
    numbers = ("revised", "first", "latest", "spread", "turns", "days")
    columns = ("measure", "who", "scope", "source") if wide else ("what",)
    table = plain_table(*columns, *numbers, right=numbers)
    for record in sorted(_list(answer, "records"), key=lambda record: -record["n_revisions"]):
        key, source = key_words(record, {}), attributed(record["source"], ())
        what = (*key, source) if wide else (lines(", ".join(key), source),)
        add_row(table, *what, *_numbers(record))
    return table


def _numbers(record: JsonObject) -> Iterator[object]:
    yield record["n_revisions"]
    yield from (figure_words(record[end]) for end in ("first", "latest"))
    yield from (record["spread"], record["direction_changes"], record["days_until_within_20_percent"])


def _list(answer: Answer, name: str) -> list[JsonObject]:
    return cast("list[JsonObject]", answer.document[name])
