"""The history of a report: as filed, with its corrections, retractions, assessments, disputes and moves."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from fastapi import Request
from pydantic import ConfigDict
from starlette.responses import Response

from domain.facts.streams import incident_stream
from domain.facts.union import (
    ClaimsRescoped,
    CollectionChanged,
    IncidentMerged,
    IncidentOpened,
    IncidentUnmerged,
    PartsErased,
    ReportAssessed,
    ReportCorrected,
    ReportDisputed,
    ReportFiled,
    ReportMoved,
    ReportReinstated,
    ReportRetracted,
)
from domain.facts.versions import FactShape, is_report, shape_of, topics_of
from domain.values.collections import PUBLIC
from domain.values.time.clocks import format_instant
from service.answers.as_of import resolve_moment
from service.api.coordinates import coordinates_of, not_yet_known_problem
from service.api.errors.problem import HttpProblem
from service.api.media_types import JSON
from service.api.models import LogCoordinates, ResponseModel
from service.api.negotiation import negotiate
from service.api.parameters import AsOf, ReportId
from service.api.resource import VIEW_PROBLEMS, Resource
from service.api.responses import document_response
from service.api.services import InjectedServices
from service.eventstore import LogReader, StoredFact
from service.eventstore.erasures import Erasures
from service.runtime.worker_thread import in_thread

RESOURCE = Resource("reports")


class ReportFact(ResponseModel):
    """One fact about a report."""

    model_config = ConfigDict(extra="allow")
    fact: Literal[
        "filed", "corrected", "retracted", "reinstated", "assessed", "disputed", "moved", "rescoped", "erased"
    ]
    position: int
    recorded_at: str
    version: int


class ReportHistoryResponse(ResponseModel):
    """A report as it was filed, and all that became of it."""

    report_id: str
    incident: str
    """Where it is shown."""
    home: str
    """Where it was filed, and where its further facts go."""
    standing: Literal["standing", "corrected", "retracted", "disputed"]
    history: list[ReportFact]
    coordinates: LogCoordinates


_FACT_NAMES: Mapping[FactShape, str] = {
    ReportFiled: "filed",
    ReportCorrected: "corrected",
    ReportRetracted: "retracted",
    ReportReinstated: "reinstated",
    ReportAssessed: "assessed",
    ReportDisputed: "disputed",
    ReportMoved: "moved",
    PartsErased: "erased",
    ClaimsRescoped: "rescoped",
}
_OF_STREAM = topics_of(IncidentOpened, CollectionChanged, *(shape for shape in _FACT_NAMES if shape is not ReportFiled))
_MERGES = topics_of(IncidentMerged, IncidentUnmerged)


@RESOURCE.get(
    "/v1/reports/{report_id}",
    summary="A report with its whole history",
    **RESOURCE.reads(ReportHistoryResponse, *VIEW_PROBLEMS, "no-such-report"),
)
async def read_history(
    request: Request, services: InjectedServices, report_id: ReportId, as_of: AsOf = None
) -> Response:
    """Tell how it was filed, with its free text, and all that became of it since; and which incident shows it.

    That is the one it was filed under, or moved to, or the one that this was merged into.
    """
    negotiate(request, JSON)
    reader = services.reader
    filed = await reader.find(report_id)
    if filed is None or not is_report(filed.topic):
        raise HttpProblem("no-such-report", f"There is no report {report_id} in this log.")
    moment = await resolve_moment(reader, as_of)
    if filed.position > moment.position:
        raise not_yet_known_problem(request, f"report {report_id}", as_of, filed)
    of_stream = await reader.of_topics([filed.stream], _OF_STREAM, moment.position)
    rows = [filed, *await in_thread(len(of_stream), _concerning, of_stream, str(report_id))]
    of_incident = [row.document() for row in of_stream if row.is_a(IncidentOpened, CollectionChanged)]
    home, collection = of_incident[0]["slug"], of_incident[-1].get("collection", PUBLIC)
    shown, merges = await _resolve_merges(reader, _last(rows, "to", ReportMoved) or home, moment.position)
    last = max((*rows, *merges), key=lambda row: row.position)
    coordinates = await coordinates_of(reader, last, moment, rows[-1].version, collection)
    erased = await reader.erasures([filed.stream]) if any(map(_lacks_text, rows)) else Erasures()
    document = {
        "report_id": str(report_id),
        "incident": shown,
        "home": home,
        "standing": _standing(rows),
        "history": [_step(row, str(report_id), erased) for row in rows],
        "coordinates": dict(coordinates),
    }
    erasable = any(row.text_commitment is not None for row in rows)
    return document_response(request, document, coordinates, erasable=erasable)


def _concerning(rows: Sequence[StoredFact], report_id: str) -> list[StoredFact]:
    return [row for row in rows if _concerns(row.document(), report_id)]


def _concerns(state: dict[str, Any], report_id: str) -> bool:
    return state.get("report_id") == report_id or bool(_claims(state, report_id))


def _claims(state: dict[str, Any], report_id: str) -> list[str]:
    return [ref for ref in state.get("claims", ()) if ref.startswith(f"{report_id}#")]


async def _resolve_merges(reader: LogReader, slug: str, upto: int) -> tuple[str, list[StoredFact]]:
    """Resolve an incident through its merges; returns the slug of the target, and the facts of the merges."""
    merges: list[StoredFact] = []
    while True:
        found = await reader.of_topics([incident_stream(slug)], _MERGES, upto)
        own = [row for row in found if row.document()["incident"] == slug]
        merges += own
        if not own or not own[-1].is_a(IncidentMerged):
            return slug, merges
        slug = own[-1].document()["into"]


def _last(rows: list[StoredFact], name: str, *shapes: FactShape) -> Any:  # noqa: ANN401 - what the fact holds
    """Return a member of the last of these facts about the whole report; None if there is none."""
    states = [row.document() for row in rows if row.is_a(*shapes)]
    return next((state.get(name) for state in reversed(states) if "claim" not in state), None)


def _standing(rows: list[StoredFact]) -> str:
    if _last(rows, "by", ReportRetracted, ReportReinstated):  # a reinstatement has no “by”
        return "retracted"
    if _last(rows, "disputed", ReportDisputed):
        return "disputed"
    return "corrected" if any(row.is_a(ReportCorrected) for row in rows) else "standing"


def _lacks_text(row: StoredFact) -> bool:
    return row.text is None and row.text_commitment is not None


def _step(row: StoredFact, report_id: str, erased: Erasures) -> dict[str, Any]:
    """Return one fact of a report as JSON: state, free text, and position."""
    state, text = row.document(), erased.words(row)
    state.pop("report_id", None)
    if "claims" in state:  # one fact may rescope claims of several reports
        state["claims"] = _claims(state, report_id)
    found: dict[str, Any] = {
        "fact": _FACT_NAMES[shape_of(row.topic)],
        "position": row.position,
        "recorded_at": format_instant(row.recorded_at),
        "version": row.version,
        **state,
    }
    if _lacks_text(row) and "report" not in state:
        found["reason"] = text
    elif reason := text.pop("reason", None):
        found["reason"] = reason
    if text and "report" in state:
        found["report"] = {**state["report"], "text": text}
    for clock in ("reported", "occurred"):
        if found.get(clock) is not None:
            found[clock] = dict(zip(("earliest", "latest"), found[clock], strict=True))
    return found
