"""An OpenID Connect issuer for tests: a small HTTP server on loopback with keys of its own, which can fail."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

AUDIENCE = "knownwhen"


class _AnyAlgorithm(JWSRegistry):
    """All algorithms, also those that nobody should take."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


class TestIssuer:
    """An issuer: what it publishes, how often it was asked, and how it fails."""

    __test__ = False

    def __init__(self) -> None:
        self.keys: dict[str, Key] = {
            "RS256": RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"}),
            "ES256": ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}),
            "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "okp", "use": "sig"}),
        }
        self.fetched = 0
        self.fails = ""
        self.url = ""

    def answer(self, path: str) -> tuple[int, bytes]:
        """Return the status and the body of an answer."""
        if self.fails == "status":
            return 500, b"{}"
        if path.endswith("/.well-known/openid-configuration"):
            issuer = "https://another.example" if self.fails == "another" else self.url
            return 200, json.dumps({"issuer": issuer, "jwks_uri": f"{self.url}/keys"}).encode()
        self.fetched += 1
        if self.fails == "large":
            return 200, b'{"keys": [' + b" " * (1 << 20) + b"]}"
        if self.fails == "garbage":
            return 200, b"<html>"
        if self.fails == "empty":
            return 200, b'{"keys": []}'
        return 200, json.dumps({"keys": [each.as_dict(private=False) for each in self.keys.values()]}).encode()

    def claims(self, **given: Any) -> dict[str, Any]:
        """Return the claims of a token that is valid for an hour, but for what is given; None leaves a claim out."""
        now = int(time.time())
        valid = {"iss": self.url, "aud": AUDIENCE, "sub": "someone", "iat": now, "exp": now + 3_600, "scope": "read"}
        return {name: value for name, value in {**valid, **given}.items() if value is not None}

    def token(self, algorithm: str = "RS256", key: Key | None = None, header: Any = None, /, **given: Any) -> str:
        """Return a signed JWT."""
        key = key or self.keys[algorithm]
        head = {"alg": algorithm, **({"kid": key.kid} if key.kid else {}), **(header or {})}
        return jwt.encode(head, self.claims(**given), key, registry=_AnyAlgorithm(strict_check_header=False))


@contextmanager
def running_issuer() -> Iterator[TestIssuer]:
    """Run an issuer on a free port of loopback."""
    issuer = TestIssuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = issuer.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
