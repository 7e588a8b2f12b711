"""Arrays are written as psycopg's own dumper writes them, to the byte."""

import weakref
from collections.abc import Sequence

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import postgres
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.pq import Format

from service.projections.catalogue import MODELS
from service.projections.engine import array_dumpers

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ELEMENTS: dict[str, st.SearchStrategy[object]] = {
    "text[]": st.none() | st.sampled_from(["", "a", "سانا", "\0"]) | TEXTS,
    "bigint[]": st.none() | st.integers(0, 3) | st.integers(-(2**63), 2**63 - 1),
    "float8[]": st.sampled_from([0.0, -0.0]) | st.floats(),
}
"""Values of each type of array that a read model has."""
ARRAYS = st.sampled_from(sorted(ELEMENTS)).flatmap(
    lambda type_: st.tuples(st.just(type_), st.lists(st.lists(ELEMENTS[type_], max_size=6), max_size=6))
)


class _Context:
    """A context of psycopg without a connection, with our dumpers or psycopg's."""

    connection = None

    def __init__(self, *, own: bool) -> None:
        self.adapters = AdaptersMap(psycopg.adapters)
        if own:
            array_dumpers.register(self.adapters)


def oid_of(type_: str) -> int:
    """Return the oid of a type of arrays."""
    return postgres.types[type_.removesuffix("[]")].array_oid


def written(type_: str, arrays: Sequence[Sequence[object]], *, own: bool) -> list[bytes]:
    """Return the bytes of arrays as one COPY writes them, which has one dumper for a column."""
    transformer = Transformer(_Context(own=own))
    transformer.set_dumper_types([oid_of(type_)], Format.BINARY)
    return [bytes(each or b"") for array in arrays for each in transformer.dump_sequence([array], [PyFormat.BINARY])]


@given(ARRAYS)
def test_arrays_have_the_bytes_that_psycopg_writes(drawn: tuple[str, list[list[object]]]) -> None:
    type_, arrays = drawn
    repeated = [*arrays, *map(list, arrays)]
    assert written(type_, repeated, own=True) == written(type_, repeated, own=False)


def test_every_array_of_a_read_model_has_a_dumper_of_ours() -> None:
    types = {type_ for model in MODELS.values() for type_ in model.columns.values() if type_.endswith("[]")}
    assert types == ELEMENTS.keys()
    adapters = _Context(own=True).adapters
    modules = {adapters.get_dumper_by_oid(oid_of(type_), Format.BINARY).__module__ for type_ in types}
    assert modules == {array_dumpers.__name__}


@pytest.mark.parametrize("type_", sorted(ELEMENTS))
def test_what_a_dumper_remembers_goes_with_it(type_: str) -> None:
    context = _Context(own=True)
    used = context.adapters.get_dumper_by_oid(oid_of(type_), Format.BINARY)(list, context)
    used.dump([None] if type_ != "float8[]" else [])
    left = weakref.ref(used)
    del used
    assert left() is None
