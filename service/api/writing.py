"""How a write goes through: its id, its hash and its precondition, then the writer, then 201 with where it stands."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn, cast
from urllib.parse import quote
from uuid import UUID, uuid5

import orjson
from fastapi import Depends, Header
from starlette.responses import Response

from domain.facts.streams import NAMESPACE
from domain.incident import refusals
from domain.incident.dispatch import AnyCommand
from domain.values.time.clocks import format_instant
from service.api.body import Sent
from service.api.complaints import Complaint, Where, path_of
from service.api.failures import Problem, problem_of
from service.api.sending import JSON
from service.api.services import Services
from service.eventstore.writer import Acknowledgement, WriteRequest

LOCAL = "local"
"""The token of a service without tokens: part of the ids that come from Idempotency-Key."""

_KEY = re.compile("[!-~]{1,200}")
_VERSION = re.compile(r'"v(0|[1-9][0-9]{0,17})"')


@dataclass(frozen=True, slots=True)
class Terms:
    """What the headers of a write ask for: a name for safe retries, and the version that it was written against."""

    key: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A write as it came in.

    `operation` and `target` are what the address says; with the bytes of the body they tell a retry from another
    request. `incident` is how the address names it, None where a report tells; `within` is where in the body the
    command's own fields lie.
    """

    operation: str
    target: str
    sent: Sent
    terms: Terms
    incident: tuple[str, UUID] | None = None
    within: Where = ()

    @property
    def request_hash(self) -> bytes:
        """SHA-256 over operation, target and body, each behind its length, so that none can pass for another."""
        framed = hashlib.sha256()
        for piece in (self.operation.encode(), self.target.encode(), self.sent.raw):
            framed.update(len(piece).to_bytes(8, "big") + piece)
        return framed.digest()


async def terms_of(
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Names the request: a retry with the same key and body is recorded once.",
            json_schema_extra={"pattern": f"^{_KEY.pattern}$"},
        ),
    ] = None,
    if_match: Annotated[
        str | None,
        Header(
            description='The version of the incident that this was written against, such as `"v12"`.',
            json_schema_extra={"pattern": f"^{_VERSION.pattern}$"},
        ),
    ] = None,
) -> Terms:
    """Return what the headers of a write ask for; raises Problem where one cannot be read."""
    if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
        _refuse_header("Idempotency-Key", "This must be 1 to 200 visible ASCII characters.")
    return Terms(idempotency_key, _version(if_match))


Asked = Annotated[Terms, Depends(terms_of)]
"""The headers of a write, as a parameter of a resource."""


def _version(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    if not (found := _VERSION.fullmatch(if_match.strip())):
        _refuse_header("If-Match", 'This must be the version of an incident, written as “"v12"” with its quotes.')
    return int(found[1])


def _refuse_header(name: str, reason: str) -> NoReturn:
    raise Problem("invalid-header", f"{name}: {reason}", [Complaint(name, reason)])


def refuse_version(terms: Terms, reason: str) -> None:
    """Refuse an `If-Match` where there is no version to hold it against; it must not pass unheeded."""
    if terms.expected_version is not None:
        _refuse_header("If-Match", reason)


def id_for(services: Services, terms: Terms, given: UUID | None = None) -> UUID:
    """Return the id of the fact: the client's own, else one that follows from its key, else a new one."""
    if given is not None:
        return given
    return uuid5(NAMESPACE, f"request:{LOCAL}:{terms.key}") if terms.key else services.new_id()


async def record(services: Services, order: Order, command: AnyCommand, fact_id: UUID) -> Acknowledgement:
    """Have a command decided and recorded; returns when it is durable. Raises Problem for a refusal."""
    write = WriteRequest(
        command=command,
        fact_id=fact_id,
        request_hash=order.request_hash,
        incident=order.incident[1] if order.incident else None,
        expected_version=order.terms.expected_version,
    )
    try:
        return await services.writer.write(write)
    except refusals.Refusal as refusal:
        raise refused(refusal, order) from refusal


def refused(refusal: refusals.Refusal, order: Order) -> Problem:
    """Return the problem that a refusal is, with the place in the body that it is about."""
    if isinstance(refusal, refusals.IncidentUnknown) and order.incident:
        return problem_of(refusals.IncidentUnknown(incident=order.incident[0]))
    problem = problem_of(refusal)
    if isinstance(refusal, refusals.ReportIdTaken) and "report_id" not in order.sent.document:
        problem.complaints = [Complaint("Idempotency-Key", problem.detail)]
    elif refusal.field:
        near = cast("str | None", refusal.about.get("nearest"))
        where = _place(refusal, order.sent.document, order.within)
        problem.complaints = [Complaint(path_of(where), problem.detail, near)]
    return problem


def _place(refusal: refusals.Refusal, document: Mapping[str, Any], within: Where) -> Where:
    """Find the very figure that a refusal is about: the domain names it by its id or its scope."""
    for step in within:
        document = document[cast("str", step)]
    if (named := _named(refusal, document)) is not None:
        return (*within, *named)
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


def _named(refusal: refusals.Refusal, document: Mapping[str, Any]) -> Where | None:
    """Find what a body names rather than holds: sources in `origins`, claims by `REPORT#1` that are to be rescoped."""
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


def _figures(report: Mapping[str, Any]) -> Iterator[tuple[Where, Mapping[str, Any]]]:
    for place, claim in _listed(report, "claims"):
        yield ("claims", place), claim
        for nth, part in _listed(claim, "parts"):
            yield ("claims", place, "parts", nth), part


def _listed(document: Mapping[str, Any], name: str) -> Iterable[tuple[int, Mapping[str, Any]]]:
    return enumerate(cast("list[Mapping[str, Any]]", document.get(name) or []))


def created(
    written: Acknowledgement, location: str | None, *, status: int = 201, report_id: UUID | None = None
) -> Response:
    """Answer a write that is durable; `location` is where it can be read, None if that has no address of its own."""
    document: dict[str, object] = {
        "position": written.position,
        "recorded_at": format_instant(written.recorded_at) if written.recorded_at else None,
        "version": written.version,
        **({"incident": written.incident} if written.incident else {}),
        **({"report_id": str(report_id)} if report_id else {}),
        "warnings": [
            {name: value for name in ("code", "detail", "claim") if (value := getattr(each, name)) is not None}
            for each in written.warnings
        ],
    }
    headers = {"Cache-Control": "no-store", **({"Location": quote(location)} if location else {})}
    if written.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(orjson.dumps(document), status, headers, JSON)
