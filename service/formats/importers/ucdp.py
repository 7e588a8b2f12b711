"""`ucdp`: events of UCDP GED and UCDP Candidate; docs/formats.md says how each column is read."""

import re
from typing import Final

from domain.values.text_types import JsonObject
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
    slug_of,
)
from service.formats.coded.columns import GED, GED_BEFORE
from service.formats.coded.countries import BY_NAME, BY_STATE
from service.formats.coded.events import Codebook
from service.formats.files.text_files import total_bytes
from service.formats.importer import Importer

# UCDP GED Codebook 24.1, `type_of_violence`, `where_prec`, `date_prec`.
_STATE_BASED, _ONE_SIDED = "1", "3"
_TYPES: Final = {"1": "state-based", "2": "non-state", "3": "one-sided"}
_PRECISIONS: Final = {
    "1": "exact",
    "2": "vicinity",
    "3": "admin2",
    "4": "admin1",
    "5": "region",
    "6": "country",
    "7": "region",
}
_DAY_IS_KNOWN: Final = "1"
_GOVERNMENT: Final = "government of "
"""Prefix of a state's name, which marks it in files without its number (`gwnoa`, `gwnob`)."""
_STATES: Final = re.compile(r"[0-9]+(?:[.]0+)?(?:[,; ]+[0-9]+)*")
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}(?:[.]0+)?")


def _report(cells: EventCells) -> JsonObject:
    kind = normalized_number(cells["type_of_violence"])
    if kind not in _TYPES:
        raise CellError("type_of_violence", f"“{kind[:100]}” is not 1, 2 or 3.")
    sides = _sides(kind, cells)
    slugs = [side["slug"] for side in sides]
    one_sided = kind == _ONE_SIDED and len(slugs) > 1
    return {
        "kind": "attack_launched",
        "method": "other",  # UCDP has no means of attack
        "occurred": _occurred(cells),
        "parties": slugs[:1] if one_sided else slugs,
        **({"initiator": slugs[0], "targets": slugs[1:]} if one_sided else {}),
        "actors": sides,
        "places": _places(cells),
        "claims": _claims(sides, cells),
        "tags": [_TYPES[kind]],
    }


def _sides(kind: str, cells: EventCells) -> list[JsonObject]:
    """Return the named sides with their types."""
    states = {
        "side_a": kind == _STATE_BASED or _is_state(cells, "side_a", "gwnoa"),
        "side_b": _is_state(cells, "side_b", "gwnob"),
    }
    found: list[JsonObject] = []
    for side, letter in (("side_a", "a"), ("side_b", "b")):
        if name := cells[side].strip():
            armed = "state_forces" if states[side] else "armed_group"
            of = "civilian" if kind == _ONE_SIDED and side == "side_b" else armed
            slug = slug_of(name) or f"side-{letter}"
            if found and found[0]["slug"] == slug:  # both may have one placeholder for unknown groups
                slug = f"{slug[:90]}-{letter}"
            found.append({"name": name[:LABEL], "slug": slug, "type": of, "side": letter})
    return found


def _is_state(cells: EventCells, side: str, number: str) -> bool:
    """Say whether a side is a state, by its number, or by its name in a file without such numbers."""
    if number in cells:
        return _STATES.fullmatch(cells[number].strip()) is not None
    return cells[side].strip().lower().startswith(_GOVERNMENT)


def _claims(sides: list[JsonObject], cells: EventCells) -> list[JsonObject]:
    """Return the claims of those killed: low, best and high of all; the best estimate of each part."""
    count = {"lower": read_count(cells, "low"), "best": read_count(cells, "best"), "upper": read_count(cells, "high")}
    parts: list[JsonObject] = []
    if "deaths_civilians" in cells:
        parts.append(_part("civilians", {"status": ["civilian"]}, read_count(cells, "deaths_civilians")))
    of = {side["side"]: side for side in sides}
    for letter in ("a", "b"):
        if f"deaths_{letter}" not in cells:
            continue
        number, side = read_count(cells, f"deaths_{letter}"), of.get(letter)
        # The codebook has 0 for civilians as a side, whoever was killed.
        if side and (number or side["type"] != "civilian"):
            parts.append(_part(letter, {"status": [side["type"]], "of": side["slug"]}, number))
    if "deaths_unknown" in cells:
        parts.append(_part("unknown", {"status": ["unknown"]}, read_count(cells, "deaths_unknown")))
    return killed_claims(count, parts)


def _part(name: str, population: JsonObject, number: int) -> JsonObject:
    return {"id": f"all.{name}", "population": population, "count": {"best": number}}


def _occurred(cells: EventCells) -> str:
    """Return the interval of days; a single day is approximate unless UCDP is sure of it."""
    first, last = _day(cells, "date_start"), _day(cells, "date_end")
    if last < first:
        raise CellError("date_end", f"The event ends on {last}, before it begins on {first}.")
    if first < last:
        return f"{first}/{last}"
    return first if normalized_number(cells.get("date_prec", "")) == _DAY_IS_KNOWN else f"{first}~"


def _day(cells: EventCells, column: str) -> str:
    return parse_day(cells[column]) or no_day(column, cells[column], "2021-08-26")


def _country(cells: EventCells) -> str | None:
    state = normalized_number(cells.get("country_id", ""))
    found = BY_STATE.get(int(state)) if state.isascii() and state.isdigit() else BY_NAME.get(cells["country"].strip())
    return found.code if found else None


def _places(cells: EventCells) -> list[JsonObject]:
    named = ("where_coordinates", "adm_2", "adm_1", "country")
    precision = _PRECISIONS.get(normalized_number(cells.get("where_prec", "")))
    return event_places(cells, named, ("adm_1", "adm_2"), _country(cells), precision)


def _is_row(cells: EventCells) -> bool:
    """Say whether cells in place of a header are those of an event."""
    numbers = ("id", "best", "high", "low")
    return (
        all(normalized_number(cells[name]).isdigit() for name in numbers)
        and normalized_number(cells["type_of_violence"]) in _TYPES
        and _YEAR.fullmatch(cells["year"].strip()) is not None
    )


_CODEBOOK: Final = Codebook(
    name="ucdp",
    title="UCDP",
    registration={"slug": "ucdp", "name": "Uppsala Conflict Data Program (UCDP)", "type": "monitor"},
    event="id",
    needed=(
        "type_of_violence", "side_a", "side_b", "latitude", "longitude", "country", "date_start", "date_end",
        "best", "high", "low",
    ),
    known=GED,
    days=("date_start", "date_end"),
    figures=("deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown", "best", "high", "low"),
    former_names=GED_BEFORE,
    country=_country,
    report=_report,
    is_headless_row=_is_row,
)  # fmt: skip
IMPORTER = Importer(
    name="ucdp",
    summary="UCDP GED and Candidate events, each an incident of its own",
    files="CSV files of UCDP GED (5.0 and later) or UCDP Candidate, Excel workbooks or JSON, packed or not",
    read=_CODEBOOK.read,
    steps=total_bytes,
    takes_notation=True,
)
