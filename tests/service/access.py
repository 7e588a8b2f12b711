"""A service that needs tokens, and tokens of it, for tests."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import httpx

from service import wiring
from service.access.issuing import IssuedToken, TokenIssuing, TokenRequest
from service.access.principal import OPERATOR, SCOPES, AccessScope
from service.access.sealing.key_encryption import KeyEncryption
from service.access.tokens import Network
from service.runtime.hosts import Hosts
from service.wiring import TokensNeeded, make_app
from tests.patience import PATIENCE
from tests.service.serving import serving

T = TypeVar("T")


@contextmanager
def closed_service(
    url: str, hosts: Hosts | None = None, tokens: TokensNeeded | None = None, keys: KeyEncryption | None = None
) -> Iterator[httpx.Client]:
    """Serve the database at `url` to holders of tokens, and yield a client that has none."""
    with serving(make_app(url, hosts, tokens or TokensNeeded(), keys)) as address:
        with httpx.Client(base_url=address, timeout=PATIENCE) as client:
            yield client


def on_tokens(url: str, work: Callable[[TokenIssuing], Awaitable[T]]) -> T:
    """Do work on the tokens of a database as the operator does."""

    async def working() -> T:
        async with wiring.token_issuing(url) as tokens:
            return await work(tokens)

    return asyncio.run(working())


async def new_token(
    url: str, name: str, scopes: tuple[AccessScope, ...], collections: frozenset[str] | None
) -> IssuedToken:
    """Make a token as the operator does, in all collections where `collections` is None."""
    async with wiring.token_issuing(url) as tokens:
        return await tokens.make(TokenRequest(name, frozenset(scopes), collections, (), 90), OPERATOR)


def issued(
    url: str,
    *scopes: AccessScope,
    name: str = "",
    collections: frozenset[str] | None = None,
    networks: tuple[Network, ...] = (),
    days: int = 90,
) -> IssuedToken:
    """Make a token with these scopes, in all collections unless some are named."""
    wanted = TokenRequest(name or f"token-{secrets.token_hex(8)}", frozenset(scopes), collections, networks, days)
    return on_tokens(url, lambda tokens: tokens.make(wanted, OPERATOR))


def one_of_each_scope(url: str) -> dict[AccessScope, IssuedToken]:
    """Make a token for each scope alone."""
    return {scope: issued(url, scope) for scope in SCOPES}


def bearer(token: IssuedToken | str) -> dict[str, str]:
    """Return the header that names a token."""
    return {"Authorization": f"Bearer {token if isinstance(token, str) else token.text}"}
