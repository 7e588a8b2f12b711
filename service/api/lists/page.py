"""Pages of a list: the parameters `cursor` and `limit`, and the response as JSON or CSV."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast
from urllib.parse import urlencode

import orjson
from fastapi import Query, Request
from starlette.responses import Response

from service.api.dependencies import in_loop
from service.api.lists.cursor import Cursor, format_cursor, parse_cursor
from service.api.lists.ordering import SortOrder
from service.api.media_types import JSON, with_ending
from service.api.negotiation import Representation
from service.api.read_models import ResultRow, Snapshot
from service.api.responses import (
    AS_JSON,
    Table,
    address_of,
    cache_headers,
    content_type,
    entity_tag,
    matches_entity_tag,
    table_body,
)

DEFAULT_PAGE = 100
MAX_PAGE = 500
_NOT_MODIFIED = 304

ListItem = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Paging:
    """The parameters of paging."""

    cursor: Annotated[
        str | None, Query(description="Where the page begins: the `next` of the page before; all else stays the same.")
    ] = None
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many at most.")] = DEFAULT_PAGE

    @property
    def after(self) -> Cursor | None:
        """The parsed cursor. Raises HttpProblem for an invalid one."""
        return parse_cursor(self.cursor) if self.cursor else None


Paging = Annotated[_Paging, in_loop(_Paging)]
"""The parameters of paging, for an operation."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, read at `position` of the log; `closed` if the same request always gets this answer."""

    items: Sequence[ListItem]
    position: int
    closed: bool
    next: Cursor | None = None


def make_page(
    rows: Sequence[ResultRow], item: Callable[[ResultRow], ListItem], order: SortOrder, limit: int, snapshot: Snapshot
) -> Page:
    """Make a page of up to `limit` + 1 rows; one row beyond the limit means that there is a next page."""
    page = rows[:limit]
    following = order.cursor(page[-1], snapshot.position) if len(rows) > limit else None
    return Page([item(row) for row in page], snapshot.position, snapshot.closed, following)


async def page_response(
    request: Request,
    page: Page,
    representation: Representation = AS_JSON,
    columns: Sequence[str] = (),
    **more: object,
) -> Response:
    """Respond with a page, or with 304. `more` are further members of the JSON document, `columns` those of tables."""
    following = format_cursor(page.next) if page.next else None
    if representation.media_type == JSON:
        content = orjson.dumps({**more, "items": page.items, "next": following, "position": page.position})
    else:
        about = {"position": page.position, "address": address_of(request, {"as_of": f"@{page.position}"})}
        rows = _rows(columns, page.items)
        table = Table(_name(request), columns, rows, len(rows) * len(columns))
        content = await table_body(representation, table, about)
    return content_response(request, page, representation, content)


def content_response(request: Request, page: Page, representation: Representation, content: bytes) -> Response:
    """Respond with the content of a page, or with 304."""
    following = format_cursor(page.next) if page.next else None
    tag = entity_tag({"content": hashlib.sha256(content).hexdigest(), "next": following, "position": page.position})
    headers = cache_headers({"position": page.position, "closed": page.closed}, tag, closed=page.closed)
    if following:
        headers["Link"] = f'<{_next_url(request, following)}>; rel="next"'
    if matches_entity_tag(request, tag):
        return Response(None, _NOT_MODIFIED, headers)
    headers |= representation.disposition(_name(request), page.position)
    return Response(content, 200, headers, content_type(representation))


def _name(request: Request) -> str:
    """Return the name of the list, such as `incidents`."""
    return request.url.path.rpartition("/")[2]


def _rows(columns: Sequence[str], items: Sequence[ListItem]) -> list[list[object]]:
    """Return items as rows of a table; a column `a.b` is the member `b` of the member `a`.

    Cells are verbatim; a list is joined by "; ".
    """
    return [[_cell(item, column) for column in columns] for item in items]


def _cell(item: ListItem, column: str) -> object:
    value: Any = item
    for name in column.split("."):
        value = None if value is None else value.get(name)
    if isinstance(value, list):
        return "; ".join(cast("list[str]", value))
    return orjson.dumps(value).decode() if isinstance(value, dict | bool) else "" if value is None else value


def _next_url(request: Request, cursor: str) -> str:
    """Return the URL of the next page: the same query with another cursor."""
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f"{with_ending(request.scope, request.url.path)}?{urlencode([*others, ('cursor', cursor)])}"
