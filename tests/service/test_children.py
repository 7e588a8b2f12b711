"""Commands that start further processes, run in a folder whose files have the names of ours and of Python's own."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.service.console import PATIENCE, ROOT, Running, environment

pytestmark = pytest.mark.one_server_will_do

NAMES = ("service", "domain", "json", "pickle", "socket", "signal", "typer", "structlog", "uvicorn", "psycopg")
HOSTILE = "import pathlib\npathlib.Path({marker!r}).touch()\nraise SystemExit('the wrong one')\n"
# As pip makes it for `knownwhen`: what a script imports from is its own folder, and not the current one.
SCRIPT = "import sys\nfrom service.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Return a folder in which to import anything by name leaves a trace and goes wrong."""
    folder = tmp_path / "hostile"
    (folder / "ran").mkdir(parents=True)
    for name in NAMES:
        (folder / f"{name}.py").write_text(HOSTILE.format(marker=str(folder / "ran" / name)))
    return folder


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """Return what runs `knownwhen` as it is installed."""
    script = tmp_path / "bin" / "knownwhen"
    script.parent.mkdir()
    script.write_text(SCRIPT)
    return [sys.executable, str(script)]


def ran_in(folder: Path) -> list[str]:
    return [each.name for each in (folder / "ran").iterdir()]


def run(command: list[str], hostile: Path, *words: str, **settings: object) -> str:
    done = subprocess.run(
        [*command, *words],
        capture_output=True,
        check=False,
        cwd=hostile,
        encoding="utf-8",
        env=environment(**settings),
        timeout=PATIENCE,
    )
    assert ran_in(hostile) == []
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_rebuilding_imports_nothing_from_the_current_folder(
    command: list[str], hostile: Path, database_url: str
) -> None:
    told = run(command, hostile, "rebuild", "--workers", "2", "--json", DATABASE_URL=database_url)
    assert '"incidents"' in told


def test_a_large_import_imports_nothing_from_the_current_folder(
    command: list[str], hostile: Path, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "large.ndjson"
    file.write_text(f'{{"kind": "{"x" * 60_000}"}}\n' * 220)  # large enough to be read beside, and quickly refused
    told = run(command, hostile, "import", "ndjson", str(file), "--json", DATABASE_URL=database_url)
    assert "220" in told


def test_measuring_imports_nothing_from_the_current_folder(command: list[str], hostile: Path, tmp_path: Path) -> None:
    told = run(command, hostile, "bench", "--reports", "100", "--json", KNOWNWHEN_DATA=tmp_path / "data")
    assert '"measured"' in told


def test_migrating_imports_nothing_from_the_current_folder(
    command: list[str], hostile: Path, bare_database_url: str
) -> None:
    run(command, hostile, "migrate", DATABASE_URL=bare_database_url)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serving_imports_nothing_from_the_current_folder(
    command: list[str],
    hostile: Path,
    database_url: str,
    unused_port: int,
    monkeypatch: pytest.MonkeyPatch,
    workers: str,
) -> None:
    monkeypatch.setattr("tests.service.console.COMMAND", command)
    settings: Mapping[str, object] = {
        "DATABASE_URL": database_url,
        "KNOWNWHEN_PORT": unused_port,
        "KNOWNWHEN_HOSTS": "log.example",
    }
    serving = Running("serve", "--workers", workers, settings=settings, folder=hostile)
    try:
        serving.wait_for("Ctrl-C stops it.")
        address = f"http://127.0.0.1:{unused_port}"
        body = {"slug": "here", "title": "Here"}
        with httpx.Client(base_url=address, headers={"Host": "log.example"}, timeout=PATIENCE) as client:
            assert client.post("/v1/incidents", json=body).status_code == 201
            answer = client.get("/v1/incidents/here")
        assert answer.status_code == 200
        assert httpx.get(f"{address}/healthz", headers={"Host": "evil.example"}).status_code == 421
        assert serving.stop() == 0
    finally:
        serving.process.kill()
    assert ran_in(hostile) == []


def test_the_trap_is_one(hostile: Path) -> None:
    subprocess.run([sys.executable, "-m", "service.cli"], cwd=hostile, env={"PYTHONPATH": str(ROOT)}, check=False)
    assert ran_in(hostile) == ["service"]
