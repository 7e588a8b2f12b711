"""What leads to what: an answer rests on its own stream, and on every other that one of its facts leads to."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.facts.streams import POLICY_STREAM, incident_stream, source_stream
from domain.facts.union import Recorded
from domain.history.history import history_of
from domain.history.inputs import InputStreams, required_streams
from domain.incident.commands import (
    DeclareScope,
    MergeIncident,
    MoveReport,
    OpenIncident,
    RescopeClaims,
    StateSameOrigin,
    UnmergeIncident,
)
from domain.reading import Reading
from domain.values.sources import Registration
from tests.domain.book import Book, open_book
from tests.domain.test_curation_properties import Asked, curated, do, others, two_incidents
from tests.domain.worlds import Body, World, worlds

OWN, OTHER = "syria-coast-2025", "other-town"
REPORT = UUID(int=7)
TOLL = {
    "kind": "toll_revised",
    "source": "sohr",
    "via": ["afp"],
    "reported_at": "2025-03-09",
    "claims": [{"id": "1", "measure": "killed", "count": {"verbatim": "40"}}],
}


def two() -> Book:
    book = open_book()
    book.do(OpenIncident(slug=OTHER, title="The other town", period="2025-03-08/2025-03-09"))
    book.do(DeclareScope.model_validate({"name": "north", "label": "the north"}), OTHER)
    book.file(TOLL, str(REPORT))
    return book


def led(book: Book, slug: str, after: int = 0) -> set[UUID]:
    """Return what the facts of an incident's stream lead to, those from a position on."""
    return {
        stream
        for each in book.facts
        if each.stream == incident_stream(slug) and each.position > after
        for stream in required_streams(each)
    }


def test_a_report_leads_to_its_source_and_to_whoever_relayed_it() -> None:
    assert led(two(), OWN) == {source_stream("sohr"), source_stream("afp")}


def test_what_is_merged_or_moved_in_leads_to_where_it_was_filed_and_never_the_other_way() -> None:
    book = two()
    begun = len(book.facts)
    book.do(MoveReport(report_id=REPORT, to=OTHER))
    assert (led(book, OTHER, begun), led(book, OWN, begun)) == ({incident_stream(OWN)}, set())
    book.do(MergeIncident(into=OWN), OTHER)
    assert led(book, OWN, begun) == {incident_stream(OTHER)}
    undone = len(book.facts)
    book.do(UnmergeIncident(), OTHER)
    assert led(book, OWN, undone) == led(book, OTHER, undone) == set()


def test_two_sources_that_are_one_lead_to_each_other() -> None:
    book = two()
    book.do(Registration.model_validate({"slug": "snhr", "name": "SNHR", "type": "monitor"}))
    book.do(StateSameOrigin(origins=("snhr", "sohr")))
    streams = {source_stream("sohr"), source_stream("snhr")}
    stated = [each for each in book.facts if set(required_streams(each)) == streams]
    assert {each.stream for each in stated} == streams


def test_a_claim_that_was_given_a_scope_of_another_incident_leads_there_even_from_home() -> None:
    book = two()
    book.do(MoveReport(report_id=REPORT, to=OTHER))
    book.do(RescopeClaims(claims=(f"{REPORT}#1",), scope="north"), OTHER)
    book.do(MoveReport(report_id=REPORT, to=OWN))
    inputs = _reached(book.facts, OWN)
    assert inputs == {
        *(incident_stream(slug) for slug in (OWN, OTHER)),
        *(source_stream(slug) for slug in ("sohr", "afp")),
        POLICY_STREAM,
    }
    folded = history_of([each for each in book.facts if each.stream in inputs], incident_stream(OWN))
    policy = catalogue.policy(catalogue.DEFAULT_POLICY)
    state = cast("Any", catalogue.view("state/1").finish(folded, Reading(None, policy)))
    assert state["sentences"] == [
        "Killed, everyone, the north, as counted for “The other town”: 40 (sohr, 9 March, via afp)."
    ]


@given(st.lists(curated(), max_size=6), worlds(), others(), st.permutations(["", OTHER, "third"]))
def test_the_reach_of_an_incident_is_all_that_its_facts_lead_to_at_each_position(
    asked: list[Asked], world: World, bodies: list[Body], slugs: list[str]
) -> None:
    book = two_incidents(world, bodies)
    book.do(OpenIncident(slug="third", title="Third town"))
    chain: list[Asked] = [(MergeIncident(into="third"), OTHER), (MergeIncident(into=slugs[0] or OWN), "third")]
    for each in (*asked, *chain):
        do(book, each)
    for slug in (OWN, OTHER, "third"):
        own, reach = incident_stream(slug), InputStreams(incident_stream(slug))
        found = reach.streams.copy()
        for place, each in enumerate(book.facts, 1):
            new = set(reach.add(each))
            assert not new & found
            found |= new
            assert reach.streams == found == _all_led(book.facts[:place], own)


def test_a_stream_of_which_nothing_was_read_before_becomes_an_input_all_the_same() -> None:
    own = [each for each in two().facts if each.stream == incident_stream(OWN)]
    assert _reached(own, OWN) == {incident_stream(OWN), POLICY_STREAM, source_stream("sohr"), source_stream("afp")}


def _all_led(facts: list[Recorded], own: UUID) -> set[UUID]:
    """Return every input of an incident, by following each fact of each input."""
    found, waiting = {own, POLICY_STREAM}, [own, POLICY_STREAM]
    while waiting:
        stream = waiting.pop()
        led = {to for each in facts if each.stream == stream for to in required_streams(each)} - found
        found |= led
        waiting += led
    return found


def _reached(facts: list[Recorded], slug: str) -> set[UUID]:
    reach = InputStreams(incident_stream(slug))
    for each in facts:
        reach.add(each)
    return reach.streams
