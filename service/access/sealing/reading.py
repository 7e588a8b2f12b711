"""Reading of sealed parts: who reads, what and why is recorded and committed before anything is opened."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from domain.facts.encoding import decode_stored
from domain.facts.streams import source_stream
from domain.facts.union import ReportCorrected, ReportFiled
from domain.values.sources import origin_of
from domain.values.time.clocks import format_instant
from service.access.principal import Principal
from service.access.sealing.envelope import DataKey, key_id_of, unseal
from service.access.sealing.key_encryption import KeyEncryption, WrappedKey
from service.access.sealing.refusals import (
    NothingSealed,
    ReadNotRecorded,
    SealedPartAbsent,
    SealedPartDamaged,
    SealedPartErased,
)
from service.access.sealing.source_keys import binding_of
from service.eventstore.collections import stream_visible
from service.eventstore.erasures import Erasures
from service.eventstore.reader import LogReader

PARTS: Final = """
    SELECT notification_id, fact_id, originator_id, topic, state, recorded_at, sealed FROM public.facts
    WHERE originator_id = %(home)s AND sealed_commitment IS NOT NULL AND position(%(named)s::bytea IN state) > 0
    ORDER BY notification_id
"""
KEYS: Final = """
    SELECT key_id, origin, wrapped_by, wrapped FROM access.source_keys
    WHERE key_id = ANY(%(ids)s::uuid[]) AND destroyed_at IS NULL
"""
RECORD: Final = """
    INSERT INTO access.sealed_reads (token, name, report_id, positions, reason)
    VALUES (%(token)s, %(name)s, %(report_id)s, %(positions)s::bigint[], %(reason)s)
"""
_COLUMNS: Final = "read_id, read_at, token, name, report_id, positions, reason"
READS: Final = f"""
    SELECT {_COLUMNS} FROM access.sealed_reads WHERE read_id > %(after)s ORDER BY read_id LIMIT %(limit)s
"""  # noqa: S608 - constants only
VISIBLE_READS: Final = f"""
    SELECT {_COLUMNS} FROM access.sealed_reads JOIN public.facts AS filed ON filed.fact_id = report_id
    WHERE read_id > %(after)s AND {stream_visible("filed.originator_id")} ORDER BY read_id LIMIT %(limit)s
"""  # noqa: S608 - constants only
"""The same of reports in `%(collections)s` only."""


class SealedFact(NamedTuple):
    """A fact about a report that has, or had, a sealed part; `origin` is the source of its report."""

    position: int
    fact_id: UUID
    stream: UUID
    origin: str
    recorded_at: datetime
    sealed: bytes | None


class OpenedPart(NamedTuple):
    """The sealed part of a fact in the clear; None where it is gone, and the position of its erasure, if known."""

    fact: SealedFact
    content: Mapping[str, str] | None
    erased_at: int | None = None


class SealedRead(NamedTuple):
    """The record of who was to read which sealed parts, and why."""

    read_id: int
    read_at: datetime
    token: str | None
    name: str
    report_id: UUID
    positions: Sequence[int]
    reason: str

    def document(self) -> dict[str, object]:
        """Return it as JSON."""
        return {
            "id": self.read_id,
            "read_at": format_instant(self.read_at),
            "token": self.token,
            "name": self.name,
            "report_id": str(self.report_id),
            "positions": list(self.positions),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class SealedReader:
    """Opens sealed parts, over a pool of connections, with the keys of their sources."""

    pool: AsyncConnectionPool[AsyncConnection[TupleRow]]
    log: LogReader
    keys: KeyEncryption

    async def read(self, report_id: UUID, home: UUID, principal: Principal, reason: str) -> list[OpenedPart]:
        """Record the read, then open the sealed parts of a report, filed under `home`, by position.

        Raises a Refusal where it has none, where none is left, where one cannot be opened, or where the read cannot be
        recorded.
        """
        facts = await self._facts(report_id, home)
        erased = await self.log.erasures([home, *{source_stream(each.origin) for each in facts}])
        if not any(each.sealed for each in facts):
            raise _why_none(report_id, facts, erased)
        await self._record(report_id, [each.position for each in facts if each.sealed], principal, reason)
        keys = {row[0]: row for row in await self._fetch(KEYS, {"ids": [*_key_ids(facts)]})}
        return await asyncio.to_thread(
            lambda: [OpenedPart(each, self._open(each, keys), _erased_at(each, erased)) for each in facts]
        )

    async def reads(self, after: int, limit: int, collections: Collection[str] | None = None) -> list[SealedRead]:
        """Return up to `limit` records of reads above an id, by id: of reports in these collections, None for all."""
        span = {"after": after, "limit": limit}
        if collections is None:
            rows = await self._fetch(READS, span)
        else:
            rows = await self._fetch(VISIBLE_READS, span | {"collections": list(collections)})
        return [SealedRead(row[0], row[1].astimezone(UTC), *row[2:]) for row in rows]

    async def _facts(self, report_id: UUID, home: UUID) -> list[SealedFact]:
        rows = await self._fetch(PARTS, {"home": home, "named": str(report_id).encode()})
        found: list[SealedFact] = []
        for position, fact_id, stream, topic, state, recorded_at, sealed in rows:
            fact = decode_stored(topic, state)
            if isinstance(fact, ReportFiled | ReportCorrected) and fact.report_id == report_id:
                origin = origin_of(fact.report.source, fact.report.via)
                found.append(SealedFact(position, fact_id, stream, origin, recorded_at.astimezone(UTC), sealed))
        if not found:
            raise NothingSealed(report_id=report_id)
        return found

    async def _record(self, report_id: UUID, positions: list[int], principal: Principal, reason: str) -> None:
        who = {"token": principal.id, "name": principal.name}
        try:
            async with self.pool.connection() as connection:
                await connection.execute(
                    RECORD, {**who, "report_id": report_id, "positions": positions, "reason": reason}
                )
        except psycopg.Error:
            raise ReadNotRecorded from None

    def _open(self, fact: SealedFact, keys: Mapping[UUID, tuple[Any, ...]]) -> Mapping[str, str] | None:
        if fact.sealed is None:
            return None
        row = keys.get(key_id_of(fact.sealed))
        if row is None or row[1] != fact.origin:
            raise SealedPartDamaged(what="The sealed part")
        key_id, origin, wrapped_by, wrapped = row
        key = self.keys.unwrap(WrappedKey(wrapped_by, wrapped), binding_of(key_id, origin))
        return orjson.loads(unseal(DataKey(key_id, key), fact.sealed, fact.fact_id, origin))

    async def _fetch(self, query: Any, params: Mapping[str, object]) -> list[tuple[Any, ...]]:  # noqa: ANN401 - a constant
        async with self.pool.connection() as connection, connection.cursor(binary=True) as cursor:
            return await (await cursor.execute(query, params, prepare=False)).fetchall()


def _why_none(report_id: UUID, facts: Sequence[SealedFact], erased: Erasures) -> Exception:
    """Return the refusal for a report none of whose sealed parts is in the log."""
    position = next((at for each in facts if (at := _erased_at(each, erased))), None)
    if position is None:
        return SealedPartAbsent(report_id=report_id)
    return SealedPartErased(report_id=report_id, position=position)


def _erased_at(fact: SealedFact, erased: Erasures) -> int | None:
    return None if fact.sealed else erased.sealed_at(fact.position, source_stream(fact.origin))


def _key_ids(facts: Sequence[SealedFact]) -> set[UUID]:
    return {key_id_of(each.sealed) for each in facts if each.sealed}
