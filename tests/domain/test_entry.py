"""The leaf entry: one form for each fact, and nothing else passes for it."""

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.canonical import canonical
from domain.ledger.entry import LIMIT, PARTS, Entry, EntryError, format_entry, leaf_hash, parse_entry

BIGGEST = 2**53 - 1
ENTRY = Entry(
    position=7,
    recorded_at=datetime(2025, 3, 9, 20, 59, 59, tzinfo=UTC),
    fact_id=UUID("0195828e-6f0a-7000-8000-00000000000a"),
    stream=UUID("6ba7b810-9dad-51d1-80b4-00c04fd430c8"),
    version=3,
    topic="toll_revised.v1",
    parts={"text": bytes(32), "state": b"\xab" * 32},
)
FORM = (
    '{"at":"2025-03-09T20:59:59.000000Z","id":"0195828e-6f0a-7000-8000-00000000000a","n":7,"parts":{"state":"'
    + "ab" * 32
    + '","text":"'
    + "00" * 32
    + '"},"stream":"6ba7b810-9dad-51d1-80b4-00c04fd430c8","topic":"toll_revised.v1","v":1,"version":3}'
).encode()

commitments = st.binary(min_size=32, max_size=32)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
entries = st.builds(
    Entry,
    position=st.integers(1, BIGGEST),
    recorded_at=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=offsets),  # noqa: DTZ001 - zones come
    fact_id=st.uuids(),
    stream=st.uuids(),
    version=st.integers(1, BIGGEST),
    topic=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50),
    parts=st.fixed_dictionaries({"state": commitments}, optional={"text": commitments, "sealed": commitments}),
)


def altered(**fields: Any) -> bytes:
    document = json.loads(FORM) | fields
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_an_entry_has_exactly_this_form() -> None:
    assert format_entry(ENTRY) == FORM


@given(entries)
def test_what_was_written_reads_back(entry: Entry) -> None:
    assert parse_entry(format_entry(entry)) == entry


@given(entries)
def test_the_time_zone_in_which_a_moment_was_given_leaves_no_trace(entry: Entry) -> None:
    assert format_entry(replace(entry, recorded_at=entry.recorded_at.astimezone(UTC))) == format_entry(entry)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_whatever_raise_anything_but_an_entry_error(data: bytes) -> None:
    with pytest.raises(EntryError):
        parse_entry(data)


@given(entries, st.data())
def test_no_changed_byte_goes_unnoticed(entry: Entry, data: st.DataObject) -> None:
    form = format_entry(entry)
    place = data.draw(st.integers(0, len(form) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != form[place]))
    changed = form[:place] + bytes([byte]) + form[place + 1 :]
    with suppress(EntryError):
        assert parse_entry(changed) != entry


OTHER_FORMS = {
    "another order of keys": b'{"id"' + FORM[5:].replace(b'"id"', b'"at"', 1),
    "a space": FORM.replace(b'"n":7', b'"n": 7'),
    "a line break at the end": FORM + b"\n",
    "a byte order mark": b"\xef\xbb\xbf" + FORM,
    "an escape that is not needed": FORM.replace(b"toll", b"\\u0074oll"),
    "a key twice": FORM.replace(b'"n":7', b'"n":7,"n":7'),
    "a part twice": FORM.replace(b'"text":', b'"state":"' + b"ab" * 32 + b'","text":'),
    "capital digits in a commitment": FORM.replace(b"ab" * 32, b"AB" * 32),
    "capital digits in an id": FORM.replace(b"00000000000a", b"00000000000A"),
    "an id in braces": FORM.replace(b'"0195828e', b'"{0195828e').replace(b'0000000a"', b'0000000a}"'),
    "an exponent": FORM.replace(b'"n":7', b'"n":7e0'),
    "a fraction": FORM.replace(b'"n":7', b'"n":7.0'),
    "a boolean for a number": FORM.replace(b'"version":3', b'"version":true'),
    "a boolean for the form's version": FORM.replace(b'"v":1', b'"v":true'),
    "a number in words": FORM.replace(b'"n":7', b'"n":"7"'),
    "a number beyond 2^53": FORM.replace(b'"n":7', b'"n":9007199254740992'),
    "a number of 5,000 digits": FORM.replace(b'"n":7', b'"n":' + b"7" * 5000),
    "another form": altered(v=2),
    "an unknown key": altered(more=1),
    "an unknown part": altered(parts={"state": "ab" * 32, "notes": "00" * 32}),
    "no state": altered(parts={"text": "00" * 32}),
    "no parts": altered(parts={}),
    "parts in a list": altered(parts=["state"]),
    "a short commitment": altered(parts={"state": "ab" * 31}),
    "a commitment of null": altered(parts={"state": None}),
    "position 0": altered(n=0),
    "version 0": altered(version=0),
    "an empty topic": altered(topic=""),
    "no fraction of a second": altered(at="2025-03-09T20:59:59Z"),
    "an offset": altered(at="2025-03-09T20:59:59.000000+00:00"),
    "a moment that is none": altered(at="2025-02-30T20:59:59.000000Z"),
    "digits of another script": altered(at="2025-03-09T20:59:59.00000٠Z"),
    "a list": b"[" + FORM + b"]",
    "depth": b"[" * 60_000,
    "half of a surrogate pair": FORM.replace(b"toll", b"\\ud800"),
    "nothing": b"",
}


@pytest.mark.parametrize("data", OTHER_FORMS.values(), ids=OTHER_FORMS.keys())
def test_other_forms_are_refused(data: bytes) -> None:
    with pytest.raises(EntryError):
        parse_entry(data)


@pytest.mark.parametrize(
    "fields",
    [
        {"position": 0},
        {"version": 0},
        {"position": BIGGEST + 1},
        {"topic": ""},
        {"topic": "half \ud800"},
        {"recorded_at": datetime(2025, 3, 9)},  # noqa: DTZ001 - naive on purpose
        {"recorded_at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=3)))},
        {"parts": {}},
        {"parts": {"state": b"short"}},
        {"parts": {"state": bytes(32), "notes": bytes(32)}},
    ],
)
def test_values_that_make_no_entry_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(EntryError):
        format_entry(replace(ENTRY, **fields))


def test_an_entry_stays_below_the_length_that_a_tile_can_say() -> None:
    room = LIMIT - 1 - len(format_entry(replace(ENTRY, topic="t"))) + 1
    assert len(format_entry(replace(ENTRY, topic="t" * room))) == LIMIT - 1
    with pytest.raises(EntryError, match="65,535"):
        format_entry(replace(ENTRY, topic="t" * (room + 1)))
    with pytest.raises(EntryError, match="65,535"):
        parse_entry(b" " * LIMIT)


def test_a_leaf_is_hashed_as_rfc_6962_says() -> None:
    # RFC 6962 §2.1; the hash of the empty leaf is a published test value.
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(FORM) == hashlib.sha256(b"\x00" + FORM).digest()


def test_every_part_of_a_fact_has_its_place() -> None:
    full = replace(ENTRY, parts={part: bytes(32) for part in PARTS})
    assert list(json.loads(format_entry(full))["parts"]) == sorted(PARTS)


@given(entries)
def test_form_is_the_canonical_one(entry: Entry) -> None:
    with suppress(EntryError):
        data = format_entry(entry)
        assert canonical(json.loads(data)) == data
