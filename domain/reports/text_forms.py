"""Texts of a fixed form: addresses, digests, language tags, durations and decimals, kept as they were written."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True)
class PatternText:
    """A string of at most `limit` characters in the form of `pattern`, all printable; an error shows `example`."""

    what: str
    pattern: str
    example: str
    limit: int = 200
    recurs: bool = False

    def accepts(self, text: str) -> bool:
        fits = len(text) <= self.limit and text.isprintable()
        return fits and re.fullmatch(self.pattern, text) is not None

    def check(self, text: str) -> str:
        if self.accepts(text):
            return text
        context = {"what": self.what, "text": text[:100], "example": self.example, "limit": self.limit}
        sentence = "“{text}” is not {what}, such as “{example}”, of at most {limit} characters."
        raise PydanticCustomError("form", sentence, context)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        text = core_schema.str_schema(strict=True, min_length=0)  # with a length to mind, half a surrogate is refused
        return core_schema.no_info_after_validator_function(self.check, text)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "type": "string",
            "maxLength": self.limit,
            "pattern": f"^(?:{self.pattern})$",
            "description": self.what,
            "examples": [self.example],
        }


# Only http(s), so that no page that shows an address can be made to run it.
WebAddress = Annotated[str, PatternText("a web address", r"https?://\S+", "https://example.org/report", 2000)]
Sha256 = Annotated[str, PatternText("a SHA-256 in 64 hex digits", "[0-9a-fA-F]{64}", "9f86d081" * 8, 64)]

# RFC 6838 §4.2.
_NAME = "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
MediaType = Annotated[str, PatternText("a media type", f"{_NAME}/{_NAME}", "image/jpeg", 255, recurs=True)]

# RFC 5646 §2.1, its form only: a language, then subtags.
LanguageTag = Annotated[
    str, PatternText("a language tag of BCP 47", "[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", "ar-SY", 100, recurs=True)
]

# ISO 8601-1:2019 §5.5.2: at least one component, one after a T, and a fraction only in the last.
_SENSE = r"(?=.*[0-9])(?!.*T$)(?!.*[.,][0-9]+[A-Z]T?[0-9])"
_NUMBER = "[0-9]{1,9}(?:[.,][0-9]{1,9})?"
_DATE = "".join(f"(?:{_NUMBER}{unit})?" for unit in "YMWD")
_TIME = "".join(f"(?:{_NUMBER}{unit})?" for unit in "HMS")
Duration = Annotated[str, PatternText("a duration of ISO 8601", f"P{_SENSE}{_DATE}(?:T{_TIME})?", "P2D", 100)]

# RFC 8259 §6: a number as JSON writes it, kept in a string so that no digit is lost.
Decimal = Annotated[
    str, PatternText("a decimal number", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", "1.50", 100)
]
