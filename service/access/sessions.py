"""Sessions of browsers: a cookie that stands for a token for some hours, kept as a hash in `access.sessions`."""

from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from service.access.principal import Principal

LASTS: Final = timedelta(hours=12)
"""How long a session lasts at most; it ends with its token."""

BEGIN: Final = """
    INSERT INTO access.sessions (hash, token_id, identity, expires_at)
    VALUES (%(hash)s, %(token_id)s, %(identity)s, %(expires_at)s)
"""
CLEAN: Final = "DELETE FROM access.sessions WHERE expires_at < %(now)s"
FIND: Final = "SELECT token_id, identity, expires_at FROM access.sessions WHERE hash = %(hash)s"
END: Final = "DELETE FROM access.sessions WHERE hash = %(hash)s"


class Session(Struct, frozen=True):
    """A session: of the token of an id, or of an identity that an issuer vouched for."""

    token_id: str | None
    identity: Principal | None
    expires_at: datetime


class SessionStore:
    """The table of sessions, over a pool of connections."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool

    async def begin(self, secret_hash: bytes, session: Session, now: datetime) -> None:
        """Keep a session under the hash of its cookie, and forget those that have ended."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(CLEAN, {"now": now})
            identity = session.identity and Jsonb(_document(session.identity))
            kept = {"hash": secret_hash, "token_id": session.token_id, "identity": identity}
            await connection.execute(BEGIN, {**kept, "expires_at": session.expires_at})

    async def find(self, secret_hash: bytes) -> Session | None:
        """Return the session of a cookie's hash, also one that has ended; None if there is none."""
        async with self._pool.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            row = await (await cursor.execute(FIND, {"hash": secret_hash})).fetchone()
        return None if row is None else Session(row[0], row[1] and _principal(row[1]), row[2])

    async def end(self, secret_hash: bytes) -> None:
        """Forget a session."""
        async with self._pool.connection() as connection:
            await connection.execute(END, {"hash": secret_hash})


def _document(principal: Principal) -> dict[str, Any]:
    collections = None if principal.collections is None else sorted(principal.collections)
    return {
        "id": principal.id,
        "name": principal.name,
        "scopes": sorted(principal.scopes),
        "collections": collections,
    }


def _principal(found: dict[str, Any]) -> Principal:
    collections = None if found["collections"] is None else frozenset(found["collections"])
    return Principal(found["id"], found["name"], frozenset(found["scopes"]), collections)
