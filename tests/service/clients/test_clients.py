"""Programs that people have ask a live service, each as its users would: `make clients`."""

import asyncio
import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service import wiring
from service.console import samples
from service.wiring import make_app
from tests.service.projected import projecting
from tests.service.serving import serving

pytestmark = [pytest.mark.clients, pytest.mark.one_server_will_do]

BIN = Path(__file__).parents[3] / ".venv-clients" / "bin"
CLIENT = Path(__file__).parents[3] / "service" / "client"
SCRIPTS = Path(__file__).parent / "scripts"


async def _load(url: str) -> None:
    async with wiring.services(url) as services:
        await samples.load(services.writer, samples.read_named("syria-coast-2025"), lambda _: None)


@pytest.fixture(scope="module")
def site(migrated_template: str, create_database: Callable[[str], str]) -> Iterator[str]:
    """Return the address of a service with the sample and a projector."""
    url = create_database(migrated_template)
    asyncio.run(_load(url))
    with projecting(url), serving(make_app(url)) as address:
        yield address


@pytest.fixture(scope="module")
def openapi(site: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("openapi") / "openapi.json"
    with urllib.request.urlopen(f"{site}/openapi.json") as answer:  # noqa: S310 - our own service
        path.write_bytes(answer.read())
    return path


def run(*words: str | Path) -> str:
    """Run a program of the clients' environment, and return what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([BIN / words[0], *words[1:]], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def script(name: str, *words: str | Path) -> str:
    return run("python", "-I", SCRIPTS / f"{name}.py", *words)


@pytest.mark.parametrize("name", ["pandas_reads", "libhxl_validates", "ogr_reads", "sse_hears"])
def test_a_library_reads_by_the_address_as_pasted(site: str, name: str) -> None:
    assert script(name, site)


def test_sql_is_asked_of_files_that_were_fetched(site: str, tmp_path: Path) -> None:
    assert "reports" in script("duckdb_reads", site, tmp_path)


def test_datasette_shows_the_sqlite_export(site: str, tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    urllib.request.urlretrieve(f"{site}/v1/exports/sqlite", path)  # noqa: S310 - our own service
    asked = run("datasette", path, "--get", "/log/reports.json?_shape=array")
    assert len(json.loads(asked)) > 20


def test_a_generated_client_asks(site: str, openapi: Path, tmp_path: Path) -> None:
    run("openapi-python-client", "generate", "--path", openapi, "--output-path", tmp_path / "made", "--meta", "none")
    assert script("generated_asks", site, tmp_path)


def test_models_are_generated(openapi: Path, tmp_path: Path) -> None:
    made = tmp_path / "models.py"
    run("datamodel-codegen", "--input", openapi, "--output", made, "--output-model-type", "pydantic_v2.BaseModel")
    run("python", "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import models; models.StateAnswer")


def test_the_client_makes_typed_frames(site: str) -> None:
    assert script("client_frames", site, CLIENT)


def test_every_cell_of_the_notebook_runs(site: str) -> None:
    environment = {"KNOWNWHEN": site, "PYTHONPATH": str(CLIENT), "MPLBACKEND": "Agg", "PATH": os.environ["PATH"]}
    asked = [BIN / "python", "-m", "docs.notebook", "--all"]
    done = subprocess.run(asked, cwd=CLIENT.parents[1], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Killed, civilians: 1,383" in done.stdout
