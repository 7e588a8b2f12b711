"""JWTs of an OpenID Connect issuer, real ones of a real server: which are taken, and which are refused with what."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import MAXYEAR, UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from service.access.fetching import FetchFailed, fetch_json, is_fetchable
from service.access.oidc import (
    KEPT_SECONDS,
    PAUSE_SECONDS,
    RENEWED_SECONDS,
    SKEW_SECONDS,
    Issuer,
    IssuerSettings,
    identity_id,
)
from service.access.refusals import IssuerUnavailable, TokenInvalid
from service.wiring import TokensNeeded
from tests.service.access import bearer, closed_service, issued
from tests.service.issuers import AUDIENCE, TestIssuer, running_issuer
from tests.service.serving import opened, problem

pytestmark = pytest.mark.one_server_will_do


@pytest.fixture(scope="module")
def issuer() -> Iterator[TestIssuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture
def settings(issuer: TestIssuer) -> IssuerSettings:
    return IssuerSettings(issuer.url, AUDIENCE, "scope", "collections")


class World:
    """An issuer as the service sees it, at a moment that the test moves on."""

    def __init__(self, settings: IssuerSettings) -> None:
        self.seconds = 0.0
        self.start = datetime.now(UTC)
        self.issuer = Issuer(settings, fetch_json, self.now, lambda: self.seconds)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def by_hand(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes] = lambda _: b"") -> str:
    """Return a JWT as no library makes it: without a signature, or with one of the test's own."""
    signed = ".".join(encoded(json.dumps(each).encode()) for each in (header, claims))
    return f"{signed}.{encoded(sign(signed.encode()))}"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
@pytest.mark.asyncio
async def test_each_algorithm_that_is_taken(issuer: TestIssuer, settings: IssuerSettings, algorithm: str) -> None:
    token = issuer.token(algorithm, scope="read report unheard-of", collections=["public", "desk"])
    principal, expires_at = await World(settings).issuer.verify(token)
    assert (principal.scopes, principal.collections) == ({"read", "report"}, {"public", "desk"})
    assert principal.id == identity_id(issuer.url, "someone")
    assert expires_at > datetime.now(UTC)


@pytest.mark.parametrize(
    ("scope", "collections", "found"),
    [
        (["read", "audit", 3], "*", ({"read", "audit"}, None)),
        (None, None, (set[str](), {"public"})),
        ("admin", "a b", ({"admin"}, {"a", "b"})),
        ({"read": 1}, 7, (set[str](), set[str]())),
    ],
)
@pytest.mark.asyncio
async def test_scopes_and_collections_are_lists_or_words(
    issuer: TestIssuer, settings: IssuerSettings, scope: object, collections: object, found: tuple[object, object]
) -> None:
    principal, _ = await World(settings).issuer.verify(issuer.token(scope=scope, collections=collections))
    assert (principal.scopes, principal.collections) == found


@pytest.mark.asyncio
async def test_the_claims_of_scopes_and_collections_can_be_named(issuer: TestIssuer) -> None:
    world = World(IssuerSettings(issuer.url, "log", "roles", "desks"))
    principal, _ = await world.issuer.verify(issuer.token(aud=["web", "log"], roles=["report"], desks=["kyiv"]))
    assert (principal.scopes, principal.collections) == ({"report"}, {"kyiv"})


def forgeries(issuer: TestIssuer) -> dict[str, str]:
    """Return tokens that are not the issuer's, or not for here and now."""
    now = int(time.time())
    rsa = issuer.keys["RS256"]
    assert isinstance(rsa, RSAKey)
    pem = rsa.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    genuine = issuer.token()
    head, claims, signature = genuine.split(".")
    return {
        "alg none": by_hand({"alg": "none", "kid": "rsa"}, issuer.claims()),
        "alg None": by_hand({"alg": "None", "kid": "rsa"}, issuer.claims()),
        "no alg": by_hand({"kid": "rsa"}, issuer.claims()),
        "alg that is no text": by_hand({"alg": ["RS256"], "kid": "rsa"}, issuer.claims()),
        "HS256 by the public key": by_hand(
            {"alg": "HS256", "kid": "rsa"}, issuer.claims(), lambda said: hmac.digest(pem, said, "sha256")
        ),
        "RS384": issuer.token("RS384", rsa),
        "PS256": issuer.token("PS256", rsa),
        "a key of another type": issuer.token("ES256", ECKey.generate_key("P-256"), {"kid": "rsa"}),
        "a key of another": issuer.token("RS256", RSAKey.generate_key(2048), {"kid": "rsa"}),
        "a key in its own header": issuer.token(
            "RS256", other := RSAKey.generate_key(2048), {"kid": "rsa", "jwk": other.as_dict(private=False)}
        ),
        "unknown kid": issuer.token("RS256", rsa, {"kid": "nobody's"}),
        "kid that is no text": by_hand({"alg": "RS256", "kid": 1}, issuer.claims()),
        "unknown crit": by_hand(
            {"alg": "RS256", "kid": "rsa", "crit": ["x"], "x": 1},
            issuer.claims(),
            lambda said: JWSRegistry.algorithms["RS256"].sign(said, rsa),
        ),
        "no signature": f"{head}.{claims}.",
        "other claims": f"{head}.{issuer.token(sub='another').split('.')[1]}.{signature}",
        "truncated": genuine[:-5],
        "another issuer": issuer.token(iss="https://another.example"),
        "wrong audience": issuer.token(aud="another"),
        "wrong audiences": issuer.token(aud=["another", "third"]),
        "no audience": issuer.token(aud=None),
        "no subject": issuer.token(sub=None),
        "subject that is no text": issuer.token(sub=7),
        "no expiry": issuer.token(exp=None),
        "expiry that is no time": issuer.token(exp="tomorrow"),
        "expired": issuer.token(exp=now - SKEW_SECONDS - 5),
        "not yet valid": issuer.token(nbf=now + SKEW_SECONDS + 60),
        "of the future": issuer.token(iat=now + SKEW_SECONDS + 60),
        "three empty parts": "..",
        "no JSON": "a.b.c",
    }


NAMES = (
    *("alg none", "alg None", "no alg", "HS256 by the public key", "RS384", "PS256", "a key of another type"),
    *("a key of another", "a key in its own header", "unknown kid", "kid that is no text", "other claims", "truncated"),
    *("another issuer", "wrong audience", "wrong audiences", "no audience", "no subject", "subject that is no text"),
    *("no expiry", "expiry that is no time", "expired", "not yet valid", "of the future", "three empty parts"),
    *("no JSON", "unknown crit", "no signature", "alg that is no text"),
)


@pytest.fixture(scope="module")
def forged(issuer: TestIssuer) -> dict[str, str]:
    return forgeries(issuer)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.asyncio
async def test_what_the_issuer_did_not_say_is_refused(
    forged: dict[str, str], settings: IssuerSettings, name: str
) -> None:
    assert set(NAMES) == set(forged)
    with pytest.raises(TokenInvalid) as refused:
        await World(settings).issuer.verify(forged[name])
    assert forged[name] not in str(refused.value)


@pytest.mark.parametrize("expiry", [10**12, 10**15, 1e308])
@pytest.mark.asyncio
async def test_an_expiry_beyond_all_years_is_the_last_moment(
    issuer: TestIssuer, settings: IssuerSettings, expiry: float
) -> None:
    _, expires_at = await World(settings).issuer.verify(issuer.token(exp=expiry))
    assert expires_at.year == MAXYEAR


@pytest.mark.asyncio
async def test_clocks_may_differ_by_the_skew(issuer: TestIssuer, settings: IssuerSettings) -> None:
    now = int(time.time())
    for claims in (
        {"exp": now - SKEW_SECONDS + 20},
        {"nbf": now + SKEW_SECONDS - 20},
        {"iat": now + SKEW_SECONDS - 20},
    ):
        _, expires_at = await World(settings).issuer.verify(issuer.token(**claims))
        assert expires_at > datetime.now(UTC)


@pytest.mark.asyncio
async def test_keys_are_fetched_once_and_an_unknown_one_at_most_once_a_while(
    issuer: TestIssuer, settings: IssuerSettings
) -> None:
    world, before = World(settings), issuer.fetched
    token, strange = issuer.token(), issuer.token("RS256", RSAKey.generate_key(2048), {"kid": "strange"})
    await asyncio.gather(*(world.issuer.verify(token) for _ in range(5)))
    assert issuer.fetched == before + 1
    for _ in range(3):
        with pytest.raises(TokenInvalid):
            await world.issuer.verify(strange)
    assert issuer.fetched == before + 1
    world.seconds = PAUSE_SECONDS
    for _ in range(3):
        with pytest.raises(TokenInvalid):
            await world.issuer.verify(strange)
    assert issuer.fetched == before + 2


@pytest.mark.asyncio
async def test_a_new_key_of_the_issuer_is_found(settings: IssuerSettings) -> None:
    with running_issuer() as issuer:
        world = World(settings._replace(issuer=issuer.url))
        await world.issuer.verify(issuer.token())
        old, new = issuer.keys["RS256"], RSAKey.generate_key(2048, {"kid": "newer", "use": "sig"})
        issuer.keys["RS256"] = new
        world.seconds = PAUSE_SECONDS
        await world.issuer.verify(issuer.token())
        with pytest.raises(TokenInvalid):
            await world.issuer.verify(issuer.token("RS256", old))


@pytest.mark.parametrize("fails", ["status", "another", "large", "garbage", "empty"])
@pytest.mark.asyncio
async def test_while_the_issuer_does_not_answer_kept_keys_count_for_their_time(
    settings: IssuerSettings, fails: str
) -> None:
    with running_issuer() as issuer:
        world, token = World(settings._replace(issuer=issuer.url)), issuer.token()
        issuer.fails = fails
        with pytest.raises(IssuerUnavailable):
            await world.issuer.verify(token)
        issuer.fails = ""
        with pytest.raises(IssuerUnavailable):
            await world.issuer.verify(token)
        world.seconds = PAUSE_SECONDS
        await world.issuer.verify(token)
        issuer.fails = fails
        world.seconds += RENEWED_SECONDS
        await world.issuer.verify(token)
        token = issuer.token(exp=int(time.time()) + 10 * int(KEPT_SECONDS))
        world.seconds = PAUSE_SECONDS + KEPT_SECONDS
        with pytest.raises(IssuerUnavailable):
            await world.issuer.verify(token)


@pytest.mark.asyncio
async def test_an_issuer_that_is_gone_is_no_fault_and_no_wrong_token(settings: IssuerSettings) -> None:
    with running_issuer() as issuer:
        token, gone = issuer.token(), settings._replace(issuer=issuer.url)
    with pytest.raises(IssuerUnavailable):
        await World(gone).issuer.verify(token)


def test_documents_are_fetched_by_https_or_from_this_machine() -> None:
    good = ("https://id.example.org/keys", "http://127.0.0.1:8080/keys", "http://[::1]/keys", "http://localhost/")
    bad = ("http://id.example.org/keys", "file:///etc/passwd", "ftp://127.0.0.1/", "https://", "", "http://[", "//x")
    assert [is_fetchable(each) for each in (*good, *bad)] == [True] * len(good) + [False] * len(bad)
    with pytest.raises(FetchFailed):
        fetch_json("http://127.0.0.1:1/")


def test_over_http_a_jwt_is_a_token_like_any_other(
    issuer: TestIssuer,
    forged: dict[str, str],
    settings: IssuerSettings,
    migrated_template: str,
    create_database: Callable[[str], str],
) -> None:
    url = create_database(migrated_template)
    auditor = issued(url, "audit", "read")
    with closed_service(url, tokens=TokensNeeded(issuer=settings)) as client:
        client.headers.update(bearer(issuer.token("ES256", scope="read report")))
        slug = opened(client)
        changes = client.get(f"/v1/changes?incident={slug}", headers=bearer(auditor)).json()["items"]
        assert [each["recorded_by"] for each in changes] == [identity_id(issuer.url, "someone")]
        problem(client.post(f"/v1/incidents/{slug}/close", json={}), "scope-missing")
        for name in ("alg none", "HS256 by the public key", "expired"):
            problem(client.get("/v1/policy", headers=bearer(forged[name])), "token-invalid")
        began = client.post("/v1/session")
        assert began.status_code == 200
        del client.headers["Authorization"]
        assert client.get("/v1/policy").status_code == 200


def test_over_http_an_issuer_that_is_gone_is_said_as_503(
    settings: IssuerSettings, migrated_template: str, create_database: Callable[[str], str]
) -> None:
    with running_issuer() as issuer:
        token, gone = issuer.token(), settings._replace(issuer=issuer.url)
    with closed_service(create_database(migrated_template), tokens=TokensNeeded(issuer=gone)) as client:
        response = client.get("/v1/policy", headers=bearer(token))
        problem(response, "issuer-unavailable")
        assert int(response.headers["retry-after"]) > 0


def test_a_person_is_recorded_by_a_name_that_does_not_tell_who_it_is() -> None:
    name = identity_id("https://id.example.org", "someone@example.org")
    assert "someone" not in name
    assert len(name) == len("oidc:") + 32
    assert name != identity_id("https://id.example.or", "gsomeone@example.org")
