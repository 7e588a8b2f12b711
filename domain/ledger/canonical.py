"""One document, one byte string: RFC 8785 canonical JSON of integers, strings, booleans, null, lists and objects."""

import hashlib
import hmac
import json
from typing import cast

from msgspec.json import Encoder

_TYPE_ERROR = "a canonical document holds only strings, integers, booleans, null, lists and objects, not {}"

_BIGGEST = 2**53 - 1
_GIL_LIMIT = 2047
"""hashlib releases the GIL above this many bytes, and `hmac.digest` always (docs.python.org/3/library/hashlib.html);
while another thread is busy, reacquiring it takes milliseconds."""
_BLOCK = 64
"""Bytes of a block of SHA-256."""
_INNER_PAD, _OUTER_PAD = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_PLAIN = frozenset({str, bool, type(None)})
"""Types of which every value is allowed."""
_SLICE = 200
"""List items encoded in one call: about 1 ms."""
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
_unchecked = Encoder(order="sorted")


def canonical(document: object) -> bytes:
    """Return the RFC 8785 form of `document` as UTF-8.

    RFC 8785 §3.2.3 sorts keys by UTF-16 code units; Python sorts by code points.
    The two orders differ only for characters beyond U+FFFF, so only then
    are the keys sorted again. Documents have no floats: coordinates and
    ratios are decimal strings.

    Raises TypeError for anything else than JSON's own types, or for a float;
    ValueError for an integer beyond 2^53 - 1 (RFC 7493 §2.2) or a lone surrogate.
    """
    _check(document)
    if isinstance(document, dict):
        members = cast("dict[str, object]", document)
        if any(isinstance(value, list) and len(cast("list[object]", value)) > _SLICE for value in members.values()):
            return _by_slices(members)
    return _text(cast("object", document)).encode()


def unchecked_text(document: object) -> str:
    """Return the canonical form of a document known to hold nothing that `canonical` refuses, with ASCII names only.

    Raises ValueError for a lone surrogate.
    """
    return _unchecked.encode(document).decode()


def _text(document: object) -> str:
    try:
        text = _unchecked.encode(document).decode()
    except (TypeError, ValueError):  # subclasses of str and int; lone surrogates
        text = _encode(document)
    if not text.isascii() and len(text.encode("utf-16-le", "surrogatepass")) > 2 * len(text):  # beyond U+FFFF
        return json.dumps(_by_utf16(document), ensure_ascii=False, separators=(",", ":"))
    return text


def _by_slices(members: dict[str, object]) -> bytes:
    """Encode a large document list by list: a single call would hold the GIL throughout."""
    texts: list[bytes] = []
    for name in sorted(members, key=lambda name: name.encode("utf-16-be")):
        value = members[name]
        if isinstance(value, list):
            items = cast("list[object]", value)
            slices = (_text(items[start : start + _SLICE])[1:-1] for start in range(0, len(items), _SLICE))
            texts.append(f"{_text(name)}:[{','.join(slices)}]".encode())
        else:
            texts.append(f"{_text(name)}:{_text(value)}".encode())
    return b"{%b}" % b",".join(texts)


def digest(document: object) -> str:
    """Return the SHA-256 of the canonical form, in hex."""
    return digest_of(canonical(document))


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of bytes that are canonical already, in hex."""
    return hashlib.sha256(data).hexdigest()


def commitment(part: str, salt: bytes, content: bytes) -> bytes:
    """Commit to one part of a fact (ledger.md §1): HMAC-SHA256(salt, "knownwhen/v1/" + part + 0x00 + content)."""
    whole = b"knownwhen/v1/" + part.encode() + b"\x00" + content
    if len(whole) <= _GIL_LIMIT - _BLOCK and len(salt) <= _BLOCK:
        return _hmac_sha256(salt, whole)
    code = hmac.new(salt, whole[:_GIL_LIMIT], "sha256")
    for start in range(_GIL_LIMIT, len(whole), _GIL_LIMIT):
        code.update(whole[start : start + _GIL_LIMIT])
    return code.digest()


def _hmac_sha256(key: bytes, message: bytes) -> bytes:
    """Return the HMAC (RFC 2104 §2) of a short message by a key of at most one block, without an object of `hmac`."""
    padded = key.ljust(_BLOCK, b"\x00")
    inner = hashlib.sha256(padded.translate(_INNER_PAD) + message).digest()
    return hashlib.sha256(padded.translate(_OUTER_PAD) + inner).digest()


def _check(value: object) -> None:
    if isinstance(value, dict):
        _check_members(cast("dict[object, object]", value))
    elif isinstance(value, list | tuple):
        for item in cast("list[object]", value):
            if type(item) not in _PLAIN:
                _check(item)
    elif isinstance(value, int):
        if not -_BIGGEST <= value <= _BIGGEST:
            raise ValueError(f"{value} is beyond 2^53 - 1 and would not survive other JSON readers")
    elif value is not None and not isinstance(value, str):
        raise TypeError(_TYPE_ERROR.format(type(value).__name__))


def _check_members(members: dict[object, object]) -> None:
    for key, item in members.items():
        if not isinstance(key, str):
            raise TypeError(_TYPE_ERROR.format(f"a key of type {type(key).__name__}"))
        kind = type(item)
        if kind is dict:
            _check_members(cast("dict[object, object]", item))
        elif kind not in _PLAIN:  # most are, and a call for each would dominate the cost
            _check(item)


def _by_utf16(value: object) -> object:
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return {key: _by_utf16(item) for key, item in sorted(items, key=lambda pair: pair[0].encode("utf-16-be"))}
    if isinstance(value, list | tuple):
        return [_by_utf16(item) for item in cast("list[object]", value)]
    return value
