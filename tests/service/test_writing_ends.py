"""A service that is told to stop while many clients post: what it took, it answers, and what it answered is there."""

import asyncio
import json
import signal
from uuid import uuid4

import httpx
import psycopg
import pytest

from service.console.load_generator import post
from tests.patience import PATIENCE
from tests.service.console import running
from tests.service.serving import CREATED, toll

CLIENTS = 64
READY = "Ctrl-C stops it."
ENOUGH = 300
SLUG = "coast"


class Told:
    """What all clients were told, and when there is enough of it."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, int] = {}
        self.enough = asyncio.Event()

    def add(self, report_id: str, position: int) -> None:
        self.acknowledged[report_id] = position
        if len(self.acknowledged) == ENOUGH:
            self.enough.set()


async def answered(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    return int(head[9:12]), await reader.readexactly(length)


async def client(port: int, told: Told) -> None:
    """Post on one connection until the service closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            report_id = str(uuid4())
            writer.write(post(f"/v1/incidents/{SLUG}/reports", json.dumps(toll(report_id=report_id)).encode()))
            status, body = await answered(reader)
            assert status == CREATED, body
            told.add(report_id, json.loads(body)["position"])
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        writer.close()


@pytest.mark.one_server_will_do
def test_all_that_was_taken_is_answered_before_it_stops(database_url: str, unused_port: int) -> None:
    words = ("serve", "--port", str(unused_port), "--no-projector")
    with running(*words, DATABASE_URL=database_url) as service:
        service.wait_for(READY)
        opening = {"slug": SLUG, "title": "The coast"}
        assert (
            httpx.post(f"http://127.0.0.1:{unused_port}/v1/incidents", json=opening, timeout=PATIENCE).status_code
            == CREATED
        )

        async def work() -> dict[str, int]:
            told = Told()
            clients = [asyncio.create_task(client(unused_port, told)) for _ in range(CLIENTS)]
            await asyncio.wait_for(told.enough.wait(), PATIENCE)
            status = asyncio.create_task(asyncio.to_thread(service.stop, signal.SIGTERM))
            await asyncio.wait_for(asyncio.gather(*clients), PATIENCE)
            assert await status == 0
            return told.acknowledged

        acknowledged = asyncio.run(work())
    with psycopg.connect(database_url) as plain:
        rows = plain.execute("SELECT fact_id::text, notification_id FROM facts WHERE topic = 'toll_revised.v1'")
        assert dict(rows.fetchall()) == acknowledged
