"""Following the log over HTTP: pages, lines and events tell the same facts, each once, whoever else listens."""

import asyncio
import json
import resource
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from service.api import server_sent_events as writing_of_events
from service.api.resources import changes as resource_of_changes
from service.eventstore.change_subscription import APPLICATION_NAME
from service.postgres.embedded import EmbeddedServer
from service.wiring import make_app
from tests.patience import PATIENCE
from tests.service.conftest import BUNDLED
from tests.service.console import running
from tests.service.logs import facts, recording
from tests.service.serving import filed, opened, problem, service, serving, toll

pytest_plugins = ("tests.service.api_fixtures",)

pytestmark = pytest.mark.one_server_will_do

CHANGES = "/v1/changes"
EVENTS, LINES = {"Accept": "text/event-stream"}, {"Accept": "application/x-ndjson"}
LISTENERS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
READY = "Ctrl-C stops it."

Event = dict[str, str]


def events_of(response: httpx.Response) -> Iterator[Event]:
    """Read server-sent events as WHATWG HTML §9.2.6 says; a block without data is no event."""
    event: Event = {}
    for line in response.iter_lines():
        if not line:
            if "data" in event:
                yield event
            event = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            assert name not in event
            event[name] = value


@contextmanager
def subscribed(client: httpx.Client, came_last: str = "", **asked: object) -> Iterator[Iterator[Event]]:
    """Follow the log, until the block ends."""
    headers = {**EVENTS, **({"Last-Event-ID": came_last} if came_last else {})}
    with client.stream("GET", CHANGES, params=asked, headers=headers) as response:
        assert response.status_code == 200, response.read()
        yield events_of(response)


def page(client: httpx.Client, **asked: object) -> dict[str, Any]:
    response = client.get(CHANGES, params=asked)
    assert response.status_code == 200, response.text
    return response.json()


def lines(client: httpx.Client, **asked: object) -> list[dict[str, Any]]:
    response = client.get(CHANGES, params=asked, headers=LINES)
    assert (response.status_code, response.headers["content-type"]) == (200, LINES["Accept"])
    return [json.loads(line) for line in response.text.splitlines()]


@pytest.fixture
def reports(client: httpx.Client, incident: str) -> int:
    """File seven reports of the test's own incident, and return the position before them."""
    before = page(client, incident=incident)["position"]
    for figure in range(7):
        filed(client, incident, toll(str(figure)))
    return before


def test_pages_lead_to_the_end_and_tell_what_the_lines_tell(client: httpx.Client, incident: str, reports: int) -> None:
    found: list[dict[str, Any]] = []
    response = client.get(CHANGES, params={"after": reports, "limit": 3})
    while True:
        document = response.json()
        found += document["items"]
        assert len(document["items"]) <= 3
        if document["next"] is None:
            break
        assert document["next"] == found[-1]["position"]
        response = client.get(response.links["next"]["url"])
    assert "link" not in response.headers
    assert document["position"] == found[-1]["position"]
    assert [each["position"] for each in found] == list(range(reports + 1, document["position"] + 1))
    assert found == lines(client, after=reports)
    reported = [each for each in found if each["topic"] == "toll_revised.v1"]
    assert [each["version"] for each in reported] == [2, 3, 4, 5, 6, 7, 8]
    assert {each["incident"] for each in reported} == {incident}


def test_the_parts_of_a_fact_are_the_bytes_that_were_committed_to(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll(text={"summary": "Words beside the figure."}))
    own = client.get(f"/v1/incidents/{incident}/facts").text.splitlines()
    told = {json.loads(line)["position"]: line for line in client.get(CHANGES, headers=LINES).text.splitlines()}
    assert any('"text":{"' in line for line in own)
    for line in own:
        parts, _, _ = line[line.index('"state":') :].rpartition(',"commitments":')
        assert told[json.loads(line)["position"]].endswith(parts + "}")


def test_a_fact_of_a_source_is_of_no_incident(client: httpx.Client) -> None:
    client.put("/v1/sources/nobody-cites-it", json={"name": "N", "type": "ngo"})
    assert lines(client)[-1]["incident"] is None


def test_the_end_is_an_empty_page_and_no_lines(client: httpx.Client, reports: int) -> None:
    assert reports
    head = page(client)["position"]
    assert page(client, after=head) == {"items": [], "next": None, "position": head}
    assert lines(client, after=head) == []


def test_lines_are_read_in_steps_and_are_all_there(
    client: httpx.Client, reports: int, incident: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, own = lines(client), lines(client, incident=incident)
    monkeypatch.setattr(resource_of_changes, "AT_ONCE", 2)
    assert lines(client) == whole
    assert lines(client, incident=incident) == own
    assert len(own) == 8
    assert reports


@pytest.mark.parametrize("headers", [{}, LINES])
def test_whoever_has_it_already_is_told_so_until_there_is_more(
    client: httpx.Client, incident: str, headers: dict[str, str]
) -> None:
    asked = {"after": page(client)["position"] - 1}
    first = client.get(CHANGES, params=asked, headers=headers)
    having = {**headers, "If-None-Match": first.headers["etag"]}
    assert client.get(CHANGES, params=asked, headers=having).status_code == 304
    filed(client, incident, toll("3"))
    assert client.get(CHANGES, params=asked, headers=having).status_code == 200
    assert first.headers["vary"].startswith("Accept")


def test_facts_can_be_asked_for_by_incident_and_by_topic(client: httpx.Client, incident: str, reports: int) -> None:
    stream = page(client, incident=incident)["items"][0]["stream"]
    client.post(f"/v1/incidents/{incident}/close", json={"reason": "All is said."})
    assert [each["version"] for each in page(client, incident=stream)["items"]] == list(range(1, 10))
    assert [each["version"] for each in lines(client, incident=incident, after=reports)] == list(range(2, 10))
    for topic in ("incident_closed", "incident_closed.v1"):
        (closing,) = lines(client, topic=topic, incident=incident)
        assert closing["topic"] == "incident_closed.v1"
        assert closing in lines(client, topic=topic)
    first = client.get(CHANGES, params={"topic": "toll_revised", "incident": incident, "limit": 4})
    second = client.get(first.links["next"]["url"])
    assert [each["version"] for each in first.json()["items"] + second.json()["items"]] == list(range(2, 9))
    assert second.json()["next"] is None


@pytest.mark.parametrize("accept", ["application/json", *LINES.values(), *EVENTS.values()])
def test_what_cannot_be_asked_is_refused_in_every_form(client: httpx.Client, accept: str) -> None:
    def ask(**asked: object) -> httpx.Response:
        return client.get(CHANGES, params=asked, headers={"Accept": accept})

    problem(ask(after=10**9), "past-the-end", "after")
    problem(ask(after=-1), "invalid-parameter", "after")
    problem(ask(incident="no-such-incident"), "no-such-incident")
    problem(ask(incident="x" * 10_000), "no-such-incident")
    document = problem(ask(topic="tol_revised"), "invalid-parameter", "topic")
    assert document["errors"][0]["nearest"] == "toll_revised"
    problem(ask(limit=1001), "invalid-parameter", "limit")


def test_only_pages_have_a_limit(client: httpx.Client) -> None:
    for headers in (LINES, EVENTS):
        problem(client.get(CHANGES, params={"limit": 5}, headers=headers), "invalid-parameter", "limit")


def test_a_source_is_no_incident(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll())
    source = next(each for each in lines(client) if each["topic"] == "source_registered.v1")
    problem(client.get(CHANGES, params={"incident": source["stream"]}), "no-such-incident")


@pytest.mark.parametrize("id_", ["x", "-1", "1.5", "²", "9" * 19, "12 13"])
def test_a_last_event_id_that_is_no_position_is_refused(client: httpx.Client, id_: str) -> None:
    headers = [(b"accept", b"text/event-stream"), (b"last-event-id", id_.encode())]
    problem(client.get(CHANGES, headers=headers), "invalid-header", "Last-Event-ID")


def test_a_last_event_id_past_the_end_is_of_another_log(client: httpx.Client) -> None:
    problem(client.get(CHANGES, headers={**EVENTS, "Last-Event-ID": "1000000"}), "past-the-end", "Last-Event-ID")


def test_the_head_of_a_stream_has_an_end(client: httpx.Client) -> None:
    for headers in ({}, LINES, EVENTS):
        response = client.head(CHANGES, headers=headers)
        assert (response.status_code, response.content) == (200, b"")


def test_events_come_as_they_are_recorded_and_as_they_are(client: httpx.Client, incident: str) -> None:
    headers = {**EVENTS, "Accept-Encoding": "gzip"}
    with client.stream("GET", CHANGES, headers=headers) as response:
        told = {name: response.headers[name] for name in ("content-type", "cache-control", "vary")}
        assert told == {
            "content-type": "text/event-stream; charset=utf-8",
            "cache-control": "no-cache",
            "vary": "Accept",
        }
        assert "content-encoding" not in response.headers
        events = events_of(response)
        for figure in range(3):
            position = filed(client, incident, toll(str(figure)))["position"]
            event = next(events)
            while int(event["id"]) < position:  # the source that the first report introduces
                event = next(events)
            assert (event["id"], event["event"]) == (str(position), "toll_revised.v1")
            assert [json.loads(event["data"])] == lines(client, after=position - 1)


def test_events_begin_now_unless_a_position_is_given(client: httpx.Client, incident: str, reports: int) -> None:
    with subscribed(client) as now, subscribed(client, after=reports) as then, subscribed(client, "2", after=0) as back:
        position = filed(client, incident, toll("9"))["position"]
        assert next(now)["id"] == str(position)
        assert [int(next(then)["id"]) for _ in range(5)] == list(range(reports + 1, reports + 6))
        assert [next(back)["id"] for _ in range(2)] == ["3", "4"]


def test_a_stream_tells_first_where_it_is_and_when_to_come_back(client: httpx.Client, incident: str) -> None:
    position = page(client, incident=incident)["position"]
    with client.stream("GET", CHANGES, headers=EVENTS) as response:
        _, *first = islice(response.iter_lines(), 4)
    assert first == ["retry: 2000", f"id: {position}", ""]


def test_a_stream_without_news_says_so(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing_of_events, "HEARTBEAT_SECONDS", 0.05)
    with client.stream("GET", CHANGES, headers=EVENTS) as response:
        written = list(islice(response.iter_lines(), 7))
    assert written[4:] == [": nothing new"] * 3


def test_events_can_be_asked_for_by_incident_and_by_topic(client: httpx.Client, incident: str) -> None:
    with subscribed(client, incident=incident, topic="incident_closed") as events:
        for slug in (opened(client), incident):
            filed(client, slug, toll())
            client.post(f"/v1/incidents/{slug}/close", json={"reason": "All is said."})
        event = next(events)
    assert event["event"] == "incident_closed.v1"
    assert json.loads(event["data"])["incident"] == incident


def test_who_drops_and_returns_gets_every_fact_once_and_in_order(client: httpx.Client, incident: str) -> None:
    before, many = filed(client, incident, toll())["position"], 120
    came, visits = [before], 0
    with ThreadPoolExecutor(1) as writing:
        written = writing.submit(lambda: [filed(client, incident, toll(str(n)))["position"] for n in range(many)])
        while came[-1] < before + many:
            visits += 1
            with subscribed(client, str(came[-1])) as events:
                heard = min(1 + visits % 9, before + many - came[-1])
                came += [int(next(events)["id"]) for _ in range(heard)]
    assert came[1:] == written.result() == list(range(before + 1, before + many + 1))
    assert visits > 10


def test_one_who_never_reads_holds_up_nobody_and_misses_nothing(database_url: str) -> None:
    with service(database_url) as client, recording(database_url) as recorder, socket.socket() as lazy:
        lazy.connect((client.base_url.host, client.base_url.port))
        lazy.sendall(b"GET /v1/changes?after=0 HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
        lazy.recv(100)
        with subscribed(client, after=0) as events:
            came: list[int] = []
            for _ in range(20):  # 20 MB, more than the buffers between the two hold
                recorder.insert_events(facts(20, size=50_000))
                came += [int(next(events)["id"]) for _ in range(20)]
        assert came == list(range(1, 401))
        with lazy.makefile("rb") as late:
            ids = (int(line[4:]) for line in late if line.startswith(b"id: ") and line[4:].strip() != b"0")
            assert list(islice(ids, 400)) == came


def test_five_hundred_who_wait_cost_one_connection_and_all_are_told(database_url: str) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    with serving(make_app(database_url)) as address:
        asyncio.run(_told_to_all(address, database_url))


async def _told_to_all(address: str, database_url: str) -> None:
    host, port = urlsplit(address).hostname, urlsplit(address).port
    ends = [await asyncio.open_connection(host, port) for _ in range(500)]
    try:
        async with asyncio.timeout(PATIENCE):
            for _, writer in ends:
                writer.write(b"GET /v1/changes HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
            for reader, _ in ends:
                await reader.readuntil(b"id: 0\n")
            await _registered(address, "first")
            for reader, _ in ends:
                await reader.readuntil(b"id: 1\n")
            with psycopg.connect(database_url) as connection:
                assert connection.execute(LISTENERS, (APPLICATION_NAME,)).fetchone() == (1,)
                assert (connection.execute(SESSIONS).fetchone() or (500,))[0] < 20
            await _registered(address, "second")
            told = [await reader.readuntil(b"data: ") for reader, _ in ends for _ in range(2)]
    finally:
        for _, writer in ends:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in ends), return_exceptions=True)
    assert all(piece.endswith(b"id: 2\nevent: source_registered.v1\ndata: ") for piece in told[1::2])


async def _registered(address: str, slug: str) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        response = await client.put(f"/v1/sources/{slug}", json={"name": "S", "type": "ngo"})
        assert response.status_code == 201


def test_a_listening_connection_that_breaks_is_not_noticed_by_those_who_follow(
    client: httpx.Client, incident: str, server: EmbeddedServer
) -> None:
    break_it = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s"
    filed(client, incident, toll("0"))  # the first one introduces its source as well
    with subscribed(client) as events:
        first = filed(client, incident, toll("1"))["position"]
        came, broken = [int(next(events)["id"])], 0
        for figure in range(2, 12):
            with psycopg.connect(server.admin_url) as admin:
                broken += (admin.execute(break_it, (APPLICATION_NAME,)).fetchone() or (0,))[0]
            last = filed(client, incident, toll(str(figure)))["position"]
            while came[-1] < last:
                came.append(int(next(events)["id"]))
            time.sleep(0.1)
        assert came == list(range(first, last + 1))
        assert broken > 1


@pytest.mark.parametrize(("workers", "how"), [(1, signal.SIGINT), (2, signal.SIGTERM)])
def test_a_stop_ends_those_who_follow_at_once_and_not_in_the_middle(
    server: EmbeddedServer, database_url: str, unused_port: int, workers: int, how: signal.Signals
) -> None:
    if server.version // 10_000 != BUNDLED:
        pytest.skip("how a process ends does not depend on the server's version")
    words = ("serve", "--port", str(unused_port), "--workers", str(workers))
    with running(*words, DATABASE_URL=database_url) as command, ExitStack() as following:
        command.wait_for(READY)
        client = following.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{unused_port}", timeout=PATIENCE))
        assert opened(client)
        followers = [following.enter_context(subscribed(client, after=0)) for _ in range(5)]
        assert [next(events)["id"] for events in followers] == ["1"] * 5
        command.process.send_signal(how)
        assert [list(events) for events in followers] == [[]] * 5  # one that is cut off would raise
        assert command.process.wait(PATIENCE) == 0
        assert "Traceback" not in command.err
