"""Responses: ETags and cache headers, and bodies as JSON or as tables."""

import hashlib
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from domain.ledger.canonical import canonical
from service.answers.answer import Answer
from service.answers.tables import csv_table, spreadsheet_table
from service.answers.workbook import MISSING, can_write, workbook
from service.api.errors.problem import HttpProblem
from service.api.media_types import CSV, JSON, XLSX
from service.api.negotiation import LINK_PARAMETERS, Representation
from service.runtime.worker_thread import in_thread

HEAD_ONLY = "knownwhen.bodiless"
"""The key in the ASGI scope of a HEAD request, which is served as GET."""

CoordinateFields = Mapping[str, str | int | bool | None]

_IMMUTABLE = "public, max-age=31536000, immutable"
_REVALIDATE = "no-cache"
_NOT_MODIFIED = 304
_CELLS_A_FACT = 50
"""As many cells take about as long to write as a fact to fold."""
_EXPLANATION = (
    "Every figure is one that a source gave. The address has the same answer again, as JSON; where there is a digest,"
    " it is the SHA-256 of its data in canonical form (RFC 8785)."
)
AS_JSON = Representation(JSON)


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


class Table(NamedTuple):
    """A table to be written: the name of what it shows, its columns, and its rows of about `size` cells."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[object]]
    size: int


async def table_body(representation: Representation, table: Table, about: Mapping[str, object]) -> bytes:
    """Write a table; a workbook says beside it what it is `about`. Raises HttpProblem where workbooks are missing."""
    if representation.media_type == XLSX and not can_write():
        raise HttpProblem("not-acceptable", MISSING, headers={"Vary": "Accept"})
    return await in_thread(table.size // _CELLS_A_FACT, _written, representation, table, about)


def _written(representation: Representation, table: Table, about: Mapping[str, object]) -> bytes:
    if representation.media_type == XLSX:
        explained = {**about, "explanation": _EXPLANATION}
        return workbook(table.name, table.columns, table.rows, explained, rtl=representation.rtl)
    write = spreadsheet_table if representation.spreadsheet else csv_table
    return write(table.columns, table.rows)


def content_type(representation: Representation) -> str:
    """Return the value of the header `Content-Type`."""
    is_csv = representation.media_type == CSV
    return f"{CSV}; charset=utf-8; header=present" if is_csv else representation.media_type


def address_of(request: Request, fixed: Mapping[str, object]) -> str:
    """Return the address of the same answer as JSON, with parameters that are `fixed`, but for those that are None."""
    given = [(name, value) for name, value in request.query_params.multi_items() if name not in LINK_PARAMETERS]
    named = [(name, value) for name, value in fixed.items() if value is not None]
    query = urlencode([*named, *((name, value) for name, value in given if name not in fixed)], safe=":@,/")
    return f"{str(request.base_url).rstrip('/')}{quote(request.url.path)}?{query}"


def envelope(answer: Answer) -> bytes:
    """Return an answer as JSON; `data` is in canonical form, so that its SHA-256 is the digest."""
    pieces = {
        b"data": answer.data,
        b"text": answer.text_data,
        b"coordinates": orjson.dumps(dict(answer.coordinates)),
        b"digest": orjson.dumps(answer.digest),
    }
    return b"{" + b",".join(b'"%b":%b' % piece for piece in pieces.items()) + b"}"


def answer_headers(answer: Answer, variant: str) -> dict[str, str]:
    """Return the headers of a view's answer, in a variant: a media type, and how it is written."""
    identity = {"digest": answer.digest, "coordinates": dict(answer.coordinates), "type": variant}
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
