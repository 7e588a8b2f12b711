"""Facts as the log keeps them, written at the speed of C: byte for byte what the domain's own writer makes of them."""

import re
from typing import Final

import orjson

from domain.facts.encoding import encode as encoded
from domain.facts.union import Fact, Parts
from domain.ledger.canonical import canonical

_SORTED: Final = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)
_BEYOND_UTF16: Final = re.compile(b"[\xf0-\xf4]")
"""The first byte of a character beyond U+FFFF, before which RFC 8785 sorts differently."""


def encode(fact: Fact) -> Parts:
    """Return the parts of a fact as `domain.facts.union.encode` does."""
    return encoded(fact, _write)


def _write(document: object) -> bytes:
    """Write what `canonical` writes, of a document without floats: facts hold none."""
    try:
        text = orjson.dumps(document, option=_SORTED)
    except orjson.JSONEncodeError:
        return canonical(document)
    return canonical(document) if _BEYOND_UTF16.search(text) else text
