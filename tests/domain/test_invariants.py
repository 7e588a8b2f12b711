"""What holds for every incident: replay is exact, the past is closed, arrival is irrelevant, and undoing restores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts.encoding import decode, encode
from domain.facts.union import Recorded
from domain.history.history import History, accumulate, history_of
from domain.incident.commands import (
    AmendIncident,
    CloseIncident,
    CorrectReport,
    IncidentCommand,
    ReinstateReport,
    ReopenIncident,
    RetractReport,
)
from domain.incident.refusals import Refusal
from domain.reports.claims.claim import latest
from domain.values.sources import Registration
from domain.values.time.clocks import format_instant, parse_instant
from tests.domain.book import Book
from tests.domain.worlds import (
    IDS,
    MOMENTS,
    RECORDED,
    SLUGS,
    STEPS,
    TIMES,
    Body,
    World,
    digests,
    moments,
    reports,
    worlds,
)

BEFORE_ANYTHING_WAS_SAID = "2025-02-28T00:00:00Z"


def commands() -> st.SearchStrategy[IncidentCommand | Registration]:
    """Everything that may come after the reports."""
    ids = st.sampled_from(IDS).map(UUID)
    grades = st.builds(
        lambda slug, grade: Registration(slug=slug, name=slug, type="monitor", reliability=grade),
        st.sampled_from(SLUGS),
        st.sampled_from("ABCDEF"),
    )
    return (
        st.builds(RetractReport, report_id=ids, by=st.just("recorder"))
        | st.builds(RetractReport, report_id=ids, by=st.just("source"), reported_at=st.sampled_from(TIMES))
        | st.builds(ReinstateReport, report_id=ids)
        | st.builds(_correction, ids, reports())
        | st.sampled_from([CloseIncident(), ReopenIncident(), AmendIncident(title="Violence on the coast")])
        | st.sampled_from([AmendIncident(period=None), AmendIncident(period="2025-03-06/2025-03-17")])
        | grades
    )


def _correction(report_id: UUID, body: Body) -> CorrectReport:
    content = {name: value for name, value in body.items() if name != "reported_at"}
    return CorrectReport.model_validate({"report_id": report_id, "cause": "transcription", "report": content})


def do(book: Book, command: IncidentCommand | Registration) -> None:
    with suppress(Refusal):
        book.do(command)


def from_the_log(facts: Iterable[Recorded]) -> list[Recorded]:
    """Take facts apart and put them together as the log does for a reader: without their free text."""
    return [
        Recorded(
            each.position,
            each.fact_id,
            each.stream,
            each.version,
            each.recorded_at,
            decode(encode(each.fact).topic, orjson.loads(encode(each.fact).state)),
            each.text_commitment,
        )
        for each in facts
    ]


@given(worlds(), st.lists(commands(), max_size=5))
def test_replay_is_exact(world: World, later: list[IncidentCommand]) -> None:
    book = world.book()
    for command in later:
        do(book, command)
    asked = moments(book.history())
    first = digests(book.history(), asked)
    assert digests(book.history(), asked) == first, "the same fold again"
    assert digests(history_of(from_the_log(book.facts)), asked) == first, "from the bytes of the log"


@given(worlds(), st.lists(commands(), max_size=5))
def test_reading_changes_nothing(world: World, later: list[IncidentCommand]) -> None:
    book = world.book()
    for command in later:
        do(book, command)
    asked = moments(book.history())
    grown = History()
    for recorded in book.facts:
        accumulate(grown, recorded)
        digests(grown, [None])
    assert digests(grown, asked) == digests(book.history(), asked)


@given(worlds(), st.lists(commands(), max_size=5))
def test_the_past_is_closed(world: World, later: list[IncidentCommand]) -> None:
    book = world.book()
    asked = moments(book.history())[-2:]
    answers = {len(book.facts): digests(book.history(), asked)}
    for command in later:
        do(book, command)
        answers[len(book.facts)] = digests(book.history(), asked)
    for position, then in answers.items():
        assert digests(book.history(position), asked) == then


@given(worlds(), st.randoms(use_true_random=False))
def test_arrival_order_is_irrelevant_to_what_was_said(world: World, chance: Any) -> None:
    arrived = world.book()
    shuffled = list(world.reports)
    chance.shuffle(shuffled)
    otherwise = world.book(shuffled)
    asked = moments(arrived.history())
    said = {"without": {RECORDED, MOMENTS}}
    assert digests(otherwise.history(), asked, **said) == digests(arrived.history(), asked, **said)


@given(worlds(), st.lists(commands(), max_size=5), st.data())
def test_the_streams_of_incident_and_sources_may_be_read_in_any_order(
    world: World, later: list[IncidentCommand], data: st.DataObject
) -> None:
    book = world.book()
    for command in later:
        do(book, command)
    interleaved = interleave(book.facts, data)
    asked = moments(book.history())
    assert digests(history_of(interleaved), asked) == digests(book.history(), asked)


def interleave(facts: Sequence[Recorded], data: st.DataObject) -> list[Recorded]:
    """Keep the order within each stream and no other."""
    streams: dict[UUID, list[Recorded]] = {}
    for each in facts:
        streams.setdefault(each.stream, []).append(each)
    turns = data.draw(st.permutations([each.stream for each in facts]))
    return [streams[stream].pop(0) for stream in turns]


@given(worlds())
def test_before_anything_was_said_nothing_is_said(world: World) -> None:
    book = world.book()
    state = book.read("state/1", until=BEFORE_ANYTHING_WAS_SAID)
    told = ("places", "sides", "kinds", "sources", "blame", "estimates", "sentences")
    assert not any(state[name] for name in told)
    assert book.read("timeline/1", until=BEFORE_ANYTHING_WAS_SAID)["entries"] == []
    assert book.read("claims/1", until=BEFORE_ANYTHING_WAS_SAID)["claims"] == []


@given(worlds())
def test_a_report_belongs_to_a_reading_from_its_last_moment_on(world: World) -> None:
    book = world.book()
    for report in book.history().reports.values():
        last = latest(report.reported)
        for moment, there in ((last, True), (last - timedelta(microseconds=1), False)):
            entries = cast("list[Body]", book.read("timeline/1", until=format_instant(moment))["entries"])
            assert (report.ref in {entry["report_id"] for entry in entries}) is there


@given(worlds())
def test_what_was_said_later_changes_nothing_that_had_been_said_by_then(world: World) -> None:
    whole = world.book()
    for moment in moments(whole.history())[:-1]:
        until = parse_instant(cast("str", moment))
        said = {str(each.report_id) for each in whole.history().reports.values() if latest(each.reported) <= until}
        by_then = world.book(body for body in world.reports if body["report_id"] in said)
        said = {"without": {RECORDED, MOMENTS}}
        assert digests(by_then.history(), [moment], **said) == digests(whole.history(), [moment], **said)


@given(worlds(), st.lists(commands(), max_size=3), st.sampled_from(IDS), st.sampled_from(["recorder", "source"]))
def test_reinstating_what_was_retracted_restores_every_answer(
    world: World, before: list[IncidentCommand], report_id: str, by: str
) -> None:
    book = world.book()
    for command in before:
        do(book, command)
    asked = moments(book.history())
    then = digests(book.history(), asked, without=STEPS)
    when = {"reported_at": "2025-08-01"} if by == "source" else {}
    try:
        book.do(RetractReport.model_validate({"report_id": report_id, "by": by, **when}))
    except Refusal:
        return
    book.do(ReinstateReport(report_id=UUID(report_id)))
    assert digests(book.history(), asked, without=STEPS) == then


@given(worlds())
def test_reopening_what_was_closed_restores_every_answer(world: World) -> None:
    book = world.book()
    then = digests(book.history(), [None], without={MOMENTS})
    book.do(CloseIncident())
    assert digests(book.history(), [None], without={MOMENTS}) != then
    book.do(ReopenIncident())
    assert digests(book.history(), [None], without={MOMENTS}) == then


@given(worlds(), st.sampled_from(IDS))
def test_what_was_never_said_leaves_no_trace_but_its_line_in_the_timeline_and_the_claims(
    world: World, struck: str
) -> None:
    book = world.book()
    if UUID(struck) not in book.history().reports:
        return
    book.do(RetractReport(report_id=UUID(struck), by="recorder"))
    without = world.book(body for body in world.reports if body["report_id"] != struck)
    for moment in moments(without.history()):
        assert book.read("state/1", until=moment) == without.read("state/1", until=moment)


@pytest.mark.parametrize("view", ["state/1", "timeline/1", "claims/1"])
@given(worlds())
def test_every_document_is_of_strings_and_integers_alone(view: str, world: World) -> None:
    def holds(value: object) -> bool:
        if isinstance(value, dict):
            return all(isinstance(name, str) and holds(item) for name, item in cast("Body", value).items())
        if isinstance(value, list):
            return all(holds(item) for item in cast("list[object]", value))
        return value is None or isinstance(value, str | int)

    assert holds(world.book().read(view))
