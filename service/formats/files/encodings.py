"""Encodings of text: that of a byte order mark, the declared one, or else UTF-8; nothing is decoded by a guess."""

import codecs
import io
import re
from collections.abc import Iterator
from difflib import get_close_matches
from encodings.aliases import aliases
from typing import BinaryIO, Final

from service.formats.files.undecodable import (
    BytePosition,
    UndecodableText,
    bad_bytes,
    bad_control,
    bad_declaration,
    missing_wide_mark,
)

UTF_8: Final = "utf-8"
LONGEST_MARK: Final = 4
"""How many bytes tell whether there is a byte order mark."""

_PIECE: Final = 1 << 16
_KEPT: Final = 40
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16 LE, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNMARKED: Final = frozenset({"utf-16", "utf-32"})
_NOT_OF_FILES: Final = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
_KNOWN: Final = ("cp1252", "latin-1", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "cp1256", "mac-roman")
"""What people have; offered first where a name is not known."""
_CONTROL: Final = re.compile("[\x80-\x9f]")
_BEYOND_ASCII: Final = re.compile(rb"[^\s,;|\"]*[\x80-\xff][^\s,;|\"]*")


class UnknownEncoding(ValueError):
    """There is no such encoding of text; the sentence names one that comes near."""


def normalize_encoding(name: str) -> str:
    """Return the name by which Python knows an encoding of text. Raises UnknownEncoding."""
    try:
        found = codecs.lookup(name.strip())
    except (LookupError, ValueError):
        found = None
    known = found.name.replace("_", "-").lower() if found else ""
    if found is not None and getattr(found, "_is_text_encoding", True) and known not in _NOT_OF_FILES:
        return known
    plain = name.strip().lower().replace("_", "-")
    names = [*_KNOWN, *sorted({each.replace("_", "-") for each in aliases} - {plain})]
    near = list(dict.fromkeys(get_close_matches(plain, names, n=3)))
    hint = f"did you mean “{'”, “'.join(near)}”?" if near else f"there are {', '.join(_KNOWN)} and others."
    raise UnknownEncoding(f"“{name[:100]}” is no encoding of text files that Python knows; {hint}")


def encoding_by_mark(head: bytes, declared: str | None) -> str:
    """Return the encoding of what begins with `head`: that of its byte order mark, the declared one, or UTF-8.

    A mark goes before the declaration, as it is in the very bytes. Raises Undecodable.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if declared in _UNMARKED:
        sentence = f"it has no byte order mark, which {declared} needs: declare {declared}-le or {declared}-be."
        raise UndecodableText(sentence)
    return declared or UTF_8


def decode(data: bytes, declared: str | None = None) -> str:
    """Return bytes as text, with the line breaks that they have. Raises Undecodable."""
    return "".join(decode_in_pieces(io.BytesIO(data), declared))


def decode_in_pieces(content: BinaryIO, declared: str | None = None) -> Iterator[str]:
    """Yield the text of bytes piece by piece, with the line breaks that they have. Raises Undecodable.

    No text either are NULs as UTF-16 has them; under another declaration, what is UTF-8 throughout, which encodings of
    single bytes would take and get every letter wrong; and controls of ISO 8859, where Windows has letters.
    """
    piece = content.read(_PIECE)
    encoding = encoding_by_mark(piece[:LONGEST_MARK], declared)
    given = declared is not None or encoding != UTF_8
    reading = _PositionedDecoder(encoding, given=given)
    doubt = None if encoding.startswith("utf-") else _Utf8Check(encoding)
    while piece:
        text = reading.take(piece)
        if doubt is not None:
            doubt.take(piece)
        yield text
        piece = content.read(_PIECE)
    text = reading.take(b"", final=True)
    if doubt is not None:
        doubt.end()
    yield text


class _PositionedDecoder:
    """A strict decoder that knows the line and the character where it is."""

    def __init__(self, encoding: str, *, given: bool) -> None:
        self._encoding = encoding
        self._given = given
        self._is_wide = encoding.startswith(("utf-16", "utf-32"))
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._line, self._characters = 1, 0
        self._last = ""
        """The last characters that were read."""
        self._beyond_ascii = False

    def take(self, piece: bytes, *, final: bool = False) -> str:
        """Return the text of the next bytes. Raises Undecodable."""
        if not self._is_wide and (fault := missing_wide_mark(piece, begins=not self._last)) is not None:
            raise fault
        state = self._decoder.getstate()
        try:
            text = self._decoder.decode(piece, final)
        except UnicodeError:
            self._decoder.setstate(state)
            raise self._bad(piece) from None
        if self._encoding.startswith("iso8859") and (found := _CONTROL.search(text)):
            self._pass(text[: found.start()])
            raise bad_control(self._encoding, self._place(b""))
        self._pass(text)
        return text

    def _bad(self, piece: bytes) -> UndecodableText:
        """Find the place in a piece that cannot be decoded: byte by byte, which is done once."""
        read: list[str] = []
        after = b""
        for at in range(len(piece)):
            state = self._decoder.getstate()
            try:
                read.append(self._decoder.decode(piece[at : at + 1]))
            except UnicodeError:
                after = state[0] + piece[at:]
                break
        self._pass("".join(read))
        mixed = self._beyond_ascii and self._encoding.startswith(UTF_8)
        return bad_bytes(self._encoding, self._place(after), given=self._given, mixed=mixed)

    def _place(self, after: bytes) -> BytePosition:
        return BytePosition(self._line, self._characters + 1, self._last, after)

    def _pass(self, text: str) -> None:
        self._beyond_ascii = self._beyond_ascii or not text.isascii()
        halved = self._last.endswith("\r") and text.startswith("\n")  # one line break in two pieces
        self._line += text.count("\n") + text.count("\r") - text.count("\r\n") - halved
        ends = max(text.rfind("\n"), text.rfind("\r"))
        self._characters = len(text) - ends - 1 if ends >= 0 else self._characters + len(text)
        self._last = (self._last + text)[-_KEPT:]


class _Utf8Check:
    """Whether bytes that were declared as another encoding are all UTF-8, letters beyond ASCII among them."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder(UTF_8)()
        self._word: bytes | None = None

    def take(self, piece: bytes, *, final: bool = False) -> None:
        """Read on."""
        if self._decoder is None:
            return
        try:
            self._decoder.decode(piece, final)
        except UnicodeError:
            self._decoder = None
        if self._word is None and (found := _BEYOND_ASCII.search(piece)):
            self._word = found[0]

    def end(self) -> None:
        """Raise Undecodable, where they are."""
        self.take(b"", final=True)
        if self._decoder is not None and self._word is not None:
            raise bad_declaration(self._encoding, self._word.decode(self._encoding, "replace"))
