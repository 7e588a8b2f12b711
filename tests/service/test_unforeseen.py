"""A command that fails unforeseen is answered by itself: its neighbours are recorded as if it had not been there."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from typing import cast
from uuid import UUID, uuid4, uuid5

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError
from msgspec import structs
from structlog.testing import capture_logs

from domain.facts.streams import incident_stream
from domain.incident.commands import CloseIncident, FileReport, OpenIncident
from domain.incident.refusals import IncidentUnknown, Refusal, ReportIdTaken
from service.api.batches.outcomes import record_each
from service.eventstore import FactRecorder
from service.eventstore.writer import Acknowledgement, Writer, WriteRequest
from service.runtime.time_zones import zone
from tests.domain.given import file_command
from tests.service.logs import recording

pytestmark = [
    pytest.mark.one_server_will_do,
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings"),  # of what no client can send
]

HERE = "coast"


@pytest.fixture
def recorder(database_url: str) -> Iterator[FactRecorder]:
    with recording(database_url) as recorder:
        yield recorder


@pytest.fixture
def writer(recorder: FactRecorder) -> Writer:
    writer = Writer(recorder, zone)
    writer.commit([WriteRequest(OpenIncident(slug=HERE, title=HERE), uuid4(), secrets.token_bytes(32))])
    return writer


def filing(figure: int, slug: str = HERE, **given: object) -> WriteRequest:
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": f"{figure}"}}
    report = {"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-12", "claims": [claim], **given}
    command = file_command({"report_id": uuid4(), "report": report})
    return WriteRequest(command, command.report_id, secrets.token_bytes(32), incident_stream(slug))


def broken(**fields: object) -> WriteRequest:
    """Return a report that no client can send: some of its fields hold what the domain does not foresee."""
    write = filing(10, source="never-seen")
    command = cast("FileReport", write.command)
    report = structs.replace(command.report, **fields)
    command = FileReport(report_id=command.report_id, report=report)
    return WriteRequest(command, command.report_id, write.request_hash, write.incident)


def while_reading() -> WriteRequest:
    return broken(via=7)


def while_deciding() -> WriteRequest:
    return broken(claims=None)


def while_taken_in() -> WriteRequest:
    return broken(reported_order=[])


def by_the_database() -> WriteRequest:
    write = filing(10, source="never-seen")
    return WriteRequest(write.command, write.fact_id, write.request_hash, write.incident, recorded_by="x" * 201)


FAULTS = (while_reading, while_deciding, while_taken_in, by_the_database)


def recorded(url: str) -> list[UUID]:
    with psycopg.connect(url) as plain:
        rows = plain.execute("SELECT fact_id, notification_id FROM facts ORDER BY notification_id").fetchall()
    assert [position for _, position in rows] == list(range(1, len(rows) + 1))
    return [fact_id for fact_id, _ in rows]


def mixed(fault: Callable[[], WriteRequest], count: int = 60) -> tuple[list[WriteRequest], set[int]]:
    """Return reports of which one in ten fails, and the places of those that do."""
    bad = set(range(3, count, 10))
    return [fault() if place in bad else filing(place, source=f"source-{place}") for place in range(count)], bad


def unforeseen(answer: object) -> bool:
    return isinstance(answer, Exception) and not isinstance(answer, Refusal)


@pytest.mark.parametrize("fault", FAULTS)
def test_one_command_in_ten_that_fails_leaves_the_others_recorded_in_their_order(
    writer: Writer, database_url: str, fault: Callable[[], WriteRequest]
) -> None:
    writes, bad = mixed(fault)
    answers = asyncio.run(writer.write_each(writes))
    assert {place for place, answer in enumerate(answers) if unforeseen(answer)} == bad
    good = [answer for answer in answers if isinstance(answer, Acknowledgement)]
    assert [each.version for each in good] == list(range(2, 56))
    assert not any(each.replayed for each in good)
    of_ours = {write.fact_id for write in writes}
    assert [each for each in recorded(database_url) if each in of_ours] == [each.fact_id for each in good]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_failed_leaves_nothing_behind_neither_its_source_nor_in_what_is_kept(
    writer: Writer, database_url: str, fault: Callable[[], WriteRequest]
) -> None:
    (answer,) = asyncio.run(writer.write_each([fault()]))
    assert unforeseen(answer)
    after = filing(5, source="never-seen")
    (written,) = asyncio.run(writer.write_each([after]))
    assert isinstance(written, Acknowledgement)
    assert (written.version, written.warnings) == (2, ())
    assert len(recorded(database_url)) == 3  # the opening, the source as it registers itself, and the report
    with recording(database_url) as other:
        (again,) = Writer(other, zone).commit([after])
    assert isinstance(again, Acknowledgement)
    assert (again.replayed, again.version) == (True, written.version)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_command_that_fails_is_logged_once_and_the_others_are_told_as_recorded(
    writer: Writer, fault: Callable[[], WriteRequest]
) -> None:
    writes, bad = mixed(fault)
    with capture_logs() as logged:
        answers = asyncio.run(record_each(writer, [*writes, filing(1, "nowhere")]))
    assert [each["event"] for each in logged] == ["fault"] * len(bad)
    assert {UUID(each["fact_id"]) for each in logged} == {writes[place].fact_id for place in bad}
    assert isinstance(answers.pop(), IncidentUnknown)
    kinds = [type(answer) is Acknowledgement and not answer.replayed for answer in answers]
    assert {place for place, fine in enumerate(kinds) if not fine} == bad


def test_a_fault_among_single_commands_is_told_to_its_caller_alone(writer: Writer) -> None:
    async def all_at_once() -> list[Acknowledgement | BaseException]:
        writes = [filing(1), while_deciding(), filing(2), by_the_database(), filing(3)]
        return await asyncio.gather(*(writer.write(each) for each in writes), return_exceptions=True)

    answers = asyncio.run(all_at_once())
    assert [isinstance(each, Acknowledgement) for each in answers] == [True, False, True, False, True]


@pytest.mark.parametrize("fault", FAULTS)
def test_together_with_a_command_that_fails_nothing_is_recorded(
    writer: Writer, database_url: str, fault: Callable[[], WriteRequest]
) -> None:
    before = recorded(database_url)
    with pytest.raises((AttributeError, TypeError, psycopg.errors.CheckViolation, IntegrityError)):
        asyncio.run(writer.write_all([filing(1), fault(), filing(2)], atomic=True))
    assert recorded(database_url) == before
    closing = WriteRequest(CloseIncident(), uuid4(), bytes(32), incident_stream(HERE))
    (closed,) = asyncio.run(writer.write_all([closing]))
    assert isinstance(closed, Acknowledgement)
    assert closed.version == 2


def test_an_id_that_a_new_source_would_take_may_be_a_reports(writer: Writer, database_url: str) -> None:
    write = filing(1, source="never-seen")
    answers = asyncio.run(writer.write_each([named(uuid5(write.fact_id, "never-seen")), write, filing(3)]))
    assert all(isinstance(each, Acknowledgement) for each in answers)
    assert len(recorded(database_url)) == 6


def test_an_id_that_a_further_fact_would_take_may_be_a_reports(writer: Writer) -> None:
    opening = WriteRequest(
        OpenIncident.model_validate({"slug": "inland", "title": "I", "scopes": [{"name": "a", "label": "A"}]}),
        uuid4(),
        bytes(32),
    )
    answers = asyncio.run(writer.write_each([named(uuid5(opening.fact_id, "1")), opening, filing(3)]))
    assert [type(each) for each in answers] == [Acknowledgement, ReportIdTaken, Acknowledgement]


def test_a_report_with_the_id_that_a_further_fact_would_have_changes_no_answer_given_before(writer: Writer) -> None:
    opening = WriteRequest(
        OpenIncident.model_validate({"slug": "inland", "title": "I", "scopes": [{"name": "a", "label": "A"}]}),
        uuid4(),
        bytes(32),
    )
    reporting = filing(1, complete=True)
    first = writer.commit([opening, reporting])
    taken = writer.commit([named(uuid5(opening.fact_id, "2")), named(uuid5(reporting.fact_id, "1"))])
    again = writer.commit([opening, reporting])
    assert all(isinstance(each, Acknowledgement) for each in (*first, *taken))
    assert [(each.position, each.version) for each in again if isinstance(each, Acknowledgement)] == [
        (each.position, each.version) for each in first if isinstance(each, Acknowledgement)
    ]


def test_a_command_with_the_id_of_one_that_the_database_refuses_is_recorded(writer: Writer, database_url: str) -> None:
    bad = by_the_database()
    answers = asyncio.run(writer.write_each([filing(1), bad, named(bad.fact_id), filing(2)]))
    assert [type(each) for each in answers if not unforeseen(each)] == [Acknowledgement] * 3
    assert bad.fact_id in recorded(database_url)


def named(fact_id: UUID) -> WriteRequest:
    """Return a report with this id."""
    write = filing(2)
    command = FileReport(report_id=fact_id, report=cast("FileReport", write.command).report)
    return WriteRequest(command, fact_id, write.request_hash, write.incident)
