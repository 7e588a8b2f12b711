"""Text types: closed lists, slugs, labels and free text; and the strict base model of statements."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

SLUG_LENGTH = 100
BIGGEST_WHOLE = 2**53 - 1
"""Beyond it, readers of JSON disagree (RFC 8259 §6)."""
_LONGEST_WHOLE = len(str(BIGGEST_WHOLE))
_SLUG = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_OWN_WORD = re.compile(r"x-[a-z0-9]+(?:[-_][a-z0-9]+)*")
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")


JsonObject = dict[str, Any]
"""A JSON object whose members have any type."""

_PLAIN = core_schema.str_schema(strict=True, min_length=0)
"""Any string that UTF-8 can encode: pydantic refuses lone surrogates only where it has a length to check."""


class JsonNumber(str):
    """A number as JSON wrote it, where neither an integer nor a binary fraction would give back its digits: `35.50`.

    Where text is asked for it is that text; where a whole number is, `12.0` is 12.
    """

    __slots__ = ()

    @property
    def whole(self) -> int | None:
        """The number as an integer, up to 2^53 - 1 (RFC 8259 §6); None where it has a fraction, or is greater."""
        try:
            exact = Decimal(self)
        except InvalidOperation:  # an exponent out of range
            return None
        if not exact:
            return 0
        if exact.adjusted() >= _LONGEST_WHOLE or exact != exact.to_integral_value():
            return None
        return int(exact) if abs(exact) <= BIGGEST_WHOLE else None


class Strict(BaseModel, frozen=True):
    """An immutable statement: unknown fields are refused, never dropped."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most like `word`, or None if none comes close."""
    matches = get_close_matches(word.lower().replace("-", "_").replace(" ", "_"), list(known), n=1, cutoff=0.5)
    return matches[0] if matches else None


@dataclass(frozen=True)
class ClosedList:
    """A string from a closed list; a word of one's own starts with `x-`.

    Raises `unknown_word` on validation, naming the nearest known word.
    """

    what: str
    words: tuple[str, ...]
    recurs: ClassVar[bool] = True

    def accepts(self, word: str) -> bool:
        return word in self.words or _OWN_WORD.fullmatch(word) is not None

    def check(self, word: str) -> str:
        if self.accepts(word):
            return word
        near = nearest(word, self.words)
        hint = f"did you mean “{near}”?" if near else f"known: {', '.join(self.words)}."
        raise PydanticCustomError(
            "unknown_word",
            "“{word}” is not a known {what}; {hint} A word of your own starts with “x-”.",
            {"word": word[:100], "what": self.what, "hint": hint, "nearest": near},
        )

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        return core_schema.no_info_after_validator_function(self.check, _PLAIN)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"enum": list(self.words)}, {"type": "string", "pattern": f"^{_OWN_WORD.pattern}$"}]}


@dataclass(frozen=True)
class Text:
    """A string of at most `limit` characters that JSON, UTF-8 and PostgreSQL all keep: no NUL, no lone surrogate."""

    limit: int
    least: int = 0

    def accepts(self, text: str) -> bool:
        if not self.least <= len(text) <= self.limit or (self.least and text.isspace()):
            return False
        return text.isprintable() or not _FORBIDDEN.search(text)

    def check(self, text: str) -> str:
        if not text.isprintable() and (found := _FORBIDDEN.search(text)):
            what = "a NUL character" if found[0] == "\x00" else "half of a surrogate pair"
            raise PydanticCustomError(
                "forbidden_character", "The text holds {what}, which is not text.", {"what": what}
            )
        if self.least and not text.strip():
            raise PydanticCustomError("blank", "This must say something; it is blank.")
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        plain = core_schema.str_schema(strict=True, max_length=self.limit, min_length=self.least)
        return core_schema.no_info_after_validator_function(self.check, plain)


LONGEST_WORDS, LONGEST_LABEL = 10_000, 300

FreeText = Annotated[str, Text(LONGEST_WORDS)]
"""Free text, verbatim: up to 10,000 characters."""

Label = Annotated[str, Text(LONGEST_LABEL, 1)]
"""A name or label, verbatim: 1 to 300 characters, not all of them blank."""


@dataclass(frozen=True)
class SlugRule:
    """Letters and digits of any script, joined by single hyphens, lower case, NFC; final once used."""

    recurs: ClassVar[bool] = True

    def accepts(self, slug: str) -> bool:
        return self.check(slug) == slug

    @staticmethod
    @lru_cache(maxsize=65_536)
    def check(slug: str) -> str:
        normal = unicodedata.normalize("NFC", slug)
        if len(normal) <= SLUG_LENGTH and _SLUG.fullmatch(normal) and normal == normal.lower():
            return normal
        near = slugify(slug) if len(normal) <= SLUG_LENGTH else ""
        hint = f"for example “{near}”" if near else "for example “syria-coast-2025”"
        raise PydanticCustomError(
            "slug",
            "“{slug}” is not a slug: lower-case letters and digits joined by single hyphens, at most 100, {hint}.",
            {"slug": slug[:100], "hint": hint, "nearest": near},
        )

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        return core_schema.no_info_after_validator_function(self.check, _PLAIN)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "minLength": 1, "maxLength": SLUG_LENGTH, "pattern": "^[^\\W_]+(-[^\\W_]+)*$"}


Slug = Annotated[str, SlugRule()]


@lru_cache(maxsize=4096)
def slugify(words: str) -> str:
    """Turn words into the slug they suggest: `Syria, coast` -> `syria-coast`; may be empty."""
    normal = unicodedata.normalize("NFC", words).lower()
    return "-".join(re.findall(r"[^\W_]+", normal))[:SLUG_LENGTH].strip("-")
