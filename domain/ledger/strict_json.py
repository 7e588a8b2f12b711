"""JSON in the one form that is signed: canonical bytes, no name twice, whole numbers only."""

import json
from typing import NoReturn

from domain.ledger.canonical import canonical


class NotCanonical(ValueError):
    """The bytes are no JSON in canonical form; the message says why."""


def parse_canonical(data: bytes) -> object:
    """Read JSON that is in the form of RFC 8785. Raises NotCanonical for any other spelling of a document."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise NotCanonical("it is not UTF-8") from None
    try:
        document = json.loads(
            text, object_pairs_hook=_object, parse_float=_float, parse_int=_integer, parse_constant=_float
        )
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"it is not JSON: {error}") from None
    try:
        written = canonical(document)
    except (ValueError, TypeError, RecursionError) as error:
        raise NotCanonical(str(error)) from None
    if written != data:
        raise NotCanonical(
            "it is not in canonical form (RFC 8785): order, spaces, escapes or numbers are written otherwise"
        )
    return document


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("an object names one member twice")
    return found


def _float(text: str) -> NoReturn:
    raise NotCanonical(f"it has a number that is not whole: {text[:40]}")


def _integer(text: str) -> int:
    if len(text) > 17:  # noqa: PLR2004 - 2^53 has 16 digits, and there may be a sign
        raise NotCanonical(f"it has a number beyond 2^53 - 1: {text[:40]}")
    return int(text)
