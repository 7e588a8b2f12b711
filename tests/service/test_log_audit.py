"""`audit --full` names the position of a byte that a superuser changed, and tiles and checkpoints that were."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier, Literal

from service.console import audit
from service.postgres.pool import connect
from service.postgres.role import service_role_url
from service.settings import read_settings
from service.transparency.fork_guard import ForkGuard
from service.transparency.log_audit import LogAudit, audit_log, audit_snapshot
from tests.faults.writing import filing, opening, write
from tests.service.signed_logs import load_sample, signing

pytestmark = pytest.mark.one_server_will_do

TABLES = ("facts", "log_tiles", "checkpoints", "published_checkpoints", "log_keys")
COLUMNS = ("state", "state_salt", "state_commitment", "text", "text_salt", "text_commitment")
CHANGES = (
    "topic = 'toll_revised.v2'",
    "originator_id = gen_random_uuid()",
    "originator_version = originator_version + 100000",
    "fact_id = gen_random_uuid()",
    "recorded_at = recorded_at + interval '1 microsecond'",
    "text_commitment = NULL, text = NULL, text_salt = NULL",
    "text = NULL, text_salt = NULL",
    "sealed_commitment = state_commitment",
)
PLACES = (1, 100, 256, 257, 280)
"""In the first tile, at its ends, in the second, and beyond what is signed."""


@pytest.fixture
def url(database_url: str, tmp_path: Path) -> str:
    """Return a log of 280 facts, of which 270 are signed."""
    load_sample(database_url)
    signing(database_url, tmp_path).sign_once()
    write(database_url, [opening("another")])
    head = _head(database_url)
    write(database_url, [filing("another", figure) for figure in range(270 - head)])
    signing(database_url, tmp_path).sign_once()
    write(database_url, [filing("another", figure) for figure in range(10)])
    assert _head(database_url) == 280
    return database_url


def _head(url: str) -> int:
    with psycopg.connect(url) as connection:
        ((found,),) = connection.execute("SELECT max(notification_id) FROM facts").fetchall()
    return found


@contextmanager
def superuser(url: str) -> Iterator[Connection[Any]]:
    """Give a connection that switches the triggers off, and takes back what it did."""
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        _without_triggers(connection)
        yield connection
        connection.rollback()


def _without_triggers(connection: Connection[Any]) -> None:
    for table in TABLES:
        connection.execute(SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(Identifier(table)))


def flipped(column: str) -> Composed:
    """Change one bit in the middle of a column."""
    middle = "{0} = set_byte({0}, octet_length({0}) / 2, get_byte({0}, octet_length({0}) / 2) # 1)"
    return SQL(middle).format(Identifier(column))


def found_after(url: str, kept: Path, change: Composed) -> LogAudit:
    """Audit the log with one change in it."""
    with superuser(url) as connection:
        assert connection.execute(change).rowcount == 1
        return audit_snapshot(connection, ForkGuard(kept))


def test_log_that_nobody_changed_stands(url: str, tmp_path: Path) -> None:
    with connect(service_role_url(url)) as connection:
        found = audit_log(connection, ForkGuard(tmp_path / "kept"))
    assert found.damages == []
    assert (found.facts, found.signed, found.checkpoints) == (280, 270, 2)


def test_changed_byte_is_named_by_its_position(url: str, tmp_path: Path) -> None:
    """Those beyond what is signed are found by their commitments alone."""
    uncommitted = [*map(flipped, COLUMNS)]
    for change in (*uncommitted, *map(SQL, CHANGES)):
        only = SQL("text IS NOT NULL" if "text" in change.as_string() else "true")
        for place in PLACES if change in uncommitted else PLACES[:-1]:
            nearest = "SELECT notification_id FROM facts WHERE {} ORDER BY abs(notification_id - {}) LIMIT 1"
            with psycopg.connect(url) as connection:
                ((position,),) = connection.execute(SQL(nearest).format(only, Literal(place))).fetchall()
            update = SQL("UPDATE facts SET {} WHERE notification_id = {}").format(change, Literal(position))
            found = found_after(url, tmp_path / "kept", update)
            assert {each.position for each in found.damages} == {position}, (update, found.damages)


def test_missing_and_moved_facts_are_named(url: str, tmp_path: Path) -> None:
    for place in (1, 256, 270, 275):
        gone = found_after(
            url, tmp_path / "kept", SQL("DELETE FROM facts WHERE notification_id = {}").format(Literal(place))
        )
        assert {each.position for each in gone.damages} == {place}, gone.damages
        away = SQL("UPDATE facts SET notification_id = {} WHERE notification_id = {}")
        moved = found_after(url, tmp_path / "kept", away.format(Literal(10**15), Literal(place)))
        assert place in {each.position for each in moved.damages}, moved.damages


@pytest.mark.parametrize(("level", "number"), [(0, 0), (0, 1), (1, 0)])
def test_changed_and_missing_tiles_are_named(url: str, tmp_path: Path, level: int, number: int) -> None:
    where = SQL(" WHERE level = {} AND number = {}").format(Literal(level), Literal(number))
    for change in (
        SQL("UPDATE log_tiles SET ") + flipped("hashes") + where,
        SQL("DELETE FROM log_tiles{}").format(where),
    ):
        found = found_after(url, tmp_path / "kept", change)
        assert any(f"tile/{level}/00{number}" in each.why for each in found.damages), found.damages
        assert {each.position for each in found.damages} == {None}


@pytest.mark.parametrize(("table", "column"), [("checkpoints", "root"), ("checkpoints", "note"), (TABLES[3], "note")])
def test_changed_checkpoint_is_named(url: str, tmp_path: Path, table: str, column: str) -> None:
    with psycopg.connect(url) as connection:
        ((size,),) = connection.execute("SELECT min(size) FROM checkpoints").fetchall()
    change = SQL("UPDATE {} SET {} WHERE size = {}").format(Identifier(table), flipped(column), Literal(size))
    found = found_after(url, tmp_path / "kept", change)
    assert [each.why for each in found.damages if f"checkpoint of {size:,} facts was changed" in each.why]


def test_facts_changed_together_with_their_tiles_are_found_by_the_checkpoints(url: str, tmp_path: Path) -> None:
    """The tiles are made anew of changed facts; the checkpoints that were signed contradict them."""
    with psycopg.connect(url) as connection:
        saved = connection.execute("SELECT size, root, note, signed_at FROM checkpoints ORDER BY size").fetchall()
        first, second = (row[0] for row in saved)
        _without_triggers(connection)
        connection.execute("UPDATE facts SET topic = 'toll_revised.v2' WHERE notification_id = %s", (first + 3,))
        connection.execute("TRUNCATE log_tiles, checkpoints, published_checkpoints")
    signing(url, tmp_path / "anew").sign_once()
    with superuser(url) as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE checkpoints, published_checkpoints")
        cursor.executemany("INSERT INTO checkpoints VALUES (%s, %s, %s, %s)", saved)
        found = audit_snapshot(connection, ForkGuard(tmp_path / "kept"))
    assert found.damages[0].position == first + 1
    assert f"positions {first + 1:,} to {second:,} are not those that were signed" in found.damages[0].why


def test_command_prints_what_is_damaged_and_fails(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("KNOWNWHEN_DATA", str(tmp_path / "data"))
    assert audit.audit(read_settings(), json=True, full=True) == 0
    assert json.loads(capfd.readouterr().out)["log"]["stands"]
    assert audit.audit(read_settings(), json=False, full=True) == 0
    assert "as recorded and as signed" in " ".join(capfd.readouterr().out.split())
    with psycopg.connect(url) as connection:
        _without_triggers(connection)
        connection.execute(SQL("UPDATE facts SET {} WHERE notification_id = 3").format(flipped("state")))
    assert audit.audit(read_settings(), json=False, full=True) == 1
    assert "Position 3: state" in capfd.readouterr().out
    assert audit.audit(read_settings(), json=True, full=True) == 1
    document: dict[str, Any] = json.loads(capfd.readouterr().out)
    assert [each["position"] for each in document["log"]["damages"]] == [3]
    assert document["publications"] is None
