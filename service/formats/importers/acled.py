"""`acled`: events of ACLED, in the columns of its CSV files; docs/formats.md says how each column is read."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from domain.reports.kind import Kind
from domain.reports.registry import KINDS
from domain.values.time.clocks import format_instant
from service.formats.coded.cells import (
    DATES,
    LABEL,
    Cells,
    Part,
    Wrong,
    day_of,
    figure,
    killed,
    places,
    rounded,
    slug_of,
    whole,
)
from service.formats.coded.countries import BY_NUMBER
from service.formats.coded.events import Codebook, steps
from service.formats.files.columns import ACLED
from service.formats.importer import Importer

# ACLED Codebook (2023), `time_precision`, `geo_precision`, `inter1`; numbers in older files, words in newer ones.
_DAY, _MONTH = "1", "3"
_PRECISIONS: Final = {"1": "locality", "2": "vicinity", "3": "admin1"}
_STATE, _CIVILIAN, _ARMED = "state_forces", "civilian", "armed_group"
_TYPES: Final = {
    "1": _STATE, "state forces": _STATE, "2": _ARMED, "rebel group": _ARMED, "rebel groups": _ARMED,
    "3": _ARMED, "political militia": _ARMED, "political militias": _ARMED,
    "4": _ARMED, "identity militia": _ARMED, "identity militias": _ARMED,
    "5": "rioters", "6": "protesters", "7": _CIVILIAN, "civilians": _CIVILIAN, "8": "external",
}  # fmt: skip
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_IN_WORDS: Final = re.compile(r"([0-9]{1,2})[ -]([A-Za-z]{3})[a-z]*[ -]([0-9]{4})")
_SECONDS: Final = re.compile(r"[0-9]{1,11}")
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ Tt][0-9]")
_MOST_TAGS: Final = 100
_DELETED: Final = "deleted_timestamp"

_ANYTHING: Final = "observation_noted"
_OTHER: Final = "other"


class _Case(NamedTuple):
    """A kind of report, with a word in the field that tells its cases apart."""

    kind: Kind
    word: str | None

    @property
    def part(self) -> Part:
        """How it stands in a report."""
        told = {self.kind.case_field: self.word} if self.kind.case_field and self.word else {}
        return {"kind": self.kind.name, **told}


def _cases() -> Iterator[tuple[str | None, str | None, _Case]]:
    """Yield each case of a kind that asks for nothing that ACLED does not say, by event and sub-event type."""
    for kind in KINDS.values():
        asked = {name for name, each in kind.model.model_fields.items() if each.is_required()}
        if asked <= {"kind", "source", kind.case_field}:
            for word, case in kind.cases.items():
                if word is not None or kind.case_field not in asked:
                    yield case.codes.acled_event, case.codes.acled_sub_event, _Case(kind, word)


@lru_cache(maxsize=1024)
def _meant(event_type: str, sub_event_type: str) -> _Case | None:
    """Return what a sub-event type is here, by the codes that kinds declare; None where no kind declares it.

    Of several, the first whose words the type has: “Armed clash” is an `armed_clash`, not an ambush. Else the kind
    itself, if it needs no word. Else, and where only the event type is declared, by one kind alone, “other”: an attack
    of which it is not said whether it was a raid or an execution.
    """
    declared = list(_cases())
    found = [case for event, sub, case in declared if (event, sub) == (event_type, sub_event_type)]
    if len(found) == 1:
        return found[0]
    said = set(re.findall(r"[a-z]+", sub_event_type.lower()))
    by_words = (case for case in found if case.word and set(case.word.split("_")) <= said)
    by_itself = (case for case in found if case.word is None)
    if (case := next(by_words, None) or next(by_itself, None)) is not None:
        return case
    kinds = {case.kind.name for event, _, case in declared if event and event == event_type}
    alone = KINDS[kinds.pop()] if len(kinds) == 1 else None
    return _Case(alone, _OTHER) if alone and _OTHER in alone.cases else None


def _report(cells: Cells) -> Part:
    kind, sub = cells["event_type"].strip(), cells["sub_event_type"].strip()
    case = _meant(kind, sub)
    what = case.part if case else {"kind": _ANYTHING, "title": (sub or kind or "ACLED event")[:LABEL]}
    actors = _actors(cells)
    notes = cells.get("notes", "").strip()
    return {
        **what,
        "occurred": _occurred(cells),
        **(_sides(actors) if case and "targets" in case.kind.model.model_fields else {}),
        "actors": actors,
        "places": _places(cells),
        "claims": killed(_count(cells), []),
        "tags": list(dict.fromkeys(_split(cells.get("tags", ""))))[:_MOST_TAGS],
        **({"text": {"summary": notes[:10_000]}} if notes else {}),
    }


def _sides(actors: list[Part]) -> Part:
    """Return who fought, and the civilians whom they attacked."""
    slugs = {slug: each["type"] for each in actors if (slug := each.get("slug"))}
    armed = [slug for slug, of in slugs.items() if of != _CIVILIAN]
    civilians = [slug for slug, of in slugs.items() if of == _CIVILIAN]
    return {"parties": armed, **({"targets": civilians} if civilians else {})}


def _actors(cells: Cells) -> list[Part]:
    """Return the actors of both sides, each once, and those associated with them."""
    found: dict[str, Part] = {}
    for side in ("1", "2"):
        inter = whole(cells.get(f"inter{side}", "")).lower()
        if name := cells[f"actor{side}"].strip()[:LABEL]:
            slug = {"slug": own} if (own := slug_of(name)) else {}
            of = {"type": _TYPES.get(inter, inter)} if inter else {}
            found.setdefault(name, {"name": name, **slug, **of, "side": side})
        for name in _split(cells.get(f"assoc_actor_{side}", "")):
            found.setdefault(name, {"name": name, "side": side, "role": "associated"})
    return list(found.values())[:100]


def _split(cell: str) -> list[str]:
    return [each[:LABEL] for part in cell.split(";") if (each := part.strip())]


def _count(cells: Cells) -> Part:
    """Return how many were killed: 0 is "none reported" (Codebook, “Fatalities”), not that nobody died."""
    number = figure(cells, "fatalities")
    return {"best": number} if number else {"lower": 0, "bound": "at_least"}


def _occurred(cells: Cells) -> str:
    """Return the day; the month where only that is known; "about" the day where it is the week, or not said."""
    cell, precision = cells["event_date"], whole(cells["time_precision"])
    day = _read_day(cell)
    if day is None:
        raise Wrong(
            "event_date",
            f"“{cell[:100]}” is not a day such as 2021-08-26 or 26 August 2021. {DATES}"
            if cell.strip()
            else "There is no day.",
        )
    return day[: len("2021-08")] if precision == _MONTH else day if precision == _DAY else f"{day}~"


@lru_cache(maxsize=16_384)
def _read_day(cell: str) -> str | None:
    cell = cell.strip()
    if (found := _IN_WORDS.fullmatch(cell)) and (month := found[2].lower()) in _MONTHS:
        cell = f"{found[3]}-{_MONTHS.index(month) + 1:02}-{int(found[1]):02}"
    return day_of(cell)


def _deleted_at(cells: Cells) -> str:
    """Return when ACLED deleted an event: seconds since 1970, an instant, or a day."""
    cell = cells[_DELETED].strip()
    moment = moment_of(cell)
    if moment is None and _read_day(cell) != cell:
        none = f"“{cell[:100]}” is no number of seconds since 1970, no instant and no day."
        raise Wrong(_DELETED, rounded(cell) or none)
    return moment or cell


def _said(cells: Cells) -> str | None:
    """Return when ACLED last changed the row: seconds since 1970; a row of an older file does not tell."""
    cell = cells.get("timestamp", "").strip()
    if not cell:
        return None
    if (moment := moment_of(cell)) is None:
        raise Wrong("timestamp", rounded(cell) or f"“{cell[:100]}” is not a number of seconds since 1970.")
    return moment


@lru_cache(maxsize=16_384)
def moment_of(cell: str) -> str | None:
    """Read seconds since 1970, or a day and time of ISO 8601, in UTC where it names no offset, as the seconds are.

    None where it is neither.
    """
    if _SECONDS.fullmatch(whole(cell)):
        return format_instant(datetime.fromtimestamp(int(whole(cell)), UTC))
    try:
        found = datetime.fromisoformat(cell) if _INSTANT.match(cell) else None
    except ValueError:
        return None
    return format_instant(found if found.tzinfo else found.replace(tzinfo=UTC)) if found else None


def _country(cells: Cells) -> str | None:
    number = whole(cells.get("iso", ""))
    found = BY_NUMBER.get(int(number)) if number.isascii() and number.isdigit() else None
    return found.code if found else None


def _places(cells: Cells) -> list[Part]:
    named = (cells.get(column, "") for column in ("location", "admin3", "admin2", "admin1", "country"))
    areas = {"admin1": cells.get("admin1", ""), "admin2": cells.get("admin2", "")}
    return places(cells, named, areas, _country(cells), _PRECISIONS.get(whole(cells["geo_precision"])))


_CODEBOOK: Final = Codebook(
    name="acled",
    title="ACLED",
    registration={
        "slug": "acled",
        "name": "Armed Conflict Location & Event Data (ACLED)",
        "type": "monitor",
    },
    event="event_id_cnty",
    needed=(
        "event_date", "time_precision", "event_type", "sub_event_type", "actor1", "actor2", "latitude",
        "longitude", "geo_precision", "fatalities",
    ),
    known=ACLED,
    days=("event_date",),
    figures=("fatalities",),
    country=_country,
    report=_report,
    said=_said,
    deleted=_DELETED,
    deleted_at=_deleted_at,
    dated_by="timestamp",
)  # fmt: skip
IMPORTER = Importer(
    name="acled",
    summary="ACLED events, each an incident of its own; and its list of deleted events",
    files="CSV files with the columns of ACLED, Excel workbooks or JSON, packed or not",
    read=_CODEBOOK.read,
    steps=steps,
    declared=True,
)
