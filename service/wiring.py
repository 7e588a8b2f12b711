"""The one place that picks implementations and reads clock and randomness; everything else is handed what it needs."""

import asyncio
import secrets
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import psycopg
from fastapi import FastAPI
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.incident.facts import decode, encode
from service.api.app import create_app
from service.api.services import Services
from service.eventstore import FactMapper, KnownwhenLog, LogReader
from service.eventstore.writer import Writer
from service.postgres.pool import connect, make_pool
from service.postgres.readiness import missing
from service.sealing.publications import Publications
from service.sealing.tree import LogTree

ROLE = "knownwhen_service"
"""What the service is to the database, where a migration could make this role: it may read the log and append to it."""

PATIENCE = 3.0
"""How many seconds a read waits for a connection: whoever asks is told early that the database is gone."""

_SALT_BYTES = 32
_MAY = """
    SELECT has_table_privilege('public.facts', 'SELECT') AND has_table_privilege('public.facts', 'INSERT')
    AND has_table_privilege('public.log', 'SELECT')
"""


@asynccontextmanager
async def services(url: str) -> AsyncGenerator[Services]:
    """Open what the service is made of over the database at `url`; in the end, finish what waits and close it.

    Raises DatabaseUnreachable or DatabaseUnfit.
    """
    address = await asyncio.to_thread(as_service, url)
    pool = make_pool(address)
    pool.timeout = PATIENCE
    with KnownwhenLog(address, mapper=FactMapper(encode, decode), salt=_salt, new_id=uuid.uuid4) as log:
        async with pool:
            writer = Writer(log.recorder)
            publications, root_at = Publications(pool), LogTree(pool).root_at
            try:
                yield Services(LogReader(pool), writer, uuid.uuid4, partial(missing, pool), publications, root_at)
            finally:
                await writer.close()


def make_app(url: str) -> FastAPI:
    """Make the application; its services open when it starts and close when it stops."""
    return create_app(partial(services, url), uuid.uuid4)


def _salt() -> bytes:
    return secrets.token_bytes(_SALT_BYTES)


def as_service(url: str) -> str:
    """Return the address with which sessions act as the service's role, or as it is where that role is of no use.

    The role may be missing (a managed server), not ours to take, or without rights
    (this database was migrated by another); the log's triggers bind everyone anyway.
    """
    with connect(url) as connection:
        try:
            connection.execute(f"SET ROLE {ROLE}")
            row: tuple[Any, ...] | None = connection.execute(_MAY).fetchone()
        except (
            psycopg.errors.InvalidParameterValue,
            psycopg.errors.InsufficientPrivilege,
            psycopg.errors.UndefinedTable,
        ):
            return url
    if row is None or not row[0]:
        return url
    options = f"{conninfo_to_dict(url).get('options') or ''} -c role={ROLE}".strip()
    return make_conninfo(url, options=options)
