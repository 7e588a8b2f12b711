"""`acled`: events of ACLED, in the columns of its CSV files; docs/formats.md says how each column is read."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from domain.reports.kind import Kind
from domain.reports.registry import KINDS
from domain.values.declaration import declared_fields
from domain.values.text_types import JsonObject
from domain.values.time.clocks import format_instant
from service.formats.coded.cells import (
    LABEL,
    CellError,
    EventCells,
    event_places,
    killed_claims,
    no_day,
    normalized_number,
    parse_day,
    read_count,
    rounding_fault,
    slug_of,
)
from service.formats.coded.columns import ACLED
from service.formats.coded.countries import BY_NUMBER
from service.formats.coded.events import Codebook
from service.formats.files.text_files import total_bytes
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


class _CodedKind(NamedTuple):
    """A kind of report, and the value of its field that distinguishes its codes."""

    kind: Kind
    word: str | None

    @property
    def fields(self) -> JsonObject:
        """The fields of a report of it."""
        case = {self.kind.case_field: self.word} if self.kind.case_field and self.word else {}
        return {"kind": self.kind.name, **case}


def _coded_kinds() -> Iterator[tuple[str | None, str | None, _CodedKind]]:
    """Yield event type, sub-event type and kind, for kinds whose required fields ACLED has."""
    for kind in KINDS.values():
        required = {each.name for each in declared_fields(kind.model) if each.required}
        if required <= {"kind", "source", kind.case_field}:
            for word, case in kind.cases.items():
                if word is not None or kind.case_field not in required:
                    yield case.codes.acled_event, case.codes.acled_sub_event, _CodedKind(kind, word)


@lru_cache(maxsize=1024)
def _kind_of(event_type: str, sub_event_type: str) -> _CodedKind | None:
    """Return the kind of a sub-event type by the codes that kinds declare; None if no kind declares it.

    Of several, the first whose value has only words of the type: “Armed clash” is an `armed_clash`, not an ambush. Else
    the kind without a value. Else, or if only the event type is declared, by a single kind, its value “other”.
    """
    declared = list(_coded_kinds())
    found = [case for event, sub, case in declared if (event, sub) == (event_type, sub_event_type)]
    if len(found) == 1:
        return found[0]
    words = set(re.findall(r"[a-z]+", sub_event_type.lower()))
    by_words = (case for case in found if case.word and set(case.word.split("_")) <= words)
    by_itself = (case for case in found if case.word is None)
    if (case := next(by_words, None) or next(by_itself, None)) is not None:
        return case
    kinds = {case.kind.name for event, _, case in declared if event and event == event_type}
    alone = KINDS[kinds.pop()] if len(kinds) == 1 else None
    return _CodedKind(alone, _OTHER) if alone and _OTHER in alone.cases else None


def _report(cells: EventCells) -> JsonObject:
    kind, sub = cells["event_type"].strip(), cells["sub_event_type"].strip()
    case = _kind_of(kind, sub)
    what = case.fields if case else {"kind": _ANYTHING, "title": (sub or kind or "ACLED event")[:LABEL]}
    actors = _actors(cells)
    notes = cells.get("notes", "").strip()
    return {
        **what,
        "occurred": _occurred(cells),
        **(_sides(actors) if case and "targets" in case.kind.model.__struct_fields__ else {}),
        "actors": actors,
        "places": _places(cells),
        "claims": killed_claims(_count(cells), []),
        "tags": list(dict.fromkeys(_split_list(cells.get("tags", ""))))[:_MOST_TAGS],
        **({"text": {"summary": notes[:10_000]}} if notes else {}),
    }


def _sides(actors: list[JsonObject]) -> JsonObject:
    """Return the armed parties, and the civilians that they targeted."""
    slugs = {slug: each["type"] for each in actors if (slug := each.get("slug"))}
    armed = [slug for slug, of in slugs.items() if of != _CIVILIAN]
    civilians = [slug for slug, of in slugs.items() if of == _CIVILIAN]
    return {"parties": armed, **({"targets": civilians} if civilians else {})}


def _actors(cells: EventCells) -> list[JsonObject]:
    """Return the distinct actors of both sides, and those associated with them."""
    found: dict[str, JsonObject] = {}
    for side in ("1", "2"):
        inter = normalized_number(cells.get(f"inter{side}", "")).lower()
        if name := cells[f"actor{side}"].strip()[:LABEL]:
            slug = {"slug": own} if (own := slug_of(name)) else {}
            of = {"type": _TYPES.get(inter, inter)} if inter else {}
            found.setdefault(name, {"name": name, **slug, **of, "side": side})
        for name in _split_list(cells.get(f"assoc_actor_{side}", "")):
            found.setdefault(name, {"name": name, "side": side, "role": "associated"})
    return list(found.values())[:100]


def _split_list(cell: str) -> list[str]:
    return [each[:LABEL] for part in cell.split(";") if (each := part.strip())]


def _count(cells: EventCells) -> JsonObject:
    """Return the number killed: 0 is "none reported" (Codebook, “Fatalities”), not that nobody died."""
    number = read_count(cells, "fatalities")
    return {"best": number} if number else {"lower": 0, "bound": "at_least"}


def _occurred(cells: EventCells) -> str:
    """Return the day; the month if only that is known; "about" the day if the precision is a week or missing."""
    cell, precision = cells["event_date"], normalized_number(cells["time_precision"])
    day = _read_day(cell) or no_day("event_date", cell, "2021-08-26 or 26 August 2021")
    return day[: len("2021-08")] if precision == _MONTH else day if precision == _DAY else f"{day}~"


@lru_cache(maxsize=16_384)
def _read_day(cell: str) -> str | None:
    cell = cell.strip()
    if (found := _IN_WORDS.fullmatch(cell)) and (month := found[2].lower()) in _MONTHS:
        cell = f"{found[3]}-{_MONTHS.index(month) + 1:02}-{int(found[1]):02}"
    return parse_day(cell)


def _deleted_at(cells: EventCells) -> str:
    """Return the time of deletion: seconds since 1970, an instant, or a day."""
    cell = cells[_DELETED].strip()
    moment = parse_moment(cell)
    if moment is None and _read_day(cell) != cell:
        none = f"“{cell[:100]}” is no number of seconds since 1970, no instant and no day."
        raise CellError(_DELETED, rounding_fault(cell) or none)
    return moment or cell


def _changed_at(cells: EventCells) -> str | None:
    """Return the time of the row's last change, seconds since 1970; None in older files."""
    cell = cells.get("timestamp", "").strip()
    if not cell:
        return None
    if (moment := parse_moment(cell)) is None:
        raise CellError("timestamp", rounding_fault(cell) or f"“{cell[:100]}” is not a number of seconds since 1970.")
    return moment


@lru_cache(maxsize=16_384)
def parse_moment(cell: str) -> str | None:
    """Parse seconds since 1970, or a day and time of ISO 8601, in UTC if it has no offset, as the seconds are.

    None if it is neither.
    """
    if _SECONDS.fullmatch(normalized_number(cell)):
        return format_instant(datetime.fromtimestamp(int(normalized_number(cell)), UTC))
    try:
        found = datetime.fromisoformat(cell) if _INSTANT.match(cell) else None
    except ValueError:
        return None
    return format_instant(found if found.tzinfo else found.replace(tzinfo=UTC)) if found else None


def _country(cells: EventCells) -> str | None:
    number = normalized_number(cells.get("iso", ""))
    found = BY_NUMBER.get(int(number)) if number.isascii() and number.isdigit() else None
    return found.code if found else None


def _places(cells: EventCells) -> list[JsonObject]:
    named = ("location", "admin3", "admin2", "admin1", "country")
    precision = _PRECISIONS.get(normalized_number(cells["geo_precision"]))
    return event_places(cells, named, ("admin1", "admin2"), _country(cells), precision)


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
    changed_at=_changed_at,
    deleted=_DELETED,
    deleted_at=_deleted_at,
    dated_by="timestamp",
)  # fmt: skip
IMPORTER = Importer(
    name="acled",
    summary="ACLED events, each an incident of its own; and its list of deleted events",
    files="CSV files with the columns of ACLED, Excel workbooks or JSON, packed or not",
    read=_CODEBOOK.read,
    steps=total_bytes,
    takes_notation=True,
)
