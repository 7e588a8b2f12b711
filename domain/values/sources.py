"""Sources, their grades, anonymous sources, and the origin behind relays."""

import unicodedata
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema

from domain.values.acceptance import acceptor_of
from domain.values.explanation import explaining_model
from domain.values.statement import Statement
from domain.values.text_types import ClosedList, Label, Slug, SlugRule, Strict

SourceType = Annotated[
    str,
    ClosedList(
        "type of source",
        (
            "agency",
            "monitor",
            "official",
            "party_to_conflict",
            "ngo",
            "un",
            "witness",
            "local_media",
            "social_media",
            "name_list",
            "other",
        ),
    ),
]

Reliability = Literal["A", "B", "C", "D", "E", "F"]

# The Admiralty code, as in US Army FM 2-22.3 (2006), Appendix B, table B-1.
RELIABILITY: dict[Reliability, str] = {
    "A": "reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "cannot be judged",
}


class AnonymousSource(Statement, frozen=True, kw_only=True):
    """A source that the relay does not name: its own words for it, and what kind of source it is."""

    anonymous: Label
    type: SourceType
    speaks_for: Slug | None = None


_SLUG: TypeAdapter[str] = TypeAdapter(Slug)
_accepts_slug = SlugRule().accepts


class _SlugOrAnonymous:
    """A slug or an object, chosen by the JSON type, so that an error is reported once."""

    whole = recurs = True

    @staticmethod
    def accepts(value: str | AnonymousSource) -> bool:
        return _accepts_slug(value) if isinstance(value, str) else acceptor_of(AnonymousSource)(value)

    @staticmethod
    def read(value: object, _: object) -> object:
        if isinstance(value, dict):
            return explaining_model(AnonymousSource).model_validate(value)
        return _SLUG.validate_python(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        return core_schema.no_info_wrap_validator_function(self.read, handler(source))


SourceRef = Annotated[Slug | AnonymousSource, _SlugOrAnonymous()]
"""The slug of a source, or an object with the words of a relay for a source that it does not name."""


class Registration(Strict, frozen=True):
    """Registration of a source: name, type and reliability grade. Its slug is final."""

    slug: Slug
    name: Label
    type: SourceType
    reliability: Reliability = "F"
    speaks_for: Slug | None = None


class Introduction(Registration, frozen=True):
    """A registration that leaves a source alone which is known already: its name and grade are somebody's judgement."""


def default_registration(slug: str) -> Registration:
    """Return how an unknown slug registers itself: `other`, F, which is "cannot be judged" and not "unreliable"."""
    return Registration(slug=slug, name=slug, type="other", reliability="F")


ANONYMOUS = "anonymous:"
"""Prefix of the origin of an anonymous source."""


def origin_of(source: str | AnonymousSource, via: Sequence[str]) -> str:
    """Name the origin of a statement: the same source by any relay is one.

    An unnamed source is an origin of its own per (words, first relay), the relay
    nearest to it: `anonymous:Syrian security sources|reuters`. No slug holds ":"
    or "|", so no two origins share a name. Words are matched in NFC, whatever their spaces.
    """
    if isinstance(source, str):
        return source
    words = " ".join(unicodedata.normalize("NFC", source.anonymous).split())
    return f"{ANONYMOUS}{words}|{via[0] if via else ''}"


def relays(source: str | AnonymousSource, via: Sequence[str]) -> tuple[str, ...]:
    """Return the relays of a statement, each once, nearest the source first; a source is no relay of its own."""
    if len(via) == 1:
        return () if via[0] == source else (via[0],)
    return tuple(dict.fromkeys(each for each in via if each != source))


def source_stream(origin: str) -> str:
    """Name the stream of facts about an origin: `source:sohr`, `source:anonymous:<words>|<first relay>`."""
    return f"source:{origin}"
