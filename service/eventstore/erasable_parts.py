"""The parts of facts that can be erased, looked up in the transaction that erases them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple
from uuid import UUID

from domain.facts.erasure import (
    ErasablePart,
)
from domain.facts.streams import incident_stream
from domain.facts.union import (
    ClaimsRescoped,
    PartsErased,
    ReportCorrected,
    ReportFiled,
    ReportMoved,
)
from domain.facts.versions import is_a, is_report
from domain.incident import refusals
from domain.incident.erasure import SealedParts
from domain.values.sources import origin_of
from service.eventstore.append_session import AppendSession
from service.eventstore.stored_fact import StoredFact

CAN_ERASE: Final = """
    SELECT coalesce(has_function_privilege(to_regprocedure('access.erase_parts(bigint[], bigint[])'), 'EXECUTE'), false)
"""
FACTS_ABOUT: Final = """
    SELECT originator_id, originator_version, topic, state, fact_id, NULL::bytea, NULL::bytea, notification_id,
        recorded_at, text IS NOT NULL, sealed IS NOT NULL
    FROM public.facts
    WHERE originator_id = ANY(%(streams)s::uuid[]) AND position(%(named)s::bytea IN state) > 0
    ORDER BY notification_id
"""
"""The facts of streams whose state has the id of a report, without their parts, and which of these there are."""
SEALED_BY: Final = """
    SELECT key.key_id, facts.originator_id, convert_from(facts.state, 'UTF8')::json ->> 'report_id', count(facts.state)
    FROM access.source_keys AS key
    LEFT JOIN public.facts ON facts.sealed IS NOT NULL AND substring(facts.sealed FROM 2 FOR 16) = uuid_send(key.key_id)
    WHERE key.origin = %(origin)s AND key.destroyed_at IS NULL
    GROUP BY 1, 2, 3
"""
ERASE: Final = "SELECT access.erase_parts(%(of_text)s::bigint[], %(of_sealed)s::bigint[])"
DESTROY_KEY: Final = "SELECT access.destroy_source_key(%(origin)s, %(position)s)"


class FactParts(NamedTuple):
    """A fact without its parts, and whether the log has them."""

    row: StoredFact
    has_text: bool
    has_sealed: bool


class ErasableFacts:
    """The facts of one append session whose parts can be erased, and the erasures that it makes."""

    def __init__(self, session: AppendSession) -> None:
        self._session = session
        self._erased: set[tuple[int, ErasablePart]] = set()

    def expect_possible(self) -> None:
        """Raise ErasureUnavailable where the database lacks what erases."""
        if self._session.fetch(CAN_ERASE, {}) != [(True,)]:
            raise refusals.ErasureUnavailable

    def about(self, report_id: UUID, home: UUID) -> list[FactParts]:
        """Return the facts about a report, by position, with their copies in other streams than its home."""
        found = self._naming(report_id, [home])
        streams = {stream for each in found for stream in _streams_named(each.row)} - {home}
        further = self._naming(report_id, sorted(streams)) if streams else []
        return sorted([*found, *further], key=lambda each: each.row.position)

    def parts(self, report_id: UUID, home: UUID) -> Mapping[ErasablePart, tuple[int, ...]]:
        """Return the positions of the facts about a report by the part that they have; not of those on its erasure."""
        found: dict[ErasablePart, list[int]] = {"text": [], "sealed": []}
        for row, has_text, has_sealed in self.about(report_id, home):
            parts: tuple[tuple[ErasablePart, bool], ...] = (("text", has_text), ("sealed", has_sealed))
            for part, there in parts:
                if there and (row.position, part) not in self._erased and not row.is_a(PartsErased):
                    found[part].append(row.position)
        return {part: tuple(positions) for part, positions in found.items()}

    def origins(self, report_id: UUID, home: UUID) -> Iterator[str]:
        """Yield the sources of a report, as filed and as corrected."""
        for each in self.about(report_id, home):
            if is_report(each.row.topic) or is_a(each.row.topic, ReportCorrected):
                fact = each.row.fact()
                if isinstance(fact, ReportFiled | ReportCorrected):
                    yield origin_of(fact.report.source, fact.report.via)

    def sealed_by(self, origin: str) -> SealedParts | None:
        """Return the sealed parts under the key of a source; None if it has no key."""
        rows = self._session.fetch(SEALED_BY, {"origin": origin})
        if not rows:
            return None
        key_id = rows[0][0]
        unsent = [row for row in self._session.unsent if row.sealed and row.sealed[1:17] == key_id.bytes]
        named = [(stream, report_id) for _, stream, report_id, _ in rows if stream is not None]
        named += [(row.stream, row.document()["report_id"]) for row in unsent]
        reports: dict[UUID, set[UUID]] = {}
        for stream, report_id in named:
            reports.setdefault(stream, set()).add(UUID(report_id))
        return SealedParts(sum(row[3] for row in rows) + len(unsent), reports)

    def erase(self, positions: Mapping[ErasablePart, Iterable[int]]) -> None:
        """Erase parts when the transaction ends."""
        of_text, of_sealed = (list(positions.get(part, ())) for part in ("text", "sealed"))
        self._erased.update((each, "text") for each in of_text)
        self._erased.update((each, "sealed") for each in of_sealed)
        self._session.erase_at_end(ERASE, {"of_text": of_text, "of_sealed": of_sealed})

    def destroy_key(self, origin: str, position: int) -> None:
        """Destroy the key of a source, and erase what it sealed, when the transaction ends."""
        self._session.erase_at_end(DESTROY_KEY, {"origin": origin, "position": position})

    def _naming(self, report_id: UUID, streams: list[UUID]) -> list[FactParts]:
        named = str(report_id).encode()
        found = [
            FactParts(StoredFact(*values[:9]), *values[9:])
            for values in self._session.fetch(FACTS_ABOUT, {"streams": streams, "named": named})
        ]
        found += [
            FactParts(row, row.text is not None, row.sealed is not None)
            for row in self._session.unsent
            if row.stream in streams and named in row.state
        ]
        return [each for each in found if _concerns(each.row, report_id)]


def _concerns(row: StoredFact, report_id: UUID) -> bool:
    state = row.document()
    claims = (str(ref).partition("#")[0] for ref in state.get("claims", ()))
    return state.get("report_id") == str(report_id) or str(report_id) in claims


def _streams_named(row: StoredFact) -> Iterator[UUID]:
    """Yield the streams of the incidents in which a fact about a report is recorded too."""
    state = row.document()
    if row.is_a(ReportMoved):
        yield from (incident_stream(state[name]) for name in ("home", "left", "to"))
    elif row.is_a(ClaimsRescoped):
        yield incident_stream(state["within"])
