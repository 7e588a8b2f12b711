"""The steps of verifying a bundle, each with a sentence of what it showed, or why it fails.

Signatures → inclusion of every input → completeness → fold → digest. A step that fails ends the verification: what
comes after it would rest on what does not hold.
"""

import base64
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

from domain import catalogue
from domain.facts.encoding import decode_stored
from domain.facts.streams import POLICY_STREAM, incident_stream
from domain.facts.union import EstimatePublished, Recorded
from domain.facts.versions import UnknownFact
from domain.history.history import history_of
from domain.history.inputs import required_streams
from domain.ledger.canonical import canonical, commitment, digest_of
from domain.ledger.checkpoint import CheckpointError, LogCheckpoint, parse_checkpoint
from domain.ledger.entry import Entry, EntryError, leaf_hash, parse_entry
from domain.ledger.merkle import continues, root, root_of_several
from domain.ledger.receipt import origin_of
from domain.ledger.signed_note import (
    ED25519,
    NoteError,
    SignedNote,
    VerifiedSignature,
    VerifierKey,
    parse_key,
    parse_note,
    verify,
)
from domain.ledger.strict_json import NotCanonical, parse_canonical
from domain.reading import Reading
from domain.verification.bundle import Bundle, BundledFact


class VerificationFailed(Exception):
    """A step failed: `step` is its name, the message why."""

    def __init__(self, step: str, why: str) -> None:
        super().__init__(why)
        self.step = step


@dataclass(frozen=True, slots=True)
class Trust:
    """Trusted keys: those of the log (none: those in the bundle, and that is said), and of witnesses.

    At least `witnesses_needed` of `witnesses` must have cosigned the checkpoint.
    """

    keys: Sequence[VerifierKey] = ()
    witnesses: Sequence[VerifierKey] = ()
    witnesses_needed: int = 0


@dataclass(slots=True)
class Verification:
    """Result of a verification: `shown` and `not_shown` are sentences; `failed` is the step that fails, and why."""

    shown: list[str] = field(default_factory=list[str])
    not_shown: list[str] = field(default_factory=list[str])
    failed: tuple[str, str] | None = None
    checkpoint: LogCheckpoint | None = None
    trusted: bool = False
    """Whether the checkpoint is signed by a key that whoever verifies named."""
    signatures: Sequence[VerifiedSignature] = ()

    @property
    def holds(self) -> bool:
        """Say whether every step held."""
        return self.failed is None


SIGNATURE: Final = "signature"
INCLUSION: Final = "inclusion"
COMPLETENESS: Final = "completeness"
FOLD: Final = "fold"
DIGEST: Final = "digest"
PUBLICATION: Final = "publication"


def verify_bundle(bundle: Bundle, trust: Trust, entries: Iterable[bytes] | None = None) -> Verification:
    """Verify a bundle from its signatures to its digest; the result says what was shown. Never raises.

    `entries` are all entries of the log up to the checkpoint, in order: they show that nothing was left out.
    """
    found = Verification()
    try:
        found.checkpoint = _signed(bundle, trust, found)
        _included(bundle, found.checkpoint, found)
        inputs = _inputs(bundle)
        _complete(bundle, inputs, found)
        _left_out(bundle, found.checkpoint, entries, found)
        _published(bundle, found)
        _folded(bundle, inputs, found)
    except VerificationFailed as failure:
        found.failed = (failure.step, str(failure))
    return found


def _signed(bundle: Bundle, trust: Trust, found: Verification) -> LogCheckpoint:
    """Check the signatures of the checkpoint, and that it is of the receipt's log."""
    try:
        note = parse_note(bundle.checkpoint)
        checkpoint = parse_checkpoint(note.text)
        keys = trust.keys or [parse_key(each) for each in bundle.keys]
        signed = verify(note, [key for key in keys if key.kind == ED25519 and key.name == checkpoint.origin])
    except (NoteError, CheckpointError) as error:
        raise VerificationFailed(SIGNATURE, f"The checkpoint does not hold: {error}.") from error
    if not signed:
        whose = "that you trust" if trust.keys else "in the bundle"
        raise VerificationFailed(SIGNATURE, f"The checkpoint is not signed by a key {whose} for “{checkpoint.origin}”.")
    _expect_origin(bundle, checkpoint)
    found.signatures, found.trusted = signed, bool(trust.keys)
    found.shown.append(
        f"The checkpoint of {checkpoint.size:,} facts is signed by “{checkpoint.origin}”, with the key"
        f" {signed[0].key.key_id.hex()}."
    )
    if not trust.keys:
        found.not_shown.append(
            "Whose key that is: it came with the bundle. Compare it with the one that the operator publishes, and name"
            " that one (--key), or anybody could have signed this."
        )
    _witnessed(note, trust, found)
    return checkpoint


def _expect_origin(bundle: Bundle, checkpoint: LogCheckpoint) -> None:
    receipt = bundle.receipt
    if receipt.origin != origin_of(receipt.log):
        raise VerificationFailed(SIGNATURE, "The receipt names an origin that is not that of its log.")
    if checkpoint.origin != receipt.origin:
        why = f"The checkpoint is of another log, “{checkpoint.origin}”; the receipt is of “{receipt.origin}”."
        raise VerificationFailed(SIGNATURE, why)


def _witnessed(note: SignedNote, trust: Trust, found: Verification) -> None:
    try:
        seen = verify(note, trust.witnesses)
    except NoteError as error:
        raise VerificationFailed(SIGNATURE, f"A cosignature does not hold: {error}.") from error
    if len(seen) < trust.witnesses_needed:
        why = (
            f"{len(seen)} of the witnesses that you trust saw this checkpoint, and {trust.witnesses_needed} are needed."
        )
        raise VerificationFailed(SIGNATURE, why)
    if seen:
        names = ", ".join(f"“{each.key.name}”" for each in seen)
        found.shown.append(f"It was seen by {names}: the log showed them no other of this size.")
    else:
        found.not_shown.append(
            "That everybody was shown the same log: no witness that you name has cosigned the checkpoint."
        )


def _included(bundle: Bundle, checkpoint: LogCheckpoint, found: Verification) -> None:
    """Check that every fact is in the tree of the checkpoint, at its position, and is what was committed to there."""
    facts, receipt = bundle.facts, bundle.receipt
    positions = [each.entry.position for each in facts]
    if positions != sorted(set(positions)):
        raise VerificationFailed(INCLUSION, "The facts are not in the order of the log, each once.")
    for each in facts:
        if commitment("state", each.salt, each.state) != each.entry.parts["state"]:
            why = f"The content of the fact at position {each.entry.position} is not what the log committed to."
            raise VerificationFailed(INCLUSION, why)
    leaves = {each.entry.position - 1: leaf_hash(each.entry_bytes) for each in facts}
    if root_of_several(leaves, checkpoint.size, bundle.inclusion) != checkpoint.root:
        why = "The facts are not in the tree that was signed: an entry was changed, added, moved, or is of another log."
        raise VerificationFailed(INCLUSION, why)
    earlier = receipt.position
    if not continues(checkpoint.size, checkpoint.root, earlier, receipt.root, bundle.consistency):
        why = f"The log as it was at position {earlier}, by the receipt, is no beginning of the log that was signed."
        raise VerificationFailed(INCLUSION, why)
    found.shown.append(
        f"All {len(facts):,} facts are in the signed log, each at its position and as it was recorded; the log of the"
        f" receipt, up to position {earlier:,}, is the beginning of it."
    )


def _inputs(bundle: Bundle) -> list[BundledFact]:
    """Return the facts that the answer depends on: all but its publication."""
    return [each for each in bundle.facts if each.entry.position != bundle.publication]


def _complete(bundle: Bundle, inputs: Sequence[BundledFact], found: Verification) -> None:
    """Check that each stream is there from its first version to the last that the receipt names, without a hole."""
    receipt = bundle.receipt
    versions: dict[UUID, list[int]] = defaultdict(list)
    for each in inputs:
        versions[each.entry.stream].append(each.entry.version)
    for stream, last in receipt.inputs.items():
        if versions.get(stream) != list(range(1, last + 1)):
            why = f"Of the stream {stream} the receipt names {last} facts, and not all of them are here, in order."
            raise VerificationFailed(COMPLETENESS, why)
    if foreign := set(versions) - set(receipt.inputs):
        why = f"There are facts of {len(foreign)} streams that the receipt does not name, such as {min(foreign)}."
        raise VerificationFailed(COMPLETENESS, why)
    last_position = max(each.entry.position for each in inputs) if inputs else 0
    if last_position != receipt.position:
        why = f"The last fact is at position {last_position}, and the receipt is of position {receipt.position}."
        raise VerificationFailed(COMPLETENESS, why)
    if incident_stream(receipt.incident) not in receipt.inputs:
        raise VerificationFailed(COMPLETENESS, f"There is no fact of the incident “{receipt.incident}” itself.")
    found.shown.append(
        f"Nothing is missing between: each of the {len(receipt.inputs):,} streams that the answer depends on is here"
        " from its first fact to the last that the receipt names."
    )


def _left_out(bundle: Bundle, checkpoint: LogCheckpoint, entries: Iterable[bytes] | None, found: Verification) -> None:
    """Check by all entries of the log that no fact of these streams, up to the receipt's position, was left out.

    Entries beyond the checkpoint are those of a log that grew since; it says nothing of them.
    """
    if entries is None:
        found.not_shown.append(
            "That no later fact of these streams was left out: the operator names the last of each. All entries of the"
            " log (--entries) would show it."
        )
        return
    receipt, leaves = bundle.receipt, list[bytes]()
    places: set[tuple[UUID, int]] = set()
    for position, data in enumerate(islice(entries, checkpoint.size), start=1):
        entry = _entry_at(position, data)
        leaves.append(leaf_hash(data))
        place = (entry.stream, entry.version)
        if place in places:
            why = f"The log has two facts for one place: version {entry.version} of the stream {entry.stream}."
            raise VerificationFailed(COMPLETENESS, why)
        places.add(place)
        if position <= receipt.position and entry.version > receipt.inputs.get(entry.stream, entry.version):
            why = f"A fact was left out: at position {position}, of the stream {entry.stream}."
            raise VerificationFailed(COMPLETENESS, why)
    if (len(leaves), root(leaves)) != (checkpoint.size, checkpoint.root):
        raise VerificationFailed(COMPLETENESS, "The entries are not those of the log that was signed.")
    found.shown.append(
        f"Nothing was left out: of all {checkpoint.size:,} entries of the log, none up to position {receipt.position:,}"
        " is of these streams but those that are here."
    )


def _entry_at(position: int, data: bytes) -> Entry:
    try:
        entry = parse_entry(data)
    except EntryError as error:
        raise VerificationFailed(COMPLETENESS, f"Entry {position} of the log cannot be read: {error}.") from error
    if entry.position != position:
        why = f"Entry {position} of the log says that it is at position {entry.position}."
        raise VerificationFailed(COMPLETENESS, why)
    return entry


def _published(bundle: Bundle, found: Verification) -> None:
    """Check that the publication records this very receipt, as the incident's next fact after those it is about."""
    receipt = bundle.receipt
    if bundle.publication is None:
        found.not_shown.append("That the log holds this answer: it was not published there.")
        return
    row = next((each for each in bundle.facts if each.entry.position == bundle.publication), None)
    if row is None:
        raise VerificationFailed(PUBLICATION, f"The publication, at position {bundle.publication}, is not here.")
    own = incident_stream(receipt.incident)
    place = (row.entry.stream, row.entry.version, row.entry.position > receipt.position)
    if place != (own, receipt.inputs[own] + 1, True):
        why = "The publication is not the incident's very next fact after those that it is about."
        raise VerificationFailed(PUBLICATION, why)
    fact = _recorded(row).fact
    if not isinstance(fact, EstimatePublished) or _of_publication(fact) != _of_receipt(bundle):
        why = f"What was published at position {bundle.publication} is another answer than that of the receipt."
        raise VerificationFailed(PUBLICATION, why)
    found.shown.append(
        f"The log itself holds this answer: it was published at position {bundle.publication:,}, as the incident's next"
        " fact after those that it is about, so that none of the incident was left out."
    )


def _of_publication(fact: EstimatePublished) -> tuple[object, ...]:
    inputs = {UUID(stream): version for stream, version in fact.inputs.items()}
    return (fact.view, fact.policy, fact.reported_until, fact.position, fact.root, inputs, fact.digest)


def _of_receipt(bundle: Bundle) -> tuple[object, ...]:
    receipt = bundle.receipt
    root = base64.b64encode(receipt.root).decode()
    coordinates = (receipt.view, receipt.policy, receipt.reported_until, receipt.position)
    return (*coordinates, root, dict(receipt.inputs), receipt.digest)


def _folded(bundle: Bundle, inputs: Sequence[BundledFact], found: Verification) -> None:
    """Fold the facts, make the answer by its view and policy, and compare its digest and bytes."""
    receipt = bundle.receipt
    recorded = [_recorded(each) for each in inputs]
    _expect_reachable(bundle, recorded)
    data = _answer(bundle, recorded)
    if digest_of(data) != receipt.digest:
        why = (
            f"The facts give another answer than the receipt's: its digest is {digest_of(data)}, that of the receipt"
            f" {receipt.digest}."
        )
        raise VerificationFailed(DIGEST, why)
    if bundle.document != data:
        raise VerificationFailed(DIGEST, "The answer that the bundle shows is not the one that the facts give.")
    found.shown.append(
        f"The facts give exactly this answer, by the view {receipt.view} and the policy {receipt.policy}: its digest is"
        f" {receipt.digest}."
    )


def _expect_reachable(bundle: Bundle, recorded: Sequence[Recorded]) -> None:
    """Check that the streams are those that the facts of the incident name, and no other."""
    referred: dict[UUID, set[UUID]] = defaultdict(set)
    for each in recorded:
        referred[each.stream].update(required_streams(each))
    reached = {incident_stream(bundle.receipt.incident), POLICY_STREAM}
    new = set(reached)
    while new:
        new = {stream for each in new for stream in referred.get(each, ())} - reached
        reached |= new
    if foreign := set(bundle.receipt.inputs) - reached:
        why = f"No fact of the incident leads to {len(foreign)} of the streams, such as {min(foreign)}."
        raise VerificationFailed(COMPLETENESS, why)


def _recorded(fact: BundledFact) -> Recorded:
    entry = fact.entry
    text = entry.parts.get("text")
    try:
        parse_canonical(fact.state)
        content = decode_stored(entry.topic, fact.state)
    except (UnknownFact, NotCanonical) as error:
        why = f"The fact at position {entry.position} cannot be read by this release: {error}."
        raise VerificationFailed(FOLD, why) from error
    text_commitment = None if text is None else text.hex()
    return Recorded(
        entry.position, entry.fact_id, entry.stream, entry.version, entry.recorded_at, content, text_commitment
    )


def _answer(bundle: Bundle, recorded: Sequence[Recorded]) -> bytes:
    receipt = bundle.receipt
    try:
        view, policy = catalogue.view(receipt.view), catalogue.policy(receipt.policy)
        history = history_of(recorded, incident_stream(receipt.incident))
        until = datetime.fromisoformat(receipt.reported_until) if receipt.reported_until else None
        if history.own.into:
            why = f"At that position the incident was merged into “{history.own.into}”, and had no answer of its own."
            raise VerificationFailed(FOLD, why)
        return canonical(view.finish(history, Reading(until, policy)))
    except catalogue.UnknownName as error:
        raise VerificationFailed(FOLD, f"This release cannot make the answer: {error}") from error
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise VerificationFailed(FOLD, f"The facts cannot be folded: {error!r}.") from error
