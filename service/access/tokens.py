"""Tokens as they are kept: made, listed, rotated and revoked in the table `access.tokens`, by the hashes of secrets."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final, cast

import psycopg
from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool

from service.access.principal import EVERY_COLLECTION, AccessScope, Principal
from service.access.refusals import CannotHandOut, TokenNameTaken, TokenRevoked, TokenUnknown

DEFAULT_DAYS: Final = 90
"""The days after which a token expires where none are given."""
MOST_DAYS: Final = 3_660
"""The most days that a token may last."""
LONGEST_NAME: Final = 100
"""The most characters of a token's name."""

Network = IPv4Network | IPv6Network

_COLUMNS: Final = """
    id, name, secret_hash, scopes, collections, networks, created_at, created_by, expires_at, revoked_at, revoked_by,
    last_used_at, previous_hash, previous_until
"""
FIND: Final = f"SELECT {_COLUMNS} FROM access.tokens WHERE id = %(id)s"  # noqa: S608 - constants only
FIND_NAMED: Final = f"""
    SELECT {_COLUMNS} FROM access.tokens WHERE id = %(name)s OR (name = %(name)s AND revoked_at IS NULL)
    ORDER BY id = %(name)s DESC LIMIT 1
"""  # noqa: S608 - constants only
ALL: Final = f"SELECT {_COLUMNS} FROM access.tokens ORDER BY created_at, id"  # noqa: S608 - constants only
ADD: Final = """
    SELECT access.add_token(%(id)s, %(name)s, %(hash)s, %(scopes)s::text[], %(collections)s::text[],
        %(networks)s::cidr[], %(expires_at)s::timestamptz, %(created_by)s)
"""
REVOKE: Final = "SELECT access.revoke_token(%(id)s, %(by)s)"
ROTATE: Final = "SELECT access.rotate_token(%(id)s, %(hash)s, %(until)s::timestamptz, %(expires_at)s::timestamptz)"
END_SESSIONS: Final = "DELETE FROM access.sessions WHERE token_id = %(id)s"
STAMP: Final = """
    UPDATE access.tokens SET last_used_at = %(hour)s WHERE id = %(id)s AND last_used_at IS DISTINCT FROM %(hour)s
"""


class AccessToken(Struct, frozen=True):
    """A token as it is kept. `collections` is None for all of them; without `networks` it is taken from anywhere.

    `previous_hash` is that of the secret before the last rotation, taken until `previous_until`.
    """

    id: str
    name: str
    secret_hash: bytes
    scopes: frozenset[AccessScope]
    collections: frozenset[str] | None
    networks: tuple[Network, ...]
    created_at: datetime
    created_by: str | None
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    last_used_at: datetime | None = None
    previous_hash: bytes | None = None
    previous_until: datetime | None = None

    def __repr__(self) -> str:
        """Return its id and name alone."""
        return f"AccessToken({self.id}, {self.name})"

    @property
    def principal(self) -> Principal:
        """Whoever holds it."""
        return Principal(self.id, self.name, self.scopes, self.collections)

    def stands(self, now: datetime) -> bool:
        """Say whether it is neither revoked nor expired."""
        return self.revoked_at is None and now < self.expires_at


class NewToken(Struct, frozen=True):
    """The fields of a token to be made; they are those of AccessToken."""

    name: str
    scopes: frozenset[AccessScope]
    collections: frozenset[str] | None
    networks: tuple[Network, ...]
    expires_at: datetime


def refuse_beyond(maker: Principal, scopes: frozenset[AccessScope], collections: frozenset[str] | None) -> None:
    """Refuse scopes or collections that whoever hands them out lacks. Raises CannotHandOut."""
    if lacking := sorted(scopes - maker.scopes):
        raise CannotHandOut(f"the scope `{lacking[0]}`")
    if maker.collections is None:
        return
    if collections is None:
        raise CannotHandOut("what every collection needs")
    if unseen := sorted(collections - maker.collections):
        raise CannotHandOut(f"the collection `{unseen[0]}`")


class TokenStore:
    """The table of tokens, over a pool of connections."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool

    async def find(self, token_id: str) -> AccessToken | None:
        """Return the token of an id; None if there is none."""
        found = await self._rows(FIND, id=token_id)
        return found[0] if found else None

    async def named(self, name: str) -> AccessToken:
        """Return the token of an id, else the one of a name that is not revoked. Raises TokenUnknown."""
        found = await self._rows(FIND_NAMED, name=name)
        if not found:
            raise TokenUnknown(name)
        return found[0]

    async def all(self) -> Sequence[AccessToken]:
        """Return all tokens, also revoked and expired ones, oldest first."""
        return await self._rows(ALL)

    async def has_admin(self, now: datetime) -> bool:
        """Say whether a token with the scope `admin` stands."""
        return any("admin" in each.scopes and each.stands(now) for each in await self.all())

    async def add(self, token_id: str, secret_hash: bytes, new: NewToken, by: Principal) -> AccessToken:
        """Keep a new token; repeated with the same id, it is kept once. Raises CannotHandOut and TokenNameTaken."""
        refuse_beyond(by, new.scopes, new.collections)
        kept = {
            "id": token_id,
            "name": new.name,
            "hash": secret_hash,
            "scopes": sorted(new.scopes),
            "collections": _stored(new.collections),
            "networks": [str(each) for each in new.networks],
            "expires_at": new.expires_at,
            "created_by": by.id,
        }
        try:
            await self._execute(ADD, **kept)
        except UniqueViolation as error:
            raise TokenNameTaken(new.name) from error
        return await self.named(token_id)

    async def revoke(self, name: str, by: Principal) -> AccessToken:
        """Revoke a token, which is final; one that is revoked stays as it is. Raises TokenUnknown."""
        token = await self.visible(name, by)
        await self._execute(REVOKE, id=token.id, by=by.id)
        return await self.named(token.id)

    async def rotate(
        self, name: str, secret_hash: bytes, expires_at: datetime, old_until: datetime | None, by: Principal
    ) -> AccessToken:
        """Give a token another secret; its old one is taken until `old_until`, or at once no more.

        Its sessions end: who has the old secret would be in by them otherwise.
        Raises TokenUnknown, TokenRevoked and CannotHandOut.
        """
        token = await self.visible(name, by)
        refuse_beyond(by, token.scopes, token.collections)
        if token.revoked_at is not None:
            raise TokenRevoked(token.name)
        rotated = {"id": token.id, "hash": secret_hash, "until": old_until, "expires_at": expires_at}
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(ROTATE, rotated)
            await connection.execute(END_SESSIONS, {"id": token.id})
        return await self.named(token.id)

    async def visible(self, name: str, to: Principal) -> AccessToken:
        """Return a token whose collections a principal sees. Raises TokenUnknown, also for others."""
        token = await self.named(name)
        if not is_visible(token, to):
            raise TokenUnknown(name)
        return token

    async def stamp_use(self, token: AccessToken, now: datetime) -> None:
        """Keep the hour of the last use; a database that takes no writes is no reason to refuse the token."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        if token.last_used_at is None or token.last_used_at < hour:
            with suppress(psycopg.Error):
                await self._execute(STAMP, id=token.id, hour=hour)

    async def _rows(self, query: str, **parameters: object) -> list[AccessToken]:
        async with self._pool.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            rows = await (await cursor.execute(cast("Any", query), parameters)).fetchall()
        return [_token(row) for row in rows]

    async def _execute(self, query: str, **parameters: object) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(cast("Any", query), parameters)


def is_visible(token: AccessToken, to: Principal) -> bool:
    """Say whether a principal sees all collections of a token."""
    return to.collections is None or (token.collections is not None and token.collections <= to.collections)


def expiry(now: datetime, days: int) -> datetime:
    """Return the moment so many days ahead."""
    return now + timedelta(days=days)


def _stored(collections: Iterable[str] | None) -> list[str]:
    return [EVERY_COLLECTION] if collections is None else sorted(collections)


def _token(row: tuple[Any, ...]) -> AccessToken:
    fields = list(row)
    names = frozenset(fields[4])
    fields[3] = frozenset(fields[3])
    fields[4] = None if EVERY_COLLECTION in names else names
    fields[5] = tuple(fields[5])
    return AccessToken(*fields)
