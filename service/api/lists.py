"""How lists are sent: a page of items with where the next one begins, as JSON or as a table."""

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast
from urllib.parse import urlencode

import orjson
from fastapi import Depends, Query, Request
from starlette.responses import Response

from service.api.cursors import Cursor, format_cursor, parse_cursor
from service.api.ordering import Order
from service.api.projected import Row, Snapshot
from service.api.sending import CSV, JSON, has_already, lasting_headers, tag_of

PAGE = 100
LONGEST_PAGE = 500
_NOT_MODIFIED = 304

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Paging:
    """Where a page begins, and how long it is at most."""

    cursor: Annotated[
        str | None, Query(description="Where the page begins: the `next` of the page before; all else stays the same.")
    ] = None
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="How many at most.")] = PAGE

    @property
    def after(self) -> Cursor | None:
        """The end of the page before. Raises Problem for a cursor that is none."""
        return parse_cursor(self.cursor) if self.cursor else None


Paging = Annotated[_Paging, Depends(_Paging)]
"""Where a page begins and how long it is, as parameters of a resource."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, read at `position`; `closed` if the same question can never be answered otherwise."""

    items: Sequence[Item]
    position: int
    closed: bool
    next: Cursor | None = None


def page_of(rows: Sequence[Row], item: Callable[[Row], Item], order: Order, limit: int, snapshot: Snapshot) -> Page:
    """Make a page of rows that go beyond it if there is another; the last row that it has is where that begins."""
    page = rows[:limit]
    following = order.cursor(page[-1], snapshot.position) if len(rows) > limit else None
    return Page([item(row) for row in page], snapshot.position, snapshot.closed, following)


def send_page(
    request: Request, page: Page, media_type: str = JSON, columns: Sequence[str] = (), **more: object
) -> Response:
    """Send a page, or 304 if the client has it already.

    `more` stands beside the items in JSON, `columns` are those of a table.
    """
    following = format_cursor(page.next) if page.next else None
    document = {**more, "items": page.items, "next": following, "position": page.position}
    content = table(columns, page.items) if media_type == CSV else orjson.dumps(document)
    tag = tag_of({"content": hashlib.sha256(content).hexdigest(), "next": following, "position": page.position})
    headers = lasting_headers({"position": page.position, "closed": page.closed}, tag, closed=page.closed)
    if following:
        headers["Link"] = f'<{_address(request, following)}>; rel="next"'
    if has_already(request, tag):
        return Response(None, _NOT_MODIFIED, headers)
    sent_as = f"{CSV}; charset=utf-8; header=present" if media_type == CSV else JSON
    return Response(content, 200, headers, sent_as)


def table(columns: Sequence[str], items: Sequence[Item]) -> bytes:
    """Return items as CSV (RFC 4180, UTF-8, with a header); a column `a.b` is the member `b` of the member `a`.

    Cells are verbatim; what is a list is joined by "; ".
    """
    out = io.StringIO(newline="")
    lines = csv.writer(out)
    lines.writerow(columns)
    for item in items:
        lines.writerow([_cell(item, column) for column in columns])
    return out.getvalue().encode()


def _cell(item: Item, column: str) -> object:
    value: Any = item
    for name in column.split("."):
        value = None if value is None else value.get(name)
    if isinstance(value, list):
        return "; ".join(cast("list[str]", value))
    return orjson.dumps(value).decode() if isinstance(value, dict | bool) else "" if value is None else value


def _address(request: Request, cursor: str) -> str:
    """Return where the next page is: the same question, but for the cursor."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f"{request.url.path}?{urlencode([*kept, ('cursor', cursor)])}"
