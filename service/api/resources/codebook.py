"""The codebook over HTTP: as JSON and as a table."""

import hashlib

from fastapi import Request
from starlette.responses import Response

from service.api.codebook import CODEBOOK_COLUMNS, codebook
from service.api.media_types import CSV, JSON, XLSX
from service.api.models import ResponseModel
from service.api.negotiation import negotiate_table
from service.api.resource import Resource, table_content
from service.api.responses import (
    Table,
    address_of,
    content_type,
    document_response,
    entity_tag,
    matches_entity_tag,
    table_body,
)

RESOURCE = Resource("service")


class CodebookEntry(ResponseModel):
    """A field, a column or a code, and what it means."""

    part: str
    """`field` of a schema, `column` of a table, or `code`."""
    of: str
    """The schema, the view or the list of codes that it belongs to."""
    name: str
    type: str
    """The type of a field; alternatives are joined by “or”."""
    meaning: str
    defined_in: str
    """The page or schema that defines it."""


class CodebookList(ResponseModel):
    """Every field, column and code of answers."""

    items: list[CodebookEntry]


@RESOURCE.get(
    "/v1/codebook",
    summary="What every field and code means",
    **RESOURCE.reads(CodebookList, also=table_content(CODEBOOK_COLUMNS)),
)
async def read_codebook(request: Request) -> Response:
    """List every field of every answer, every column of the tables of views, and every code, with its meaning.

    It is made from the schemas of this document, the kinds, the policies and the views of this version.
    """
    representation = negotiate_table(request, JSON, CSV, XLSX)
    items = codebook(request.app.openapi())
    if representation.media_type == JSON:
        return document_response(request, {"items": items})
    rows = [[item[name] for name in CODEBOOK_COLUMNS] for item in items]
    table = Table("codebook", CODEBOOK_COLUMNS, rows, len(rows) * len(CODEBOOK_COLUMNS))
    content = await table_body(representation, table, {"address": address_of(request, {})})
    tag = entity_tag({"content": hashlib.sha256(content).hexdigest()})
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept", **representation.disposition("codebook")}
    if matches_entity_tag(request, tag):
        return Response(None, 304, headers)
    return Response(content, 200, headers, content_type(representation))
