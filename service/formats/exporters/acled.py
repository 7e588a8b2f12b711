"""`acled`: a table in the columns of ACLED: imported rows verbatim, and a row for each event of other incidents."""

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
from service.formats.coded.columns import ACLED
from service.formats.export.incident_at_reading import (
    IncidentAtReading,
    country_of,
    data_set_rows,
    day,
    figure,
    shared_place,
    tier,
)
from service.formats.exporter import Export, Exporter
from service.formats.files.csv_rows import write_table

CONSERVATIVE: Final = "conservative/1"
"""Policy for `fatalities`: ACLED takes the lowest figure if reports differ (Codebook, “Fatalities”)."""

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

_EVENTLESS: Final = "without an event of a kind that ACLED has, and without violence; left out"
_WHOLE: Final = "with figures of those killed in the whole of it, or in a part; left out, as nobody said in which event"
_UNDATED: Final = "without a day, a week or a month that anybody said; event_date stays empty there"
_SCATTERED: Final = "at several places; location, geo_precision and the point are empty where these differ"
_UNCOUNTED: Final = "of which nobody said how many were killed, or only in words; fatalities stays empty there"

AcledCells = dict[str, str | int | None]


def _write(export: Export, out: BinaryIO) -> None:
    write_table(out, ACLED, data_set_rows(export, ("acled", "ACLED"), ACLED, _event_rows))


def _event_rows(export: Export, incident: IncidentAtReading) -> Iterator[Mapping[str, object]]:
    """Yield a row, ordered by day, for each event of a kind that ACLED has too, and for all violence."""
    found = [(event, reports) for event in incident.events.values() if (reports := _coded_reports(event))]
    if not found:
        export.count_gap("incident", _EVENTLESS)
    one = set(incident.events) == {incident.history.slug}  # as coded: the incident is the event
    if not one and any(key.measure == "killed" and key.event is None for key in incident.triple()):
        export.count_gap("incident", _WHOLE)
    dead = _fatalities(incident) if found else {}
    days = {event.label: _earliest_day(incident, event) for event, _ in found}
    for event, reports in sorted(found, key=lambda each: (days[each[0].label], each[0].label)):
        row = {
            "event_id_cnty": f"{incident.history.slug}:{event.label}",
            **_dates(incident, event),
            **_event_types(reports),
            **_actors(reports[-1]),
            **_location(incident, reports),
            **_provenance(incident, reports),
            "fatalities": dead.get(event.label),
        }
        _count_gaps(export, row, reports)
        yield row


def _earliest_day(incident: IncidentAtReading, event: Event) -> str:
    """Return the first day on which an event may have happened, in the time zone of its incident."""
    moment = event.span and (event.span.earliest or event.span.latest)
    return local_day(moment, offset_of(incident.history, event.label)).isoformat() if moment else ""


def _count_gaps(export: Export, row: Mapping[str, object], reports: Sequence[ReportHistory]) -> None:
    """Count what was not reported, or does not fit into one row."""
    if not row["event_date"]:
        export.count_gap("event", _UNDATED)
    if row["location"] is None and any(each.current.report.places for each in reports):
        export.count_gap("event", _SCATTERED)
    if row["fatalities"] is None:
        export.count_gap("event", _UNCOUNTED)


def _coded_reports(event: Event) -> list[ReportHistory]:
    """Return the reports of an event of kinds that ACLED has too, the newest last; else all that state violence."""
    reports = sorted(event.reports, key=lambda each: each.newness)
    coded = [each for each in reports if _codes(each).acled_event is not None]
    return coded or [each for each in reports if tier(each) == VIOLENCE]


def _codes(report: ReportHistory) -> Codes:
    return KINDS[report.current.report.kind].codes(report.current.report)


def _fatalities(incident: IncidentAtReading) -> dict[str, int | None]:
    """Return the number killed in each event, the greatest of the lower ends; None if reported in words only."""
    found: dict[str, list[int]] = {}
    for key, estimate in incident.estimates(catalogue.policy(CONSERVATIVE)):
        label = event_of_scope(key.scope)
        if label is not None and key.measure == "killed":
            least = figure(estimate, "lower")
            found.setdefault(label, []).extend([] if least is None else [least])
    return {label: max(least, default=None) for label, least in found.items()}


def _event_types(reports: Sequence[ReportHistory]) -> AcledCells:
    """Return ACLED's types of an event, by its newest report."""
    codes = _codes(reports[-1])
    kind, sub = codes.acled_event or "", codes.acled_sub_event or ""
    return {
        "disorder_type": _DISORDERS.get(sub) or _DISORDERS.get(kind, ""),
        "event_type": kind,
        "sub_event_type": sub,
        "civilian_targeting": "Civilian targeting" if kind == _AGAINST_CIVILIANS else "",
    }


def _dates(incident: IncidentAtReading, event: Event) -> AcledCells:
    """Return the day of an event, or the first of its week or month; empty if ACLED has no precision for it.

    An approximate day is that day without a precision.
    """
    span = incident.when(event)
    first, last = day(span.first), day(span.last)
    if not (first and last):  # one end is open
        return {"event_date": first, "year": first[:4]}
    year = first[:4] if first[:4] == last[:4] else ""
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    precision = _DAY if days == 1 else _WEEK if days <= _A_WEEK else _MONTH if first[:7] == last[:7] else ""
    if not span.sure:
        precision, first = "", first if days == 1 else ""
    elif not precision:
        first = ""
    return {"event_date": first, "year": year, "time_precision": precision}


def _actors(newest: ReportHistory) -> AcledCells:
    """Return the actors of both sides: those who acted, and those they acted against; civilians are second.

    The sides follow from `side`, from targets, or from a battle of two; else all who acted are on one side.
    """
    cells: AcledCells = {}
    for nth, those in zip(("1", "2"), _opposing_actors(newest), strict=True):
        if those:
            cells[f"actor{nth}"] = those[0].name
            cells[f"assoc_actor_{nth}"] = _SEVERAL.join(each.name for each in those[1:])
            cells[f"inter{nth}"] = _INTER.get(those[0].type or "", "")
    return cells


def _opposing_actors(newest: ReportHistory) -> tuple[list[Actor], list[Actor]]:
    report = newest.current.report
    acting = [each for each in report.actors if each.type != _CIVILIAN and each.slug not in report.victims()]
    sides = [each.side or each.name for each in acting]
    fought = _codes(newest).acled_event == _BATTLES and len(acting) == _TWO
    if fought or any(each.side for each in acting):
        one = [each for each, side in zip(acting, sides, strict=True) if side == sides[0]]
    else:
        one = acting
    return one, [each for each in report.actors if each not in one]


def _location(incident: IncidentAtReading, reports: Sequence[ReportHistory]) -> AcledCells:
    place = shared_place([reports])
    code, country = country_of(place, incident.history.own.countries)
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


def _provenance(incident: IncidentAtReading, reports: Sequence[ReportHistory]) -> AcledCells:
    """Return the sources, their texts and tags, and the latest reported time, if exact, in seconds since 1970."""
    texts = (text.summary for each in reports if (text := each.current.report.text))
    newest = max((each.reported for each in reports), key=latest)
    return {
        "source": _SEVERAL.join(sorted({incident.history.source_name(each.current.origin) for each in reports})),
        "notes": " ".join(filter(None, texts)),
        "tags": _SEVERAL.join(sorted({tag for each in reports for tag in each.current.report.tags})),
        "timestamp": int(latest(newest).timestamp()) if newest.earliest == newest.latest else None,
    }


EXPORTER = Exporter(
    name="acled",
    summary="A table in the columns of ACLED, an event a row; rows that were imported from ACLED as they were",
    suffix=".csv",
    write=_write,
    media_type="text/csv",
)
