"""The contract of read models, run for each that the slot declares: nothing here names one.

Changed rows add up to all rows; followed live, delivered twice and rebuilt, it holds the rows that a whole fold has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.rows import tuple_row

from domain.facts.streams import POLICY_STREAM, incident_stream
from domain.facts.union import PolicyAdopted, Recorded, SourceFact
from domain.history.history import History
from domain.incident.commands import MergeIncident, OpenIncident
from domain.incident.refusals import Refusal
from domain.summary.incident_projection import IncidentProjection
from domain.summary.summary import SummaryChanges
from service import wiring
from service.answers.bulk_inputs import BulkInputs
from service.answers.inputs import first_streams, gather
from service.eventstore import sync_reader
from service.postgres.embedded import EmbeddedServer
from service.postgres.pool import connect
from service.postgres.role import service_role_url
from service.projections.audit.comparison import AuditDifference, Comparison, SubjectAt
from service.projections.catalogue import MODELS
from service.projections.engine.projector import Projector
from service.projections.engine.subject_fold import SubjectFold
from service.projections.read_model import ReadModel, RowKey, RowValues
from service.projections.rebuild.job import RebuildOptions
from service.projections.rebuild.tasks import stream_sizes
from service.projections.registry import GenerationMoved, generations, live
from tests.domain.book import load
from tests.domain.test_curation_properties import OTHER, curated, others, two_incidents
from tests.domain.test_curation_properties import Asked as Command
from tests.domain.test_present import extras
from tests.domain.worlds import Body, World, worlds
from tests.service.tables import follow, inputs_of, now, record, registered, tables

pytestmark = pytest.mark.one_server_will_do

SAMPLE = Path(__file__).parents[2] / "samples" / "syria-coast-2025"
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
        deliver_again(url, chance.randint(0, len(facts) - 1))
        assert tables(url) == followed
        wiring.rebuild(url, MODELS, RebuildOptions())
        assert [each.generation for each in registered(url)] == [2] * len(MODELS)
        assert tables(url) == followed
        assert differences(url, {len(facts), *(chance.randint(1, len(facts)) for _ in range(5))}) == []


def deliver_again(url: str, position: int) -> None:
    """Give what follows a position once more to generations that have it, as a projector would that had not heard."""
    with connect(service_role_url(url)) as connection:
        with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            stale = [replace(each, position=position) for each in live(generations(cursor)).values()]
            head = sync_reader.head(cursor)
        with pytest.raises(GenerationMoved):
            Projector(connection, now).move(stale, inputs_of(stale), head)


def differences(url: str, positions: Collection[int]) -> list[AuditDifference]:
    """Compare what stood at these positions, of every subject, with whole folds."""
    with connect(service_role_url(url)) as connection, connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        head = sync_reader.head(cursor)
        comparing = Comparison(BulkInputs(cursor, head), list(live(generations(cursor)).values()))
        streams = [each.stream for each in stream_sizes(cursor, head)]
        return list(
            comparing.differences(SubjectAt(stream, position) for stream in streams for position in sorted(positions))
        )


def incremental(stream: UUID, facts: Iterable[Recorded]) -> Iterator[tuple[Recorded, SubjectFold, SummaryChanges]]:
    """Fold a subject fact by fact from its first; yields it after each fact of its inputs."""
    of: defaultdict[UUID, list[Recorded]] = defaultdict(list)
    for each in facts:
        of[each.stream].append(each)
    if isinstance(of[stream][0].fact, SourceFact):
        fold = SubjectFold(None)
        yield from ((each, fold, fold.apply([each])) for each in of[stream])
        return
    present, waiting = IncidentProjection(History(stream)), list[Recorded]()
    fold = SubjectFold(present)
    for each in gather(first_streams(stream), lambda streams: [fact for one in streams for fact in of[one]]).facts:
        waiting.append(each)
        if each.stream in present.input_streams.streams:
            yield each, fold, fold.apply(waiting)
            waiting.clear()


def assert_changes_add_up(model: ReadModel[Any], facts: list[Recorded]) -> int:
    """See that the changed rows of every subject add up to all its rows after each fact; returns how many there are."""
    number = 0
    for stream in dict.fromkeys(each.stream for each in facts if each.stream != POLICY_STREAM):
        rows: dict[RowKey, RowValues] = {}
        for recorded, fold, moved in incremental(stream, facts):
            if fold.kind != model.subject:
                break
            for key, row in model.changes(fold.state, moved, rows):
                assert row is None or (model.key_of(row) == key and len(row) == len(model.key) + len(model.cells))
                rows = {**rows, key: row} if row is not None else {each: rows[each] for each in rows if each != key}
            everything = list(model.rows(fold.state))
            assert len({model.key_of(row) for row in everything}) == len(everything), f"two rows of one key: {recorded}"
            assert rows == {model.key_of(row): row for row in everything}, f"what {recorded} changed"
        number += len(rows)
    return number


@pytest.mark.parametrize("name", sorted(MODELS))
@few
@given(facts=books())
def test_changed_rows_add_up_to_all_rows(name: str, facts: list[Recorded]) -> None:
    assert_changes_add_up(MODELS[name], facts)


@pytest.mark.parametrize("name", sorted(name for name, model in MODELS.items() if model.subject == "incident"))
def test_an_incident_has_no_row_before_it_is_opened(name: str) -> None:
    """The policy in force may have been adopted before: its facts reach an incident that is not there yet."""
    projection = IncidentProjection(History(incident_stream("a-town")))
    assert list(MODELS[name].rows(projection)) == []
    projection.apply(Recorded(1, UUID(int=1), POLICY_STREAM, 1, now(), PolicyAdopted(policy="latest/1"), None))
    moved = projection.update()
    assert list(MODELS[name].rows(projection)) == []
    assert [row for _, row in MODELS[name].changes(projection, moved, ()) if row is not None] == []


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_row_that_was_tampered_with_is_named(name: str, database_url: str) -> None:
    """Rows found equal above are found to differ here: for every read model the comparison can fail."""
    facts = load(SAMPLE).facts
    assert assert_changes_add_up(MODELS[name], facts), "every read model has rows of the sample"
    record(database_url, facts)
    follow(database_url)
    positions = {len(facts) // 2, len(facts)}
    assert differences(database_url, positions) == []
    (generation,) = [each for each in registered(database_url) if each.name == name]
    table = MODELS[name].table(generation.schema)
    with connect(service_role_url(database_url)) as connection:
        connection.execute(sql.SQL("DELETE FROM {} WHERE until IS NULL").format(table))
    found = differences(database_url, positions)
    assert {each.read_model for each in found} == {name}
    assert all(each.trouble is None for each in found)
