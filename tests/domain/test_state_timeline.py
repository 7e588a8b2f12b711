"""A state timeline has at every position what the view makes of the facts up to there."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.facts.streams import incident_stream
from domain.history.history import history_of
from domain.history.inputs import required_streams
from domain.incident.refusals import Refusal
from domain.ledger.canonical import canonical
from domain.reading import Reading
from domain.summary.state_timeline import StateTimeline
from domain.views.state import finish
from tests.domain.book import Book
from tests.domain.test_curation_properties import OTHER, Asked, curated, others, two_incidents
from tests.domain.test_present import extras
from tests.domain.worlds import Body, World, worlds


@given(worlds(), others(), st.lists(curated() | extras(), max_size=6))
def test_each_position_is_told_as_the_view_tells_it(world: World, bodies: list[Body], commands: list[Asked]) -> None:
    book = two_incidents(world, bodies)
    for command, slug in commands:
        with suppress(Refusal):
            book.do(command, slug)
    for slug in (book.slug, OTHER):
        timeline = StateTimeline(incident_stream(slug))
        for recorded in book.facts:
            timeline.add(recorded)
        for position in range(1, len(book.facts) + 1):
            _tells_what_the_view_tells(timeline, book, slug, position)


def _tells_what_the_view_tells(timeline: StateTimeline, book: Book, slug: str, position: int) -> None:
    inputs = inputs_of(book, slug, position)
    facts = [each for each in book.facts if each.position <= position and each.stream in inputs]
    history = history_of(facts, incident_stream(slug))
    if not history.own.slug:
        return
    policy = catalogue.policy(history.adopted_policy or catalogue.DEFAULT_POLICY)
    assert timeline.policy_at(position) == policy.id
    assert timeline.merged_into_at(position) == history.own.into
    assert canonical(timeline.document(position)) == canonical(finish(history, Reading(None, policy)))


def inputs_of(book: Book, slug: str, position: int) -> dict[object, int]:
    """Return the streams that answers at a position depend on, found from scratch, with their last versions."""
    known, wanted = set[object](), {incident_stream(slug), *(each.stream for each in book.facts if _is_policy(each))}
    facts = [each for each in book.facts if each.position <= position]
    while wanted:
        known |= wanted
        wanted = {led for each in facts if each.stream in wanted for led in required_streams(each)} - known
    return {each.stream: each.version for each in facts if each.stream in known}


def _is_policy(recorded: object) -> bool:
    return type(getattr(recorded, "fact", None)).__name__ == "PolicyAdopted"
