"""Query parameters that may be repeated; each value is validated, errors are reported under the parameter's name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from domain.reports.kind import Tier
from domain.reports.registry import KINDS
from domain.values.places import COUNTRY_PATTERN, CountryRule
from domain.values.sources import Reliability, SourceType
from domain.values.text_types import Text, nearest

MOST = 20
"""The most values of a parameter."""
_LONGEST = 300


@dataclass(frozen=True)
class RepeatableParameter:
    """Pydantic annotation of a list: `check` validates each value, `schema` is its JSON schema. None is no list."""

    check: Callable[[str], str]
    schema: Mapping[str, object]

    def checked(self, words: list[str] | None) -> list[str] | None:
        if words is None:
            return None
        if len(words) > MOST:
            context = {"count": len(words), "most": MOST}
            raise PydanticCustomError("too_many", "This is given {count} times; {most} is the most.", context)
        return [self.check(word) for word in words]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        return core_schema.no_info_after_validator_function(self.checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        kept = {name: each for name, each in handler(schema).items() if name in ("description", "examples")}
        return {"type": "array", "items": dict(self.schema), "minItems": 1, "maxItems": MOST, **kept}


def closed_list(what: str, known: Sequence[str]) -> RepeatableParameter:
    """Accept the values of a closed list; the error for others states the nearest one."""

    def check(word: str) -> str:
        if word in known:
            return word
        near = nearest(word, known)
        hint = f"did you mean “{near}”?" if near else f"known: {', '.join(known)}."
        context = {"word": word[:100], "what": what, "hint": hint, "nearest": near}
        raise PydanticCustomError("unknown_word", "“{word}” is not a known {what}; {hint}", context)

    return RepeatableParameter(check, {"type": "string", "enum": list(known)})


NAMES = RepeatableParameter(Text(_LONGEST, 1).check, {"type": "string", "minLength": 1, "maxLength": _LONGEST})
"""Names and words of any script, compared verbatim."""
COUNTRIES = RepeatableParameter(CountryRule().check, {"type": "string", "pattern": COUNTRY_PATTERN})
"""ISO 3166-1 alpha-2, and former countries."""
KIND_NAMES = closed_list("kind of report", tuple(KINDS))
TIERS = closed_list("tier", get_args(Tier))
GRADES = closed_list("grade", get_args(Reliability))
SOURCE_TYPES = RepeatableParameter(get_args(SourceType)[1].check, {"type": "string"})
"""Types of the closed list, or custom ones (`x-…`)."""
