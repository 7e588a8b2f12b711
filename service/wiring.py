"""The one place that picks implementations and reads clock and randomness; everything else is handed what it needs."""

import asyncio
import os
import secrets
import signal
import threading
import uuid
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import partial
from types import FrameType

from fastapi import FastAPI

from service.answers.state_timeline_cache import Chronicles
from service.api.changes import tell
from service.api.projected import ReadModels
from service.api.services import Services
from service.eventstore import LogReader, open_recorder
from service.eventstore.subscription import ChangeReader, Subscription
from service.eventstore.sync_reader import CHANNEL
from service.eventstore.writer import Writer
from service.postgres.pool import make_pool
from service.postgres.readiness import missing
from service.postgres.role import as_service
from service.projections.catalogue import MODELS
from service.projections.engine.runner import Runner
from service.projections.rebuild.job import Built, Ways, build, build_missing
from service.runtime.hosts import Hosts
from service.runtime.time_zones import zone
from service.transparency.publications import Publications
from service.transparency.tree import LogTree

PATIENCE = 3.0
"""How many seconds a read waits for a connection: whoever asks is told early that the database is gone."""

_SALT_BYTES, _SALTS_AT_ONCE = 32, 1_000


@asynccontextmanager
async def services(url: str) -> AsyncGenerator[Services]:
    """Open what the service is made of over the database at `url`; in the end, finish what waits and close it.

    Raises DatabaseUnreachable or DatabaseUnfit.
    """
    address = await asyncio.to_thread(as_service, url)
    pool = make_pool(address)
    pool.timeout = PATIENCE
    with open_recorder(address, salt=salts(), new_id=uuid.uuid4) as recorder:
        async with pool:
            writer = Writer(recorder, zone)
            following = Subscription(address, recorder.channel_name, ChangeReader(pool, tell))
            chronicles = Chronicles(reader := LogReader(pool))
            publications, root_at = Publications(pool), LogTree(pool).root_at
            try:
                yield Services(
                    reader=reader,
                    writer=writer,
                    new_id=uuid.uuid4,
                    missing=partial(missing, pool),
                    publications=publications,
                    root_at=root_at,
                    following=following,
                    read_models=ReadModels(pool, MODELS),
                    chronicles=chronicles,
                )
            finally:
                await chronicles.close()
                await following.close()
                await writer.close()


def make_app(url: str, hosts: Hosts | None = None) -> FastAPI:
    """Make the application; its services open when it starts and close when it stops.

    It answers for `hosts`, by default for those of loopback alone.
    """
    from service.api.app import create_app  # noqa: PLC0415 - most commands serve nothing, and start without it

    return create_app(partial(_served, url), uuid.uuid4, hosts)


@asynccontextmanager
async def _served(url: str) -> AsyncGenerator[Services]:
    """Open the services for a server, which waits for its answers when it is to stop: endless ones then end."""
    async with services(url) as opened:
        with _when_told_to_stop(opened.following.stop):
            yield opened


def make_runner(url: str, stop: threading.Event) -> Runner:
    """Make the projector of the database at `url`, which follows the log until `stop` is set.

    Raises DatabaseUnreachable or DatabaseUnfit.
    """
    address = as_service(url)
    return Runner(address, CHANNEL, _now, partial(build_missing, address, _now, ways=Ways(stop=stop)), stop)


def rebuild(url: str, names: Iterable[str], ways: Ways) -> Built:
    """Build read models anew and let them answer.

    Raises BuildingProblem, PostgresProblem and psycopg.Error.
    """
    return build(as_service(url), names, _now, ways)


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _when_told_to_stop(stop: Callable[[], None]) -> Generator[None]:
    """Have `stop` called in the loop when the process gets SIGINT or SIGTERM, beside what the server does then.

    The server listens to both before it starts us, and tells us only after the last answer. Where
    nobody listens, or in a thread, which gets no signals, nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def told(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)
        if callable(handler := before[signal.Signals(number)]):
            handler(number, frame)

    ours = [each for each, handler in before.items() if callable(handler)]
    for each in ours:
        signal.signal(each, told)
    try:
        yield
    finally:
        for each in ours:
            signal.signal(each, before[each])


def salts() -> Callable[[], bytes]:
    """Return what gives a salt a call. Many are drawn at once: to draw lets go of the interpreter, as does a file."""
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
