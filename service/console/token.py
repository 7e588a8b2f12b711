"""`knownwhen token`: tokens made, listed, rotated and revoked by the operator."""

import asyncio
import sys
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from ipaddress import ip_network
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from domain.values.text_types import Slug
from service import wiring
from service.access.issuing import TokenIssuing, TokenRequest
from service.access.principal import EVERY_COLLECTION, OPERATOR, PUBLIC, SCOPES, AccessScope
from service.access.refusals import TokenNameTaken, TokenRevoked, TokenUnknown
from service.access.tokens import LONGEST_NAME, Network
from service.console.command import EXIT_OK, Misuse, Negative, say
from service.console.database import migrate_or_expect_migrated, on_database
from service.console.terminal import NOTHING, add_row, console, plain_table, print_json, suggestion
from service.settings import Settings

_TokenDocument = dict[str, Any]
T = TypeVar("T")

_SLUG: TypeAdapter[str] = TypeAdapter(Slug)
_REFUSALS = (TokenNameTaken, TokenRevoked, TokenUnknown)


class TokenOptions(NamedTuple):
    """A token to be made, as it was typed."""

    name: str
    scopes: Sequence[str]
    collections: Sequence[str]
    networks: Sequence[str]
    days: int


def create(settings: Settings, options: TokenOptions, *, json: bool) -> int:
    """Make a token, and print it. Raises Misuse, Negative, CannotRun and PostgresProblem."""
    wanted = _request(options)

    async def made(tokens: TokenIssuing) -> _TokenDocument:
        return tokens.issued_document(await tokens.make(wanted, OPERATOR))

    return _print_issued(_on_tokens(settings, made), json=json)


def list_(settings: Settings, *, everything: bool, json: bool) -> int:
    """Print the tokens that stand, or all of them. Raises Negative, CannotRun and PostgresProblem."""

    async def listed(tokens: TokenIssuing) -> list[_TokenDocument]:
        return [tokens.document(token) for token in await tokens.all(OPERATOR)]

    found = [each for each in _on_tokens(settings, listed) if each["stands"] or everything]
    if json:
        print_json({"items": found})
    elif found:
        _print_table(found)
    else:
        say("There are no tokens yet. `knownwhen token create NAME --scope SCOPE` makes one.")
    return EXIT_OK


def revoke(settings: Settings, name: str, *, json: bool) -> int:
    """Revoke a token. Raises Negative, CannotRun and PostgresProblem."""

    async def revoked(tokens: TokenIssuing) -> _TokenDocument:
        return tokens.document(await tokens.revoke(name, OPERATOR))

    document = _on_tokens(settings, revoked)
    if json:
        print_json(document)
    else:
        say(f"The token “{document['name']}” ({document['id']}) is revoked, within 5 seconds in processes that run.")
    return EXIT_OK


def rotate(settings: Settings, name: str, lasts: tuple[int, int], *, json: bool) -> int:
    """Give a token another secret, for so many days, with so many hours of overlap, and print it.

    Raises Negative, CannotRun and PostgresProblem.
    """
    days, overlap = lasts

    async def rotated(tokens: TokenIssuing) -> _TokenDocument:
        return tokens.issued_document(await tokens.rotate(name, days, timedelta(hours=overlap), OPERATOR))

    return _print_issued(_on_tokens(settings, rotated), json=json)


def _on_tokens(settings: Settings, work: Callable[[TokenIssuing], Awaitable[T]]) -> T:
    """Do work on the tokens of the database. Raises Negative where it is refused."""

    async def working(url: str) -> T:
        async with wiring.token_issuing(url) as tokens:
            return await work(tokens)

    def on_url(url: str) -> T:
        migrate_or_expect_migrated(settings, url)
        return asyncio.run(working(url))

    try:
        return on_database(settings, on_url)
    except _REFUSALS as refusal:
        raise Negative(str(refusal)) from refusal


def _request(options: TokenOptions) -> TokenRequest:
    """Check what was typed. Raises Misuse."""
    name = unicodedata.normalize("NFC", options.name).strip()
    if not 0 < len(name) <= LONGEST_NAME:
        message = f"The name of a token has 1 to {LONGEST_NAME} characters."
        raise Misuse(message)
    for scope in options.scopes:
        if scope not in SCOPES:
            message = f"There is no scope “{scope[:50]}”; {suggestion(scope, SCOPES)}"
            raise Misuse(message)
    collections = frozenset(map(_collection, options.collections or (PUBLIC,)))
    return TokenRequest(
        name,
        frozenset(cast("Sequence[AccessScope]", options.scopes)),
        None if EVERY_COLLECTION in collections else collections,
        tuple(map(_network, options.networks)),
        options.days,
    )


def _collection(text: str) -> str:
    if text == EVERY_COLLECTION:
        return text
    try:
        return _SLUG.validate_python(unicodedata.normalize("NFC", text))
    except ValidationError as error:
        message = f"“{text[:100]}” is no collection: a collection is named by a slug, such as desk-kyiv, or “*” is all."
        raise Misuse(message) from error


def _network(text: str) -> Network:
    try:
        return ip_network(text.strip())
    except ValueError as error:
        message = f"“{text[:100]}” is no network, such as 192.0.2.0/24 or 2001:db8::/32."
        raise Misuse(message) from error


def _print_table(found: Sequence[_TokenDocument]) -> None:
    table = plain_table("name", "id", "scopes", "collections", "networks", "expires", "last used", narrow=("id",))
    for each in found:
        words = [", ".join(each[name]) or NOTHING for name in ("scopes", "collections", "networks")]
        ends = f"revoked {_day(each['revoked_at'])}" if each["revoked_at"] else _day(each["expires_at"])
        add_row(table, each["name"], each["id"], *words, ends, each["last_used_at"])
    console(sys.stdout).print(table)


def _print_issued(document: _TokenDocument, *, json: bool) -> int:
    if json:
        print_json(document)
        return EXIT_OK
    sys.stdout.write(f"{document['token']}\n")
    scopes, collections = (", ".join(document[each]) for each in ("scopes", "collections"))
    say(
        f"That is the token “{document['name']}”, shown this once and sent as `Authorization: Bearer`. It may {scopes},"
        f" in {'every collection' if collections == EVERY_COLLECTION else collections}, and expires on"
        f" {_day(document['expires_at'])}."
    )
    return EXIT_OK


def _day(moment: str) -> str:
    return moment[:10]
