"""Document of newly reported figures: a row for each day with a report or a change."""

from datetime import date

from domain.reading import Document
from domain.reports.claims.claim import Held
from domain.revisions.newly_reported import FigureChange, NewlyReported
from domain.revisions.series import figure_of

TITLE = "newly reported"


def newly_reported_document(reported: NewlyReported) -> list[Document]:
    """Return a row for each day with a report, a retraction or a change."""
    figures: dict[date, list[Document]] = {day: [] for day in reported.reports}
    for change in reported.changes:
        figures.setdefault(change.day, []).append(_change(change))
    for day, held in reported.increments:
        figures.setdefault(day, []).append(_increment(held))
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
                "title": TITLE,
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


def _change(change: FigureChange) -> Document:
    return {
        **change.key.document,
        "source": change.origin,
        "before": _said(change.before),
        "after": _said(change.after),
        "newly_reported": None if change.broken else _difference(change.before, change.after),
        "break": change.broken,
        "increment": False,
    }


def _increment(held: Held) -> Document:
    return {
        **held.key.document,
        "source": held.origin,
        "before": None,
        "after": _said(held),
        "newly_reported": None,
        "break": False,
        "increment": True,
    }


def _said(held: Held | None) -> Document | None:
    if held is None:
        return None
    return {
        "figure": figure_of(held),
        "bound": held.count.bound,
        "verbatim": held.count.verbatim,
        "claim": held.ref,
    }


def _difference(before: Held | None, after: Held | None) -> int | None:
    """Return the difference of best figures; None where either is missing, as in open counts."""
    if before is None or after is None:
        return None
    (_, _, old), (_, _, new) = before.said, after.said
    return None if old is None or new is None else new - old
