"""Attributes of a report: further columns of a table and the like, each kept verbatim with its type."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar, NoReturn, cast

from pydantic import Field, GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from domain.reports.text_forms import Decimal
from domain.values.acceptance import acceptor_of
from domain.values.explanation import explaining_model
from domain.values.statement import Statement
from domain.values.text_types import LONGEST_LABEL, LONGEST_WORDS, FreeText, JsonNumber, Label, Text

MOST = 2_000
"""The largest number of attributes."""

_BIGGEST = 2**53 - 1


class DecimalNumber(Statement, frozen=True, kw_only=True):
    """A number with a fraction, or too big for JSON readers, digit by digit: `{"decimal": "1.50"}`."""

    decimal: Decimal


_WORDS: TypeAdapter[str] = TypeAdapter(FreeText)
_accepts_words = Text(LONGEST_WORDS).accepts


@dataclass(frozen=True)
class _Verbatim:
    """Accepts JSON scalars but binary fractions, which would not give back the digits that were sent."""

    def read(self, value: object, _: object) -> object:
        if isinstance(value, JsonNumber):
            return 0 if value == "-0" else explaining_model(DecimalNumber)(decimal=str(value))
        if isinstance(value, str):
            return _WORDS.validate_python(value)
        if isinstance(value, dict):
            return explaining_model(DecimalNumber).model_validate(value)
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


Attribute = Annotated[FreeText | int | bool | DecimalNumber | None, _Verbatim()]


@dataclass(frozen=True)
class _FastPath:
    """Fast path: attributes that need no conversion, as in nearly every row of a table, skip validation one by one."""

    whole: ClassVar[bool] = True

    @staticmethod
    def accepts(found: dict[object, object]) -> bool:
        if _need_no_conversion(found):
            return True
        return _are_valid_names(tuple(found)) and all(map(_accepts_cell, found.values()))

    def read(self, value: object, one_by_one: core_schema.ValidatorFunctionWrapHandler) -> object:
        if type(value) is dict and _need_no_conversion(found := cast("dict[object, object]", value)):
            return found.copy()
        return one_by_one(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        return core_schema.no_info_wrap_validator_function(self.read, handler(source))


def _need_no_conversion(found: dict[object, object]) -> bool:
    """Say whether all names and cells are valid as they are; names are cached, as the columns of a table repeat."""
    words = "".join([cell for cell in found.values() if type(cell) is str])
    others = [cell for cell in found.values() if type(cell) is not str]
    fine = len(words) <= LONGEST_WORDS and words.isprintable() and _are_valid_names(tuple(found))
    return fine and (not others or all(map(_is_valid_cell, others)))


@lru_cache(maxsize=256)
def _are_valid_names(names: tuple[object, ...]) -> bool:
    return len(names) <= MOST and all(
        type(name) is str and 0 < len(name) <= LONGEST_LABEL and name.isprintable() and not name.isspace()
        for name in names
    )


def _accepts_cell(cell: object) -> bool:
    if type(cell) is str:
        return _accepts_words(cell)
    return acceptor_of(DecimalNumber)(cell) if isinstance(cell, DecimalNumber) else _is_valid_cell(cell)


def _is_valid_cell(cell: object) -> bool:
    return cell is None or type(cell) is bool or (type(cell) is int and -_BIGGEST <= cell <= _BIGGEST)


Attributes = Annotated[dict[Label, Attribute], Field(max_length=MOST), _FastPath()]
"""Attributes by name."""
