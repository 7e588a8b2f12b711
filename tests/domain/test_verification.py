"""A bundle that is right is verified; one in which anything was changed fails at the step that the change breaks."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.facts.streams import source_stream
from domain.facts.union import SourceGraded
from domain.history.history import history_of
from domain.ledger.canonical import canonical, commitment, digest_of
from domain.ledger.checkpoint import LogCheckpoint, format_checkpoint
from domain.ledger.entry import Entry, format_entry, leaf_hash
from domain.ledger.merkle import prove_consistency, prove_several, root, subtrees_of
from domain.ledger.receipt import Receipt, format_receipt
from domain.ledger.signed_note import (
    COSIGNATURE,
    ED25519,
    SignedNote,
    SigningKey,
    format_key,
    format_note,
    parse_note,
    sign,
)
from domain.reading import Reading
from domain.verification.bundle import Bundle, BundledFact, BundleError, compress, format_bundle, parse_bundle
from domain.verification.checks import (
    COMPLETENESS,
    DIGEST,
    FOLD,
    INCLUSION,
    PUBLICATION,
    SIGNATURE,
    Trust,
    Verification,
    verify_bundle,
)
from tests.domain.book import load
from tests.domain.signed_logs import KEY, SAMPLE, SignedLog, published_log, signed_log

WITNESSES = [SigningKey(f"witness.example/{number}", COSIGNATURE, bytes([number]) * 32) for number in range(3)]
STRANGER = SigningKey(KEY.name, ED25519, b"s" * 32)
TRUST = Trust([KEY.verifier])


@cache
def log() -> tuple[SignedLog, int]:
    return published_log()


@cache
def published() -> Bundle:
    made, position = log()
    return made.bundle(position - 1, publication=position)


@cache
def reading() -> Bundle:
    made, position = log()
    return made.bundle(position - 30, until="2025-03-10T20:59:59Z")


def verified(bundle: Bundle, trust: Trust = TRUST, **given: Any) -> Verification:
    """Verify a bundle as it would be read from a file."""
    return verify_bundle(parse_bundle(format_bundle(bundle)), trust, **given)


def entries() -> list[bytes]:
    return [each.entry_bytes for each in log()[0].facts]


@pytest.mark.parametrize("made", [published, reading])
def test_right_bundle_is_verified_and_says_what_was_shown(made: Callable[[], Bundle]) -> None:
    found = verified(made(), entries=entries())
    assert found.failed is None
    assert len(found.shown) >= 5
    assert found.checkpoint
    assert found.checkpoint.size == len(log()[0].facts)
    assert all(each.endswith(".") for each in (*found.shown, *found.not_shown))
    assert any("witness" in each for each in found.not_shown)
    assert any("published" in each for each in (found.shown if made is published else found.not_shown))


def test_without_a_key_or_all_entries_it_says_what_was_not_shown() -> None:
    found = verified(published(), Trust())
    assert found.holds
    assert any("--key" in each for each in found.not_shown)
    assert any("--entries" in each for each in found.not_shown)


def test_bundle_is_the_same_bytes_compressed_and_plain() -> None:
    data = format_bundle(published())
    assert parse_bundle(data) == parse_bundle(compress(data)) == published()
    assert compress(data) == compress(data)
    assert len(compress(data)) < len(data)


def test_witnesses_that_are_needed_must_have_signed() -> None:
    bundle = published()
    note = parse_note(bundle.checkpoint)
    cosigned = [sign(note.text, each, 1_780_000_000) for each in WITNESSES[:2]]
    seen = replace(bundle, checkpoint=format_note(SignedNote(note.text, (*note.signatures, *cosigned))))
    keys = [each.verifier for each in WITNESSES]
    assert verified(seen, Trust([KEY.verifier], keys, 2)).holds
    assert fails(verified(seen, Trust([KEY.verifier], keys, 3)), SIGNATURE)
    assert fails(verified(bundle, Trust([KEY.verifier], keys, 1)), SIGNATURE)
    forged = replace(cosigned[0], payload=cosigned[1].payload)
    lying = replace(bundle, checkpoint=format_note(SignedNote(note.text, (*note.signatures, forged))))
    assert fails(verified(lying, Trust([KEY.verifier], keys, 0)), SIGNATURE)


def fails(found: Verification, step: str) -> bool:
    """Say whether a verification fails at a step, with a sentence that says why."""
    assert found.failed is not None
    assert found.failed[1].endswith(".")
    return found.failed[0] == step


# Tamperings by an outsider, who has no key: the checkpoint stays as it was signed.


def with_fact(bundle: Bundle, change: Callable[[BundledFact], BundledFact], place: int = 5) -> Bundle:
    facts = list(bundle.facts)
    facts[place] = change(facts[place])
    return replace(bundle, facts=facts)


def with_entry(**changes: Any) -> Callable[[BundledFact], BundledFact]:
    """Return what changes the entry of a fact."""

    def change(fact: BundledFact) -> BundledFact:
        entry = replace(fact.entry, **changes)
        return replace(fact, entry=entry, entry_bytes=format_entry(entry))

    return change


def changed_state(fact: BundledFact) -> BundledFact:
    return replace(fact, state=fact.state.replace(b"a", b"b", 1))


def recommitted_state(fact: BundledFact) -> BundledFact:
    """Change a state and its commitment, as whoever has the whole bundle can."""
    changed = changed_state(fact)
    parts = {**fact.entry.parts, "state": commitment("state", fact.salt, changed.state)}
    return with_entry(parts=parts)(changed)


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1, *data[1:]])


def with_receipt(bundle: Bundle, **changes: Any) -> Bundle:
    return replace(bundle, receipt=replace(bundle.receipt, **changes))


def at(bundle: Bundle, place: int) -> BundledFact:
    return bundle.facts[place]


def inputs_changed(bundle: Bundle, by: int) -> Receipt:
    stream = max(bundle.receipt.inputs, key=lambda each: bundle.receipt.inputs[each])
    return replace(bundle.receipt, inputs={**bundle.receipt.inputs, stream: bundle.receipt.inputs[stream] + by})


def swapped(bundle: Bundle) -> Bundle:
    facts = list(bundle.facts)
    facts[3], facts[4] = facts[4], facts[3]
    return replace(bundle, facts=facts)


def exchanged_contents(bundle: Bundle) -> Bundle:
    facts = list(bundle.facts)
    one, two = facts[10], facts[11]
    facts[10] = replace(one, state=two.state, salt=two.salt)
    facts[11] = replace(two, state=one.state, salt=one.salt)
    return replace(bundle, facts=facts)


def note_of(bundle: Bundle) -> SignedNote:
    return parse_note(bundle.checkpoint)


def with_note(bundle: Bundle, note: SignedNote) -> Bundle:
    return replace(bundle, checkpoint=format_note(note))


def with_checkpoint_text(bundle: Bundle, old: str, new: str) -> Bundle:
    note = note_of(bundle)
    assert old in note.text
    return with_note(bundle, replace(note, text=note.text.replace(old, new, 1)))


def of_an_earlier_tree(bundle: Bundle) -> Bundle:
    """Show the checkpoint of a tree that ends before the publication."""
    return replace(bundle, checkpoint=log()[0].tree(log()[1] - 1).checkpoint)


def reused_signature(bundle: Bundle) -> Bundle:
    """Put the signature of another checkpoint of the same log under this one."""
    other = parse_note(log()[0].tree(50).checkpoint)
    return with_note(bundle, SignedNote(note_of(bundle).text, other.signatures))


def truncated_signature(bundle: Bundle) -> Bundle:
    note = note_of(bundle)
    short = replace(note.signatures[0], payload=note.signatures[0].payload[:-1])
    return with_note(bundle, SignedNote(note.text, (short,)))


def signed_by(bundle: Bundle, key: SigningKey) -> Bundle:
    text = note_of(bundle).text
    return replace(with_note(bundle, SignedNote(text, (sign(text, key),))), keys=[format_key(key.verifier)])


def without_publication(bundle: Bundle) -> Bundle:
    return replace(bundle, facts=bundle.facts[:-1])


def dropped(bundle: Bundle, place: int = 7) -> Bundle:
    return replace(bundle, facts=[*bundle.facts[:place], *bundle.facts[place + 1 :]])


def added(bundle: Bundle) -> Bundle:
    """Add a fact of the log that is no input."""
    own = {each.entry.position for each in bundle.facts}
    other = next(each for each in log()[0].facts if each.entry.position not in own)
    return replace(bundle, facts=sorted([*bundle.facts, other], key=lambda each: each.entry.position))


OUTSIDER: dict[str, tuple[Callable[[Bundle], Bundle], str]] = {
    "a byte of a state": (lambda b: with_fact(b, changed_state), INCLUSION),
    "a state with its commitment": (lambda b: with_fact(b, recommitted_state), INCLUSION),
    "a salt": (lambda b: with_fact(b, lambda f: replace(f, salt=flipped(f.salt))), INCLUSION),
    "a commitment to text": (
        lambda b: with_fact(b, lambda f: with_entry(parts={**f.entry.parts, "text": bytes(32)})(f)),
        INCLUSION,
    ),
    "a commitment dropped": (
        lambda b: with_fact(b, lambda f: with_entry(parts={"state": f.entry.parts["state"]})(f), 60),
        INCLUSION,
    ),
    "a moment": (lambda b: with_fact(b, with_entry(recorded_at=at(b, 6).entry.recorded_at)), INCLUSION),
    "a stream": (lambda b: with_fact(b, with_entry(stream=uuid4())), INCLUSION),
    "a version": (lambda b: with_fact(b, with_entry(version=99)), INCLUSION),
    "a topic": (lambda b: with_fact(b, with_entry(topic="source_graded.v1")), INCLUSION),
    "an id": (lambda b: with_fact(b, with_entry(fact_id=uuid4())), INCLUSION),
    "a position": (lambda b: with_fact(b, with_entry(position=4_000)), INCLUSION),
    "a fact dropped": (dropped, INCLUSION),
    "the first fact dropped": (lambda b: dropped(b, 0), INCLUSION),
    "a fact added": (added, INCLUSION),
    "two facts swapped": (swapped, INCLUSION),
    "two contents exchanged": (exchanged_contents, INCLUSION),
    "a fact repeated": (lambda b: replace(b, facts=[*b.facts[:6], b.facts[5], *b.facts[6:]]), INCLUSION),
    "no facts": (lambda b: replace(b, facts=[]), INCLUSION),
    "the publication left out": (without_publication, INCLUSION),
    "a hash of the proof": (lambda b: replace(b, inclusion=[flipped(b.inclusion[0]), *b.inclusion[1:]]), INCLUSION),
    "a hash of the proof dropped": (lambda b: replace(b, inclusion=b.inclusion[1:]), INCLUSION),
    "a hash of the proof added": (lambda b: replace(b, inclusion=[*b.inclusion, bytes(32)]), INCLUSION),
    "the proof of consistency": (
        lambda b: replace(b, consistency=[flipped(b.consistency[0]), *b.consistency[1:]]),
        INCLUSION,
    ),
    "no proof of consistency": (lambda b: replace(b, consistency=[]), INCLUSION),
    "the root of the receipt": (lambda b: with_receipt(b, root=flipped(b.receipt.root)), INCLUSION),
    "the position of the receipt": (lambda b: with_receipt(b, position=b.receipt.position - 1), INCLUSION),
    "the log of the receipt": (lambda b: with_receipt(b, log=uuid4()), SIGNATURE),
    "log and origin of the receipt": (
        lambda b: with_receipt(b, log=(other := uuid4()), origin=f"knownwhen/{other}"),
        SIGNATURE,
    ),
    "the size that was signed": (
        lambda b: with_checkpoint_text(b, f"\n{len(log()[0].facts)}\n", "\n9999\n"),
        SIGNATURE,
    ),
    "the root that was signed": (lambda b: with_checkpoint_text(b, "=\n", "A=\n"), SIGNATURE),
    "the origin that was signed": (lambda b: with_checkpoint_text(b, "knownwhen/", "unknownwhen/"), SIGNATURE),
    "an extension of the checkpoint": (lambda b: with_checkpoint_text(b, "=\n", "=\nmore\n"), SIGNATURE),
    "the signature of another checkpoint": (reused_signature, SIGNATURE),
    "a signature cut short": (truncated_signature, SIGNATURE),
    "a signature twice": (lambda b: with_note(b, SignedNote(note_of(b).text, 2 * note_of(b).signatures)), SIGNATURE),
    "a stranger's key of the same name": (lambda b: signed_by(b, STRANGER), SIGNATURE),
    "a key of another name": (lambda b: signed_by(b, SigningKey("knownwhen/other", ED25519, KEY.seed)), SIGNATURE),
    "a witness's key in the place of the log's": (
        lambda b: with_note(
            b, SignedNote(note_of(b).text, (sign(note_of(b).text, SigningKey(KEY.name, COSIGNATURE, KEY.seed), 5),))
        ),
        SIGNATURE,
    ),
    "no note": (lambda b: replace(b, checkpoint=b"knownwhen\n1\n"), SIGNATURE),
    "an earlier checkpoint, rolled back": (of_an_earlier_tree, INCLUSION),
    "the digest": (lambda b: with_receipt(b, digest="0" * 64), PUBLICATION),
    "the view": (lambda b: with_receipt(b, view="claims/1"), PUBLICATION),
    "the policy": (lambda b: with_receipt(b, policy="latest/1"), PUBLICATION),
    "the reported moment": (lambda b: with_receipt(b, reported_until="2025-03-09T20:59:59Z"), PUBLICATION),
    "the incident": (lambda b: with_receipt(b, incident="another"), COMPLETENESS),
    "a stream with more facts": (lambda b: replace(b, receipt=inputs_changed(b, 1)), COMPLETENESS),
    "a stream with fewer facts": (lambda b: replace(b, receipt=inputs_changed(b, -1)), COMPLETENESS),
    "a stream that is not there": (lambda b: with_receipt(b, inputs={**b.receipt.inputs, uuid4(): 1}), COMPLETENESS),
    "another fact as publication": (lambda b: replace(b, publication=b.facts[20].entry.position), COMPLETENESS),
    "no publication, of facts that have one": (lambda b: replace(b, publication=None), COMPLETENESS),
    "the document": (
        lambda b: replace(b, document=b.document.replace(b"973", b"374").replace(b"1700", b"1701")),
        DIGEST,
    ),
}


@pytest.mark.parametrize("what", OUTSIDER)
def test_tampering_is_caught_at_its_step(what: str) -> None:
    change, step = OUTSIDER[what]
    bundle = change(published())
    assert bundle != published()
    assert fails(verified(bundle), step), verified(bundle).failed


# Tamperings by the operator, who has the key, and signs whatever they changed.


def resigned(
    facts: list[BundledFact], receipt: Receipt, document: bytes, *, keep: list[int], publication: int | None
) -> Bundle:
    """Sign a log of other facts, and bundle those at `keep` (positions) for a receipt."""
    leaves = [leaf_hash(each.entry_bytes) for each in facts]
    text = format_checkpoint(LogCheckpoint(KEY.name, len(leaves), root(leaves)))
    chosen = [facts[position - 1] for position in keep]
    inclusion = list(prove_several([position - 1 for position in keep], len(leaves), subtrees_of(leaves)))
    consistency = prove_consistency(receipt.position, len(leaves), subtrees_of(leaves))
    receipt = replace(receipt, root=root(leaves[: receipt.position]))
    note = format_note(SignedNote(text, (sign(text, KEY),)))
    return Bundle(receipt, document, chosen, publication, inclusion, consistency, note, [format_key(KEY.verifier)])


def own(position: int) -> list[int]:
    return [each.position for each in log()[0].inputs(position)]


def test_operator_who_leaves_an_input_out_is_caught() -> None:
    made, position = log()
    receipt, document = made.receipt(position - 1)
    keep = own(position - 1)
    bundle = resigned(list(made.facts), receipt, document, keep=[*keep[:40], *keep[41:]], publication=None)
    assert fails(verified(bundle), COMPLETENESS)


def test_receipt_of_a_later_position_needs_the_facts_up_to_it() -> None:
    made, position = log()
    receipt, document = made.receipt(position - 30)
    earlier, _ = made.receipt(receipt.position - 1)
    assert verified(made.bundle(earlier.position)).holds
    later = replace(earlier, position=receipt.position)
    lying = resigned(list(made.facts), later, document, keep=own(earlier.position), publication=None)
    assert fails(verified(lying), COMPLETENESS)


def test_left_out_fact_of_a_source_is_named_by_all_entries() -> None:
    """A source lost its grade before the last report, and the operator leaves that out, and says there was none."""
    book = load(SAMPLE)
    stream = source_stream("sohr")
    book.record(stream, SourceGraded(origin="sohr", reliability="E"))
    hidden = len(book.facts)
    book.file({"kind": "toll_revised", "source": "sohr", "reported_at": "2025-08-10", **toll("1,801")})
    made = signed_log(book)
    receipt, _ = made.receipt(len(book.facts))
    honest = [each for each in book.facts if each.position != hidden]
    history = history_of([each for each in honest if each.stream in receipt.inputs], book.stream)
    document = canonical(catalogue.view("state/1").finish(history, Reading(None, catalogue.policy(receipt.policy))))
    versions = {**receipt.inputs, stream: receipt.inputs[stream] - 1}
    lie = replace(receipt, inputs=versions, digest=digest_of(document))
    keep = [each.position for each in made.inputs(receipt.position) if each.position != hidden]
    lying = resigned(list(made.facts), lie, document, keep=keep, publication=None)
    assert verified(lying).holds, "the operator named the last of each stream, and nothing here shows otherwise"
    found = verified(lying, entries=[each.entry_bytes for each in made.facts])
    assert fails(found, COMPLETENESS)
    assert found.failed
    assert f"at position {hidden}," in found.failed[1]


def toll(figure: str) -> dict[str, Any]:
    return {"claims": [{"id": "1", "measure": "killed", "count": {"verbatim": figure}}]}


def test_operator_who_changes_a_figure_is_caught_by_the_digest() -> None:
    """The whole log is rewritten and signed, and the old digest is kept."""
    made, position = log()
    receipt, document = made.receipt(position - 1)
    facts = list(made.facts)
    place = next(i for i, each in enumerate(facts) if b'"1,700"' in each.state or b"at least 1,700" in each.state)
    state = facts[place].state.replace(b"1,700", b"1,900").replace(b"1700", b"1900")
    parts = {**facts[place].entry.parts, "state": commitment("state", facts[place].salt, state)}
    facts[place] = with_entry(parts=parts)(replace(facts[place], state=state))
    bundle = resigned(facts, receipt, document, keep=own(position - 1), publication=None)
    assert fails(verified(bundle), DIGEST)


def test_publication_of_another_answer_does_not_stand_for_this_one() -> None:
    made, position = log()
    receipt, document = made.receipt(position - 1, until="2025-03-10T20:59:59Z")
    bundle = resigned(list(made.facts), receipt, document, keep=[*own(position - 1), position], publication=position)
    assert fails(verified(bundle), PUBLICATION)


def test_publication_that_is_not_the_very_next_fact_is_caught() -> None:
    made, position = log()
    receipt, document = made.receipt(position - 2)
    bundle = resigned(
        list(made.facts), receipt, document, keep=[*own(receipt.position), position], publication=position
    )
    assert fails(verified(bundle), PUBLICATION)


def test_state_that_cannot_be_read_fails_the_fold() -> None:
    made, position = log()
    receipt, document = made.receipt(position - 1)
    for state in (b"{}", b'{"report":1}', b"not json", b'{"a":1,"a":2}', b'{"a": 1}', b'{"a":1.5}', b'{"a":1e400}'):
        facts = list(made.facts)
        parts = {**facts[99].entry.parts, "state": commitment("state", facts[99].salt, state)}
        facts[99] = with_entry(parts=parts)(replace(facts[99], state=state))
        bundle = resigned(facts, receipt, document, keep=own(position - 1), publication=None)
        assert fails(verified(bundle), FOLD)


def test_two_facts_for_one_place_are_caught_by_all_entries() -> None:
    made, position = log()
    facts = list(made.facts)
    copied = facts[position + 1].entry
    facts[position] = with_entry(stream=copied.stream, version=copied.version)(facts[position])
    receipt, document = made.receipt(position - 1)
    bundle = resigned(facts, receipt, document, keep=own(position - 1), publication=None)
    assert fails(verified(bundle, entries=[each.entry_bytes for each in facts]), COMPLETENESS)


def test_entries_of_the_log_as_it_grew_since_hold() -> None:
    found = verified(published(), entries=[*entries(), b"not covered by the checkpoint"])
    assert found.failed is None
    assert any("Nothing was left out" in each for each in found.shown)


@pytest.mark.parametrize("change", ["dropped", "changed", "swapped", "rubbish", "none"])
def test_entries_of_another_log_are_caught(change: str) -> None:
    found = entries()
    changed = {
        "dropped": found[:-1],
        "changed": [*found[:-1], format_entry(replace(log()[0].facts[-1].entry, fact_id=uuid4()))],
        "swapped": [found[1], found[0], *found[2:]],
        "rubbish": [*found[:-1], b"{}"],
        "none": list[bytes](),
    }[change]
    assert fails(verified(published(), entries=changed), COMPLETENESS)


def test_forked_tree_is_no_continuation_of_the_receipt() -> None:
    """The operator signs a second log that shares its beginning; the receipt is of the first."""
    made, position = log()
    receipt, document = made.receipt(position - 1)
    facts = list(made.facts)
    facts[0] = with_entry(fact_id=uuid4())(facts[0])
    forked = resigned(facts, receipt, document, keep=own(position - 1), publication=None)
    assert fails(verified(replace(forked, receipt=receipt)), INCLUSION)


# The form: one document, one spelling.

SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "a space": lambda d: d.replace(b":", b": ", 1),
    "another order": lambda d: json.dumps(
        dict(reversed(json.loads(d).items())), separators=(",", ":"), ensure_ascii=False
    ).encode(),
    "a member twice": lambda d: d.replace(b'"kind":', b'"kind":"x","kind":', 1),
    "a member more": lambda d: canonical({**json.loads(d), "extra": 1}),
    "a member less": lambda d: canonical({name: value for name, value in json.loads(d).items() if name != "keys"}),
    "a float": lambda d: d.replace(b'"v":1', b'"v":1.0'),
    "an exponent": lambda d: d.replace(b'"v":1', b'"v":1e0'),
    "a huge number": lambda d: d.replace(b'"v":1', b'"v":' + b"9" * 5000),
    "a number beyond 2^53": lambda d: d.replace(b'"v":1', b'"v":9007199254740993'),
    "true for 1": lambda d: d.replace(b'"v":1', b'"v":true'),
    "another version": lambda d: d.replace(b'"v":1', b'"v":2'),
    "another kind": lambda d: d.replace(b"knownwhen-bundle", b"unknownwhen-bundle"),
    "an escape": lambda d: d.replace(b'"kind"', b'"\\u006bind"'),
    "a lone surrogate": lambda d: d.replace(b'"kind":"', b'"kind":"\\ud800'),
    "not UTF-8": lambda d: d.replace(b'"kind":"', b'"kind":"\xff'),
    "a byte order mark": lambda d: b"\xef\xbb\xbf" + d,
    "something behind it": lambda d: d + b"\n",
    "cut off": lambda d: d[:-1],
    "nothing": lambda _: b"",
    "a list": lambda d: b"[" + d + b"]",
    "deep nesting": lambda _: b"[" * 100_000,
    "NaN": lambda d: d.replace(b'"v":1', b'"v":NaN'),
    "an entry in another spelling": lambda d: canonical(_entry_respelt(json.loads(d))),
    "a receipt in another spelling": lambda d: canonical(
        {**json.loads(d), "receipt": json.loads(d)["receipt"].replace(":", ": ", 1)}
    ),
    "compression cut off": lambda d: compress(d)[:-5],
    "something behind the compression": lambda d: compress(d) + b"x",
    "damaged compression": lambda d: compress(d)[:50] + b"\0\0\0\0" + compress(d)[54:],
    "a hash in another spelling": lambda d: canonical(
        {**json.loads(d), "inclusion": [each + "=" for each in json.loads(d)["inclusion"]]}
    ),
    "a salt in capitals": lambda d: canonical(_salt_respelt(json.loads(d))),
}


def _entry_respelt(document: Any) -> Any:
    document["facts"][0]["entry"] = document["facts"][0]["entry"].replace(":", ": ", 1)
    return document


def _salt_respelt(document: Any) -> Any:
    document["facts"][0]["salt"] = document["facts"][0]["salt"].upper()
    return document


@pytest.mark.parametrize("what", SPELLINGS)
def test_other_spelling_is_no_bundle(what: str) -> None:
    data = SPELLINGS[what](format_bundle(published()))
    with pytest.raises(BundleError):
        parse_bundle(data)


@given(st.data())
def test_no_changed_byte_passes(data: st.DataObject) -> None:
    """Whatever byte of the file is changed, it is no bundle, or it fails, or it says the same with the same proof."""
    whole = bytearray(format_bundle(reading()))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        bundle = parse_bundle(bytes(whole))
    except BundleError:
        return
    found = verify_bundle(bundle, TRUST)
    if found.holds:  # a note may say more of signatures that nobody trusts, and keys that came with it are only told
        assert replace(bundle, checkpoint=b"", keys=[]) == replace(reading(), checkpoint=b"", keys=[])
        assert parse_note(bundle.checkpoint).text == parse_note(reading().checkpoint).text


def test_entry_and_receipt_have_no_float_and_digest_is_that_of_the_document() -> None:
    bundle = published()
    assert digest_of(bundle.document) == bundle.receipt.digest
    assert format_receipt(bundle.receipt)
    assert isinstance(at(bundle, 0).entry, Entry)
