"""The history that is kept at every position is what the facts up to there fold into, for every view."""

from __future__ import annotations

from contextlib import suppress
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.facts.streams import incident_stream
from domain.facts.union import PolicyAdopted, Recorded
from domain.history.checkpoints import HistoryCheckpoints
from domain.history.history import History, history_of
from domain.history.inputs import required_streams
from domain.incident.refusals import Refusal
from domain.ledger.canonical import canonical
from domain.reading import Reading
from tests.domain.book import Book
from tests.domain.test_curation_properties import OTHER, Asked, curated, others, two_incidents
from tests.domain.test_present import extras
from tests.domain.worlds import Body, World, worlds

INTERVAL = 3


@given(worlds(), others(), st.lists(curated() | extras(), max_size=6), st.randoms(use_true_random=False), st.data())
def test_each_position_folds_as_its_facts_do(
    world: World, bodies: list[Body], commands: list[Asked], chance: Random, data: st.DataObject
) -> None:
    book = two_incidents(world, bodies)
    for command, slug in commands:
        with suppress(Refusal):
            book.do(command, slug)
    slug = data.draw(st.sampled_from([book.slug, OTHER]))
    kept = HistoryCheckpoints(incident_stream(slug), INTERVAL)
    for recorded in book.facts:
        kept.add(recorded)
        _check(kept, book, slug, chance.randint(1, recorded.position))
    for position in chance.sample(range(1, len(book.facts) + 1), len(book.facts)):
        _check(kept, book, slug, position)


def _check(kept: HistoryCheckpoints, book: Book, slug: str, position: int) -> None:
    inputs = inputs_of(book, slug, position)
    facts = [each for each in book.facts if each.position <= position and each.stream in inputs]
    count = kept.count_at(position)
    assert {each.stream: each.version for each in kept.facts[:count]} == inputs
    assert not facts or kept.facts[count - 1] is facts[-1]
    history = history_of(facts, incident_stream(slug))
    assert kept.at(position).journal == history.journal
    if history.own.slug:
        assert _told(kept.at(position)) == _told(history)


@given(worlds(), others(), st.lists(curated() | extras(), max_size=6), st.randoms(use_true_random=False))
def test_a_moment_that_leaves_nothing_out_is_none(
    world: World, bodies: list[Body], commands: list[Asked], chance: Random
) -> None:
    book = two_incidents(world, bodies)
    for command, slug in commands:
        with suppress(Refusal):
            book.do(command, slug)
    kept = HistoryCheckpoints(incident_stream(book.slug), INTERVAL)
    for recorded in book.facts:
        kept.add(recorded)
    position = chance.randint(1, len(book.facts))
    history = kept.at(position)
    moments = sorted({moment for each in history.reports.values() for moment in each.effective_moments()})
    policy = catalogue.policy(chance.choice(sorted(catalogue.POLICIES)))
    for moment in moments[-2:]:
        if history.own.slug and not kept.is_bounded(position, moment):
            for view in catalogue.VIEWS.values():
                assert view.finish(history, Reading(moment, policy)) == view.finish(history, Reading(None, policy))


def inputs_of(book: Book, slug: str, position: int) -> dict[object, int]:
    """Return the streams that answers at a position depend on, found from scratch, with their last versions."""
    known, wanted = set[object](), {incident_stream(slug), *(each.stream for each in book.facts if _is_policy(each))}
    facts = [each for each in book.facts if each.position <= position]
    while wanted:
        known |= wanted
        wanted = {led for each in facts if each.stream in wanted for led in required_streams(each)} - known
    return {each.stream: each.version for each in facts if each.stream in known}


def _is_policy(recorded: Recorded) -> bool:
    return isinstance(recorded.fact, PolicyAdopted)


def _told(history: History) -> list[bytes]:
    moments = {None, *(moment for each in history.reports.values() for moment in sorted(each.effective_moments())[:1])}
    policies = list(catalogue.POLICIES.values())
    readings = [
        Reading(moment, policies[number % len(policies)])
        for number, moment in enumerate(sorted(moments, key=lambda each: (each is not None, each))[:2])
    ]
    return [canonical(view.finish(history, each)) for view in catalogue.VIEWS.values() for each in readings]
