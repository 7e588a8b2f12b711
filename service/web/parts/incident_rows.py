"""Rows of the list of incidents: title, where and when, level, how many were killed, and the last change."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.web.language.labels import label, marked
from service.web.language.languages import Language, instant
from service.web.parts.country_names import country_name
from service.web.parts.figures import population_name
from service.web.parts.names import Names

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TollNote:
    """A figure with whom it counts and who said it."""

    figure: str
    about: str
    worded: bool = False


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident of the list."""

    title: str
    href: str
    status: str
    """Its label, where the incident is not open."""
    countries: str
    when: str
    level: int | None
    dead: TollNote | None
    contested: bool
    notes: Sequence[TollNote]
    changed: str
    position: int


class IncidentRows:
    """Makes rows of items of `GET /v1/incidents`. `link` leads to a page in the same reading."""

    def __init__(self, language: Language, names: Names, link: Callable[[str], str]) -> None:
        self._language, self._names, self._link = language, names, link

    def row(self, item: Document) -> IncidentRow:
        """Return the row of an item."""
        language, killed = self._language, item["killed"]
        return IncidentRow(
            item["title"] or item["slug"].replace("-", " "),
            self._link(f"/incidents/{item['slug']}"),
            "" if item["status"] == "open" else label(language, "standing", item["status"]),
            language.comma.join(country_name(language, each) for each in item["countries"]),
            when(language, item),
            item["level"],
            killed and TollNote(least_most(language, killed), self._about(killed), killed["lower"] is killed["upper"]),
            bool(killed and killed["contested"]),
            list(self._notes(item)),
            language.moment(item["changed"]["recorded_at"]),
            item["changed"]["position"],
        )

    def _about(self, toll: Document) -> str:
        """Return whom a figure counts, and who said it."""
        language, text = self._language, self._language.text
        scope = {"incident": "", "event": text("in one of its events")}.get(
            toll["scope"], self._names.scope(toll["scope"])
        )
        parts = [
            population_name(language, toll["population"], self._names),
            label(language, "manner", toll["manner"]) if toll["manner"] else "",
            scope,
            text("in an incident that was merged into it") if toll["counted_for"] else "",
            text("in one period alone") if toll["accumulation"] == "incremental" else "",
            self._source(toll),
        ]
        return language.comma.join(each for each in parts if each)

    def _source(self, toll: Document) -> str:
        """Return who said a figure; of an estimate that is a range, who gave the least."""
        source, lower, upper = self._names.source(toll["source"]), toll.get("lower"), toll.get("upper")
        several = lower is not None and upper is not None and lower != upper
        return self._language.text("the least by %(source)s", source=source) if several else source

    def _notes(self, item: Document) -> Iterator[TollNote]:
        """Yield what else was said: the greatest lower end, and figures for parts of the incident."""
        language, killed, least = self._language, item["killed"], item["killed_at_least"]
        if least and killed and least["claim"] != killed["claim"]:
            yield TollNote(
                language.text("at least %(figure)s", figure=language.number(least["figure"])), self._about(least)
            )
        if (events := item["killed_in_events"]) and killed and killed["scope"] != "event":
            count = events["count"]
            figure = least_most(language, events["greatest"])
            said = language.plural(
                "one event has a figure of its own: %(figure)s",
                "%(number)s events have figures of their own; the greatest is %(figure)s",
                count,
                figure=figure,
            )
            yield TollNote("", said)


def least_most(language: Language, toll: Document) -> str:
    """Return the least and the most of an estimate: “1,334 to 1,700 or more”; its words, where it has no figure."""
    lower, upper = toll["lower"], toll["upper"]
    if lower is None and upper is None:
        return language.text("“%(words)s”", words=toll["said"])
    if lower is None:
        return language.text("at most %(figure)s", figure=language.number(upper))
    if upper is None or (toll["upper_open"] and lower == upper):
        message = "more than %(figure)s" if toll["bound"] == "more_than" else "at least %(figure)s"
        return language.text(message, figure=language.number(lower))
    if lower == upper:
        message = "about %(figure)s" if toll["bound"] == "about" else "%(figure)s"
        return language.text(message, figure=language.number(lower))
    message = marked("%(lower)s to %(upper)s or more") if toll["upper_open"] else marked("%(lower)s to %(upper)s")
    return language.text(message, lower=language.number(lower), upper=language.number(upper))


def when(language: Language, item: Document) -> str:
    """Return when an incident was, as it was declared; else when its events happened, by days of UTC."""
    if item["period"]:
        return span(language, item["period"].split("/"))
    occurred = item["occurred"] or {"from": None, "to": None}
    return span(language, [each and instant(each).date().isoformat() for each in (occurred["from"], occurred["to"])])


def span(language: Language, ends: Sequence[str | None]) -> str:
    """Return the days of an interval; an end that is open or not known is an ellipsis."""
    told = [language.day_said(each) if each and each != ".." else "…" for each in ends]
    if all(each == "…" for each in told):
        return ""
    return told[0] if told[0] == told[-1] else f"{told[0]} – {told[-1]}"
