"""The sources of an incident: grade, type, whom each speaks for, through whom it was heard, and how it revised itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from service.web.language.labels import label
from service.web.language.languages import Language
from service.web.parts.difference import isolated
from service.web.parts.figures import key_name
from service.web.parts.moments import offset_of, said_text
from service.web.parts.names import Names

Document = Mapping[str, Any]

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
    """How a source revised one of its figures."""

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


def sources(
    language: Language,
    names: Names,
    state: Document,
    entries: Sequence[Document],
    revisions: Document,
    link: Callable[[str], str],
) -> IncidentSources:
    """Tell the sources of `state/1` with the relays of `timeline/1` and the records of `revisions/1`, each its `data`."""
    voices = _voices(entries)
    found = sorted(state["sources"], key=lambda each: (-each["reports"], each["name"]))
    records = [each for each in revisions["records"] if each["n_revisions"]]
    records.sort(key=lambda each: (-each["n_revisions"], each["source"]))
    offset = offset_of(state)
    return IncidentSources(
        tuple(_source(language, names, each, voices.get(each["source"], ()), link) for each in found),
        tuple(_revision(language, names, each, offset) for each in records[:MOST_REVISIONS]),
        max(0, len(records) - MOST_REVISIONS),
        len(revisions["records"]) - len(records),
    )


def _voices(entries: Sequence[Document]) -> Mapping[str, Iterable[str]]:
    """Return through whom each origin was heard, each relay once."""
    found: dict[str, dict[str, None]] = {}
    for entry in entries:
        found.setdefault(entry["origin"], {}).update(dict.fromkeys(entry["report"].get("via", ())))
    return found


def _source(
    language: Language, names: Names, source: Document, voices: Iterable[str], link: Callable[[str], str]
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


def _revision(language: Language, names: Names, record: Document, offset: timedelta | None) -> SourceRevision:
    first, latest = (
        language.text(
            "%(figure)s (%(day)s)",
            figure=language.number(record[end]["figure"]),
            day=isolated(said_text(language, record[end]["reported_at"], offset)),
        )
        for end in ("first", "latest")
    )
    return SourceRevision(
        names.source(record["source"]),
        key_name(language, record, names),
        first,
        latest,
        language.number(record["min"]),
        language.number(record["max"]),
        record["n_revisions"],
        record["direction_changes"],
        record["corrections"],
        bool(record["breaks"]),
    )
