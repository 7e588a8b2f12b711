"""Where something happened: a place by name, its country, and a point as exact as the source made it."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, NoReturn, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from domain.words import Label, Listed, Strict

# ISO 3166-1: the 249 codes officially assigned, as in the tz database's iso3166.tab.
_ASSIGNED = frozenset(
    re.findall(
        "[A-Z]{2}",
        "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY "
        "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
        "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR "
        "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK "
        "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
        "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
        "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW",
    )
)
# ISO 3166-1:2013 §8.1.3: codes that users may assign; XK (Kosovo) is the one in wide use.
_OF_ONES_OWN = re.compile(r"AA|Q[M-Z]|X[A-Z]|ZZ")
_MEANT = {"UK": "GB", "EL": "GR"}
# With a length to mind, pydantic refuses half a surrogate pair, which no error could quote.
_A_STRING = core_schema.str_schema(strict=True, min_length=0)
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,15})?")

Precision = Annotated[
    str, Listed("precision", ("exact", "vicinity", "locality", "admin2", "admin1", "region", "country"))
]
"""How near to the event the point lies: the spot, its surroundings, a locality, or the middle of an area."""


@dataclass(frozen=True)
class CountryRule:
    """ISO 3166-1 alpha-2, upper case: assigned codes, and those that the standard leaves to users."""

    def check(self, code: str) -> str:
        if code in _ASSIGNED or _OF_ONES_OWN.fullmatch(code):
            return code
        meant = _MEANT.get(code.upper(), code.upper())
        hint = f"did you mean “{meant}”?" if meant in _ASSIGNED else "write one such as “SY”."
        raise PydanticCustomError(
            "country",
            "“{code}” is not a country code of ISO 3166-1 alpha-2; {hint}",
            {"code": code[:100], "hint": hint},
        )

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        return core_schema.no_info_after_validator_function(self.check, _A_STRING)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": "^[A-Z]{2}$", "description": "ISO 3166-1 alpha-2"}


@dataclass(frozen=True)
class Coordinate:
    """Decimal degrees (WGS 84) from -`limit` to `limit`, kept as the text that was sent.

    A binary fraction is refused: it would not give back the digits of the source,
    and zeros at the end say how exact the point is.
    """

    name: str
    limit: int

    def check_type(self, degrees: object) -> object:
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


class Place(Strict, frozen=True):
    """A place as the source names it, from the country down to a point."""

    name: Label
    country: Annotated[str, CountryRule()] | None = None
    admin1: Label | None = None
    admin2: Label | None = None
    lat: Annotated[str, Coordinate("latitude", 90)] | None = None
    lon: Annotated[str, Coordinate("longitude", 180)] | None = None
    precision: Precision | None = None

    @model_validator(mode="after")
    def _a_point_has_both(self) -> Self:
        if (self.lat is None) != (self.lon is None):
            missing = "lon" if self.lon is None else "lat"
            raise PydanticCustomError(
                "half_a_point",
                "The place “{place}” has half a point: give “{missing}” too, or neither.",
                {"place": self.name, "missing": missing},
            )
        return self
