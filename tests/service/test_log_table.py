"""What the database itself refuses: to change a fact, to lose one, or to keep one that is not whole."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from psycopg.errors import (
    CheckViolation,
    DatabaseError,
    InsufficientPrivilege,
    NotNullViolation,
    RaiseException,
    RestrictViolation,
    UniqueViolation,
)
from psycopg.sql import SQL, Identifier

from service.postgres.embedded import EmbeddedServer
from service.runtime import package_files
from tests.patience import PATIENCE
from tests.service.logs import facts, new_id, recording

ROLE = "knownwhen_service"
CHANGES = [
    "UPDATE facts SET topic = 'x.v1'",
    "UPDATE facts SET text = NULL, text_salt = NULL WHERE notification_id = 1",
    "UPDATE facts SET topic = 'x.v1' WHERE false",
    "DELETE FROM facts",
    "DELETE FROM facts WHERE notification_id = 1",
    "TRUNCATE facts",
    "TRUNCATE facts CASCADE",
    "INSERT INTO facts SELECT * FROM facts ON CONFLICT (notification_id) DO UPDATE SET topic = 'x.v1'",
    "MERGE INTO facts USING (SELECT 1 AS one) AS other ON notification_id = one WHEN MATCHED THEN DELETE",
]
INSERT = """
    INSERT INTO facts (notification_id, fact_id, originator_id, originator_version, topic, recorded_at, recorded_by,
        request_hash, state, state_salt, state_commitment, text, text_salt, text_commitment,
        sealed, sealed_salt, sealed_commitment)
    VALUES (%(notification_id)s, %(fact_id)s, %(originator_id)s, %(originator_version)s, %(topic)s, %(recorded_at)s,
        %(recorded_by)s, %(request_hash)s, %(state)s, %(state_salt)s, %(state_commitment)s, %(text)s, %(text_salt)s,
        %(text_commitment)s, %(sealed)s, %(sealed_salt)s, %(sealed_commitment)s)
"""
THIRTY_TWO = bytes(32)
ABSENT = {"text": None, "text_salt": None, "text_commitment": None}
ERASED = {"text": None, "text_salt": None, "text_commitment": THIRTY_TWO}
NOT_WHOLE = [
    {"notification_id": 0},
    {"originator_version": 0},
    {"recorded_at": "infinity"},
    {"topic": "domain.facts.union:ReportFiled"},
    {"topic": ""},
    {"topic": "t" * 101},
    {"recorded_by": "t" * 201},
    {"request_hash": b"short"},
    {"state_salt": b"short"},
    {"state_commitment": b"short"},
    {"text_salt": None},
    {"text_commitment": None},
    {"text": None},
    {"text_salt": b"short"},
    {"text_commitment": b"short"},
    ERASED | {"text_commitment": b"short"},
    {"sealed_salt": None},
    {"sealed_commitment": None},
    {"sealed": None},
    {"sealed_salt": b"short"},
]


def whole(**columns: Any) -> dict[str, Any]:
    """Return a row with all its parts, but for what is said otherwise."""
    return {
        "notification_id": 1,
        "fact_id": new_id(),
        "originator_id": new_id(),
        "originator_version": 1,
        "topic": "toll_revised.v1",
        "recorded_at": "2025-03-09T20:59:59.000001Z",
        "recorded_by": "a-token",
        "request_hash": THIRTY_TWO,
        "state": b"{}",
        "state_salt": THIRTY_TWO,
        "state_commitment": THIRTY_TWO,
        "text": b"{}",
        "text_salt": THIRTY_TWO,
        "text_commitment": THIRTY_TWO,
        "sealed": b"secret",
        "sealed_salt": THIRTY_TWO,
        "sealed_commitment": THIRTY_TWO,
    } | columns


@pytest.fixture
def owner(database_url: str) -> Iterator[Connection]:
    """Connect as the owner of an empty log."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def superuser(server: EmbeddedServer, owner: Connection) -> Iterator[Connection]:
    """Connect to the same log as the superuser of its server."""
    with psycopg.connect(server.admin_url, dbname=owner.info.dbname, autocommit=True) as connection:
        yield connection


def fill(connection: Connection) -> list[tuple[Any, ...]]:
    """Record three facts and return their rows."""
    for position in (1, 2, 3):
        connection.execute(INSERT, whole(notification_id=position))
    return rows(connection)


def rows(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute("SELECT * FROM public.facts ORDER BY notification_id").fetchall()


def test_the_owner_cannot_change_or_remove_a_fact(owner: Connection) -> None:
    before = fill(owner)
    for change in CHANGES:
        with pytest.raises(RestrictViolation, match="a recorded fact is never changed or removed") as refusal:
            owner.execute(change)
        assert "correction" in (refusal.value.diag.message_hint or "")
    assert rows(owner) == before


def test_nor_can_a_superuser_who_poses_as_a_replica(superuser: Connection) -> None:
    before = fill(superuser)
    superuser.execute("SET session_replication_role = replica")
    for change in CHANGES:
        with pytest.raises(RestrictViolation):
            superuser.execute(change)
    assert rows(superuser) == before


def test_nor_can_a_role_that_was_granted_everything(superuser: Connection) -> None:
    before = fill(superuser)
    role = Identifier(f"everything_{new_id().hex}")
    superuser.execute(SQL("CREATE ROLE {0}; GRANT ALL ON facts TO {0}; SET ROLE {0}").format(role))
    try:
        for change in CHANGES:
            with pytest.raises(RestrictViolation):
                superuser.execute(change)
        assert rows(superuser) == before
    finally:
        superuser.execute(SQL("RESET ROLE; DROP OWNED BY {0}; DROP ROLE {0}").format(role))


def test_the_role_of_the_service_is_not_even_allowed_to_try(owner: Connection) -> None:
    before = fill(owner)
    owner.execute(SQL("SET ROLE {}").format(Identifier(ROLE)))
    for change in CHANGES:
        with pytest.raises(InsufficientPrivilege):
            owner.execute(change)
    assert rows(owner) == before


def test_the_role_of_the_service_can_read_and_append(database_url: str) -> None:
    with recording(make_conninfo(database_url, options=f"-c role={ROLE}")) as recorder:
        (fact,) = facts(1)
        recorder.insert_events([fact])
        with recorder.appending() as session:
            assert [row.fact_id for row in session.read(fact.stream)] == [fact.fact_id]


def test_the_role_of_the_service_cannot_give_the_log_another_identity(owner: Connection) -> None:
    owner.execute(SQL("SET ROLE {}").format(Identifier(ROLE)))
    assert len(owner.execute("SELECT log_id FROM public.log").fetchall()) == 1
    for change in ("UPDATE public.log SET log_id = gen_random_uuid()", "DELETE FROM public.log"):
        with pytest.raises(InsufficientPrivilege):
            owner.execute(change)


def test_a_log_has_one_identity(owner: Connection) -> None:
    ((log_id,),) = owner.execute("SELECT log_id FROM public.log").fetchall()
    assert isinstance(log_id, UUID)
    for second in ("INSERT INTO public.log DEFAULT VALUES", "INSERT INTO public.log (only_row) VALUES (false)"):
        with pytest.raises(DatabaseError):
            owner.execute(second)


def test_a_part_is_whole_or_was_never_there_or_was_erased(owner: Connection) -> None:
    allowed = [{}, ABSENT, ERASED, {"sealed": None, "sealed_salt": None}, {"recorded_by": None, "request_hash": None}]
    kept = "SELECT text, text_salt, text_commitment, sealed, sealed_commitment FROM facts WHERE fact_id = %s"
    for position, columns in enumerate(allowed, start=1):
        row = whole(notification_id=position, **columns)
        owner.execute(INSERT, row)
        read = owner.execute(kept, (row["fact_id"],)).fetchone()
        assert read == tuple(
            row[name] for name in ("text", "text_salt", "text_commitment", "sealed", "sealed_commitment")
        )


def test_a_fact_that_is_not_whole_is_refused(owner: Connection) -> None:
    for columns in NOT_WHOLE:
        with pytest.raises(CheckViolation):
            owner.execute(INSERT, whole(**columns))


def test_what_every_fact_has_cannot_be_missing(owner: Connection) -> None:
    always = {"topic", "recorded_at", "originator_id", "originator_version", "state", "state_salt", "state_commitment"}
    for column in always | {"fact_id", "notification_id"}:
        with pytest.raises(NotNullViolation):
            owner.execute(INSERT, whole(**{column: None}))


def test_positions_ids_and_versions_are_used_once(owner: Connection) -> None:
    row = whole()
    owner.execute(INSERT, row)
    once = ({"notification_id"}, {"fact_id"}, {"originator_id", "originator_version"})
    for columns in once:
        with pytest.raises(UniqueViolation):
            owner.execute(INSERT, whole(notification_id=2) | {column: row[column] for column in columns})


def section(path: Path, name: str) -> str:
    """Return the part of a migration under `-- migrate:<name>`."""
    _, up, down = path.read_text().replace("-- migrate:down", "-- migrate:up").split("-- migrate:up")
    return {"up": up, "down": down}[name]


def migrations() -> list[Path]:
    return sorted(package_files.migrations().glob("*.sql"))


def test_a_log_that_holds_facts_is_not_dropped_by_a_migration(owner: Connection) -> None:
    before = fill(owner)
    with pytest.raises(RaiseException, match="holds facts"), owner.transaction():
        for path in reversed(migrations()):
            owner.execute(section(path, "down"))
    assert rows(owner) == before


def test_an_empty_log_can_be_migrated_down_and_up_again(owner: Connection) -> None:
    before = owner.execute("SELECT log_id FROM public.log").fetchone()
    for path in reversed(migrations()):
        owner.execute(section(path, "down"))
    assert owner.execute("SELECT to_regclass('public.facts'), to_regclass('public.log')").fetchone() == (None, None)
    for path in migrations():
        owner.execute(section(path, "up"))
    assert rows(owner) == []
    assert owner.execute("SELECT log_id FROM public.log").fetchone() != before


def test_several_databases_of_one_server_can_be_migrated_at_once(
    superuser: Connection, owner: Connection, database_url: str
) -> None:
    names = [f"migrated_{new_id().hex}" for _ in range(3)]
    role = f"service_{new_id().hex}"
    others: list[Future[None]] = []

    def migrate(name: str, before_commit: Callable[[], None] = lambda: None) -> None:
        with psycopg.connect(database_url, dbname=name) as connection:
            for path in migrations():
                connection.execute(section(path, "up").replace(ROLE, role))
            before_commit()

    def let_the_others_meet_the_role_that_is_being_made() -> None:
        others.extend(threads.submit(migrate, name) for name in names[1:])
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = ANY(%s) AND wait_event_type = 'Lock'"
        deadline = time.monotonic() + PATIENCE
        while superuser.execute(waiting, (names[1:],)).fetchone() != (len(others),):
            assert time.monotonic() < deadline, [other.done() for other in others]
            time.sleep(0.01)

    with databases(superuser, names, owner=owner.info.user):
        with ThreadPoolExecutor(len(names)) as threads:
            migrate(names[0], let_the_others_meet_the_role_that_is_being_made)
            for other in others:
                other.result()
        for name in names:
            with psycopg.connect(database_url, dbname=name, autocommit=True) as connection:
                connection.execute(SQL("SET ROLE {}").format(Identifier(role)))
                connection.execute(INSERT, whole())
    superuser.execute(SQL("DROP ROLE {}").format(Identifier(role)))


def test_a_user_who_may_not_make_roles_can_migrate_all_the_same(superuser: Connection, database_url: str) -> None:
    name, user, role = (f"{what}_{new_id().hex}" for what in ("plain", "plain", "service"))
    superuser.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(user)))
    with databases(superuser, [name], owner=user):
        with psycopg.connect(database_url, dbname=name, user=user, autocommit=True) as connection:
            for path in migrations():
                connection.execute(section(path, "up").replace(ROLE, role))
            connection.execute(INSERT, whole())
            with pytest.raises(RestrictViolation):
                connection.execute("DELETE FROM facts")
    superuser.execute(SQL("DROP ROLE {}").format(Identifier(user)))


@contextmanager
def databases(superuser: Connection, names: Sequence[str], owner: str) -> Iterator[None]:
    """Have databases of these names, not migrated, for a while."""
    for name in names:
        superuser.execute(SQL("CREATE DATABASE {} OWNER {}").format(Identifier(name), Identifier(owner)))
    try:
        yield
    finally:
        for name in names:
            superuser.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
