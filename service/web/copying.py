"""Makes one HTML file of an incident's page at one reading, which opens from a disk without a network."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from service.api.media_types import HTML
from service.api.negotiation import attachment
from service.web.inlining import inlined
from service.web.page import WebPage
from service.web.template_environment import templates

_FIRST: Final = "js/offline.js"
_MAIN: Final = '<main id="main" tabindex="-1">\n'
_HEAD_END: Final = "</head>"
_BODY_END: Final = "</body>"


@dataclass(frozen=True, slots=True)
class CopiedAnswer:
    """Copied answer: an incident by its slug, and the coordinates and digest of its `state/1`."""

    slug: str
    coordinates: Mapping[str, Any]
    digest: str

    def reading(self) -> dict[str, Any]:
        """Return the reading, closed: its position and policy are named."""
        about = self.coordinates
        return {
            "as_of": f"@{about['position']}",
            "reported_until": about["reported_until"],
            "policy": about["policy"],
        }


async def copied_answer(page: WebPage, slug: str, reading: Mapping[str, str | None]) -> CopiedAnswer:
    """Ask what is copied. Raises ApiProblem, MovedTo."""
    state = (await page.api.get(f"/v1/incidents/{slug}", reading)).document
    return CopiedAnswer(slug, state["coordinates"], state["digest"])


async def one_file(page: WebPage, answer: CopiedAnswer, *, part: str = "", data: str = "") -> bytes:
    """Return the file: the page at the closed reading, all of it on one page.

    `part` is markup that stands before its parts; `data` elements of data, which stand behind them.
    """
    slug = answer.slug
    query = _query(page, answer)
    shown = await page.api.send("GET", f"/incidents/{slug}", query, accept=HTML)
    address = str(page.request.base_url).rstrip("/")
    original = address + page.link(f"/incidents/{slug}", query)
    values = {"page": page, "coordinates": answer.coordinates, "address": original}
    made = templates(page.language)
    text = shown.body.decode()
    text = text.replace(_HEAD_END, made.get_template("offline_head.html").render(values) + _HEAD_END, 1)
    text = text.replace(_MAIN, _MAIN + part, 1)
    text = text.replace(_BODY_END, data + _BODY_END, 1)
    text = await inlined(page.api, text, shown_at(address, slug), _FIRST)
    note = made.get_template("offline_note.html").render({**values, "size": -(-len(text.encode()) // 1000)})
    return text.replace(_MAIN, _MAIN + note, 1).encode()


def file_response(page: WebPage, body: bytes, *names: object) -> Response:
    """Return the answer by which a browser saves a file under `names`."""
    headers = {
        "Cache-Control": "no-cache",
        **attachment("html", *names),
        "Content-Language": page.language.code,
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "Vary": "Accept-Language",
    }
    return Response(body, 200, headers, f"{HTML}; charset=utf-8")


def shown_at(address: str, slug: str) -> str:
    """Return the address that links of the copy are relative to."""
    return f"{address}/incidents/{slug}"


def _query(page: WebPage, answer: CopiedAnswer) -> dict[str, Any]:
    """Return the query of the page that is copied: all of it on one page, at one position and by one policy."""
    asked = {name: page.params(name) for name in page.request.query_params}
    fixed = {**answer.reading(), "print": "1"}
    return {**asked, **fixed, "lang": page.language.code, "digits": page.language.digits}
