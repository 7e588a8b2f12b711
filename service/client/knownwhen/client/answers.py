# pyright: basic
"""Answers: documents of views, tables, and what a write recorded; each with its coordinates."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import httpx

if TYPE_CHECKING:
    import pandas as pd  # pyright: ignore[reportMissingImports] - optional
    import polars as pl  # pyright: ignore[reportMissingImports] - likewise

NUMBERS: Final = frozenset(
    {
        *("best", "lower", "upper", "figure", "before", "newly_reported", "first_figure", "latest_figure"),
        *("min", "max", "credibility", "level", "position", "reports"),
        *("n_revisions", "direction_changes", "days_until_within_20_percent"),
        *("breaks", "corrections", "retractions", "rescopings"),
    }
)
"""Columns that are whole numbers. All others are text, word for word, but for those that are true or false."""
TRUTHS: Final = frozenset({"break", "contested", "increment", "partial", "upper_open"})


@dataclass(frozen=True, slots=True)
class Answer:
    """The document of a view. Asked again at its coordinates, it is the same, with the same digest."""

    data: dict[str, Any]
    text: dict[str, dict[str, Any]]
    coordinates: dict[str, Any]
    digest: str

    @property
    def reading(self) -> dict[str, Any]:
        """What to ask any view with, to be told of the same moment: `kw.claims(slug, **answer.reading)`."""
        return reading_of(self.coordinates)

    @property
    def sentences(self) -> list[str]:
        """The quotable sentences of `state`; empty for other views."""
        found = self.data.get("sentences") or []
        return [each if isinstance(each, str) else each["text"] for each in found]


@dataclass(frozen=True, slots=True)
class Table:
    """A view as a table: `content` is CSV, with every cell verbatim."""

    content: bytes
    coordinates: dict[str, Any]
    digest: str

    @property
    def reading(self) -> dict[str, Any]:
        """As of an answer."""
        return reading_of(self.coordinates)

    def rows(self) -> list[dict[str, str]]:
        """Return the rows as text; an empty cell is empty text."""
        return list(csv.DictReader(io.StringIO(self.content.decode(), newline="")))

    def columns(self) -> dict[str, list[str | int | bool | None]]:
        """Return the cells of each column: figures as numbers, all else as text; None for an empty cell."""
        header, *rows = csv.reader(io.StringIO(self.content.decode(), newline=""))
        return {name: [_cell(_type_of(name), row[place]) for row in rows] for place, name in enumerate(header)}

    def to_pandas(self) -> "pd.DataFrame":
        """Return a frame: figures as `Int64`, truth as `boolean`, all else as text; what nobody said is missing."""
        pandas: Any = import_module("pandas")  # optional
        columns = self.columns()
        return pandas.DataFrame(
            {name: pandas.Series(cells, dtype=_PANDAS[_type_of(name)]) for name, cells in columns.items()}
        )

    def to_polars(self) -> "pl.DataFrame":
        """Return a frame of Polars, with the same types."""
        polars: Any = import_module("polars")  # optional
        columns = self.columns()
        return polars.DataFrame(columns, schema={name: getattr(polars, _POLARS[_type_of(name)]) for name in columns})


@dataclass(frozen=True, slots=True)
class Written:
    """What a write recorded, where in the log; `replayed` if an earlier attempt had recorded it already."""

    document: dict[str, Any]
    replayed: bool

    @property
    def position(self) -> int:
        """The position in the log, from which on it counts."""
        return self.document["position"]

    @property
    def warnings(self) -> list[dict[str, Any]]:
        """What to look at again; all of it is recorded."""
        return self.document.get("warnings") or []


def _type_of(name: str) -> str:
    return "number" if name in NUMBERS else "truth" if name in TRUTHS else "text"


def _cell(of: str, text: str) -> str | int | bool | None:
    """Read a cell of a type."""
    if not text:
        return None
    return text if of == "text" else int(text) if of == "number" else text == "true"


_PANDAS: Final = {"number": "Int64", "truth": "boolean", "text": "string"}
_POLARS: Final = {"number": "Int64", "truth": "Boolean", "text": "String"}


def answer_of(response: httpx.Response) -> Answer:
    """Read the document of a view."""
    document = response.json()
    return Answer(document["data"], document["text"], document["coordinates"], document["digest"])


def table_of(response: httpx.Response) -> Table:
    """Read the table of a view, whose coordinates stand in headers."""
    coordinates = json.loads(response.headers["knownwhen-coordinates"])
    return Table(response.content, coordinates, response.headers["knownwhen-digest"])


def written_of(response: httpx.Response) -> Written:
    """Read what a write recorded."""
    return Written(response.json(), response.headers.get("idempotent-replayed") == "true")


def reading_of(coordinates: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a question about the same moment."""
    given = {"as_of": f"@{coordinates['position']}", "policy": coordinates["policy"]}
    until = coordinates.get("reported_until")
    return {**given, **({"reported_until": until} if until else {})}
