"""The writer: many commands in one transaction, each with its own answer, and none spoilt by its neighbours."""

import asyncio
import secrets
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.facts.encoding import encode as domain_encode
from domain.facts.streams import incident_stream
from domain.incident.commands import CloseIncident, CorrectReport, OpenIncident
from domain.incident.decide import decide
from domain.incident.refusals import IncidentUnknown, OthersRefused, Refusal, ReportIdTaken
from domain.incident.state import Incident, fold
from domain.reports.registry import KINDS
from service.eventstore import AppendSession, FactRecorder
from service.eventstore.aggregate_cache import AggregateCache
from service.eventstore.stored_fact import encode
from service.eventstore.writer import Acknowledgement, Overloaded, Writer, WriteRequest
from service.runtime.time_zones import zone
from tests.domain.given import file_command
from tests.patience import PATIENCE
from tests.service.logs import recording

pytestmark = pytest.mark.one_server_will_do

HERE = "coast"


class Lost(Exception):
    """The commit failed."""


class Failing:
    """A log that fails instead of committing as often as it is told to."""

    def __init__(self, log: FactRecorder) -> None:
        self._log = log
        self.failures = 0

    @contextmanager
    def appending(self) -> Generator[AppendSession]:
        with self._log.appending() as tail:
            yield tail
            if self.failures:
                self.failures -= 1
                raise Lost


@pytest.fixture
def recorder(database_url: str) -> Iterator[FactRecorder]:
    with recording(database_url) as recorder:
        yield recorder


@pytest.fixture
def writer(recorder: FactRecorder) -> Writer:
    writer = Writer(recorder, zone)
    writer.commit([opening(HERE)])
    return writer


def opening(slug: str) -> WriteRequest:
    return WriteRequest(OpenIncident(slug=slug, title=slug), uuid4(), secrets.token_bytes(32))


def report(figure: int, **given: object) -> dict[str, Any]:
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": f"{figure}"}}
    return {"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-12", "claims": [claim], **given}


def filing(figure: int, slug: str = HERE, **given: object) -> WriteRequest:
    command = file_command({"report_id": uuid4(), "report": report(figure, **given)})
    return WriteRequest(command, command.report_id, secrets.token_bytes(32), incident_stream(slug))


def recorded(url: str) -> list[UUID]:
    with psycopg.connect(url) as plain:
        rows = plain.execute("SELECT fact_id, notification_id FROM facts ORDER BY notification_id").fetchall()
    assert [position for _, position in rows] == list(range(1, len(rows) + 1))
    return [fact_id for fact_id, _ in rows]


def written(answers: Sequence[object]) -> list[Acknowledgement]:
    found = [each for each in answers if isinstance(each, Acknowledgement)]
    assert len(found) == len(answers), answers
    return found


def test_a_long_list_is_recorded_in_its_order_and_answered_in_it(writer: Writer, database_url: str) -> None:
    writes = [filing(place) for place in range(2500)]
    answers = written(asyncio.run(writer.write_all(writes)))
    assert [each.fact_id for each in answers] == [each.fact_id for each in writes]
    assert [each.version for each in answers] == list(range(2, 2502))
    assert [each for each in recorded(database_url) if each in {write.fact_id for write in writes}] == [
        each.fact_id for each in writes
    ]


def test_a_list_asked_again_is_answered_as_the_first_time(writer: Writer, database_url: str) -> None:
    writes = [filing(1000 - place // 2) for place in range(300)]
    first = written(asyncio.run(writer.write_all(writes)))
    before = len(recorded(database_url))
    with recording(database_url) as other:
        again = written(asyncio.run(Writer(other, zone).write_all(writes)))
    assert len(recorded(database_url)) == before
    assert all(each.replayed for each in again)
    told = [[(each.position, each.version, each.incident, each.warnings) for each in run] for run in (first, again)]
    assert told[0] == told[1]
    assert {warning.code for each in first for warning in each.warnings} >= {"possible_duplicate", "decrease"}


def test_a_report_that_comes_twice_in_one_list_is_one_fact(writer: Writer, database_url: str) -> None:
    one, other = filing(1), filing(2)
    answers = written(asyncio.run(writer.write_all([one, other, one])))
    assert [each.replayed for each in answers] == [False, False, True]
    assert answers[0].position == answers[2].position
    assert recorded(database_url).count(one.fact_id) == 1


def test_what_is_refused_spoils_no_neighbour(writer: Writer, database_url: str) -> None:
    good = [filing(place) for place in range(10)]
    taken = WriteRequest(filing(99).command, good[0].fact_id, secrets.token_bytes(32), incident_stream(HERE))
    answers = asyncio.run(writer.write_all([*good[:5], filing(1, "nowhere"), taken, *good[5:]]))
    assert [type(each) for each in answers[5:7]] == [IncidentUnknown, ReportIdTaken]
    written([*answers[:5], *answers[7:]])
    assert {each.fact_id for each in good} <= set(recorded(database_url))


def test_a_row_that_the_database_refuses_spoils_no_neighbour(writer: Writer, database_url: str) -> None:
    good = [filing(place) for place in range(9)]
    bad = filing(10)
    bad = WriteRequest(bad.command, bad.fact_id, bad.request_hash, bad.incident, recorded_by="x" * 201)

    async def all_at_once() -> list[Acknowledgement | BaseException]:
        each = [writer.write(write) for write in [*good[:4], bad, *good[4:]]]
        return await asyncio.gather(*each, return_exceptions=True)

    answers = asyncio.run(all_at_once())
    assert not isinstance(answers.pop(4), Acknowledgement | Refusal)
    assert sorted(each.version for each in written(answers)) == list(range(2, 11))
    assert bad.fact_id not in recorded(database_url)


def test_together_means_all_or_none(writer: Writer, database_url: str) -> None:
    good, before = [filing(place) for place in range(5)], len(recorded(database_url))
    answers = asyncio.run(writer.write_all([*good, filing(1, "nowhere")], atomic=True))
    assert [type(each) for each in answers] == [OthersRefused] * 5 + [IncidentUnknown]
    assert len(recorded(database_url)) == before
    assert [each.version for each in written(asyncio.run(writer.write_all(good, atomic=True)))] == [2, 3, 4, 5, 6]


def test_after_a_failed_transaction_nothing_of_it_is_remembered(recorder: FactRecorder) -> None:
    log = Failing(recorder)
    writer = Writer(log, zone)
    writer.commit([opening(HERE), filing(1)])
    log.failures = 1
    with pytest.raises(Lost):
        writer.commit([filing(2, source="new-here")])
    (answer,) = written(writer.commit([filing(3, source="new-here")]))
    assert answer.version == 3
    assert recorder.select_events(incident_stream(HERE))[-1].originator_version == 3


def test_two_writers_of_one_log_see_what_the_other_recorded(writer: Writer, database_url: str) -> None:
    with recording(database_url) as recorder:
        other = Writer(recorder, zone)
        versions = [written((writer, other)[place % 2].commit([filing(place)]))[0].version for place in range(8)]
        assert versions == list(range(2, 10))
        other.commit([WriteRequest(CloseIncident(), uuid4(), bytes(32), incident_stream(HERE))])
        (refused,) = writer.commit([filing(9)])
        assert isinstance(refused, Refusal)


def test_what_another_recorded_is_seen_also_after_something_else_was_asked(writer: Writer, database_url: str) -> None:
    with recording(database_url) as recorder:
        other = Writer(recorder, zone)
        writer.commit([opening("inland")])
        writer.commit([filing(1)])
        other.commit([WriteRequest(CloseIncident(), uuid4(), bytes(32), incident_stream(HERE))])
        writer.commit([WriteRequest(CloseIncident(), uuid4(), bytes(32), incident_stream("inland"))])
        (refused,) = writer.commit([filing(2)])
        assert isinstance(refused, Refusal)


def test_a_list_of_corrections_finds_its_reports_by_itself(writer: Writer) -> None:
    writer.commit([opening("inland")])
    filed = [filing(place, slug) for place in range(20) for slug in (HERE, "inland")]
    asyncio.run(writer.write_all(filed))
    corrections = [
        WriteRequest(
            CorrectReport.model_validate(
                {"report_id": each.fact_id, "cause": "transcription", "report": report(5000, reported_at=None)}
            ),
            uuid4(),
            bytes(32),
        )
        for each in filed
    ]
    answers = written(asyncio.run(writer.write_all(corrections)))
    assert [each.incident for each in answers] == [HERE, "inland"] * 20


def test_single_commands_get_their_turn_between_those_of_a_list(writer: Writer) -> None:
    async def both() -> tuple[list[Acknowledgement], list[Acknowledgement]]:
        many = asyncio.create_task(writer.write_all([filing(place) for place in range(3000)]))
        singles: list[Acknowledgement] = []
        while not many.done():
            singles.append(await writer.write(filing(7)))
        return singles, written(await many)

    singles, many = asyncio.run(both())
    last = many[-1].position or 0
    assert len([each for each in singles if (each.position or 0) < last]) > 1


def test_commands_that_come_while_another_writer_holds_the_log_join_the_next_transaction(
    writer: Writer, database_url: str
) -> None:
    async def asked() -> list[Acknowledgement]:
        with recording(database_url) as other, other.appending():
            first = asyncio.create_task(writer.write(filing(0)))
            await asyncio.to_thread(_wait_for_a_waiting_writer, database_url)
            later = [asyncio.create_task(writer.write(filing(place))) for place in range(1, 5)]
            await asyncio.sleep(0)  # each is queued
        return list(await asyncio.gather(first, *later))

    answers = asyncio.run(asked())
    assert [each.version for each in answers] == [2, 3, 4, 5, 6]
    assert {each.recorded_at for each in answers} == {answers[0].recorded_at}


def _wait_for_a_waiting_writer(database_url: str) -> None:
    until = time.monotonic() + PATIENCE
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
    with psycopg.connect(database_url, autocommit=True) as connection:
        while connection.execute(waiting).fetchone() == (0,):
            assert time.monotonic() < until
            time.sleep(0.01)


def test_too_many_that_wait_are_turned_away_and_those_that_wait_are_taken(
    recorder: FactRecorder, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.eventstore.command_queue.MOST_WAITING", 3)
    writer = Writer(recorder, zone)
    writer.commit([opening(HERE)])

    async def while_held() -> tuple[list[Acknowledgement | BaseException], list[Acknowledgement | BaseException]]:
        with recording(database_url) as other, other.appending():
            waiting = [asyncio.create_task(writer.write(filing(place))) for place in range(5)]
            lists = [asyncio.create_task(writer.write_all([filing(1), filing(2)])) for _ in range(3)]
            await asyncio.sleep(0.1)
        singles = await asyncio.gather(*waiting, return_exceptions=True)
        listed = await asyncio.gather(*lists, return_exceptions=True)
        await writer.close()
        return singles, [each if isinstance(each, BaseException) else written(each)[0] for each in listed]

    singles, listed = asyncio.run(while_held())
    assert [type(each) for each in singles] == [Acknowledgement] * 3 + [Overloaded] * 2
    assert [type(each) for each in listed] == [Acknowledgement, Acknowledgement, Overloaded]


def test_what_is_kept_warm_is_bounded_by_its_facts() -> None:
    kept, streams = AggregateCache(most_facts=100), [uuid4() for _ in range(4)]
    for stream in streams[:3]:
        kept.put(stream, Incident(version=40))
    assert list(kept) == streams[1:3]
    kept.put(streams[3], Incident(version=1000))
    assert list(kept) == [streams[3]]
    kept.discard(streams)
    assert (kept.facts, len(kept)) == (0, 0)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_facts_are_written_as_the_domain_writes_them(kind: Any) -> None:
    odd = {"\ue000": "\x1f\x7f\u2028", "\U00010000": "\U0001f54a", "attribute": 2**53 - 1}
    body = {**kind.example, "attributes": {**odd, "exact": {"decimal": "1.50"}}, "text": {"summary": 'حلب\n"\\/'}}
    command = file_command({"report_id": uuid4(), "report": {**body, "report_id": None}})
    now = datetime(2026, 1, 1, tzinfo=UTC)
    incident = fold(decide(None, OpenIncident(slug="x", title="X", utc_offset="+03:00"), now))
    (fact,) = decide(incident, command, now)
    assert encode(fact) == domain_encode(fact)
