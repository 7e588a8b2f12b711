"""Downloads: what the page shows, as files for spreadsheets, programs and maps, each of exactly this reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from service.web.api_client import query_string
from service.web.api_document import ApiDocument
from service.web.language.languages import Language, marked


class Download(NamedTuple):
    """A file: the name of its format, and its address."""

    format: str
    address: str


class DownloadRow(NamedTuple):
    """Download of one view: its title, and a link for each format."""

    name: str
    about: str
    files: Sequence[Download]


@dataclass(frozen=True)
class Downloads:
    """The part `downloads`: `verbatim` is the table of claims as programs read it, `reading` the query of the page."""

    rows: Sequence[DownloadRow]
    verbatim: str
    copy: str
    reading: Mapping[str, str | None]


_VIEWS: Final = (
    ("", marked("Estimates"), marked("the figures by the policy: lowest, best and highest, and who is behind them")),
    ("/claims", marked("Claims"), marked("every figure that a source gave, whether it counts, and why")),
    ("/timeline", marked("Reports"), marked("the timeline: what was said of what happened, when and where")),
    ("/escalation", marked("Days"), marked("the level of each day: what happened, and what was learned")),
    ("/revisions", marked("Revisions"), marked("how often, and how far, each source revised its own figures")),
)
_ON_A_MAP: Final = frozenset({"/timeline"})


def downloads(language: Language, own: str, coordinates: ApiDocument) -> Downloads:
    """Make the part from the coordinates of an answer; `own` is the path of the incident in the interface."""
    reading = _closed(coordinates)
    rows = [
        DownloadRow(language.text(name), language.text(about), _files(language, f"{own}{path}", reading, path))
        for path, name, about in _VIEWS
    ]
    copy = f"/incidents/{own.rpartition('/')[2]}/copy.html"
    return Downloads(rows, _address(f"{own}/claims", {"format": "csv", **reading}), copy, reading)


def _closed(coordinates: ApiDocument) -> dict[str, str | None]:
    """Return the reading by its position: whatever is recorded later, it stays what is seen."""
    return {
        "as_of": f"@{coordinates['position']}",
        "reported_until": coordinates["reported_until"],
        "policy": coordinates["policy"],
    }


def _files(language: Language, path: str, reading: Mapping[str, str | None], view: str) -> list[Download]:
    rtl = "true" if language.direction == "rtl" else None
    formats: list[tuple[str, dict[str, str | None]]] = [
        ("CSV", {"format": "csv", "for": "spreadsheet"}),
        ("XLSX", {"format": "xlsx", "rtl": rtl}),
        ("JSON", {"format": "json"}),
        *([("GeoJSON", {"format": "geojson"})] if view in _ON_A_MAP else ()),
    ]
    return [Download(name, _address(path, {**asked, **reading})) for name, asked in formats]


def _address(path: str, query: Mapping[str, str | None]) -> str:
    return f"{path}?{query_string(query)}"
