"""Steps that are made from those kept for other readings are the ones that each reading has by itself."""

from __future__ import annotations

from contextlib import suppress
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.facts.streams import incident_stream
from domain.history.checkpoints import HistoryCheckpoints
from domain.incident.refusals import Refusal
from domain.reading import Reading
from domain.revisions.step_documents import steps_document
from domain.summary.kept_steps import STEPS_VIEW, KeptSteps
from tests.domain.test_curation_properties import OTHER, Asked, curated, others, two_incidents
from tests.domain.test_present import extras
from tests.domain.worlds import Body, World, worlds

INTERVAL = 3


@given(
    worlds(),
    others(),
    st.lists(curated() | extras(), max_size=6),
    st.randoms(use_true_random=False),
    st.sampled_from([0, 1]),
)
def test_each_reading_has_the_steps_that_it_has_by_itself(
    world: World, bodies: list[Body], commands: list[Asked], chance: Random, which: int
) -> None:
    book = two_incidents(world, bodies)
    for command, slug in commands:
        with suppress(Refusal):
            book.do(command, slug)
    checkpoints = HistoryCheckpoints(incident_stream((book.slug, OTHER)[which]), INTERVAL)
    kept = KeptSteps(checkpoints)
    for recorded in book.facts:
        checkpoints.add(recorded)
        if chance.random() < 1 / 4:
            kept.prepare()
        if chance.random() < 1 / 4:
            _check(checkpoints, kept, recorded.position, chance)
    for number in range(6):
        while number == 0 and kept.prepare():
            pass
        _check(checkpoints, kept, chance.randint(1, len(book.facts)), chance)


def _check(checkpoints: HistoryCheckpoints, kept: KeptSteps, position: int, chance: Random) -> None:
    history = checkpoints.at(position)
    if not history.own.slug:
        return
    moments = sorted({moment for each in history.reports.values() for moment in each.effective_moments()})
    reading = Reading(chance.choice([None, *moments]), catalogue.policy(chance.choice(sorted(catalogue.POLICIES))))
    told = steps_document(history, *kept.at(position, history, reading))
    assert told == catalogue.view(STEPS_VIEW).finish(checkpoints.at(position), reading)
