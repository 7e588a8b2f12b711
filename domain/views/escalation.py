"""`escalation/1`: events and levels by day of occurrence; and, apart, newly reported figures by day of reporting.

The document has four lists:

- `happened`: a row for each day that has an event or a claim of its own: `day`, `level`, its `events` (label, kinds,
  highest tier, the codes that CAMEO and PLOVER have for them, reports, and `least`: the greatest least number of dead
  that an eligible claim gives) and `day_claim`, the same for the day itself. The level is that of the rulebook.
- `learned`: a row for each day with reports, titled “newly reported”: their number, the events first reported, and
  per key and source the current figure `before` and `after` the day.
  `newly_reported` is the difference of two best figures that both are closed; none over a `break`. An increment
  is shown as it was said. Nobody in this table died on its day.
- `phases`: runs of days of equal level, each with the claims on more than one day that begin in it (`undated`).
- `turning_points`: days on which the level changes by two or more.
"""

from collections.abc import Iterator
from datetime import date
from typing import cast

from domain.documents.estimates import KEY_COLUMNS, figure_document, key_cells
from domain.documents.schemas.escalation import EscalationDocument
from domain.escalation.levels import Day, Event, UndatedClaim, chronology
from domain.escalation.phases import Phase, phases, turning_points
from domain.estimates.claim_index import snapshot_claims
from domain.history.history import History
from domain.reading import Document, Reading, View, ViewRow
from domain.reports.claims.claim import ResolvedClaim
from domain.reports.registry import KINDS
from domain.revisions.newly_reported import FigureChange, NewlyReported, newly_reported
from domain.revisions.series import figure_of
from domain.values.text_types import JsonObject
from domain.values.time.clocks import format_instant


def finish(history: History, reading: Reading) -> Document:
    """Return both tables, phases and turning points, as reported by `reading.reported_until`."""
    common = chronology(history, snapshot_claims(history, reading.reported_until))
    found = phases(common)
    return {
        "incident": history.slug,
        "happened": [_day(day) for day in common.days],
        "learned": _learned_rows(newly_reported(history, reading.reported_until)),
        "phases": [_phase(phase) for phase in found],
        "turning_points": [
            {"day": day.isoformat(), "from": before, "to": after} for day, before, after in turning_points(found)
        ],
    }


def _day(day: Day) -> Document:
    return {
        "day": day.day.isoformat(),
        "level": day.level,
        "events": [_event(event) for event in day.events],
        "day_claim": figure_document(day.claim),
    }


def _event(event: Event) -> Document:
    reports = [each.current.report for each in event.reports]
    codes = [KINDS[report.kind].codes(report) for report in reports]
    return {
        "event": event.label,
        "kinds": sorted({report.kind for report in reports}),
        "tier": event.tier,
        "cameo": sorted({each.cameo for each in codes if each.cameo}),
        "plover": sorted({each.plover for each in codes if each.plover}),
        "reports": [each.ref for each in event.reports],
        "least": figure_document(event.least),
    }


def _learned_rows(reported: NewlyReported) -> list[Document]:
    """Return a row for each day with a report, a retraction or a change."""
    figures: dict[date, list[Document]] = {day: [] for day in reported.reports}
    for change in reported.changes:
        figures.setdefault(change.day, []).append(_figure_change(change))
    for day, claim in reported.increments:
        figures.setdefault(day, []).append(_increment(claim))
    first = _first_reported(reported)
    rows: list[Document] = []
    for day in sorted(figures):
        reports = reported.reports.get(day, ())
        events = sorted(
            {label for each in reports if (label := each.current.event) is not None and first[label] == day}
        )
        rows.append(
            {
                "day": day.isoformat(),
                "title": "newly reported",
                "reports": len(reports),
                "events": events,
                "figures": figures[day],
            }
        )
    return rows


def _first_reported(reported: NewlyReported) -> dict[str, date]:
    """Map each event to the day of its first report."""
    found: dict[str, date] = {}
    for day in sorted(reported.reports, reverse=True):
        found.update((each.current.event, day) for each in reported.reports[day] if each.current.event is not None)
    return found


def _figure_change(change: FigureChange) -> Document:
    return {
        **change.key.document,
        "source": change.origin,
        "before": _claim_figure(change.before),
        "after": _claim_figure(change.after),
        "newly_reported": None if change.broken else _difference(change.before, change.after),
        "break": change.broken,
        "increment": False,
    }


def _increment(claim: ResolvedClaim) -> Document:
    return {
        **claim.key.document,
        "source": claim.origin,
        "before": None,
        "after": _claim_figure(claim),
        "newly_reported": None,
        "break": False,
        "increment": True,
    }


def _claim_figure(claim: ResolvedClaim | None) -> Document | None:
    if claim is None:
        return None
    return {
        "figure": figure_of(claim),
        "bound": claim.count.bound,
        "verbatim": claim.count.verbatim,
        "claim": claim.ref,
    }


def _difference(before: ResolvedClaim | None, after: ResolvedClaim | None) -> int | None:
    """Return the difference of best figures; None where either is missing, as in open counts."""
    if before is None or after is None:
        return None
    (_, _, old), (_, _, new) = before.printable_figures, after.printable_figures
    return None if old is None or new is None else new - old


def _phase(phase: Phase) -> Document:
    return {
        "from": phase.first.isoformat(),
        "to": phase.last.isoformat(),
        "level": phase.level,
        "undated": [_undated(each) for each in phase.undated],
    }


def _undated(undated: UndatedClaim) -> Document:
    claim, period = undated.claim.resolved, undated.period
    lower, upper, best = claim.printable_figures
    return {
        "claim": claim.ref,
        "source": claim.origin,
        **claim.key.document,
        "verbatim": claim.count.verbatim,
        "lower": lower,
        "upper": upper,
        "best": best,
        "bound": claim.count.bound,
        "period": {
            "earliest": format_instant(period.earliest) if period.earliest else None,
            "latest": format_instant(period.latest) if period.latest else None,
        },
    }


def _rows(document: Document) -> list[ViewRow]:
    tables = (("happened", _happened), ("learned", _newly_reported), ("phase", _in_phases), ("turning_point", _turns))
    return [
        cast("ViewRow", {"table": name, **row}) for name, rows in tables for row in rows(cast("JsonObject", document))
    ]


def _happened(document: JsonObject) -> Iterator[JsonObject]:
    for day in document["happened"]:
        common = {"day": day["day"], "level": day["level"]}
        for event in day["events"]:
            words = {name: " ".join(event[name]) for name in ("kinds", "cameo", "plover")}
            plain = {"event": event["event"], "tier": event["tier"], "reports": len(event["reports"])}
            yield common | plain | words | (event["least"] or {})
        if day["day_claim"]:
            yield common | day["day_claim"]


def _newly_reported(document: JsonObject) -> Iterator[JsonObject]:
    for day in document["learned"]:
        common = {"day": day["day"], "reports": day["reports"]}
        for change in day["figures"]:
            after: JsonObject = change["after"] or {}
            before: JsonObject = change["before"] or {}
            flags = {name: change[name] for name in ("source", "newly_reported", "break", "increment")}
            yield common | key_cells(change) | flags | after | {"before": before.get("figure")}
        if not day["figures"]:
            yield common


def _in_phases(document: JsonObject) -> Iterator[JsonObject]:
    for phase in document["phases"]:
        common = {"day": phase["from"], "until": phase["to"], "level": phase["level"]}
        yield common
        for claim in phase["undated"]:
            claim_fields = {name: claim[name] for name in ("claim", "source", "verbatim", "bound")}
            figure = next((claim[name] for name in ("best", "lower", "upper") if claim[name] is not None), None)
            yield common | key_cells(claim) | claim_fields | {"figure": figure}


def _turns(document: JsonObject) -> Iterator[JsonObject]:
    for turn in document["turning_points"]:
        yield {"day": turn["day"], "level": turn["to"]}


VIEW = View(
    name="escalation",
    version=1,
    meaning="What happened on which day and how grave it was; and, apart from it, what became known on which day.",
    finish=finish,
    document=EscalationDocument,
    columns=(
        "table",
        "day",
        "until",
        "level",
        "event",
        "kinds",
        "tier",
        "cameo",
        "plover",
        "reports",
        *KEY_COLUMNS,
        "source",
        "claim",
        "verbatim",
        "bound",
        "figure",
        "before",
        "newly_reported",
        "break",
        "increment",
    ),
    rows=_rows,
)
