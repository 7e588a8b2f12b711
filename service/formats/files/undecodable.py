"""Bytes that are no text in their encoding: the sentences say where, and which declaration to try."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

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
