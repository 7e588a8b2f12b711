"""A log that is signed: the facts of a book with salts, entries, tree and checkpoint, and bundles made of it."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

from domain import catalogue
from domain.facts.encoding import encode
from domain.facts.streams import NAMESPACE, POLICY_STREAM
from domain.facts.union import EstimatePublished, Recorded
from domain.history.inputs import required_streams
from domain.ledger.canonical import canonical, commitment, digest_of
from domain.ledger.checkpoint import LogCheckpoint, format_checkpoint
from domain.ledger.entry import Entry, format_entry, leaf_hash
from domain.ledger.merkle import root, subtrees_of
from domain.ledger.receipt import Receipt, origin_of
from domain.ledger.signed_note import ED25519, SignedNote, SigningKey, format_key, format_note, sign
from domain.reading import Reading
from domain.values.time.clocks import parse_instant
from domain.verification.assembly import SignedTree, assemble
from domain.verification.bundle import Bundle, BundledFact
from tests.domain.book import Book, load

LOG = uuid5(NAMESPACE, "a log of tests")
KEY = SigningKey(origin_of(LOG), ED25519, hashlib.sha256(b"the key of tests").digest())
SAMPLE = Path(__file__).parents[2] / "samples" / "syria-coast-2025"


@dataclass(frozen=True)
class SignedLog:
    """A book whose facts are in a tree; `facts` are as a bundle has them, in the order of the log."""

    book: Book
    facts: Sequence[BundledFact]
    log: UUID = LOG
    key: SigningKey = KEY

    @property
    def leaves(self) -> list[bytes]:
        return [leaf_hash(each.entry_bytes) for each in self.facts]

    def tree(self, size: int | None = None, key: SigningKey | None = None) -> SignedTree:
        """Sign the tree of the first `size` facts."""
        size = len(self.facts) if size is None else size
        signer = key or self.key
        text = format_checkpoint(LogCheckpoint(origin_of(self.log), size, root(self.leaves[:size])))
        note = format_note(SignedNote(text, (sign(text, signer),)))
        return SignedTree(note, size, subtrees_of(self.leaves[:size]), [format_key(signer.verifier)])

    def inputs(self, position: int) -> list[Recorded]:
        """Return the facts that an answer at a position depends on."""
        before = self.book.facts[:position]
        streams, new = set[UUID](), {self.book.stream, POLICY_STREAM}
        while new:
            streams |= new
            new = {each for fact in before if fact.stream in new for each in required_streams(fact)} - streams
        return [fact for fact in before if fact.stream in streams]

    def receipt(self, position: int, view: str = "state/1", until: str | None = None) -> tuple[Receipt, bytes]:
        """Answer at the last input at or before a position; returns the receipt and the document."""
        inputs = self.inputs(position)
        last = inputs[-1].position
        history = self.book.history(last)
        policy = catalogue.policy(history.adopted_policy or catalogue.DEFAULT_POLICY)
        reading = Reading(parse_instant(until) if until else None, policy)
        data = canonical(catalogue.view(view).finish(history, reading))
        versions = {each.stream: each.version for each in inputs}
        receipt = Receipt(
            self.log,
            origin_of(self.log),
            last,
            root(self.leaves[:last]),
            self.book.slug,
            view,
            policy.id,
            until,
            versions,
            digest_of(data),
        )
        return receipt, data

    def bundle(self, position: int, *, size: int | None = None, publication: int | None = None, **asked: str) -> Bundle:
        """Return the bundle of an answer at a position."""
        receipt, data = self.receipt(position, **asked)
        rows = [self.facts[each.position - 1] for each in self.inputs(receipt.position)]
        if publication:
            rows.append(self.facts[publication - 1])
        return assemble(receipt, data, rows, publication, self.tree(size))


def bundled(recorded: Recorded) -> BundledFact:
    """Return a fact as a bundle has it, with a salt that follows from its id."""
    parts = encode(recorded.fact)
    salt = hashlib.sha256(recorded.fact_id.bytes).digest()
    commitments: Mapping[str, bytes] = {"state": commitment("state", salt, parts.state)}
    if recorded.text_commitment:
        commitments = {**commitments, "text": bytes.fromhex(recorded.text_commitment)}
    entry = Entry(
        recorded.position,
        recorded.recorded_at,
        recorded.fact_id,
        recorded.stream,
        recorded.version,
        parts.topic,
        commitments,
    )
    return BundledFact(format_entry(entry), entry, parts.state, salt)


def signed_log(book: Book) -> SignedLog:
    """Put the facts of a book into a tree."""
    return SignedLog(book, [bundled(each) for each in book.facts])


def published_log(after: int = 3, until: str | None = None) -> tuple[SignedLog, int]:
    """Return the log of the sample with an estimate published in it, and `after` facts behind; and where it is."""
    book = load(SAMPLE)
    log = signed_log(book)
    receipt, _ = log.receipt(len(book.facts), until=until)
    published = EstimatePublished(
        view=receipt.view,
        policy=receipt.policy,
        reported_until=receipt.reported_until,
        position=receipt.position,
        root=base64.b64encode(receipt.root).decode(),
        inputs={str(stream): version for stream, version in receipt.inputs.items()},
        digest=receipt.digest,
    )
    book.record(book.stream, published)
    position = len(book.facts)
    for number in range(after):
        book.file(
            {
                "kind": "toll_revised",
                "source": "sohr",
                "reported_at": f"2025-08-{number + 10}",
                "claims": [{"id": "1", "measure": "killed", "count": {"verbatim": str(1_800 + number)}}],
            }
        )
    return signed_log(book), position
