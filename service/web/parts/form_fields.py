"""The fields of a report's form, made from the schema of its kind in the OpenAPI document."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from service.web.language.field_labels import FIELDS, field_label
from service.web.language.labels import label
from service.web.language.languages import Language
from service.web.parts.form_labels import HINTS, VALUE_TYPES

Schema = Mapping[str, Any]
FieldKind = Literal[
    "text", "long", "whole", "flag", "choice", "words", "name", "scope", "date", "source", "list", "object", "map"
]
"""How a field is filled in; `name` is a slug, shown by the name it stands for."""

COUNTER: Final = "__n__"
"""Stands in ids for the number that a script gives to an entry of a list."""
_REF: Final = "#/components/schemas/"
_SLUG: Final = "^[^\\W_]+(-[^\\W_]+)*$"
_LONGEST_LINE: Final = 300
_NOT_ASKED: Final = frozenset({"kind", "report_id"})
_FAMILIES: Final[Mapping[str, str]] = {"type": "source_type"}
"""Families of labels, by the name of a field, where it is another name."""
_SAID_BY: Final = ("source", "via", "reported_at", "occurred", "language")
_WORDS: Final = ("text", "evidence", "tags", "external_ids")
_FURTHER: Final = ("event", "actors", "attributes", "complete", "reported_order")
_FIRST: Final = "toll_revised"
_COMMON: Final = frozenset({*_SAID_BY, *_WORDS, *_FURTHER, "claims", "places", "sealed"})
_FOLDED: Final = frozenset(
    {"accumulation", "period", "counted_until", "partial", "supersedes", "parts", "exhaustive", "id", "manner"}
    | {"group", "role", "also_said", "lower", "upper", "best", "bound"}
    | {"admin1", "admin2", "side", "slug", "archived_url", "sha256", "media_type", "quotes", "notes", "occurred_words"}
)
"""Fields of claims, counts, places and texts that few reports have, below a summary."""


class WordChoice(NamedTuple):
    """A word of a closed list, with its label."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FormField:
    """One field: `key` is its name in the document, `id` that of its control. `lang` is the language of its hint.

    `own` says whether other words than the choices can be given.
    `fields` are those of an object; a list has one, for an entry. `folded` are those below a summary.
    """

    key: str
    id: str
    kind: FieldKind
    label: str
    hint: str = ""
    lang: str | None = None
    required: bool = False
    choices: tuple[WordChoice, ...] = ()
    own: bool = False
    fields: tuple["FormField", ...] = ()
    folded: tuple["FormField", ...] = ()


class Group(NamedTuple):
    """Fields under one heading; the name chooses the heading, and whether it is open at first."""

    name: Literal["stated", "said_by", "figures", "places", "words", "further", "sealed"]
    fields: tuple[FormField, ...]


class KindChoice(NamedTuple):
    """A kind of report: its word, its label, and what it states (English)."""

    name: str
    label: str
    meaning: str


def kinds(language: Language, openapi: Schema) -> list[KindChoice]:
    """Return the kinds of report: figures first, which are filed most, then the others by their labels."""
    mapping: Mapping[str, str] = openapi["components"]["schemas"]["Report"]["discriminator"]["mapping"]
    found = [
        KindChoice(name, label(language, "kind", name), _plain(_schema(openapi, target).get("description", "")))
        for name, target in mapping.items()
    ]
    return sorted(found, key=lambda each: (each.name != _FIRST, each.label))


def _plain(description: str) -> str:
    """Return a description without its sentences on names of fields, which a form does not show."""
    told = [each for each in description.split(". ") if "`" not in each]
    return ". ".join(told).rstrip(".") + "." if told else description.replace("`", "")


def report_fields(language: Language, openapi: Schema, kind: str) -> list[Group]:
    """Return the fields of a kind, in groups; required ones come first. Raises KeyError for an unknown kind."""
    schema = _schema(openapi, openapi["components"]["schemas"]["Report"]["discriminator"]["mapping"][kind])
    made = {each.key: each for each in _FieldMaker(language, openapi).fields(schema, "report")}
    own = tuple(each for key, each in made.items() if key not in _COMMON)
    groups = (
        Group("stated", own),
        Group("said_by", _of(made, *_SAID_BY)),
        Group("figures", _of(made, "claims")),
        Group("places", _of(made, "places")),
        Group("words", _of(made, *_WORDS)),
        Group("further", _of(made, *_FURTHER)),
        Group("sealed", _of(made, "sealed")),
    )
    return [each for each in groups if each.fields]


def _of(made: Mapping[str, FormField], *keys: str) -> tuple[FormField, ...]:
    return tuple(made[key] for key in keys if key in made)


def _schema(openapi: Schema, reference: str) -> Schema:
    return openapi["components"]["schemas"][reference.removeprefix(_REF)]


class _FieldMaker:
    """Makes fields of schemas."""

    def __init__(self, language: Language, openapi: Schema) -> None:
        self._language = language
        self._openapi = openapi

    def fields(self, schema: Schema, path: str) -> Iterator[FormField]:
        """Yield the fields of an object, required ones first."""
        required = frozenset(schema.get("required", ()))
        asked = [each for each in schema["properties"].items() if each[0] not in _NOT_ASKED and each[0] != "lexicon"]
        for key, of in sorted(asked, key=lambda each: each[0] not in required):
            yield self.field(key, of, f"{path}.{key}", required=key in required)

    def field(self, key: str, schema: Schema, path: str, *, required: bool = False) -> FormField:
        """Make one field; what its kind needs is found in the schema without `null`."""
        ways = [each for each in schema.get("anyOf", (schema,)) if each.get("type") != "null"]
        first = self._resolved(ways[0])
        hint, lang = self._hint(key, schema)
        kind = _kind_of(key, [self._resolved(each) for each in ways])
        fields = tuple(self._inner(kind, key, first, ways, path))
        folds = kind == "object"
        return FormField(
            key,
            path,
            kind,
            self._label(key, schema),
            hint,
            lang,
            required,
            tuple(self._choices(key, kind, first)),
            kind in ("choice", "words") and _takes_others(first["items"]["anyOf"] if kind == "words" else ways),
            tuple(each for each in fields if not (folds and each.key in _FOLDED)),
            tuple(each for each in fields if folds and each.key in _FOLDED),
        )

    def _inner(self, kind: FieldKind, key: str, first: Schema, ways: list[Schema], path: str) -> Iterator[FormField]:
        if kind == "object":
            yield from self.fields(first, path)
        elif kind == "source":
            anonymous = next(self._resolved(each) for each in ways if "$ref" in each)
            yield from self.fields(anonymous, path)
        elif kind == "list":
            yield self.field(key, first["items"], f"{path}.{COUNTER}")

    def _resolved(self, schema: Schema) -> Schema:
        return _schema(self._openapi, schema["$ref"]) if "$ref" in schema else schema

    def _label(self, key: str, schema: Schema) -> str:
        return field_label(self._language, key) if key in FIELDS else schema.get("title", key)

    def _hint(self, key: str, schema: Schema) -> tuple[str, str | None]:
        """Return the hint of a field and its language, None for that of the page."""
        if key in HINTS:
            return self._language.text(HINTS[key]), None
        described = schema.get("description", "")
        told = self._language.code == "en" and key not in FIELDS
        return (described.replace("`", ""), "en") if told else ("", None)

    def _choices(self, key: str, kind: FieldKind, first: Schema) -> Iterator[WordChoice]:
        if kind == "map" and "anyOf" in first["additionalProperties"]:
            yield from (WordChoice(code, self._language.text(words)) for code, words in VALUE_TYPES.items())
        if kind not in ("choice", "words"):
            return
        source = first["items"]["anyOf"][0] if kind == "words" else first
        for code in source["enum"]:
            yield WordChoice(code, label(self._language, _FAMILIES.get(key, key), code))


def _takes_others(ways: list[Schema]) -> bool:
    """Say whether a closed list takes words of one's own, which begin with `x-`."""
    return any(each.get("pattern", "").startswith("^x-") for each in ways)


def _kind_of(key: str, ways: list[Schema]) -> FieldKind:
    """Return how a field of these schemas is filled in."""
    first = ways[0]
    if any("anonymous" in each.get("properties", {}) for each in ways):
        return "source"
    if "enum" in first:
        return "choice"
    if first.get("type") == "array":
        return "words" if any("enum" in each for each in first["items"].get("anyOf", ())) else "list"
    if first.get("type") == "object":
        return "object" if "properties" in first else "map"
    if first.get("type") in ("integer", "boolean"):
        return "whole" if first["type"] == "integer" else "flag"
    return _kind_of_text(key, first)


def _kind_of_text(key: str, schema: Schema) -> FieldKind:
    if schema.get("pattern") == _SLUG:
        return "scope" if key == "scope" else "name"
    if "EDTF" in schema.get("description", ""):
        return "date"
    return "long" if schema.get("maxLength", 0) > _LONGEST_LINE and "pattern" not in schema else "text"
