"""A name that comes twice in an object is never missed, whatever strings look like."""

import json
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from service.runtime.json_members import names_are_unique

TEXTS = st.text(max_size=6) | st.sampled_from(['":', '"', ":", '\\":', "a", 'b" :'])
VALUES = st.recursive(
    st.none() | st.integers(0, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
PAIRS = st.lists(st.tuples(TEXTS, VALUES), max_size=5)


def written(pairs: list[tuple[str, Any]], before: str) -> bytes:
    members = (f"{json.dumps(name)}{before}:{json.dumps(value)}" for name, value in pairs)
    return b"{%b}" % ", ".join(members).encode()


@given(PAIRS, st.sampled_from(["", " ", "\t \r\n"]))
def test_a_name_that_comes_twice_is_never_missed(pairs: list[tuple[str, Any]], before: str) -> None:
    names = [name for name, _ in pairs]
    raw = written(pairs, before)
    if len(set(names)) < len(names):
        assert not names_are_unique(raw, orjson.loads(raw))


def test_names_that_come_once_are_told_so_at_once() -> None:
    raw = b'{"a" : {"a": 1, "b": [{"a": "x\\":y"}]}, "b": null}'
    assert names_are_unique(raw, orjson.loads(raw))
    assert not names_are_unique(raw.replace(b'"b": null', b'"a" :\t2'), {"a": 2})
