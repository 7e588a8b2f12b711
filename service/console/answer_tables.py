"""Answers as tables: the views that people read most in words, and any other as the columns of its CSV."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import cast

from rich.table import Table

from domain.reports.claims.claim import INCIDENT_SCOPE, split_scope
from domain.values.populations import Population
from domain.values.text_types import JsonObject
from service.answers.answer import Answer
from service.console.terminal import NOTHING, WIDE, add_row, plain_table

_ID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


def key_words(key: JsonObject, scopes: Mapping[str, str]) -> tuple[str, str, str]:
    """Return in words what a figure measures, of whom, and within which scope."""
    measure = str(key["measure"]).replace("_", " ")
    manner = f", by {str(key['manner']).replace('_', ' ')}" if key.get("manner") else ""
    home, own = split_scope(str(key.get("scope") or ""))
    scope, _, event = own.partition(":")
    where = f"{scope} {event.replace('-', ' ')}" if event else scopes.get(scope, scope) if home is None else scope
    where += f", as counted for {home}" if home else ""
    return f"{measure}{manner}", Population.validate(key.get("population") or {}).noun_phrase(), where


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


_FIGURES = ("lowest", "best", "highest")


def tables_of(answer: Answer, width: int) -> list[Table]:
    """Return the tables for an answer, by its view; a view without words of its own shows the columns of its CSV."""
    tables = _TABLES.get(answer.view.id, ())
    return [table(answer, width >= WIDE) for table in tables] or [_plain(answer)]


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
    """Show each report by the time of its occurrence, with its summary."""
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
    """Show each claim with its status and the reason."""
    what, outcome = ("measure", "who", "scope"), ("status", "why")
    columns = (*what, "said", "source", "grade", "reported", *outcome) if wide else ("what", "said", "source", *outcome)
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


def _plain(answer: Answer) -> Table:
    table = plain_table(*answer.view.columns)
    for row in answer.view.rows(answer.document):
        add_row(table, *(row.get(column) for column in answer.view.columns))
    return table


def _said_at(reported: JsonObject) -> str:
    return str(reported["said"] or reported["latest"])


_BY_DAY = ("day", "level", "from", "to")


def _happened(answer: Answer, wide: bool) -> Table:  # noqa: ARG001, FBT001 - one layout serves both
    """Show each day with its events and the least number of dead that a claim bears out for each."""
    table = plain_table("day", "level", "what happened", "dead, at least", narrow=_BY_DAY)
    table.title = "What happened"
    for day in _list(answer, "happened"):
        events = [(_event(event), figure_words(event["least"])) for event in day["events"]]
        events += [("the day as a whole", figure_words(day["day_claim"]))] if day["day_claim"] else []
        for number, cells in enumerate(events):
            add_row(table, *((day["day"], day["level"]) if number == 0 else ("", "")), *cells)
    return table


def _event(event: JsonObject) -> str:
    """Name an event by its label and its kinds; a label that was derived says its kind already."""
    kinds = ", ".join(kind.replace("_", " ") for kind in event["kinds"])
    first, *rest = str(event["event"]).split("/")
    if first not in event["kinds"]:
        return f"{event['event'].replace('-', ' ')} ({kinds})"
    return ", ".join(part for part in (kinds, *rest) if part)


def _phases(answer: Answer, wide: bool) -> Table:  # noqa: ARG001, FBT001 - one layout serves both
    """Show each phase with the figures of more than one day that begin in it; and which phases are a turn."""
    table = plain_table("from", "to", "level", "of more than one day", narrow=_BY_DAY)
    table.title = "Phases"
    turns = {turn["day"] for turn in _list(answer, "turning_points")}
    for phase in _list(answer, "phases"):
        level = f"{phase['level']}, a turn" if phase["from"] in turns else phase["level"]
        add_row(table, phase["from"], phase["to"], level, lines(*(_undated_claim(claim) for claim in phase["undated"])))
    return table


def _undated_claim(claim: JsonObject) -> str:
    measure, who, where = key_words(claim, {})
    return f"· {measure}, {who}, {where}: {count_words(claim)} ({attributed(claim['source'], ())})"


def _learned(answer: Answer, wide: bool) -> Table:  # noqa: FBT001 - two layouts of one table
    """Show each change of a figure on the day on which it was said; nobody in it died on that day."""
    ends = ("before", "after", "newly reported")
    columns = ("measure", "who", "scope", "source") if wide else ("what",)
    table = plain_table("day", *columns, *ends, narrow=_BY_DAY, right=ends)
    table.title = "What became known"
    for day in _list(answer, "learned"):
        for change in day["figures"]:
            key, source = key_words(change, {}), attributed(change["source"], ())
            what = (*key, source) if wide else (lines(", ".join(key), source),)
            add_row(
                table,
                day["day"],
                *what,
                *(_figure(change[end]) for end in ("before", "after")),
                _newly_reported(change),
            )
    return table


def _figure(end: JsonObject | None) -> str:
    return NOTHING if end is None else str(end["verbatim"] or figure_words(end))


def _newly_reported(change: JsonObject) -> str:
    if change["break"]:
        return "a break"
    if change["increment"]:
        return "said as such"
    return NOTHING if change["newly_reported"] is None else f"{change['newly_reported']:+,}"


def _revisions(answer: Answer, wide: bool) -> Table:  # noqa: FBT001 - two layouts of one table
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


_TABLES: Mapping[str, Sequence[Callable[[Answer, bool], Table]]] = {
    "state/1": (_state,),
    "timeline/1": (_timeline,),
    "claims/1": (_claims,),
    "escalation/1": (_happened, _phases, _learned),
    "revisions/1": (_revisions,),
}
