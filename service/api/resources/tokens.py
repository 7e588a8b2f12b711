"""Tokens: made, listed, rotated and revoked by whoever has the scope `admin`."""

from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Final

import orjson
from fastapi import Path, Request
from pydantic import AfterValidator, Field, TypeAdapter
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from domain.values.text_types import Slug, Strict, Text
from service.access.issuing import IssuedToken, TokenRequest
from service.access.principal import EVERY_COLLECTION, PUBLIC, AccessScope
from service.access.tokens import DEFAULT_DAYS, LONGEST_NAME, MOST_DAYS
from service.api.media_types import JSON
from service.api.models import ResponseModel
from service.api.negotiation import negotiate
from service.api.principals import RequestPrincipal
from service.api.requests.body import read_body, validate
from service.api.resource import Resource
from service.api.responses import document_response
from service.api.services import InjectedServices, Services

RESOURCE = Resource("access")


def _network(text: str) -> str:
    try:
        return str(ip_network(text.strip()))
    except ValueError as error:
        sentence = f"“{text[:50]}” is no network, such as 192.0.2.0/24, or 2001:db8::/32"
        raise PydanticCustomError("network", "{sentence}.", {"sentence": sentence}) from error


def _collection(text: str) -> str:
    return text if text == EVERY_COLLECTION else _SLUG.validate_python(text)


_SLUG: Final[TypeAdapter[str]] = TypeAdapter(Slug)
_Days = Annotated[int, Field(ge=1, le=MOST_DAYS)]
_Name = Annotated[str, Text(LONGEST_NAME, 1)]
_Collection = Annotated[str, AfterValidator(_collection)]


class TokenCreation(Strict, frozen=True):
    """A token to be made: what it permits, in which collections (`["*"]`: all of them), for how many days."""

    name: _Name = Field(examples=["desk-kyiv"])
    scopes: list[AccessScope] = Field(min_length=1, max_length=10)
    collections: list[_Collection] = Field(default=[PUBLIC], min_length=1, max_length=100)
    networks: list[Annotated[str, AfterValidator(_network)]] = Field(default=[], max_length=100)
    days: _Days = DEFAULT_DAYS


class TokenRotation(Strict, frozen=True):
    """Another secret for a token; the old one is taken for so many hours more."""

    overlap_hours: int = Field(default=0, ge=0, le=24 * 31)
    days: _Days = DEFAULT_DAYS


class TokenItem(ResponseModel):
    """A token, without its secret, which nobody can read any more."""

    id: str
    """What facts are recorded by (`recorded_by`)."""
    name: str
    scopes: list[AccessScope]
    collections: list[str]
    """`*` is all of them."""
    networks: list[str]
    """Where it may be used from; empty is everywhere."""
    created_at: str
    created_by: str | None
    """The id of the token that made it; null is the operator."""
    expires_at: str
    revoked_at: str | None
    revoked_by: str | None
    last_used_at: str | None
    """To the hour."""
    stands: bool
    """Whether it is neither revoked nor expired."""


class TokenList(ResponseModel):
    """All tokens whose collections the asker sees, oldest first."""

    items: list[TokenItem]
    next: None


class CreatedToken(TokenItem):
    """A token with its text, which is shown this once."""

    token: str


TokenName = Annotated[str, Path(description="The id of a token, or the name of one that is not revoked.")]
_EXAMPLE = {"name": "desk-kyiv", "scopes": ["read", "report"], "collections": [PUBLIC], "days": 90}
_OWN = "/v1/tokens"


@RESOURCE.get(_OWN, summary="List the tokens", **RESOURCE.reads(TokenList, scope="admin"))
async def list_tokens(request: Request, services: InjectedServices, principal: RequestPrincipal) -> Response:
    """All of them, also those that are revoked or have expired: their names stay, as facts are recorded by them."""
    negotiate(request, JSON)
    items = [services.tokens.document(token) for token in await services.tokens.all(principal)]
    return document_response(request, {"items": items, "next": None})


@RESOURCE.post(
    _OWN,
    summary="Make a token",
    **RESOURCE.writes(
        TokenCreation,
        "token-name-taken cannot-hand-out",
        examples={"token": {"value": _EXAMPLE}},
        statuses={201: "It is made. Its text is in this answer, and nowhere else."},
        answer=CreatedToken,
        scope="admin",
    ),
)
async def make_token(request: Request, services: InjectedServices, principal: RequestPrincipal) -> Response:
    """Give it no scope and no collection that your own lacks. `token` is shown once: only its hash is kept."""
    given = validate(TokenCreation, (await read_body(request)).document)
    wanted = TokenRequest(
        given.name,
        frozenset(given.scopes),
        None if EVERY_COLLECTION in given.collections else frozenset(given.collections),
        tuple(map(ip_network, given.networks)),
        given.days,
    )
    return _issued(await services.tokens.make(wanted, principal), services)


@RESOURCE.post(
    f"{_OWN}/{{token}}/rotation",
    summary="Give a token another secret",
    **RESOURCE.writes(
        TokenRotation,
        "no-such-token token-revoked cannot-hand-out",
        examples={"a day for the change": {"value": {"overlap_hours": 24}}},
        statuses={201: "It has another secret. Its text is in this answer, and nowhere else."},
        answer=CreatedToken,
        scope="admin",
    ),
)
async def rotate_token(
    request: Request, services: InjectedServices, principal: RequestPrincipal, token: TokenName
) -> Response:
    """Its id, name, scopes and collections stay. The old secret ends at once, or after `overlap_hours`."""
    given = validate(TokenRotation, (await read_body(request)).document)
    overlap = timedelta(hours=given.overlap_hours)
    issued = await services.tokens.rotate(token, given.days, overlap, principal)
    _verify_anew(services)
    return _issued(issued, services)


@RESOURCE.delete(
    f"{_OWN}/{{token}}",
    summary="Revoke a token",
    **RESOURCE.acts(TokenItem, "It is revoked.", "no-such-token", scope="admin"),
)
async def revoke_token(services: InjectedServices, principal: RequestPrincipal, token: TokenName) -> Response:
    """End it for good, with its sessions: within 5 seconds in every process. Repeated, it changes nothing."""
    revoked = await services.tokens.revoke(token, principal)
    _verify_anew(services)
    return Response(orjson.dumps(services.tokens.document(revoked)), 200, {"Cache-Control": "no-store"}, JSON)


def _verify_anew(services: Services) -> None:
    if services.authenticator is not None:
        services.authenticator.forget_all()


def _issued(issued: IssuedToken, services: Services) -> Response:
    document = services.tokens.issued_document(issued)
    return Response(orjson.dumps(document), 201, {"Cache-Control": "no-store"}, JSON)
