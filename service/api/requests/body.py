"""Request bodies: limits of size and depth, strict JSON, and validation by pydantic models."""

import contextlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar, cast

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from domain.reports.kind import Report
from domain.reports.registry import KINDS, REPORTS
from domain.values.text_types import BIGGEST_WHOLE, JsonNumber
from service.api.errors.problem import HttpProblem, problem_of_fields
from service.api.errors.validation import FieldError, FieldPath, field_errors_of, format_path, report_model
from service.api.media_types import JSON
from service.api.requests.numbers import validate_coercing_numbers

MAX_BODY_BYTES = 64 * 1024
"""The most bytes of a body."""
MAX_DEPTH = 32
"""The most levels of nested objects and lists."""

_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A body: its bytes, and the JSON object parsed from them."""

    raw: bytes
    document: dict[str, Any]


async def read_body(request: Request) -> JsonBody:
    """Read a body of one JSON object. Raises HttpProblem; a body over the limit as soon as that is known."""
    _check_type(request)
    raw = await _read(request)
    document = parse_json(raw)
    if not isinstance(document, dict):
        raise problem_of_fields([FieldError("", "The body must be one JSON object.")])
    return JsonBody(raw, cast("dict[str, Any]", document))


def parse_json(raw: bytes) -> object:
    """Parse JSON strictly: no duplicate names, no NUL and no lone surrogates.

    A number that an integer would not round-trip becomes JsonNumber. Raises HttpProblem.
    """
    with contextlib.suppress(_NeedsSlowParser, ValueError, RecursionError):
        if not (_UNSAFE.search(raw) or _MINUS_ZERO.search(raw)):
            document = _FAST.decode(raw.decode())
            if raw.count(b"{") + raw.count(b"[") < MAX_DEPTH or _is_shallow(document):
                return document
    return _parse_slowly(raw)


class _NeedsSlowParser(Exception):
    """The fast parser cannot accept a document; the slow one decides, and says what is wrong."""


def _unique_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NeedsSlowParser
    return found


def _refuse_fast_parse(_: str) -> NoReturn:
    raise _NeedsSlowParser


_FAST = json.JSONDecoder(
    object_pairs_hook=_unique_names, parse_float=_refuse_fast_parse, parse_constant=_refuse_fast_parse
)
_UNSAFE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|[0-9]{16}")
"""An escape of NUL or of a surrogate, or a number that may exceed 2^53 - 1."""
_MINUS_ZERO = re.compile(rb"-0[,\]}\s]")
"""-0, which an integer does not round-trip."""


def _is_shallow(document: object) -> bool:
    """Return whether the nesting is below MAX_DEPTH."""
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [item for each in level for item in _children(each)]
        if not level:
            return True
    return False


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return cast("dict[str, object]", value).values()
    return cast("list[object]", value) if isinstance(value, list) else ()


def _parse_slowly(raw: bytes) -> object:
    """Parse JSON, and raise an HttpProblem that states all faults."""
    text = _decoded(raw)
    try:
        found = json.loads(
            text, object_pairs_hook=_Pairs, parse_int=_integer, parse_float=JsonNumber, parse_constant=_refuse_constant
        )
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        raise _not_json(f"It goes wrong at line {error.lineno}, column {error.colno}: {error.msg}.") from None
    field_errors: list[FieldError] = []
    document = _check(found, (), field_errors)
    if field_errors:
        raise problem_of_fields(field_errors)
    return document


def validate(model: type[M], document: dict[str, Any]) -> M:
    """Validate a document, coercing numbers. Raises HttpProblem with an error for each invalid field."""
    try:
        return validate_coercing_numbers(model.model_validate, document)
    except ValidationError as error:
        raise _invalid(error, model, document) from None


def validate_report(document: dict[str, Any], *, coerce_numbers: bool = True) -> Report:
    """Validate a document as a report of its kind. Raises HttpProblem with an error for each invalid field.

    With `coerce_numbers`, numbers are accepted for strings, and 12.0 for integers.
    """
    name = document.get("kind")
    if isinstance(name, str) and (kind := KINDS.get(name)) and (report := kind.model.accepted(document)):
        return report
    try:
        return (
            validate_coercing_numbers(REPORTS.validate_python, document)
            if coerce_numbers
            else REPORTS.validate_python(document)
        )
    except ValidationError as error:
        raise _invalid(error, report_model(document), document) from None


def _invalid(error: ValidationError, model: type[BaseModel], document: dict[str, Any]) -> HttpProblem:
    errors = error.errors(include_url=False)
    return problem_of_fields(field_errors_of(errors, model=model, document=document))


def _check_type(request: Request) -> None:
    if (length := request.headers.get("content-length", "")).isdecimal() and int(length) > MAX_BODY_BYTES:
        raise _too_large()
    check_media_type(request, JSON)


def check_media_type(request: Request, media_type: str) -> None:
    """Refuse a body of another media type, charset or content coding. Raises HttpProblem."""
    content_type = request.headers.get("content-type", "")
    media, _, parameters = content_type.partition(";")
    charset = parameters.replace(" ", "").replace('"', "").lower()
    if media.strip().lower() != media_type or charset not in ("", "charset=utf-8"):
        stated = f"not “{content_type[:100]}”" if content_type else "and none was named"
        detail = f"The body must be of type {media_type}, {stated}."
    elif request.headers.get("content-encoding", "identity").lower() != "identity":
        detail = "The body must not be compressed."
    else:
        return
    raise HttpProblem("unsupported-media-type", detail, headers={"Accept": media_type})


async def _read(request: Request) -> bytes:
    """Read the body chunk by chunk up to the limit; it may have no Content-Length."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise _too_large()
        pieces.append(piece)
    return b"".join(pieces)


def _too_large() -> HttpProblem:
    return HttpProblem("body-too-large", f"The body has more than {MAX_BODY_BYTES:,} bytes, and the rest was not read.")


def _too_deep() -> HttpProblem:
    return HttpProblem("too-deep", f"The body has more than {MAX_DEPTH} objects or lists within each other.")


def _not_json(reason: str) -> HttpProblem:
    return HttpProblem("not-json", f"The body is not JSON. {reason}", [FieldError("", reason)])


def _decoded(raw: bytes) -> str:
    if not raw:
        raise _not_json("It is empty; where there is nothing to say, send {}.")
    if raw.startswith(_BYTE_ORDER_MARK):
        raise _not_json("It begins with a byte order mark; leave that out.")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise _not_json(f"It is not UTF-8: byte {error.start + 1} cannot stand there.") from None


class _Pairs(list[tuple[str, object]]):
    """A JSON object as its members, including duplicates."""


def _integer(text: str) -> int | JsonNumber:
    if text != "-0" and len(text) <= len(str(-BIGGEST_WHOLE)) and abs(number := int(text)) <= BIGGEST_WHOLE:
        return number
    return JsonNumber(text)


def _refuse_constant(name: str) -> NoReturn:
    raise _not_json(f"{name} is not a number of JSON.")


def _check(value: object, where: FieldPath, field_errors: list[FieldError]) -> object:
    """Return the value in plain types, and append its faults to `field_errors`."""
    if len(where) > MAX_DEPTH:
        raise _too_deep()
    if isinstance(value, _Pairs):
        return _object(value, where, field_errors)
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [_check(item, (*where, place), field_errors) for place, item in enumerate(items)]
    if isinstance(value, str) and (reason := _not_text(value)):
        field_errors.append(FieldError(format_path(where), f"This holds {reason}."))
    return value


def _object(pairs: _Pairs, where: FieldPath, field_errors: list[FieldError]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        place = (*where, name)
        if reason := _not_text(name):
            field_errors.append(FieldError(format_path(where), f"A name in here holds {reason}."))
        elif name in found:
            field_errors.append(FieldError(format_path(place), "This is given twice; give it once."))
        else:
            found[name] = _check(value, place, field_errors)
    return found


def _not_text(text: str) -> str | None:
    if not (found := _NOT_TEXT.search(text)):
        return None
    return "a NUL character" if found[0] == "\x00" else "half of a surrogate pair, which is not a character"
