"""The resource of the policy in force: adopted as a fact, and read with since when."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from domain.catalogue import DEFAULT_POLICY
from domain.catalogue import policy as known_policy
from domain.facts.streams import POLICY_STREAM
from domain.incident.commands import AdoptPolicy
from domain.values.time.clocks import format_instant
from service.answers.as_of import settle
from service.api.body import read, sent
from service.api.described import MOMENTS_OF_THE_LOG, reads, resource, writes
from service.api.moments import coordinates_of
from service.api.parameters import AsOf
from service.api.sending import JSON, Coordinates, offered, send_document
from service.api.services import Opened
from service.api.taken import Adoption
from service.api.writing import Asked, Order, created, id_for, record, refuse_version
from service.eventstore import StoredFact

router = resource("policy")

_OWN = "/v1/policy"
_EXAMPLE = {"policy": "conservative/1", "reason": "The bulletin gives the least figures."}


@router.put(
    _OWN,
    summary="Adopt a policy",
    **writes(
        "Adoption",
        "unknown-policy",
        "nothing-changed",
        examples={"policy": {"value": _EXAMPLE}},
        given={200: "It is in force from here on.", 201: "It is the first that was adopted."},
    ),
)
async def adopt(request: Request, services: Opened, terms: Asked) -> Response:
    """Weigh claims by it from this position on, where a reader names no other; an old position keeps its time's."""
    refuse_version(terms, "The policy has no version to write against; leave it out.")
    body = await sent(request)
    given = read(Adoption, body.document)
    command = AdoptPolicy(policy=known_policy(given.policy).id, reason=given.reason)
    written = await record(services, Order("adopt_policy", "", body, terms), command, id_for(services, terms))
    return created(written, _OWN, status=201 if written.version == 1 else 200)


@router.get(_OWN, summary="The policy in force", **reads("PolicyInForce", *MOMENTS_OF_THE_LOG))
async def in_force(request: Request, services: Opened, as_of: AsOf = None) -> Response:
    """Tell which policy weighs the claims where a reader names none, since when, and which were adopted before."""
    offered(request, JSON)
    reader = services.reader
    moment = await settle(reader, as_of)
    rows = await reader.read([POLICY_STREAM], moment.position)
    history = [_step(row) for row in rows]
    last = history[-1] if history else None
    coordinates: Coordinates = (
        await coordinates_of(reader, rows[-1], moment)
        if rows
        else {
            "log": str(await reader.log_id()),
            "position": 0,
            "recorded_at": None,
            "version": 0,
            "closed": moment.closed,
        }
    )
    document = {
        "policy": last["policy"] if last else DEFAULT_POLICY,
        "since": last and {name: last[name] for name in ("position", "recorded_at")},
        "history": history,
        "coordinates": dict(coordinates),
    }
    return send_document(request, document, coordinates)


def _step(row: StoredFact) -> dict[str, Any]:
    return {
        **row.document(),
        "position": row.position,
        "recorded_at": format_instant(row.recorded_at),
        "version": row.version,
        **row.words(),
    }
