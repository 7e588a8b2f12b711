"""What the answering process says is, byte for byte, what is answered without it, while the log grows."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from domain import catalogue
from domain.facts.streams import incident_stream
from domain.incident.commands import AmendIncident, FileReport, MergeIncident, OpenIncident, RetractReport
from domain.incident.dispatch import AnyCommand
from domain.incident.erasure_commands import EraseReport
from domain.reports.registry import REPORTS
from domain.values.sources import Registration
from service import wiring
from service.answers.answer import AnswerRequest, MergedAway, NotYetKnown, answer
from service.answers.answering_process import AnsweringProcess
from service.answers.questions import ViewQuestion
from service.api.services import Services
from service.console import samples
from service.eventstore.writer import WriteRequest
from service.postgres.pool import connect
from service.runtime import package_files

pytestmark = pytest.mark.one_server_will_do

SLUG = "syria-coast-2025"
LATE = "00000000-0000-0000-0000-00000000000a"
UNTIL = "2025-03-09T12:00:00Z"


def toll(words: str, source: str, report_id: str | None = None) -> FileReport:
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": words}}
    body = {"kind": "toll_revised", "source": source, "reported_at": "2025-03-20", "claims": [claim]}
    return FileReport(report_id=UUID(report_id) if report_id else uuid4(), report=REPORTS.validate_python(body))


LATER: tuple[tuple[AnyCommand, str | None], ...] = (
    (toll("2,000", "a-new-source", LATE), SLUG),
    (OpenIncident(slug="hama-2025", title="Hama"), None),
    (toll("7", "another-new-source"), "hama-2025"),
    (Registration(slug="another-new-source", name="Another", type="monitor", reliability="B"), None),
    (MergeIncident(into=SLUG), "hama-2025"),
    (Registration(slug="another-new-source", name="Another one", type="monitor", reliability="E"), None),
    (AmendIncident(title="The coast"), SLUG),
    (RetractReport.model_validate({"report_id": LATE, "by": "recorder"}), None),
)


async def write(house: Services, command: AnyCommand, slug: str | None) -> None:
    fact_id = command.report_id if isinstance(command, FileReport) else uuid4()
    await house.writer.write(WriteRequest(command, fact_id, bytes(32), incident_stream(slug) if slug else None))


@asynccontextmanager
async def answering(house: Services, url: str) -> AsyncGenerator[AnsweringProcess]:
    """Start a process that answers about every incident."""
    process = AnsweringProcess(house.reader, url, large=-1, waited_for=-1)
    try:
        yield process
    finally:
        await process.close()


def _question(slug: str, position: int, view: str = "state/1") -> ViewQuestion:
    return ViewQuestion(incident_stream(slug), position, view, None, None, table=False)


async def assert_same(house: Services, process: AnsweringProcess, request: AnswerRequest) -> None:
    told = await answer(house.reader, request, process, table=True)
    assert told == await answer(house.reader, request, table=True)


def test_every_view_is_answered_the_same_at_every_reading_while_the_log_grows(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house, answering(house, database_url) as process:
            await samples.load(house.writer, samples.read(package_files.samples() / SLUG))
            first = await house.reader.first_of(incident_stream(SLUG))
            assert first is not None
            for command, slug in LATER:
                await write(house, command, slug)
                await assert_same(house, process, AnswerRequest(SLUG, "state/1"))
            head = (await house.reader.head()).position
            policies, views = list(catalogue.POLICIES), list(catalogue.VIEWS)
            for position in range(first.position, head + 1):
                view, policy = views[position % len(views)], policies[position % len(policies)]
                until = UNTIL if position % 2 else None
                assert await process.view(_question(SLUG, position)) is not None
                await assert_same(house, process, AnswerRequest(SLUG, "state/1", f"@{position}"))
                await assert_same(house, process, AnswerRequest(SLUG, view, f"@{position}", until, policy))
                await assert_same(house, process, AnswerRequest(SLUG, view, f"@{position}", until, policy))

    asyncio.run(run())


def test_what_is_refused_is_refused_with_it_too(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house, answering(house, database_url) as process:
            await write(house, OpenIncident(slug="hama-2025", title="Hama"), None)
            await write(house, OpenIncident(slug="homs-2025", title="Homs"), None)
            await write(house, toll("7", "sana"), "homs-2025")
            with pytest.raises(NotYetKnown):
                await answer(house.reader, AnswerRequest("homs-2025", "state/1", "@1"), process)
            await write(house, MergeIncident(into="hama-2025"), "homs-2025")
            with pytest.raises(MergedAway):
                await answer(house.reader, AnswerRequest("homs-2025", "state/1"), process)
            await assert_same(house, process, AnswerRequest("homs-2025", "state/1", "@3"))

    asyncio.run(run())


def test_a_process_that_is_killed_is_replaced_and_nobody_is_refused(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house, answering(house, database_url) as process:
            await samples.load(house.writer, samples.read(package_files.samples() / SLUG))
            head = (await house.reader.head()).position
            assert await process.view(_question(SLUG, head)) is not None
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            await assert_same(house, process, AnswerRequest(SLUG, "state/1"))
            assert await process.view(_question(SLUG, head)) is not None

    asyncio.run(run())


def test_a_question_that_is_given_up_disturbs_no_other(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house, answering(house, database_url) as process:
            await samples.load(house.writer, samples.read(package_files.samples() / SLUG))
            head = (await house.reader.head()).position
            asked = [asyncio.create_task(process.view(_question(SLUG, head, view))) for view in catalogue.VIEWS]
            await asyncio.sleep(0)
            asked[0].cancel()
            found = await asyncio.gather(*asked, return_exceptions=True)
            assert isinstance(found[0], asyncio.CancelledError)
            for view, each in zip(list(catalogue.VIEWS)[1:], found[1:], strict=True):
                expected = await answer(house.reader, AnswerRequest(SLUG, view))
                assert not isinstance(each, BaseException)
                assert each is not None
                assert each.data == expected.data

    asyncio.run(run())


def test_text_that_was_erased_is_not_answered_any_more(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house, answering(house, database_url) as process:
            await samples.load(house.writer, samples.read(package_files.samples() / SLUG))
            asked = AnswerRequest(SLUG, "timeline/1")
            before = await answer(house.reader, asked, process)
            assert before.text
            _erase_all(database_url)
            after = await answer(house.reader, asked, process)
            assert after.text == {}
            assert after.digest == before.digest
            await assert_same(house, process, asked)

    asyncio.run(run())


def _erase_all(url: str) -> None:
    """Erase all free text, as the owner of the log can."""
    with connect(url) as database:
        database.execute("ALTER TABLE public.facts DISABLE TRIGGER facts_are_append_only")
        database.execute("UPDATE public.facts SET text = NULL, text_salt = NULL WHERE text IS NOT NULL")


def test_the_largest_incidents_are_read_before_they_are_asked_about(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house:
            await samples.load(house.writer, samples.read(package_files.samples() / SLUG))
            await write(house, OpenIncident(slug="hama-2025", title="Hama"), None)
            assert [stream for stream, _ in await house.reader.largest_incidents(1, 5)] == [incident_stream(SLUG)]
            for large, is_needed in ((1_000, False), (1, True)):
                process = AnsweringProcess(house.reader, database_url, large=large, waited_for=-1)
                try:
                    await process.prepare()
                    assert (process.pid is not None) is is_needed
                    await assert_same(house, process, AnswerRequest(SLUG, "state/1"))
                finally:
                    await process.close()

    asyncio.run(run())


def test_while_it_starts_smaller_incidents_are_answered_without_it(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house:
            await samples.load(house.writer, samples.read(package_files.samples() / SLUG))
            process = AnsweringProcess(house.reader, database_url, large=1)
            question = ViewQuestion(
                incident_stream(SLUG), (await house.reader.head()).position, "state/1", None, None, table=False
            )
            try:
                assert await process.view(question) is None
                await process.start()
                assert await process.view(question) is not None
            finally:
                await process.close()

    asyncio.run(run())


def test_text_that_was_erased_is_told_the_same_at_every_moment(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house, answering(house, database_url) as process:
            await samples.load(house.writer, samples.read(package_files.samples() / SLUG))
            before = (await house.reader.head()).position
            timeline = AnswerRequest(SLUG, "timeline/1", f"@{before}")
            told = await answer(house.reader, timeline, process)
            entries = [each for each in cast("Any", told.document)["entries"] if each["text"]]
            report_id = UUID(entries[0]["report_id"])
            erasure = EraseReport(report_id=report_id, parts=frozenset(["text"]), reason="Asked for.")
            await house.writer.write(WriteRequest(erasure, uuid4(), bytes(32)))
            again = await answer(house.reader, timeline, process)
            assert again == await answer(house.reader, timeline)
            assert (again.digest, again.text[entries[0]["text"]]) == (told.digest, {"erased": before + 1})
            kept = {name: words for name, words in told.text.items() if name != entries[0]["text"]}
            assert {name: words for name, words in again.text.items() if name != entries[0]["text"]} == kept

    asyncio.run(run())
