"""The same log gives the same bytes: on another PostgreSQL, in another process, time zone and locale; and for ever."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.facts.streams import incident_stream
from domain.incident import refusals
from domain.incident.commands import CloseIncident, CorrectReport, FileReport, ReinstateReport, RetractReport
from domain.values.sources import Registration
from domain.values.time.clocks import format_instant
from service import wiring
from service.answers.answer import AnswerRequest, NotYetKnown, answer
from service.console import samples
from service.eventstore.writer import WriteRequest
from service.postgres.embedded import embedded_server
from service.postgres.migrate import migrate
from service.runtime import package_files
from tests.domain.given import file_command
from tests.service.asking import INCIDENT, answers, questions

ROOT = Path(__file__).resolve().parents[2]
COPY_OUT = "COPY (SELECT * FROM public.facts ORDER BY notification_id) TO STDOUT (FORMAT binary)"
COPY_IN = "COPY public.facts FROM STDIN (FORMAT binary)"


@dataclass(frozen=True)
class Log:
    """The rows of a log, salts and stamps among them, with what it answered where it was first recorded."""

    rows: bytes
    log_id: UUID
    first: int
    last: int
    told: dict[str, str]

    def restore(self, url: str) -> None:
        """Put the rows into another migrated, empty database, in place of the log that it was to be."""
        with psycopg.connect(url) as connection:
            with connection.cursor().copy(COPY_IN) as copy:
                copy.write(self.rows)
            connection.execute("UPDATE public.log SET log_id = %s", (self.log_id,))


def copied(url: str) -> tuple[bytes, UUID, int, int]:
    """Return the rows of a log, its id, and the first and last position at which the incident is known."""
    opened = "SELECT min(notification_id), (SELECT max(notification_id) FROM public.facts) FROM public.facts"
    with psycopg.connect(url) as connection:
        with connection.cursor().copy(COPY_OUT) as copy:
            rows = b"".join(bytes(part) for part in copy)
        log_id = connection.execute("SELECT log_id FROM public.log").fetchone()
        ends = connection.execute(f"{opened} WHERE topic = 'incident_opened.v1'").fetchone()
    assert log_id is not None
    assert ends is not None
    return rows, log_id[0], *ends


@pytest.fixture(scope="session")
def original() -> Iterator[Log]:
    """Load the sample through the writer on a bundled server of its own, and keep what it answers there."""
    folder = Path(tempfile.mkdtemp(prefix="knownwhen-tests-"))

    async def loading(url: str) -> None:
        async with wiring.services(url) as house:
            await samples.load(house.writer, samples.read(package_files.samples() / INCIDENT))

    try:
        with embedded_server(folder, settings={"fsync": "off"}) as server:
            migrate(server.url)
            asyncio.run(loading(server.url))
            rows, log_id, first, last = copied(server.url)
            yield Log(rows, log_id, first, last, asyncio.run(answers(server.url, questions(first, last))))
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def restored(original: Log, database_url: str) -> str:
    """Return the address of a database of this test's own that holds the original's log."""
    original.restore(database_url)
    return database_url


def test_every_server_gives_the_same_bytes(original: Log, restored: str) -> None:
    assert copied(restored)[0] == original.rows
    assert asyncio.run(answers(restored, questions(original.first, original.last))) == original.told


@pytest.mark.parametrize(
    "surroundings",
    [
        {"TZ": "Asia/Tehran", "LC_ALL": "C", "PYTHONHASHSEED": "1", "PGTZ": "Asia/Tehran"},
        {
            "TZ": "America/St_Johns",
            "LC_ALL": "tr_TR.UTF-8",
            "PYTHONHASHSEED": "2",
            "PGDATESTYLE": "German, DMY",
            "PYTHONOPTIMIZE": "1",
        },
    ],
    ids=["tehran", "st-johns-in-turkish"],
)
def test_every_process_gives_the_same_bytes_wherever_it_runs(
    original: Log, restored: str, surroundings: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "tests.service.asking", restored, str(original.first), str(original.last), "20"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **surroundings}
    process = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    told = json.loads(process.stdout)
    here = asyncio.run(answers(restored, questions(original.first, original.last, 20)))
    assert told == here
    at_the_end = {name: each for name, each in told.items() if f"@{original.last} " in name}
    assert at_the_end.items() <= original.told.items()


def write(command: Any, number: int) -> WriteRequest:
    """Ask something more of the sample's incident."""
    incident = None if isinstance(command, Registration) else incident_stream(INCIDENT)
    name = command.report_id if isinstance(command, FileReport) else UUID(int=number)
    return WriteRequest(command, name, number.to_bytes(32, "big"), incident)


def afterwards(report_id: UUID) -> list[Any]:
    """Return commands of every sort that change what is known now."""
    toll = {"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-08"}
    claim = {"id": "1", "measure": "killed", "population": {"status": ["civilian"]}, "count": {"verbatim": "9,999"}}
    body = {**toll, "claims": [claim]}
    return [
        file_command({"report_id": UUID(int=900), "report": body}),
        RetractReport(report_id=report_id, by="recorder"),
        Registration(slug="sohr", name="SOHR", type="monitor", reliability="E"),
        CorrectReport.model_validate(
            {"report_id": UUID(int=900), "cause": "transcription", "report": {**body, "reported_order": 1}}
        ),
        ReinstateReport(report_id=report_id),
        CloseIncident(reason="nothing more is taken"),
    ]


def some_report(original: Log) -> UUID:
    """Return the id of a report of the sample that stands."""
    lines = samples.read(package_files.samples() / INCIDENT)
    struck = {line.write.command.report_id for line in lines if isinstance(line.write.command, RetractReport)}
    filed = [line.write.command.report_id for line in lines if isinstance(line.write.command, FileReport)]
    assert original.last > len(filed)
    return next(name for name in filed if name not in struck)


def test_whatever_is_recorded_later_changes_no_answer_at_an_earlier_position(original: Log, restored: str) -> None:
    async def writing() -> list[str]:
        now: list[str] = []
        async with wiring.services(restored) as house:
            for number, command in enumerate(afterwards(some_report(original)), start=1):
                await house.writer.write(write(command, number))
                now.append((await answer(house.reader, AnswerRequest(INCIDENT, "state/1"))).digest)
        return now

    since = asyncio.run(writing())
    assert len(set(since)) > 1, "what is known now did change"
    assert asyncio.run(answers(restored, questions(original.first, original.last))) == original.told


def test_every_answer_can_be_asked_for_again_by_its_coordinates(original: Log, restored: str) -> None:
    async def asking() -> None:
        async with wiring.services(restored) as house:
            for question in questions(original.first, original.last, 29):
                first = await answer(house.reader, question)
                to = first.coordinates
                until, view, policy = to["reported_until"], str(to["view"]), str(to["policy"])
                again = AnswerRequest(
                    INCIDENT, view, f"@{to['position']}", None if until is None else str(until), policy
                )
                assert (await answer(house.reader, again)).data == first.data

    asyncio.run(asking())


def test_nothing_is_known_before_the_first_fact(original: Log, restored: str) -> None:
    async def asking() -> None:
        async with wiring.services(restored) as house:
            opened = await house.reader.first_of(incident_stream(INCIDENT))
            assert opened is not None
            before = format_instant(opened.recorded_at - timedelta(microseconds=1))
            for as_of in (before, f"@{original.first - 1}"):
                with pytest.raises(NotYetKnown) as told:
                    await answer(house.reader, AnswerRequest(INCIDENT, "state/1", as_of))
                assert told.value.known_at == original.first
            at_once = await answer(
                house.reader, AnswerRequest(INCIDENT, "timeline/1", format_instant(opened.recorded_at))
            )
            assert at_once.document["entries"] == []

    asyncio.run(asking())


def test_a_writer_that_starts_anew_decides_as_the_one_before(restored: str) -> None:
    body = {"kind": "toll_revised", "source": "sohr", "complete": True, "text": {"summary": "As it was told."}}
    filed = file_command({"report_id": UUID(int=900), "report": {**body, "reported_at": "2025-03-08"}})
    same = CorrectReport.model_validate({"report_id": UUID(int=900), "cause": "translation", "report": body})
    told = CorrectReport.model_validate(
        {"report_id": UUID(int=900), "cause": "translation", "report": {**body, "text": {"summary": "As it was said."}}}
    )

    async def writing(number: int, *commands: Any) -> None:
        async with wiring.services(restored) as house:
            for place, command in enumerate(commands):
                await house.writer.write(write(command, number + place))

    asyncio.run(writing(1, filed))
    with pytest.raises(refusals.NothingChanged):
        asyncio.run(writing(2, same))
    asyncio.run(writing(3, told))
