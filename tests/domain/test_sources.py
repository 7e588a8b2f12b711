"""Sources: who vouches, the unnamed, and the one origin behind many relays."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from pydantic import TypeAdapter, ValidationError

from domain.values.sources import (
    RELIABILITY,
    AnonymousSource,
    Registration,
    SourceRef,
    default_registration,
    origin_of,
    relays,
    source_stream,
)
from tests.domain.strategies import Body, slugs, sources

REFERENCE: TypeAdapter[str | AnonymousSource] = TypeAdapter(SourceRef)
UNNAMED = AnonymousSource(anonymous="Syrian security sources", type="party_to_conflict")


def refusal(value: Any) -> tuple[tuple[int | str, ...], str]:
    with pytest.raises(ValidationError) as refused:
        REFERENCE.validate_python(value)
    (error,) = refused.value.errors()
    return error["loc"], error["msg"]


def test_the_same_source_by_any_relay_is_one_origin() -> None:
    assert origin_of("sohr", ()) == origin_of("sohr", ("mena-today",)) == "sohr"


def test_an_unnamed_source_is_an_origin_per_words_and_first_relay() -> None:
    assert origin_of(UNNAMED, ("reuters", "mena-today")) == "anonymous:Syrian security sources|reuters"
    assert origin_of(UNNAMED, ("reuters",)) == origin_of(UNNAMED, ("reuters", "afp"))
    assert origin_of(UNNAMED, ("afp",)) != origin_of(UNNAMED, ("reuters",))
    assert origin_of(UNNAMED, ()) == "anonymous:Syrian security sources|"


def test_whom_an_unnamed_source_speaks_for_makes_no_other_origin() -> None:
    speaking = replace(UNNAMED, speaks_for="syrian-state-forces")
    assert origin_of(speaking, ("reuters",)) == origin_of(UNNAMED, ("reuters",))


def test_the_words_of_an_unnamed_source_meet_in_one_normal_form() -> None:
    composed, decomposed = (
        AnonymousSource(anonymous=words, type="witness") for words in ("t\u00e9moin", "te\u0301moin")
    )
    assert origin_of(composed, ()) == origin_of(decomposed, ())


def test_streams_of_sources_are_named_by_origin() -> None:
    assert source_stream("sohr") == "source:sohr"
    assert source_stream(origin_of(UNNAMED, ("reuters",))) == "source:anonymous:Syrian security sources|reuters"


def test_an_unknown_source_registers_itself_as_other_and_cannot_be_judged() -> None:
    assert default_registration("sohr") == Registration(slug="sohr", name="sohr", type="other", reliability="F")
    assert RELIABILITY["F"] == "cannot be judged"


def test_grades_are_the_six_letters_of_the_admiralty_code() -> None:
    assert "".join(RELIABILITY) == "ABCDEF"
    with pytest.raises(ValidationError, match="'A', 'B', 'C', 'D', 'E' or 'F'"):
        Registration.model_validate({"slug": "sohr", "name": "SOHR", "type": "monitor", "reliability": "G"})


def test_a_mistake_in_a_source_is_told_once_where_it_is() -> None:
    assert refusal("Syrian Observatory")[1].endswith("for example “syrian-observatory”.")
    assert refusal({"anonymous": "a soldier", "type": "witnes"}) == (
        ("type",),
        "“witnes” is not a known type of source; did you mean “witness”? A word of your own starts with “x-”.",
    )
    assert refusal({"anonymous": "a soldier"}) == (("type",), "Field required")
    assert refusal({"anonymous": "a soldier", "type": "witness", "name": "x"})[0] == ("name",)
    assert refusal(7) == ((), "Input should be a valid string")


@given(sources())
def test_every_source_comes_back_as_it_was_sent(source: str | Body) -> None:
    held = REFERENCE.validate_python(source)
    assert REFERENCE.dump_python(held, mode="json", exclude_unset=True) == source


@given(sources(), sources(), st.lists(slugs(), max_size=2), st.lists(slugs(), max_size=2))
def test_origins_meet_only_where_names_or_words_and_relay_do(one: Any, other: Any, via: Any, by: Any) -> None:
    first, second = REFERENCE.validate_python(one), REFERENCE.validate_python(other)
    if origin_of(first, via) == origin_of(second, by):
        assert type(first) is type(second)
        if isinstance(first, AnonymousSource):
            assert via[:1] == by[:1]


def test_the_unnamed_are_matched_whatever_the_spaces_of_their_words() -> None:
    one, other = (AnonymousSource(anonymous=words, type="witness") for words in (" Two  witnesses", "Two witnesses"))
    assert origin_of(one, ()) == origin_of(other, ())


@given(sources().map(REFERENCE.validate_python), st.lists(slugs(), max_size=5), st.booleans())
def test_a_chain_is_weighed_without_what_it_repeats_and_in_its_order(
    source: str | AnonymousSource,
    via: list[str],
    own: bool,  # noqa: FBT001 - drawn
) -> None:
    chain = [*via, source] if own and isinstance(source, str) else via
    found = relays(source, chain)
    assert len(set(found)) == len(found)
    assert set(found) == set(chain) - {source}
    assert list(found) == sorted(found, key=chain.index)
    assert relays(source, found) == found
