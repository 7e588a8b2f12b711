"""Features of GeoJSON as rows: properties are columns, and so are the type and coordinates of the geometry."""

from typing import Any, Final, cast

from service.formats.tables.cells import compact_json
from service.formats.tables.parsed_table import RawRow

_POINT: Final = "Point"
_OWN: Final = frozenset({"type", "properties", "geometry"})


def is_feature(row: RawRow) -> bool:
    """Say whether an object is a feature (RFC 7946, 3.2)."""
    return row.get("type") == "Feature" and isinstance(row.get("properties"), dict | None) and "geometry" in row


def row_of_feature(feature: RawRow) -> dict[str, Any]:
    """Return the row of a feature: nothing of it is left out.

    Columns are its properties, its `id` and other members, `geometry.type`, and of a point `lat`, `lon` and what
    follows them, of another geometry `geometry.coordinates` as JSON. A property goes before what has its name.
    """
    geometry = cast("RawRow", feature["geometry"] or {})
    row: dict[str, Any] = {name: _cell(value) for name, value in feature.items() if name not in _OWN}
    if "type" in geometry:
        row["geometry.type"] = geometry["type"]
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == _POINT and isinstance(coordinates, list):
        names = ("lon", "lat", *(f"geometry.coordinates.{place}" for place in range(2, 10)))
        row |= dict(zip(names, cast("list[Any]", coordinates), strict=False))
    else:
        rest = {name: value for name, value in geometry.items() if name != "type"}
        row |= {f"geometry.{name}": _cell(value) for name, value in rest.items()}
    return row | cast("dict[str, Any]", feature["properties"] or {})


def _cell(value: object) -> object:
    return compact_json(cast("object", value)) if isinstance(value, dict | list) else value
