"""`timeline/1`: all reports in order of occurrence."""

from typing import cast

from domain.documents.schemas.timeline import TimelineDocument
from domain.history.history import History, ReportHistory
from domain.ledger.canonical import canonical
from domain.reading import Document, Reading, View, ViewRow, span_document
from domain.reports.claims.claim import BEGINNING, latest
from domain.reports.claims.tie_breaking import Tie
from domain.reports.registry import KINDS
from domain.revisions.corrections import content, corrections


def finish(history: History, reading: Reading) -> Document:
    """Return every report made by `reading.reported_until`, retracted ones too, with its standing."""
    reports = [report for report in history.reports.values() if report.reported_by(reading.reported_until)]
    return {
        "incident": history.slug,
        "entries": [_entry(report, reading) for report in sorted(reports, key=_place)],
    }


def _place(report: ReportHistory) -> tuple[object, ...]:
    """Sort key: occurred earliest, latest, reported latest, reported_order (vocabulary §6), then by content.

    A missing `occurred` sorts as the time of reporting, a missing start as the end.
    """
    reported = latest(report.reported)
    span = report.current.occurred
    end = (span.latest if span else None) or reported
    start = (span.earliest if span else None) or end
    return (start or BEGINNING, end, reported, report.order, Tie(report))


def _entry(report: ReportHistory, reading: Reading) -> Document:
    version = report.current
    return {
        "report_id": report.ref,
        "standing": report.standing_at(reading.reported_until),
        "tier": KINDS[version.report.kind].tier(version.report),
        "event": version.event,
        "occurred": span_document(version.report.occurred, version.occurred),
        "reported": span_document(version.report.reported_at, report.reported),
        "origin": version.origin,
        "report": content(version),
        "claims_retracted": report.retracted_claims(reading.reported_until),
        "claims_disputed": sorted(claim for claim in report.disputes if claim is not None),
        "corrections": corrections(report),
        "text": version.text_commitment,
    }


def _rows(timeline: Document) -> list[ViewRow]:
    return [_row(entry) for entry in cast("list[dict[str, dict[str, object]]]", timeline["entries"])]


def _row(entry: dict[str, dict[str, object]]) -> ViewRow:
    occurred, reported, report = entry["occurred"] or {}, entry["reported"], entry["report"]
    places = cast("list[dict[str, str]]", report.get("places") or [])
    claims = [_said(claim) for claim in cast("list[dict[str, Document]]", report.get("claims") or [])]
    row: dict[str, object] = {
        **{name: entry[name] for name in ("report_id", "standing", "tier", "event", "origin")},
        "kind": report["kind"],
        "occurred": occurred.get("said"),
        "occurred_earliest": occurred.get("earliest"),
        "occurred_latest": occurred.get("latest"),
        "reported_at": reported.get("said"),
        "reported_latest": reported.get("latest"),
        "via": " ".join(cast("list[str]", report.get("via") or [])),
        "places": "; ".join(place["name"] for place in places),
        "claims": canonical(claims).decode() if claims else None,
    }
    return cast("ViewRow", row)


def _said(claim: dict[str, Document]) -> dict[str, object]:
    """Return a claim and its parts without the numbers that a lexicon gives a count in words."""
    count = claim["count"]
    worded = {"lower", "upper", "best"} if count.get("bound") == "worded" else set[str]()
    said: dict[str, object] = {**claim, "count": {name: value for name, value in count.items() if name not in worded}}
    parts = cast("list[dict[str, Document]]", claim.get("parts") or [])
    return {**said, "parts": [_said(part) for part in parts]} if parts else said


def _texts(timeline: Document) -> list[str]:
    return [str(entry["text"]) for entry in cast("list[Document]", timeline["entries"]) if entry["text"]]


VIEW = View(
    name="timeline",
    version=1,
    meaning="Every report in the order in which what it tells happened, with its standing and what was corrected.",
    finish=finish,
    document=TimelineDocument,
    columns=(
        "report_id",
        "kind",
        "tier",
        "standing",
        "event",
        "occurred",
        "occurred_earliest",
        "occurred_latest",
        "reported_at",
        "reported_latest",
        "origin",
        "via",
        "places",
        "claims",
    ),
    rows=_rows,
    texts=_texts,
)
