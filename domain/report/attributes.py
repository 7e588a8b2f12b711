"""What else a source states of a thing: columns of a table and the like, each kept verbatim with its type."""

from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

from pydantic import GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from domain.report.written import Decimal
from domain.words import Strict, Words

_BIGGEST = 2**53 - 1


class DecimalNumber(Strict, frozen=True):
    """A number with a fraction, or too big for JSON readers, digit by digit: `{"decimal": "1.50"}`."""

    decimal: Decimal


_WORDS: TypeAdapter[str] = TypeAdapter(Words)


@dataclass(frozen=True)
class _Verbatim:
    """Takes JSON's own types but lists, objects and binary fractions, which would not give back what was sent."""

    def read(self, value: object, _: object) -> object:
        if isinstance(value, str):
            return _WORDS.validate_python(value)
        if isinstance(value, dict | DecimalNumber):
            return DecimalNumber.model_validate(value)
        if isinstance(value, float):
            self._refuse(f"{value} is a binary fraction; write {{“decimal”: “{value}”}} to keep its digits.")
        if isinstance(value, int) and abs(value) > _BIGGEST:
            self._refuse("The number is beyond 2^53 - 1; write {“decimal”: “…”} to keep its digits.")
        if value is not None and not isinstance(value, int):
            self._refuse("An attribute is a string, an integer, true, false, null or {“decimal”: “1.50”}.")
        return value

    @staticmethod
    def _refuse(why: str) -> NoReturn:
        raise PydanticCustomError("attribute", "{why}", {"why": why})

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        return core_schema.no_info_wrap_validator_function(self.read, handler(source))


Attribute = Annotated[Words | int | bool | DecimalNumber | None, _Verbatim()]
