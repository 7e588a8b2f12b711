"""Large batches over either kind of socket: they arrive, whole and soon."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from selectors import EVENT_READ, DefaultSelector
from threading import Thread

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.service.logs import facts, recording

pytestmark = pytest.mark.one_server_will_do

MEGABYTES = 5

Door = Callable[[str], AbstractContextManager[str]]


@contextmanager
def over_tcp(address: str) -> Iterator[str]:
    """Return the address of a TCP port that leads to the server of `address`, which listens on a Unix socket only."""
    with psycopg.connect(address) as connection:
        info = connection.info
        path = f"{info.host}/.s.PGSQL.{info.port}"
    with socket.create_server(("127.0.0.1", 0)) as door:
        Thread(target=_forward, args=(door, path), daemon=True).start()
        yield make_conninfo(
            address, host="127.0.0.1", port=door.getsockname()[1], sslmode="disable", gssencmode="disable"
        )


def _forward(door: socket.socket, path: str) -> None:
    """Let callers through, one thread each, until the door is closed."""
    while True:
        try:
            caller, _ = door.accept()
        except OSError:
            return
        server = socket.socket(socket.AF_UNIX)
        server.connect(path)
        Thread(target=_carry, args=(caller, server), daemon=True).start()


def _carry(caller: socket.socket, server: socket.socket) -> None:
    with closing(caller), closing(server), DefaultSelector() as ready:
        ready.register(caller, EVENT_READ, server)
        ready.register(server, EVENT_READ, caller)
        while True:
            for key, _ in ready.select():
                data = key.fileobj.recv(65_536)
                if not data:
                    return
                key.data.sendall(data)


@contextmanager
def over_a_unix_socket(address: str) -> Iterator[str]:
    """Return `address`, after a look that it is what the name says."""
    with psycopg.connect(address) as connection:
        assert connection.info.host.startswith("/")
    yield address


@pytest.mark.parametrize("door", [over_a_unix_socket, over_tcp])
@pytest.mark.parametrize("count", [5, 5_000], ids=["few large facts", "many small facts"])
def test_a_batch_of_five_megabytes_is_appended_at_once(database_url: str, door: Door, count: int) -> None:
    batch = facts(count, size=MEGABYTES * 1_000_000 // count)
    with door(database_url) as address, recording(address) as recorder:
        assert recorder.insert_events(batch) == list(range(1, count + 1))
        assert [each.state for each in recorder.select_events(batch[0].stream)] == [each.state for each in batch]


def test_a_batch_beyond_every_buffer_is_appended_too(database_url: str) -> None:
    batch = facts(4, size=12_000_000)
    with recording(database_url) as recorder:
        assert recorder.insert_events(batch) == [1, 2, 3, 4]
        assert [each.state for each in recorder.select_events(batch[0].stream, limit=1)] == [batch[0].state]
