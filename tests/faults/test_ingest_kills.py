"""While clients file reports and try again, service and PostgreSQL are killed: what was acknowledged is there, once.

FAULT_ROUNDS says how often something is killed (8), FAULT_SEED repeats the order of what a failure printed.
"""

import json
import os
import secrets
import socket
import time
from collections import Counter
from collections.abc import Iterator
from random import Random
from uuid import uuid4

import pytest

from domain.incident.commands import OpenIncident
from service.eventstore.writer import WriteRequest
from service.postgres.pool import connect
from service.postgres.role import service_role_url
from tests.faults.ingesting import SLUGS, Clients, listener, start_service
from tests.faults.killing import Machine, kill, machine
from tests.faults.writing import writing
from tests.patience import PATIENCE

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "8"))
SEED = int(os.environ.get("FAULT_SEED") or secrets.randbelow(10**9))
CLIENTS = 16
OF_POSTGRES = 8
"""One kill in so many is PostgreSQL's, which takes longest to come back."""
LOG = "SELECT notification_id, originator_id, originator_version, topic, state FROM facts ORDER BY 1"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Machine]:
    with machine() as running:
        yield running


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with listener() as made:
        yield made


def _more_than(clients: Clients, before: int) -> None:
    """Wait until clients have been told of so many more, so that each kill meets work."""
    until = time.monotonic() + PATIENCE
    while len(clients.acknowledged) <= before and not clients.unexpected:
        assert time.monotonic() < until
        time.sleep(0.005)


def test_what_was_acknowledged_is_there_once(postgres: Machine, listening: socket.socket) -> None:
    print(f"FAULT_SEED={SEED}")  # noqa: T201 - pytest shows it where the test fails
    chance = Random(SEED)  # noqa: S311 - to be repeated
    postgres.create("ingest")
    with writing(service_role_url(postgres.url("ingest"))) as writer:
        writer.commit([WriteRequest(OpenIncident(slug=slug, title=slug), uuid4(), bytes(32)) for slug in SLUGS])
    kills = [place % OF_POSTGRES == 0 for place in range(ROUNDS)]
    chance.shuffle(kills)
    service = start_service(postgres.url("ingest"), listening)
    try:
        with Clients(listening.getsockname()[1], CLIENTS) as clients:
            for of_postgres in kills:
                _more_than(clients, len(clients.acknowledged) + chance.randrange(40))
                time.sleep(chance.uniform(0, 0.02))
                if of_postgres:
                    postgres.kill()
                kill(service)
                service = start_service(postgres.url("ingest"), listening)
        assert clients.unexpected == []
        _assert_once(postgres.url("ingest"), clients.acknowledged)
    finally:
        kill(service)


def _assert_once(url: str, acknowledged: dict[str, int]) -> None:
    with connect(service_role_url(url)) as connection:
        rows = connection.execute(LOG).fetchall()
    assert [position for position, *_ in rows] == list(range(1, len(rows) + 1))
    versions: Counter[object] = Counter()
    filed: dict[str, list[int]] = {}
    for position, stream, version, topic, state in rows:
        versions[stream] += 1
        assert version == versions[stream]
        if topic == "toll_revised.v1":
            filed.setdefault(json.loads(state)["report_id"], []).append(position)
    assert {report_id: [at] for report_id, at in acknowledged.items()} == filed
