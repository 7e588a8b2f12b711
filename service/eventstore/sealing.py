"""What the writer asks of whoever seals the protected parts of reports, within its transaction."""

from typing import Protocol
from uuid import UUID

from domain.incident.refusals import Refusal
from service.eventstore.append_session import AppendSession
from service.eventstore.command_queue import SealedContent
from service.eventstore.stored_fact import StoredFact


class PartSealer(Protocol):
    """Seals and compares protected parts; each source has a key, which is made with its first one."""

    def seal(self, session: AppendSession, part: SealedContent, fact_id: UUID, origin: str) -> bytes:
        """Return the sealed part of a fact; raises a Refusal."""
        ...

    def is_same(self, session: AppendSession, row: StoredFact, part: SealedContent, origin: str) -> bool:
        """Say whether a recorded fact has this part, or had a part that was erased; raises a Refusal."""
        ...


class SealingUnavailable(Refusal):
    """Nothing can be sealed here, so no report with `sealed` is taken."""

    field = "sealed"


class NoSealer:
    """Refuses protected parts: for writers that are given no keys."""

    def seal(self, session: AppendSession, part: SealedContent, fact_id: UUID, origin: str) -> bytes:  # noqa: ARG002
        raise SealingUnavailable

    def is_same(self, session: AppendSession, row: StoredFact, part: SealedContent, origin: str) -> bool:  # noqa: ARG002
        raise SealingUnavailable
