"""Making, rotating and revoking tokens: the table, with new secrets and the time of day."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from domain.values.time.clocks import format_instant
from service.access import token_text
from service.access.principal import EVERY_COLLECTION, AccessScope, Principal
from service.access.refusals import TokenInvalid
from service.access.tokens import AccessToken, Network, NewToken, TokenStore, is_visible


class IssuedToken(NamedTuple):
    """A token and its text, which is not kept and so is shown once."""

    token: AccessToken
    text: str

    def __repr__(self) -> str:
        """Return the token alone, without its text."""
        return f"IssuedToken({self.token!r})"


class TokenRequest(NamedTuple):
    """A request for a token that lasts `days`; the other fields are those of AccessToken."""

    name: str
    scopes: frozenset[AccessScope]
    collections: frozenset[str] | None
    networks: tuple[Network, ...]
    days: int


class TokenIssuing:
    """Makes tokens. `random` returns so many random bytes; `now` is the time of day."""

    def __init__(self, store: TokenStore, random: Callable[[int], bytes], now: Callable[[], datetime]) -> None:
        self._store = store
        self._random = random
        self._now = now

    async def make(self, wanted: TokenRequest, by: Principal) -> IssuedToken:
        """Make a token. Raises CannotHandOut and TokenNameTaken."""
        token_id = token_text.new_id(self._random(token_text.ID_BYTES))
        text = token_text.format_token(token_id, self._random(token_text.SECRET_BYTES))
        expires_at = self._now() + timedelta(days=wanted.days)
        new = NewToken(wanted.name, wanted.scopes, wanted.collections, wanted.networks, expires_at)
        return IssuedToken(await self._store.add(token_id, token_text.hash_of(text), new, by), text)

    async def rotate(self, name: str, days: int, overlap: timedelta, by: Principal) -> IssuedToken:
        """Give a token, by its id or name, another secret for `days`; its old one is taken for `overlap`.

        Raises TokenUnknown, TokenRevoked and CannotHandOut.
        """
        token, now = await self._store.visible(name, by), self._now()
        text = token_text.format_token(token.id, self._random(token_text.SECRET_BYTES))
        ends = (now + timedelta(days=days), min(now + overlap, token.expires_at) if overlap else None)
        return IssuedToken(await self._store.rotate(token.id, token_text.hash_of(text), *ends, by), text)

    async def revoke(self, name: str, by: Principal) -> AccessToken:
        """Revoke a token, by its id or name. Raises TokenUnknown."""
        return await self._store.revoke(name, by)

    async def principal(self, name: str) -> Principal:
        """Return who holds a token, by its id or name. Raises TokenUnknown and TokenInvalid."""
        token = await self._store.named(name)
        if not token.stands(self._now()):
            message = f"The token “{token.name}” is revoked or has expired."
            raise TokenInvalid(message)
        return token.principal

    async def all(self, to: Principal) -> Sequence[AccessToken]:
        """Return the tokens whose collections a principal sees, oldest first."""
        return [token for token in await self._store.all() if is_visible(token, to)]

    async def has_admin(self) -> bool:
        """Say whether a token with the scope `admin` stands."""
        return await self._store.has_admin(self._now())

    def document(self, token: AccessToken) -> dict[str, Any]:
        """Return a token as JSON, without its hashes."""
        moments = ("created_at", "expires_at", "revoked_at", "last_used_at")
        return {
            "id": token.id,
            "name": token.name,
            "scopes": sorted(token.scopes),
            "collections": [EVERY_COLLECTION] if token.collections is None else sorted(token.collections),
            "networks": [str(each) for each in token.networks],
            **{name: getattr(token, name) for name in ("created_by", "revoked_by")},
            **{name: (moment := getattr(token, name)) and format_instant(moment) for name in moments},
            "stands": token.stands(self._now()),
        }

    def issued_document(self, issued: IssuedToken) -> dict[str, Any]:
        """Return a token as JSON, with its text in `token`: for whoever asked for it, once."""
        return {**self.document(issued.token), "token": issued.text}

    def new_session_secret(self) -> str:
        """Return the value of a new session's cookie."""
        return token_text.base62(self._random(token_text.SECRET_BYTES))
