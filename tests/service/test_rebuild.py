"""Rebuilding read models: whatever is killed, full, poisoned or written meanwhile, the rows are those of the log."""

import gc
import json
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import uuid4

import psutil
import psycopg
import pytest
from psycopg import sql
from rich.console import Console

from bench.world import Shape, fill
from domain.facts.streams import incident_stream
from domain.facts.union import Recorded
from domain.incident.commands import AdoptPolicy, MergeIncident, OpenIncident
from domain.summary.incident_projection import IncidentProjection
from domain.values.sources import Registration
from service import wiring
from service.eventstore import StoredFact
from service.postgres.embedded import EmbeddedServer
from service.postgres.pool import connect
from service.postgres.role import service_role_url
from service.projections.catalogue import MODELS
from service.projections.errors import RebuildFailed, RebuildInProgress, RebuildStopped
from service.projections.read_model import ReadModel, RowValues
from service.projections.rebuild import cutover, job, tasks
from service.projections.rebuild.job import RebuildOptions, RebuildProgress, RebuildResult, rebuild_missing
from tests.domain.book import open_book
from tests.patience import PATIENCE
from tests.service.console import run, running
from tests.service.logs import recording
from tests.service.projected import projecting
from tests.service.tables import follow, now, record, registered, schemas, tables

pytestmark = pytest.mark.one_server_will_do

ALL = sorted(MODELS)
VERSIONS = {name: model.version for name, model in MODELS.items()}
REGISTERED = cast("dict[str, ReadModel[Any]]", gc.get_referents(MODELS)[0])
"""What the read models are kept in: nothing but a test replaces one."""


def facts(reports: int = 40) -> list[Recorded]:
    """Return a small log of three incidents, with a merge, grades and another policy in it."""
    book = open_book()
    slugs = [book.slug, "one-town", "other-town"]
    for slug in slugs[1:]:
        book.do(OpenIncident(slug=slug, title=slug))
    for number in range(reports):
        claim = {"id": "1", "measure": "killed", "count": {"verbatim": f"{100 + number % 7}"}}
        body = {"kind": "toll_revised", "source": f"source-{number % 5}", "claims": [claim]}
        book.file({**body, "text": {"summary": f"Told {number}."}}, slug=slugs[number % 3])
        if number % 9 == 0:
            grade = Registration(slug="source-0", name="Source", type="monitor", reliability="ABCD"[number // 9 % 4])
            book.do(grade)
    book.do(MergeIncident(into="one-town"), "other-town")
    book.do(AdoptPolicy(policy="latest/1"))
    return book.facts


@pytest.fixture
def small(database_url: str) -> str:
    """Return a database with a small log, whose read models were followed live."""
    record(database_url, facts())
    follow(database_url)
    return database_url


@pytest.fixture(scope="module")
def large_template(migrated_template: str, create_database: Callable[[str], str]) -> str:
    """Return the name of a database with a log that takes seconds to rebuild, whose read models were built at once."""
    url = create_database(migrated_template)
    fill(url, Shape(1_200, 40, asked=0), Console(quiet=True))
    build(url, ALL)
    return urlsplit(url).path.removeprefix("/")


@pytest.fixture
def large(server: EmbeddedServer, large_template: str, create_database: Callable[[str], str]) -> Iterator[str]:
    """Return a database of this test's own in the image of the large one."""
    url = create_database(large_template)
    yield url
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        name = sql.Identifier(urlsplit(url).path.removeprefix("/"))
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def build(url: str, names: Iterable[str], ways: RebuildOptions | None = None) -> RebuildResult:
    """Rebuild as the command does."""
    return wiring.rebuild(url, names, ways or RebuildOptions())


def lacking(url: str) -> list[str]:
    """Return what is missing."""
    return job.missing_models(service_role_url(url))


def begun(url: str, monkeypatch: pytest.MonkeyPatch, together: int = 100) -> None:
    """Begin a building in small pieces, and leave it off before the first."""
    stop = threading.Event()
    stop.set()
    with monkeypatch.context() as small_pieces, pytest.raises(RebuildStopped):
        small_pieces.setattr(tasks, "FACTS_A_TASK", together)
        build(url, ALL, RebuildOptions(workers=1, stop=stop))


def done(url: str) -> tuple[int, int]:
    """Return how many pieces are done, and how many there are."""
    with psycopg.connect(url) as connection:
        query = "SELECT count(*) FILTER (WHERE done), count(*) FROM projections.pieces"
        ((some, every),) = connection.execute(query).fetchall()
    return some, every


@contextmanager
def admin_of(server: EmbeddedServer, url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    address = urlsplit(server.admin_url)._replace(path=urlsplit(url).path).geturl()
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def everywhere(generation: int) -> dict[str, tuple[int, int]]:
    """Return what `generations_of` does where this generation of every read model answers, as this release has it."""
    return {name: (generation, version) for name, version in VERSIONS.items()}


def generations_of(url: str) -> dict[str, tuple[int, int]]:
    """Return which generation answers by name, and its version."""
    return {each.name: (each.generation, each.version) for each in registered(url) if each.status == "live"}


# What is killed is gone on with


def test_killed_at_random_points_it_goes_on_and_nothing_is_there_twice(
    large: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, chance = tables(large), Random(4)  # noqa: S311 - moments to kill at, the same every time
    begun(large, monkeypatch)
    before = 0
    for kill_a_worker in (True, False, False):
        with running("rebuild", "--workers", "2", DATABASE_URL=large) as command:
            ours = psutil.Process(command.process.pid)
            wait_for(lambda: done(large)[0] > before or command.process.poll() is not None)  # noqa: B023 - called here
            time.sleep(chance.random() / 25)
            before = done(large)[0]
            if kill_a_worker:
                chance.choice(ours.children()).kill()
                assert command.process.wait(PATIENCE) == 3
                assert "killed by signal 9" in command.err
                assert "run `knownwhen rebuild` again" in command.err
            else:
                workers = ours.children()
                ours.kill()
                assert psutil.wait_procs(workers, timeout=PATIENCE)[1] == []
        some, every = done(large)
        assert 0 < some <= every  # all pieces may be done before the new generations answer
        assert generations_of(large) == everywhere(1)
    told = run("rebuild", "--workers", "2", "--verify", DATABASE_URL=large)
    assert (told.returncode, "each verified" in told.stdout) == (0, True), told.stderr
    assert generations_of(large) == everywhere(2)
    assert tables(large) == whole
    assert done(large) == (0, 0)
    assert schemas(large) == {f"projection_{name}_2" for name in ALL}


def wait_for(there: Any) -> None:
    until = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_ctrl_c_leaves_it_to_be_gone_on_with(large: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tables(large)
    begun(large, monkeypatch)
    with running("rebuild", DATABASE_URL=large) as command:
        wait_for(lambda: done(large)[0] > 0)
        assert command.stop(signal.SIGINT) == 130
        assert "Stopped; the old read models go on answering. What is done stays" in command.err
    some, every = done(large)
    assert 0 < some < every
    bar = run("rebuild", DATABASE_URL=large, FORCE_COLOR=1, TERM="xterm")
    assert bar.returncode == 0
    assert "Folding" in bar.stderr
    assert generations_of(large) == everywhere(2)
    assert tables(large) == whole


def test_a_database_that_goes_away_ends_it_and_it_goes_on_later(small: str, server: EmbeddedServer) -> None:
    followed = tables(small)

    def cut(_: RebuildProgress) -> None:
        with admin_of(server, small) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    with pytest.raises(psycopg.OperationalError):
        build(small, ALL, RebuildOptions(on_progress=cut))
    assert generations_of(small) == everywhere(1)
    build(small, ALL)
    assert generations_of(small) == everywhere(2)
    assert tables(small) == followed


def test_a_building_of_other_read_models_or_of_another_version_is_given_up(
    small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(small, monkeypatch)
    build(small, ["sources"])
    assert generations_of(small) == {**everywhere(1), "sources": (2, 1)}
    assert len(schemas(small)) == len(ALL)
    begun(small, monkeypatch)
    monkeypatch.setitem(REGISTERED, "sources", replace(MODELS["sources"], version=2))
    build(small, ALL)
    assert generations_of(small) == {**everywhere(2), "sources": (3, 2)}
    assert len(schemas(small)) == len(ALL)


# At once with others


def test_of_two_rebuilds_at_once_the_second_says_so(small: str) -> None:
    told: list[str] = []

    def meanwhile(_: RebuildProgress) -> None:
        if not told:
            told.append("")
            second = run("rebuild", DATABASE_URL=small)
            told[0] = f"{second.returncode} {second.stderr}"
            with pytest.raises(RebuildInProgress):
                build(small, ALL)

    build(small, ALL, RebuildOptions(on_progress=meanwhile))
    assert told == ["3 Another rebuild is at work on this database; there can be one at a time.\n"]
    assert generations_of(small) == everywhere(2)


def test_facts_that_are_written_meanwhile_are_all_in_it_once(database_url: str) -> None:
    log = facts(160)
    record(database_url, log[:40])
    going = threading.Event()
    going.set()

    def write(rest: list[Recorded]) -> None:
        for start in range(0, len(rest), 3):
            record(database_url, rest[start : start + 3])
        going.clear()

    with projecting(database_url):
        wait_for(lambda: lacking(database_url) == [])
        writing = threading.Thread(target=write, args=(log[40:],))
        writing.start()
        swaps = 0
        while going.is_set() or swaps == 0:
            before = {each.name: each.position for each in registered(database_url) if each.status == "live"}
            built = build(database_url, ALL)
            assert all(each.position >= before[each.name] for each in built.generations)
            swaps += 1
        writing.join()
        wait_for(lambda: {each.position for each in registered(database_url)} == {len(log)})
    followed = tables(database_url)
    build(database_url, ALL, RebuildOptions(verify=True))
    assert tables(database_url) == followed
    assert all(each.generation == swaps + 2 for each in registered(database_url))


def test_an_old_generation_that_is_read_is_dropped_the_next_time(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutover, "_READERS_SECONDS", 0.1)
    with psycopg.connect(small) as reader:
        reader.execute("SELECT * FROM projections.generations").fetchall()
        built = build(small, ["sources"])
        assert built.still_read == ["projection_sources_1"]
        assert reader.execute("SELECT count(*) FROM projection_sources_1.sources").fetchone() != (0,)
    assert build(small, ["sources"]).still_read == []
    assert {name for name in schemas(small) if "sources" in name} == {"projection_sources_3"}
    assert [each.status for each in registered(small)] == ["live"] * len(ALL)


def test_what_answers_by_now_is_not_dropped(small: str) -> None:
    stale = [replace(each, status="building") for each in registered(small)]
    with connect(service_role_url(small)) as connection:
        assert cutover.drop(connection, stale) == []
    assert generations_of(small) == everywhere(1)
    assert len(schemas(small)) == len(ALL)


# What it cannot do it says


def test_a_fact_that_nobody_can_read_is_never_skipped(small: str) -> None:
    followed = tables(small)
    fact = StoredFact(incident_stream("one-town"), 1_000, "meteor_fell.v1", b"{}", fact_id=uuid4())
    with recording(small) as log, log.appending() as tail:
        version = max(each.version for each in facts() if each.stream == fact.stream) + 1
        (row,) = tail.append([fact._replace(version=version)])
    told = run("rebuild", DATABASE_URL=small)
    assert told.returncode == 1
    for name in ALL:
        assert f"“{name}” fails at position {row.position} (meteor_fell.v1)" in told.stdout
    assert generations_of(small) == everywhere(1)
    assert tables(small) == followed
    stopped = [each.stopped for each in registered(small) if each.status == "building"]
    assert [each and each["position"] for each in stopped] == [row.position] * len(ALL)
    with pytest.raises(
        RebuildFailed, match="“sources” fails at position"
    ):  # not even where it would be none of its own
        build(small, ["sources"])


def poisoned(position: int, cells: Any) -> ReadModel[Any]:
    """Return `reports` with rows that cannot be made, or not written, at a position."""
    model = MODELS["reports"]

    def rows(present: IncidentProjection) -> Iterable[RowValues]:
        for found in model.rows(present):
            if found[3] != position:
                yield found
            elif cells is None:
                message = "so it is"
                raise RuntimeError(message)
            else:
                yield (*found[:2], cells, *found[3:])

    return replace(model, rows=rows, changed=None)


@pytest.mark.parametrize(("cells", "why"), [(None, "RuntimeError: so it is"), ("\x00", "CharacterNotInRepertoire: ")])
def test_a_read_model_that_fails_at_a_fact_stops_there_and_the_others_go_on(
    small: str, monkeypatch: pytest.MonkeyPatch, cells: str | None, why: str
) -> None:
    followed = tables(small)
    position = next(each.position for each in reversed(facts()) if "toll_revised" in str(each.fact))
    with monkeypatch.context() as poison:
        poison.setitem(REGISTERED, "reports", poisoned(position, cells))
        with pytest.raises(RebuildFailed, match=f"“reports” fails at position {position} .toll_revised.v1.: {why}"):
            build(small, ALL)
    assert generations_of(small) == {**everywhere(2), "reports": (1, VERSIONS["reports"])}
    assert tables(small) == followed
    build(small, ALL)
    assert generations_of(small) == {**everywhere(3), "reports": (2, VERSIONS["reports"])}
    assert tables(small) == followed
    assert len(schemas(small)) == len(ALL)


FULL = """
    CREATE FUNCTION public.full() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = 'disk_full';
    END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON projection_reports_2.reports FOR EACH ROW
    WHEN (NEW.since > 50) EXECUTE FUNCTION public.full()
"""
"""A disk that fills up at some row, as PostgreSQL tells it: a test cannot have a real one everywhere."""


def test_a_full_disk_is_told_and_it_goes_on_when_there_is_room(
    small: str, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed = tables(small)
    begun(small, monkeypatch, together=30)
    with admin_of(server, small) as admin:
        admin.execute(FULL)
        told = run("rebuild", "--workers", "1", DATABASE_URL=small)
        assert told.returncode == 3
        assert "The disk of the database is full" in told.stderr
        assert "Make room. What is done stays" in told.stderr
        assert generations_of(small) == everywhere(1)
        admin.execute("DROP TRIGGER full_disk ON projection_reports_2.reports")
    assert run("rebuild", DATABASE_URL=small).returncode == 0
    assert generations_of(small) == everywhere(2)
    assert tables(small) == followed


TAMPER = """
    CREATE FUNCTION public.tamper() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.name := 'Somebody else'; RETURN NEW; END $$;
    CREATE TRIGGER tamper BEFORE INSERT ON projection_sources_2.sources FOR EACH ROW
    WHEN (NEW.origin = 'source-3') EXECUTE FUNCTION public.tamper()
"""


def test_verifying_may_be_asked_for_when_later_facts_are_in_already(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = facts()
    record(database_url, log[:40])
    follow(database_url)
    begun(database_url, monkeypatch)
    record(database_url, log[40:])
    with monkeypatch.context() as once, connect(service_role_url(database_url)) as holder, holder.transaction():
        once.setattr(cutover, "_TRIES", 1)
        holder.execute("LOCK TABLE projections.generations IN ROW EXCLUSIVE MODE")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            build(database_url, ALL)
    assert {each.position for each in registered(database_url) if each.status == "building"} == {len(log)}
    assert build(database_url, ALL, RebuildOptions(verify=True)).names == ALL
    assert generations_of(database_url) == everywhere(2)


def test_verifying_finds_what_is_not_as_folds_make_it_and_nothing_is_swapped(
    small: str, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(small, monkeypatch)
    with admin_of(server, small) as admin:
        admin.execute(TAMPER)
    told = run("rebuild", "--verify", "--json", DATABASE_URL=small)
    document = json.loads(told.stdout)
    assert (told.returncode, document["ok"]) == (1, False)
    (found,) = document["differences"]
    assert {name: found[name] for name in ("read_model", "subject", "key", "column", "stands")} == {
        "read_model": "sources",
        "subject": "source-3",
        "key": ["source-3"],
        "column": "name",
        "stands": "Somebody else",
    }
    assert generations_of(small) == everywhere(1)
    assert run("rebuild", "--verify", DATABASE_URL=small).returncode == 0, "the next one begins anew"
    assert generations_of(small) == everywhere(2)


def test_a_name_that_is_none_is_told(database_url: str) -> None:
    told = run("rebuild", "incident", DATABASE_URL=database_url)
    assert (told.returncode, told.stderr) == (2, "There is no read model “incident”; did you mean “incidents”?\n")


# What is missing is built


def test_what_is_missing_or_of_another_version_is_built_and_nothing_else(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(database_url, facts())
    assert sorted(lacking(database_url)) == ALL
    rebuild_missing(service_role_url(database_url), now)
    assert lacking(database_url) == []
    built = tables(database_url)
    monkeypatch.setitem(REGISTERED, "reports", replace(MODELS["reports"], version=VERSIONS["reports"] + 1))
    assert lacking(database_url) == ["reports"]
    rebuild_missing(service_role_url(database_url), now, ["sources"])
    assert generations_of(database_url) == everywhere(1)
    rebuild_missing(service_role_url(database_url), now)
    assert generations_of(database_url) == {**everywhere(1), "reports": (2, VERSIONS["reports"] + 1)}
    assert "projection_reports_1" not in schemas(database_url)
    assert tables(database_url) == built


def test_an_empty_log_has_empty_read_models(database_url: str) -> None:
    told = run("rebuild", "--json", DATABASE_URL=database_url)
    document = json.loads(told.stdout)
    assert (told.returncode, document["ok"]) == (0, True)
    assert [each["name"] for each in document["read_models"]] == ALL
    assert tables(database_url) == {name: [] for name in ALL}
