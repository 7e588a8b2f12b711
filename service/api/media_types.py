"""Media types of answers, their names in links, and paths that end in such a name."""

from collections.abc import Mapping
from typing import Final

from starlette.types import Scope

JSON, CSV, NDJSON, HTML = "application/json", "text/csv", "application/x-ndjson", "text/html"
GEOJSON: Final = "application/geo+json"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET: Final = "application/vnd.apache.parquet"
SQLITE: Final = "application/vnd.sqlite3"

FORMATS: Final[Mapping[str, str]] = {
    "json": JSON,
    "csv": CSV,
    "geojson": GEOJSON,
    "ndjson": NDJSON,
    "xlsx": XLSX,
    "parquet": PARQUET,
}
"""Media types by the name that a link has for them."""

_ENDING: Final = "knownwhen.ending"
_PATHS: Final = "/v1/"


def take_ending(scope: Scope) -> None:
    """Take the format that the path of a read ends in, such as `.csv`, off the path, so that its operation is found."""
    path: str = scope["path"]
    front, _, ending = path.rpartition(".")
    if ending in FORMATS and scope["method"] == "GET" and path.startswith(_PATHS) and not front.endswith("/"):
        scope["path"], scope[_ENDING] = front, ending


def ending_of(scope: Scope) -> str | None:
    """Return the format that the path ended in."""
    return scope.get(_ENDING)


def with_ending(scope: Scope, path: str) -> str:
    """Return a path with the ending of the one that was asked."""
    ending = ending_of(scope)
    return f"{path}.{ending}" if ending else path
