"""The mapping file (TOML): all keys of a table, their validation, and reading the file."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictInt, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from domain.incident.commands import Countries, DeclareScope, UtcOffset, ZoneName
from domain.reports.claims.claim import INCIDENT_SCOPE
from domain.reports.text_forms import LanguageTag
from domain.values.sources import Reliability, SourceType
from domain.values.text_types import Label, Slug, Strict, nearest
from domain.values.time.zones import format_offset
from service.formats.files.encodings import UnknownEncoding, normalize_encoding
from service.formats.importer import Layout
from service.formats.tables.dates import DateFormat, columns_by_date
from service.formats.tables.mapping_columns import (
    ClaimColumn,
    DurationPattern,
    FormerNames,
    MappedPlace,
    Melt,
    SilenceMarks,
    TimePattern,
)
from service.formats.tables.mapping_errors import not_toml, sentences
from service.formats.tables.numbers import DecimalMark, NumberFormat, ThousandsMark
from service.formats.tables.pattern import DatePattern, Pattern, columns_of
from service.runtime.time_zones import known_zone, zone

TABLE_LENGTH = 40


class MappingError(ValueError):
    """An invalid mapping file; the message names the file, the field and what to do."""


def _check_table_name(slug: str) -> str:
    """Validate the name of a table: no word begins with a digit, so that a slug shows where a key begins."""
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


def _encoding(name: str) -> str:
    try:
        return normalize_encoding(name)
    except UnknownEncoding as problem:
        raise PydanticCustomError("encoding", "{sentence}", {"sentence": str(problem)}) from problem


TableName = Annotated[Slug, AfterValidator(_check_table_name)]
Character = Annotated[str, AfterValidator(_one_character)]
Columns = Annotated[tuple[Label, ...], Field(max_length=500)]
CellType = Literal["integer", "decimal", "boolean", "json"]
DateFormats = Annotated[
    tuple[DateFormat, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    Field(max_length=20),
]


class SourceRegistration(Strict, frozen=True):
    """Registration of the source, before its first row."""

    name: Label
    type: SourceType
    reliability: Reliability = "F"
    speaks_for: Slug | None = None


class Dialect(Strict, frozen=True):
    """CSV dialect: delimiter, quotes, and line ends."""

    delimiter: Character = ","
    quote: Character = '"'
    quoted: Literal["where_needed", "always"] = "where_needed"
    line_end: Literal["\n", "\r\n"] = "\n"


class TableMap(Strict, frozen=True):
    """A table: docs/formats.md explains every key.

    `key` are the columns of the key of a row, cut at `key_cut` if given; `title` is a pattern over the first state of
    the row. `formerly` are former names of columns. `language` is that of counts in words. `dates` are date formats,
    `decimal` and `thousands` the marks in numbers, `silence` marks of missing values. `duplicates` is the treatment of
    rows of one key. `columns` is the order of columns in exports. `whole_file`: a file is the whole table, so that
    missing rows are removed; a version in a repository always is. `nested`: objects in JSON are flattened with “.”, and
    nested again in exports. `nan`: exports write NaN and Infinity bare, unlike JSON. `encoding`, `sheet`, `header`,
    `header_names` and `unnamed` are those of Layout; without a header, `columns` has the names of all columns. `rows`
    is the path to the rows in JSON, ending in “*” if they are members of an object, whose names are `key_column`.
    """

    table: TableName
    title: Pattern
    format: Literal["csv", "json"]
    key: Annotated[tuple[Label, ...], Field(min_length=1, max_length=20)]
    key_cut: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    source: Slug
    registered: SourceRegistration | None = None
    via: Annotated[tuple[Slug, ...], Field(max_length=20)] = ()
    language: LanguageTag | None = None
    utc_offset: UtcOffset = "Z"
    time_zone: Annotated[ZoneName, AfterValidator(known_zone)] | None = None
    period: str | None = None
    countries: Countries = ()
    scopes: tuple[DeclareScope, ...] = ()
    places: Annotated[tuple[MappedPlace, ...], Field(max_length=20)] = ()
    occurred: TimePattern | None = None
    reported_at: DatePattern | None = None
    dates: DateFormats = ()
    decimal: DecimalMark | None = None
    thousands: ThousandsMark | None = None
    silence: SilenceMarks = ()
    formerly: Annotated[dict[Label, FormerNames], Field(max_length=500)] = Field(default_factory=dict[str, Any])
    duplicates: Literal["refuse", "keep", "number"] = "refuse"
    claims: Annotated[tuple[ClaimColumn, ...], Field(max_length=100)] = ()
    melt: Annotated[tuple[Melt, ...], Field(max_length=20)] = ()
    types: dict[Label, CellType] = Field(default_factory=dict[str, Any])
    columns: Columns = ()
    whole_file: StrictBool = False
    nested: StrictBool = False
    nan: StrictBool = False
    csv: Dialect = Dialect()
    encoding: Annotated[str, AfterValidator(_encoding)] | None = None
    sheet: Label | None = None
    header: Annotated[StrictInt, Field(ge=0, le=1000)] | None = None
    header_names: Columns = ()
    unnamed: Literal["refuse", "ignore"] = "refuse"
    rows: Label | None = None
    key_column: Label | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.time_zone is not None and "utc_offset" in self.model_fields_set:
            raise PydanticCustomError("two_clocks", "Give a “time_zone” or a “utc_offset”, not both.")
        if self.decimal is not None and self.decimal == self.thousands:
            raise PydanticCustomError("marks", "“decimal” and “thousands” are one mark; no number could be read.")
        for each in (*self.claims, *self.melt):
            scopes = [INCIDENT_SCOPE, *(scope.name for scope in self.scopes)]
            _expect(each.scope, scopes, "scope", "declared under “scopes”")
        if self.header == 0 and not (self.header_names or self.columns):
            sentence = "“header” is 0, so there is no header: “columns” must name all columns, in their order."
            raise PydanticCustomError("header", sentence)
        if (self.rows is not None and self.rows.split(".")[-1] == "*") != (self.key_column is not None):
            sentence = "“key_column” names the column for the names of rows, where “rows” ends in “*”; and only there."
            raise PydanticCustomError("rows", sentence)
        if self.rows is not None and self.format != "json":
            raise PydanticCustomError("rows", "“rows” says where the rows of JSON lie; those of CSV follow the header.")
        _expect_distinct([figures.claim_id(place) for place, figures in enumerate(self.claims, 1)], "have the id")
        _expect_distinct([each.counted_key for each in self.claims], "count")
        for column, type_ in self.types.items():
            if (type_ == "json") != (self.format == "json"):
                raise PydanticCustomError("types", _TYPES, {"column": column})
        return self

    @cached_property
    def numbers(self) -> NumberFormat:
        """The notation of numbers."""
        return NumberFormat(self.decimal, self.thousands)

    @cached_property
    def title_stays(self) -> bool:
        """Whether the title depends on the key alone, so that it never changes."""
        return set(columns_of(self.title)) <= set(self.key)

    @cached_property
    def read_columns(self) -> tuple[str, ...]:
        """The columns that the mapping uses, beside the key, by their present names."""
        places = (text for place in self.places for text in place.model_dump().values() if text)
        times = (when for when in (self.occurred, self.reported_at, *_times(self.claims)) if when is not None)
        patterns = (text for when in times for text in ((when,) if isinstance(when, str) else when.patterns))
        columns = (column for pattern in (self.title, *places, *patterns) for column in columns_of(pattern))
        figures = (name for each in self.claims for name in (each.column, each.words) if name)
        return tuple(dict.fromkeys((*columns, *figures)))

    def offset_at(self, local: datetime) -> str:
        """Return the offset from UTC at a local time of the table."""
        if self.time_zone is None:
            return self.utc_offset
        years = (local.year - 1, local.year + 1)
        return format_offset(zone(self.time_zone, years).offset.utcoffset(local))

    def names_of(self, column: str) -> tuple[str, ...]:
        """Return the present and former names of a column."""
        return (column, *self.formerly.get(column, ()))

    def missing_columns(self, columns: AbstractSet[str]) -> Iterator[str]:
        """Yield a sentence for each mapped column that is missing from these, by any name."""
        of_claims = {each.column: each.formerly for each in self.claims}
        for column in self.read_columns:
            if columns.isdisjoint((*self.names_of(column), *of_claims.get(column, ()))):
                near = nearest(column, sorted(columns))
                hint = f"; did you mean “{near}”?" if near else "."
                yield f"No row has a column “{column}”, which the mapping file reads{hint}"
        for melt in self.melt:
            if not any(columns_by_date(tuple(sorted(columns)), melt.columns)):
                yield f"No column is called by a date that “{melt.columns}” writes."

    @cached_property
    def present_names(self) -> Mapping[str, str]:
        """The present name of each column by former name."""
        former = ((each.column, each.formerly) for each in self.claims)
        return {old: new for new, old_names in (*former, *self.formerly.items()) for old in old_names}

    @property
    def layout(self) -> Layout:
        """The layout of its files."""
        names = self.header_names or (self.columns if self.header == 0 else ())
        return Layout(self.encoding, self.sheet, self.header, names or None, self.unnamed)

    @property
    def whole_columns(self) -> frozenset[str]:
        """The columns whose values are kept as JSON, by any name."""
        whole = (column for column, type_ in self.types.items() if type_ == "json")
        return frozenset(name for column in whole for name in self.names_of(column))


_TYPES = (
    "“{column}”: cells of JSON have types of their own, and “json” keeps one of them whole;"
    " those of CSV may be given “integer”, “decimal” or “boolean”."
)


def _times(claims: Iterable[ClaimColumn]) -> Iterator[str | DurationPattern | None]:
    for each in claims:
        yield from (each.period, each.counted_until)


def _expect(name: str, known: Iterable[str], field: str, what: str) -> None:
    if name not in (listed := list(known)):
        near = nearest(name, listed)
        hint = f"; did you mean “{near}”?" if near else f"; known: {', '.join(listed)}."
        context = {"name": name, "field": field, "what": what, "hint": hint}
        raise PydanticCustomError("unknown_name", "“{name}” in “{field}” is not {what}{hint}", context)


def _expect_distinct(names: Sequence[str], what: str) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            sentence = "Two claims {what} “{name}”; tell them apart by “id”, population, scope or period."
            raise PydanticCustomError("twice", sentence, {"what": what, "name": name})


def read_mapping(path: Path | None) -> TableMap:
    """Read a mapping file. Raises MappingError."""
    if path is None:
        raise MappingError("A mapping file is needed to tell what a row of the table is: --map FILE (docs/formats.md).")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise MappingError(f"{path}: the mapping file cannot be read: {problem}.") from problem
    try:
        return TableMap.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as problem:
        raise MappingError(f"{path}: {not_toml(text, problem)}") from problem
    except ValidationError as problem:
        known = {"": TableMap.model_fields, "claims": ClaimColumn.model_fields, "melt": Melt.model_fields}
        raise MappingError("\n".join(f"{path}: {each}" for each in sentences(problem, known))) from problem
