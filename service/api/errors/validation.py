"""Field errors: pydantic's error codes become sentences in plain English, with the path of the field."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast, get_args

from pydantic import BaseModel
from pydantic_core.core_schema import ErrorType

from domain.reports.kind import Report
from domain.reports.registry import KINDS
from domain.values.declaration import is_struct
from domain.values.explanation import explaining_model
from domain.values.text_types import JsonNumber, nearest

FieldPath = tuple[str | int, ...]
SEALED: Final = "sealed"
"""The member of a report that holds its protected part, which is taken out before the rest is read by the model."""
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_VALIDATOR_CODES = frozenset(get_args(ErrorType))
_KEY = "[key]"  # pydantic's marker of an error in a key rather than in its value
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class FieldError:
    """A member of `errors`: the path of a field, the reason, and the nearest known word.

    `field` is a path from the top of the body; the empty path is the body itself.
    """

    field: str
    reason: str
    nearest: str | None = None

    @property
    def document(self) -> dict[str, str]:
        """The JSON object in a problem's `errors`."""
        found = {"field": self.field, "reason": self.reason}
        return {**found, "nearest": self.nearest} if self.nearest else found


def format_path(where: FieldPath) -> str:
    """Format the path of a field: `claims[0].measure`, `attributes["a b"]`."""
    path = ""
    for step in where:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            path += f".{step}" if path else step
        else:
            path += f"[{json.dumps(step[:_LONGEST], ensure_ascii=False)}]"
    return path


def field_errors_of(
    errors: Iterable[Any], *, outer: int = 0, model: type[BaseModel] | None = None, document: object = None
) -> list[FieldError]:
    """Convert pydantic's errors; the first `outer` steps of their locations are dropped.

    With the `model` and the `document` that failed validation, an unknown field gets the nearest known one.
    """
    return [_field_error(error, tuple(error["loc"])[outer:], model, document) for error in errors]


def _field_error(
    error: Mapping[str, Any], where: FieldPath, model: type[BaseModel] | None, document: object
) -> FieldError:
    code, context, given = error["type"], cast("dict[str, Any]", error.get("ctx") or {}), error.get("input")
    of_name = bool(where) and where[-1] == _KEY
    field = format_path(where[:-1] if of_name else where)
    if code not in _VALIDATOR_CODES:  # a custom error of the domain, whose message is a sentence
        return FieldError(field, error["msg"], context.get("nearest"))
    if code == "extra_forbidden":
        return FieldError(field, *_unknown(str(where[-1]), _fields_at(model, document, where[:-1])))
    if code == "literal_error":
        return FieldError(field, *_not_in_list(given, re.findall(r"'([^']*)'", context["expected"])))
    if code in _WHOLE_NUMBER_CODES and isinstance(given, JsonNumber):
        return FieldError(field, f"This must be a whole number, and up to 2^53 - 1; {given[:40]} is not.")
    subject = "The name" if of_name else "This"
    if code == "string_pattern_mismatch" and (form := _FORMS.get(_field_name(where))):
        return FieldError(field, f"{subject} {form}.")
    say = _SENTENCES.get(code)
    return FieldError(field, f"{subject} {say(context) if say else 'cannot be read'}.")


def _unknown(name: str, known: Sequence[str]) -> tuple[str, str | None]:
    near = nearest(name, known)
    hint = f"; did you mean “{near}”?" if near else f"; known: {', '.join(sorted(known))}." if known else "."
    return f"There is no field “{name[:_LONGEST]}” here{hint}", near


def _not_in_list(given: object, known: Sequence[str]) -> tuple[str, str | None]:
    if not isinstance(given, str):
        return f"This must be one of: {', '.join(known)}.", None
    near = nearest(given, known)
    hint = f"did you mean “{near}”?" if near else f"known: {', '.join(known)}."
    return f"“{given[:_LONGEST]}” is not known here; {hint}", near


def _field_name(where: FieldPath) -> str:
    return next((step for step in reversed(where) if isinstance(step, str)), "")


def _must_be(what: str) -> Callable[[dict[str, Any]], str]:
    return lambda _: f"must be {what}"


def _at_least(context: dict[str, Any]) -> str:
    least = context["min_length"]
    return "must not be empty" if least == 1 else f"must have at least {least}"


_FORMS = {
    "id": "must be 1 to 20 letters, digits, “-” or “_”, such as “1”; a part adds a dot and its own, such as “1.1”",
    "supersedes": "must name a claim by its report and its id, such as “8e10200c-e07c-59a2-88d1-19894c191585#1”",
}
"""The form of fields whose pattern is unreadable as a regular expression."""

_WHOLE_NUMBER_CODES = ("int_type", "int_parsing", "int_parsing_size", "int_from_float")
_SENTENCES: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "missing": lambda _: "is needed and missing",
    "string_too_short": _at_least,
    "too_short": _at_least,
    "string_too_long": lambda context: f"has more than {context['max_length']} characters",
    "too_long": lambda context: f"has more than {context['max_length']} entries",
    "greater_than_equal": lambda context: f"must be {context['ge']} or more",
    "less_than_equal": lambda context: f"must be {context['le']} or less",
    "string_pattern_mismatch": lambda context: f"is not of the form {context['pattern']}",
    "none_required": _must_be("null"),
    **dict.fromkeys(("string_type", "string_unicode"), _must_be("a string")),
    **dict.fromkeys(_WHOLE_NUMBER_CODES, _must_be("a whole number")),
    **dict.fromkeys(("bool_type", "bool_parsing"), _must_be("true or false")),
    **dict.fromkeys(("tuple_type", "list_type", "iterable_type", "set_type"), _must_be("a list")),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), _must_be("an object")),
    **dict.fromkeys(
        ("uuid_type", "uuid_parsing", "uuid_version"), _must_be("a UUID, such as 8e10200c-e07c-59a2-88d1-19894c191585")
    ),
}


def _fields_at(model: type[BaseModel] | None, document: object, where: FieldPath) -> list[str]:
    """Return the fields of the model at this path; none where the model is not known."""
    here: type[BaseModel] | None = model
    for step in where:
        document = _step_into(document, step)
        if isinstance(step, str) and here is not None:
            field = next((each for name, each in here.model_fields.items() if step in (name, each.alias)), None)
            here = _model_in(field.annotation, document) if field else None
    if here is None:
        return []
    beside = [SEALED] if here is report_model(document) else []
    return [field.alias or name for name, field in here.model_fields.items()] + beside


def _step_into(document: object, step: str | int) -> object:
    try:
        return cast("Any", document)[step]
    except (KeyError, IndexError, TypeError):
        return None


def _model_in(annotation: object, document: object) -> type[BaseModel] | None:
    """Find the model within a field's annotation; for a report, that of its kind."""
    if annotation is Report:
        return report_model(document)
    if is_struct(annotation):
        return explaining_model(cast("type[Any]", annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each, document))), None)


def report_model(document: object) -> type[BaseModel]:
    """Return the model of a report by the `kind` in the document; the base model where the kind is unknown."""
    kind = cast("Mapping[str, object]", document).get("kind") if isinstance(document, Mapping) else None
    return explaining_model(KINDS[kind].model if isinstance(kind, str) and kind in KINDS else Report)
