"""The text of a token, `kw_<id>_<secret><check>`: made from random bytes, read, and checked before any look-up."""

import base64
import re
import zlib
from hashlib import sha256
from typing import Final, NamedTuple

PREFIX: Final = "kw_"
"""How the text of a token begins."""
ID_BYTES: Final = 8
"""The random bytes that the id of a token is made of, of which 60 bits count."""
SECRET_BYTES: Final = 32
"""The random bytes of a secret."""
LONGEST: Final = len("kw_") + 12 + 1 + 43 + 6
"""The characters of the text of a token."""

_ID_LENGTH: Final = 12
_SECRET_LENGTH: Final = 43  # 62^43 > 2^256
_CHECK_LENGTH: Final = 6  # 62^6 > 2^32
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FORM: Final = re.compile(
    rf"(?P<signed>{PREFIX}(?P<id>[a-z2-7]{{{_ID_LENGTH}}})_[0-9A-Za-z]{{{_SECRET_LENGTH}}})"
    rf"(?P<check>[0-9A-Za-z]{{{_CHECK_LENGTH}}})"
)
_IN_TEXT: Final = re.compile(r"(?i)(kw(?:_|%5f)[^_%]{1,40}(?:_|%5f))[^/?#\s]+")


class TokenText(NamedTuple):
    """A token as it was read: its id, and the SHA-256 that is stored of it."""

    id: str
    hash: bytes


def new_id(random: bytes) -> str:
    """Return the id of a token, 12 characters of base32 in lower case, made of 8 random bytes."""
    return base64.b32encode(random).decode("ascii").lower()[:_ID_LENGTH]


def format_token(token_id: str, secret: bytes) -> str:
    """Return the text of a token with a secret of 32 bytes in base62, and the CRC-32 of what precedes it."""
    signed = f"{PREFIX}{token_id}_{base62(secret)}"
    return signed + _check(signed)


def hash_of(text: str) -> bytes:
    """Return the SHA-256 that is stored of a token."""
    return sha256(text.encode("ascii")).digest()


def parse_token(text: str) -> TokenText | None:
    """Read a token; None where it is of another form, or its check is wrong."""
    found = _FORM.fullmatch(text)
    if found is None or _check(found["signed"]) != found["check"]:
        return None
    return TokenText(found["id"], hash_of(text))


def without_secrets(text: str) -> str:
    """Return a text, such as a path, without the secrets of tokens in it; their ids stay."""
    return _IN_TEXT.sub(r"\1…", text)


def base62(secret: bytes) -> str:
    """Return 32 bytes as 43 characters of 0-9, A-Z, a-z."""
    return _in_base62(int.from_bytes(secret), _SECRET_LENGTH)


def _check(signed: str) -> str:
    return _in_base62(zlib.crc32(signed.encode("ascii")), _CHECK_LENGTH)


def _in_base62(number: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        number, rest = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[rest])
    return "".join(reversed(digits))
