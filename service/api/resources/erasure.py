"""Erasure of parts of a report, or of all that a source sealed; legal holds, which forbid it."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import Path
from pydantic import Field, StrictBool
from starlette.responses import Response

from domain.facts.streams import source_stream
from domain.incident.erasure_commands import (
    EraseReport,
    EraseSource,
    LiftHold,
    LiftSourceHold,
    PlaceHold,
    PlaceSourceHold,
    Reason,
    SourceCommand,
)
from domain.values.text_types import Strict
from service.api.authorization import require_every_collection
from service.api.parameters import IncidentName, ReportId
from service.api.principals import RequestPrincipal
from service.api.requests.write import IncomingWrite, WriteParameter, write_response
from service.api.resource import Resource

RESOURCE = Resource("erasure")

ErasedSource = Annotated[str, Path(max_length=500, description="A source as documents name it: its slug.")]


class ReportErasure(Strict, frozen=True):
    """Erase parts of all facts about a report; it can't be undone."""

    parts: Annotated[frozenset[Literal["text", "sealed"]], Field(min_length=1)]
    reason: Reason


class SourceErasure(Strict, frozen=True):
    """Destroy the key of all that a source sealed; it can't be undone."""

    reason: Reason


class LegalHold(Strict, frozen=True):
    """Let nothing be erased; or, with `held` false, lift the hold."""

    held: StrictBool = True
    reason: Reason


_HOLDS = {
    "held": {"value": {"reason": "The prosecutor asked for it on 3 May."}},
    "lifted": {"value": {"held": False, "reason": "The proceedings are closed."}},
}
_NO_VERSION = "This is compared with no version; leave it out."


@RESOURCE.post(
    "/v1/reports/{report_id}/erasure",
    summary="Erase the text or the sealed parts of a report",
    **RESOURCE.writes(
        ReportErasure,
        "no-such-report version-mismatch legal-hold nothing-changed erasure-unavailable",
        examples={"both": {"value": {"parts": ["text", "sealed"], "reason": "The source asked for it."}}},
        scope="admin",
    ),
)
async def erase_report(write: WriteParameter, report_id: ReportId) -> Response:
    """Erase them from all facts about it: as filed, corrected, retracted, judged, moved or rescoped.

    Codes, figures, clocks and places stay, and every digest, receipt and publication is what it was: where text was,
    answers say `{"erased": position}`. docs/erasure.md says what backups still hold.
    """
    given = await write.read(ReportErasure)
    command = EraseReport(report_id=report_id, parts=given.parts, reason=given.reason)
    return await write.record_about_report("erasure", command)


@RESOURCE.post(
    "/v1/sources/{source}/erasure",
    summary="Erase all that a source sealed",
    **RESOURCE.writes(
        SourceErasure,
        "no-such-source legal-hold nothing-changed erasure-unavailable every-collection-needed",
        examples={"reason": {"value": {"reason": "The source asked to be forgotten."}}},
        scope="admin",
    ),
)
async def erase_source(write: WriteParameter, principal: RequestPrincipal, source: ErasedSource) -> Response:
    """Destroy the key of its sealed parts, and erase them: those of all its reports at once, wherever they are.

    The fact that says so gives their number and names none, so that it links no reports to each other.
    """
    require_every_collection(principal)
    given = await write.read(SourceErasure)
    return await _about_source(write, "source_erasure", EraseSource(origin=source, reason=given.reason))


@RESOURCE.post(
    "/v1/incidents/{incident}/legal-hold",
    summary="Place or lift a legal hold on an incident",
    **RESOURCE.writes(LegalHold, "no-such-incident version-mismatch nothing-changed", examples=_HOLDS, scope="admin"),
)
async def hold_incident(write: WriteParameter, incident: IncidentName) -> Response:
    """While it is held, nothing is erased of the reports that it shows, or ever showed, also by a merge."""
    given = await write.read(LegalHold)
    command = PlaceHold(reason=given.reason) if given.held else LiftHold(reason=given.reason)
    written = await write.record(write.about_incident("legal_hold", incident), command)
    return write_response(written, f"/v1/incidents/{written.incident}")


@RESOURCE.post(
    "/v1/sources/{source}/legal-hold",
    summary="Place or lift a legal hold on a source",
    **RESOURCE.writes(
        LegalHold, "no-such-source nothing-changed every-collection-needed", examples=_HOLDS, scope="admin"
    ),
)
async def hold_source(write: WriteParameter, principal: RequestPrincipal, source: ErasedSource) -> Response:
    """While it is held, nothing is erased of its reports."""
    require_every_collection(principal)
    given = await write.read(LegalHold)
    command = PlaceSourceHold if given.held else LiftSourceHold
    return await _about_source(write, "source_hold", command(origin=source, reason=given.reason))


async def _about_source(write: IncomingWrite, operation: str, command: SourceCommand) -> Response:
    write.refuse_if_match(_NO_VERSION)
    target = str(source_stream(command.origin))
    written = await write.record(write.request(operation, target), command)
    return write_response(written, f"/v1/sources/{quote(command.origin, safe='')}")
