"""Where rows seem to be about: columns with the names of places, and with latitudes and longitudes."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from service.tables.kinds import is_number, said

LAT: Final = re.compile(r"^(?:lat|latitude|latitud|y)$|[ _.]lat(?:itude)?$", re.IGNORECASE)
"""What columns of latitudes are called."""
LON: Final = re.compile(r"^(?:lon|lng|long|longitude|longitud|x)$|[ _.](?:lon|lng|longitude)$", re.IGNORECASE)
"""What columns of longitudes are called."""

_NAMES: Final = (
    re.compile(
        r"^(?:location|place|site|town|city|village|settlement|camp|lugar|ciudad|ort|lieu)(?:[ _.-]?name)?$",
        re.IGNORECASE,
    ),
    re.compile(r"admin(?:istrative)?[ _]?3|sub.?district|neighbou?rhood", re.IGNORECASE),
    re.compile(r"admin(?:istrative)?[ _]?2|district|municip|county|#adm2", re.IGNORECASE),
    re.compile(r"admin(?:istrative)?[ _]?1|province|governorate|state|region|departamento|oblast|#adm1", re.IGNORECASE),
    re.compile(r"^country|^pa[ií]s$|^pays$|^land$|location|place", re.IGNORECASE),
)
_COUNTRY: Final = re.compile("country|iso", re.IGNORECASE)
_CODE: Final = re.compile("[A-Z]{2}")
_NO_PATTERN: Final = frozenset("{}:")


def places_of(columns: Mapping[str, Sequence[str]], unsure: list[str]) -> list[dict[str, str]]:
    """Return the place of a row by patterns, none where no column names one; `unsure` has what is not used."""
    usable = {column: said(cells) for column, cells in columns.items() if not _NO_PATTERN & set(column)}
    numeric = [column for column, cells in usable.items() if cells and all(map(is_number, cells))]
    words = [column for column in usable if column not in numeric]
    name = next((found for pattern in _NAMES if (found := _called(pattern, words))), None)
    lat, lon = _called(LAT, numeric), _called(LON, numeric)
    point = {"lat": f"{{{lat}}}", "lon": f"{{{lon}}}"} if lat and lon else {}
    if name is None:
        if point:
            unsure.append(f"“{lat}” and “{lon}” are of no place that has a name: add “places” with one.")
        return []
    code = _called(
        _COUNTRY, [column for column in words if usable[column] and all(map(_CODE.fullmatch, usable[column]))]
    )
    return [{"name": f"{{{name}}}", **({"country": f"{{{code}}}"} if code else {}), **point}]


def _called(pattern: re.Pattern[str], columns: Sequence[str]) -> str | None:
    return next((column for column in columns if pattern.search(column)), None)
