"""Limits of connections: of time for heads, bodies and unread answers, of their number; and what is no HTTP."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.api.connections import COUNT_CLOSED, ConnectionLimits, limited_http
from tests.patience import PATIENCE

pytestmark = pytest.mark.one_server_will_do

GENEROUS = ConnectionLimits(head=PATIENCE * 2, body=PATIENCE * 2, answer=PATIENCE * 2)
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
LONG = b"x" * 50_000_000


class Application:
    """Answers a POST with its body once it is whole, and a GET with fifty megabytes; remembers what it was told."""

    def __init__(self) -> None:
        self.cut_off = threading.Event()
        self.closed: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"][COUNT_CLOSED] = self.closed.append
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            self.cut_off.set()
            return
        await Response(body if scope["method"] == "POST" else LONG)(scope, receive, send)


@contextmanager
def served(limits: ConnectionLimits) -> Iterator[tuple[Application, Callable[[], socket.socket]]]:
    """Serve an application with these limits; yields it, and what connects to it."""
    app = Application()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, http=limited_http(limits), lifespan="on", log_config=None)  # type: ignore[arg-type]
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        opened: list[socket.socket] = []

        def connect() -> socket.socket:
            opened.append(socket.create_connection(listener.getsockname(), timeout=PATIENCE))
            return opened[-1]

        try:
            until(lambda: server.started)
            yield app, connect
        finally:
            server.should_exit = True
            for each in opened:
                each.close()
            thread.join(PATIENCE)


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def answer(client: socket.socket) -> bytes:
    """Return all that is answered until the service closes the connection."""
    found = b""
    while part := client.recv(65536):
        found += part
    return found


def problem(answered: bytes) -> tuple[int, str]:
    """Return status and type of the one problem that was answered."""
    head, _, body = answered.partition(b"\r\n\r\n")
    lines = head.decode().splitlines()
    assert "content-type: application/problem+json" in lines
    assert "connection: close" in lines
    document = json.loads(body)
    assert document["status"] == int(lines[0].split()[1])
    return document["status"], document["type"]


@pytest.mark.parametrize("sent", [b"", b"P", b"POST / HTTP/1.1\r\nHost: x\r\n", b"\r\n\r\n", b"GET / HTTP/1.1\r\nA: "])
def test_a_head_that_does_not_end_is_answered_and_closed(sent: bytes) -> None:
    with served(replace(GENEROUS, head=0.2)) as (app, connect):
        client = connect()
        client.sendall(sent)
        assert problem(answer(client)) == (408, "/problems/request-timeout")
        assert app.closed == ["head-timeout"]


def test_dripping_a_head_does_not_help() -> None:
    with served(replace(GENEROUS, head=0.3)) as (app, connect):
        client = connect()
        client.settimeout(0.02)
        answered = b""
        for byte in HEAD[:-1] * 100:
            try:
                client.sendall(bytes([byte]) if byte not in b"\r\n" else b"x")
                answered = client.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            break
        assert not answered or problem(answered)[0] in {408, 400}
        until(lambda: app.closed == ["head-timeout"] or answered.startswith(b"HTTP/1.1 400"))


def test_the_head_of_a_second_request_is_limited_as_the_first() -> None:
    with served(replace(GENEROUS, head=0.3)) as (app, connect):
        client = connect()
        client.sendall(HEAD + b"abcd")
        assert client.recv(65536).endswith(b"abcd")
        client.sendall(b"POST / HT")
        assert problem(answer(client))[0] == 408
        assert app.closed == ["head-timeout"]


@pytest.mark.parametrize("sent", [b"", b"abc"])
def test_a_body_that_does_not_end_is_answered_and_closed(sent: bytes) -> None:
    with served(replace(GENEROUS, body=0.2, rate=1_000_000)) as (app, connect):
        client = connect()
        client.sendall(HEAD + sent)
        assert problem(answer(client)) == (408, "/problems/request-timeout")
        assert app.closed == ["body-timeout"]
        assert app.cut_off.wait(PATIENCE)  # whoever read the body knows that it ended


def test_a_body_that_comes_steadily_may_take_longer() -> None:
    with served(replace(GENEROUS, body=0.2, rate=1)) as (app, connect):
        client = connect()
        client.sendall(HEAD.replace(b"4", b"5"))
        for byte in b"abcde":
            client.sendall(bytes([byte]))
            time.sleep(0.1)
        assert client.recv(65536).endswith(b"abcde")
        assert not app.closed


def test_an_answer_that_is_not_read_is_broken_off() -> None:
    with served(replace(GENEROUS, head=0.1, answer=0.1)) as (app, connect):
        client = connect()
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: app.closed == ["answer-unread"])
        assert len(answer(client)) < len(LONG)


def test_of_too_many_the_one_that_has_waited_longest_makes_room() -> None:
    with served(replace(GENEROUS, most=3)) as (app, connect):
        idle = connect()
        idle.sendall(HEAD + b"abcd")
        assert idle.recv(65536).endswith(b"abcd")
        first = connect()
        first.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert first.recv(65536).startswith(b"HTTP/1.1 100")  # it is waited for
        newest = [connect(), connect()]
        assert problem(answer(first)) == (503, "/problems/too-many-connections")
        for each in newest:
            each.sendall(HEAD + b"abcd")
            assert each.recv(65536).endswith(b"abcd")
        idle.sendall(HEAD + b"efgh")
        assert idle.recv(65536).endswith(b"efgh")
        assert app.closed == ["too-many-connections"]


def test_where_all_others_are_answered_the_newest_is_refused() -> None:
    with served(replace(GENEROUS, most=2)) as (_, connect):
        busy = [connect(), connect()]
        for each in busy:
            each.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert each.recv(16)  # and no more: the rest of the fifty megabytes waits
        assert problem(answer(connect())) == (503, "/problems/too-many-connections")
        assert all(each.recv(16) for each in busy)


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"HELLO\r\n\r\n", b"GET\0/ HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_http_is_a_problem_as_everything_else(sent: bytes) -> None:
    with served(GENEROUS) as (_, connect):
        client = connect()
        client.sendall(sent)
        assert problem(answer(client)) == (400, "/problems/not-http")
