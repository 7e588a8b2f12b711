"""Whether the service is up and ready, and what it says when its database is not."""

import contextlib
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from service.api.metrics import Metrics
from service.api.middleware import RequestMiddleware
from service.postgres.embedded import embedded_server
from service.postgres.migrate import migrate
from tests.patience import PATIENCE
from tests.service.conftest import QUICK
from tests.service.serving import opened, problem, service, serving, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)

INSTANCE = UUID("8e10200c-e07c-59a2-88d1-19894c191585")


def test_a_service_that_is_up_and_ready_says_so(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.json(), ready.headers["cache-control"]) == ({"status": "ready"}, "no-store")


def test_a_database_that_was_not_migrated_is_told(bare_database_url: str) -> None:
    with service(bare_database_url) as client:
        assert client.get("/healthz").status_code == 200
        found = problem(client.get("/readyz"), "not-ready", "database")
        assert "knownwhen migrate" in found["errors"][0]["reason"]
        assert "20261122090000" in found["detail"]
        for response in (client.get("/v1/incidents"), client.post("/v1/incidents", json={"slug": "a", "title": "A"})):
            problem(response, "not-ready")
            assert response.headers["retry-after"]
            assert "facts" not in response.text
        migrate(bare_database_url)
        assert client.get("/readyz").status_code == 200
        assert opened(client)


def test_a_database_that_takes_no_writes_is_not_ready(database_url: str) -> None:
    name = database_url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with service(database_url) as client:
        assert "takes no writes" in problem(client.get("/readyz"), "not-ready", "database")["detail"]


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="knownwhen-tests-"))
    yield made
    shutil.rmtree(made)


def test_a_database_that_goes_away_is_a_503(folder: Path) -> None:
    with contextlib.ExitStack() as stack:
        with embedded_server(folder, settings=QUICK) as server:
            migrate(server.url)
            client = stack.enter_context(service(server.url))
            slug = opened(client)
        for response in (
            client.get(f"/v1/incidents/{slug}"),
            client.post(f"/v1/incidents/{slug}/reports", json=toll()),
        ):
            problem(response, "database-unavailable")
            assert response.headers["retry-after"] == "2"
            assert "socket" not in response.text
        problem(client.get("/readyz"), "not-ready", "database")
        assert client.get("/healthz").status_code == 200


def test_connections_that_were_cut_are_replaced(database_url: str) -> None:
    with service(database_url) as client:
        slug = opened(client)
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        until = time.monotonic() + PATIENCE
        while client.get(f"/v1/incidents/{slug}").status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.1)
        assert client.post(f"/v1/incidents/{slug}/reports", json=toll()).status_code == 201


def test_writes_wait_for_another_writer_and_are_told_when_it_takes_too_long(database_url: str) -> None:
    with service(database_url) as client, psycopg.connect(database_url) as holder:
        slug = opened(client)
        holder.execute("SELECT pg_advisory_xact_lock(7741247368241571941)")
        threading.Timer(1, holder.rollback).start()
        assert client.post(f"/v1/incidents/{slug}/reports", json=toll()).status_code == 201


def test_a_fault_names_itself_and_says_nothing_more(capsys: pytest.CaptureFixture[str]) -> None:
    app = FastAPI()

    @app.get("/")
    async def broken() -> None:
        message = "the password is 1234"
        raise RuntimeError(message)

    app.add_middleware(RequestMiddleware, new_id=lambda: INSTANCE, metrics=Metrics())
    with serving(app) as address:
        response = httpx.get(address, timeout=PATIENCE)
    found = problem(response, "internal-error")
    assert found["instance"] == f"urn:uuid:{INSTANCE}"
    assert "1234" not in response.text
    written = capsys.readouterr().out
    assert str(INSTANCE) in written
    assert "the password is 1234" in written, "the log says what happened"
