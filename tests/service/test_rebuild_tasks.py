"""How a rebuild is divided: each stream in one task, and tasks that get smaller, so that workers end together."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from service.projections.rebuild.tasks import FACTS_A_TASK, LEAST_FACTS_A_TASK, PART_A_TASK, StreamSize, folding_tasks

TOPICS = st.sampled_from(["incident_opened.v1", "source_registered.v1"])
FACTS = st.integers(1, 60_000) | st.integers(1, 50)
SIZES = st.lists(st.tuples(FACTS, TOPICS), max_size=200).map(
    lambda drawn: [StreamSize(UUID(int=number), *each) for number, each in enumerate(drawn, 1)]
)
SUBJECTS = st.sets(st.sampled_from(["incident", "source"]))


@given(SIZES, SUBJECTS)
def test_each_stream_is_in_one_task_and_tasks_get_smaller(sizes: list[StreamSize], subjects: set[str]) -> None:
    wanted = [each for each in sizes if ("source" if each.is_source else "incident") in subjects]
    tasks, facts = folding_tasks(sizes, subjects), {each.stream: each.facts for each in sizes}
    assert sorted(stream for task in tasks for stream in task.streams) == sorted(each.stream for each in wanted)
    assert all(task.facts == sum(facts[stream] for stream in task.streams) for task in tasks)
    left = sum(each.facts for each in wanted if not each.is_source)
    for task in (task for task in tasks if task.work == "incidents"):
        largest = min(FACTS_A_TASK, max(LEAST_FACTS_A_TASK, left // PART_A_TASK))
        assert len(task.streams) == 1 or task.facts <= largest
        left -= task.facts


def test_two_workers_share_a_log_evenly() -> None:
    tasks = folding_tasks([StreamSize(UUID(int=n), 40, "incident_opened.v1") for n in range(1, 501)], {"incident"})
    workers = [0, 0]
    for task in sorted(tasks, key=lambda each: -each.facts):
        workers[workers.index(min(workers))] += task.facts
    assert max(workers) <= 1.05 * sum(workers) / 2
