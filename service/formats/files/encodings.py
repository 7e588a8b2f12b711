"""Decoding of text: by byte order mark, declared encoding, or else UTF-8. Imports never guess; proposals may."""

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from encodings.aliases import aliases
from typing import BinaryIO, Final, NamedTuple

_WORD_BEFORE: Final = re.compile(r"[^\s,;|\"]{0,20}\Z")
_WORD_AFTER: Final = re.compile(rb"[^\s,;|\"]{1,20}")
_RUN: Final = re.compile(rb"[\x80-\xff]{3,}")
_WESTERN: Final = ("cp1252", "cp1250", "latin-1")
_OF_RUNS: Final = ("cp1251", "cp1256", "gb18030", "cp1252")
_MOST_NULS: Final = 50
"""A NUL in at least one of so many bytes means UTF-16 or UTF-32."""


class UndecodableText(ValueError):
    """Bytes that are invalid in their encoding. The message has the position; `candidates` are encodings to try."""

    def __init__(self, sentence: str, *candidates: str) -> None:
        """Create it of message and candidates."""
        super().__init__(sentence)
        self.candidates = candidates


class BytePosition(NamedTuple):
    """Position of invalid bytes: line and character in it (from 1), the text before, and the bytes from there on."""

    line: int
    character: int
    before: str
    after: bytes


def _declare(encoding: str) -> str:
    return f'encoding = "{encoding}" in the mapping file, or --encoding {encoding}'


def _invalid_bytes(encoding: str, place: BytePosition, *, given: bool, mixed: bool) -> UndecodableText:
    """Return the error of invalid bytes. `given`: declared or by mark; `mixed`: valid UTF-8 beyond ASCII precedes."""
    where = f"line {place.line:,}, character {place.character:,}"
    name = encoding.removesuffix("-sig").upper() if encoding.startswith("utf-") else encoding
    if not place.after:
        return UndecodableText(f"it ends in the middle of a character of {name} ({where}): is it cut off?")
    what = f"{where} is not {name} (byte 0x{place.after[0]:02X})"
    if given:
        return UndecodableText(f"{what}, which it is declared to be, or marked as.{_suggestion(place, encoding)}")
    if mixed:
        return UndecodableText(
            f"{what}, but what stands before it is: mend that place, or save the file as UTF-8 anew."
        )
    return UndecodableText(
        f"{what}, so its encoding must be declared.{_suggestion(place, encoding)}", *dict(_candidate_words(place))
    )


def _control_character(encoding: str, place: BytePosition) -> UndecodableText:
    """Return the error of a C1 control in ISO 8859, which is a letter in the Windows code page."""
    where = f"line {place.line:,}, character {place.character:,}"
    return UndecodableText(
        f"{where} is a control character in {encoding}, where Windows has a letter or a quotation mark; it is rather"
        f" cp1252, or its like for another script: declare {_declare('cp1252')}."
    )


def _is_utf_8(encoding: str, word: str) -> UndecodableText:
    """Return the error of UTF-8 text that was declared as another encoding."""
    return UndecodableText(
        f"it is declared as {encoding} but all of it is UTF-8; as {encoding} it would have “{word[:40]}”. Leave the"
        " declaration out (--encoding utf-8, where the mapping file has it for other files)."
    )


def _wide_without_mark(piece: bytes, *, begins: bool) -> UndecodableText | None:
    """Return the error of NULs as in UTF-16 or UTF-32; None if there are few. `begins`: the piece is the first."""
    if b"\0" not in piece:
        return None
    first = piece.splitlines()[0] if begins else b""
    if b"\0" not in first and piece.count(b"\0") * _MOST_NULS < len(piece):
        return None
    if b"\0\0\0" in piece:
        name = "utf-32-be" if piece.startswith(b"\0") else "utf-32-le"
    else:
        name = "utf-16-be" if piece[::2].count(0) > piece[1::2].count(0) else "utf-16-le"
    what = name[: len("utf-16")].upper()
    return UndecodableText(f"it has NULs, as {what} without a byte order mark does; declare {_declare(name)}.", name)


def _suggestion(place: BytePosition, but: str) -> str:
    """Return the readings of the word at a position in other common encodings, as a sentence."""
    found = [(encoding, word) for encoding, word in _candidate_words(place) if encoding != but]
    if not found:
        return ""
    words = ", ".join(f"as {encoding} it would read “{word}”" for encoding, word in found[:3])
    return f" Here, {words}; if that is right, declare {_declare(found[0][0])}."


def _candidate_words(place: BytePosition) -> Iterator[tuple[str, str]]:
    bytes_of_word = _WORD_AFTER.match(place.after)
    raw = bytes_of_word[0] if bytes_of_word else place.after[:1]
    before = found[0] if (found := _WORD_BEFORE.search(place.before)) else ""
    seen: set[str] = set()
    for encoding in _OF_RUNS if _RUN.search(raw) else _WESTERN:
        word = raw.decode(encoding, "replace")
        if word not in seen and all(letter.isprintable() and letter != "\ufffd" for letter in word):
            seen.add(word)
            yield encoding, before + word


UTF_8: Final = "utf-8"
LONGEST_MARK: Final = 4
"""Length of the longest byte order mark, in bytes."""

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
"""Common encodings, suggested first for an unknown name."""
_CONTROL: Final = re.compile("[\x80-\x9f]")
_BEYOND_ASCII: Final = re.compile(rb"[^\s,;|\"]*[\x80-\xff][^\s,;|\"]*")


class UnknownEncoding(ValueError):
    """Unknown name of an encoding; the message suggests a similar one."""


def normalize_encoding(name: str) -> str:
    """Return Python's name of an encoding of text. Raises UnknownEncoding."""
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
    """Return the encoding of a file that begins with `head`: by byte order mark, declaration, or else UTF-8.

    A byte order mark takes precedence over the declaration. Raises UndecodableText.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if declared in _UNMARKED:
        sentence = f"it has no byte order mark, which {declared} needs: declare {declared}-le or {declared}-be."
        raise UndecodableText(sentence)
    return declared or UTF_8


def decode(data: bytes, declared: str | None = None) -> str:
    """Decode bytes, line breaks unchanged. Raises UndecodableText."""
    return "".join(decode_in_pieces(io.BytesIO(data), declared))


def decode_in_pieces(content: BinaryIO, declared: str | None = None) -> Iterator[str]:
    """Decode bytes in pieces, line breaks unchanged. Raises UndecodableText.

    Also refused, as single-byte encodings accept any bytes: NULs as in UTF-16; bytes that are all UTF-8 though declared
    otherwise; and C1 controls in ISO 8859, which Windows code pages have letters for.
    """
    piece = content.read(_PIECE)
    encoding = encoding_by_mark(piece[:LONGEST_MARK], declared)
    given = declared is not None or encoding != UTF_8
    decoder = _PositionedDecoder(encoding, given=given)
    utf_8 = None if encoding.startswith("utf-") else _Utf8Check(encoding)
    while piece:
        text = decoder.decode(piece)
        if utf_8 is not None:
            utf_8.feed(piece)
        yield text
        piece = content.read(_PIECE)
    text = decoder.decode(b"", final=True)
    if utf_8 is not None:
        utf_8.finish()
    yield text


def decode_by_guess(data: bytes) -> tuple[str, str | None, str]:
    """Decode bytes as UTF-8, else by the first candidate that fits: text, guessed encoding, and the reason to guess.

    Raises UndecodableText.
    """
    try:
        return decode(data), None, ""
    except UndecodableText as problem:
        for encoding in problem.candidates:
            with suppress(UndecodableText):
                return decode(data, encoding), encoding, str(problem)
        raise


class _PositionedDecoder:
    """A strict incremental decoder that tracks line and character."""

    def __init__(self, encoding: str, *, given: bool) -> None:
        self._encoding = encoding
        self._given = given
        self._is_wide = encoding.startswith(("utf-16", "utf-32"))
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._line, self._characters = 1, 0
        self._last = ""
        """The last characters decoded."""
        self._beyond_ascii = False

    def decode(self, piece: bytes, *, final: bool = False) -> str:
        """Return the text of the next bytes. Raises UndecodableText."""
        if not self._is_wide and (fault := _wide_without_mark(piece, begins=not self._last)) is not None:
            raise fault
        state = self._decoder.getstate()
        try:
            text = self._decoder.decode(piece, final)
        except UnicodeError:
            self._decoder.setstate(state)
            raise self._invalid(piece) from None
        if self._encoding.startswith("iso8859") and (found := _CONTROL.search(text)):
            self._advance(text[: found.start()])
            raise _control_character(self._encoding, self._position(b""))
        self._advance(text)
        return text

    def _invalid(self, piece: bytes) -> UndecodableText:
        """Find the first invalid byte of a piece, byte by byte, and return its error."""
        read: list[str] = []
        after = b""
        for at in range(len(piece)):
            state = self._decoder.getstate()
            try:
                read.append(self._decoder.decode(piece[at : at + 1]))
            except UnicodeError:
                after = state[0] + piece[at:]
                break
        self._advance("".join(read))
        mixed = self._beyond_ascii and self._encoding.startswith(UTF_8)
        return _invalid_bytes(self._encoding, self._position(after), given=self._given, mixed=mixed)

    def _position(self, after: bytes) -> BytePosition:
        return BytePosition(self._line, self._characters + 1, self._last, after)

    def _advance(self, text: str) -> None:
        self._beyond_ascii = self._beyond_ascii or not text.isascii()
        halved = self._last.endswith("\r") and text.startswith("\n")  # CR LF split over two pieces
        self._line += text.count("\n") + text.count("\r") - text.count("\r\n") - halved
        ends = max(text.rfind("\n"), text.rfind("\r"))
        self._characters = len(text) - ends - 1 if ends >= 0 else self._characters + len(text)
        self._last = (self._last + text)[-_KEPT:]


class _Utf8Check:
    """Detection of UTF-8 beyond ASCII in bytes that were declared as another encoding."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder(UTF_8)()
        self._word: bytes | None = None

    def feed(self, piece: bytes, *, final: bool = False) -> None:
        """Check the next bytes."""
        if self._decoder is None:
            return
        try:
            self._decoder.decode(piece, final)
        except UnicodeError:
            self._decoder = None
        if self._word is None and (found := _BEYOND_ASCII.search(piece)):
            self._word = found[0]

    def finish(self) -> None:
        """Raise UndecodableText if all bytes were UTF-8."""
        self.feed(b"", final=True)
        if self._decoder is not None and self._word is not None:
            raise _is_utf_8(self._encoding, self._word.decode(self._encoding, "replace"))
