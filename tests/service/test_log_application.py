"""The library's application over our log: facts in, facts out, topics of our own."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Timer
from typing import Any

import orjson
import psycopg
import pytest
from eventsourcing.persistence import MapperDeserialisationError

from domain.ledger.canonical import canonical
from service.eventstore import FactMapper, IntegrityError, KnownwhenLog, StoredFact, StreamFact, library_subscription
from service.eventstore.library_subscription import FactSubscription
from tests.patience import PATIENCE
from tests.service.logs import new_id, salt


@dataclass(frozen=True)
class Said:
    """A fact as a domain might have it."""

    figure: int
    words: str | None = None


@dataclass(frozen=True)
class Parts:
    """The fact taken apart."""

    topic: str
    state: bytes
    text: bytes | None


def encode(fact: Said) -> Parts:
    text = None if fact.words is None else canonical({"words": fact.words})
    return Parts("figure_said.v1", canonical({"figure": fact.figure}), text)


def decode(topic: str, state: dict[str, Any], text: dict[str, Any] | None) -> Said:
    if topic != "figure_said.v1":
        message = f"no fact is called {topic}"
        raise ValueError(message)
    return Said(state["figure"], text and text["words"])


@pytest.fixture
def log(database_url: str) -> Iterator[KnownwhenLog[Said]]:
    with KnownwhenLog(database_url, mapper=FactMapper(encode, decode), salt=salt, new_id=new_id) as log:
        yield log


def test_facts_come_back_as_they_were_saved(log: KnownwhenLog[Said]) -> None:
    stream = new_id()
    placed = [
        StreamFact(stream, 1, new_id(), Said(830, "at least"), "a-token", bytes(32)),
        StreamFact(stream, 2, new_id(), Said(1383)),
    ]
    recordings = log.save(*placed)
    assert [recording.notification.id for recording in recordings] == [1, 2]
    assert list(log.events.get(stream)) == placed
    assert list(log.events.get(stream, gt=1)) == placed[1:]
    assert list(log.events.get(stream, desc=True, limit=1)) == placed[1:]
    with pytest.raises(IntegrityError):
        log.save(placed[1])


def test_the_log_holds_names_and_canonical_bytes(log: KnownwhenLog[Said], database_url: str) -> None:
    log.save(StreamFact(new_id(), 1, new_id(), Said(830, "عدد")))
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT topic, state, text FROM facts").fetchone()
    assert row == ("figure_said.v1", b'{"figure":830}', '{"words":"عدد"}'.encode())


def test_the_librarys_notification_log_pages_through_ours(log: KnownwhenLog[Said]) -> None:
    stream = new_id()
    log.save(*(StreamFact(stream, version, new_id(), Said(version)) for version in range(1, 14)))
    section = log.notification_log["1,10"]
    assert [item.id for item in section.items] == list(range(1, 11))
    assert section.next_id == "11,20"
    assert [orjson.loads(item.state) for item in log.notification_log.select(11, 10)] == [
        {"figure": figure} for figure in (11, 12, 13)
    ]


def test_a_subscriber_is_told_of_facts_as_they_are_committed(log: KnownwhenLog[Said]) -> None:
    stream = new_id()
    log.save(StreamFact(stream, 1, new_id(), Said(1)))
    with log.recorder.subscribe(gt=0) as subscribed:
        patience = Timer(10, subscribed.stop)  # else a notification that never comes would hang the test
        patience.start()
        assert next(subscribed).id == 1
        log.save(StreamFact(stream, 2, new_id(), Said(2)))
        assert next(subscribed).id == 2
        patience.cancel()


def test_a_subscriber_finds_also_what_it_was_not_told_of(
    log: KnownwhenLog[Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FactSubscription, "_listen", lambda _: None)
    monkeypatch.setattr(library_subscription, "PATIENCE_SECONDS", 0.05)
    with log.recorder.subscribe(gt=0) as subscribed:
        patience = Timer(10, subscribed.stop)
        patience.start()
        for version in (1, 2):
            log.save(StreamFact(new_id(), 1, new_id(), Said(version)))
            assert next(subscribed).id == version
        patience.cancel()


def test_subscribers_are_told_the_last_position_and_only_with_the_commit(
    log: KnownwhenLog[Said], database_url: str
) -> None:
    mapped = [log.mapper.to_stored_event(StreamFact(new_id(), 1, new_id(), Said(1))) for _ in range(3)]
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute("LISTEN facts")
        with log.recorder.appending() as tail:
            tail.append(mapped[:2])
            tail.append(mapped[2:])
            tail.flush()
            assert list(listener.notifies(timeout=0.05)) == []
        assert [told.payload for told in listener.notifies(timeout=PATIENCE, stop_after=1)] == ["3"]
        with log.recorder.appending():
            pass
        assert list(listener.notifies(timeout=0.05)) == []


def test_a_fact_that_cannot_be_read_is_named(log: KnownwhenLog[Said]) -> None:
    stream, fact_id = new_id(), new_id()
    log.recorder.insert_events([StoredFact(stream, 1, "figure_sung.v1", b"{}", fact_id=fact_id)])
    with pytest.raises(MapperDeserialisationError, match=f"{fact_id} .*figure_sung.v1"):
        list(log.events.get(stream))
    (notification,) = log.recorder.select_notifications(1, 1)
    with pytest.raises(MapperDeserialisationError, match="without its id and text"):
        log.mapper.to_domain_event(notification)


def test_a_fact_whose_text_was_erased_is_read_without_it(log: KnownwhenLog[Said]) -> None:
    fact = log.mapper.to_stored_event(StreamFact(new_id(), 1, new_id(), Said(1, "words")))
    erased = StoredFact(fact.stream, 1, fact.topic, fact.state, fact_id=fact.fact_id)
    assert log.mapper.to_domain_event(erased).fact == Said(1)


def test_the_environment_cannot_change_what_is_stored(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "COMPRESSOR_TOPIC": "zlib",
        "CIPHER_TOPIC": "eventsourcing.cipher:AESCipher",
        "POSTGRES_DBNAME": "another",
        "PERSISTENCE_MODULE": "eventsourcing.popo",
        "IS_SNAPSHOTTING_ENABLED": "y",
        "CREATE_TABLE": "y",
    }.items():
        monkeypatch.setitem(os.environ, name, value)
        monkeypatch.setitem(os.environ, f"KNOWNWHENLOG_{name}", value)
    with KnownwhenLog(database_url, mapper=FactMapper(encode, decode), salt=salt, new_id=new_id) as log:
        log.save(StreamFact(new_id(), 1, new_id(), Said(830)))
        assert log.snapshots is None
        assert [event.state for event in log.recorder.select_notifications(1, 9)] == [b'{"figure":830}']


def test_nothing_connects_before_the_first_use(unused_port: int) -> None:
    address = f"postgresql://nobody@127.0.0.1:{unused_port}/none"
    KnownwhenLog(address, mapper=FactMapper(encode, decode), salt=salt, new_id=new_id).close()
