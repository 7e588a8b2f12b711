"""The demo as a newcomer meets it: one command, an answer, Ctrl-C; and everything that may go wrong on the way."""

import json
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.patience import PATIENCE
from tests.service.console import Running, assert_nothing_runs_in, data_folder, run, running, running_in

READY = "Ctrl-C stops it."
INCIDENT = "syria-coast-2025"


@dataclass(frozen=True)
class Demo:
    """A demo that answers."""

    command: Running
    data: Path
    port: int

    @property
    def settings(self) -> dict[str, object]:
        return {"KNOWNWHEN_DATA": self.data, "KNOWNWHEN_PORT": self.port}

    def curls(self) -> list[str]:
        return [line.strip() for line in self.command.out.splitlines() if line.strip().startswith("curl ")]


def a_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with data_folder() as data:
        port = a_port()
        with running("demo", KNOWNWHEN_DATA=data, KNOWNWHEN_PORT=port) as command:
            command.wait_for(READY)
            yield Demo(command, data, port)
            assert command.stop() == 0
        assert_nothing_runs_in(data)


def pasted(line: str) -> str:
    """Do what a user does with a line of the demo."""
    if shutil.which("curl") and (bash := shutil.which("bash")):
        return subprocess.run([bash, "-c", line], capture_output=True, check=True, encoding="utf-8").stdout.strip()
    found = re.fullmatch(r"curl -s '([^']+)' \| grep -o '([^']+)'", line)
    assert found is not None
    return "\n".join(re.findall(found[2], httpx.get(found[1], timeout=PATIENCE).text))


def head(demo: Demo) -> int:
    """Return the position of the last fact that the incident's answer depends on."""
    return httpx.get(f"http://127.0.0.1:{demo.port}/v1/incidents/{INCIDENT}", timeout=PATIENCE).json()["coordinates"][
        "position"
    ]


def test_the_demo_answers_with_the_sample(demo: Demo) -> None:
    answer = httpx.get(f"http://127.0.0.1:{demo.port}/v1/incidents/{INCIDENT}", timeout=PATIENCE)
    assert answer.status_code == 200
    assert demo.command.err.count("66 reports, 2 corrections, 1 retraction") == 1


def test_it_prints_its_address_and_exactly_three_lines_to_paste(demo: Demo) -> None:
    assert f"Open http://127.0.0.1:{demo.port}/incidents/{INCIDENT} in a browser." in demo.command.out
    assert len(demo.curls()) == 3
    assert demo.command.out.count("curl") == 3


def test_the_lines_show_what_was_said_and_when(demo: Demo) -> None:
    eighth, twelfth, earlier = map(pasted, demo.curls())
    assert eighth.startswith("Killed, civilians: 340 (SOHR, 8 March")
    assert "229 (Rudaw" in eighth
    assert twelfth.startswith("Killed, civilians: 1,383 (SOHR, 12 March")
    assert earlier.startswith("Killed, civilians: 340 (SOHR, 8 March")
    assert "229" not in earlier


def test_the_third_line_asks_for_the_past_what_the_first_asks_for_now(demo: Demo) -> None:
    now, _, earlier = (re.findall("'(http[^']+)'", line)[0] for line in demo.curls())
    asked_now, asked_earlier = (parse_qs(urlsplit(url).query) for url in (now, earlier))
    assert asked_earlier.pop("as_of")[0].startswith("@")
    assert asked_now == asked_earlier
    assert httpx.get(earlier, timeout=PATIENCE).json()["coordinates"]["closed"] is True


def test_a_second_start_says_that_one_runs_already(demo: Demo) -> None:
    second = run("demo", **demo.settings)
    assert second.returncode == 3
    assert f"port {demo.port} of 127.0.0.1 is taken: a Knownwhen runs there already" in second.stderr
    assert "KNOWNWHEN_PORT=" in second.stderr


def test_a_second_start_on_another_port_says_that_the_folder_is_in_use(demo: Demo) -> None:
    second = run("demo", KNOWNWHEN_DATA=demo.data, KNOWNWHEN_PORT=a_port())
    assert second.returncode == 3
    assert f"process {demo.command.process.pid}" in second.stderr
    assert str(demo.data) in second.stderr


def test_a_port_that_another_program_has_is_told_before_any_work() -> None:
    with data_folder() as data, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run("demo", KNOWNWHEN_DATA=data, KNOWNWHEN_PORT=port)
        assert done.returncode == 3
        assert f"port {port} of 127.0.0.1 is taken" in done.stderr
        assert not data.exists()


def test_replay_beside_the_running_demo_gives_the_bytes_that_http_gives(demo: Demo) -> None:
    done = run(
        "replay", INCIDENT, "--reported-until", "2025-03-09T23:59:59Z", "--as-of", "@150", "--json", **demo.settings
    )
    assert done.returncode == 0
    asked = f"/v1/incidents/{INCIDENT}?reported_until=2025-03-09T23:59:59Z&as_of=@150"
    assert done.stdout.encode() == httpx.get(f"http://127.0.0.1:{demo.port}{asked}", timeout=PATIENCE).content + b"\n"


def test_the_doctor_finds_nothing_to_mend_beside_the_running_demo(demo: Demo) -> None:
    done = run("doctor", "--json", **demo.settings)
    assert done.returncode == 0
    found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert found[f"port {demo.port}"]["found"] == f"a Knownwhen answers at http://127.0.0.1:{demo.port}"
    assert found["log"]["verdict"] == "ok"
    assert {"migrations", "append-only", "rights", "database"} <= found.keys()


def test_a_demo_that_was_stopped_or_killed_goes_on_where_it_was() -> None:
    with data_folder() as data:
        settings = {"KNOWNWHEN_DATA": data, "KNOWNWHEN_PORT": a_port()}

        with running("demo", **settings) as first:
            time.sleep(2)  # somewhere between the first step and the last
            first.process.kill()

        with running("demo", **settings) as second:
            second.wait_for(READY)
            asked = Demo(second, data, int(str(settings["KNOWNWHEN_PORT"])))
            position = head(asked)
            lines = asked.curls()
            second.process.kill()

        with running("demo", **settings) as third:
            third.wait_for(READY)
            assert "is loaded already" in third.err
            assert head(asked) == position
            assert Demo(third, data, asked.port).curls() == lines
            assert third.stop(signal.SIGTERM) == 0
            assert running_in(data) == []

        with ThreadPoolExecutor(2) as users:  # one of them runs the server, and the other one finds it or waits
            asked_at_once = [users.submit(run, "replay", INCIDENT, "--json", **settings) for _ in range(2)]
        digests = {json.loads(each.result().stdout)["digest"] for each in asked_at_once}
        assert [each.result().stderr for each in asked_at_once] == ["", ""]
        assert len(digests) == 1
        assert run("doctor", "--json", **settings).returncode == 0


def test_ctrl_c_while_it_starts_leaves_nothing_behind() -> None:
    with data_folder() as data, running("demo", KNOWNWHEN_DATA=data, KNOWNWHEN_PORT=a_port()) as command:
        while not (data / "postgres.lock").exists():
            assert command.process.poll() is None
            time.sleep(0.01)
        time.sleep(0.3)
        assert command.stop() == 130
        assert_nothing_runs_in(data)
