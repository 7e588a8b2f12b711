"""What every read model promises: followed live, delivered twice and rebuilt from nothing it holds the same rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from random import Random
from urllib.parse import urlsplit

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.rows import tuple_row

from domain.facts.streams import POLICY_STREAM
from domain.facts.union import Recorded
from domain.incident.commands import MergeIncident, OpenIncident
from domain.incident.refusals import Refusal
from domain.values.sources import Registration
from service import wiring
from service.answers.bulk_inputs import BulkInputs
from service.eventstore import sync_reader
from service.postgres.embedded import EmbeddedServer
from service.postgres.pool import connect
from service.postgres.role import as_service
from service.projections.audit.replay import Asked, Comparing, Difference
from service.projections.catalogue import MODELS
from service.projections.engine.projector import Projector
from service.projections.rebuild import planning
from service.projections.rebuild.job import Ways
from service.projections.registry import Overtaken, generations, live
from tests.domain.book import open_book
from tests.domain.test_curation_properties import OTHER, curated, others, two_incidents
from tests.domain.test_curation_properties import Asked as Command
from tests.domain.test_present import extras
from tests.domain.worlds import Body, World, worlds
from tests.service.tables import follow, inputs_of, now, record, registered, tables

CLAIM = {"id": "1", "measure": "killed", "population": {"status": ["civilian"]}, "count": {"verbatim": "1,383"}}
THIRD = "third-town"
Fresh = Callable[[], AbstractContextManager[str]]


def books() -> st.SearchStrategy[list[Recorded]]:
    """Make logs in which everything meets: reports, merges, moves, rescopings, grades, same origins and policies."""
    commands = st.lists(curated() | extras(), min_size=2, max_size=8)
    return st.builds(_facts, worlds(), others(), commands)


def _facts(world: World, bodies: list[Body], commands: list[Command]) -> list[Recorded]:
    book = two_incidents(world, bodies)
    book.do(OpenIncident(slug=THIRD, title="Third town"))
    for command, slug in [*commands, (MergeIncident(into=OTHER), THIRD), *commands[:2]]:
        with suppress(Refusal):
            book.do(command, slug)
    return book.facts


@pytest.fixture(scope="module")
def fresh(server: EmbeddedServer, migrated_template: str, create_database: Callable[[str], str]) -> Fresh:
    """Return what gives a migrated, empty database, as often as it is asked."""

    @contextmanager
    def fresh() -> Iterator[str]:
        url = create_database(migrated_template)
        try:
            yield url
        finally:
            name = sql.Identifier(urlsplit(url).path.removeprefix("/"))
            with psycopg.connect(server.admin_url, autocommit=True) as admin:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    return fresh


few = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@few
@given(facts=books(), seed=st.integers(0, 10**6), forgetting=st.booleans())
def test_followed_in_batches_of_any_size_is_delivered_twice_is_rebuilt_is_folded_whole(
    *, fresh: Fresh, facts: list[Recorded], seed: int, forgetting: bool
) -> None:
    chance = Random(seed)  # noqa: S311 - sizes of batches, the same every time
    with fresh() as url:
        record(url, facts)
        follow(url, lambda: chance.randint(1, 20), forgetting=forgetting)
        followed = tables(url)
        assert set(followed) == set(MODELS)
        assert all(followed.values()), "every read model has rows of such a log"
        deliver_again(url, chance.randint(0, len(facts) - 1))
        assert tables(url) == followed
        wiring.rebuild(url, MODELS, Ways())
        assert [each.generation for each in registered(url)] == [2] * len(MODELS)
        assert tables(url) == followed
        assert differences(url, {len(facts), *(chance.randint(1, len(facts)) for _ in range(5))}) == []


def deliver_again(url: str, position: int) -> None:
    """Give what follows a position once more to generations that have it, as a projector would that had not heard."""
    with connect(as_service(url)) as connection:
        with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            stale = [replace(each, position=position) for each in live(generations(cursor)).values()]
            head = sync_reader.head(cursor)
        with pytest.raises(Overtaken):
            Projector(connection, now).move(stale, inputs_of(stale), head)


def differences(url: str, positions: Collection[int]) -> list[Difference]:
    """Compare what stood at these positions, of every subject, with whole folds."""
    with connect(as_service(url)) as connection, connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        head = sync_reader.head(cursor)
        comparing = Comparing(BulkInputs(cursor, head), list(live(generations(cursor)).values()))
        streams = [each.stream for each in planning.sizes(cursor, head) if each.stream != POLICY_STREAM]
        return list(comparing.at(Asked(stream, position) for stream in streams for position in sorted(positions)))


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_row_that_was_tampered_with_is_named(name: str, database_url: str) -> None:
    """What is found equal above is found to differ here: the comparing can fail, for every read model."""
    book = open_book()
    book.file({"kind": "toll_revised", "source": "sohr", "claims": [CLAIM]})
    book.do(Registration(slug="sohr", name="SOHR", type="monitor", reliability="B"))
    record(database_url, book.facts)
    follow(database_url)
    assert differences(database_url, range(1, len(book.facts) + 1)) == []
    (generation,) = [each for each in registered(database_url) if each.name == name]
    table = MODELS[name].table(generation.schema)
    with connect(as_service(database_url)) as connection:
        connection.execute(sql.SQL("UPDATE {} SET since = since - 1 WHERE until IS NULL").format(table))
    found = differences(database_url, range(1, len(book.facts) + 1))
    assert {each.read_model for each in found} == {name}
    assert all(each.trouble is None for each in found)
