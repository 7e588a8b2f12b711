"""Dependency injection: picks the implementations; no other module reads the clock or randomness."""

import asyncio
import os
import secrets
import signal
import threading
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from domain.ledger.signed_note import ED25519, SigningKey
from service.access.authenticator import Authenticator
from service.access.fetching import fetch_json
from service.access.issuing import TokenIssuing
from service.access.oidc import Issuer, IssuerSettings
from service.access.request_limits import RequestLimits
from service.access.sealing.envelope import KEY_BYTES
from service.access.sealing.key_encryption import KeyEncryption, NoKeys, add_key, key_encryption
from service.access.sealing.reading import SealedReader
from service.access.sealing.source_keys import SourceKeys
from service.access.sessions import SessionStore
from service.access.tokens import TokenStore
from service.answers.answering_process import AnsweringProcess
from service.eventstore import LogReader, open_recorder
from service.eventstore.change_subscription import ChangeReader, Subscription
from service.eventstore.sync_reader import CHANNEL
from service.eventstore.writer import Writer, WriterMetrics
from service.postgres.pool import connect, make_pool
from service.postgres.readiness import readiness_problems
from service.postgres.role import service_role_url
from service.projections.catalogue import MODELS
from service.projections.engine.runner import Runner
from service.projections.rebuild.job import RebuildOptions, RebuildResult, rebuild_missing, run_rebuild
from service.runtime.hosts import Hosts
from service.runtime.time_zones import zone
from service.settings import Settings
from service.transparency.bundling import BundleMaker
from service.transparency.fork_guard import ForkGuard
from service.transparency.publications import PublicationIndex
from service.transparency.signed_log import SignedLog
from service.transparency.signing import SigningProcess, SigningSettings
from service.transparency.tree import LogTree

if TYPE_CHECKING:  # the framework takes a third of a second to import, which most commands and processes do not need
    from fastapi import FastAPI
    from opentelemetry.trace import Tracer

    from service.api.services import Services

PATIENCE = 3.0
"""How many seconds a read waits for a connection, so that an outage is answered early."""

_SALT_BYTES, _SALTS_AT_ONCE = 32, 1_000


@dataclass(frozen=True, slots=True)
class TokensNeeded:
    """How tokens are verified.

    With `public_read` the collection `public` may be read without one; `rate` is the most requests of each in a minute;
    `issuer` is that whose JWTs are taken.
    """

    public_read: bool = False
    rate: int = 60_000
    issuer: IssuerSettings | None = None


class OpenedLog(NamedTuple):
    """Read access to the log and its publications. `root_at` returns the Merkle root of the log at a position."""

    reader: LogReader
    publications: PublicationIndex
    root_at: Callable[[int], Awaitable[bytes]]
    signed_log: SignedLog

    @property
    def bundles(self) -> BundleMaker:
        """What makes bundles of it."""
        return BundleMaker(self.reader, self.publications, self.signed_log, self.root_at)


@asynccontextmanager
async def opened_log(url: str) -> AsyncGenerator[OpenedLog]:
    """Open the log at `url` for reading. Raises DatabaseUnreachable or DatabaseUnfit."""
    pool = make_pool(await asyncio.to_thread(service_role_url, url))
    pool.timeout = PATIENCE
    async with pool:
        yield OpenedLog(LogReader(pool), PublicationIndex(pool), LogTree(pool).root_at, SignedLog(pool))


@asynccontextmanager
async def services(
    url: str,
    tokens: TokensNeeded | None = None,
    keys: KeyEncryption | None = None,
    metrics: WriterMetrics | None = None,
) -> AsyncGenerator["Services"]:
    """Open the services over the database at `url`; in the end, finish waiting writes and close them.

    Without `tokens`, none is needed to ask them; without `keys` no report with a sealed part is taken. What they write
    is counted in `metrics`. Raises DatabaseUnreachable or DatabaseUnfit.
    """
    from service.api.read_models import ReadModels  # noqa: PLC0415
    from service.api.resources.changes import format_change  # noqa: PLC0415
    from service.api.services import Services  # noqa: PLC0415
    from service.formats.by_link import LinkedExports  # noqa: PLC0415 - every format takes long to import

    address = await asyncio.to_thread(service_role_url, url)
    pool = make_pool(address)
    pool.timeout = PATIENCE
    with open_recorder(address, salt=salt_source(), new_id=uuid.uuid4) as recorder:
        async with pool:
            keys = keys or NoKeys()
            writer = Writer(recorder, zone, SourceKeys(keys, secrets.token_bytes, uuid.uuid4), metrics)
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
                    signed_log=SignedLog(pool),
                    root_at=root_at,
                    subscription=following,
                    exports=LinkedExports(address),
                    read_models=ReadModels(pool, MODELS),
                    answering=answering,
                    prepare_answers=answering.prepare,
                    sealed=SealedReader(pool, reader, keys),
                    tokens=TokenIssuing(store := TokenStore(pool), secrets.token_bytes, _now),
                    authenticator=tokens and _authenticator(pool, store, tokens),
                    pool_stats=pool.get_stats,
                )
            finally:
                await answering.close()
                await following.close()
                await writer.close()


def keys_of(settings: Settings) -> KeyEncryption:
    """Return the key-encryption keys that the settings name."""
    return key_encryption(settings.kek_file, settings.kek_command, secrets.token_bytes)


def make_key(path: Path) -> str:
    """Add a new key-encryption key to a key file, and return its id. Raises KeyFileUnreadable."""
    return add_key(path, secrets.token_bytes(KEY_BYTES))


def _authenticator(
    pool: AsyncConnectionPool[AsyncConnection[Any]], store: TokenStore, tokens: TokensNeeded
) -> Authenticator:
    issuer = tokens.issuer and Issuer(tokens.issuer, fetch_json, _now, time.monotonic)
    limits = RequestLimits(tokens.rate, _now)
    return Authenticator(
        store, SessionStore(pool), limits, _now, time.monotonic, issuer=issuer, public_read=tokens.public_read
    )


@asynccontextmanager
async def token_issuing(url: str) -> AsyncGenerator[TokenIssuing]:
    """Open what makes and revokes tokens in the database at `url`. Raises DatabaseUnreachable or DatabaseUnfit."""
    async with make_pool(await asyncio.to_thread(service_role_url, url)) as pool:
        yield TokenIssuing(TokenStore(pool), secrets.token_bytes, _now)


def make_app(
    url: str,
    hosts: Hosts | None = None,
    tokens: TokensNeeded | None = None,
    keys: KeyEncryption | None = None,
    *,
    traces: bool = False,
) -> "FastAPI":
    """Make the application; its services open when it starts and close when it stops.

    It answers for `hosts`, by default for those of loopback alone. Without `tokens` it is open: none is needed; without
    `keys` it seals nothing. With `traces`, requests are traced. Raises TracingMissing.
    """
    from service.api.app import create_app  # noqa: PLC0415
    from service.api.metrics import Metrics  # noqa: PLC0415
    from service.web.routes import ROUTES  # noqa: PLC0415

    metrics = Metrics()
    return create_app(
        partial(_served, url, tokens, keys, metrics),
        uuid.uuid4,
        hosts,
        metrics,
        _tracer() if traces else None,
        ROUTES,
    )


class TracingMissing(Exception):
    """Traces are wanted, and the extra that sends them is not installed."""


def _tracer() -> "Tracer":
    """Return a tracer whose spans go to where `OTEL_EXPORTER_OTLP_ENDPOINT` and its other variables say.

    Raises TracingMissing.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - likewise
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - likewise
    except ImportError as error:
        message = (
            "KNOWNWHEN_TRACES is true, and what sends traces is not installed: pip install knownwhen[opentelemetry]"
        )
        raise TracingMissing(message) from error
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("knownwhen")


@asynccontextmanager
async def _served(
    url: str, tokens: TokensNeeded | None, keys: KeyEncryption | None, metrics: WriterMetrics
) -> AsyncGenerator["Services"]:
    """Open the services for a server, and read the largest incidents before they are asked about.

    On a signal, endless answers end, since the server waits for them.
    """
    async with services(url, tokens, keys, metrics) as opened:
        preparing = asyncio.create_task(opened.prepare_answers())
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


def make_signing(url: str, settings: Settings, stop: threading.Event) -> SigningProcess:
    """Make what signs the log of the database at `url` until `stop` is set; the settings name its keys.

    Raises DatabaseUnreachable or DatabaseUnfit.
    """
    kept = fork_guard(settings).folder
    ways = SigningSettings(settings.log_keys or Path(), kept, settings.published, settings.witnesses)
    return SigningProcess(service_role_url(url), ways, _now, stop)


def fork_guard(settings: Settings) -> ForkGuard:
    """Return what keeps the last published checkpoint of each log, in the data folder."""
    return ForkGuard(settings.data.absolute() / "published-checkpoints")


def log_id(url: str) -> uuid.UUID:
    """Return the id of the log in the database at `url`. Raises DatabaseUnreachable or DatabaseUnfit."""
    with connect(url) as connection:
        ((found,),) = connection.execute("SELECT log_id FROM public.log").fetchall()
    return found


def make_log_key(origin: str) -> SigningKey:
    """Make a new key that signs the log of an origin."""
    return SigningKey(origin, ED25519, secrets.token_bytes(_SALT_BYTES))


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
