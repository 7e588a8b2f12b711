"""The mapping file: which columns make the key of a row, which are figures, and how the table is written."""

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from domain.claims import INCIDENT_SCOPE, Accumulation, ClaimId, Manner, Measure
from domain.counts import Bound
from domain.incident.commands import Countries, DeclareScope, UtcOffset, ZoneName
from domain.places import Precision
from domain.populations import Population
from domain.sources import Reliability, SourceType
from domain.words import Label, Slug, Strict, nearest
from service.tables.pattern import Pattern, columns_of
from service.zones import known_zone

TABLE_LENGTH = 40
_CLAIM_ID_LENGTH = 20


class MapFault(ValueError):
    """A mapping file cannot be used; the sentence names the file, the field and what to do."""


def _begins_with_letters(slug: str) -> str:
    """Let no word of a table's name begin with a digit, so that a key that does can be told from the name."""
    if len(slug) <= TABLE_LENGTH and all(word[0].isalpha() for word in slug.split("-")):
        return slug
    raise PydanticCustomError(
        "table",
        "“{slug}” cannot name a table: words that begin with a letter, joined by hyphens, at most {most} characters.",
        {"slug": slug, "most": TABLE_LENGTH},
    )


def _one_character(text: str) -> str:
    if len(text) == 1 and text not in "\r\n":
        return text
    raise PydanticCustomError("character", "This must be one character, such as “,” or “;”.")


TableName = Annotated[Slug, AfterValidator(_begins_with_letters)]
Character = Annotated[str, AfterValidator(_one_character)]
Columns = Annotated[tuple[Label, ...], Field(max_length=500)]
CellType = Literal["integer", "decimal", "boolean", "json"]


class Figures(Strict, frozen=True):
    """A numeric column whose cells are claims. Its cells are kept verbatim beside the claims, too.

    `counts` says how cells are read: `figure`, whole numbers in digits alone; `words`, by the lexicon, so that “1,383”
    and “more than 200” can be read. `words` names a column whose words stand before the figure, such as “about”.
    `formerly` are names that the column had before: the first of all these that a row has is read.
    `period`, of what an increment counts, and `counted_until` are patterns over the row, such as “{date}”.
    """

    column: Label
    formerly: Annotated[tuple[Label, ...], Field(max_length=20)] = ()
    id: ClaimId | None = None
    measure: Measure
    population: Population = Population()
    scope: Slug = INCIDENT_SCOPE
    manner: Manner | None = None
    accumulation: Accumulation = "cumulative"
    period: Pattern | None = None
    counted_until: Pattern | None = None
    partial: StrictBool = False
    counts: Literal["figure", "words"] = "figure"
    words: Label | None = None
    bound: Bound | None = None

    @property
    def counted(self) -> str:
        """What it counts, as it must not count twice in one row."""
        limits = self.population.canonical().model_dump_json(exclude_unset=True)
        return f"{self.measure} {limits} {self.scope} {self.manner or ''} {self.period or ''} {self.accumulation}"

    def name(self, place: int) -> str:
        """Return the id of its claim: its own, else the column's name where it can be one, else its place (from 1)."""
        if self.id is not None:
            return self.id
        plain = self.column.replace("_", "").replace("-", "")
        fits = plain.isascii() and plain.isalnum() and len(self.column) <= _CLAIM_ID_LENGTH
        return self.column if fits else str(place)


class MappedPlace(Strict, frozen=True):
    """Where a row is about: each field is a pattern over the row; a place without a name is left out."""

    name: Pattern
    country: Pattern | None = None
    admin1: Pattern | None = None
    admin2: Pattern | None = None
    lat: Pattern | None = None
    lon: Pattern | None = None
    precision: Precision | None = None


class Registered(Strict, frozen=True):
    """How the source registers itself before its first row is filed."""

    name: Label
    type: SourceType
    reliability: Reliability = "F"
    speaks_for: Slug | None = None


class Dialect(Strict, frozen=True):
    """How a CSV file is written: what stands between cells, around them, and at the end of a line."""

    delimiter: Character = ","
    quote: Character = '"'
    quoted: Literal["where_needed", "always"] = "where_needed"
    line_end: Literal["\n", "\r\n"] = "\n"


class TableMap(Strict, frozen=True):
    """What a table is: docs/formats.md explains every field.

    `key` names the columns that make the key of a row, which is cut at `key_cut` where that is given; `title` is a
    pattern over them. `columns` is the order of columns in what is written. `whole_file` says that a file is the whole
    table, so that a row which it lacks is removed; a version of a repository always is. `nested`: objects in JSON are
    flattened with “.”, and given back nested. `nan`: the file writes NaN and Infinity bare, as JSON does not.
    """

    table: TableName
    title: Pattern
    format: Literal["csv", "json"]
    key: Annotated[tuple[Label, ...], Field(min_length=1, max_length=20)]
    key_cut: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    source: Slug
    registered: Registered | None = None
    via: Annotated[tuple[Slug, ...], Field(max_length=20)] = ()
    utc_offset: UtcOffset = "Z"
    time_zone: Annotated[ZoneName, AfterValidator(known_zone)] | None = None
    period: str | None = None
    countries: Countries = ()
    scopes: tuple[DeclareScope, ...] = ()
    places: Annotated[tuple[MappedPlace, ...], Field(max_length=20)] = ()
    occurred: Pattern | None = None
    reported_at: Pattern | None = None
    claims: Annotated[tuple[Figures, ...], Field(max_length=100)] = ()
    types: dict[Label, CellType] = Field(default_factory=dict[str, Any])
    columns: Columns = ()
    whole_file: StrictBool = False
    nested: StrictBool = False
    nan: StrictBool = False
    csv: Dialect = Dialect()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.time_zone is not None and "utc_offset" in self.model_fields_set:
            raise PydanticCustomError("two_clocks", "Give a “time_zone” or a “utc_offset”, not both.")
        for column in columns_of(self.title):
            _expect(column, self.key, "title", "a column of the key, and only the key stays")
        for each in self.claims:
            scopes = [INCIDENT_SCOPE, *(scope.name for scope in self.scopes)]
            _expect(each.scope, scopes, "scope", "declared under “scopes”")
        _expect_apart([figures.name(place) for place, figures in enumerate(self.claims, 1)], "have the id")
        _expect_apart([each.counted for each in self.claims], "count")
        for column, of in self.types.items():
            if (of == "json") != (self.format == "json"):
                raise PydanticCustomError("types", _TYPES, {"column": column})
        return self

    @property
    def whole(self) -> frozenset[str]:
        """The columns whose values are kept whole, as the JSON that they are."""
        return frozenset(column for column, of in self.types.items() if of == "json")


_TYPES = (
    "“{column}”: cells of JSON have types of their own, and “json” keeps one of them whole;"
    " those of CSV may be given “integer”, “decimal” or “boolean”."
)


def _expect(name: str, known: Iterable[str], field: str, what: str) -> None:
    if name not in (listed := list(known)):
        near = nearest(name, listed)
        hint = f"; did you mean “{near}”?" if near else f"; known: {', '.join(listed)}."
        context = {"name": name, "field": field, "what": what, "hint": hint}
        raise PydanticCustomError("unknown_name", "“{name}” in “{field}” is not {what}{hint}", context)


def _expect_apart(names: Sequence[str], what: str) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            sentence = "Two claims {what} “{name}”; tell them apart by “id”, population, scope or period."
            raise PydanticCustomError("twice", sentence, {"what": what, "name": name})


def read_map(path: Path | None) -> TableMap:
    """Read a mapping file. Raises MapFault, which names what is wrong with it."""
    if path is None:
        raise MapFault("A mapping file is needed to tell what a row of the table is: --map FILE (docs/formats.md).")
    try:
        return TableMap.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as problem:
        raise MapFault(f"{path}: the mapping file cannot be read: {problem}.") from problem
    except tomllib.TOMLDecodeError as problem:
        raise MapFault(f"{path}: the mapping file is not TOML: {problem}.") from problem
    except ValidationError as problem:
        raise MapFault("\n".join(f"{path}: {each}" for each in _sentences(problem))) from problem


def _sentences(problem: ValidationError) -> list[str]:
    return [
        f"{_path(error['loc'])}: {error['msg']}" if error["loc"] else str(error["msg"])
        for error in problem.errors(include_url=False)
    ]


def _path(place: tuple[int | str, ...]) -> str:
    """Write a place as it is found in TOML: `claims[2].measure`, the second of the tables `[[claims]]`."""
    path = ""
    for step in place:
        path += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if path else step
    return path
