"""Tokens of an OpenID Connect issuer: JWTs verified by its published keys, which are fetched, kept and renewed."""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, cast

import orjson
import structlog
from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from service.access.fetching import FetchFailed, is_fetchable
from service.access.principal import EVERY_COLLECTION, PUBLIC, SCOPES, Principal
from service.access.refusals import IssuerUnavailable, TokenInvalid

ALGORITHMS: Final = frozenset({"RS256", "ES256", "EdDSA", "Ed25519"})
"""The signatures that are taken; `Ed25519` is the newer name of `EdDSA` (RFC 9864)."""
SKEW_SECONDS: Final = 60
"""How far the clocks of issuer and service may differ."""
KEPT_SECONDS: Final = 3_600.0
"""How long fetched keys are used while the issuer does not answer."""
RENEWED_SECONDS: Final = 600.0
"""The age from which on keys are fetched anew."""
PAUSE_SECONDS: Final = 30.0
"""The least seconds between two fetches, whatever key a token names."""
LONGEST: Final = 8_192
"""The most characters of a JWT."""

_LAST: Final = datetime.max.replace(microsecond=0, tzinfo=UTC).timestamp()
_MOST_SECONDS: Final = 15.0
_DISCOVERY: Final = "/.well-known/openid-configuration"
_LEAST_RSA_BITS: Final = 2_048
_KEY_TYPES: Final[Mapping[str, type[RSAKey | ECKey | OKPKey]]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_ID_DIGITS: Final = 32
_SILENT: Final = "The issuer of the token does not answer, so that the token cannot be verified now."
_log = structlog.stdlib.get_logger("service.access")

Fetch = Callable[[str], object]
"""Fetches the JSON at a URL, and waits for it. Raises FetchFailed."""


class IssuerSettings(NamedTuple):
    """The issuer, the audience that its tokens must name, and the claims that hold scopes and collections."""

    issuer: str
    audience: str
    scope_claim: str
    collection_claim: str


class Vouched(NamedTuple):
    """A verified JWT: its principal and its expiry."""

    principal: Principal
    expires_at: datetime


class _Registry(JWSRegistry):
    """The allowed algorithms, without joserfc's warning about the name `EdDSA`."""

    def get_alg(self, name: str) -> Any:  # noqa: ANN401 - a type that joserfc does not export
        if name not in ALGORITHMS:
            message = "not allowed"
            raise UnsupportedAlgorithmError(message)
        return self.algorithms[name]


_REGISTRY: Final = _Registry(strict_check_header=False)


class Issuer:
    """An OpenID Connect issuer. `now` is the time of day; `clock` counts seconds."""

    def __init__(
        self, settings: IssuerSettings, fetch: Fetch, now: Callable[[], datetime], clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._fetch = fetch
        self._now = now
        self._clock = clock
        self._keys: dict[str | None, Key] = {}
        self._fetched = self._tried = -KEPT_SECONDS
        self._renewing = asyncio.Lock()

    async def verify(self, text: str) -> Vouched:
        """Verify a JWT. Raises TokenInvalid, and IssuerUnavailable where the keys are not to be had."""
        header = _header(text)
        if header.get("alg") not in ALGORITHMS:
            message = f"The token is signed in a way that is not taken here; {', '.join(sorted(ALGORITHMS))} are."
            raise TokenInvalid(message)
        key = await self._key(cast("str | None", header.get("kid")))
        try:
            claims = jwt.decode(text, key, registry=_REGISTRY).claims
        except (JoseError, ValueError, TypeError) as error:
            message = "The token is not signed by the issuer that this service trusts."
            raise TokenInvalid(message) from error
        self._check(claims)
        return Vouched(self._principal(claims), datetime.fromtimestamp(min(_LAST, claims["exp"] + SKEW_SECONDS), UTC))

    def _check(self, claims: dict[str, Any]) -> None:
        expected = jwt.JWTClaimsRegistry(
            now=int(self._now().timestamp()),
            leeway=SKEW_SECONDS,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        try:
            expected.validate(claims)
        except JoseError as error:
            message = f"The token does not hold here: {_reason(error)}."
            raise TokenInvalid(message) from error

    def _principal(self, claims: dict[str, Any]) -> Principal:
        scopes = _words(claims.get(self._settings.scope_claim))
        collections = _words(claims.get(self._settings.collection_claim, PUBLIC))
        return Principal(
            identity_id(claims["iss"], claims["sub"]),
            "of the issuer",
            frozenset(each for each in SCOPES if each in scopes),
            None if EVERY_COLLECTION in collections else collections,
        )

    async def _key(self, key_id: str | None) -> Key:
        """Return the key of an id. Raises TokenInvalid where the issuer has none, IssuerUnavailable."""
        if self._is_wanted(key_id) and not (self._is_kept(key_id) and self._renewing.locked()):
            async with self._renewing:
                if self._is_wanted(key_id) and self._clock() - self._tried >= PAUSE_SECONDS:
                    await self._renew(key_id)
        if self._clock() - self._fetched >= KEPT_SECONDS:
            raise IssuerUnavailable(_SILENT)
        key = self._find(key_id)
        if key is None:
            message = "The token is signed by a key that its issuer does not publish."
            raise TokenInvalid(message)
        return key

    def _find(self, key_id: str | None) -> Key | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _is_wanted(self, key_id: str | None) -> bool:
        """Say whether keys should be fetched: those kept are old, or the key is not among them."""
        return self._clock() - self._fetched >= RENEWED_SECONDS or self._find(key_id) is None

    def _is_kept(self, key_id: str | None) -> bool:
        """Say whether the key can be used without asking the issuer."""
        return self._clock() - self._fetched < KEPT_SECONDS and self._find(key_id) is not None

    async def _renew(self, key_id: str | None) -> None:
        self._tried = self._clock()
        try:
            found = await asyncio.wait_for(asyncio.to_thread(self._published), _MOST_SECONDS)
        except (FetchFailed, TimeoutError) as error:
            _log.warning("issuer-unavailable", issuer=self._settings.issuer, reason=str(error))
            if not self._is_kept(key_id):
                raise IssuerUnavailable(_SILENT) from error
        else:
            self._keys, self._fetched = found, self._tried

    def _published(self) -> dict[str | None, Key]:
        """Fetch the keys that the issuer publishes. Raises FetchFailed."""
        about = _object(self._fetch(self._settings.issuer.rstrip("/") + _DISCOVERY))
        where = about.get("jwks_uri")
        if about.get("issuer") != self._settings.issuer or not isinstance(where, str) or not is_fetchable(where):
            message = "its configuration names another issuer, or no address of keys"
            raise FetchFailed(message)
        keys = _object(self._fetch(where)).get("keys")
        if not isinstance(keys, list):
            message = "it publishes no list of keys"
            raise FetchFailed(message)
        found = {key.kid: key for each in cast("list[object]", keys) if (key := _verification_key(each))}
        if not found:
            message = "it publishes no key that is taken here"
            raise FetchFailed(message)
        return found


def identity_id(issuer: str, subject: str) -> str:
    """Return the id that facts are recorded by: `oidc:` and 32 digits of a SHA-256, as a subject may be a person."""
    return "oidc:" + hashlib.sha256(f"{issuer}\0{subject}".encode("utf-8", "surrogatepass")).hexdigest()[:_ID_DIGITS]


def _header(text: str) -> dict[str, Any]:
    """Return the header of a JWT, unverified. Raises TokenInvalid."""
    try:
        encoded = text.split(".", 1)[0].encode("ascii")
        header = orjson.loads(base64.urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4)))
    except (ValueError, binascii.Error):
        header = None
    found = cast("dict[str, Any]", header if isinstance(header, dict) else {})
    if not isinstance(found.get("alg"), str) or not isinstance(found.get("kid"), str | None):
        message = "The token cannot be read."
        raise TokenInvalid(message)
    return found


def _verification_key(document: object) -> Key | None:
    """Return a public key for signatures; None for one of another use, or that cannot be read."""
    if not isinstance(document, dict):
        return None
    given = cast("dict[str, Any]", document)
    kind = _KEY_TYPES.get(str(given.get("kty")))
    if kind is None or given.get("use", "sig") != "sig":
        return None
    try:
        key = kind.import_key(given)
        weak = isinstance(key, RSAKey) and key.public_key.key_size < _LEAST_RSA_BITS
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None if weak else key


def _object(document: object) -> dict[str, Any]:
    if not isinstance(document, dict):
        message = "it answers with something else than a JSON object"
        raise FetchFailed(message)
    return cast("dict[str, Any]", document)


def _words(claim: object) -> frozenset[str]:
    """Return the words of a claim: a list of strings, or a string with blanks between them (RFC 8693 §4.2)."""
    if isinstance(claim, str):
        return frozenset(claim.split())
    if isinstance(claim, list):
        return frozenset(each for each in cast("list[object]", claim) if isinstance(each, str))
    return frozenset()


_REASONS: Final = {
    "expired_token": "it has expired",
    "missing_claim": "it lacks a claim that is needed (iss, aud, sub, exp)",
    "invalid_claim": "its issuer, audience or times are not those expected",
}


def _reason(error: JoseError) -> str:
    return _REASONS.get(error.error, "its claims cannot be read")
