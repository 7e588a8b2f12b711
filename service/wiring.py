"""Dependency injection: picks the implementations; no other module reads the clock or randomness."""

import asyncio
import os
import secrets
import signal
import threading
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

import psycopg
from psycopg_pool import PoolTimeout

from service.answers.answering_process import AnsweringProcess
from service.eventstore import LogReader, open_recorder
from service.eventstore.change_subscription import ChangeReader, Subscription
from service.eventstore.sync_reader import CHANNEL
from service.eventstore.writer import Writer
from service.postgres.pool import make_pool
from service.postgres.readiness import readiness_problems
from service.postgres.role import service_role_url
from service.projections.catalogue import MODELS
from service.projections.engine.runner import Runner
from service.projections.rebuild.job import RebuildOptions, RebuildResult, rebuild_missing, run_rebuild
from service.runtime.hosts import Hosts
from service.runtime.time_zones import zone
from service.transparency.publications import PublicationIndex
from service.transparency.tree import LogTree

if TYPE_CHECKING:  # the framework takes a third of a second to import, which most commands and processes do not need
    from fastapi import FastAPI

    from service.api.services import Services

PATIENCE = 3.0
"""How many seconds a read waits for a connection, so that an outage is answered early."""

_SALT_BYTES, _SALTS_AT_ONCE = 32, 1_000


class OpenedLog(NamedTuple):
    """Read access to the log and its publications. `root_at` returns the Merkle root of the log at a position."""

    reader: LogReader
    publications: PublicationIndex
    root_at: Callable[[int], Awaitable[bytes]]


@asynccontextmanager
async def opened_log(url: str) -> AsyncGenerator[OpenedLog]:
    """Open the log at `url` for reading. Raises DatabaseUnreachable or DatabaseUnfit."""
    pool = make_pool(await asyncio.to_thread(service_role_url, url))
    pool.timeout = PATIENCE
    async with pool:
        yield OpenedLog(LogReader(pool), PublicationIndex(pool), LogTree(pool).root_at)


@asynccontextmanager
async def services(url: str) -> AsyncGenerator["Services"]:
    """Open the services over the database at `url`; in the end, finish waiting writes and close them.

    Raises DatabaseUnreachable or DatabaseUnfit.
    """
    from service.api.read_models import ReadModels  # noqa: PLC0415
    from service.api.resources.changes import format_change  # noqa: PLC0415
    from service.api.services import Services  # noqa: PLC0415

    address = await asyncio.to_thread(service_role_url, url)
    pool = make_pool(address)
    pool.timeout = PATIENCE
    with open_recorder(address, salt=salt_source(), new_id=uuid.uuid4) as recorder:
        async with pool:
            writer = Writer(recorder, zone)
            following = Subscription(address, recorder.channel_name, ChangeReader(pool, format_change))
            answering = AnsweringProcess(reader := LogReader(pool), address)
            publications, root_at = PublicationIndex(pool), LogTree(pool).root_at
            try:
                yield Services(
                    reader=reader,
                    writer=writer,
                    new_id=uuid.uuid4,
                    missing_for_readiness=partial(readiness_problems, pool),
                    publications=publications,
                    root_at=root_at,
                    subscription=following,
                    read_models=ReadModels(pool, MODELS),
                    answering=answering,
                )
            finally:
                await answering.close()
                await following.close()
                await writer.close()


def make_app(url: str, hosts: Hosts | None = None) -> "FastAPI":
    """Make the application; its services open when it starts and close when it stops.

    It answers for `hosts`, by default for those of loopback alone.
    """
    from service.api.app import create_app  # noqa: PLC0415

    return create_app(partial(_served, url), uuid.uuid4, hosts)


@asynccontextmanager
async def _served(url: str) -> AsyncGenerator["Services"]:
    """Open the services for a server, and read the largest incidents before they are asked about.

    On a signal, endless answers end, since the server waits for them.
    """
    async with services(url) as opened:
        preparing = asyncio.create_task(opened.answering.prepare())
        with _call_on_signal(opened.subscription.stop):
            yield opened
        preparing.cancel()
        with suppress(asyncio.CancelledError, psycopg.Error, PoolTimeout):
            await preparing


def make_runner(url: str, stop: threading.Event) -> Runner:
    """Make the projector of the database at `url`, which follows the log until `stop` is set.

    Raises DatabaseUnreachable or DatabaseUnfit.
    """
    address = service_role_url(url)
    return Runner(
        address, CHANNEL, _now, partial(rebuild_missing, address, _now, options=RebuildOptions(stop=stop)), stop
    )


def rebuild(url: str, names: Iterable[str], ways: RebuildOptions) -> RebuildResult:
    """Rebuild read models and cut over to them.

    Raises RebuildProblem, PostgresProblem and psycopg.Error.
    """
    return run_rebuild(service_role_url(url), names, _now, ways)


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _call_on_signal(stop: Callable[[], None]) -> Generator[None]:
    """Call `stop` in the loop on SIGINT and SIGTERM, beside the handlers that are set.

    The server sets its handlers before it starts the application, and ends it only after the last
    answer. Without handlers, or in a thread, which gets no signals, nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def call_both(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)
        if callable(handler := before[signal.Signals(number)]):
            handler(number, frame)

    handled = [each for each, handler in before.items() if callable(handler)]
    for each in handled:
        signal.signal(each, call_both)
    try:
        yield
    finally:
        for each in handled:
            signal.signal(each, before[each])


def salt_source() -> Callable[[], bytes]:
    """Return a function that returns a new salt. Salts are drawn 1,000 at a time: `token_bytes` releases the GIL."""
    drawn: list[bytes] = []
    os.register_at_fork(after_in_child=drawn.clear)  # or parent and child would give the same

    def salt() -> bytes:
        try:
            return drawn.pop()
        except IndexError:
            some = secrets.token_bytes(_SALT_BYTES * _SALTS_AT_ONCE)
            drawn.extend(some[start : start + _SALT_BYTES] for start in range(_SALT_BYTES, len(some), _SALT_BYTES))
            return some[:_SALT_BYTES]

    return salt
