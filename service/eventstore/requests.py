"""What is asked of the log, and how it is acknowledged."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from domain.incident.dispatch import AnyCommand, max_facts
from domain.incident.report_warnings import ReportWarning

Request = tuple[UUID, bytes]
"""The id and the hash of what is asked, which are the same where it is asked again."""


@dataclass(frozen=True, slots=True)
class Write:
    """A command with what the log keeps of the request.

    `incident` is the stream of the incident that the address names; None where the
    command says, or names a report and the log tells which incident that belongs to.
    `request_hash` is the SHA-256 of operation, target and body; `recorded_by` the random
    id of the token.
    """

    command: AnyCommand
    fact_id: UUID
    request_hash: bytes
    incident: UUID | None = None
    recorded_by: str | None = None
    expected_version: int | None = None

    @property
    def request(self) -> Request:
        """What tells it from others that come with its id."""
        return self.fact_id, self.request_hash

    def fact_ids(self) -> Iterator[UUID]:
        """Yield the ids of the facts it may make: the first has the id of the request, further ones follow from it."""
        yield self.fact_id
        for place in range(1, max_facts(self.command)):
            yield uuid5(self.fact_id, str(place))


@dataclass(frozen=True, slots=True)
class Written:
    """A write as acknowledged: it is durable.

    `position` is that of the last fact that it made, so that all of it is known there; None where a registration
    changed nothing. `incident` and `version` tell of the stream of its first fact, which has the id `fact_id`.
    """

    fact_id: UUID
    position: int | None
    recorded_at: datetime | None
    version: int
    incident: str | None
    replayed: bool = False
    warnings: tuple[ReportWarning, ...] = ()
