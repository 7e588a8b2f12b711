"""Wheels, installed as newcomers do it: `uvx knownwhen demo` in an empty folder; and the client alone."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.service.console import assert_nothing_runs_in, data_folder
from tests.service.test_demo import READY, a_port

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SECRET = ("KNOWNWHEN_", "DATABASE_URL", "PYTHON", "VIRTUAL_ENV")


def built(project: Path, target: Path) -> Path:
    """Build the wheel of a project, and return it."""
    command = [sys.executable, "-I", "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(command, cwd=project, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = target.iterdir()
    return wheel


def clean_environment(**settings: object) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(SECRET)}
    return {**plain, **{name: str(value) for name, value in settings.items()}}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return an empty folder, in which nothing may run in the end."""
    with data_folder() as data:
        data.mkdir()
        yield data
        assert_nothing_runs_in(data)


def answered(address: str, process: subprocess.Popen[str]) -> bytes:
    """Return what an address answers, once it does."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(address) as answer:  # noqa: S310 - our own service
            return answer.read()
        time.sleep(0.2)
    pytest.fail(f"{address} was not answered; the status is {process.poll()}")


def test_uvx_runs_the_demo_of_a_wheel_in_an_empty_folder(folder: Path, tmp_path: Path) -> None:
    wheel, port = built(ROOT, tmp_path / "wheel"), a_port()
    constraints = tmp_path / "constraints.txt"
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    constraints.write_text("\n".join(line.removesuffix(" \\") for line in lines if "==" in line and line[0].isalpha()))
    command = [BIN / "uvx", "--isolated", "--constraints", constraints, "--from", wheel, "knownwhen", "demo"]
    out = tmp_path / "out"
    with out.open("w") as written:
        process = subprocess.Popen(
            command, cwd=folder, env=clean_environment(KNOWNWHEN_PORT=port), stdout=written, stderr=written, text=True
        )
        try:
            assert b'"service":"knownwhen"' in answered(f"http://127.0.0.1:{port}/", process)
            assert b"syria-coast-2025" in answered(f"http://127.0.0.1:{port}/v1/incidents/syria-coast-2025", process)
            until = time.monotonic() + PATIENCE
            while READY not in out.read_text() and time.monotonic() < until:
                time.sleep(0.1)
            assert READY in out.read_text()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
    assert {each.name for each in folder.iterdir()} == {"data"}


def test_the_client_is_a_wheel_that_needs_httpx_alone(tmp_path: Path) -> None:
    wheel = built(ROOT / "service" / "client", tmp_path / "wheel")
    with zipfile.ZipFile(wheel) as packed:
        assert "knownwhen/client/py.typed" in packed.namelist()
        assert not [
            name for name in packed.namelist() if not name.startswith(("knownwhen/client/", "knownwhen_client-"))
        ]
    program = (
        "import importlib.util, knownwhen.client; assert importlib.util.find_spec('fastapi') is None; print('there')"
    )
    command = [BIN / "uv", "run", "--isolated", "--no-project", "--with", wheel, "python", "-I", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, check=False)
    assert done.stdout == "there\n", done.stderr
