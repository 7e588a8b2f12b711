"""The receipt: one form for each, and nothing else passes for it."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.receipt import Receipt, ReceiptError, format_receipt, origin_of, parse_receipt

BIGGEST = 2**53 - 1
LOG = UUID("0195828e-6f0a-7000-8000-00000000000a")
STREAM = UUID("6ba7b810-9dad-51d1-80b4-00c04fd430c8")
RECEIPT = Receipt(
    log=LOG,
    origin=origin_of(LOG),
    position=42,
    root=b"\xab" * 32,
    incident="syria-coast-2025",
    view="state/1",
    policy="range/1",
    reported_until="2025-03-09T20:59:59Z",
    inputs={STREAM: 3},
    digest="cd" * 32,
)
FORM = (
    '{"digest":"' + "cd" * 32 + '","incident":"syria-coast-2025","inputs":{"6ba7b810-9dad-51d1-80b4-00c04fd430c8":3},'
    '"log":"0195828e-6f0a-7000-8000-00000000000a","origin":"knownwhen/0195828e-6f0a-7000-8000-00000000000a",'
    '"policy":"range/1","position":42,"reported_until":"2025-03-09T20:59:59Z",'
    '"root":"q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=","v":1,"view":"state/1"}'
).encode()

counted = st.integers(1, BIGGEST)
names = st.from_regex(r"[a-z][a-z0-9_-]{0,20}/[1-9][0-9]{0,3}", fullmatch=True)
moments = st.from_regex(r"20[0-9]{2}-0[1-9]-[12][0-9]T0[0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{6})?Z", fullmatch=True)
receipts = st.builds(
    Receipt,
    log=st.uuids(),
    origin=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60),
    position=counted,
    root=st.binary(min_size=32, max_size=32),
    incident=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    view=names,
    policy=names,
    reported_until=st.none() | moments,
    inputs=st.dictionaries(st.uuids(), counted, min_size=1, max_size=5),
    digest=st.binary(min_size=32, max_size=32).map(bytes.hex),
)


def altered(**fields: Any) -> bytes:
    document = json.loads(FORM) | fields
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_a_receipt_has_exactly_this_form() -> None:
    assert format_receipt(RECEIPT) == FORM


@given(receipts)
def test_what_was_written_reads_back(receipt: Receipt) -> None:
    assert parse_receipt(format_receipt(receipt)) == receipt


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_whatever_raise_anything_but_a_receipt_error(data: bytes) -> None:
    with pytest.raises(ReceiptError):
        parse_receipt(data)


@given(receipts, st.data())
def test_no_changed_byte_goes_unnoticed(receipt: Receipt, data: st.DataObject) -> None:
    form = format_receipt(receipt)
    place = data.draw(st.integers(0, len(form) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != form[place]))
    with suppress(ReceiptError):
        assert parse_receipt(form[:place] + bytes([byte]) + form[place + 1 :]) != receipt


OTHER_FORMS = {
    "a space": FORM.replace(b'"v":1', b'"v": 1'),
    "a line break at the end": FORM + b"\n",
    "a byte order mark": b"\xef\xbb\xbf" + FORM,
    "an escape that is not needed": FORM.replace(b"syria", b"\\u0073yria"),
    "a key twice": FORM.replace(b'"v":1', b'"v":1,"v":1'),
    "another order of keys": FORM.replace(b',"v":1', b"").replace(b"{", b'{"v":1,', 1),
    "a stream twice": FORM.replace(b'430c8":3', b'430c8":3,"6ba7b810-9dad-51d1-80b4-00c04fd430c8":3'),
    "a stream in capitals": FORM.replace(b"6ba7b810", b"6BA7B810"),
    "a stream in braces": altered(inputs={"{6ba7b810-9dad-51d1-80b4-00c04fd430c8}": 3}),
    "base64 with loose bits at its end": FORM.replace(b"q6s=", b"q6t="),
    "a position with a fraction": FORM.replace(b"42", b"42.0"),
    "a position with an exponent": FORM.replace(b"42", b"42e0"),
}


@pytest.mark.parametrize("form", OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_another_form_of_the_same_receipt_is_refused(form: bytes) -> None:
    with pytest.raises(ReceiptError):
        parse_receipt(form)


NO_RECEIPTS: Mapping[str, Mapping[str, Any]] = {
    "an unknown field": {"more": 1},
    "another version": {"v": 2},
    "a version that is true": {"v": True},
    "a log that is no id": {"log": "syria"},
    "an empty origin": {"origin": ""},
    "an origin of two lines": {"origin": "a\nb"},
    "the position before the first": {"position": 0},
    "a position as text": {"position": "42"},
    "a position beyond what JSON readers agree on": {"position": 2**53},
    "a root of another length": {"root": "q6s="},
    "a root that is no base64": {"root": "?" * 44},
    "an empty incident": {"incident": ""},
    "an incident that is a number": {"incident": 5},
    "a view without a version": {"view": "state"},
    "a policy of version 0": {"policy": "range/0"},
    "a day as moment": {"reported_until": "2025-03-09"},
    "a moment in another zone": {"reported_until": "2025-03-09T23:59:59+03:00"},
    "a moment in other digits": {"reported_until": "２025-03-09T20:59:59Z"},
    "no inputs": {"inputs": {}},
    "inputs in a list": {"inputs": [[str(STREAM), 3]]},
    "an input that is no stream": {"inputs": {"incident": 3}},
    "an input without versions": {"inputs": {str(STREAM): 0}},
    "an input of a version that is true": {"inputs": {str(STREAM): True}},
    "a digest in capitals": {"digest": "CD" * 32},
    "a short digest": {"digest": "cd" * 31},
}


@pytest.mark.parametrize("fields", NO_RECEIPTS.values(), ids=NO_RECEIPTS)
def test_what_is_no_receipt_is_refused(fields: Mapping[str, Any]) -> None:
    with pytest.raises(ReceiptError):
        parse_receipt(altered(**fields))


@pytest.mark.parametrize("name", sorted(json.loads(FORM)))
def test_a_receipt_without_one_of_its_fields_is_refused(name: str) -> None:
    document = json.loads(FORM)
    del document[name]
    with pytest.raises(ReceiptError, match="exactly the keys"):
        parse_receipt(json.dumps(document, separators=(",", ":")).encode())


def test_what_json_cannot_hold_is_refused() -> None:
    for data in (b"[" * 100_000, b'{"v":NaN}', b'{"position":' + b"9" * 5000 + b"}", b"\xff"):
        with pytest.raises(ReceiptError, match="not a receipt"):
            parse_receipt(data)


def test_values_that_make_no_receipt_are_not_written() -> None:
    for wrong in (replace(RECEIPT, position=0), replace(RECEIPT, incident="\ud800"), replace(RECEIPT, root=b"")):
        with pytest.raises(ReceiptError):
            format_receipt(wrong)
