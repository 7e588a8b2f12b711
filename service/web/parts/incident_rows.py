"""Rows of the list of incidents: title, where and when, level, how many were killed, and the last change."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language, instant
from service.web.parts.country_names import country_name
from service.web.parts.figures import least_most, population_name
from service.web.parts.local_time import day_said, zone_of
from service.web.parts.names import Names


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
    """Makes rows of items of `GET /v1/incidents`. `link` makes an address in the same reading."""

    def __init__(self, language: Language, names: Names, link: Callable[[str], str]) -> None:
        self._language, self._names, self._link = language, names, link

    def row(self, item: ApiDocument) -> IncidentRow:
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

    def _about(self, toll: ApiDocument) -> str:
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

    def _source(self, toll: ApiDocument) -> str:
        """Return who said a figure; of an estimate that is a range, who gave the least."""
        source, lower, upper = self._names.source(toll["source"]), toll.get("lower"), toll.get("upper")
        several = lower is not None and upper is not None and lower != upper
        return self._language.text("the least by %(source)s", source=source) if several else source

    def _notes(self, item: ApiDocument) -> Iterator[TollNote]:
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


def when(language: Language, item: ApiDocument) -> str:
    """Return when an incident was, as it was declared; else when its events happened, by its own days."""
    if item["period"]:
        return span(language, item["period"].split("/"))
    occurred = item["occurred"] or {"from": None, "to": None}
    ends = (occurred["from"], occurred["to"])
    return span(language, [each and instant(each).astimezone(zone_of(item)).date().isoformat() for each in ends])


def span(language: Language, ends: Sequence[str | None]) -> str:
    """Return the days of an interval; an end that is open or not known is an ellipsis."""
    told = [day_said(language, each) if each and each != ".." else "…" for each in ends]
    if all(each == "…" for each in told):
        return ""
    return told[0] if told[0] == told[-1] else f"{told[0]} – {told[-1]}"
