"""Makes bundles: an answer with its inputs, their proofs and the last published checkpoint."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from domain.facts.union import EstimatePublished
from domain.ledger.receipt import Receipt, origin_of
from domain.verification.bundle import compress, format_bundle
from service.answers.answer import Answer, AnswerRequest, answer, inputs_at
from service.eventstore import LogReader, StoredFact
from service.runtime.worker_thread import in_thread
from service.transparency.publications import PublicationIndex
from service.transparency.signed_log import SignedLog


class NoSuchReceipt(LookupError):
    """No estimate with this digest was published in the log."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"No estimate with the digest {digest} was published in this log.")


class NoSuchPublication(LookupError):
    """Nothing was published at this position of the log."""

    def __init__(self, position: int) -> None:
        super().__init__(f"Nothing was published at position {position} of this log.")


@dataclass(frozen=True, slots=True)
class MadeBundle:
    """A bundle in its compressed bytes, and its receipt."""

    receipt: Receipt
    content: bytes

    @property
    def names(self) -> tuple[object, ...]:
        """The names of which its file's name is made."""
        receipt = self.receipt
        return receipt.incident, receipt.view.replace("/", "-"), receipt.position


@dataclass(frozen=True, slots=True)
class BundleMaker:
    """Makes bundles of one log."""

    reader: LogReader
    publications: PublicationIndex
    signed_log: SignedLog
    root_at: Callable[[int], Awaitable[bytes]]

    async def of_digest(self, digest: str) -> MadeBundle:
        """Return the bundle of the first publication of a digest. Raises NoSuchReceipt, NotSigned, NotSignedYet."""
        rows = await self.reader.at(await self.publications.positions(digest))
        if not rows:
            raise NoSuchReceipt(digest)
        return await self._of_row(rows[0])

    async def of_publication(self, position: int) -> MadeBundle:
        """Return the bundle of the publication at a position. Raises NoSuchPublication, NotSigned, NotSignedYet."""
        await self.reader.head()
        row = next(iter(await self.reader.at([position])), None)
        if row is None or not row.is_a(EstimatePublished):
            raise NoSuchPublication(position)
        return await self._of_row(row)

    async def _of_row(self, row: StoredFact) -> MadeBundle:
        published = cast("EstimatePublished", row.fact())
        asked = AnswerRequest(
            str(row.stream), published.view, f"@{published.position}", published.reported_until, published.policy
        )
        return await self.of_answer(asked, row)

    async def of_answer(self, asked: AnswerRequest, publication: StoredFact | None = None) -> MadeBundle:
        """Return the bundle of an answer. Raises Unanswerable, UnknownName, NotSigned, NotSignedYet."""
        found = await answer(self.reader, asked)
        receipt = await self._receipt(asked.incident, found)
        inputs = await inputs_at(self.reader, asked.incident, receipt.position, None)
        positions = [row.position for row in inputs.rows]
        inputs.free()
        if publication is not None:
            positions.append(publication.position)
        rows = await self.reader.at(positions)
        bundle = await self.signed_log.bundle(receipt, found.data, rows, publication and publication.position)
        return MadeBundle(receipt, await in_thread(len(rows), lambda: compress(format_bundle(bundle))))

    async def _receipt(self, incident: str, found: Answer) -> Receipt:
        about = cast("dict[str, Any]", found.coordinates)
        log = await self.reader.log_id()
        return Receipt(
            log=log,
            origin=origin_of(log),
            position=about["position"],
            root=await self.root_at(about["position"]),
            incident=str(found.document.get("incident", incident)),
            view=about["view"],
            policy=about["policy"],
            reported_until=about["reported_until"],
            inputs={UUID(stream): version for stream, version in found.inputs.items()},
            digest=found.digest,
        )
