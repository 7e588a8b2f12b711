"""A running service for tests: uvicorn on a free port of this machine, over a real database, and a client to it."""

import socket
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp

from service.api.errors.types import MEDIA_TYPE, TYPES
from service.wiring import make_app
from tests.patience import PATIENCE

CREATED = 201


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve `app` in a thread and yield its address; it has stopped, and closed what it opened, in the end."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, http="httptools", loop="uvloop", lifespan="on", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_for(server, thread)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


@contextmanager
def service(url: str) -> Iterator[httpx.Client]:
    """Serve the database at `url` and yield a client of that service."""
    with serving(make_app(url)) as address, httpx.Client(base_url=address, timeout=PATIENCE) as client:
        yield client


def wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    """Wait until a server that runs in a thread answers."""
    until = time.monotonic() + PATIENCE
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            message = "the service did not start"
            raise RuntimeError(message)
        time.sleep(0.01)


def opened(client: httpx.Client, **given: object) -> str:
    """Open an incident that no other test has, and return its slug."""
    slug = f"incident-{uuid.uuid4()}"
    clock = {} if "time_zone" in given else {"utc_offset": "+03:00"}
    body = {"slug": slug, "title": "Syrian coast", **clock, **given}
    assert client.post("/v1/incidents", json=body).status_code == CREATED
    return slug


def toll(figure: str = "1,383", **given: object) -> dict[str, Any]:
    """Return a report of one figure, killed civilians as SOHR has them, that differs in what is `given`."""
    claim = {"id": "1", "measure": "killed", "population": {"status": ["civilian"]}, "count": {"verbatim": figure}}
    return {"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-12", "claims": [claim], **given}


def filed(client: httpx.Client, slug: str, report: Mapping[str, Any]) -> dict[str, Any]:
    """File a report and return what was answered."""
    response = client.post(f"/v1/incidents/{slug}/reports", json=report)
    assert response.status_code == CREATED, response.text
    return response.json()


def problem(response: httpx.Response, slug: str, field: str | None = None) -> dict[str, Any]:
    """See that a response is this problem, about this field if one is given, and return it."""
    document: dict[str, Any] = response.json()
    kind = TYPES[slug]
    assert (document["type"], document["status"], response.status_code) == (kind.uri, kind.status, kind.status), (
        document
    )
    assert response.headers["content-type"] == MEDIA_TYPE
    assert document["title"] == kind.title
    assert document["detail"]
    if field is not None:
        assert field in {each["field"] for each in document["errors"]}, document
        assert all(each["reason"] for each in document["errors"])
    return document
