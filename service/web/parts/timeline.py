"""The timeline: reports in order with what each says and what became of it, filtered and paged."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language, instant, marked
from service.web.parts.fates import Fate, cause_sentence, changes_of, fates_of
from service.web.parts.incident_context import IncidentContext
from service.web.parts.local_time import LocalTime
from service.web.parts.names import Names
from service.web.parts.report_content import (
    EvidenceLink,
    ReportFigure,
    Words,
    figures_of,
    links_of,
    places_of,
    source_of,
    words_of,
)
from service.web.parts.report_fields import ReportField, fields_of

PER_PAGE: Final = 200
MOST_EXPLAINED: Final = 25
"""The most reports of a page whose whole history is asked for."""
CHOICES: Final = ("kind", "source", "tier", "standing")
"""Parameters that filter, each of which may be given several times."""
PARAMETERS: Final = (*CHOICES, "order", "page", "report", "day", "print")
_LONGEST_NUMBER: Final = 9
_TITLES: Final = {
    "kind": marked("Kind"),
    "source": marked("Source"),
    "tier": marked("Tier"),
    "standing": marked("Standing"),
}


class TimelineQuery(NamedTuple):
    """Query of the timeline: its order, filters and page, or a report or day that the page must show."""

    order: str = "occurred"
    chosen: Mapping[str, Sequence[str]] = {}
    page: int | None = None
    report: str | None = None
    day: str | None = None
    whole: bool = False


class Selected(NamedTuple):
    """The entries of one page, each with its day, of those `found` by the filters."""

    query: TimelineQuery
    entries: Sequence[tuple[date | None, ApiDocument]]
    found: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """A report in the timeline. `said` is the latest moment of its saying, in milliseconds."""

    id: str
    href: str
    said: int | None
    standing: str
    kind: str
    tier: str
    source: str
    grade: str
    via: tuple[str, ...]
    occurred: str
    reported: str
    places: tuple[str, ...]
    words: Words
    language: str | None
    title: str
    figures: tuple[ReportFigure, ...]
    struck: frozenset[str]
    disputed: frozenset[str]
    fields: tuple[ReportField, ...]
    links: tuple[EvidenceLink, ...]
    fates: tuple[Fate, ...]
    explained: bool


@dataclass(frozen=True, slots=True)
class TimelineDay:
    """The entries of a local day; of no single day if `day` is None."""

    id: str
    title: str
    entries: tuple[TimelineRow, ...]


@dataclass(frozen=True, slots=True)
class FilterOption:
    """A value that a filter takes, with the number of reports that have it."""

    value: str
    name: str
    number: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter with its options, the most frequent first."""

    name: str
    title: str
    options: tuple[FilterOption, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The timeline, as its template shows it. `kept` are the parameters of the page that its form must keep."""

    order: str
    days: tuple[TimelineDay, ...]
    filters: tuple[Filter, ...]
    kept: tuple[tuple[str, str], ...]
    total: int
    found: int
    page: int
    pages: int
    first: int
    last: int
    filtered: bool
    cleared: str
    earlier: str | None
    later: str | None
    whole: str | None


def timeline_query(params: Sequence[tuple[str, str]]) -> TimelineQuery:
    """Return what the parameters of a page ask of the timeline; what cannot be read counts as not given."""
    given = {name: value for name, value in params if value}
    chosen = {name: [value for key, value in params if key == name and value] for name in CHOICES}
    page = given.get("page", "")
    return TimelineQuery(
        order="reported" if given.get("order") == "reported" else "occurred",
        chosen={name: values for name, values in chosen.items() if values},
        page=int(page) if page.isdecimal() and len(page) < _LONGEST_NUMBER else None,
        report=given.get("report"),
        day=given.get("day"),
        whole=given.get("print") == "1",
    )


def select(entries: Sequence[ApiDocument], clock: LocalTime, query: TimelineQuery) -> Selected:
    """Return the entries of the page that is asked for: in order, by day, those of no single day last."""
    found = [(_day(each, clock, query.order), each) for each in entries if _matches(each, query.chosen)]
    found.sort(key=lambda pair: _place(pair, query.order))
    size = max(len(found), 1) if query.whole else PER_PAGE
    pages = max(-(-len(found) // size), 1)
    page = min(max(query.page or _page_with(found, query, size), 1), pages)
    return Selected(query, found[(page - 1) * size : page * size], len(found), page, pages)


def _matches(entry: ApiDocument, chosen: Mapping[str, Sequence[str]]) -> bool:
    return all(value_of(entry, name) in values for name, values in chosen.items())


def value_of(entry: ApiDocument, name: str) -> str:
    """Return what a filter compares of an entry."""
    if name == "kind":
        return entry["report"]["kind"]
    return source_of(entry["report"]) if name == "source" else entry[name]


def _day(entry: ApiDocument, clock: LocalTime, order: str) -> date | None:
    if order == "occurred":
        return clock.first_day(entry["occurred"])
    latest = entry["reported"]["latest"]
    return clock.day(latest) if latest else None


def _place(pair: tuple[date | None, ApiDocument], order: str) -> tuple[bool, date, str]:
    day, entry = pair
    return day is None, day or date.min, (entry["reported"]["latest"] or "") if order == "reported" else ""


def _page_with(found: Sequence[tuple[date | None, ApiDocument]], query: TimelineQuery, size: int) -> int:
    for place, (day, entry) in enumerate(found):
        if entry["report_id"] == query.report or (day is not None and day.isoformat() == query.day):
            return place // size + 1
    return 1


def to_explain(selected: Selected) -> list[str]:
    """Return the reports of a page whose history says what no entry does: who took back or disputed them, and why."""
    ids = [
        entry["report_id"]
        for _, entry in selected.entries
        if entry["standing"] in ("retracted", "disputed") or entry["claims_retracted"] or entry["claims_disputed"]
    ]
    return ids[:MOST_EXPLAINED]


def timeline(
    context: IncidentContext,
    document: ApiDocument,
    selected: Selected,
    histories: Sequence[ApiDocument],
    params: Sequence[tuple[str, str]],
    here: Callable[..., str],
) -> Timeline:
    """Make the timeline of an incident from `timeline/1`, with the histories of reports to explain."""
    language = context.language
    entries = document["data"]["entries"]
    make = _EntryMaker(context, document["text"], histories)
    first = (selected.page - 1) * PER_PAGE
    chosen = selected.query.chosen
    no_page = dict.fromkeys(("report", "day"))
    return Timeline(
        order=selected.query.order,
        days=_days(language, selected.entries, make),
        filters=_filters(language, context.names, entries, chosen),
        kept=tuple(pair for pair in params if pair[0] not in PARAMETERS and pair[1]),
        total=len(entries),
        found=selected.found,
        page=selected.page,
        pages=selected.pages,
        first=first + 1,
        last=first + len(selected.entries),
        filtered=bool(chosen),
        cleared=here(**dict.fromkeys((*CHOICES, "page", "report", "day"))),
        earlier=here(page=selected.page - 1, **no_page) if selected.page > 1 else None,
        later=here(page=selected.page + 1, **no_page) if selected.page < selected.pages else None,
        whole=here(print=1, page=None, **no_page) if selected.pages > 1 else None,
    )


def _days(
    language: Language, entries: Sequence[tuple[date | None, ApiDocument]], make: "_EntryMaker"
) -> tuple[TimelineDay, ...]:
    days: dict[date | None, list[TimelineRow]] = {}
    for day, entry in entries:
        days.setdefault(day, []).append(make(entry))
    no_day = language.text("No single day is said")
    return tuple(
        TimelineDay(f"day-{day.isoformat()}" if day else "day-none", language.day(day) if day else no_day, tuple(made))
        for day, made in days.items()
    )


def _filters(
    language: Language, names: Names, entries: Sequence[ApiDocument], chosen: Mapping[str, Sequence[str]]
) -> tuple[Filter, ...]:
    found: list[Filter] = []
    for name in CHOICES:
        counted = Counter(value_of(entry, name) for entry in entries)
        counted.update({value: 0 for value in chosen.get(name, ()) if value not in counted})
        options = [
            FilterOption(value, _option_name(language, names, name, value), number, value in chosen.get(name, ()))
            for value, number in counted.items()
        ]
        options.sort(key=lambda option: (-option.number, option.name))
        found.append(Filter(name, language.text(_TITLES[name]), tuple(options)))
    return tuple(found)


def _option_name(language: Language, names: Names, name: str, value: str) -> str:
    return names.source(value) if name == "source" else label(language, name, value)


class _EntryMaker:
    """Makes entries from those of `timeline/1`."""

    def __init__(self, context: IncidentContext, texts: ApiDocument, histories: Sequence[ApiDocument]) -> None:
        self._context, self._texts = context, texts
        self._language, self._names, self._clock = context.language, context.names, context.clock
        self._histories = {each["report_id"]: each for each in histories}

    def __call__(self, entry: ApiDocument) -> TimelineRow:
        language, names, report = self._language, self._names, entry["report"]
        standing = entry["standing"]
        latest = entry["reported"]["latest"]
        history = self._histories.get(entry["report_id"])
        struck = frozenset(str(each) for each in entry["claims_retracted"])
        disputed = frozenset(str(each) for each in entry["claims_disputed"])
        words = words_of(self._texts.get(entry["text"]))
        return TimelineRow(
            id=entry["report_id"],
            href=self._context.link(f"/reports/{entry['report_id']}", reading=True),
            said=_milliseconds(latest) if latest else None,
            standing=standing,
            kind=report["kind"],
            tier=entry["tier"],
            source=names.source(source_of(report)),
            grade=self._context.grades.get(entry["origin"], ""),
            via=tuple(names.source(each) for each in report.get("via") or ()),
            occurred=self._clock.said(language, entry["occurred"]),
            reported=self._clock.said(language, entry["reported"]),
            places=tuple(places_of(language, report)),
            words=words,
            language=report.get("language"),
            title=report.get("title") or "",
            figures=tuple(figures_of(language, names, report)),
            struck=struck,
            disputed=disputed,
            fields=tuple(fields_of(language, names, self._clock, report)),
            links=tuple(links_of(report)),
            fates=tuple(self._fates(entry, history, words)),
            explained=history is not None or not (standing in ("retracted", "disputed") or struck or disputed),
        )

    def _fates(self, entry: ApiDocument, history: ApiDocument | None, words: Words) -> list[Fate]:
        """Return what became of a report, by its history or, without it, by the corrections that the entry tells."""
        if history is not None:
            return fates_of(self._language, self._names, self._clock, history)
        found = [
            Fate(
                cause_sentence(self._language, each["cause"]),
                changes=changes_of(self._language, self._names, self._clock, each["changed"]),
            )
            for each in entry["corrections"]
        ]
        return [*found[:-1], _with_reason(found[-1], words.reason)] if found else []


def _with_reason(fate: Fate, reason: str) -> Fate:
    return Fate(fate.sentence, reason, fate.changes)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _milliseconds(moment: str) -> int:
    return int((instant(moment) - _EPOCH).total_seconds() * 1000)
