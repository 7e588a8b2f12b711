"""A running service with its projector beside it, for tests of what is read from read models."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from service.wiring import make_runner
from tests.patience import PATIENCE
from tests.service.serving import service

BEHIND = 503


@contextmanager
def projecting(url: str) -> Iterator[None]:
    """Keep the read models of a database at the end of its log, in a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=make_runner(url, stop).run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)


@contextmanager
def projected_service(url: str) -> Iterator[httpx.Client]:
    """Serve the database at `url` with its projector, and yield a client of that service."""
    with projecting(url), service(url) as client:
        yield client


def head(client: httpx.Client) -> int:
    """Return the last position of the log."""
    return client.get("/v1/projections").json()["position"]


def read(client: httpx.Client, address: str, **asked: Any) -> dict[str, Any]:
    """Return what is read once all that was recorded counts."""
    until = time.monotonic() + PATIENCE
    params = {"min_position": max(head(client), 1), **asked}
    response = client.get(address, params=params)
    while response.status_code == BEHIND and time.monotonic() < until:  # it says to ask again
        response = client.get(address, params=params)
    assert response.status_code == 200, response.text
    return response.json()
