"""Two writers of one log that take commands in turn record what one that remembers nothing records of each alone."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from random import Random
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from domain.facts.streams import incident_stream
from domain.facts.union import IncidentFact
from domain.incident.commands import (
    AdoptPolicy,
    AmendIncident,
    AssessReport,
    CloseIncident,
    CorrectReport,
    DeclareScope,
    DisputeReport,
    FileReport,
    MergeIncident,
    MoveReport,
    OpenIncident,
    ReinstateReport,
    ReopenIncident,
    RescopeClaims,
    RetractReport,
    StateSameOrigin,
    UndoSameOrigin,
    UnmergeIncident,
)
from domain.incident.dispatch import AnyCommand
from domain.incident.refusals import Refusal
from domain.incident.report_warnings import ContentIndex, content_digest
from domain.incident.state import Incident, fold
from domain.values.sources import Registration
from service.eventstore import FactRecorder
from service.eventstore.aggregate_cache import AggregateCache, WriterCache
from service.eventstore.stored_fact import StoredFact
from service.eventstore.writer import Acknowledgement, Writer, WriteRequest
from service.postgres.embedded import EmbeddedServer
from service.runtime.time_zones import zone
from tests.domain.given import file_command
from tests.service.logs import recording

pytestmark = [
    pytest.mark.one_server_will_do,
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings"),  # of what no client can send
]

SLUGS = ("coast", "hills", "river")
SOURCES = ("sohr", "ohchr", "press", "radio")
ZONES = ("Europe/Kyiv", "Asia/Damascus", "Nowhere/At_All")
FACTS = """
    SELECT notification_id, fact_id, originator_id, originator_version, topic, state, text, recorded_by, request_hash
    FROM facts ORDER BY notification_id
"""
IDS = UUID(int=17)

Answer = Acknowledgement | BaseException


class Commands:
    """Draws commands of all kinds about the same few incidents, reports and sources."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._asked: list[WriteRequest] = []
        self._reports: list[UUID] = []
        self._number = 0

    def next(self) -> WriteRequest:
        """Draw one; now and then one that was asked before, its id for something else, or one that fails."""
        if len(self._asked) < len(SLUGS):
            self._asked.append(
                WriteRequest(self._opening(SLUGS[len(self._asked)]), self._new_id(), self._chance.randbytes(32))
            )
            return self._asked[-1]
        kind = self._chance.random()
        if self._asked and kind < 0.08:
            return self._chance.choice(self._asked)
        command, named = self._command()
        fact_id = command.report_id if isinstance(command, FileReport) else self._new_id()
        if isinstance(command, FileReport):
            self._reports.append(fact_id)
        if self._asked and kind < 0.12:
            fact_id = self._chance.choice([*self._asked[-1].fact_ids(), uuid5(self._asked[-1].fact_id, "press")])
        version = self._chance.randint(1, 6) if kind > 0.97 else None
        who = "x" * 201 if 0.12 < kind < 0.16 else None  # which the database refuses
        write = WriteRequest(command, fact_id, self._chance.randbytes(32), named, who, version)
        self._asked.append(write)
        return write

    def _new_id(self) -> UUID:
        self._number += 1
        return uuid5(IDS, str(self._number))

    def _command(self) -> tuple[AnyCommand, UUID | None]:
        pick, here = self._chance.choice, incident_stream(self._chance.choice(SLUGS))
        about: dict[str, Any] = {"report_id": pick(self._reports) if self._reports else self._new_id()}
        claim = {"claim": pick(("1", "2", "1.1"))} if self._chance.random() < 0.4 else {}
        origins = tuple(self._chance.sample(SOURCES, 2))
        some = pick((1, 1, 3))
        refs = {f"{pick(self._reports)}#1" for _ in range(some)} if self._reports else {f"{self._new_id()}#1"}
        told = [
            (FileReport(report_id=self._new_id(), report=self._report()), here),
            *[(MergeIncident(into=pick(SLUGS)), here), (UnmergeIncident(), here)] * 2,
            (MoveReport(**about, to=pick(SLUGS)), None),
            (RescopeClaims(claims=tuple(sorted(refs)), scope=pick(("shore", None))), here),
            (CorrectReport(**about, cause="transcription", report=self._report()), None),
            (RetractReport(**about, by="recorder", **claim), None),
            (ReinstateReport(**about, **claim), None),
            (AssessReport(**about, credibility=self._chance.randint(1, 6), **claim), None),
            (DisputeReport(**about, **claim), None),
            (StateSameOrigin(origins=cast("tuple[str, str]", origins)), None),
            (UndoSameOrigin(origins=cast("tuple[str, str]", origins)), None),
            (Registration(slug=pick(SOURCES), name="x", type="monitor", reliability=pick("ABF")), None),
            (AmendIncident(title="y", time_zone=pick((*ZONES, None))), here),
            (DeclareScope(name="shore", label="the shore"), here),
            (pick((CloseIncident(), ReopenIncident())), here),
            (AdoptPolicy(policy=pick(("latest/1", "triple/1"))), None),
            (self._opening(pick(SLUGS)), None),
        ]
        return cast("tuple[AnyCommand, UUID | None]", told[0] if self._chance.random() < 0.35 else pick(told))

    def _opening(self, slug: str) -> OpenIncident:
        clock = (
            {"time_zone": self._chance.choice(ZONES[:2] if len(self._asked) < 3 else ZONES)}
            if self._chance.random() < 0.6
            else {}
        )
        return OpenIncident.model_validate({"slug": slug, "title": slug, **clock})

    def _report(self) -> Any:
        chance = self._chance
        figures = [
            {"id": f"{number}", "measure": measure, "count": {"verbatim": f"{chance.randint(1, 30)}"}}
            for number, measure in enumerate(chance.sample(("killed", "injured"), chance.randint(1, 2)), start=1)
        ]
        if self._reports and chance.random() < 0.2:
            figures[0]["supersedes"] = [f"{chance.choice(self._reports)}#1"]
        body = {"kind": "toll_revised", "source": chance.choice(SOURCES), "claims": figures}
        body |= {"reported_at": f"2025-03-{chance.randint(7, 12):02}", "complete": chance.random() < 0.4}
        return file_command({"report_id": IDS, "report": body}).report


async def _answers(writer: Writer, group: Sequence[WriteRequest], how: str) -> list[Answer]:
    if how == "singly":
        return list(await asyncio.gather(*map(writer.write, group), return_exceptions=True))
    if how == "together":
        try:
            return list(await writer.write_all(group, atomic=True))
        except Exception as error:  # noqa: BLE001 - the answer of each
            return [error] * len(group)
    return list(await writer.write_each(group))


def outcome(answer: Answer) -> object:
    """Return what an answer says but for when it was."""
    if isinstance(answer, Acknowledgement):
        return answer.position, answer.version, answer.incident, answer.replayed, answer.warnings
    return (type(answer), str(answer)) if isinstance(answer, Refusal) else Exception


def recorded(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as plain:
        return plain.execute(FACTS).fetchall()


def state(incident: Incident) -> object:
    """Return what commands are decided against, with what reports say written out, which else waits for a need."""
    contents = incident.warning_index.contents
    said = dict(contents._exact)
    for report_id, report in (each for alike in contents._buckets.values() for each in alike):
        said.setdefault(content_digest(report), report_id)
    return replace(incident, warning_index=replace(incident.warning_index, contents=ContentIndex())), said


def drop(server: EmbeddedServer, *urls: str) -> None:
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        for url in urls:
            name = sql.Identifier(urlsplit(url).path.removeprefix("/"))
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def expect_folded(log: FactRecorder, kept: AggregateCache, whole: Iterable[UUID] = ()) -> None:
    """Expect of what is kept that the facts up to its version make it, and that it has all facts where it is whole."""
    whole = set(whole)
    with log.appending() as tail:
        for stream, incident in kept.items():
            rows: list[StoredFact] = tail.read(stream)
            folded = fold(cast("list[IncidentFact]", [row.fact() for row in rows[: incident.version]]))
            assert folded is not None
            assert state(folded) == state(incident)
            assert stream not in whole or incident.version == len(rows)


def whole(warm: WriterCache) -> Iterator[UUID]:
    return (stream for stream in warm.incidents if warm.lookup(stream)[1] and warm.head is not None)


@settings(max_examples=settings().max_examples // 2, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_two_writers_in_turn_record_what_is_recorded_of_each_command_alone(
    server: EmbeddedServer, create_database: Callable[[str], str], migrated_template: str, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - the same commands for the same seed
    ours, theirs = (create_database(migrated_template) for _ in range(2))
    with ExitStack() as opened:
        opened.callback(drop, server, ours, theirs)
        log, plain = (opened.enter_context(recording(url)) for url in (ours, theirs))
        writers = [Writer(log, zone), Writer(log, zone)]
        commands = Commands(chance)
        for _ in range(chance.randint(10, 30)):
            if chance.random() < 0.3:
                writers.reverse()
            writer = writers[0]
            how = chance.choice(("singly", "as a list", "as a list", "together"))
            group = [commands.next() for _ in range(chance.choice((1, 1, 1, 1, 2, 2, 5, 12, 30)))]
            answers = asyncio.run(_answers(writer, group, how))
            expect_folded(log, writer._cache.incidents, whole(writer._cache))
            expect_folded(log, writer._cache.earlier)
            if how == "together" and not all(isinstance(each, Acknowledgement) for each in answers):
                continue
            for write, answer in zip(group, answers, strict=True):
                alone = Writer(plain, zone)
                (expected,) = asyncio.run(_answers(alone, [write], "as a list"))
                asyncio.run(alone.close())
                if write.recorded_by and not isinstance(expected, Acknowledgement):
                    assert not isinstance(
                        answer, Acknowledgement
                    )  # alone it may be refused before the database sees it
                else:
                    assert outcome(answer) == outcome(expected), write
        assert recorded(ours) == recorded(theirs)
