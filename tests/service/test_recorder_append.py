"""Appending: positions without a gap, one stamp a transaction, nothing half done."""

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from multiprocessing.synchronize import Event

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from psycopg.sql import SQL, Identifier

from domain.ledger.canonical import commitment
from domain.ledger.entry import format_entry, parse_entry
from service.eventstore import (
    FactRecorder,
    IntegrityError,
    LogBusyError,
    OperationalError,
    PersistenceError,
    StoredFact,
)
from service.eventstore.recorder import FactDatastore
from service.postgres.problems import DatabaseUnreachable
from tests.patience import PATIENCE
from tests.service.logs import facts, new_id, read_back, recording, salt


class Refused(Exception):
    """Raised inside a block to leave it."""


@pytest.fixture
def recorder(database_url: str) -> Iterator[FactRecorder]:
    with recording(database_url) as recorder:
        yield recorder


@pytest.fixture
def plain(database_url: str) -> Iterator[psycopg.Connection]:
    """Connect to the same log beside the recorder."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def positions(plain: psycopg.Connection) -> list[int]:
    return [position for (position,) in plain.execute("SELECT notification_id FROM facts ORDER BY 1")]


def test_positions_count_from_one_across_streams_and_transactions(recorder: FactRecorder) -> None:
    first, second = facts(3), facts(2)
    with recorder.appending() as tail:
        assert tail.head == 0
        assert [row.position for row in tail.append(first)] == [1, 2, 3]
        assert [row.position for row in tail.append(second)] == [4, 5]
        assert tail.head == 5
    with recorder.appending() as tail:
        assert tail.head == 5
        assert [row.position for row in tail.append(facts(1, second[0].stream, after=2))] == [6]


def test_what_append_returns_is_what_reading_gives_afterwards(recorder: FactRecorder) -> None:
    stream = new_id()
    full = StoredFact(
        stream,
        1,
        "toll_revised.v1",
        b"{}",
        fact_id=new_id(),
        text=b"",
        sealed=b"x",
        recorded_by="t",
        request_hash=salt(),
    )
    bare = StoredFact(stream, 2, "toll_revised.v1", b"", fact_id=new_id())
    with recorder.appending() as tail:
        appended = tail.append([full, bare])
        assert tail.read(stream) == appended
        assert tail.read(stream, 1) == appended[1:]
        assert tail.find(bare.fact_id) == appended[1]
    appended = [read_back(row) for row in appended]
    with recorder.appending() as tail:
        after = (tail.read(stream), tail.read(stream, 1), tail.find(bare.fact_id))
    assert after == (appended, appended[1:], appended[1])
    assert appended[0].text == b""
    assert appended[1].text_commitment is None


def test_each_part_has_a_salt_of_its_own_and_a_commitment_that_opens(
    recorder: FactRecorder, plain: psycopg.Connection
) -> None:
    stream, ids = new_id(), [new_id(), new_id()]
    recorder.insert_events(
        [StoredFact(stream, place + 1, "t.v1", b"S", fact_id=ids[place], text=b"T", sealed=b"X") for place in (0, 1)]
    )
    salts: set[bytes] = set()
    for part in ("state", "text", "sealed"):
        columns = SQL(", ").join(map(Identifier, (part, f"{part}_salt", f"{part}_commitment")))
        for content, grain, committed in plain.execute(SQL("SELECT {} FROM facts").format(columns)):
            assert commitment(part, grain, content) == committed
            salts.add(grain)
    assert len(salts) == 6


def test_every_recorded_fact_makes_a_leaf_entry_that_reads_back(recorder: FactRecorder) -> None:
    batch = [*facts(2), StoredFact(new_id(), 1, "t.v1", b"{}", fact_id=new_id(), sealed=b"x")]
    with recorder.appending() as tail:
        tail.append(batch)
    with recorder.appending() as tail:
        rows = [tail.find(fact.fact_id) for fact in batch]
    entries = [row.entry() for row in rows if row]
    assert [parse_entry(format_entry(entry)) for entry in entries] == entries
    assert [entry.position for entry in entries] == [1, 2, 3]
    assert [sorted(entry.parts) for entry in entries] == [["state", "text"], ["state", "text"], ["sealed", "state"]]


def test_all_facts_of_a_transaction_share_its_stamp_and_the_next_is_later(recorder: FactRecorder) -> None:
    stamps: list[datetime] = []
    for _ in range(20):
        with recorder.appending() as tail:
            assert {row.recorded_at for row in [*tail.append(facts(2)), *tail.append(facts(1))]} == {tail.moment}
            stamps.append(tail.moment)
    assert all(earlier < later for earlier, later in pairwise(stamps))
    assert {stamp.utcoffset() for stamp in stamps} == {timedelta()}


def test_time_goes_on_when_the_clock_has_gone_back(recorder: FactRecorder, plain: psycopg.Connection) -> None:
    recorder.insert_events(facts(1))
    plain.execute(
        "INSERT INTO facts (notification_id, fact_id, originator_id, originator_version, topic, recorded_at,"
        " state, state_salt, state_commitment)"
        " SELECT 2, gen_random_uuid(), gen_random_uuid(), 1, topic, '2999-12-31T23:59:59.999999Z',"
        " state, state_salt, state_commitment FROM facts"
    )
    for microsecond in (0, 1):
        with recorder.appending() as tail:
            (row,) = tail.append(facts(1))
        assert row.recorded_at == datetime(3000, 1, 1, 0, 0, 0, microsecond, tzinfo=UTC)


def test_a_block_that_raises_leaves_neither_facts_nor_a_gap(recorder: FactRecorder, plain: psycopg.Connection) -> None:
    recorder.insert_events(facts(1))
    for sent in (False, True):
        with pytest.raises(Refused), recorder.appending() as tail:
            tail.append(facts(5))
            if sent:
                tail.flush()
            raise Refused
    assert recorder.insert_events(facts(2)) == [2, 3]
    assert positions(plain) == [1, 2, 3]


def test_a_fact_continues_its_stream_by_exactly_one_version(recorder: FactRecorder) -> None:
    first = facts(2)
    stream = first[0].stream
    recorder.insert_events(first)
    with recorder.appending() as tail:
        for version in (0, 1, 2, 5):
            wrong = facts(1, stream, after=version - 1)
            with pytest.raises(IntegrityError, match=f"is at version 2: 3 comes next, not {version}"):
                tail.append(wrong)
            with pytest.raises(IntegrityError, match=f"is at version 3: 4 comes next, not {version}"):
                tail.append([*facts(1, stream, after=2), *wrong])
        # The transaction is still good, and what was refused left no trace in it.
        assert [row.position for row in tail.append(facts(1, stream, after=2))] == [3]
        with pytest.raises(IntegrityError, match="is at version 3: 4 comes next, not 3"):
            tail.append(facts(1, stream, after=2))
    assert [fact.originator_version for fact in recorder.select_events(stream)] == [1, 2, 3]


def test_an_id_is_taken_once_and_for_all(recorder: FactRecorder, plain: psycopg.Connection) -> None:
    (first,) = facts(1)
    recorder.insert_events([first])
    again = StoredFact(new_id(), 1, "t.v1", b"{}", fact_id=first.fact_id)
    twice = StoredFact(new_id(), 1, "t.v1", b"{}", fact_id=new_id())
    with recorder.appending() as tail:
        with pytest.raises(IntegrityError, match="taken by the fact at position 1"):
            tail.append([again])
        tail.append([twice])
        with pytest.raises(IntegrityError, match="taken by the fact at position 2"):
            tail.append([StoredFact(new_id(), 1, "t.v1", b"{}", fact_id=twice.fact_id)])
        with pytest.raises(IntegrityError, match="taken by the fact at position 3"):
            tail.append([StoredFact(stream, 1, "t.v1", b"{}", fact_id=first.stream) for stream in (new_id(), new_id())])
    assert positions(plain) == [1, 2]


def test_a_transaction_sees_its_own_facts_before_it_ends_and_others_do_not(
    recorder: FactRecorder, plain: psycopg.Connection
) -> None:
    (fact,) = facts(1)
    with recorder.appending() as tail:
        (row,) = tail.append([fact])
        tail.flush()
        assert tail.find(fact.fact_id) == row
        assert tail.find(new_id()) is None
        assert positions(plain) == []
    assert positions(plain) == [1]


def test_a_statement_that_failed_is_not_forgotten_at_the_end(recorder: FactRecorder, plain: psycopg.Connection) -> None:
    with pytest.raises(PersistenceError, match="nothing of it was recorded"), recorder.appending() as tail:
        tail.append(facts(1))
        tail.append([StoredFact(new_id(), 1, "Not:ATopic", b"{}", fact_id=new_id())])
        with pytest.raises(psycopg.errors.CheckViolation):
            tail.flush()
    assert positions(plain) == []


def test_a_fact_that_the_table_refuses_takes_its_whole_transaction_with_it(
    recorder: FactRecorder, plain: psycopg.Connection
) -> None:
    with pytest.raises(IntegrityError, match="topic_is_a_name"):
        recorder.insert_events([*facts(1), StoredFact(new_id(), 1, "Not:ATopic", b"{}", fact_id=new_id())])
    assert positions(plain) == []


def test_the_end_of_the_log_is_let_go_with_the_block(recorder: FactRecorder) -> None:
    with recorder.appending() as tail:
        pass
    for use in (lambda: tail.append(facts(1)), lambda: tail.read(new_id()), lambda: tail.find(new_id())):
        with pytest.raises(psycopg.InterfaceError, match="closed"):
            use()


def test_a_stream_is_named_by_a_uuid(recorder: FactRecorder) -> None:
    with pytest.raises(TypeError, match="UUID"):
        recorder.insert_events([StoredEvent("a-name", 1, "t.v1", b"{}")])


def test_a_writer_that_waits_too_long_for_the_log_is_told_so(database_url: str) -> None:
    with (
        recording(database_url) as holder,
        recording(database_url, lock_seconds=0.05) as other,
        holder.appending() as tail,
    ):
        with pytest.raises(LogBusyError, match="nothing was recorded"):
            other.insert_events(facts(1))
        assert [row.position for row in tail.append(facts(1))] == [1]


def test_a_connection_that_the_server_dropped_is_replaced(recorder: FactRecorder, plain: psycopg.Connection) -> None:
    drop = (
        "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    assert recorder.insert_events(facts(1)) == [1]
    plain.execute(drop)
    assert recorder.insert_events(facts(1)) == [2]
    with pytest.raises(OperationalError), recorder.appending() as tail:
        tail.append(facts(1))
        plain.execute(drop)
    assert recorder.insert_events(facts(1)) == [3]


def _append_and_stop(address: str, sent: Event) -> None:
    with recording(address) as recorder, recorder.appending() as tail:
        tail.append(facts(3))
        tail.flush()
        sent.set()
        time.sleep(60)


def test_a_writer_that_dies_before_its_commit_leaves_nothing_and_frees_the_log(
    database_url: str, recorder: FactRecorder, plain: psycopg.Connection
) -> None:
    spawn = multiprocessing.get_context("spawn")
    sent = spawn.Event()
    writer = spawn.Process(target=_append_and_stop, args=(database_url, sent))
    writer.start()
    try:
        assert sent.wait(PATIENCE)
        with pytest.raises(LogBusyError), recording(database_url, lock_seconds=0.05) as other:
            other.insert_events(facts(1))
    finally:
        writer.kill()
        writer.join()
    assert recorder.insert_events(facts(1)) == [1]
    assert positions(plain) == [1]


def test_an_address_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(DatabaseUnreachable):
        FactDatastore("postgresql:///log?no_such_option=1")


def test_a_server_that_is_not_there_is_an_operational_error(unused_port: int) -> None:
    datastore = FactDatastore(f"postgresql://nobody@127.0.0.1:{unused_port}/none")
    datastore.pool.timeout = 0.1
    with pytest.raises(OperationalError):
        FactRecorder(datastore, salt=salt, new_id=new_id).insert_events(facts(1))
    datastore.close()


def test_the_settings_of_a_database_have_no_say(database_url: str, plain: psycopg.Connection) -> None:
    for setting in (
        "default_transaction_isolation = 'serializable'",
        "timezone = 'Asia/Kathmandu'",
        "datestyle = 'German, DMY'",
        "bytea_output = 'escape'",
        "lock_timeout = '1ms'",
        "search_path = ''",
    ):
        plain.execute(f"ALTER DATABASE {plain.info.dbname} SET {setting}")
    batch = facts(2)
    with recording(database_url) as first, recording(database_url) as second:
        with ThreadPoolExecutor(1) as waiting, first.appending() as tail:
            rows = tail.append(batch)
            # Begins before the first has committed, and must see what it committed all the same.
            later = waiting.submit(second.insert_events, facts(1, batch[0].stream, after=2))
            time.sleep(0.05)
        assert later.result() == [3]
        with second.appending() as tail:
            assert tail.read(batch[0].stream)[:2] == [read_back(row) for row in rows]
            assert tail.moment > rows[0].recorded_at
