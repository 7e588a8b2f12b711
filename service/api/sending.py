"""How an answer is sent: the media type asked for, what caches may do with it, and the bytes of it."""

import csv
import hashlib
import io
from collections.abc import Hashable, Mapping, Sequence

import orjson
from starlette.requests import Request
from starlette.responses import Response

from domain.ledger.canonical import canonical
from service.answers.answer import Answer
from service.api.failures import Problem
from service.runtime.weighted_lru import WeightedLRU

JSON, CSV, NDJSON, HTML = "application/json", "text/csv", "application/x-ndjson", "text/html"

BODILESS = "knownwhen.bodiless"
"""The key in a request's scope that says that only the head of the answer will be sent."""

Coordinates = Mapping[str, str | int | bool | None]

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_NOT_MODIFIED = 304


class Settled:
    """The heads of answers that can never change, by what was asked: who has one already need not wait for it again.

    The `most` that were asked for last are kept.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._heads = WeightedLRU[Hashable, Mapping[str, str]](most)

    def known(self, request: Request, asked: Hashable) -> Response | None:
        """Return 304 where the client has the answer to this question; None where that is not known."""
        head = self._heads.get(asked)
        if head is None or not has_already(request, head["ETag"]):
            return None
        return Response(None, _NOT_MODIFIED, head)

    def keep(self, asked: Hashable, head: Mapping[str, str]) -> None:
        """Keep the head of an answer that is closed."""
        self._heads.put(asked, head)


def offered(request: Request, *offers: str) -> str:
    """Return the offer that the request accepts best, the first of equals (RFC 9110 §12.5.1).

    Raises Problem if it accepts none.
    """
    accept = ",".join(request.headers.getlist("accept"))
    if not accept.strip():
        return offers[0]
    ranges = [_range(each) for each in accept.split(",") if each.strip()]
    weights = [_weight(offer, ranges) for offer in offers]
    best = max(weights)
    if best <= 0:
        detail = f"This comes as {' or '.join(offers)}, and “Accept: {accept[:200]}” takes none of them."
        raise Problem("not-acceptable", detail, more={"offered": list(offers)}, headers={"Vary": "Accept"})
    return offers[weights.index(best)]


def envelope(answer: Answer) -> bytes:
    """Return an answer in its envelope; `data` is in canonical form, so its SHA-256 can be taken as it stands."""
    pieces = {
        b"data": answer.data,
        b"text": orjson.dumps(dict(answer.text)),
        b"coordinates": orjson.dumps(dict(answer.coordinates)),
        b"digest": orjson.dumps(answer.digest),
    }
    return b"{" + b",".join(b'"%b":%b' % piece for piece in pieces.items()) + b"}"


def table(answer: Answer) -> bytes:
    """Return an answer as CSV (RFC 4180, UTF-8, with a header).

    Every cell is verbatim. A cell that a source began with "=", "+", "-" or "@" is sent
    as it is, because what was said is never altered: have a spreadsheet read all columns as text.
    """
    out = io.StringIO(newline="")
    lines = csv.writer(out)
    lines.writerow(answer.view.columns)
    for row in answer.view.rows(answer.document):
        lines.writerow([_cell(row.get(column)) for column in answer.view.columns])
    return out.getvalue().encode()


def send_answer(request: Request, answer: Answer, media_type: str, headers: Mapping[str, str]) -> Response:
    """Send a view's answer with its headers, or 304 if the client has it already."""
    if has_already(request, headers["ETag"]):
        return Response(None, _NOT_MODIFIED, headers)
    if media_type == CSV:
        return Response(table(answer), 200, headers, f"{CSV}; charset=utf-8; header=present")
    return Response(envelope(answer), 200, headers, JSON)


def head_of(answer: Answer, media_type: str) -> dict[str, str]:
    """Return the headers of a view's answer."""
    tag = tag_of({"digest": answer.digest, "coordinates": dict(answer.coordinates), "type": media_type})
    return {"Knownwhen-Digest": answer.digest, **settled_headers(answer.coordinates, tag)}


def send_document(request: Request, document: object, coordinates: Coordinates | None = None) -> Response:
    """Send a document that is no view, or 304 if the client has it already."""
    content = orjson.dumps(document)
    tag = tag_of(hashlib.sha256(content).hexdigest())
    headers = settled_headers(coordinates, tag) if coordinates else _headers(tag, _ASK_AGAIN)
    if has_already(request, tag):
        return Response(None, _NOT_MODIFIED, headers)
    return Response(content, 200, headers, JSON)


def settled_headers(coordinates: Coordinates, tag: str) -> dict[str, str]:
    """Return the headers of an answer at a moment: a closed one never changes, and caches may keep it.

    A table or a stream has no envelope, so the coordinates travel here as well.
    """
    return lasting_headers(coordinates, tag, closed=bool(coordinates["closed"]))


def lasting_headers(coordinates: Mapping[str, object], tag: str, *, closed: bool) -> dict[str, str]:
    """Return the headers of an answer at one moment or more; it is `closed` if all of them are."""
    lifetime = _FOR_EVER if closed else _ASK_AGAIN
    return {"Knownwhen-Coordinates": canonical(dict(coordinates)).decode(), **_headers(tag, lifetime)}


def tag_of(identity: object) -> str:
    """Return the entity tag of what `identity` tells apart.

    It is weak, since the same answer goes out compressed and plain (RFC 9110 §8.8.1).
    """
    return f'W/"{hashlib.sha256(canonical(identity)).hexdigest()[:32]}"'


def has_already(request: Request, tag: str) -> bool:
    """Say whether `If-None-Match` names this tag, by weak comparison (RFC 9110 §13.1.2)."""
    given = ",".join(request.headers.getlist("if-none-match"))
    known = {each.strip().removeprefix("W/") for each in given.split(",")}
    return "*" in known or tag.removeprefix("W/") in known


def _headers(tag: str, lifetime: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": lifetime, "Vary": "Accept"}


def _cell(value: str | int | None) -> str | int:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def _range(text: str) -> tuple[str, float]:
    """Read one range of an Accept header: its media type, and how much it is wanted."""
    media_type, *parameters = (piece.strip().lower() for piece in text.split(";"))
    wanted = next((each.partition("=")[2] for each in parameters if each.startswith("q=")), "1")
    try:
        return media_type, float(wanted)
    except ValueError:
        return media_type, 0.0


def _weight(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return how much an offer is wanted: the most specific range that covers it decides."""
    for name in (offer, f"{offer.partition('/')[0]}/*", "*/*"):
        found = [weight for media_type, weight in ranges if media_type == name]
        if found:
            return max(found)
    return 0.0
