"""The projector at work: real processes over a real PostgreSQL, and what becomes of them."""

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import psutil
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from domain.values.sources import Registration
from service import wiring
from service.postgres.pool import connect
from service.postgres.role import service_role_url
from service.projections.engine.runner import Runner
from service.projections.engine.scheduler import Scheduler
from service.projections.registry import make_live
from tests.faults import truth
from tests.faults.writing import filing, opening, write
from tests.patience import PATIENCE
from tests.service.console import Running, running
from tests.service.projected import projecting
from tests.service.serving import filed, opened, service, toll

pytestmark = pytest.mark.one_server_will_do

READY = "Ctrl-C stops it."
HOLDER = """
    SELECT l.pid FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
    WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted
    AND (l.classid::bigint << 32 | l.objid::bigint) = 7741247368241571943
"""
LISTENER = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN %'
"""


def until(true: Callable[[], bool], told: Callable[[], object] = str) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, told()
        time.sleep(0.02)


def positions(url: str) -> set[int]:
    """Return where the read models stand that answer."""
    with connect(url) as connection:
        ((there,),) = connection.execute("SELECT to_regclass('projections.generations') IS NOT NULL").fetchall()
        return {each.position for each in truth.living(connection)} if there else set()


def stand_at(url: str, position: int) -> None:
    """Wait until all read models stand at a position."""
    until(lambda: positions(url) == {position}, lambda: positions(url))


def pids(url: str, query: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [pid for (pid,) in connection.execute(query.encode())]


def terminate(url: str, query: str) -> None:
    """Have the server end the sessions that a query finds."""
    with psycopg.connect(url) as connection:
        connection.execute(SQL("SELECT pg_terminate_backend(pid) FROM ({}) AS found").format(SQL(query)))


def graded(reliability: str) -> tuple[Registration, None]:
    """Register the source of all reports here, or grade it anew."""
    return Registration(slug="sohr", name="SOHR", type="monitor", reliability=reliability), None


@contextmanager
def projector(url: str, says: str = "projecting") -> Iterator[Running]:
    """Run `knownwhen project` until the block ends; it has said so much when this begins."""
    with running("project", DATABASE_URL=url) as command:
        until(lambda: f'"{says}"' in command.err or says in command.err, lambda: command.err)
        yield command


def test_a_fact_becomes_visible_and_is_waited_for(database_url: str) -> None:
    with projector(database_url), service(database_url) as client:
        slug = opened(client)
        position = filed(client, slug, toll())["position"]
        for address in ("/v1/incidents", "/v1/reports"):
            answer = client.get(address, params={"min_position": position})
            assert answer.status_code == 200, answer.text
            assert slug in answer.text


def test_a_standby_goes_on_when_the_active_projector_is_killed(database_url: str) -> None:
    (first,) = write(database_url, [opening("first")])
    with projector(database_url) as active, projector(database_url, "standing by") as standby:
        stand_at(database_url, first)
        (held,) = pids(database_url, HOLDER)
        active.process.kill()
        active.process.wait(PATIENCE)
        (second,) = write(database_url, [opening("second")])
        stand_at(database_url, second)
        assert pids(database_url, HOLDER) not in ([], [held])
        assert standby.stop(signal.SIGTERM) == 0


def test_a_standby_and_an_active_projector_end_when_they_are_told(database_url: str) -> None:
    with projector(database_url) as active, projector(database_url, "standing by") as standby:
        assert standby.stop(signal.SIGTERM) == 0
        assert active.stop(signal.SIGINT) == 0


def test_what_is_kept_folded_is_not_looked_through_for_garbage(database_url: str) -> None:
    before = gc.get_freeze_count()
    try:
        with projecting(database_url):
            stand_at(database_url, *write(database_url, [opening("first")]))
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("whose", [HOLDER, LISTENER], ids=["that it works over", "that it listens over"])
def test_a_projector_goes_on_after_its_connection_was_ended(database_url: str, whose: str) -> None:
    with projecting(database_url):
        stand_at(database_url, *write(database_url, [opening("first")]))
        terminate(database_url, whose)
        stand_at(database_url, *write(database_url, [opening("second")]))
        until(lambda: bool(pids(database_url, LISTENER)))
        stand_at(database_url, *write(database_url, [opening("third")]))


def test_a_fact_that_nobody_told_of_is_found_by_looking(database_url: str) -> None:
    stop = threading.Event()
    made = wiring.make_runner(database_url, stop)
    deaf = Runner(made.url, "a channel where nothing is said", made.clock, made.rebuild, stop)
    thread = threading.Thread(target=deaf.run)
    thread.start()
    try:
        stand_at(database_url, *write(database_url, [opening("first")]))
        stand_at(database_url, *write(database_url, [opening("second")]))
    finally:
        stop.set()
        thread.join(PATIENCE)


def test_a_generation_that_answers_from_now_on_is_followed_by_whoever_was_under_way(database_url: str) -> None:
    write(database_url, [opening("first")])
    assert wiring.make_runner(database_url, threading.Event()).catch_up()
    with connect(service_role_url(database_url)) as connection, connect(service_role_url(database_url)) as another:
        course = Scheduler(connection, wiring._now)
        course.run()
        fresh = truth.projected_anew(another)
        with another.transaction(), another.cursor(binary=True) as cursor:
            for each in fresh:
                make_live(cursor, each)
        (position,) = write(database_url, [filing("first", 12)])
        course.run()
        assert {each.position for each in truth.living(connection)} == {position}
        assert {each.schema for each in truth.living(connection)} == {each.schema for each in fresh}
        truth.assert_tables_tell(connection, truth.living(connection), truth.log_of(connection), [1, position])


def test_who_cites_a_source_is_remembered_and_what_the_source_said_since_is_read(database_url: str) -> None:
    write(database_url, [opening("first"), filing("first", 12), opening("second")])
    assert wiring.make_runner(database_url, threading.Event()).catch_up()
    with connect(service_role_url(database_url)) as connection:
        course = Scheduler(connection, wiring._now)
        for said in ([filing("first", 13)], [graded("A")], [filing("second", 14)], [graded("E")], [graded("B")]):
            write(database_url, said)
            course.run()
        facts = truth.log_of(connection)
        truth.assert_tables_tell(connection, truth.living(connection), facts, range(1, len(facts) + 1))


def test_what_is_warmed_up_leaves_every_row_and_follows_as_what_is_not(database_url: str) -> None:
    write(database_url, [opening("first"), graded("A"), filing("first", 12), filing("first", 13), opening("second")])
    assert wiring.make_runner(database_url, threading.Event()).catch_up()
    with connect(service_role_url(database_url)) as connection:
        before = {each.name: truth.whole(connection, each) for each in truth.living(connection)}
        course = Scheduler(connection, wiring._now)
        course.warm_up()
        assert {each.name: truth.whole(connection, each) for each in truth.living(connection)} == before
        assert list(course._projectors[5].cache._folds), "nothing was warmed up"
        write(database_url, [filing("second", 14), opening("third"), filing("third", 15), graded("E")])
        course.run()
        facts = truth.log_of(connection)
        truth.assert_tables_tell(connection, truth.living(connection), facts, range(1, len(facts) + 1))


def test_what_the_server_is_set_to_changes_no_row(
    database_url: str, migrated_template: str, create_database: Callable[[str], str]
) -> None:
    other = create_database(migrated_template)
    report = filing("first", 12)
    with psycopg.connect(other, autocommit=True) as connection:
        for setting in ("timezone = 'Pacific/Kiritimati'", "datestyle = 'SQL, DMY'", "extra_float_digits = -5"):
            name = Identifier(connection.info.dbname)
            connection.execute(SQL("ALTER DATABASE {} SET {}").format(name, SQL(setting)))
    for url in (database_url, other):
        write(url, [opening("first"), report])
        assert wiring.make_runner(url, threading.Event()).catch_up()
    with connect(database_url) as here, connect(other) as there:
        rows, others = (truth.kept(each, truth.living(each), 3) for each in (here, there))
        assert rows["reports"] == others["reports"]
        assert rows["estimates"] == others["estimates"]
        facts = truth.log_of(there)
        truth.assert_tables_tell(there, truth.living(there), facts, range(1, len(facts) + 1))


def test_what_a_killed_projector_had_begun_is_dropped_by_the_next(database_url: str) -> None:
    (position,) = write(database_url, [opening("first")])
    assert wiring.make_runner(database_url, threading.Event()).catch_up()
    with connect(service_role_url(database_url)) as connection:
        assert len(truth.projected_anew(connection)) == len(truth.MODELS)
        connection.execute("UPDATE projections.generations SET version = 0 WHERE name = 'reports' AND status = 'live'")
        assert wiring.make_runner(database_url, threading.Event()).catch_up()
        found = connection.execute("SELECT status, count(*) FROM projections.generations GROUP BY 1").fetchall()
        schemas = connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'projection\\_%'").fetchall()
    assert dict(found) == {"live": len(truth.MODELS)}
    assert schemas == [(len(truth.MODELS),)]
    assert positions(database_url) == {position}


def test_one_that_is_told_to_stop_while_it_builds_lets_nothing_unfinished_answer(database_url: str) -> None:
    write(database_url, [opening("first")])
    stop = threading.Event()
    stop.set()
    assert wiring.make_runner(database_url, stop).catch_up()
    assert positions(database_url) == set()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_leaves_no_projector_behind(database_url: str, how: signal.Signals, unused_port: int) -> None:
    with running("serve", DATABASE_URL=database_url, KNOWNWHEN_PORT=unused_port) as command:
        command.wait_for(READY)
        until(lambda: _lists(unused_port))
        (beside,) = _projectors(command)
        command.process.send_signal(how)
        assert command.process.wait(PATIENCE) in {0, -signal.SIGKILL}
        assert "Traceback" not in command.err
        until(lambda: _has_ended(beside))


def test_a_projector_that_is_killed_beside_a_server_is_replaced(database_url: str, unused_port: int) -> None:
    with running("serve", DATABASE_URL=database_url, KNOWNWHEN_PORT=unused_port) as command:
        command.wait_for(READY)
        until(lambda: _lists(unused_port))
        (beside,) = _projectors(command)
        os.kill(beside.pid, signal.SIGKILL)
        stand_at(database_url, *write(database_url, [opening("first")]))
        (other,) = _projectors(command)
        assert other.pid != beside.pid
        assert command.stop() == 0
        until(lambda: _has_ended(other))


def test_ctrl_c_on_a_terminal_reaches_the_projector_too_and_is_left_to_the_server(
    database_url: str, unused_port: int
) -> None:
    with running("serve", DATABASE_URL=database_url, KNOWNWHEN_PORT=unused_port) as command:
        until(lambda: bool(_projectors(command)), lambda: command.err)
        (beside,) = _projectors(command)
        while READY not in command.out:
            beside.send_signal(signal.SIGINT)
            time.sleep(0.02)
        until(lambda: _lists(unused_port))
        beside.send_signal(signal.SIGINT)
        stand_at(database_url, *write(database_url, [opening("first")]))
        assert _projectors(command) == [beside]
        assert command.stop() == 0


def _projectors(command: Running) -> list[psutil.Process]:
    children = psutil.Process(command.process.pid).children()
    return [each for each in children if "spawn_main" in " ".join(each.cmdline())]


def _has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def _lists(port: int) -> bool:
    return httpx.get(f"http://127.0.0.1:{port}/v1/incidents", timeout=PATIENCE).status_code == 200
