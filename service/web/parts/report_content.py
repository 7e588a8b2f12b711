"""Content of a report, for its entry in the timeline and its own page: words, figures, places, links to evidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from service.web.api_document import ApiDocument
from service.web.language.isolation import isolated
from service.web.language.labels import label
from service.web.language.languages import Language, marked
from service.web.parts.figures import claim_figure, key_name
from service.web.parts.names import Names

_COUNT: Final = {"lower": None, "upper": None, "best": None, "bound": "exact", "verbatim": ""}
_EXACT: Final = ("exact", "locality")
_PLAIN: Final = str.maketrans("", "", ",.  \u00a0\u202f\u066c'’")


@dataclass(frozen=True, slots=True)
class ReportFigure:
    """A figure of a report: what it counts, the figure, and its words where they say more. `part` of the one above."""

    id: str
    counts: str
    figure: str
    verbatim: str
    part: bool
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """The free text of a report. `erased` is the position at which it was erased."""

    summary: str = ""
    quotes: tuple[str, ...] = ()
    occurred_words: str = ""
    notes: str = ""
    reason: str = ""
    erased: int | None = None


@dataclass(frozen=True, slots=True)
class EvidenceLink:
    """An address of the web. `host` is what is shown; `archived` says that it is a kept copy."""

    url: str
    host: str
    archived: bool


def words_of(told: ApiDocument | None) -> Words:
    """Return the free text that an answer holds under a commitment, or within a report."""
    if not told:
        return Words()
    if "erased" in told:
        return Words(erased=told["erased"])
    plain = {name: told[name] for name in ("summary", "occurred_words", "notes", "reason") if told.get(name)}
    return Words(**plain, quotes=tuple(told.get("quotes") or ()))


def source_of(report: ApiDocument) -> str:
    """Return the origin that a report names as its source: a slug, or `anonymous:<words>|<relay>`."""
    source = report["source"]
    if isinstance(source, str):
        return source
    return f"anonymous:{source['anonymous']}|{(report.get('via') or [''])[0]}"


def claims_of(report: ApiDocument) -> Iterator[tuple[ApiDocument, bool]]:
    """Return each figure of a report with its key, parts after their whole; and whether it is a part."""
    for claim in report.get("claims") or ():
        yield claim, False
        for part in claim.get("parts") or ():
            yield {**{name: claim.get(name) for name in ("measure", "population", "scope", "manner")}, **part}, True


def figures_of(language: Language, names: Names, report: ApiDocument) -> list[ReportFigure]:
    """Return the figures of a report as its source gave them."""
    return [_figure(language, names, claim, part) for claim, part in claims_of(report)]


def _figure(language: Language, names: Names, claim: ApiDocument, part: bool) -> ReportFigure:  # noqa: FBT001 - of a pair
    count = {**_COUNT, **claim["count"]}
    figure = claim_figure(language, count)
    said = str(count["verbatim"])
    plain = said.translate(_PLAIN) == str(count["lower"]) or said == figure or count["bound"] == "worded"
    return ReportFigure(
        claim["id"], counts_of(language, names, claim), figure, "" if plain else said, part, _remarks(language, claim)
    )


def counts_of(language: Language, names: Names, claim: ApiDocument) -> str:
    """Return the key of a report's figure in words; its own event as “this event”."""
    scope = claim.get("scope") or "incident"
    key: dict[str, Any] = {
        "measure": claim["measure"],
        "population": claim.get("population") or {},
        "scope": "incident" if scope == "event" else scope,
        "manner": claim.get("manner"),
    }
    name = key_name(language, key, names)
    return language.comma.join((name, language.text("in this event"))) if scope == "event" else name


def _remarks(language: Language, claim: ApiDocument) -> tuple[str, ...]:
    given = (
        (claim.get("partial"), marked("count not complete")),
        (claim.get("accumulation") == "incremental", marked("in addition to earlier ones")),
    )
    return tuple(language.text(message) for holds, message in given if holds)


def place_name(language: Language, place: ApiDocument) -> str:
    """Return a place with the area it lies in, and its precision where it is no exact place or locality."""
    parts = [isolated(language, place["name"])]
    if place.get("admin1") and place["admin1"] not in place["name"]:
        parts.append(isolated(language, place["admin1"]))
    precision = place.get("precision")
    name = language.comma.join(parts)
    return name if precision is None or precision in _EXACT else f"{name} ({label(language, 'precision', precision)})"


def places_of(language: Language, report: ApiDocument) -> list[str]:
    """Return the places of a report, and the venue of a speech."""
    places: Sequence[ApiDocument] = report.get("places") or ([report["venue"]] if report.get("venue") else [])
    return [place_name(language, place) for place in places]


def links_of(report: ApiDocument) -> list[EvidenceLink]:
    """Return the addresses of the evidence; what is no address of http or https is left out."""
    given = (
        (each.get(name), name == "archived_url")
        for each in report.get("evidence") or ()
        for name in ("url", "archived_url")
    )
    return [EvidenceLink(url, host, archived) for url, archived in given if url and (host := web_host(url))]


def web_host(url: str) -> str | None:
    """Return the host of an address of http or https; None for any other."""
    try:
        split = urlsplit(url)
    except ValueError:
        return None
    return split.hostname if split.scheme in ("http", "https") else None
