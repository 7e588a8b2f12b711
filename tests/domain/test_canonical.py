"""The canonical form, held against an independent implementation of RFC 8785."""

import hashlib
import hmac
import json

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from domain.ledger.canonical import canonical, commitment, digest, unchecked_text

BIGGEST = 2**53 - 1
text = st.text(st.characters(exclude_categories=["Cs"]))
# Keys that UTF-16 and code points sort differently: U+FB33 comes after a surrogate pair in UTF-16, before it otherwise.
keys = text | st.text(st.sampled_from("a\ufb33\uffff\U0001f600\U00010000é\u2028"), max_size=3)
scalars = st.none() | st.booleans() | st.integers(-BIGGEST, BIGGEST) | text
names = st.text(st.characters(max_codepoint=127), max_size=4)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=6), max_leaves=30
)


@given(documents)
@example({"\U0001f600": 1, "\ufb33": 2})
@example({"a": {"\U0001f600": 1, "\ufb33": [{"\U00010000": 1, "\uffff": 2}]}})
@example('\x00\x1f\x7f\u2028"\\/\b\t\n\f\r')
@example([BIGGEST, -BIGGEST, 0, True])
def test_it_is_the_form_that_rfc_8785_gives(document: object) -> None:
    assert canonical(document) == rfc8785.dumps(document)


@given(
    st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=6), max_leaves=30
    )
)
@example({"said": '\x00\x1f\x7f\u2028"\\/\b\t\n\f\r\U0001f600', "figure": BIGGEST, "a": None, "": True})
def test_a_document_with_ascii_names_is_written_the_same_unchecked(document: object) -> None:
    assert unchecked_text(document) == canonical(document).decode()


@given(st.dictionaries(keys, st.lists(documents, max_size=4).map(lambda items: items * 90), max_size=4))
def test_a_large_document_is_written_in_pieces_and_has_the_same_form(document: dict[str, object]) -> None:
    assert canonical(document) == rfc8785.dumps(document)


@given(documents)
def test_it_reads_back_as_the_same_document(document: object) -> None:
    assert json.loads(canonical(document)) == document


@given(st.dictionaries(keys, scalars, min_size=2))
def test_the_order_in_which_keys_were_given_leaves_no_trace(document: dict[str, object]) -> None:
    assert canonical(dict(reversed(document.items()))) == canonical(document)


def test_keys_beyond_the_basic_plane_sort_as_utf_16() -> None:
    assert canonical({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


def test_a_tuple_is_written_as_a_list() -> None:
    assert canonical({"a": (1, ("b", "\U0001f600"))}) == canonical({"a": [1, ["b", "\U0001f600"]]})


@pytest.mark.parametrize("number", [1.0, -0.0, 1e300, float("nan"), float("inf")])
def test_a_float_is_refused_wherever_it_hides(number: float) -> None:
    for document in (number, [number], {"a": [{"b": number}]}):
        with pytest.raises(TypeError, match="not float"):
            canonical(document)


@pytest.mark.parametrize("number", [BIGGEST + 1, -BIGGEST - 1, 10**40])
def test_an_integer_that_other_readers_would_round_is_refused(number: int) -> None:
    for document in (number, [number], {"a": {"b": number}}):
        with pytest.raises(ValueError, match="2\\^53"):
            canonical(document)


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object(), {1: "a"}, {None: 1}, {"a": {True: 1}}])
def test_what_json_does_not_have_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="canonical document"):
        canonical(value)


@pytest.mark.parametrize("half", ["\ud800", "a\udfffb", "\ud83d\U0001f600"])
def test_half_of_a_surrogate_pair_is_refused(half: str) -> None:
    with pytest.raises(ValueError, match="surrogate"):
        unchecked_text({"said": half})
    for document in (half, {half: 1}, {"a": [half]}):
        with pytest.raises(ValueError, match="surrogate"):
            canonical(document)


def test_a_digest_is_the_sha_256_of_the_form() -> None:
    assert digest({"b": 1, "a": "é"}) == hashlib.sha256('{"a":"é","b":1}'.encode()).hexdigest()


def test_a_commitment_depends_on_part_salt_and_content() -> None:
    salt = bytes(range(32))
    expected = hmac.new(salt, b"knownwhen/v1/text\x00{}", hashlib.sha256).digest()
    others = [commitment("state", salt, b"{}"), commitment("text", bytes(32), b"{}"), commitment("text", salt, b"[]")]
    assert commitment("text", salt, b"{}") == expected
    assert expected not in others


@given(st.sampled_from(["state", "text", "sealed"]), st.binary(min_size=32, max_size=32), st.binary(max_size=9_000))
@example("state", bytes(32), bytes(2_047 - len(b"knownwhen/v1/state\x00")))
@example("state", bytes(32), bytes(1_983 - len(b"knownwhen/v1/state\x00")))
@example("state", bytes(32), bytes(1_984 - len(b"knownwhen/v1/state\x00")))
def test_a_commitment_is_the_hmac_of_the_name_of_the_part_and_its_bytes(part: str, salt: bytes, content: bytes) -> None:
    whole = b"knownwhen/v1/" + part.encode() + b"\x00" + content
    assert commitment(part, salt, content) == hmac.digest(salt, whole, "sha256")
