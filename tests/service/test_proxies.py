"""Behind a proxy: whose word of TLS and of the client's address is believed."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from service.console.serve import make_app, server_configuration
from service.settings import Settings
from tests.patience import PATIENCE
from tests.service.serving import wait_for

pytestmark = pytest.mark.one_server_will_do

BY_TLS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
STRICT = "strict-transport-security"


@contextmanager
def served(database_url: str, **given: object) -> Iterator[httpx.Client]:
    """Serve as `knownwhen serve` does with these settings."""
    settings = Settings.model_validate({"access": "tokens", **given})
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(server_configuration(make_app(settings, database_url), settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_for(server, thread)
            with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=PATIENCE) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


def test_nobody_is_believed_unless_named(database_url: str) -> None:
    with served(database_url) as client:
        assert STRICT not in client.get("/healthz", headers=BY_TLS).headers
    with served(database_url, proxies="192.0.2.1, 198.51.100.0/24") as client:
        assert STRICT not in client.get("/healthz", headers=BY_TLS).headers


@pytest.mark.parametrize("proxies", ["127.0.0.1", "192.0.2.1, 127.0.0.0/8"])
def test_a_proxy_that_is_named_is_believed(database_url: str, proxies: str) -> None:
    with served(database_url, proxies=proxies) as client:
        assert client.get("/healthz", headers=BY_TLS).headers[STRICT] == "max-age=31536000"
        assert STRICT not in client.get("/healthz").headers


def test_metrics_are_for_this_machine_itself_and_for_auditors(database_url: str) -> None:
    with served(database_url) as client:
        assert client.get("/metrics").status_code == 200
        for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):  # a proxy on this machine that is not named
            assert client.get("/metrics", headers={name: "for=203.0.113.9"}).status_code == 401
    with served(database_url, proxies="127.0.0.1") as client:
        assert client.get("/metrics", headers=BY_TLS).status_code == 401


def test_the_service_does_not_say_what_it_runs_on(database_url: str) -> None:
    with served(database_url) as client:
        for path in ("/healthz", "/no-such-page", "/v1/incidents"):
            assert "server" not in client.get(path).headers
