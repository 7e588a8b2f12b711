"""The sources of an incident: grade, type, whom each speaks for, who relayed it, and how it revised itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language
from service.web.parts.context import PartContext
from service.web.parts.difference import isolated
from service.web.parts.figures import Quotes, claim_figure, key_name
from service.web.parts.keys import Key, key_of
from service.web.parts.local_time import day_said, zone_of
from service.web.parts.names import Names

MOST_REVISIONS: Final = 100
"""How many figures of sources are told; those that were revised most often come first."""


@dataclass(frozen=True, slots=True)
class IncidentSource:
    """One source of an incident."""

    name: str
    type: str
    grade: str
    grade_words: str
    speaks_for: str
    voices: str
    """Through whom it was heard."""
    same: str
    """The sources that it is stated to be one origin with, and that are in the incident."""
    reports: int
    href: str | None
    """Its page; None for one that a relay does not name."""


@dataclass(frozen=True, slots=True)
class SourceRevision:
    """Revision history of one figure of a source."""

    source: str
    key: str
    first: str
    latest: str
    least: str
    greatest: str
    revisions: int
    turns: int
    corrections: int
    broken: bool


@dataclass(frozen=True, slots=True)
class IncidentSources:
    """The sources of an incident, those with most reports first, and the figures that they revised."""

    sources: tuple[IncidentSource, ...]
    revised: tuple[SourceRevision, ...]
    left_out: int
    """How many revised figures are not told."""
    unrevised: int
    """How many figures were never revised."""


@dataclass(frozen=True, slots=True)
class SourceDocuments:
    """The `data` of the views that the part `sources` is made from."""

    state: ApiDocument
    timeline: ApiDocument
    claims: ApiDocument
    revisions: ApiDocument


def sources(context: PartContext, documents: SourceDocuments) -> IncidentSources:
    """Tell the sources, with their relays, and what became of their figures, in the words of their claims."""
    language, names = context.language, context.names
    state, revisions = documents.state, documents.revisions
    voices = _voices(documents.timeline["entries"])
    found = sorted(state["sources"], key=lambda each: (-each["reports"], each["name"]))
    records = [each for each in revisions["records"] if each["n_revisions"]]
    records.sort(key=lambda each: (-each["n_revisions"], each["source"]))
    figures = _Figures(language, names, documents.claims["claims"], zone_of(state))
    return IncidentSources(
        tuple(_source(language, names, each, voices.get(each["source"], ()), context.link) for each in found),
        tuple(_revision(figures, each) for each in records[:MOST_REVISIONS]),
        max(0, len(records) - MOST_REVISIONS),
        len(revisions["records"]) - len(records),
    )


def _voices(entries: Sequence[ApiDocument]) -> Mapping[str, Iterable[str]]:
    """Return the relays of each origin, each relay once."""
    found: dict[str, dict[str, None]] = {}
    for entry in entries:
        found.setdefault(entry["origin"], {}).update(dict.fromkeys(entry["report"].get("via", ())))
    return found


def _source(
    language: Language, names: Names, source: ApiDocument, voices: Iterable[str], link: Callable[[str], str]
) -> IncidentSource:
    origin = source["source"]
    named = not origin.startswith("anonymous:")
    return IncidentSource(
        source["name"],
        label(language, "source_type", source["type"]),
        source["grade"],
        label(language, "grade", source["grade"]),
        names.actor(source["speaks_for"]) if source["speaks_for"] else "",
        language.comma.join(sorted(map(names.source, voices))),
        language.comma.join(map(names.source, source.get("same", ()))),
        source["reports"],
        link(f"/sources/{origin}") if named else None,
    )


class _Figures:
    """The figures of claims, each as its source gave it."""

    def __init__(self, language: Language, names: Names, claims: Sequence[ApiDocument], zone: tzinfo) -> None:
        self.language, self.names = language, names
        self._zone = zone
        self._quotes = Quotes(language, names, claims, zone)
        self._of_series: dict[tuple[str, Key], list[ApiDocument]] = {}
        for claim in claims:
            self._of_series.setdefault((claim["source"], key_of(claim)), []).append(claim)

    def step(self, step: ApiDocument) -> str:
        """Return what a step of a series says, and when that was said."""
        quote = self._quotes.of_ref(step["claim"])
        figure = quote.figure if quote else self.language.number(step["figure"])
        day = day_said(self.language, step["reported_at"], self._zone)
        return self.language.text("%(figure)s (%(said)s)", figure=isolated(figure), said=isolated(day))

    def extreme(self, record: ApiDocument, figure: int) -> str:
        """Return the least or the greatest figure of a series as the claim that has it says it."""
        claims = self._of_series.get((record["source"], key_of(record)), ())
        claim = next((each for each in claims if _figure(each) == figure), None)
        return claim_figure(self.language, claim) if claim else self.language.number(figure)


def _figure(claim: ApiDocument) -> int | None:
    """Return the figure that a claim is compared by: the best, else the lower, else the upper."""
    return next((claim[end] for end in ("best", "lower", "upper") if claim[end] is not None), None)


def _revision(figures: _Figures, record: ApiDocument) -> SourceRevision:
    return SourceRevision(
        figures.names.source(record["source"]),
        key_name(figures.language, record, figures.names),
        figures.step(record["first"]),
        figures.step(record["latest"]),
        figures.extreme(record, record["min"]),
        figures.extreme(record, record["max"]),
        record["n_revisions"],
        record["direction_changes"],
        record["corrections"],
        bool(record["breaks"]),
    )
