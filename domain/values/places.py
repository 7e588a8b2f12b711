"""Places: a name, a country, and coordinates with the precision that the source gave."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar, NoReturn

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from domain.values.countries import country_hint, is_country
from domain.values.statement import Statement
from domain.values.text_types import ClosedList, Label

# With a length limit, pydantic refuses lone surrogates, which no error could quote.
_A_STRING = core_schema.str_schema(strict=True, min_length=0)
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,15})?")

Precision = Annotated[
    str, ClosedList("precision", ("exact", "vicinity", "locality", "admin2", "admin1", "region", "country"))
]
"""How near to the event the point lies: the spot, its surroundings, a locality, or the middle of an area."""


COUNTRY_PATTERN = "^[A-Z]{2}(?:[A-Z]{2})?$"
COUNTRY_MEANING = (
    "ISO 3166-1 alpha-2; for a former country its own two letters, such as YU, or the four of ISO 3166-3, such as CSHH"
)


@dataclass(frozen=True)
class CountryRule:
    """ISO 3166-1 alpha-2, upper case: assigned codes, and those that the standard leaves to users; former ones too.

    A former country is written as ISO 3166-3 has it, by the two letters that were its own, or else by its four.
    """

    def accepts(self, code: str) -> bool:
        return is_country(code)

    def check(self, code: str) -> str:
        if self.accepts(code):
            return code
        sentence = "“{code}” is not a country code of ISO 3166-1 alpha-2; {hint}"
        raise PydanticCustomError("country", sentence, {"code": code[:100], "hint": country_hint(code)})

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        return core_schema.no_info_after_validator_function(self.check, _A_STRING)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": COUNTRY_PATTERN, "description": COUNTRY_MEANING}


@dataclass(frozen=True)
class Coordinate:
    """Decimal degrees (WGS 84) from -`limit` to `limit`, kept as the text that was sent.

    A binary fraction is refused: it would not give back the digits of the source, and zeros at the end say how exact
    the point is. A number of JSON comes here as its digits.
    """

    recurs: ClassVar[bool] = True
    name: str
    limit: int

    def accepts(self, degrees: str) -> bool:
        return self.check(degrees) == degrees

    def check_type(self, degrees: object) -> object:
        if type(degrees) is int:
            return str(degrees)
        if not isinstance(degrees, str):
            self._refuse("is a string of decimal degrees, such as “35.3612”", str(degrees))
        return degrees

    def check(self, degrees: str) -> str:
        if not _DECIMAL.fullmatch(degrees):
            self._refuse("has decimal degrees with at most 15 decimals, such as “35.3612”", f"“{degrees[:100]}”")
        if abs(Decimal(degrees)) > self.limit:
            self._refuse(f"lies between -{self.limit} and {self.limit} degrees", f"“{degrees}”")
        return degrees

    def _refuse(self, rule: str, degrees: str) -> NoReturn:
        context = {"name": self.name, "rule": rule, "degrees": degrees[:102]}
        raise PydanticCustomError("coordinate", "A {name} {rule}, not {degrees}.", context)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        checked = core_schema.no_info_after_validator_function(self.check, _A_STRING)
        return core_schema.no_info_before_validator_function(self.check_type, checked)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^{_DECIMAL.pattern}$", "description": "decimal degrees, WGS 84"}


class Place(Statement, frozen=True, kw_only=True):
    """A place as the source names it, from the country down to a point."""

    name: Label
    country: Annotated[str, CountryRule()] | None = None
    admin1: Label | None = None
    admin2: Label | None = None
    lat: Annotated[str, Coordinate("latitude", 90)] | None = None
    lon: Annotated[str, Coordinate("longitude", 180)] | None = None
    precision: Precision | None = None

    def expect_agreement(self) -> None:
        """Refuse half a point."""
        if (self.lat is None) != (self.lon is None):
            missing = "lon" if self.lon is None else "lat"
            raise PydanticCustomError(
                "half_a_point",
                "The place “{place}” has half a point: give “{missing}” too, or neither.",
                {"place": self.name, "missing": missing},
            )
