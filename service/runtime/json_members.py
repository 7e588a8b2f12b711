"""A check for duplicate names in JSON objects, which orjson accepts silently."""

from typing import Final

import orjson

_COLON: Final = b":"


def names_are_unique(raw: bytes, document: object) -> bool:
    r"""Say whether every name in `raw` is certainly unique in its object; `document` is `raw` parsed.

    A colon follows a name or lies within a string, and a string is written again with as many as it was read with,
    unless an escape (`\u003a`) stood for one. So if all of `document` has as many as `raw` had, no name was lost.
    """
    if b"\\" in raw and b"\\u" in raw:  # a search for one byte is quicker
        return False
    return raw.count(_COLON) == orjson.dumps(document).count(_COLON)
