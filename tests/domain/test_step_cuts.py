"""Steps of an earlier reading are the first of a later one's, and steps that were left go on where they were left."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.facts.union import Recorded
from domain.history.history import history_of
from domain.reading import Reading
from domain.reports.claims.claim import latest
from domain.revisions.steps import (
    EstimateSeries,
    continued_steps,
    recorded_steps,
    reported_steps,
    steps_as_of,
    steps_until,
)
from tests.domain.test_curation_properties import Asked, curated, do, others, two_incidents
from tests.domain.worlds import Body, World, worlds

POLICIES = st.sampled_from(sorted(catalogue.POLICIES))


def told(world: World, bodies: list[Body], commands: list[Asked]) -> list[Recorded]:
    book = two_incidents(world, bodies)
    for each in commands:
        do(book, each)
    return book.facts


def nonempty(series: EstimateSeries) -> EstimateSeries:
    return {key: steps for key, steps in series.items() if steps}


def readings(facts: Sequence[Recorded], policy: str) -> list[Reading]:
    """Return readings at every end of a report, and now."""
    reports = history_of(facts).reports.values()
    ends = sorted({end for report in reports if (end := latest(report.reported)) and report.reported.latest})
    return [Reading(moment, catalogue.policy(policy)) for moment in (*ends, None)]


@given(worlds(), others(), st.lists(curated(), max_size=5), POLICIES)
def test_reported_steps_up_to_a_moment_are_the_first_of_all(
    world: World, bodies: list[Body], commands: list[Asked], policy: str
) -> None:
    facts = told(world, bodies, commands)
    history = history_of(facts)
    whole = reported_steps(history, Reading(None, catalogue.policy(policy)))
    for reading in readings(facts, policy):
        if reading.reported_until is not None:
            cut = steps_until(whole, reading.reported_until)
            assert nonempty(cut) == nonempty(reported_steps(history, reading))


@given(worlds(), others(), st.lists(curated(), max_size=5), POLICIES, st.data())
def test_recorded_steps_as_of_a_transaction_are_the_first_of_all_and_go_on_to_any_position(
    world: World, bodies: list[Body], commands: list[Asked], policy: str, data: st.DataObject
) -> None:
    facts = told(world, bodies, commands)
    stream = facts[0].stream
    reading = data.draw(st.sampled_from(readings(facts, policy)))
    whole = recorded_steps(history_of(facts, stream), reading)
    ends = [each.position for each, after in pairwise(facts) if each.recorded_at != after.recorded_at]
    end = data.draw(st.sampled_from(ends))
    position = data.draw(st.integers(end, len(facts)))
    then = history_of(facts[:end], stream)
    cut = steps_as_of(whole, end)
    assert nonempty(cut) == nonempty(recorded_steps(then, reading))
    later = recorded_steps(history_of(facts[:position], stream), reading)
    assert nonempty(continued_steps(cut, then, facts[end:position], reading)) == nonempty(later)
