"""Serving from the command line: where it listens, over which database, with how many workers, and how it ends."""

import contextlib
import json
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from domain.ledger.checkpoint import parse_checkpoint
from domain.ledger.signed_note import parse_key, parse_note, verify
from service.console import migrate, serve
from service.console.command import LOG_NAME, CannotRun, Misuse
from service.console.listener import expect_loopback, listen, listen_for_each, resolve
from service.settings import Settings
from tests.patience import PATIENCE
from tests.service.console import assert_nothing_runs_in, data_folder, ending, run, running

pytestmark = pytest.mark.one_server_will_do

READY = "Ctrl-C stops it."
OPEN = {"slug": "an-incident", "title": "An incident"}


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """Return a data folder for all tests of this file; the first one that serves from it makes the database."""
    with data_folder() as folder:
        yield folder


def until(true: Callable[[], bool], within: float = PATIENCE) -> None:
    """Wait until something is so."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 - none of them is listened on
def test_an_address_that_others_reach_is_refused_without_tokens(host: str) -> None:
    with pytest.raises(Misuse, match="without tokens: other machines reach"):
        expect_loopback(resolve(host, 8000))


def test_that_is_told_before_any_work(tmp_path: Path) -> None:
    settings = {"KNOWNWHEN_ACCESS": "open", "KNOWNWHEN_DATA": tmp_path / "data"}
    done = run("serve", "--host", "0.0.0.0", **settings)  # noqa: S104 - refused
    assert done.returncode == 2
    assert "without tokens" in done.stderr
    assert not (tmp_path / "data").exists()


def test_the_demo_does_not_listen_for_others_either(tmp_path: Path) -> None:
    done = run("demo", KNOWNWHEN_HOST="0.0.0.0", KNOWNWHEN_DATA=tmp_path / "data")  # noqa: S104 - refused
    assert done.returncode == 2
    assert "127.0.0.1" in done.stderr


def test_a_host_that_is_none_is_told() -> None:
    with pytest.raises(Misuse, match="There is no address “no such host” here"):
        resolve("no such host", 8000)


def test_localhost_is_the_address_that_curl_tries() -> None:
    address = resolve("localhost", 8000)
    assert (address.number, address.url) == ("127.0.0.1", "http://localhost:8000")


def test_an_ipv6_address_is_bracketed_in_the_url() -> None:
    assert resolve("::1", 8000).url == "http://[::1]:8000"


def test_a_port_is_taken_as_soon_as_it_is_reserved(unused_port: int) -> None:
    address = resolve("127.0.0.1", unused_port)
    with listen(address), pytest.raises(CannotRun, match=f"port {unused_port} of 127.0.0.1 is taken: whoever listens"):
        listen(address)
    listen(address).close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux spreads connections over sockets of one port")
def test_connections_are_spread_over_the_listeners_of_a_port_that_no_other_server_gets(unused_port: int) -> None:
    address = resolve("127.0.0.1", unused_port)
    with contextlib.ExitStack() as opened:
        listeners = [opened.enter_context(each) for each in listen_for_each(address, 2)]
        for _ in range(64):
            opened.enter_context(socket.create_connection(("127.0.0.1", unused_port)))
        waiting = [0, 0]
        for place, listener in enumerate(listeners):
            listener.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                while True:
                    opened.enter_context(listener.accept()[0])
                    waiting[place] += 1
        assert sum(waiting) == 64
        assert min(waiting) >= 8
        for processes in (1, 2):
            with pytest.raises(CannotRun, match=f"port {unused_port} of 127.0.0.1 is taken"):
                listen_for_each(address, processes)


def test_a_port_just_used_can_be_used_again(unused_port: int) -> None:
    address = resolve("127.0.0.1", unused_port)
    with listen(address) as listener:
        client = socket.create_connection(("127.0.0.1", unused_port))
        listener.accept()[0].close()  # this side closes first, so the system remembers the connection for a while
        client.close()
    listen(address).close()


def test_a_database_of_the_users_own_is_not_migrated_behind_their_back(
    bare_database_url: str, unused_port: int
) -> None:
    done = run("serve", "--port", str(unused_port), DATABASE_URL=bare_database_url)
    assert done.returncode == 3
    assert "Run `knownwhen migrate` first" in done.stderr

    migrated = run("migrate", DATABASE_URL=bare_database_url)
    assert migrated.returncode == 0
    assert "applied 2" in migrated.stdout

    with running("serve", "--port", str(unused_port), DATABASE_URL=bare_database_url) as command:
        command.wait_for(READY)
        assert (
            httpx.post(f"http://127.0.0.1:{unused_port}/v1/incidents", json=OPEN, timeout=PATIENCE).status_code == 201
        )
        assert command.stop() == 0


def test_a_server_with_a_key_signs_what_is_posted(database_url: str, unused_port: int, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": database_url, "KNOWNWHEN_DATA": tmp_path, "KNOWNWHEN_LOG_KEYS": tmp_path / "log-keys"}
    made = run("keys", "log", "create", **settings)
    assert made.returncode == 0, made.stderr
    key = parse_key(made.stdout.partition("\n")[0])
    with running("serve", "--port", str(unused_port), **settings) as command:
        command.wait_for(READY)
        with httpx.Client(base_url=f"http://127.0.0.1:{unused_port}", timeout=PATIENCE) as client:
            for number in range(3):
                posted = client.post("/v1/incidents", json={**OPEN, "slug": f"posted-{number}"}).json()["position"]
                proof = f"/v1/facts/{posted}/proof"
                until(lambda path=proof: client.get(path).status_code == 200)
                note = parse_note(client.get("/v1/log/checkpoint").content)
                assert [each.key for each in verify(note, [key])] == [key]
                assert parse_checkpoint(note.text).size >= posted
        assert command.stop() == 0


def test_migrating_again_changes_nothing(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate.run(Settings(database_url=database_url)) == 0
    assert capsys.readouterr().out.endswith(", as it was.\n")


def test_the_demo_uses_a_database_of_the_users_own(bare_database_url: str, tmp_path: Path, unused_port: int) -> None:
    settings = {"DATABASE_URL": bare_database_url, "KNOWNWHEN_DATA": tmp_path / "data", "KNOWNWHEN_PORT": unused_port}
    with running("demo", **settings) as command:
        command.wait_for(READY)
        url = f"http://127.0.0.1:{unused_port}/v1/incidents/syria-coast-2025"
        answer = httpx.get(url, params={"reported_until": "2025-03-08T23:59:59+03:00"}, timeout=PATIENCE).json()
        assert any(sentence.startswith("Killed, civilians: 340 ") for sentence in answer["data"]["sentences"])
        assert command.stop() == 0
    assert not (tmp_path / "data").exists()

    with running("demo", "--sample", "river-port-2024", **settings) as command:  # a log can hold both
        command.wait_for(READY)
        asked = [line.split("'")[1] for line in command.out.splitlines() if line.strip().startswith("curl ")]
        said = [httpx.get(each, timeout=PATIENCE).json()["data"]["sentences"] for each in asked]
        killed = [next(each for each in sentences if each.startswith("Killed, everyone: ")) for sentences in said]
        assert [sentence.split()[2] for sentence in killed] == ["150", "96", "104"]
        assert command.stop() == 0


def test_a_sample_that_there_is_not_is_told_before_any_work(tmp_path: Path) -> None:
    done = run("demo", "--sample", "syria-coast", KNOWNWHEN_DATA=tmp_path / "data")
    assert (done.returncode, "did you mean “syria-coast-2025”?" in done.stderr) == (2, True)
    assert not (tmp_path / "data").exists()


def test_a_server_that_cannot_start_is_told_without_a_traceback(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unused_port: int
) -> None:
    monkeypatch.setenv("KNOWNWHEN_DATA", str(tmp_path))
    nowhere = "postgresql://someone@127.0.0.1:1/none"

    def work(settings: Settings) -> int:
        with listen(resolve("127.0.0.1", unused_port)) as listener:
            serve.run_server(settings, nowhere, [listener], workers=1, ready=lambda: None)
        return 0

    status, told = ending(work, capfd)
    assert status == 3
    assert "The server did not start" in told
    assert "The database cannot be reached" in told
    assert "Traceback" not in told
    assert "Traceback" in (tmp_path / LOG_NAME).read_text(encoding="utf-8")


def test_a_write_that_was_begun_before_the_stop_is_committed_and_acknowledged(data: Path, unused_port: int) -> None:
    with running("serve", KNOWNWHEN_PORT=unused_port, KNOWNWHEN_DATA=data, KNOWNWHEN_LOG="json") as command:
        command.wait_for(READY)
        with socket.create_connection(("127.0.0.1", unused_port)) as client:
            body = b'{"slug": "begun", "title": "An incident"}'
            head = "POST /v1/incidents HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
            client.sendall(f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
            time.sleep(0.2)
            command.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            client.sendall(body)
            assert client.recv(4096).startswith(b"HTTP/1.1 201")
        assert command.process.wait(PATIENCE) == 0
        assert all(json.loads(line) for line in command.err.splitlines())
    assert_nothing_runs_in(data)


def test_a_body_that_never_comes_does_not_hold_up_the_stop_and_is_no_fault(data: Path, unused_port: int) -> None:
    with running("serve", KNOWNWHEN_PORT=unused_port, KNOWNWHEN_DATA=data) as command:
        command.wait_for(READY)
        with socket.create_connection(("127.0.0.1", unused_port)) as client:
            head = "POST /v1/incidents HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
            client.sendall(f"{head}\r\nContent-Length: 50\r\n\r\n{{".encode())
            time.sleep(0.2)
            command.process.send_signal(signal.SIGINT)
            assert command.process.wait(PATIENCE) == 0
        assert "Exception" not in command.err
    assert_nothing_runs_in(data)


def test_workers_share_one_port_and_one_log_and_end_together(data: Path, unused_port: int) -> None:
    settings = {"KNOWNWHEN_PORT": unused_port, "KNOWNWHEN_DATA": data}
    with running("serve", "--workers", "2", **settings) as command:
        command.wait_for(READY)
        positions = [_opened(unused_port, f"incident-{number}") for number in range(6)]
        assert positions == list(range(positions[0], positions[0] + 6))
        assert command.stop() == 0
    assert_nothing_runs_in(data)


def test_workers_end_when_their_parent_is_killed(data: Path, unused_port: int) -> None:
    with running("serve", "--workers", "2", KNOWNWHEN_PORT=unused_port, KNOWNWHEN_DATA=data) as command:
        command.wait_for(READY)
        assert httpx.get(f"http://127.0.0.1:{unused_port}/healthz", timeout=PATIENCE).status_code == 200
        command.process.kill()
        command.process.wait()
    until(lambda: not _listens(unused_port))
    assert_nothing_runs_in(data)


def _opened(port: int, slug: str) -> int:
    """Open an incident and return its position in the log."""
    body = {"slug": slug, "title": "An incident"}
    return httpx.post(f"http://127.0.0.1:{port}/v1/incidents", json=body, timeout=PATIENCE).json()["position"]


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
