"""Batches as streams: constant memory, no deadlock, and nothing lost with a client that goes away in the middle.

BULK_LINES says how many lines the longest batch has; `make bulk` has 1,000,000.
"""

import gc
import json
import os
import re
import socket
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import psutil
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from service.api.batches import recorder
from service.postgres.embedded import EmbeddedServer
from service.postgres.role import ROLE
from tests.patience import PATIENCE
from tests.service.serving import opened, problem, service, toll
from tests.service.test_api_batch import NDJSON, lines_of, sent, told

pytest_plugins = ("tests.service.api_fixtures",)
pytestmark = pytest.mark.one_server_will_do

LINES = int(os.environ.get("BULK_LINES", "50000"))
ONE_IN = 20
"""One line in so many is a report; the others are broken, which costs less time and as much memory."""
DISTINCT = 400
"""So many reports, which come again and again: an incident is held as large as it is, whoever files its reports."""
MOST_GROWTH = 32 << 20


def connected(client: httpx.Client) -> socket.socket:
    address = urlsplit(str(client.base_url))
    return socket.create_connection((address.hostname, address.port), PATIENCE)


def head(*fields: str) -> bytes:
    lines = (
        "POST /v1/reports:batch HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/x-ndjson",
        *fields,
        "",
        "",
    )
    return "\r\n".join(lines).encode()


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


def read_until(connection: socket.socket, words: bytes) -> bytes:
    found = b""
    while words not in found:
        piece = connection.recv(1 << 16)
        assert piece, found[-500:]
        found += piece
    return found


def test_a_client_that_reads_only_after_it_has_sent_everything_is_answered(client: httpx.Client) -> None:
    line, number = b"x" * 999 + b"\n", 20_000
    with connected(client) as connection:
        connection.sendall(head(f"Content-Length: {len(line) * number}", "Connection: close"))
        for _ in range(number // 1000):
            connection.sendall(line * 1000)
        answer = read_until(connection, b'{"lines":')
    assert answer.startswith(b"HTTP/1.1 200")
    assert (
        re.sub(rb"\r\n[0-9a-f]+\r\n", b"", answer).count(b'"outcome":"invalid"') == number
    )  # a piece may end anywhere


def test_outcomes_come_while_lines_are_still_being_sent(client: httpx.Client, incident: str) -> None:
    report = {"incident": incident, **toll("311")}
    with connected(client) as connection:
        connection.sendall(head("Transfer-Encoding: chunked") + chunk(lines_of(report)))
        assert b'"outcome":"recorded"' in read_until(connection, b'{"line":1,')
        connection.sendall(chunk(lines_of(report)) + chunk(b""))
        assert b'{"line":2,"outcome":"replayed"' in read_until(connection, b'{"lines":2,')


def test_what_a_client_sent_before_it_went_away_stays_and_is_found_by_a_repetition(
    client: httpx.Client, incident: str
) -> None:
    first, second = ({"incident": incident, "report_id": str(uuid.uuid4()), **toll(each)} for each in ("311", "532"))
    with connected(client) as connection:
        connection.sendall(head("Content-Length: 1000000") + lines_of(first))
        read_until(connection, b'{"line":1,')
        connection.sendall(lines_of(second)[:-20])
    outcomes, _ = sent(client, lines_of(first, second))
    assert [each["outcome"] for each in outcomes] == ["replayed", "recorded"]


def test_a_long_batch_takes_no_more_memory_than_a_short_one(client: httpx.Client, incident: str) -> None:
    process = psutil.Process()
    marks: list[int] = []

    bad = b'{"incident": "%b", "kind": "nothing", "text": {"notes": %b}}\n' % (b"x" * 300, b"y" * 300)

    def body() -> Iterator[bytes]:
        for number in range(0, LINES, ONE_IN):
            if number in (LINES // 2, LINES - ONE_IN):
                gc.collect()
                marks.append(process.memory_info().rss)
            figure = number // ONE_IN % DISTINCT
            yield lines_of({"incident": incident, **toll(str(figure), reported_order=figure)}) + bad * (ONE_IN - 1)

    counted = dict.fromkeys(("recorded", "replayed", "invalid"), 0)
    with client.stream("POST", "/v1/reports:batch", content=body(), headers=NDJSON, timeout=None) as response:
        for line in response.iter_lines():
            last: dict[str, Any] = orjson.loads(line)
            if "line" in last:
                counted[last["outcome"]] += 1
    marks.append(process.memory_info().rss)
    assert last["lines"] == LINES
    good = LINES // ONE_IN
    assert counted == {"recorded": DISTINCT, "replayed": good - DISTINCT, "invalid": LINES - good}
    assert len(marks) == 3
    assert max(marks) - marks[0] < MOST_GROWTH


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["incident", "open", "register", "kind", "source", "claims", "report_id", "reported_at", "text"]
)
LIKE_LINES = st.dictionaries(NAMES, JSON | st.sampled_from(["toll_revised", "sohr", "2025-03-08"]), max_size=6)
BROKEN = st.one_of(
    st.binary(min_size=1, max_size=60).filter(lambda raw: b"\n" not in raw),
    (JSON | LIKE_LINES).map(lambda found: json.dumps(found).encode()),
    st.integers(64 * 1024 - 3, 64 * 1024 + 3).map(lambda size: b'"%b"' % (b"z" * size)),
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(broken=st.lists(BROKEN, max_size=12))
def test_whatever_lines_say_each_is_told_and_the_good_ones_are_recorded(
    client: httpx.Client, broken: list[bytes]
) -> None:
    good = lines_of({"incident": opened(client), **toll("311")}).rstrip()
    body = b"\n".join(line for bad in broken for line in (bad, good))
    response = client.post("/v1/reports:batch", content=body, headers=NDJSON)
    outcomes, summary = told(response)
    lines = {number for number, line in enumerate(body.split(b"\n"), 1) if line.strip(b" \t\r")}
    assert {each["line"] for each in outcomes} == lines
    assert summary["recorded"] + summary["replayed"] >= len(broken)
    assert summary["failed"] == 0
    for each in outcomes:
        assert "position" in each or each["problem"]["detail"], each


def writable(server: EmbeddedServer, url: str, *, allowed: bool) -> None:
    """Let the service append to the log of a database, or not."""
    words = "GRANT INSERT ON public.facts TO" if allowed else "REVOKE INSERT ON public.facts FROM"
    admin_url = urlsplit(server.admin_url)._replace(path=urlsplit(url).path).geturl()
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL(words + " {}").format(sql.Identifier(ROLE)))


def test_while_the_log_takes_nothing_a_line_fails_and_later_ones_are_recorded(
    server: EmbeddedServer, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "RETRY_SECONDS", 0.1)
    with service(database_url) as client:
        report = {"incident": opened(client), **toll("311")}
        lines = [lines_of({**report, "report_id": str(uuid.uuid4())}) for _ in range(3)]
        with connected(client) as connection:
            connection.sendall(head("Transfer-Encoding: chunked") + chunk(lines[0]))
            read_until(connection, b'{"line":1,"outcome":"recorded"')
            writable(server, database_url, allowed=False)
            connection.sendall(chunk(lines[1]))
            assert b'"outcome":"failed"' in read_until(connection, b"/problems/not-ready")
            problem(client.post("/v1/reports:batch", content=lines[1], headers=NDJSON), "not-ready")
            writable(server, database_url, allowed=True)
            connection.sendall(chunk(lines[2]) + chunk(b""))
            read_until(connection, b'{"line":3,"outcome":"recorded"')
        outcomes, _ = sent(client, b"".join(lines))
    assert [each["outcome"] for each in outcomes] == ["replayed", "recorded", "replayed"]
