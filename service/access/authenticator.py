"""Authentication: from the credential of a request to its principal, verified again every few seconds."""

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from ipaddress import ip_address
from typing import Final, Literal, NamedTuple

import psycopg

from service.access import oidc, token_text
from service.access.oidc import Issuer
from service.access.principal import NOBODY, READER, Principal
from service.access.refusals import IssuerUnavailable, TokenInvalid
from service.access.request_limits import RequestLimits
from service.access.sessions import LASTS, Session, SessionStore
from service.access.tokens import AccessToken, Network, TokenStore
from service.runtime.weighted_lru import WeightedLRU

FRESH_SECONDS: Final = 4.0
"""How long a verified credential is taken without asking the database: a revoked token ends within 5 seconds."""
MOST_VERIFIED: Final = 10_000
"""The credentials that are kept as verified."""

_NO_HASH: Final = bytes(32)
_SKEW: Final = timedelta(seconds=oidc.SKEW_SECONDS)


class Credential(NamedTuple):
    """The credential of a request, as it was sent: the header `Authorization`, or the value of the cookie."""

    kind: Literal["bearer", "session"]
    sent: bytes

    def __repr__(self) -> str:
        """Return its kind alone."""
        return f"Credential({self.kind})"

    @property
    def key(self) -> bytes:
        """The SHA-256 that it is known by in memory."""
        return sha256(self.sent if self.kind == "bearer" else b"session " + self.sent).digest()

    @property
    def token(self) -> str:
        """The token of `Authorization: Bearer`, or the secret of the cookie. Raises TokenInvalid."""
        text = self.sent.decode("latin-1").strip(" \t")
        if self.kind == "session":
            return text
        scheme, _, token = text.partition(" ")
        if scheme.lower() != "bearer" or not text.isascii():
            message = "The header must be `Authorization: Bearer` and one token."
            raise TokenInvalid(message)
        return token.strip(" ")


@dataclass(slots=True)
class Verified:
    """A credential that was verified: its principal, when it ends, and where it may be used from.

    It counts until `fresh_until`, in seconds of the clock. `left` requests were taken off the limit already.
    """

    principal: Principal
    expires_at: datetime
    networks: tuple[Network, ...] = ()
    fresh_until: float = 0.0
    left: int = 0


class Authenticator:
    """Verifies credentials against tokens, sessions and an issuer.

    `now` is the time of day, `clock` counts seconds. With `public_read`, whoever has no credential may read the
    collection `public`.
    """

    def __init__(  # noqa: PLR0913 - each is a part of the service that it asks
        self,
        tokens: TokenStore,
        sessions: SessionStore,
        limits: RequestLimits,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        *,
        issuer: Issuer | None = None,
        public_read: bool = False,
    ) -> None:
        self.anonymous = READER if public_read else NOBODY
        self._tokens = tokens
        self._sessions = sessions
        self._limits = limits
        self._now = now
        self._clock = clock
        self._issuer = issuer
        self._verified: WeightedLRU[bytes, Verified] = WeightedLRU(MOST_VERIFIED)
        self._verifying: dict[bytes, asyncio.Task[Verified]] = {}

    def recent(self, credential: Credential, client: str) -> Principal | None:
        """Return the principal of a credential that was verified a moment ago; None if it is to be verified.

        Raises TokenInvalid and TooManyRequests.
        """
        found = self._verified.get(credential.key)
        if found is None or self._clock() >= found.fresh_until:
            return None
        if found.networks or found.left <= 0:
            return self._admitted(found, client)
        found.left -= 1
        return found.principal

    async def verify(self, credential: Credential, client: str) -> Principal:
        """Return the principal of a credential; `client` is the address that it came from.

        Raises TokenInvalid, TooManyRequests and IssuerUnavailable.
        """
        key, is_token = credential.key, credential.kind == "bearer"  # browsers send cookies that have ended
        if is_token and self._verified.get(key) is None:  # one that was valid a moment ago is looked up in any case
            self._limits.expect_few_failures(client)
        try:
            found = await self._verified_once(key, credential)
            return self._admitted(found, client)
        except TokenInvalid:
            if is_token:
                self._limits.count_failure(client)
            raise

    def stands(self, credential: Credential) -> bool:
        """Say whether a credential was verified a moment ago, so that nothing has to be asked."""
        found = self._verified.get(credential.key)
        return found is not None and self._clock() < found.fresh_until

    async def still_stands(self, credential: Credential) -> bool:
        """Say whether a credential is still valid, for answers that go on after they were permitted.

        While that cannot be asked, it is until its expiry.
        """
        key = credential.key
        try:
            await self._verified_once(key, credential)
        except TokenInvalid:
            return False
        except (psycopg.Error, IssuerUnavailable):
            before = self._verified.get(key)
            return before is not None and self._now() < before.expires_at
        return True

    async def begin_session(self, credential: Credential, secret_hash: bytes) -> datetime:
        """Begin a session that stands for a bearer credential, and return when it ends. Raises TokenInvalid."""
        verified = await self._verified_once(credential.key, credential)
        now = self._now()
        ends = min(now + LASTS, verified.expires_at)
        of_token = token_text.parse_token(credential.token)
        session = Session(of_token.id, None, ends) if of_token else Session(None, verified.principal, ends)
        await self._sessions.begin(secret_hash, session, now)
        return ends

    async def end_session(self, credential: Credential) -> None:
        """End a session at once in this process, and within seconds in others."""
        self._verified.pop(credential.key)
        await self._sessions.end(session_hash(credential.token))

    def forget_all(self) -> None:
        """Verify every credential anew: after a token was revoked or rotated here."""
        for key in self._verified:
            self._verified.pop(key)

    def _admitted(self, found: Verified, client: str) -> Principal:
        """Return the principal, if the client is of its networks and within the limit of requests."""
        if found.networks and not _is_within(client, found.networks):
            message = "The token is not for use from this network."
            raise TokenInvalid(message)
        if found.left <= 0:
            found.left = self._limits.take(found.principal.id or "")
        found.left -= 1
        return found.principal

    async def _verified_once(self, key: bytes, credential: Credential) -> Verified:
        """Verify a credential; requests that come meanwhile with the same one wait for it."""
        task = self._verifying.get(key)
        if task is None:
            task = self._verifying[key] = asyncio.create_task(self._verify(key, credential))
            task.add_done_callback(partial(self._verification_ended, key))
        return await asyncio.shield(task)

    def _verification_ended(self, key: bytes, task: asyncio.Task[Verified]) -> None:
        del self._verifying[key]
        if not task.cancelled():
            task.exception()  # all who wait for it may be gone

    async def _verify(self, key: bytes, credential: Credential) -> Verified:
        began, now = self._clock(), self._now()
        left = before.left if (before := self._verified.get(key)) else 0
        try:
            found = await self._looked_up(credential, now)
        except TokenInvalid:
            self._verified.pop(key)
            raise
        if now >= found.expires_at:
            self._verified.pop(key)
            raise TokenInvalid(_EXPIRED)
        found.left = left
        found.fresh_until = began + min(FRESH_SECONDS, (found.expires_at - now).total_seconds())
        self._verified.put(key, found)
        return found

    async def _looked_up(self, credential: Credential, now: datetime) -> Verified:
        text = credential.token
        if credential.kind == "session":
            return await self._of_session(text, now)
        if text.startswith(token_text.PREFIX):
            return await self._of_token(text, now)
        if self._issuer is None or not 0 < len(text) <= oidc.LONGEST:
            raise TokenInvalid(_UNREADABLE)
        principal, expires_at = await self._issuer.verify(text)
        return Verified(principal, expires_at)

    async def _of_token(self, text: str, now: datetime) -> Verified:
        parsed = token_text.parse_token(text)
        if parsed is None:
            raise TokenInvalid(_UNREADABLE)
        token = await self._tokens.find(parsed.id)
        hashes = (token.secret_hash, token.previous_hash or _NO_HASH) if token else (_NO_HASH, _NO_HASH)
        newest, previous = [hmac.compare_digest(parsed.hash, each) for each in hashes]
        if token is None or not (newest or (previous and _is_before(now, token.previous_until))):
            raise TokenInvalid(_UNKNOWN)
        return await self._standing(token, now, None if newest else token.previous_until)

    async def _of_session(self, secret: str, now: datetime) -> Verified:
        session = await self._sessions.find(session_hash(secret))
        if session is None or now >= session.expires_at:
            message = "The session has ended."
            raise TokenInvalid(message)
        if session.identity is not None:
            return Verified(session.identity, session.expires_at)
        token = await self._tokens.find(session.token_id or "")
        if token is None:
            raise TokenInvalid(_UNKNOWN)
        return await self._standing(token, now, session.expires_at)

    async def _standing(self, token: AccessToken, now: datetime, ends: datetime | None) -> Verified:
        """Return a token that is neither revoked, nor expired, nor of the future."""
        if token.revoked_at is not None:
            message = "The token was revoked."
            raise TokenInvalid(message)
        if now >= token.expires_at:
            raise TokenInvalid(_EXPIRED)
        if token.created_at > now + _SKEW:
            message = "The token is not valid yet: by the clock here it was made in the future."
            raise TokenInvalid(message)
        await self._tokens.stamp_use(token, now)
        return Verified(token.principal, min(token.expires_at, ends or token.expires_at), token.networks)


_UNREADABLE: Final = "The token cannot be read: a character is missing or wrong, or it is none of this service."
_UNKNOWN: Final = "The token is none of this service."
_EXPIRED: Final = "The token has expired."


def session_hash(secret: str) -> bytes:
    """Return the SHA-256 that is kept of a session's cookie."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _is_before(now: datetime, moment: datetime | None) -> bool:
    return moment is not None and now < moment


def _is_within(client: str, networks: tuple[Network, ...]) -> bool:
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in networks)
