"""`ucdp`: events of UCDP GED and UCDP Candidate; docs/formats.md says how each column is read."""

import re
from typing import Final

from service.formats.coded.cells import DATES, LABEL, Cells, Part, Wrong, day_of, figure, killed, places, slug_of, whole
from service.formats.coded.countries import BY_NAME, BY_STATE
from service.formats.coded.events import Codebook, steps
from service.formats.files.columns import GED, GED_BEFORE
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
"""How UCDP calls the side of a state, which files without its number (`gwnoa`, `gwnob`) tell by the name alone."""
_STATES: Final = re.compile(r"[0-9]+(?:[.]0+)?(?:[,; ]+[0-9]+)*")
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}(?:[.]0+)?")


def _report(cells: Cells) -> Part:
    kind = whole(cells["type_of_violence"])
    if kind not in _TYPES:
        raise Wrong("type_of_violence", f"“{kind[:100]}” is not 1, 2 or 3.")
    sides = _sides(kind, cells)
    slugs = [side["slug"] for side in sides]
    one_sided = kind == _ONE_SIDED and len(slugs) > 1
    return {
        "kind": "attack_launched",
        "method": "other",  # that force was used, and by whom, is told; by which means is not
        "occurred": _occurred(cells),
        "parties": slugs[:1] if one_sided else slugs,
        **({"initiator": slugs[0], "targets": slugs[1:]} if one_sided else {}),
        "actors": sides,
        "places": _places(cells),
        "claims": _claims(sides, cells),
        "tags": [_TYPES[kind]],
    }


def _sides(kind: str, cells: Cells) -> list[Part]:
    """Return the sides that are named, with what each is."""
    states = {
        "side_a": kind == _STATE_BASED or _is_state(cells, "side_a", "gwnoa"),
        "side_b": _is_state(cells, "side_b", "gwnob"),
    }
    found: list[Part] = []
    for side, letter in (("side_a", "a"), ("side_b", "b")):
        if name := cells[side].strip():
            armed = "state_forces" if states[side] else "armed_group"
            of = "civilian" if kind == _ONE_SIDED and side == "side_b" else armed
            slug = slug_of(name) or f"side-{letter}"
            if found and found[0]["slug"] == slug:  # two that are not known yet go by one placeholder
                slug = f"{slug[:90]}-{letter}"
            found.append({"name": name[:LABEL], "slug": slug, "type": of, "side": letter})
    return found


def _is_state(cells: Cells, side: str, number: str) -> bool:
    """Say whether a side is a state: it has a number, or is called so in a file that has no such numbers."""
    if number in cells:
        return _STATES.fullmatch(cells[number].strip()) is not None
    return cells[side].strip().lower().startswith(_GOVERNMENT)


def _claims(sides: list[Part], cells: Cells) -> list[Part]:
    """Return what is said of those killed: low, best and high of everyone; of some of them, the best estimate."""
    count = {"lower": figure(cells, "low"), "best": figure(cells, "best"), "upper": figure(cells, "high")}
    parts: list[Part] = []
    if "deaths_civilians" in cells:
        parts.append(_part("civilians", {"status": ["civilian"]}, figure(cells, "deaths_civilians")))
    of = {side["side"]: side for side in sides}
    for letter in ("a", "b"):
        if f"deaths_{letter}" not in cells:
            continue
        number, side = figure(cells, f"deaths_{letter}"), of.get(letter)
        # Civilians are no side that loses its own: the codebook has 0 there, whoever was killed.
        if side and (number or side["type"] != "civilian"):
            parts.append(_part(letter, {"status": [side["type"]], "of": side["slug"]}, number))
    if "deaths_unknown" in cells:
        parts.append(_part("unknown", {"status": ["unknown"]}, figure(cells, "deaths_unknown")))
    return killed(count, parts)


def _part(name: str, population: Part, number: int) -> Part:
    return {"id": f"all.{name}", "population": population, "count": {"best": number}}


def _occurred(cells: Cells) -> str:
    """Return the days from the first to the last; one day is "about" that day where UCDP is not sure of it."""
    first, last = _day(cells, "date_start"), _day(cells, "date_end")
    if last < first:
        raise Wrong("date_end", f"The event ends on {last}, before it begins on {first}.")
    if first < last:
        return f"{first}/{last}"
    return first if whole(cells.get("date_prec", "")) == _DAY_IS_KNOWN else f"{first}~"


def _day(cells: Cells, column: str) -> str:
    day = day_of(cells[column])
    if day is None:
        raise Wrong(
            column,
            f"“{cells[column][:100]}” is not a day such as 2021-08-26. {DATES}"
            if cells[column].strip()
            else "There is no day.",
        )
    return day


def _country(cells: Cells) -> str | None:
    state = whole(cells.get("country_id", ""))
    found = BY_STATE.get(int(state)) if state.isascii() and state.isdigit() else BY_NAME.get(cells["country"].strip())
    return found.code if found else None


def _places(cells: Cells) -> list[Part]:
    named = (cells.get(column, "") for column in ("where_coordinates", "adm_2", "adm_1", "country"))
    areas = {"admin1": cells.get("adm_1", ""), "admin2": cells.get("adm_2", "")}
    return places(cells, named, areas, _country(cells), _PRECISIONS.get(whole(cells.get("where_prec", ""))))


def _is_row(cells: Cells) -> bool:
    """Say whether cells that stand where a header should be are those of an event."""
    numbers = ("id", "best", "high", "low")
    return (
        all(whole(cells[name]).isdigit() for name in numbers)
        and whole(cells["type_of_violence"]) in _TYPES
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
    before=GED_BEFORE,
    country=_country,
    report=_report,
    bare_row=_is_row,
)  # fmt: skip
IMPORTER = Importer(
    name="ucdp",
    summary="UCDP GED and Candidate events, each an incident of its own",
    files="CSV files of UCDP GED (5.0 and later) or UCDP Candidate, Excel workbooks or JSON, packed or not",
    read=_CODEBOOK.read,
    steps=steps,
    declared=True,
)
