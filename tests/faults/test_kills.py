"""Killed at random moments, the projector, a rebuild and PostgreSQL leave read models that say what whole folds say.

FAULT_ROUNDS says how often something is killed (8), FAULT_SEED repeats what a failure printed.
"""

import os
import secrets
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from random import Random

import pytest

from service.postgres.pool import connect
from service.postgres.role import service_role_url
from service.projections.registry import Generation
from tests.faults import truth
from tests.faults.curating import Curators
from tests.faults.killing import Machine, end, kill, machine, start_projector, start_rebuild
from tests.faults.writing import curate, writing
from tests.patience import PATIENCE

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "8"))
TOGETHER = 20
"""How many rounds one log goes through: a short one says as much as a long one, and is compared sooner."""
SEED = int(os.environ.get("FAULT_SEED") or secrets.randbelow(10**9))
SAMPLED = 8
"""At how many past positions a log is compared."""


THERE = "SELECT to_regclass('projections.generations') IS NOT NULL"
MOVED = "SELECT sum(position) FROM projections.generations"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Machine]:
    with machine() as running:
        yield running


@dataclass(slots=True)
class Story:
    """A log that is written to while what follows it is killed."""

    postgres: Machine
    database: str
    chance: Random
    curators: Curators = field(init=False)
    projectors: list[BaseProcess] = field(default_factory=list[BaseProcess])

    def __post_init__(self) -> None:
        self.curators = Curators(self.chance)

    @property
    def url(self) -> str:
        return service_role_url(self.postgres.url(self.database))

    def write(self, least: int, most: int) -> None:
        """Let curators ask for a while, a few things at a time."""
        with writing(self.url) as writer:
            curate(writer, self.curators, self.chance.randint(least, most), self.chance)

    def pause(self, most: float) -> None:
        time.sleep(self.chance.uniform(0, most))

    def watch(self, most: float) -> None:
        """Wait until a read model has moved: whatever does not go together with that is not there yet."""
        until = time.monotonic() + most
        with connect(self.url) as connection:
            if connection.execute(THERE).fetchone() == (True,):
                before = connection.execute(MOVED).fetchone()
                while time.monotonic() < until and connection.execute(MOVED).fetchone() == before:
                    continue

    def start(self) -> None:
        """Have a projector at work, or one and another that stands by."""
        while len(self.projectors) < self.chance.choice([1, 1, 2]):
            self.projectors.append(start_projector(self.url))

    def kill_a_projector(self) -> None:
        """Kill one while it takes in what was written, or at once when it has; and write on while it is gone."""
        self.start()
        self.write(1, 4)
        if self.chance.random() < 0.5:
            self.pause(0.25)
        else:
            self.watch(0.5)
        kill(self.projectors.pop(0))
        self.write(0, 3)

    def kill_a_rebuild(self) -> None:
        """Kill one beside a projector, at any of its stages."""
        self.start()
        rebuild = start_rebuild(self.url)
        self.write(1, 3)
        self.pause(1.0)
        kill(rebuild)

    def kill_postgres(self) -> None:
        """Kill the server below a projector and sometimes a rebuild, which go on as soon as there is one again."""
        self.start()
        rebuild = start_rebuild(self.url) if self.chance.random() < 0.5 else None
        self.write(1, 3)
        self.pause(0.3)
        self.postgres.kill()
        if rebuild is not None:
            rebuild.join(PATIENCE)
        for each in self.projectors:  # the server has another address now
            assert end(each) in {0, -signal.SIGTERM}  # it may not have been up yet
        self.projectors.clear()

    def catch_up(self) -> list[Generation]:
        """Wait until the read models stand at the end of the log; nobody is at work then."""
        self.start()
        until = time.monotonic() + PATIENCE
        with connect(self.url) as connection:
            while connection.execute(THERE).fetchone() != (True,):
                assert time.monotonic() < until
                time.sleep(0.1)
            while True:
                found, head = truth.living(connection), len(truth.log_of(connection))
                assert all(each.stopped is None for each in found), found
                if len(found) == len(truth.MODELS) and all(each.position == head for each in found):
                    break
                assert time.monotonic() < until, found
                time.sleep(0.1)
        assert {end(each) for each in self.projectors} <= {0, -signal.SIGTERM}
        self.projectors.clear()
        return found


@pytest.mark.parametrize("story", range(max(1, ROUNDS // TOGETHER)))
def test_no_fact_is_missed_and_none_taken_in_twice(postgres: Machine, story: int) -> None:
    print(f"FAULT_SEED={SEED}")  # noqa: T201 - pytest shows it where the test fails
    told = Story(postgres, f"story_{story}", Random(f"{SEED} {story}"))  # noqa: S311 - to be repeated
    postgres.create(told.database)
    try:
        rounds = [told.kill_a_projector] * 14 + [told.kill_a_rebuild] * 4 + [told.kill_postgres] * 2
        told.chance.shuffle(rounds)
        for each in rounds[:ROUNDS]:
            each()
        found = told.catch_up()
        _assert_true(told, found)
        rebuild = start_rebuild(told.url)
        rebuild.join(PATIENCE)
        assert rebuild.exitcode == 0
        _assert_nothing_left_over(told)
    finally:
        for each in told.projectors:
            kill(each)


def _assert_true(told: Story, found: list[Generation]) -> None:
    with connect(told.url) as connection:
        facts = truth.log_of(connection)
        sampled = {told.chance.randint(1, len(facts)) for _ in range(SAMPLED)}
        truth.assert_ranges_fit(connection, found)
        truth.assert_tables_tell(connection, found, facts, sorted({len(facts), *sampled}))
        anew = {each.name: each for each in truth.projected_anew(connection)}
        for each in found:
            assert truth.whole(connection, each) == truth.whole(connection, anew[each.name]), each.name


def _assert_nothing_left_over(told: Story) -> None:
    """See that a rebuild that ends says the same, and drops all that was begun before it."""
    with connect(told.url) as connection:
        found = truth.living(connection)
        for each in found:
            assert each.position == len(truth.log_of(connection))
        truth.assert_ranges_fit(connection, found)
        schemas = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'projection\\_%'").fetchall()
        assert {schema for (schema,) in schemas} == {each.schema for each in found}
