"""What is answered from a state timeline is, byte for byte, what is answered by folding, at every position."""

import asyncio
import threading
from collections.abc import Sequence
from functools import partial
from uuid import UUID, uuid4

import pytest

from domain.facts.streams import incident_stream
from domain.incident.commands import AmendIncident, FileReport, MergeIncident, OpenIncident, RetractReport
from domain.incident.dispatch import AnyCommand
from domain.reading import Document
from domain.summary.state_timeline import StateTimeline
from domain.values.sources import Registration
from service import wiring
from service.answers.answer import AnswerRequest, MergedAway, NotYetKnown, answer
from service.answers.state_timeline_cache import StateTimelineCache
from service.api.services import Services
from service.console import samples
from service.eventstore import LogReader, StoredFact
from service.eventstore.writer import WriteRequest
from service.runtime import package_files
from service.runtime.worker_thread import INLINE_FACTS, in_thread
from tests.domain.given import file_command

pytestmark = pytest.mark.one_server_will_do

SLUG = "syria-coast-2025"
LATE = "00000000-0000-0000-0000-00000000000a"


def toll(words: str, source: str, report_id: str | None = None) -> FileReport:
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": words}}
    body = {"kind": "toll_revised", "source": source, "reported_at": "2025-03-20", "claims": [claim]}
    return file_command({"report_id": report_id or str(uuid4()), "report": body})


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


def now(position: int, timeline: StateTimeline) -> Document:
    return timeline.document(position)


def itself(timeline: StateTimeline) -> StateTimeline:
    return timeline


async def recalled(cache: StateTimelineCache, slug: str, position: int) -> StateTimeline | None:
    """Ask for a timeline that was asked for before, or is made now."""
    await cache.query(incident_stream(slug), position, itself)
    await cache.wait_until_built()
    return await cache.query(incident_stream(slug), position, itself)


async def write(house: Services, command: AnyCommand, slug: str | None) -> None:
    fact_id = command.report_id if isinstance(command, FileReport) else uuid4()
    await house.writer.write(WriteRequest(command, fact_id, bytes(32), incident_stream(slug) if slug else None))


async def assert_same(house: Services, cache: StateTimelineCache, question: AnswerRequest) -> None:
    told = await answer(house.reader, question, cache)
    folded = await answer(house.reader, question)
    assert (told.data, told.coordinates, told.inputs) == (folded.data, folded.coordinates, folded.inputs)
    assert told.envelope() == folded.envelope()


def test_a_timeline_answers_as_a_fold_does_while_the_log_grows(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house:
            await samples.load(house.writer, samples.read(package_files.samples() / SLUG))
            cache = StateTimelineCache(house.reader, large=10)
            first = await house.reader.first_of(incident_stream(SLUG))
            assert first is not None
            opened = first.position
            assert await cache.query(incident_stream(SLUG), opened, itself) is None
            await answer(house.reader, AnswerRequest(SLUG, "state/1"), cache)
            kept = await recalled(cache, SLUG, (await house.reader.head()).position)
            assert kept is not None
            for command, slug in LATER:
                await write(house, command, slug)
                await assert_same(house, cache, AnswerRequest(SLUG, "state/1"))
            assert await cache.query(incident_stream(SLUG), 1, itself) is kept
            for position in range(opened, (await house.reader.head()).position + 1):
                await assert_same(house, cache, AnswerRequest(SLUG, "state/1", f"@{position}"))
            for other in (
                AnswerRequest(SLUG, "state/1", reported_until="2025-03-09T00:00:00Z"),
                AnswerRequest(SLUG, "state/1", policy="latest/1"),
                AnswerRequest(SLUG, "state/1", policy="range/1"),
                AnswerRequest(SLUG, "timeline/1"),
            ):
                await assert_same(house, cache, other)

    asyncio.run(run())


def test_a_timeline_refuses_what_a_fold_refuses(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house:
            await write(house, OpenIncident(slug="hama-2025", title="Hama"), None)
            await write(house, OpenIncident(slug="homs-2025", title="Homs"), None)
            await write(house, toll("7", "sana"), "homs-2025")
            cache = StateTimelineCache(house.reader, large=1)
            await answer(house.reader, AnswerRequest("homs-2025", "state/1"), cache)
            assert await recalled(cache, "homs-2025", 2) is not None
            with pytest.raises(NotYetKnown):
                await answer(house.reader, AnswerRequest("homs-2025", "state/1", "@1"), cache)
            await write(house, MergeIncident(into="hama-2025"), "homs-2025")
            with pytest.raises(MergedAway):
                await answer(house.reader, AnswerRequest("homs-2025", "state/1"), cache)
            await assert_same(house, cache, AnswerRequest("homs-2025", "state/1", "@3"))

    asyncio.run(run())


def test_the_incident_that_was_asked_about_longest_ago_is_dropped(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house:
            cache = StateTimelineCache(house.reader, large=1, most=5)
            for slug in ("hama-2025", "homs-2025"):
                await write(house, OpenIncident(slug=slug, title=slug), None)
                await write(house, toll("7", "sana"), slug)
                await answer(house.reader, AnswerRequest(slug, "state/1"), cache)
                await recalled(cache, slug, (await house.reader.head()).position)
            head = (await house.reader.head()).position
            kept = await recalled(cache, "homs-2025", head)
            assert kept is not None
            assert await recalled(cache, "homs-2025", head) is kept
            again = await recalled(cache, "hama-2025", head)  # made anew, and the other goes
            assert again is not None
            assert await recalled(cache, "homs-2025", head) is not kept

    asyncio.run(run())


def test_a_question_that_is_given_up_disturbs_no_other_and_the_log_is_read_once(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house:
            await samples.load(house.writer, samples.read(package_files.samples() / SLUG))
            reads = Counting(house.reader)
            cache = StateTimelineCache(reads, large=10)
            before = (await house.reader.head()).position
            await answer(house.reader, AnswerRequest(SLUG, "state/1"), cache)
            assert await recalled(cache, SLUG, before) is not None
            for _ in range(60):
                await write(house, toll("2,000", "sohr"), SLUG)
            stream, position = incident_stream(SLUG), (await house.reader.head()).position
            reads.count = 0
            asked = [asyncio.create_task(cache.query(stream, position, partial(now, position))) for _ in range(6)]
            await asyncio.sleep(0)
            for given_up in asked[:3]:
                given_up.cancel()
            found = await asyncio.gather(*asked, return_exceptions=True)
            assert [isinstance(each, asyncio.CancelledError) for each in found] == [True] * 3 + [False] * 3
            expected = (await answer(house.reader, AnswerRequest(SLUG, "state/1"))).document
            assert found[3:] == [expected] * 3
            assert reads.count == 1

    asyncio.run(run())


class Counting:
    """A log whose reads are counted."""

    def __init__(self, log: LogReader) -> None:
        self._log = log
        self.count = 0

    async def read(self, streams: Sequence[UUID], upto: int, after: int = 0) -> list[StoredFact]:
        self.count += 1
        return await self._log.read(streams, upto, after)


class Breaking(Counting):
    """A log that is gone from its second read on, when it is told to break."""

    breaks = False

    async def read(self, streams: Sequence[UUID], upto: int, after: int = 0) -> list[StoredFact]:
        rows = await super().read(streams, upto, after)
        if self.breaks and self.count == 2:
            raise ConnectionError
        return rows


def test_a_timeline_that_could_not_be_grown_to_the_end_answers_nobody(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house:
            await samples.load(house.writer, samples.read(package_files.samples() / SLUG))
            log = Breaking(house.reader)
            cache, stream = StateTimelineCache(log, large=10), incident_stream(SLUG)
            await answer(house.reader, AnswerRequest(SLUG, "state/1"), cache)
            assert await recalled(cache, SLUG, (await house.reader.head()).position) is not None
            for command, slug in LATER:
                await write(house, command, slug)
            position = (await house.reader.head()).position
            log.count, log.breaks = 0, True
            asked = [asyncio.create_task(cache.query(stream, position, partial(now, position))) for _ in range(3)]
            found = await asyncio.gather(*asked, return_exceptions=True)
            assert isinstance(found[0], ConnectionError)
            assert found[1:] == [None, None]
            await assert_same(house, cache, AnswerRequest(SLUG, "state/1"))

    asyncio.run(run())


def test_a_timeline_that_is_dropped_is_freed_once_nobody_asks_it_and_then_answers_nobody(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house:
            cache, asked, go_on = (
                StateTimelineCache(house.reader, large=1, most=5),
                threading.Event(),
                threading.Event(),
            )

            def slowly(timeline: StateTimeline) -> Document:
                asked.set()
                go_on.wait()
                return timeline.document(position)

            for slug in ("hama-2025", "homs-2025"):
                await write(house, OpenIncident(slug=slug, title=slug), None)
                for _ in range(INLINE_FACTS + 1):
                    await write(house, toll("7", "sana"), slug)
                await answer(house.reader, AnswerRequest(slug, "state/1"), cache)
            position = (await house.reader.head()).position
            expected = (await answer(house.reader, AnswerRequest("hama-2025", "state/1"))).document
            assert await recalled(cache, "hama-2025", position) is not None
            stream = incident_stream("hama-2025")
            first = asyncio.create_task(cache.query(stream, position, slowly))
            await asyncio.to_thread(asked.wait)
            second = asyncio.create_task(cache.query(stream, position, partial(now, position)))
            await asyncio.sleep(0)
            assert await recalled(cache, "homs-2025", position) is not None  # which drops the other
            third = asyncio.create_task(cache.query(stream, position, partial(now, position)))
            await asyncio.sleep(0)
            go_on.set()
            assert await asyncio.gather(first, second, third) in ([expected, expected, None], [expected, None, None])
            await cache.wait_until_built()
            await assert_same(house, cache, AnswerRequest("hama-2025", "state/1"))

    asyncio.run(run())


def test_a_large_incident_is_folded_and_its_timeline_asked_beside_the_event_loop(database_url: str) -> None:
    async def run() -> None:
        async with wiring.services(database_url) as house:
            await samples.load(house.writer, samples.read(package_files.samples() / SLUG))
            cache, stream = StateTimelineCache(house.reader, large=10), incident_stream(SLUG)
            await answer(house.reader, AnswerRequest(SLUG, "state/1"), cache)
            position = (await house.reader.head()).position
            assert await recalled(cache, SLUG, position) is not None
            assert await cache.query(stream, position, _thread) != threading.get_ident()
            assert await in_thread(INLINE_FACTS + 1, _thread) != threading.get_ident()
            assert await in_thread(INLINE_FACTS, _thread) == threading.get_ident()

    asyncio.run(run())


def _thread(_: StateTimeline | None = None) -> int:
    return threading.get_ident()
