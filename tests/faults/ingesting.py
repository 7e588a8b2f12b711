"""Clients that file reports over HTTP and send each again until it is acknowledged, and the service they send to."""

import http.client
import json
import logging
import socket
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from typing import Any, Final, Self

import orjson
import structlog
import uvicorn

from service.wiring import make_app
from tests.faults.killing import start
from tests.patience import PATIENCE

SLUGS: Final = tuple(f"incident-{place}" for place in range(4))
_CREATED, _UNAVAILABLE = 201, 503
_PAUSE: Final = 0.02


def listener() -> socket.socket:
    """Listen on a port that stays while services come and go: who connects meanwhile waits for the next one."""
    made = socket.create_server(("127.0.0.1", 0), backlog=128)
    made.set_inheritable(True)
    return made


def start_service(url: str, listening: socket.socket) -> BaseProcess:
    """Start a service over the database at `url`, which is killed."""
    return start(_serve, url, listening)


def _serve(url: str, listening: socket.socket) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    config = uvicorn.Config(make_app(url), http="httptools", loop="uvloop", log_config=None, access_log=False)
    with suppress(SystemExit):  # its PostgreSQL was killed before it had looked at it
        uvicorn.Server(config).run(sockets=[listening])


def report(figure: int) -> dict[str, Any]:
    """Return a report with an id of its own."""
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": f"{figure}"}}
    return {
        "report_id": str(uuid.uuid4()),
        "kind": "toll_revised",
        "source": f"source-{figure % 7}",
        "reported_at": "2025-03-12",
        "claims": [claim],
    }


@dataclass(slots=True)
class Client:
    """Files one report after the other, each until it is acknowledged, and keeps what it was told."""

    port: int
    number: int
    stop: threading.Event
    acknowledged: dict[str, int] = field(default_factory=dict[str, int])
    unexpected: list[str] = field(default_factory=list[str])
    _connection: http.client.HTTPConnection | None = None

    def work(self) -> None:
        """File reports until told to stop; the last one is acknowledged as well."""
        place = self.number
        while not self.stop.is_set():
            self._file(SLUGS[place % len(SLUGS)], report(place))
            place += 1
        if self._connection:
            self._connection.close()

    def _file(self, slug: str, sent: dict[str, Any]) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            status, body = self._post(f"/v1/incidents/{slug}/reports", orjson.dumps(sent))
            if status == _CREATED:
                self.acknowledged[sent["report_id"]] = json.loads(body)["position"]
                return
            if status not in (0, _UNAVAILABLE):
                self.unexpected.append(f"{status} {body[:500]!r}")
                return
            time.sleep(_PAUSE)
        self.unexpected.append(f"nobody took {sent['report_id']}")

    def _post(self, target: str, body: bytes) -> tuple[int, bytes]:
        """Post once; the status is 0 where the connection broke, so that nobody knows what became of it."""
        connection = self._connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("POST", target, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            found = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self._connection = None
            return 0, b""
        self._connection = connection
        return found


@dataclass(slots=True)
class Clients:
    """Many clients at work."""

    port: int
    number: int
    made: list[Client] = field(default_factory=list[Client])
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread])

    def __enter__(self) -> Self:
        """Set all of them to work."""
        self.made = [Client(self.port, place, self._stop) for place in range(self.number)]
        self._threads = [threading.Thread(target=each.work, daemon=True) for each in self.made]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let each finish what it is about."""
        self._stop.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE)

    @property
    def acknowledged(self) -> dict[str, int]:
        """By the id of each report, the position that was told."""
        return {report_id: at for each in list(self.made) for report_id, at in list(each.acknowledged.items())}

    @property
    def unexpected(self) -> list[str]:
        """What should not have been answered."""
        return [told for each in self.made for told in each.unexpected]
