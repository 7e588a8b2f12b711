"""`acled`: a table in the columns of ACLED: rows that came in as they were, a row for each event of other incidents."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import BinaryIO, Final

from domain import catalogue
from domain.escalation.occurrences import Event, local_day, offset_of
from domain.history.history import ReportHistory
from domain.reports.claims.claim import event_of_scope, latest
from domain.reports.kind import Codes
from domain.reports.registry import KINDS
from domain.summary.incident_projection import VIOLENCE
from domain.values.actors import Actor
from service.formats.coded.countries import BY_CODE
from service.formats.export.incident_rows import Shown, day, figure, shared_place, tier
from service.formats.exporter import Export, Exporter
from service.formats.files.columns import ACLED
from service.formats.files.spreadsheet import write_table

SOURCE: Final = "acled"
CONSERVATIVE: Final = "conservative/1"
"""The policy for `fatalities`: ACLED takes the least figure where reports differ (Codebook, “Fatalities”)."""

_PRECISIONS: Final = {
    "exact": "1", "locality": "1", "vicinity": "2", "admin2": "2", "admin1": "3", "region": "3", "country": "3",
}  # fmt: skip
_CIVILIAN: Final = "civilian"
_INTER: Final = {"state_forces": "State forces", _CIVILIAN: "Civilians"}
_POLITICAL, _DEMONSTRATIONS = "Political violence", "Demonstrations"
_BATTLES: Final = "Battles"
_AGAINST_CIVILIANS: Final = "Violence against civilians"
_DISORDERS: Final = {
    _BATTLES: _POLITICAL,
    "Explosions/Remote violence": _POLITICAL,
    _AGAINST_CIVILIANS: _POLITICAL,
    "Mob violence": _POLITICAL,
    "Protests": _DEMONSTRATIONS,
    "Violent demonstration": _DEMONSTRATIONS,
    "Excessive force against protesters": f"{_POLITICAL}; {_DEMONSTRATIONS}",
    "Strategic developments": "Strategic developments",
}
"""ACLED's type of disorder, by sub-event type or else by event type."""
_DAY, _WEEK, _MONTH = "1", "2", "3"
_A_WEEK: Final = 7
_SEVERAL: Final = "; "
_TWO: Final = 2

_BESIDE: Final = "with rows of ACLED and other reports beside them; only the rows are written"
_EVENTLESS: Final = "without an event of a kind that ACLED has, and without violence; left out"
_WHOLE: Final = "with figures of those killed in the whole of it, or in a part; left out, as nobody said in which event"
_UNDATED: Final = "without a day, a week or a month that anybody said; event_date stays empty there"
_SCATTERED: Final = "at several places; location, geo_precision and the point are empty where these differ"
_UNCOUNTED: Final = "of which nobody said how many were killed, or only in words; fatalities stays empty there"

Cells = dict[str, str | int | None]


def _write(export: Export, out: BinaryIO) -> None:
    write_table(out, ACLED, _rows(export))


def _rows(export: Export) -> Iterator[Mapping[str, object]]:
    for folded in export.incidents():
        shown = Shown.of(folded, export.reading)
        if rows := shown.rows(SOURCE):
            yield from rows
            if any(SOURCE not in each.current.report.external_ids for each in shown.reports):
                export.miss("incident", _BESIDE)
        else:
            yield from _events(export, shown)


def _events(export: Export, shown: Shown) -> Iterator[Mapping[str, object]]:
    """Yield a row, by day, for each event of a kind that ACLED has too, and for all violence."""
    found = [(event, reports) for event in shown.events.values() if (reports := _coded(event))]
    if not found:
        export.miss("incident", _EVENTLESS)
    one = set(shown.events) == {shown.history.slug}  # as coded: the incident is the event
    if not one and any(key.measure == "killed" and key.event is None for key in shown.triple()):
        export.miss("incident", _WHOLE)
    dead = _dead(shown) if found else {}
    days = {event.label: _first_day(shown, event) for event, _ in found}
    for event, reports in sorted(found, key=lambda each: (days[each[0].label], each[0].label)):
        row = {
            "event_id_cnty": f"{shown.history.slug}:{event.label}",
            **_when(shown, event),
            **_what(reports),
            **_who(reports[-1]),
            **_where(shown, reports),
            **_told(shown, reports),
            "fatalities": dead.get(event.label),
        }
        _miss(export, row, reports)
        yield dict.fromkeys(ACLED, "") | row


def _first_day(shown: Shown, event: Event) -> str:
    """Return the day from which an event may have happened, by the clock of the incident whose event it is."""
    moment = event.span and (event.span.earliest or event.span.latest)
    return local_day(moment, offset_of(shown.history, event.label)).isoformat() if moment else ""


def _miss(export: Export, row: Mapping[str, object], reports: Sequence[ReportHistory]) -> None:
    """Count what nobody said, or what one row cannot say."""
    if not row["event_date"]:
        export.miss("event", _UNDATED)
    if row["location"] is None and any(each.current.report.places for each in reports):
        export.miss("event", _SCATTERED)
    if row["fatalities"] is None:
        export.miss("event", _UNCOUNTED)


def _coded(event: Event) -> list[ReportHistory]:
    """Return the reports of an event that say what ACLED has too, the newest last; else all that state violence."""
    reports = sorted(event.reports, key=lambda each: each.newness)
    told = [each for each in reports if _codes(each).acled_event is not None]
    return told or [each for each in reports if tier(each) == VIOLENCE]


def _codes(report: ReportHistory) -> Codes:
    return KINDS[report.current.report.kind].codes(report.current.report)


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


def _when(shown: Shown, event: Event) -> Cells:
    """Return the day of an event, or the first of its week or month; none where ACLED has no word for what was said.

    “About” a day is that day without a precision.
    """
    said = shown.when(event)
    first, last = day(said.first), day(said.last)
    if not (first and last):  # it began on that day, or before the other
        return {"event_date": first, "year": first[:4]}
    year = first[:4] if first[:4] == last[:4] else ""
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    precision = _DAY if days == 1 else _WEEK if days <= _A_WEEK else _MONTH if first[:7] == last[:7] else ""
    if not said.sure:
        precision, first = "", first if days == 1 else ""
    elif not precision:
        first = ""
    return {"event_date": first, "year": year, "time_precision": precision}


def _who(newest: ReportHistory) -> Cells:
    """Return who took part: those who acted, and those they acted against; civilians come second.

    Who stands against whom is told by sides, by targets, or by a battle of two; else all who acted are on one side.
    """
    cells: Cells = {}
    for nth, those in zip(("1", "2"), _two(newest), strict=True):
        if those:
            cells[f"actor{nth}"] = those[0].name
            cells[f"assoc_actor_{nth}"] = _SEVERAL.join(each.name for each in those[1:])
            cells[f"inter{nth}"] = _INTER.get(those[0].type or "", "")
    return cells


def _two(newest: ReportHistory) -> tuple[list[Actor], list[Actor]]:
    report = newest.current.report
    acting = [each for each in report.actors if each.type != _CIVILIAN and each.slug not in report.attacked()]
    sides = [each.side or each.name for each in acting]
    fought = _codes(newest).acled_event == _BATTLES and len(acting) == _TWO
    if fought or any(each.side for each in acting):
        one = [each for each, side in zip(acting, sides, strict=True) if side == sides[0]]
    else:
        one = acting
    return one, [each for each in report.actors if each not in one]


def _where(shown: Shown, reports: Sequence[ReportHistory]) -> Cells:
    place = shared_place([reports])
    countries = shown.history.own.countries
    code = place.get("country") or (countries[0] if len(countries) == 1 else None)
    country = BY_CODE.get(code or "")
    return {
        "iso": int(country.number) if country and country.number else None,
        "country": country.name if country else code,
        "admin1": place.get("admin1"),
        "admin2": place.get("admin2"),
        "location": place.get("name"),
        "latitude": place.get("lat"),
        "longitude": place.get("lon"),
        "geo_precision": _PRECISIONS.get(place.get("precision", "")),
    }


def _told(shown: Shown, reports: Sequence[ReportHistory]) -> Cells:
    """Return who told of it, in what words, and when the last of them did (seconds since 1970), if that is so exact."""
    texts = (text.summary for each in reports if (text := each.current.report.text))
    newest = max((each.reported for each in reports), key=latest)
    return {
        "source": _SEVERAL.join(sorted({shown.history.source_name(each.current.origin) for each in reports})),
        "notes": " ".join(filter(None, texts)),
        "tags": _SEVERAL.join(sorted({tag for each in reports for tag in each.current.report.tags})),
        "timestamp": int(latest(newest).timestamp()) if newest.earliest == newest.latest else None,
    }


EXPORTER = Exporter(
    name="acled",
    summary="A table in the columns of ACLED, an event a row; rows that were imported from ACLED as they were",
    suffix=".csv",
    write=_write,
)
