"""Reading the body of a write: its size, its type and its JSON are settled before anything looks at what it says."""

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
from service.api.complaints import Complaint, Where, complaints_of, path_of, report_model
from service.api.failures import Problem, refuse_fields
from service.api.numbers import taking_numbers
from service.api.recurring import with_recurring

MOST_BYTES = 64 * 1024
"""How large a body may be."""
DEEPEST = 32
"""How many objects and lists may lie within each other."""

_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_MARK = b"\xef\xbb\xbf"

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Sent:
    """A body, byte by byte as it was sent and as the document it holds."""

    raw: bytes
    document: dict[str, Any]


async def sent(request: Request) -> Sent:
    """Read a body that holds one JSON object.

    Raises Problem. A body over the limit is refused as soon as that is known, and
    none of it is kept.
    """
    _check_type(request)
    raw = await _read(request)
    document = parse(raw)
    if not isinstance(document, dict):
        raise refuse_fields([Complaint("", "The body must be one JSON object.")])
    return Sent(raw, cast("dict[str, Any]", document))


def parse(raw: bytes) -> object:
    """Read JSON strictly: no name twice, and nothing that is not text.

    A number that no integer would give back digit by digit comes as its Digits. Raises Problem.
    """
    with contextlib.suppress(_Doubtful, ValueError, RecursionError):
        if not (_DOUBTFUL.search(raw) or _MINUS_NOUGHT.search(raw)):
            document = _PLAIN.decode(raw.decode())
            if raw.count(b"{") + raw.count(b"[") < DEEPEST or _shallow(document):
                return document
    return _parse_slowly(raw)


class _Doubtful(Exception):
    """Something may be wrong with a document; reading it slowly tells what."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Doubtful
    return found


def _doubt(_: str) -> NoReturn:
    raise _Doubtful


_PLAIN = json.JSONDecoder(object_pairs_hook=_once, parse_float=_doubt, parse_constant=_doubt)
_DOUBTFUL = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|[0-9]{16}")
"""What cannot be taken without a closer look: a NUL, half of a surrogate pair, a number beyond 2^53 - 1."""
_MINUS_NOUGHT = re.compile(rb"-0[,\]}\s]")
"""A number that no integer gives back."""


def _shallow(document: object) -> bool:
    """Say whether fewer objects and lists lie within each other than may."""
    level = [document]
    for _ in range(DEEPEST):
        level = [item for each in level for item in _within(each)]
        if not level:
            return True
    return False


def _within(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return cast("dict[str, object]", value).values()
    return cast("list[object]", value) if isinstance(value, list) else ()


def _parse_slowly(raw: bytes) -> object:
    """Read JSON with all that can be wrong in view, and say what is."""
    text = _decoded(raw)
    try:
        found = json.loads(
            text,
            object_pairs_hook=_Pairs,
            parse_int=_whole,
            parse_float=JsonNumber,
            parse_constant=_refuse_constant,
        )
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        raise _not_json(f"It goes wrong at line {error.lineno}, column {error.colno}: {error.msg}.") from None
    complaints: list[Complaint] = []
    document = _checked(found, (), complaints)
    if complaints:
        raise refuse_fields(complaints)
    return document


def read(model: type[M], document: dict[str, Any]) -> M:
    """Read a document as `model` has it, or raise the Problem that names every field at fault."""
    try:
        return taking_numbers(model.model_validate, document)
    except ValidationError as error:
        raise _refused(error, model, document) from None


def read_report(document: dict[str, Any], *, mend: bool = True) -> Report:
    """Read a document as a report of the kind that it names, or raise the Problem that names every field at fault.

    With `mend`, numbers are taken where text is asked for, and 12.0 where a whole number is.
    """
    name = document.get("kind")
    if isinstance(name, str) and (kind := KINDS.get(name)):
        with contextlib.suppress(ValidationError):  # what is wrong is told below
            return kind.model.model_validate(with_recurring(document))
    try:
        return taking_numbers(REPORTS.validate_python, document) if mend else REPORTS.validate_python(document)
    except ValidationError as error:
        raise _refused(error, report_model(document), document) from None


def _refused(error: ValidationError, model: type[BaseModel], document: dict[str, Any]) -> Problem:
    errors = error.errors(include_url=False)
    return refuse_fields(complaints_of(errors, model=model, document=document))


def _check_type(request: Request) -> None:
    if (length := request.headers.get("content-length", "")).isdecimal() and int(length) > MOST_BYTES:
        raise _too_large()
    given = request.headers.get("content-type", "")
    media, _, parameters = given.partition(";")
    charset = parameters.replace(" ", "").replace('"', "").lower()
    if media.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        said = f"not “{given[:100]}”" if given else "and none was named"
        _refuse_type(f"The body must be of type application/json, {said}.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        _refuse_type("The body must not be compressed.")


def _refuse_type(detail: str) -> NoReturn:
    raise Problem("unsupported-media-type", detail, headers={"Accept": "application/json"})


async def _read(request: Request) -> bytes:
    """Read the body as it comes in, and stop at the limit: it may come without a length."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES:
            raise _too_large()
        pieces.append(piece)
    return b"".join(pieces)


def _too_large() -> Problem:
    return Problem("body-too-large", f"The body has more than {MOST_BYTES:,} bytes, and the rest was not read.")


def _too_deep() -> Problem:
    return Problem("too-deep", f"The body has more than {DEEPEST} objects or lists within each other.")


def _not_json(reason: str) -> Problem:
    return Problem("not-json", f"The body is not JSON. {reason}", [Complaint("", reason)])


def _decoded(raw: bytes) -> str:
    if not raw:
        raise _not_json("It is empty; where there is nothing to say, send {}.")
    if raw.startswith(_MARK):
        raise _not_json("It begins with a byte order mark; leave that out.")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise _not_json(f"It is not UTF-8: byte {error.start + 1} cannot stand there.") from None


class _Pairs(list[tuple[str, object]]):
    """An object as it was written, names that come twice included."""


def _whole(text: str) -> int | JsonNumber:
    if text != "-0" and len(text) <= len(str(-BIGGEST_WHOLE)) and abs(number := int(text)) <= BIGGEST_WHOLE:
        return number
    return JsonNumber(text)


def _refuse_constant(name: str) -> NoReturn:
    raise _not_json(f"{name} is not a number of JSON.")


def _checked(value: object, where: Where, complaints: list[Complaint]) -> object:
    """Return the value in plain types, and add what is wrong with it to `complaints`."""
    if len(where) > DEEPEST:
        raise _too_deep()
    if isinstance(value, _Pairs):
        return _object(value, where, complaints)
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [_checked(item, (*where, place), complaints) for place, item in enumerate(items)]
    if isinstance(value, str) and (reason := _not_text(value)):
        complaints.append(Complaint(path_of(where), f"This holds {reason}."))
    return value


def _object(pairs: _Pairs, where: Where, complaints: list[Complaint]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        place = (*where, name)
        if reason := _not_text(name):
            complaints.append(Complaint(path_of(where), f"A name in here holds {reason}."))
        elif name in found:
            complaints.append(Complaint(path_of(place), "This is given twice; give it once."))
        else:
            found[name] = _checked(value, place, complaints)
    return found


def _not_text(text: str) -> str | None:
    if not (found := _NOT_TEXT.search(text)):
        return None
    return "a NUL character" if found[0] == "\x00" else "half of a surrogate pair, which is not a character"
