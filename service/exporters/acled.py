"""`acled`: a table in the columns of ACLED: rows that came in as they were, a row for each event of other incidents."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, Final

from domain import catalogue
from domain.actors import Actor
from domain.claims import event_of_scope
from domain.clocks import Span
from domain.events import Event
from domain.incident.history import ReportHistory
from domain.places import Place
from domain.present import VIOLENCE
from domain.report.kind import Codes
from domain.report.registry import KINDS
from service.countries import BY_CODE
from service.exporter import Export, Exporter
from service.shown import Shown, figure, tier
from service.spreadsheet import write_table

SOURCE: Final = "acled"
CONSERVATIVE: Final = "conservative/1"
"""The policy for `fatalities`: ACLED takes the least figure where reports differ (Codebook, “Fatalities”)."""
COLUMNS: Final = (
    "event_id_cnty", "event_date", "year", "time_precision", "disorder_type", "event_type", "sub_event_type",
    "actor1", "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2", "interaction", "civilian_targeting",
    "iso", "region", "country", "admin1", "admin2", "admin3", "location", "latitude", "longitude", "geo_precision",
    "source", "source_scale", "notes", "fatalities", "tags", "timestamp",
)  # fmt: skip
"""The columns of ACLED's files in their order (ACLED Codebook 2023)."""

_PRECISIONS: Final = {
    "exact": "1", "locality": "1", "vicinity": "2", "admin2": "2", "admin1": "3", "region": "3", "country": "3",
}  # fmt: skip
_CIVILIAN: Final = "civilian"
_INTER: Final = {"state_forces": "State forces", _CIVILIAN: "Civilians"}
_POLITICAL, _DEMONSTRATIONS = "Political violence", "Demonstrations"
_AGAINST_CIVILIANS: Final = "Violence against civilians"
_DISORDERS: Final = {
    "Battles": _POLITICAL,
    "Explosions/Remote violence": _POLITICAL,
    _AGAINST_CIVILIANS: _POLITICAL,
    "Mob violence": _POLITICAL,
    "Protests": _DEMONSTRATIONS,
    "Violent demonstration": _DEMONSTRATIONS,
    "Excessive force against protesters": f"{_POLITICAL}; {_DEMONSTRATIONS}",
    "Strategic developments": "Strategic developments",
}
"""ACLED's type of disorder, by sub-event type or else by event type."""
_SPANS: Final = ((1, "1"), (7, "2"))
"""Up to so many days, the date is as precise as that; of more days it is 3."""
_SEVERAL: Final = "; "

Cells = dict[str, str | int | None]


def _write(export: Export, out: BinaryIO) -> None:
    write_table(out, COLUMNS, _rows(export))


def _rows(export: Export) -> Iterator[Mapping[str, object]]:
    for folded in export.incidents():
        shown = Shown.of(folded, export.reading)
        yield from shown.rows(SOURCE) or _events(shown)


def _events(shown: Shown) -> Iterator[Mapping[str, object]]:
    """Yield a row, by day, for each event of a kind that ACLED has too, and for all violence."""
    found = [(event, reports) for event in shown.events.values() if (reports := _coded(event))]
    dead = _dead(shown) if found else {}
    spans = ((event.label, shown.said(event)) for event, _ in found)
    day = {label: shown.day(span and (span.earliest or span.latest)) for label, span in spans}
    for event, reports in sorted(found, key=lambda each: (day[each[0].label], each[0].label)):
        row = {
            "event_id_cnty": f"{shown.history.slug}:{event.label}",
            **_when(shown.said(event), day[event.label]),
            **_what(reports),
            **_who(reports[-1].now.report.actors),
            **_where(shown, reports),
            **_told(shown, reports),
            "fatalities": dead.get(event.label, 0),
        }
        yield dict.fromkeys(COLUMNS, "") | row


def _coded(event: Event) -> list[ReportHistory]:
    """Return the reports of an event that say what ACLED has too, the newest last; else all that state violence."""
    reports = sorted(event.reports, key=lambda each: each.newness)
    told = [each for each in reports if _codes(each).acled_event is not None]
    return told or [each for each in reports if tier(each) == VIOLENCE]


def _codes(report: ReportHistory) -> Codes:
    return KINDS[report.now.report.kind].codes(report.now.report)


def _dead(shown: Shown) -> dict[str, int | None]:
    """Return how many died in each event, by the greatest of the least figures; None where it is told in words only."""
    found: dict[str, list[int]] = {}
    for key, estimate in shown.estimates(catalogue.policy(CONSERVATIVE)):
        label = event_of_scope(key.scope)
        if label is not None and key.measure == "killed":
            least = figure(estimate, "lower")
            found.setdefault(label, []).extend([] if least is None else [least])
    return {label: max(least, default=None) for label, least in found.items()}


def _what(reports: Sequence[ReportHistory]) -> Cells:
    """Return what ACLED calls it, by the newest report."""
    codes = _codes(reports[-1])
    kind, sub = codes.acled_event or "", codes.acled_sub_event or ""
    return {
        "disorder_type": _DISORDERS.get(sub) or _DISORDERS.get(kind, ""),
        "event_type": kind,
        "sub_event_type": sub,
        "civilian_targeting": "Civilian targeting" if kind == _AGAINST_CIVILIANS else "",
    }


def _when(span: Span | None, day: str) -> Cells:
    """Return the day, and how precise it was said to be."""
    if span is None or span.earliest is None or span.latest is None:
        return {"event_date": day, "year": day[:4]}
    days = (span.latest - span.earliest).days + 1
    return {
        "event_date": day,
        "year": day[:4],
        "time_precision": next((code for most, code in _SPANS if days <= most), "3"),
    }


def _who(actors: Sequence[Actor]) -> Cells:
    """Return who took part: those on the side of the one named first, and the others; civilians come second."""
    acting = [each for each in actors if each.type != _CIVILIAN]
    side = acting[0].side or acting[0].name if acting else None
    one = [each for each in acting if (each.side or each.name) == side]
    other = [each for each in actors if each not in one]
    cells: Cells = {}
    for nth, those in (("1", one), ("2", other)):
        if those:
            cells[f"actor{nth}"] = those[0].name
            cells[f"assoc_actor_{nth}"] = _SEVERAL.join(each.name for each in those[1:])
            cells[f"inter{nth}"] = _INTER.get(those[0].type or "", "")
    return cells


def _where(shown: Shown, reports: Iterable[ReportHistory]) -> Cells:
    found = [place for each in reports for place in each.now.report.places]
    place: Place | None = min(found, key=lambda each: each.lat is None, default=None)
    code = (place and place.country) or next(iter(shown.history.countries), None)
    country = BY_CODE.get(code or "")
    cells: Cells = {
        "iso": int(country.number) if country and country.number else None,
        "country": country.name if country else code,
    }
    if place is not None:
        cells |= {
            "admin1": place.admin1,
            "admin2": place.admin2,
            "location": place.name,
            "latitude": place.lat,
            "longitude": place.lon,
            "geo_precision": _PRECISIONS.get(place.precision or "", ""),
        }
    return cells


def _told(shown: Shown, reports: Sequence[ReportHistory]) -> Cells:
    """Return who told of it, in what words, and when the last of them did (seconds since 1970)."""
    texts = (text.summary for each in reports if (text := each.now.report.text))
    latest = max(end for each in reports if (end := each.reported.latest))
    return {
        "source": _SEVERAL.join(sorted({shown.history.name(each.now.origin) for each in reports})),
        "notes": " ".join(filter(None, texts)),
        "tags": _SEVERAL.join(sorted({tag for each in reports for tag in each.now.report.tags})),
        "timestamp": int(latest.timestamp()),
    }


EXPORTER = Exporter(
    name="acled",
    summary="A table in the columns of ACLED, an event a row; rows that were imported from ACLED as they were",
    suffix=".csv",
    write=_write,
)
