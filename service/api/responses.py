"""Responses: content negotiation, ETags and cache headers, JSON and CSV bodies."""

import hashlib
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence

import orjson
from starlette.requests import Request
from starlette.responses import Response

from domain.ledger.canonical import canonical
from service.answers.answer import Answer
from service.api.errors.problem import HttpProblem

JSON, CSV, NDJSON, HTML = "application/json", "text/csv", "application/x-ndjson", "text/html"

HEAD_ONLY = "knownwhen.bodiless"
"""The key in the ASGI scope of a HEAD request, which is served as GET."""

CoordinateFields = Mapping[str, str | int | bool | None]

_IMMUTABLE = "public, max-age=31536000, immutable"
_REVALIDATE = "no-cache"
_NOT_MODIFIED = 304


class ClosedAnswerHeads:
    """Headers of closed answers by request, so that conditional requests need no fold; an LRU of `most` entries."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._heads: OrderedDict[Hashable, Mapping[str, str]] = OrderedDict()

    def not_modified(self, request: Request, key: Hashable) -> Response | None:
        """Return 304 if `If-None-Match` has the ETag of a remembered answer; else None."""
        head = self._heads.get(key)
        if head is None or not matches_entity_tag(request, head["ETag"]):
            return None
        self._heads.move_to_end(key)
        return Response(None, _NOT_MODIFIED, head)

    def add(self, key: Hashable, head: Mapping[str, str]) -> None:
        """Remember the headers of a closed answer."""
        self._heads[key] = head
        if len(self._heads) > self._most:
            self._heads.popitem(last=False)


def negotiate(request: Request, *offers: str) -> str:
    """Return the offer that the request accepts best, the first of equals (RFC 9110 §12.5.1).

    Raises HttpProblem if it accepts none.
    """
    accept = ",".join(request.headers.getlist("accept"))
    if not accept.strip():
        return offers[0]
    ranges = [_range(each) for each in accept.split(",") if each.strip()]
    weights = [_weight(offer, ranges) for offer in offers]
    best = max(weights)
    if best <= 0:
        detail = f"This comes as {' or '.join(offers)}, and “Accept: {accept[:200]}” takes none of them."
        raise HttpProblem("not-acceptable", detail, members={"offered": list(offers)}, headers={"Vary": "Accept"})
    return offers[weights.index(best)]


def envelope(answer: Answer) -> bytes:
    """Return an answer as JSON; `data` is in canonical form, so that its SHA-256 is the digest."""
    pieces = {
        b"data": answer.data,
        b"text": answer.text_data,
        b"coordinates": orjson.dumps(dict(answer.coordinates)),
        b"digest": orjson.dumps(answer.digest),
    }
    return b"{" + b",".join(b'"%b":%b' % piece for piece in pieces.items()) + b"}"


def answer_response(request: Request, answer: Answer, headers: Mapping[str, str]) -> Response:
    """Respond with a view's answer, as a table if it was made, or with 304."""
    if matches_entity_tag(request, headers["ETag"]):
        return Response(None, _NOT_MODIFIED, headers)
    if answer.table is not None:
        return Response(answer.table, 200, headers, f"{CSV}; charset=utf-8; header=present")
    return Response(envelope(answer), 200, headers, JSON)


def answer_headers(answer: Answer, media_type: str) -> dict[str, str]:
    """Return the headers of a view's answer."""
    identity = {"digest": answer.digest, "coordinates": dict(answer.coordinates), "type": media_type}
    if answer.has_text:  # which may be erased, so no cache keeps it without asking
        tag = entity_tag({**identity, "text": hashlib.sha256(answer.text_data).hexdigest()})
        headers = cache_headers(answer.coordinates, tag, closed=False)
    else:
        headers = coordinate_headers(answer.coordinates, entity_tag(identity))
    return {"Knownwhen-Digest": answer.digest, **headers}


def document_response(
    request: Request, document: object, coordinates: CoordinateFields | None = None, *, erasable: bool = False
) -> Response:
    """Respond with a JSON document that is no view's answer, or with 304; no cache keeps an `erasable` one unasked."""
    content = orjson.dumps(document)
    tag = entity_tag(hashlib.sha256(content).hexdigest())
    if coordinates:
        headers = cache_headers(coordinates, tag, closed=bool(coordinates["closed"]) and not erasable)
    else:
        headers = _headers(tag, _REVALIDATE)
    if matches_entity_tag(request, tag):
        return Response(None, _NOT_MODIFIED, headers)
    return Response(content, 200, headers, JSON)


def coordinate_headers(coordinates: CoordinateFields, tag: str) -> dict[str, str]:
    """Return the headers of an answer with its coordinates, which CSV and streams have nowhere else."""
    return cache_headers(coordinates, tag, closed=bool(coordinates["closed"]))


def cache_headers(coordinates: Mapping[str, object], tag: str, *, closed: bool) -> dict[str, str]:
    """Return the headers of an answer; a `closed` one never changes, so that caches may keep it."""
    lifetime = _IMMUTABLE if closed else _REVALIDATE
    return {"Knownwhen-Coordinates": canonical(dict(coordinates)).decode(), **_headers(tag, lifetime)}


def entity_tag(identity: object) -> str:
    """Return the entity tag of an identity; weak, as answers are sent compressed and plain (RFC 9110 §8.8.1)."""
    return f'W/"{hashlib.sha256(canonical(identity)).hexdigest()[:32]}"'


def matches_entity_tag(request: Request, tag: str) -> bool:
    """Return whether `If-None-Match` has this tag, by weak comparison (RFC 9110 §13.1.2)."""
    given = ",".join(request.headers.getlist("if-none-match"))
    known = {each.strip().removeprefix("W/") for each in given.split(",")}
    return "*" in known or tag.removeprefix("W/") in known


def _headers(tag: str, lifetime: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": lifetime, "Vary": "Accept"}


def _range(text: str) -> tuple[str, float]:
    """Parse one range of an Accept header: media type and quality."""
    media_type, *parameters = (piece.strip().lower() for piece in text.split(";"))
    quality = next((each.partition("=")[2] for each in parameters if each.startswith("q=")), "1")
    try:
        return media_type, float(quality)
    except ValueError:
        return media_type, 0.0


def _weight(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the quality of an offer, by the most specific range that matches it."""
    for name in (offer, f"{offer.partition('/')[0]}/*", "*/*"):
        found = [weight for media_type, weight in ranges if media_type == name]
        if found:
            return max(found)
    return 0.0
