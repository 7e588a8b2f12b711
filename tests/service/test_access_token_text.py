"""The text of a token: made, read again, and refused with one character wrong, before anything is looked up."""

import math
import re

from hypothesis import given
from hypothesis import strategies as st

from service.access import token_text
from service.access.token_text import base62, format_token, new_id, parse_token, without_secrets

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_- é"
IDS = st.binary(min_size=token_text.ID_BYTES, max_size=token_text.ID_BYTES).map(new_id)
SECRETS = st.binary(min_size=token_text.SECRET_BYTES, max_size=token_text.SECRET_BYTES)
TOKENS = st.builds(format_token, IDS, SECRETS)


@given(token_id=IDS, secret=SECRETS)
def test_what_is_made_is_read_again(token_id: str, secret: bytes) -> None:
    text = format_token(token_id, secret)
    assert re.fullmatch("kw_[a-z2-7]{12}_[0-9A-Za-z]{49}", text)
    assert len(text) == token_text.LONGEST
    found = parse_token(text)
    assert found is not None
    assert (found.id, found.hash) == (token_id, token_text.hash_of(text))


@given(text=TOKENS, place=st.integers(0, token_text.LONGEST - 1), other=st.sampled_from(CHARACTERS))
def test_one_wrong_character_is_found(text: str, place: int, other: str) -> None:
    wrong = text[:place] + other + text[place + 1 :]
    assert (parse_token(wrong) is None) == (wrong != text)


@given(text=TOKENS, place=st.integers(0, token_text.LONGEST - 1), other=st.sampled_from(CHARACTERS))
def test_a_character_too_few_or_too_many_is_found(text: str, place: int, other: str) -> None:
    assert parse_token(text[:place] + text[place + 1 :]) is None
    assert parse_token(text[:place] + other + text[place:]) is None
    assert parse_token(text[:place]) is None


@given(text=TOKENS, place=st.integers(0, token_text.LONGEST - 2))
def test_two_characters_in_the_wrong_order_are_found(text: str, place: int) -> None:
    wrong = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assert (parse_token(wrong) is None) == (wrong != text)


def test_the_greatest_secret_and_check_have_room() -> None:
    assert 43 * math.log2(62) > 256
    assert 6 * math.log2(62) > 32
    assert format_token(new_id(bytes(8)), b"\xff" * 32).startswith("kw_aaaaaaaaaaaa_")


@given(
    token_id=IDS, secret=SECRETS, before=st.sampled_from(["", "/v1/tokens/"]), after=st.sampled_from(["", "/rotation"])
)
def test_a_path_is_logged_without_the_secret_of_a_token_in_it(
    token_id: str, secret: bytes, before: str, after: str
) -> None:
    text = format_token(token_id, secret)
    for sent in (text, text[:-1], text.replace("_", "%5F"), text.replace("_", "%5f")):
        told = without_secrets(f"{before}{sent}{after}")
        assert base62(secret)[:12] not in told
        assert told.startswith(f"{before}kw")
        assert token_id in told
        assert told.endswith(f"…{after}")
    assert without_secrets(f"{before}kw-desk{after}") == f"{before}kw-desk{after}"
