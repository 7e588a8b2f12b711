"""The policy in force: adopted as a fact; read with its history."""

from typing import Any, cast

from fastapi import Request
from pydantic import Field
from starlette.responses import Response

from domain.catalogue import DEFAULT_POLICY
from domain.catalogue import policy as known_policy
from domain.facts.streams import POLICY_STREAM
from domain.facts.union import PolicyAdopted
from domain.incident.commands import AdoptPolicy
from domain.values.text_types import FreeText, Strict
from domain.values.time.clocks import format_instant
from service.answers.as_of import resolve_moment
from service.api.coordinates import coordinates_of
from service.api.media_types import JSON
from service.api.models import LogCoordinates, RecordedAt, ResponseModel
from service.api.negotiation import negotiate
from service.api.parameters import AsOf
from service.api.requests.write import WriteParameter, write_response
from service.api.resource import MOMENT_PROBLEMS, Resource
from service.api.responses import document_response
from service.api.services import InjectedServices
from service.eventstore import StoredFact

RESOURCE = Resource("policy")


class AdoptedPolicy(ResponseModel):
    """One adoption of a policy."""

    policy: str
    position: int
    recorded_at: str
    version: int
    reason: str = ""


class PolicyInForce(ResponseModel):
    """The policy that weighs claims where a reader names none, since when, and what was adopted before."""

    policy: str
    since: RecordedAt | None
    """Null where none was ever adopted, and the default is in force."""
    history: list[AdoptedPolicy]
    coordinates: LogCoordinates


class PolicyAdoption(Strict, frozen=True):
    """Weigh claims by this policy from now on, where a reader names no other."""

    policy: str = Field(examples=["range/1"])
    reason: FreeText | None = None


_OWN = "/v1/policy"
_EXAMPLE = {"policy": "conservative/1", "reason": "The bulletin gives the least figures."}


@RESOURCE.put(
    _OWN,
    summary="Adopt a policy",
    **RESOURCE.writes(
        PolicyAdoption,
        "unknown-policy nothing-changed",
        examples={"policy": {"value": _EXAMPLE}},
        statuses={200: "It is in force from here on.", 201: "It is the first that was adopted."},
        scope="curate",
    ),
)
async def adopt(write: WriteParameter) -> Response:
    """Weigh claims by it from this position on, where a reader names no other; an old position keeps its time's."""
    write.refuse_if_match("The policy has no version to write against; leave it out.")
    given = await write.read(PolicyAdoption)
    command = AdoptPolicy(policy=known_policy(given.policy).id, reason=given.reason)
    written = await write.record(write.request("adopt_policy"), command)
    return write_response(written, _OWN, status=201 if written.version == 1 else 200)


@RESOURCE.get(_OWN, summary="The policy in force", **RESOURCE.reads(PolicyInForce, *MOMENT_PROBLEMS))
async def in_force(request: Request, services: InjectedServices, as_of: AsOf = None) -> Response:
    """Tell which policy weighs the claims where a reader names none, since when, and which were adopted before."""
    negotiate(request, JSON)
    reader = services.reader
    moment = await resolve_moment(reader, as_of)
    rows = await reader.read([POLICY_STREAM], moment.position)
    history = [_step(row) for row in rows]
    last = history[-1] if history else None
    coordinates = await coordinates_of(reader, rows[-1] if rows else None, moment)
    document = {
        "policy": last["policy"] if last else DEFAULT_POLICY,
        "since": last and {name: last[name] for name in ("position", "recorded_at")},
        "history": history,
        "coordinates": dict(coordinates),
    }
    return document_response(request, document, coordinates)


def _step(row: StoredFact) -> dict[str, Any]:
    return {
        "policy": cast("PolicyAdopted", row.fact()).policy,
        "position": row.position,
        "recorded_at": format_instant(row.recorded_at),
        "version": row.version,
        **row.words(),
    }
