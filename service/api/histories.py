"""The resource of a report's history: as it was filed, and all that became of it up to a moment."""

from typing import Any

import orjson
from fastapi import Request
from starlette.responses import Response

from domain.clocks import format_instant
from domain.incident.facts import ReportCorrected, ReportReinstated, ReportRetracted, is_report
from service.answers import settle
from service.api.described import MOMENTS, reads, resource
from service.api.failures import Problem
from service.api.moments import coordinates_of, not_yet_known
from service.api.parameters import AsOf, ReportId
from service.api.sending import JSON, offered, send_document
from service.api.services import Opened
from service.eventstore import LogReader, StoredRow

router = resource("reports")

_NAMES = {
    ReportCorrected.topic: "corrected",
    ReportRetracted.topic: "retracted",
    ReportReinstated.topic: "reinstated",
}


@router.get(
    "/v1/reports/{report_id}",
    summary="A report with its whole history",
    **reads("ReportHistory", *MOMENTS, "no-such-report"),
)
async def read_history(request: Request, services: Opened, report_id: ReportId, as_of: AsOf = None) -> Response:
    """Tell how it was filed, with its free text, and each correction, retraction and reinstatement since."""
    offered(request, JSON)
    reader = services.reader
    filed = await reader.find(report_id)
    if filed is None or not is_report(filed.topic):
        raise Problem("no-such-report", f"There is no report {report_id} in this log.")
    moment = await settle(reader, as_of)
    if filed.position > moment.position:
        raise not_yet_known(request, f"report {report_id}", as_of, filed)
    rows = [filed, *await _changes(reader, filed, moment.position)]
    opening = await reader.first_of(filed.originator_id)
    coordinates = await coordinates_of(reader, rows[-1], moment)
    document = {
        "report_id": str(report_id),
        "incident": orjson.loads(opening.state)["slug"] if opening else None,
        "standing": _standing(rows),
        "history": [step(row) for row in rows],
        "coordinates": dict(coordinates),
    }
    return send_document(request, document, coordinates)


async def _changes(reader: LogReader, filed: StoredRow, upto: int) -> list[StoredRow]:
    found = await reader.of_topics([filed.originator_id], list(_NAMES), upto)
    return [row for row in found if orjson.loads(row.state)["report_id"] == str(filed.fact_id)]


def _standing(rows: list[StoredRow]) -> str:
    topics = [row.topic for row in rows]
    undone = [topic for topic in topics if topic in (ReportRetracted.topic, ReportReinstated.topic)]
    if undone and undone[-1] == ReportRetracted.topic:
        return "retracted"
    return "corrected" if ReportCorrected.topic in topics else "standing"


def step(row: StoredRow) -> dict[str, Any]:
    """Write one fact of a report: what was recorded, its free text in its place, and where it stands in the log."""
    state: dict[str, Any] = orjson.loads(row.state)
    text: dict[str, Any] = orjson.loads(row.text) if row.text else {}
    state.pop("report_id")
    found: dict[str, Any] = {
        "fact": _NAMES.get(row.topic, "filed"),
        "position": row.position,
        "recorded_at": format_instant(row.recorded_at),
        "version": row.originator_version,
        **state,
    }
    if reason := text.pop("reason", None):
        found["reason"] = reason
    if text:
        found["report"] = {**state["report"], "text": text}
    for clock in ("reported", "occurred"):
        if found.get(clock) is not None:
            found[clock] = dict(zip(("earliest", "latest"), found[clock], strict=True))
    return found
