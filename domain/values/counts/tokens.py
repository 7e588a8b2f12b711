"""Tokens of a count: figures, words and signs; invisible characters are refused."""

import re
import unicodedata
from collections.abc import Callable
from typing import Literal, NamedTuple, cast

from domain.values.counts.english_1_numbers import unreadable

QUOTES = "\"'“”\u2018\u2019«»\u2039\u203a„"
EDGES = QUOTES + " \t\n\r\u00a0\u202f\u2009\u200e\u200f\u061c\ufeff"
"""Characters stripped at both ends of a phrase."""
SEPARATORS = ".,'\u2019\u00a0\u202f\u2009\u066b\u066c"
"""Separators within one figure."""

_MARKS_OF_DIRECTION = "\u200e\u200f\u061c\u202a\u202b\u202c\u2066\u2067\u2068\u2069"
_INVISIBLE = re.compile("[\u00ad\u034f\u180e\u200b-\u200d\u202d\u202e\u2060-\u2064\ufeff\x00-\x08\x0e-\x1f\x7f]")
_DIRECTION = re.compile(f"(?<=[^\\W_])[{_MARKS_OF_DIRECTION}]+(?=[^\\W_])|[{_MARKS_OF_DIRECTION}]")
_FOOTNOTE = re.compile(r"(?<=[^\s\[(])(?:\[(?:[0-9]{1,3}|[a-z]|(?:nb|note) [0-9]{1,2})\])+(?!\d)")
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u2010\u2011](?=[^\W\d_])")
_SPACED = re.compile(rf"(?<![{SEPARATORS}\w])[1-9][0-9]{{0,2}}(?: [0-9]{{3}})+(?![{SEPARATORS}]?\w| [0-9])", re.ASCII)
_LETTER = r"[^\W\d_]"
_TOKEN = re.compile(
    rf"(?P<figure>(?:(?<![^\s(~≈<>=\-\u2013\u2014])\.(?=\d))?\d+(?:[{SEPARATORS}]\d+)*)"
    rf"|(?P<word>{_LETTER}+(?:['\u2019]{_LETTER}+)*)"
    r"|(?P<sign>\S)"
)


class Token(NamedTuple):
    """A figure in digits, a word in lower case or a single sign.

    `glued`: no space before it; `name`: with a capital, in a phrase not all in capitals; `acronym`: all in capitals.
    """

    text: str
    kind: Literal["figure", "word", "sign"]
    glued: bool
    name: bool
    acronym: bool


def tokens(verbatim: str, *, spaced: bool, split: Callable[[str], str] | None = None) -> list[Token]:
    """Tokenise a phrase; raises CountError for invisible characters.

    A plain space joins groups of three digits where the language writes thousands so (`spaced`), else only where no
    second figure could begin: `1 018`. `split` parts words that a language writes together.
    """
    text = _visible(unicodedata.normalize("NFC", verbatim).strip(EDGES), verbatim)
    if "[" in text:
        text = _FOOTNOTE.sub("", text)
    if " " in text:
        text = _SPACED.sub(lambda found: _joined(found[0], spaced=spaced), text)
    if "-" in text or not text.isascii():
        text = _HYPHEN.sub(" ", text)
    text = text.rstrip(EDGES + ".,;:!")
    all_capitals = text.isupper()
    return _split(split(text) if split else text, all_capitals=all_capitals)


def _split(text: str, *, all_capitals: bool) -> list[Token]:
    found: list[Token] = []
    before = -1
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        raw = match[0]
        kind = cast("Literal['figure', 'word', 'sign']", match.lastgroup)
        capital = kind == "word" and raw[0].isupper() and not all_capitals
        acronym = capital and len(raw) > 2 and raw.isupper()  # noqa: PLR2004 - of two letters are units: KM, MN
        found.append(Token(raw.lower(), kind, start == before, capital, acronym))
        before = end
    return found


def _visible(text: str, verbatim: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    if unseen := _INVISIBLE.search(text):
        raise unreadable(
            verbatim,
            f"holds the character U+{ord(unseen[0]):04X}, which cannot be seen; write the count again without it",
        )
    for mark in _DIRECTION.finditer(text):
        if (
            mark.start() > 0
            and mark.end() < len(text)
            and text[mark.start() - 1].isalnum()
            and text[mark.end()].isalnum()
        ):
            raise unreadable(
                verbatim, "holds a mark of direction inside a figure or word; write the count again without it"
            )
    return _DIRECTION.sub("", text)


def _joined(figure: str, *, spaced: bool) -> str:
    return figure.replace(" ", "\u202f") if spaced or " 0" in figure else figure
