"""The protected part of a report, `sealed`: taken out of a body before anything else reads, hashes or keeps it."""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, Self, cast

import orjson
from pydantic import ValidationError, model_validator
from pydantic_core import PydanticCustomError

from domain.values.text_types import Strict, Text
from service.api.errors.problem import problem_of_fields
from service.api.errors.validation import SEALED, FieldError, field_errors_of
from service.eventstore.command_queue import SealedContent

SealedText = Annotated[str, Text(5_000, 1)]


class SealedPart(Strict, frozen=True):
    """What must never leak about a report. It is kept encrypted, in no view, list, search or export.

    It is read by `POST /v1/reports/{id}/sealed` alone, with a reason that is recorded.
    """

    identity: SealedText | None = None
    """Who the source is."""
    contact: SealedText | None = None
    """How to reach them."""
    place: SealedText | None = None
    """The exact place."""
    notes: SealedText | None = None
    """What else only a few may know."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise PydanticCustomError("nothing_sealed", "This must have one field at least, or be left out.")
        return self


class WithoutSealed(NamedTuple):
    """A body without the protected part of its report, and that part."""

    document: dict[str, Any]
    sealed: SealedContent


def without_sealed(document: Mapping[str, Any], member: str | None = None) -> WithoutSealed | None:
    """Take `sealed` out of a report: a body, or a member of a body. None where it has none.

    Raises HttpProblem with an error for each invalid field; none repeats what a field says.
    """
    report: object = document if member is None else document.get(member)
    if not isinstance(report, Mapping) or SEALED not in report:
        return None
    bare = dict(cast("Mapping[str, Any]", report))
    where = SEALED if member is None else f"{member}.{SEALED}"
    sealed = _sealed(bare.pop(SEALED), where)
    return WithoutSealed(bare if member is None else {**document, member: bare}, sealed)


def _sealed(value: object, where: str) -> SealedContent:
    try:
        part = SealedPart.model_validate(value)
    except ValidationError as error:
        errors = field_errors_of(error.errors(include_url=False, include_input=False), model=SealedPart, document=value)
        raise problem_of_fields([_prefixed(where, each) for each in errors]) from None
    return SealedContent(orjson.dumps(part.model_dump(exclude_none=True), option=orjson.OPT_SORT_KEYS))


def _prefixed(where: str, error: FieldError) -> FieldError:
    return FieldError(f"{where}.{error.field}" if error.field else where, error.reason, error.nearest)
