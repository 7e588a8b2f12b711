"""Content negotiation: by `Accept`, or by link, with the parameter `format` or an ending of the path such as `.csv`."""

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import Query, params
from pydantic import WithJsonSchema
from starlette.requests import Request

from service.api.errors.problem import HttpProblem, problem_of_fields
from service.api.errors.validation import FieldError
from service.api.media_types import CSV, FORMATS, JSON, XLSX, ending_of

LINK_PARAMETERS: Final = ("format", "for", "rtl")
"""The parameters that say how an answer is written, and nothing of what is asked."""

_FOR: Final = (
    "`spreadsheet`, with CSV only: what a spreadsheet would take for a formula begins with an apostrophe, and the file"
    " with a byte order mark, so that Excel reads it as UTF-8. Numbers are as they are."
)
_RTL: Final = "With XLSX only: sheets run from right to left."


@dataclass(frozen=True, slots=True)
class Representation:
    """Representation of an answer (RFC 9110 §3.2): its media type, and the options of a table by link."""

    media_type: str
    by_link: bool = False
    spreadsheet: bool = False
    rtl: bool = False

    @property
    def variant(self) -> str:
        """What its entity tag depends on."""
        return f"{self.media_type}{'; for=spreadsheet' * self.spreadsheet}{'; rtl' * self.rtl}"

    def disposition(self, *names: object) -> dict[str, str]:
        """Return the header by which a browser saves what a link asked for, under `names` (RFC 6266 and 8187)."""
        if not self.by_link or self.media_type == JSON:
            return {}
        ending = next(name for name, media_type in FORMATS.items() if media_type == self.media_type)
        return attachment(ending, *names)


def attachment(ending: str, *names: object) -> dict[str, str]:
    """Return the header by which a browser saves an answer as a file, under `names` (RFC 6266 and 8187)."""
    name = f"{'-'.join(map(str, names))}.{ending}"
    plain = name if name.isascii() else f"{'-'.join(str(each) for each in names if str(each).isascii())}.{ending}"
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return {"Content-Disposition": f'attachment; filename="{plain}"{extended}'}


def negotiate(request: Request, *offers: str) -> str:
    """Return the offer that a link names, else the one that the request accepts best, the first of equals.

    Raises HttpProblem if it names, or accepts, none (RFC 9110 §12.5.1).
    """
    if (named := _named(request)) is not None:
        return _offer_named(named, offers)
    accept = ",".join(request.headers.getlist("accept"))
    if not accept.strip():
        return offers[0]
    ranges = [_range(each) for each in accept.split(",") if each.strip()]
    weights = [_weight(offer, ranges) for offer in offers]
    best = max(weights)
    if best <= 0:
        detail = f"This comes as {' or '.join(offers)}, and “Accept: {accept[:200]}” takes none of them."
        raise _not_acceptable(offers, detail)
    return offers[weights.index(best)]


def negotiate_table(request: Request, *offers: str) -> Representation:
    """Return how an answer is written that comes as a table too. Raises HttpProblem, as `negotiate`."""
    media_type, query = negotiate(request, *offers), request.query_params
    spreadsheet, rtl = query.get("for") == "spreadsheet", query.get("rtl", "").lower() in _YES
    for name, given, needed in (("for", spreadsheet, CSV), ("rtl", rtl, XLSX)):
        if given and media_type != needed:
            raise problem_of_fields([FieldError(name, f"This is of {needed} only; leave it out.")], "invalid-parameter")
    return Representation(media_type, _named(request) is not None, spreadsheet, rtl)


def named_representation(request: Request, media_type: str) -> Representation:
    """Return how an answer is written that is no table: in this media type."""
    return Representation(media_type, _named(request) is not None)


def format_parameters(offers: Iterable[str]) -> params.Depends | None:
    """Declare the parameters of an operation that offers these media types; None where a link has no name for them."""
    offered = list(offers)
    names = _names(offered)
    if not names:
        return None

    async def check(**given: Any) -> None:  # noqa: ANN401 - they are read where they are needed
        named = _named(given["request"])
        if named is not None:
            _offer_named(named, offered)

    declared = [inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)]
    declared += [_parameter("format", Annotated[str | None, *_format_schema(names)])]
    if CSV in offered:
        declared += [_parameter("for_", Annotated[Literal["spreadsheet"] | None, Query(alias="for", description=_FOR)])]
    if XLSX in offered:
        declared += [_parameter("rtl", Annotated[bool | None, Query(description=_RTL)])]
    check.__signature__ = inspect.Signature(declared)  # pyright: ignore[reportFunctionMemberAccess] - PEP 362 has it
    return params.Depends(check)


_YES: Final = frozenset({"1", "true", "on", "yes", "t", "y"})
"""What pydantic reads as true."""


def _format_schema(names: Sequence[str]) -> tuple[WithJsonSchema, params.Query]:
    endings = " or ".join(f"`.{name}`" for name in names)
    about = f"How the answer is written; it goes before `Accept`. The path may end in it instead: {endings}."
    return WithJsonSchema({"type": "string", "enum": list(names)}), Query(description=about)


def _parameter(name: str, annotation: Any) -> inspect.Parameter:  # noqa: ANN401 - a type, with what FastAPI reads of it
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _named(request: Request) -> str | None:
    """Return the name of the format that a link asks for: the parameter, else the ending."""
    return request.query_params.get("format") or ending_of(request.scope)


def _offer_named(name: str, offers: Sequence[str]) -> str:
    media_type = FORMATS.get(name)
    if media_type is None or media_type not in offers:
        names = " or ".join(f"“{each}”" for each in _names(offers))
        raise _not_acceptable(offers, f"This comes as {names}, and not as “{name[:100]}”.")
    return media_type


def _not_acceptable(offers: Sequence[str], detail: str) -> HttpProblem:
    """Return the problem that names what is offered: the media types, and their names in links."""
    members: dict[str, object] = {"offered": list(offers), "formats": _names(offers)}
    return HttpProblem("not-acceptable", detail, members=members, headers={"Vary": "Accept"})


def _names(offers: Iterable[str]) -> list[str]:
    """Return the names that links have for what is offered."""
    offered = set(offers)
    return [name for name, media_type in FORMATS.items() if media_type in offered]


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
