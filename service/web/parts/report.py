"""One report: all that it says, where the log has it, what became of it, and what may be done about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, cast

from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language
from service.web.parts.curation import ACTIONS
from service.web.parts.fates import Fate, fates_of, last_marks, latest_content
from service.web.parts.incident_context import IncidentContext
from service.web.parts.local_time import LocalTime
from service.web.parts.names import Names
from service.web.parts.report_content import (
    EvidenceLink,
    ReportFigure,
    Words,
    figures_of,
    links_of,
    place_name,
    source_of,
    words_of,
)
from service.web.parts.report_fields import ReportField, field_name, fields_of, values_of


@dataclass(frozen=True, slots=True)
class ReportPlace:
    """A place of a report; `point` is where its source puts it, as the source wrote it."""

    name: str
    country: str
    point: str


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A report as its page shows it: the latest content, how it was filed, and what became of it since."""

    id: str
    title: tuple[str, ...]
    kind: str
    standing: str
    language: str | None
    words: Words
    figures: tuple[ReportFigure, ...]
    struck: frozenset[str]
    disputed: frozenset[str]
    about: tuple[ReportField, ...]
    attributes: tuple[tuple[str, str], ...]
    places: tuple[ReportPlace, ...]
    links: tuple[EvidenceLink, ...]
    digests: tuple[str, ...]
    fates: tuple[Fate, ...]
    position: int
    recorded_at: str
    recorded_by: str
    filed_under: str
    """The incident under which it was filed, where that is another."""
    incident: str
    in_timeline: str
    document: str
    actions: tuple[tuple[str, str], ...]


def report_page(
    context: IncidentContext, history: ApiDocument, recorded_by: str, may: Callable[[str], bool]
) -> ReportPage:
    """Make the page of a report from the answer of `GET /v1/reports/{report_id}`."""
    language, names, clock, link = context.language, context.names, context.clock, context.link
    filed, latest = history["history"][0], latest_content(history)
    report_id, slug = history["report_id"], history["incident"]
    struck, disputed = _marks(history)
    timeline = link(f"/incidents/{slug}", {"report": report_id}, reading=True)
    return ReportPage(
        id=report_id,
        title=_title(language, clock, latest),
        kind=latest["kind"],
        standing=history["standing"],
        language=latest.get("language"),
        words=words_of(latest.get("text")),
        figures=tuple(figures_of(language, names, latest)),
        struck=struck,
        disputed=disputed,
        about=tuple(_about(language, names, clock, latest)),
        attributes=tuple(_pairs(language, names, clock, latest)),
        places=tuple(_place(language, each) for each in (*latest.get("places", ()), *_venue(latest))),
        links=tuple(links_of(latest)),
        digests=tuple(each["sha256"] for each in latest.get("evidence") or () if each.get("sha256")),
        fates=tuple(fates_of(language, names, clock, history)),
        position=filed["position"],
        recorded_at=clock.moment(language, filed["recorded_at"]),
        recorded_by=recorded_by,
        filed_under=names.incident(history["home"]) if history["home"] != slug else "",
        incident=context.state["data"]["title"],
        in_timeline=f"{timeline}#report-{report_id}",
        document=f"/v1/reports/{report_id}",
        actions=tuple(_actions(language, history, may, link)),
    )


def _title(language: Language, clock: LocalTime, report: ApiDocument) -> tuple[str, ...]:
    said = clock.said(language, {"said": report["reported_at"]}) if report.get("reported_at") else ""
    place = [each["name"] for each in report.get("places") or ()][:1]
    return tuple(each for each in (label(language, "kind", report["kind"]), *place, said) if each)


def _marks(history: ApiDocument) -> tuple[frozenset[str], frozenset[str]]:
    """Return the figures that are struck, and those that are disputed, by their ids."""
    return last_marks(history, "retracted", "reinstated"), last_marks(history, "disputed", "disputed")


_FIRST: Final = ("title", "source", "via", "reported_at", "occurred", "event")
_LAST: Final = ("actors", "tags")


def _about(language: Language, names: Names, clock: LocalTime, report: ApiDocument) -> list[ReportField]:
    shown = {**report, "source": source_of(report)}

    def told(fields: tuple[str, ...]) -> list[ReportField]:
        pairs = [(name, values_of(language, names, clock, name, shown.get(name))) for name in fields]
        return [ReportField(field_name(language, name), values) for name, values in pairs if values]

    return [*told(_FIRST), *fields_of(language, names, clock, report), *told(_LAST)]


def _pairs(language: Language, names: Names, clock: LocalTime, report: ApiDocument) -> list[tuple[str, str]]:
    """Return what else the source states, and ids elsewhere: names and values as they were written."""
    attributes: ApiDocument = report.get("attributes") or {}
    ids: ApiDocument = report.get("external_ids") or {}
    return [
        (name, language.comma.join(values_of(language, names, clock, "attributes", value)))
        for name, value in (*attributes.items(), *ids.items())
    ]


def _venue(report: ApiDocument) -> list[ApiDocument]:
    return [report["venue"]] if report.get("venue") else []


def _place(language: Language, place: ApiDocument) -> ReportPlace:
    point = ""
    if "lat" in place and "lon" in place:
        point = f"{place['lat']}, {place['lon']}"
    territories = cast("Mapping[str, str]", language.locale.territories)
    country = territories.get(place.get("country", ""), "")
    return ReportPlace(place_name(language, place), country, point)


def _actions(
    language: Language, history: ApiDocument, may: Callable[[str], bool], link: Callable[..., str]
) -> list[tuple[str, str]]:
    """Return the title and address of each action that the reader may take now."""
    path = f"/reports/{history['report_id']}"
    found = [(language.text("Correct it"), link(f"{path}/correct"))] if may("report") else []
    if history["standing"] == "retracted":
        found = []
    found += [
        (language.text(action.title), link(f"{path}/{action.name}"))
        for action in ACTIONS.values()
        if may(action.scope) and action.offered(history)
    ]
    return found
