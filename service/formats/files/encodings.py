"""Encodings of text: that of a byte order mark, the declared one, or else UTF-8; nothing is decoded by a guess."""

import codecs
import io
import re
from collections.abc import Iterator
from difflib import get_close_matches
from encodings.aliases import aliases
from typing import BinaryIO, Final, NamedTuple

_WORD_BEFORE: Final = re.compile(r"[^\s,;|\"]{0,20}\Z")
_WORD_AFTER: Final = re.compile(rb"[^\s,;|\"]{1,20}")
_RUN: Final = re.compile(rb"[\x80-\xff]{3,}")
_WESTERN: Final = ("cp1252", "cp1250", "latin-1")
_OF_RUNS: Final = ("cp1251", "cp1256", "gb18030", "cp1252")
_MOST_NULS: Final = 50
"""Text with a NUL in so many bytes is text of two bytes a character."""


class UndecodableText(ValueError):
    """Bytes are no text in their encoding; the sentence says where, and what to declare: `tries` are encodings."""

    def __init__(self, sentence: str, *tries: str) -> None:
        """Keep what may be tried."""
        super().__init__(sentence)
        self.candidates = tries


class BytePosition(NamedTuple):
    """Where bytes are no text: the line and the character in it (from 1), the line before it, and the bytes from it."""

    line: int
    character: int
    before: str
    after: bytes


def declare(encoding: str) -> str:
    """Return how an encoding is declared."""
    return f'encoding = "{encoding}" in the mapping file, or --encoding {encoding}'


def bad_bytes(encoding: str, place: BytePosition, *, given: bool, mixed: bool) -> UndecodableText:
    """Say that bytes are no text in the encoding, which was `given` (declared, or by its mark) or not.

    `mixed`: there were letters beyond ASCII before, and they were UTF-8.
    """
    where = f"line {place.line:,}, character {place.character:,}"
    name = encoding.removesuffix("-sig").upper() if encoding.startswith("utf-") else encoding
    if not place.after:
        return UndecodableText(f"it ends in the middle of a character of {name} ({where}): is it cut off?")
    what = f"{where} is not {name} (byte 0x{place.after[0]:02X})"
    if given:
        return UndecodableText(
            f"{what}, which it is declared to be, or marked as.{_suggested_encodings(place, encoding)}"
        )
    if mixed:
        return UndecodableText(
            f"{what}, but what stands before it is: mend that place, or save the file as UTF-8 anew."
        )
    return UndecodableText(
        f"{what}, so its encoding must be declared.{_suggested_encodings(place, encoding)}",
        *dict(_candidate_words(place)),
    )


def bad_control(encoding: str, place: BytePosition) -> UndecodableText:
    """Say that a letter under ISO 8859 is a control, where Windows has letters."""
    where = f"line {place.line:,}, character {place.character:,}"
    return UndecodableText(
        f"{where} is a control character in {encoding}, where Windows has a letter or a quotation mark; it is rather"
        f" cp1252, or its like for another script: declare {declare('cp1252')}."
    )


def bad_declaration(encoding: str, word: str) -> UndecodableText:
    """Say that text is UTF-8, though another encoding was declared, in which a word would be another."""
    return UndecodableText(
        f"it is declared as {encoding} but all of it is UTF-8; as {encoding} it would have “{word[:40]}”. Leave the"
        " declaration out (--encoding utf-8, where the mapping file has it for other files)."
    )


def missing_wide_mark(piece: bytes, *, begins: bool) -> UndecodableText | None:
    """Say that bytes have NULs as UTF-16 and UTF-32 have them; None: none, or few. `begins`: the file does so here."""
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
    return UndecodableText(f"it has NULs, as {what} without a byte order mark does; declare {declare(name)}.", name)


def _suggested_encodings(place: BytePosition, but: str) -> str:
    """Return how the word at a place would read under other common encodings; nothing is decided by it."""
    found = [(encoding, word) for encoding, word in _candidate_words(place) if encoding != but]
    if not found:
        return ""
    words = ", ".join(f"as {encoding} it would read “{word}”" for encoding, word in found[:3])
    return f" Here, {words}; if that is right, declare {declare(found[0][0])}."


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
