"""A state moved from one reading to another is what the view makes of the other, wherever it comes from."""

from __future__ import annotations

import gc
import weakref
from contextlib import suppress
from random import Random
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.facts.streams import incident_stream
from domain.history.checkpoints import HistoryCheckpoints
from domain.history.history import History
from domain.incident.refusals import Refusal
from domain.ledger.canonical import canonical
from domain.reading import Reading
from domain.summary.kept_states import KeptStates
from domain.summary.state_index import STATE_VIEW, StateIndex, standing_reports
from tests.domain.book import Book, open_book
from tests.domain.given import body_of
from tests.domain.test_curation_properties import OTHER, Asked, curated, others, two_incidents
from tests.domain.test_present import extras
from tests.domain.worlds import Body, World, worlds

INTERVAL: Final = 3


@given(worlds(), others(), st.lists(curated() | extras(), max_size=6), st.randoms(use_true_random=False), st.data())
def test_a_state_moves_to_any_reading_from_any_other(
    world: World, bodies: list[Body], commands: list[Asked], chance: Random, data: st.DataObject
) -> None:
    book = two_incidents(world, bodies)
    for command, slug in commands:
        with suppress(Refusal):
            book.do(command, slug)
    checkpoints = _checkpoints(book, data.draw(st.sampled_from([book.slug, OTHER])))
    states: list[StateIndex] = []
    for _ in range(8):
        history, reading = _drawn(checkpoints, chance)
        if not history.own.slug:
            continue
        standing = standing_reports(history, reading.reported_until)
        states.append(
            chance.choice(states).moved(history, standing, reading.reported_until)
            if states
            else StateIndex.loaded(history, standing, reading.reported_until)
        )
        told = canonical(catalogue.view(STATE_VIEW).finish(history, reading))
        assert canonical(states[-1].document(reading)) == told
        assert canonical(states[-1].document(reading)) == told


@given(worlds(), others(), st.lists(curated() | extras(), max_size=6), st.randoms(use_true_random=False))
def test_what_is_kept_tells_at_each_reading_what_the_view_tells(
    world: World, bodies: list[Body], commands: list[Asked], chance: Random
) -> None:
    book = two_incidents(world, bodies)
    for command, slug in commands:
        with suppress(Refusal):
            book.do(command, slug)
    checkpoints = HistoryCheckpoints(incident_stream(book.slug), INTERVAL)
    kept = KeptStates(checkpoints, least_spacing=1)
    for recorded in book.facts:
        checkpoints.add(recorded)
        if chance.random() < 1 / 4:
            _check(checkpoints, kept, chance)
            kept.prepare()
    while kept.prepare():
        _check(checkpoints, kept, chance)
    for _ in range(4):
        _check(checkpoints, kept, chance)


@pytest.mark.parametrize("is_stopped", [True, False])
def test_what_is_no_longer_kept_is_freed_without_the_collector_once_it_is_stopped(*, is_stopped: bool) -> None:
    book = open_book("kyiv")
    book.file(body_of("toll_revised"))
    kept = KeptStates(_checkpoints(book, book.slug), least_spacing=1)
    assert kept.prepare()
    gc.disable()
    try:
        if is_stopped:
            kept.stop()
        left = weakref.ref(kept)
        del kept
        assert (left() is None) is is_stopped
    finally:
        gc.enable()


def _checkpoints(book: Book, slug: str) -> HistoryCheckpoints:
    found = HistoryCheckpoints(incident_stream(slug), INTERVAL)
    for recorded in book.facts:
        found.add(recorded)
    return found


def _check(checkpoints: HistoryCheckpoints, kept: KeptStates, chance: Random) -> None:
    history, reading = _drawn(checkpoints, chance)
    if history.own.slug:
        told = canonical(catalogue.view(STATE_VIEW).finish(history, reading))
        assert canonical(kept.document(history, reading)) == told


def _drawn(checkpoints: HistoryCheckpoints, chance: Random) -> tuple[History, Reading]:
    """Return the history at some position, and a reading of it."""
    facts = checkpoints.facts
    history = checkpoints.at(chance.choice(facts).position if facts else 0)
    moments = sorted({moment for each in history.reports.values() for moment in each.effective_moments()})
    moment = chance.choice([None, *moments])
    return history, Reading(moment, catalogue.policy(chance.choice(sorted(catalogue.POLICIES))))
