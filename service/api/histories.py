"""The resource of a report's history: as it was filed, and all that became of it up to a moment."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from fastapi import Request
from starlette.responses import Response

from domain.facts.streams import incident_stream
from domain.facts.union import (
    ClaimsRescoped,
    IncidentMerged,
    IncidentOpened,
    IncidentUnmerged,
    ReportAssessed,
    ReportCorrected,
    ReportDisputed,
    ReportFiled,
    ReportMoved,
    ReportReinstated,
    ReportRetracted,
    StoredShape,
)
from domain.facts.versions import is_report, shape_of, topics_of
from domain.values.time.clocks import format_instant
from service.answers.as_of import settle
from service.api.described import MOMENTS, reads, resource
from service.api.failures import Problem
from service.api.moments import coordinates_of, not_yet_known
from service.api.parameters import AsOf, ReportId
from service.api.sending import JSON, offered, send_document
from service.api.services import Opened
from service.eventstore import LogReader, StoredFact
from service.runtime.worker_thread import aside

router = resource("reports")

_NAMES: Mapping[type[StoredShape], str] = {
    ReportFiled: "filed",
    ReportCorrected: "corrected",
    ReportRetracted: "retracted",
    ReportReinstated: "reinstated",
    ReportAssessed: "assessed",
    ReportDisputed: "disputed",
    ReportMoved: "moved",
    ClaimsRescoped: "rescoped",
}
_CHANGES = topics_of(*(shape for shape in _NAMES if shape is not ReportFiled))
_MERGES = topics_of(IncidentMerged, IncidentUnmerged)


@router.get(
    "/v1/reports/{report_id}",
    summary="A report with its whole history",
    **reads("ReportHistory", *MOMENTS, "no-such-report"),
)
async def read_history(request: Request, services: Opened, report_id: ReportId, as_of: AsOf = None) -> Response:
    """Tell how it was filed, with its free text, and all that became of it since; and which incident shows it.

    That is the one it was filed under, or moved to, or the one that this was merged into.
    """
    offered(request, JSON)
    reader = services.reader
    filed = await reader.find(report_id)
    if filed is None or not is_report(filed.topic):
        raise Problem("no-such-report", f"There is no report {report_id} in this log.")
    moment = await settle(reader, as_of)
    if filed.position > moment.position:
        raise not_yet_known(request, f"report {report_id}", as_of, filed)
    rows = [filed, *await _changes(reader, filed, moment.position)]
    home = cast("IncidentOpened", cast("StoredFact", await reader.first_of(filed.stream)).fact()).slug
    shown, merges = await _shown(reader, _last(rows, "to", ReportMoved) or home, moment.position)
    last = max((*rows, *merges), key=lambda row: row.position)
    coordinates = await coordinates_of(reader, last, moment, rows[-1].version)
    document = {
        "report_id": str(report_id),
        "incident": shown,
        "home": home,
        "standing": _standing(rows),
        "history": [_step(row, str(report_id)) for row in rows],
        "coordinates": dict(coordinates),
    }
    return send_document(request, document, coordinates)


async def _changes(reader: LogReader, filed: StoredFact, upto: int) -> list[StoredFact]:
    found = await reader.of_topics([filed.stream], _CHANGES, upto)
    return await aside(len(found), _about, found, str(filed.fact_id))


def _about(rows: Sequence[StoredFact], report_id: str) -> list[StoredFact]:
    return [row for row in rows if _is_about(row.document(), report_id)]


def _is_about(state: dict[str, Any], report_id: str) -> bool:
    return state.get("report_id") == report_id or bool(_claims(state, report_id))


def _claims(state: dict[str, Any], report_id: str) -> list[str]:
    return [ref for ref in state.get("claims", ()) if ref.startswith(f"{report_id}#")]


async def _shown(reader: LogReader, slug: str, upto: int) -> tuple[str, list[StoredFact]]:
    """Follow an incident to the one that shows what stands under it, with the merges that lead there."""
    merges: list[StoredFact] = []
    while True:
        found = await reader.of_topics([incident_stream(slug)], _MERGES, upto)
        own = [row for row in found if row.document()["incident"] == slug]
        merges += own
        if not own or not own[-1].is_a(IncidentMerged):
            return slug, merges
        slug = own[-1].document()["into"]


def _last(rows: list[StoredFact], name: str, *shapes: type[StoredShape]) -> Any:  # noqa: ANN401 - what the fact holds
    """Return what the last of these facts about the report as a whole holds under a name; None without one."""
    states = [row.document() for row in rows if row.is_a(*shapes)]
    return next((state.get(name) for state in reversed(states) if "claim" not in state), None)


def _standing(rows: list[StoredFact]) -> str:
    if _last(rows, "by", ReportRetracted, ReportReinstated):  # an undone one is by nobody
        return "retracted"
    if _last(rows, "disputed", ReportDisputed):
        return "disputed"
    return "corrected" if any(row.is_a(ReportCorrected) for row in rows) else "standing"


def _step(row: StoredFact, report_id: str) -> dict[str, Any]:
    """Write one fact of a report: what was recorded, its free text in its place, and where it stands in the log."""
    state, text = row.document(), row.words()
    state.pop("report_id", None)
    if "claims" in state:  # one fact rescopes claims of many reports
        state["claims"] = _claims(state, report_id)
    found: dict[str, Any] = {
        "fact": _NAMES[shape_of(row.topic)],
        "position": row.position,
        "recorded_at": format_instant(row.recorded_at),
        "version": row.version,
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
