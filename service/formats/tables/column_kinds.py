"""Detection of what a column holds, by its name and cells: figures, dates, coordinates, names of places."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from service.formats.tables.dates import compile_format, read_date

SILENCE_MARKS: Final = frozenset({
    "-", "--", "---", "–", "—", "―", "?", ".", "..", "...", "…", "n/a", "N/A", "NA", "#N/A", "n.a.", "N.A.", "NULL",
    "null", "NaN", "nan", "unknown", "Unknown", "not available", "Not available", "not reported",
    "Not reported", "TBC", "TBD", "s/d", "ND", "n.d.",
})  # fmt: skip
"""Marks of a missing value. An empty cell needs no mark."""
AMBIGUOUS_MARKS: Final = frozenset({"none", "None", "nil", "Nil", "NIL", "NONE"})
"""Marks that may mean zero as well as a missing value, which a person must decide."""

_NUMBER: Final = re.compile(r"[-\u2212]?[0-9]+(?:[.,' \u00a0\u202f\u2019][0-9]+)*")
_GROUPED: Final = re.compile(r"[1-9][0-9]{0,2}(?:([.,' \u00a0\u202f\u2019])[0-9]{3})(?:\1[0-9]{3})*")
_FRACTION: Final = re.compile(r"[-\u2212]?[0-9]{1,3},[0-9]+")
_FULL_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T.*)?")
_FORMATS: Final = (
    "%d.%m.%Y", "%d.%m.%y", "%Y/%m/%d", "%Y.%m.%d", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%m-%d-%Y",
    "%d-%m-%Y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d-%B-%Y", "%B %d, %Y", "%b %d, %Y", "%B %Y", "%b %Y",
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M", "%Y%m%d",
)  # fmt: skip
_MOST: Final = 0.8

MEASURES: Final = (
    ("killed_or_injured", r"casualt|victim|bajas"),
    (
        "killed",
        r"kill|dead|death|died|fatal|muert|falleci|mort|tues?$|tués|décès|tote|getötet|погиб|убит|قتل|شهداء|wafat|ölü",
    ),
    ("injured", r"injur|wound|hurt|herid|bless|verletz|ранен|جرح|yaralı"),
    ("disappeared", r"disappear|desaparec"),
    ("missing", r"missing|disparu|vermiss"),
    ("abducted", r"abduct|kidnap|hostage|secuestr"),
    ("detained", r"detain|arrest|captur|detenid"),
    ("displaced", r"displac|evacu|idps?$|desplazad|déplac"),
    ("bodies_found", r"bodies|corpses"),
)
"""Measures by patterns of column names; the first match counts."""
_PEOPLE: Final[tuple[tuple[str, Mapping[str, Any]], ...]] = (
    (r"civil", {"status": ["civilian"]}),
    (r"child|kids|minors|niñ|enfant", {"age": "child"}),
    (r"women|woman|mujer|femme", {"age": "adult", "sex": "female"}),
    (r"female", {"sex": "female"}),
    (r"(?<!fe)male\b", {"sex": "male"}),
    (r"(?<!wo)men\b|(?<!wo)man\b|hombre|homme", {"age": "adult", "sex": "male"}),
)


def is_number(text: str) -> bool:
    """Say whether a cell is a number in any notation."""
    return _NUMBER.fullmatch(text.strip()) is not None


def non_silent(cells: Iterable[str]) -> list[str]:
    """Return the stripped cells that are not missing values."""
    return [text for cell in cells if (text := cell.strip()) and text not in SILENCE_MARKS]


def silence_marks_in(cells: Iterable[str]) -> list[str]:
    """Return the marks of missing values among cells."""
    return sorted({text for cell in cells if (text := cell.strip()) in SILENCE_MARKS})


def silence_hint(text: str) -> str:
    """Return the hint to declare a mark of a missing value; empty for any other cell."""
    if text not in SILENCE_MARKS:
        return ""
    return f' If “{text}” says nothing, the mapping file has to say so: silence = ["{text}"].'


def is_day(text: str) -> bool:
    """Say whether a text is a day in any known format."""
    return bool(_FULL_ISO.fullmatch(text.strip()) or formats_of([text.strip()]))


def formats_of(cells: Sequence[str]) -> list[str]:
    """Return the formats that fit the most cells, if at least 80 % of them; one of those that read all cells alike."""
    if not cells:
        return []
    readings = {each: tuple(_reading(cell, each) for cell in cells) for each in _FORMATS}
    fitting = {each: sum(1 for date in dates if date) for each, dates in readings.items()}
    most = max(fitting.values())
    if most < _MOST * len(cells):
        return []
    by_reading: dict[tuple[str | None, ...], str] = {}
    for each in _FORMATS:
        if fitting[each] == most:
            by_reading.setdefault(readings[each], each)
    return list(by_reading.values())


def is_iso(cells: Sequence[str]) -> bool:
    """Say whether at least 80 % of these cells are ISO dates, which need no format."""
    return bool(cells) and sum(1 for cell in cells if _FULL_ISO.fullmatch(cell)) >= _MOST * len(cells)


def _reading(text: str, written: str) -> str | None:
    try:
        return read_date(text, (written,), lambda _: "Z") if compile_format(written).pattern.fullmatch(text) else None
    except ValueError:
        return None


def thousands_of(cells: Iterable[str]) -> set[str]:
    """Return the possible thousands separators: “1.100”, “1 100”."""
    found = (_GROUPED.fullmatch(cell.strip()) for cell in cells)
    same = {"\u00a0": " ", "\u202f": " ", "\u2019": "'"}
    return {same.get(each[1], each[1]) for each in found if each}


def has_decimal_commas(cells: Iterable[str]) -> bool:
    """Say whether any cell has a decimal comma: “27,1944”."""
    return any(_FRACTION.fullmatch(cell.strip()) for cell in cells)


def measure_of(name: str) -> str | None:
    """Return the measure of a column, by its name."""
    plain = name.lower().replace("_", " ")
    return next((measure for measure, pattern in MEASURES if re.search(pattern, plain)), None)


def people_of(name: str) -> dict[str, Any]:
    """Return the population of a column, by its name."""
    plain = name.lower().replace("_", " ")
    return {key: value for pattern, of in _PEOPLE if re.search(pattern, plain) for key, value in of.items()}


LAT: Final = re.compile(r"^(?:lat|latitude|latitud|y)$|[ _.]lat(?:itude)?$", re.IGNORECASE)
"""Names of columns of latitudes."""
LON: Final = re.compile(r"^(?:lon|lng|long|longitude|longitud|x)$|[ _.](?:lon|lng|longitude)$", re.IGNORECASE)
"""Names of columns of longitudes."""

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
    """Return the place of a row as patterns, empty if no column names one; questions are appended to `unsure`."""
    usable = {column: non_silent(cells) for column, cells in columns.items() if not _NO_PATTERN & set(column)}
    numeric = [column for column, cells in usable.items() if cells and all(map(is_number, cells))]
    words = [column for column in usable if column not in numeric]
    name = next((found for pattern in _NAMES if (found := _first_matching(pattern, words))), None)
    lat, lon = _first_matching(LAT, numeric), _first_matching(LON, numeric)
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
    code = _first_matching(
        _COUNTRY, [column for column in words if usable[column] and all(map(_CODE.fullmatch, usable[column]))]
    )
    return [{"name": f"{{{name}}}", **({"country": f"{{{code}}}"} if code else {}), **point}]


def _are_points(cells: Sequence[str]) -> bool:
    """Say whether most of these cells are points."""
    return bool(cells) and 2 * sum(1 for cell in cells if _POINT.fullmatch(cell)) > len(cells)


def _first_matching(pattern: re.Pattern[str], columns: Sequence[str]) -> str | None:
    return next((column for column in columns if pattern.search(column)), None)
