"""Statements: immutable values that are declared once and read by two engines.

The declaration is a `msgspec.Struct` whose annotations name the rules. The fast engine converts a body by msgspec and
asks every rule whether it accepts its value as it is (`acceptance.py`). A body that it refuses goes to a pydantic model
made of the same annotations (`explanation.py`), which states every fault, or accepts after a conversion. Both engines
call the same rules and the same hooks.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self, cast

import msgspec
from pydantic import ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from domain.values.acceptance import acceptor_of
from domain.values.explanation import explained_document, explaining_model
from domain.values.preparation import Body, preparation_of


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """An immutable statement: unknown fields are refused, never dropped.

    The constructor checks nothing; `validate` reads what others sent.
    """

    explaining_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)
    """The configuration of the explaining model."""

    @classmethod
    def prepared(cls, body: Body) -> Body:
        """Return a body with the fields that it derives, or with the context in which they are read; a hook."""
        return body

    def expect_agreement(self) -> None:
        """Raise PydanticCustomError where fields contradict one another; a hook, called on the explaining model too."""

    @classmethod
    def validate(cls, body: object) -> Self:
        """Return the statement of a body; raises pydantic's ValidationError, which states every fault."""
        if isinstance(body, cls):
            return body
        return cls.accepted(body) or cls.from_document(explained_document(cls, body))

    @classmethod
    def accepted(cls, body: object) -> Self | None:
        """Return the statement of a body that is valid as it is; None where the explaining model has to decide."""
        if not isinstance(body, Mapping):
            return None
        try:
            statement = cls.from_document(preparation_of(cls)(cast("Body", body)))
            return statement if acceptor_of(cls)(statement) else None
        except (ValueError, TypeError, AttributeError):  # the errors of msgspec and of the rules are ValueErrors
            return None

    @classmethod
    def from_document(cls, document: Body) -> Self:
        """Return the statement of a document whose values are known to be valid; raises msgspec's ValidationError."""
        return msgspec.convert(document, cls)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        """Stand for the explaining model within pydantic's models."""
        return handler.generate_schema(explaining_model(cls))

    def set_members(self) -> dict[str, Any]:
        """Return the members that are not null, as JSON names them."""
        members = cast("dict[str, Any]", msgspec.json.decode(msgspec.json.encode(self)))
        return {name: value for name, value in members.items() if value is not None}
