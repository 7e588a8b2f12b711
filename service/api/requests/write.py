"""Writes: idempotency key, `If-Match` and request hash; the call of the writer; refusals with their field."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn, TypeVar, cast
from urllib.parse import quote
from uuid import UUID, uuid5

import orjson
from fastapi import Depends, Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from domain.facts.streams import NAMESPACE
from domain.incident import refusals
from domain.incident.commands import (
    AssessReport,
    CorrectReport,
    DisputeReport,
    MoveReport,
    ReinstateReport,
    RetractReport,
)
from domain.incident.dispatch import AnyCommand
from domain.incident.erasure_commands import (
    EraseReport,
)
from domain.ledger.canonical import canonical
from domain.values.time.clocks import format_instant
from service.answers.answer import stream_of
from service.api.dependencies import in_loop
from service.api.errors.problem import HttpProblem, problem_of
from service.api.errors.validation import FieldError, FieldPath, format_path
from service.api.media_types import JSON
from service.api.principals import principal_of
from service.api.requests.body import JsonBody, read_body, validate
from service.api.requests.sealed_part import without_sealed
from service.api.services import InjectedServices
from service.eventstore.command_queue import SealedContent
from service.eventstore.writer import Acknowledgement, WriteRequest

M = TypeVar("M", bound=BaseModel)
ReportCommand = (
    CorrectReport | RetractReport | ReinstateReport | AssessReport | DisputeReport | MoveReport | EraseReport
)

LOCAL = "local"
"""The client in ids derived from Idempotency-Key, where no token was needed."""

IDEMPOTENCY_KEY = re.compile("[!-~]{1,200}")
"""The form of an idempotency key."""
_VERSION = re.compile(r'"v(0|[1-9][0-9]{0,17})"')


@dataclass(frozen=True, slots=True)
class WriteHeaders:
    """The idempotency key, and the version of `If-Match`."""

    idempotency_key: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class HttpWrite:
    """A write.

    `operation` and `target` are of the path; with the bytes of the body they make the hash that identifies a retry.
    `incident` is its name in the path and its stream; `within` is the path of the command's fields in the body.
    """

    operation: str
    target: str
    body: JsonBody
    headers: WriteHeaders
    incident: tuple[str, UUID] | None = None
    within: FieldPath = ()

    @property
    def request_hash(self) -> bytes:
        """The hash of the request."""
        return request_hash(self.operation, self.target, self.body.raw)


def request_hash(operation: str, target: str, body: bytes) -> bytes:
    """Return the SHA-256 over operation, target and body, each prefixed with its length."""
    parts = operation.encode(), target.encode(), body
    return hashlib.sha256(b"".join([len(part).to_bytes(8, "big") + part for part in parts])).digest()


async def read_write_headers(
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Names the request: a retry with the same key and body is recorded once.",
            json_schema_extra={"pattern": f"^{IDEMPOTENCY_KEY.pattern}$"},
        ),
    ] = None,
    if_match: Annotated[
        str | None,
        Header(
            description='The version of the incident that this was written against, such as `"v12"`.',
            json_schema_extra={"pattern": f"^{_VERSION.pattern}$"},
        ),
    ] = None,
) -> WriteHeaders:
    """Parse the headers of a write. Raises HttpProblem."""
    if idempotency_key is not None and not IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        _refuse_header("Idempotency-Key", "This must be 1 to 200 visible ASCII characters.")
    return WriteHeaders(idempotency_key, _version(if_match))


WriteHeaderParameters = Annotated[WriteHeaders, Depends(read_write_headers)]
"""The headers of a write, as a parameter of an operation."""


def _version(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    if not (found := _VERSION.fullmatch(if_match.strip())):
        _refuse_header("If-Match", 'This must be the version of an incident, written as “"v12"” with its quotes.')
    return int(found[1])


def _refuse_header(name: str, reason: str) -> NoReturn:
    raise HttpProblem("invalid-header", f"{name}: {reason}", [FieldError(name, reason)])


class IncomingWrite:
    """A write request as an operation handles it: services, headers and, once read, the body."""

    def __init__(self, request: Request, services: InjectedServices, headers: WriteHeaderParameters) -> None:
        self.services = services
        self.body = JsonBody(b"", {})
        self.sealed: SealedContent | None = None
        self._request = request
        self._headers = headers
        self._recorded_by = principal_of(request.scope).id

    def refuse_if_match(self, reason: str) -> None:
        """Refuse an `If-Match` where there is no version to compare it with."""
        if self._headers.expected_version is not None:
            _refuse_header("If-Match", reason)

    async def read_document(self) -> dict[str, Any]:
        """Read the body and return its JSON object. Raises HttpProblem."""
        self.body = await read_body(self._request)
        return self.body.document

    async def read(self, model: type[M]) -> M:
        """Read the body and validate it. Raises HttpProblem."""
        return validate(model, await self.read_document())

    async def read_report(self, member: str | None = None) -> dict[str, Any]:
        """Read a body that is a report, or has one as a member, and set its protected part aside. Raises HttpProblem.

        Such a body is hashed in canonical form without that part, so that nobody can guess it by its hash.
        """
        await self.read_document()
        if found := without_sealed(self.body.document, member):
            self.body, self.sealed = JsonBody(canonical(found.document), found.document), found.sealed
        return self.body.document

    def new_fact_id(self) -> UUID:
        """Return the id of the fact: derived from the token and the idempotency key, else a random one."""
        key = self._headers.idempotency_key
        return uuid5(NAMESPACE, f"request:{self._recorded_by or LOCAL}:{key}") if key else self.services.new_id()

    def request(self, operation: str, target: str = "", within: FieldPath = ()) -> HttpWrite:
        """Return the write, after its body was read."""
        return HttpWrite(operation, target, self.body, self._headers, within=within)

    def about_incident(self, operation: str, incident: str) -> HttpWrite:
        """Return a write to an incident, by its slug or id."""
        stream = stream_of(incident)
        return HttpWrite(operation, str(stream), self.body, self._headers, (incident, stream))

    async def record(self, request: HttpWrite, command: AnyCommand, fact_id: UUID | None = None) -> Acknowledgement:
        """Decide a command and append its facts; returns after the commit. Raises HttpProblem for a refusal."""
        write = WriteRequest(
            command=command,
            fact_id=fact_id or self.new_fact_id(),
            request_hash=request.request_hash,
            incident=request.incident[1] if request.incident else None,
            recorded_by=self._recorded_by,
            expected_version=request.headers.expected_version,
            sealed=self.sealed,
        )
        try:
            return await self.services.writer.write(write)
        except refusals.Refusal as refusal:
            raise problem_of_refusal(refusal, request) from refusal

    async def record_about_report(self, operation: str, command: ReportCommand, within: FieldPath = ()) -> Response:
        """Record a command about a report, and respond with the report's location."""
        report_id = command.report_id
        written = await self.record(self.request(operation, str(report_id), within), command)
        return write_response(written, f"/v1/reports/{report_id}", report_id=report_id)


WriteParameter = Annotated[IncomingWrite, in_loop(IncomingWrite)]
"""A write request, as a parameter of an operation."""


def problem_of_refusal(refusal: refusals.Refusal, request: HttpWrite) -> HttpProblem:
    """Convert a refusal, with the path of the field in the body that it concerns."""
    if isinstance(refusal, refusals.IncidentUnknown) and request.incident:
        return problem_of(refusals.IncidentUnknown(incident=request.incident[0]))
    problem = problem_of(refusal)
    if isinstance(refusal, refusals.ReportIdTaken) and "report_id" not in request.body.document:
        problem.field_errors = [FieldError("Idempotency-Key", problem.detail)]
    elif refusal.field:
        near = cast("str | None", refusal.about.get("nearest"))
        where = _field_path(refusal, request.body.document, request.within)
        problem.field_errors = [FieldError(format_path(where), problem.detail, near)]
    return problem


def _field_path(refusal: refusals.Refusal, document: Mapping[str, Any], within: FieldPath) -> FieldPath:
    """Find the field of a refusal; for figures, the domain's refusal has their id or scope."""
    for step in within:
        document = document[cast("str", step)]
    if (reference := _reference_path(refusal, document)) is not None:
        return (*within, *reference)
    if isinstance(refusal, refusals.ScopeUndeclared):
        for where, figure in _figures(document):
            if figure.get("scope") == refusal.about["scope"]:
                return (*within, *where, "scope")
    wanted = refusal.about.get("second") or refusal.about.get("claim")
    if refusal.field == "claims" and wanted:
        for where, figure in _figures(document):
            if figure.get("id") == wanted:
                return (*within, *where)
    return (*within, cast("str", refusal.field))


def _reference_path(refusal: refusals.Refusal, document: Mapping[str, Any]) -> FieldPath | None:
    """Find a reference in the body: a source in `origins`, or a claim `REPORT#1` in `claims`."""
    origins = cast("list[object]", document.get("origins") or [])
    if refusal.about.get("origin") in origins:
        return "origins", origins.index(refusal.about["origin"])
    refs = [str(ref) for ref in document.get("claims") or () if isinstance(ref, str)]
    if not refs:
        return None
    if not isinstance(refusal, refusals.ReportElsewhere | refusals.ClaimUnknown):
        return ("scope",)
    wanted = f"{refusal.about['report_id']}#{refusal.about.get('claim', '')}"
    return "claims", next(place for place, ref in enumerate(refs) if ref.startswith(wanted))


def _figures(report: Mapping[str, Any]) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    for place, claim in _items(report, "claims"):
        yield ("claims", place), claim
        for nth, part in _items(claim, "parts"):
            yield ("claims", place, "parts", nth), part


def _items(document: Mapping[str, Any], name: str) -> Iterable[tuple[int, Mapping[str, Any]]]:
    return enumerate(cast("list[Mapping[str, Any]]", document.get(name) or []))


def write_response(
    written: Acknowledgement, location: str | None, *, status: int = 201, report_id: UUID | None = None
) -> Response:
    """Respond to a durable write; `location` is the path where it can be read, if there is one."""
    document: dict[str, object] = {
        "position": written.position,
        "recorded_at": format_instant(written.recorded_at) if written.recorded_at else None,
        "version": written.version,
        **({"incident": written.incident} if written.incident else {}),
        **({"report_id": str(report_id)} if report_id else {}),
        "warnings": warning_documents(written),
    }
    headers = {"Cache-Control": "no-store", **({"Location": quote(location)} if location else {})}
    if written.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(orjson.dumps(document), status, headers, JSON)


def warning_documents(written: Acknowledgement) -> list[dict[str, str]]:
    """Return the warnings of a write as JSON objects."""
    return [
        {name: value for name in ("code", "detail", "claim") if (value := getattr(each, name)) is not None}
        for each in written.warnings
    ]
