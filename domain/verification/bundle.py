"""A bundle: all that is needed to verify one answer, in one file: receipt, facts, proofs, checkpoint.

Canonical JSON, plain, compressed by gzip, or as base64 within an HTML page. Of each fact it holds the entry, the
structured part and its salt; free text and protected parts are never in it, so a bundle outlives their erasure.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from domain.ledger.canonical import canonical
from domain.ledger.entry import Entry, EntryError, parse_entry
from domain.ledger.merkle import HASH_BYTES
from domain.ledger.receipt import Receipt, ReceiptError, format_receipt, parse_receipt
from domain.ledger.strict_json import NotCanonical, parse_canonical

KIND: Final = "knownwhen-bundle"
MOST_BYTES: Final = 256 << 20
"""A larger bundle, decompressed, is refused."""
_GZIP: Final = b"\x1f\x8b"
_PAGE: Final = re.compile(rb"\s*<!doctype html", re.IGNORECASE)
_IN_PAGE: Final = re.compile(rb'<script type="application/gzip" id="knownwhen-bundle">([A-Za-z0-9+/=]*)</script>')
_MEMBERS: Final = {
    "checkpoint",
    "consistency",
    "document",
    "facts",
    "inclusion",
    "keys",
    "kind",
    "publication",
    "receipt",
    "v",
}
_OF_FACT: Final = {"entry", "salt", "state"}
_Members = Mapping[str, object]


class BundleError(ValueError):
    """The bytes are no bundle; the message says why."""


@dataclass(frozen=True, slots=True)
class BundledFact:
    """A fact: the bytes of its leaf entry, its structured part (canonical JSON), and the salt of its commitment."""

    entry_bytes: bytes
    entry: Entry
    state: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """An answer with its evidence.

    `facts` are by position: the inputs and, where the answer was published, its publication at position `publication`.
    `inclusion` proves all of them at once in the tree of `checkpoint`, a signed note; `consistency` that the tree of
    the receipt is a beginning of it. `keys` are those that the operator says sign the log. `document` is the answer.
    """

    receipt: Receipt
    document: bytes
    facts: Sequence[BundledFact]
    publication: int | None
    inclusion: Sequence[bytes]
    consistency: Sequence[bytes]
    checkpoint: bytes
    keys: Sequence[str]


def format_bundle(bundle: Bundle) -> bytes:
    """Return the bytes of a bundle, uncompressed."""
    return canonical(
        {
            "v": 1,
            "kind": KIND,
            "receipt": format_receipt(bundle.receipt).decode(),
            "document": bundle.document.decode(),
            "facts": [
                {"entry": each.entry_bytes.decode(), "state": each.state.decode(), "salt": each.salt.hex()}
                for each in bundle.facts
            ],
            "publication": bundle.publication,
            "inclusion": [base64.b64encode(each).decode() for each in bundle.inclusion],
            "consistency": [base64.b64encode(each).decode() for each in bundle.consistency],
            "checkpoint": bundle.checkpoint.decode(),
            "keys": list(bundle.keys),
        }
    )


def compress(data: bytes) -> bytes:
    """Compress by gzip, to the same bytes each time."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def page_element(packed: bytes) -> str:
    """Return the HTML element that has a compressed bundle within a page; `parse_bundle` reads the page."""
    return f'<script type="application/gzip" id="knownwhen-bundle">{base64.b64encode(packed).decode()}</script>'


def is_page(data: bytes) -> bool:
    """Say whether a file is an HTML page, of which only the bundle within it is ever read."""
    return _PAGE.match(data) is not None


def parse_bundle(data: bytes) -> Bundle:
    """Read a bundle, plain, compressed, or within a page; its form alone is checked. Raises BundleError."""
    try:
        document = parse_canonical(_plain(data))
    except NotCanonical as error:
        raise BundleError(f"This is no bundle: {error}.") from error
    if not isinstance(document, dict) or set(cast("_Members", document)) != _MEMBERS:
        raise BundleError(f"This is no bundle: it is an object of exactly the members {', '.join(sorted(_MEMBERS))}.")
    members = cast("_Members", document)
    if members["v"] != 1 or members["v"] is True or members["kind"] != KIND:
        raise BundleError(f"This is no bundle of version 1: “kind” is “{KIND}” and “v” is 1.")
    try:
        return _bundle(members)
    except (ReceiptError, EntryError) as error:
        raise BundleError(f"This is no bundle: {error}.") from error


def _bundle(members: _Members) -> Bundle:
    publication = members["publication"]
    if publication is not None and type(publication) is not int:
        raise BundleError("This is no bundle: “publication” is a position or null.")
    return Bundle(
        receipt=parse_receipt(_text(members, "receipt").encode()),
        document=_text(members, "document").encode(),
        facts=[_fact(each) for each in _list(members, "facts")],
        publication=publication,
        inclusion=_hashes(members, "inclusion"),
        consistency=_hashes(members, "consistency"),
        checkpoint=_text(members, "checkpoint").encode(),
        keys=[_string(each, "keys") for each in _list(members, "keys")],
    )


def _fact(value: object) -> BundledFact:
    if not isinstance(value, dict) or set(cast("_Members", value)) != _OF_FACT:
        raise BundleError(f"This is no bundle: a fact has exactly the members {', '.join(sorted(_OF_FACT))}.")
    members = cast("_Members", value)
    entry, state, salt = (_text(members, name) for name in ("entry", "state", "salt"))
    try:
        salt_bytes = bytes.fromhex(salt)
    except ValueError:
        salt_bytes = b""
    if len(salt_bytes) != HASH_BYTES or salt_bytes.hex() != salt:
        raise BundleError(f"This is no bundle: a salt is {2 * HASH_BYTES} lower-case hexadecimal digits.")
    return BundledFact(entry.encode(), parse_entry(entry.encode()), state.encode(), salt_bytes)


def _hashes(members: _Members, name: str) -> list[bytes]:
    found: list[bytes] = []
    for each in _list(members, name):
        text = _string(each, name)
        try:
            raw = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != HASH_BYTES or base64.b64encode(raw).decode() != text:
            raise BundleError(f"This is no bundle: “{name}” is a list of hashes in base64.")
        found.append(raw)
    return found


def _list(members: _Members, name: str) -> list[object]:
    value = members[name]
    if not isinstance(value, list):
        raise BundleError(f"This is no bundle: “{name}” is a list.")
    return cast("list[object]", value)


def _text(members: _Members, name: str) -> str:
    return _string(members[name], name)


def _string(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise BundleError(f"This is no bundle: “{name}” is text.")
    return value


def _plain(data: bytes) -> bytes:
    if is_page(data):
        data = _of_page(data)
    if data.startswith(_GZIP):
        unpacker = zlib.decompressobj(31)
        try:
            data, rest = unpacker.decompress(data, MOST_BYTES + 1), unpacker.unused_data
        except zlib.error:
            raise BundleError("This is no bundle: its compression is damaged.") from None
        if len(data) <= MOST_BYTES and (rest or not unpacker.eof):
            raise BundleError("This is no bundle: its compression is cut off, or has something behind it.")
    if len(data) > MOST_BYTES:
        raise BundleError(f"This is larger than a bundle may be, {MOST_BYTES >> 20} MiB.")
    return data


def _of_page(page: bytes) -> bytes:
    found = _IN_PAGE.findall(page)
    if len(found) != 1:
        raise BundleError(f"This page has {len(found)} bundles within it, and one is needed.")
    try:
        return base64.b64decode(found[0], validate=True)
    except (binascii.Error, ValueError):
        raise BundleError("This is no bundle: what the page has for one is not base64.") from None
