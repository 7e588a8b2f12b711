"""Where rows seem to be about: columns with the names of places, and with latitudes and longitudes."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from service.formats.tables.column_kinds import is_number, non_silent

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
_POINT: Final = re.compile(
    r"[(\[]?-?[0-9]{1,3}\.[0-9]+\s*[,;\s]\s*-?[0-9]{1,3}\.[0-9]+[)\]]?|POINT ?\([^)]+\)", re.IGNORECASE
)
_COUNTRY: Final = re.compile("country|iso", re.IGNORECASE)
_CODE: Final = re.compile("[A-Z]{2}")
_NO_PATTERN: Final = frozenset("{}:")


def places_of(columns: Mapping[str, Sequence[str]], unsure: list[str]) -> list[dict[str, str]]:
    """Return the place of a row by patterns, none where no column names one; `unsure` has what is not used."""
    usable = {column: non_silent(cells) for column, cells in columns.items() if not _NO_PATTERN & set(column)}
    numeric = [column for column, cells in usable.items() if cells and all(map(is_number, cells))]
    words = [column for column in usable if column not in numeric]
    name = next((found for pattern in _NAMES if (found := _called(pattern, words))), None)
    lat, lon = _called(LAT, numeric), _called(LON, numeric)
    point = {"lat": f"{{{lat}}}", "lon": f"{{{lon}}}"} if lat and lon else {}
    if not point and (both := next((each for each in words if _are_points(usable[each])), None)):
        unsure.append(
            f"“{both}” seems to have both coordinates in one cell, and is not read: give “places” a point ="
            f' "{{{both}}}" with order = "lat, lon" or "lon, lat".'
        )
    if name is None:
        if point:
            unsure.append(f"“{lat}” and “{lon}” are of no place that has a name: add “places” with one.")
        return []
    code = _called(
        _COUNTRY, [column for column in words if usable[column] and all(map(_CODE.fullmatch, usable[column]))]
    )
    return [{"name": f"{{{name}}}", **({"country": f"{{{code}}}"} if code else {}), **point}]


def _are_points(cells: Sequence[str]) -> bool:
    """Say whether most of these cells are points."""
    return bool(cells) and 2 * sum(1 for cell in cells if _POINT.fullmatch(cell)) > len(cells)


def _called(pattern: re.Pattern[str], columns: Sequence[str]) -> str | None:
    return next((column for column in columns if pattern.search(column)), None)
