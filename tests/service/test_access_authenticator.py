"""Verification of credentials, by a clock of the test's own: how long it counts, what it asks, its limits."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.access.authenticator import FRESH_SECONDS, Authenticator, Credential, session_hash
from service.access.principal import NOBODY, OPERATOR, READER
from service.access.refusals import TokenInvalid, TooManyRequests
from service.access.request_limits import MOST_FAILURES, RequestLimits
from service.access.sessions import SessionStore
from service.access.token_text import format_token
from service.access.tokens import AccessToken, TokenStore
from service.postgres.pool import make_pool
from tests.service.access import issued, on_tokens

pytestmark = pytest.mark.one_server_will_do

HERE = "192.0.2.7"


def sent(text: str) -> Credential:
    """Return a token as a header sends it."""
    return Credential("bearer", f"Bearer {text}".encode())


class Counted(TokenStore):
    """The table of tokens, which counts what it is asked, and does not answer while it is `gone`."""

    asked = 0
    gone = False

    async def find(self, token_id: str) -> AccessToken | None:
        self.asked += 1
        if self.gone:
            raise psycopg.OperationalError
        return await super().find(token_id)


class World:
    """An authenticator over a database, at a moment that the test moves on."""

    def __init__(self, pool: Any, requests: int) -> None:
        self.seconds = 0.0
        self.start = datetime.now(UTC)
        self.tokens = Counted(pool)
        self.limits = RequestLimits(requests, self.now)
        self.authenticator = Authenticator(self.tokens, SessionStore(pool), self.limits, self.now, lambda: self.seconds)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)

    async def ask(self, text: str, client: str = HERE) -> str | None:
        """Return the id of whom a token is of, as a request finds it."""
        credential = sent(text)
        found = self.authenticator.recent(credential, client) or await self.authenticator.verify(credential, client)
        return found.id


Work = Callable[[World], Coroutine[Any, Any, None]]


@pytest.fixture
def within(database_url: str) -> Callable[..., None]:
    """Return what runs a test in a world of its own."""

    def run(work: Work, requests: int = 1_000_000) -> None:
        async def working() -> None:
            async with make_pool(database_url) as pool:
                await work(World(pool, requests))

        asyncio.run(working())

    return run


def test_a_token_is_looked_up_once_in_some_seconds_and_once_for_all_who_wait(
    within: Callable[..., None], database_url: str
) -> None:
    token = issued(database_url, "read")

    async def work(world: World) -> None:
        assert await asyncio.gather(*(world.ask(token.text) for _ in range(20))) == [token.token.id] * 20
        assert world.tokens.asked == 1
        world.seconds = FRESH_SECONDS - 0.01
        await world.ask(token.text)
        assert world.tokens.asked == 1
        world.seconds = FRESH_SECONDS
        await world.ask(token.text)
        assert world.tokens.asked == 2

    within(work)
    assert FRESH_SECONDS < 5


def test_what_is_revoked_or_rotated_elsewhere_is_found_when_the_seconds_are_over(
    within: Callable[..., None], database_url: str
) -> None:
    revoked, rotated = issued(database_url, "read"), issued(database_url, "read")

    async def work(world: World) -> None:
        assert {await world.ask(each.text) for each in (revoked, rotated)} == {revoked.token.id, rotated.token.id}
        await world.tokens.revoke(revoked.token.id, OPERATOR)
        await world.tokens.rotate(rotated.token.id, secrets.token_bytes(32), rotated.token.expires_at, None, OPERATOR)
        world.seconds = FRESH_SECONDS
        for each in (revoked, rotated):
            with pytest.raises(TokenInvalid):
                await world.ask(each.text)

    within(work)


def test_after_a_rotation_the_old_secret_is_taken_for_the_overlap_and_the_new_one_at_once(
    within: Callable[..., None], database_url: str
) -> None:
    old = issued(database_url, "read")
    new = on_tokens(database_url, lambda each: each.rotate(old.token.name, 90, timedelta(hours=1), OPERATOR))
    assert (new.token.id, new.token.name) == (old.token.id, old.token.name)

    async def work(world: World) -> None:
        assert {await world.ask(each.text) for each in (old, new)} == {old.token.id}
        world.seconds = 3_600
        assert await world.ask(new.text) == old.token.id
        with pytest.raises(TokenInvalid):
            await world.ask(old.text)

    within(work)


def test_it_ends_with_its_expiry_not_some_seconds_later(within: Callable[..., None], database_url: str) -> None:
    token = issued(database_url, "read", days=1)

    async def work(world: World) -> None:
        left = (token.token.expires_at - world.now()).total_seconds()
        world.seconds = left - 1
        await world.ask(token.text)
        world.seconds = left
        with pytest.raises(TokenInvalid, match="expired"):
            await world.ask(token.text)

    within(work)


def test_a_wrong_check_is_refused_without_a_look_up_and_an_unknown_id_as_a_wrong_secret_is(
    within: Callable[..., None], database_url: str
) -> None:
    token = issued(database_url, "read")
    wrong = token.text[:-1] + ("0" if token.text[-1] != "0" else "1")

    async def work(world: World) -> None:
        with pytest.raises(TokenInvalid, match="cannot be read"):
            await world.ask(wrong)
        assert world.tokens.asked == 0
        told: list[str] = []
        for text in (format_token(each, bytes(32)) for each in ("aaaaaaaaaaaa", token.token.id)):
            with pytest.raises(TokenInvalid) as refused:
                await world.ask(text)
            told.append(str(refused.value))
        assert told[0] == told[1] == "The token is none of this service."
        assert world.tokens.asked == 2

    within(work)


def test_a_token_that_asks_too_much_waits_and_no_other_does(within: Callable[..., None], database_url: str) -> None:
    busy, other = issued(database_url, "read"), issued(database_url, "read")

    async def work(world: World) -> None:
        for _ in range(10):
            await world.ask(busy.text)
        with pytest.raises(TooManyRequests) as refused:
            await world.ask(busy.text)
        assert 1 <= refused.value.retry_after <= 60
        assert await world.ask(other.text) == other.token.id

    within(work, 10)


def test_requests_are_taken_off_a_limit_in_blocks_that_never_exceed_it(
    within: Callable[..., None], database_url: str
) -> None:
    token = issued(database_url, "read")

    async def work(world: World) -> None:
        taken = 0
        with pytest.raises(TooManyRequests):
            while True:
                await world.ask(token.text)
                taken += 1
        assert taken == 1_009

    within(work, 1_009)


def test_a_network_that_sends_too_many_wrong_tokens_waits_but_for_those_that_were_right(
    within: Callable[..., None], database_url: str
) -> None:
    known, late = issued(database_url, "read"), issued(database_url, "read")

    async def work(world: World) -> None:
        await world.ask(known.text)
        for place in range(MOST_FAILURES):
            with pytest.raises(TokenInvalid):
                await world.ask("x", f"192.0.2.{place}")
        with pytest.raises(TooManyRequests) as refused:
            await world.ask(late.text)
        assert 1 <= refused.value.retry_after <= 60
        world.seconds = 2 * FRESH_SECONDS
        assert await world.ask(known.text) == known.token.id
        assert await world.ask(late.text, "198.51.100.1") == late.token.id

    within(work)


def test_the_last_use_is_kept_to_the_hour(within: Callable[..., None], database_url: str) -> None:
    token = issued(database_url, "read")

    async def work(world: World) -> None:
        await world.ask(token.text)
        used = (await world.tokens.named(token.token.id)).last_used_at
        assert used == world.now().replace(minute=0, second=0, microsecond=0)
        world.seconds = 3_600
        await world.ask(token.text)
        again = (await world.tokens.named(token.token.id)).last_used_at
        assert used
        assert again == used + timedelta(hours=1)

    within(work)


def test_a_session_ends_after_its_hours_and_with_its_token(within: Callable[..., None], database_url: str) -> None:
    token, brief = issued(database_url, "read"), issued(database_url, "read")

    async def work(world: World) -> None:
        for each, secret in ((token, "one"), (brief, "two")):
            ends = await world.authenticator.begin_session(sent(each.text), session_hash(secret))
            assert ends == world.now() + timedelta(hours=12)
        one, two = Credential("session", b"one"), Credential("session", b"two")
        assert (await world.authenticator.verify(one, HERE)).id == token.token.id
        await world.tokens.revoke(brief.token.id, OPERATOR)
        world.seconds = 12 * 3_600 - 1
        assert (await world.authenticator.verify(one, HERE)).id == token.token.id
        with pytest.raises(TokenInvalid, match="revoked"):
            await world.authenticator.verify(two, HERE)
        world.seconds += 1
        with pytest.raises(TokenInvalid, match="ended"):
            await world.authenticator.verify(one, HERE)

    within(work)


def test_an_answer_that_goes_on_ends_with_its_token_and_not_with_the_database(
    within: Callable[..., None], database_url: str
) -> None:
    token, revoked = issued(database_url, "read", days=1), issued(database_url, "read")

    async def work(world: World) -> None:
        of = [sent(each.text) for each in (token, revoked)]
        assert {await world.ask(each.text) for each in (token, revoked)} == {token.token.id, revoked.token.id}
        await world.tokens.revoke(revoked.token.id, OPERATOR)
        assert [world.authenticator.stands(each) for each in of] == [True, True]
        world.seconds = FRESH_SECONDS
        assert [world.authenticator.stands(each) for each in of] == [False, False]
        assert [await world.authenticator.still_stands(each) for each in of] == [True, False]
        world.tokens.gone = True
        world.seconds = 2 * FRESH_SECONDS
        assert await world.authenticator.still_stands(of[0])
        world.seconds = 24 * 3_600
        assert not await world.authenticator.still_stands(of[0])

    within(work)


def test_without_a_credential_one_is_nobody_or_a_reader_of_what_is_public(within: Callable[..., None]) -> None:
    async def work(world: World) -> None:
        assert world.authenticator.anonymous is NOBODY
        parts = (world.tokens, SessionStore(world.tokens._pool), world.limits, world.now, lambda: 0.0)
        assert Authenticator(*parts, public_read=True).anonymous is READER

    within(work)
    assert (NOBODY.scopes, READER.scopes, READER.collections) == (frozenset(), {"read"}, {"public"})


@given(text=st.text(max_size=100))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
def test_whatever_text_is_sent_is_refused_in_words(within: Callable[..., None], text: str) -> None:
    async def work(world: World) -> None:
        content = text.encode()
        for each in (sent(text), Credential("bearer", content), Credential("session", content)):
            with pytest.raises(TokenInvalid):
                await world.authenticator.verify(each, HERE)

    within(work)
