"""Fetching of small JSON documents over HTTPS, with limits of time and size."""

import time
import urllib.request
from http.client import HTTPException, HTTPResponse
from typing import Any, Final, cast
from urllib.error import HTTPError
from urllib.parse import urlsplit

import orjson

from service.runtime.hosts import Hosts, NoHost

SECONDS: Final = 5.0
"""The seconds that a document may take in all."""
MOST_BYTES: Final = 256 << 10
"""The most bytes of a document."""

_CHUNK: Final = 16 << 10
_LOOPBACK: Final = Hosts()


class FetchFailed(Exception):
    """The document is not to be had; the message is the reason."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def http_error_302(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - as urllib passes them on
        """Follow none, so that the answer is an error: an issuer's documents are where it says."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


_OPENER: Final = urllib.request.build_opener(_NoRedirects)


def is_fetchable(url: str) -> bool:
    """Say whether a URL is of HTTPS, or of HTTP on loopback."""
    try:
        parts = urlsplit(url)
        return bool(parts.netloc) and (
            parts.scheme == "https" or (parts.scheme == "http" and _LOOPBACK.includes(parts.netloc))
        )
    except (ValueError, NoHost):
        return False


def fetch_json(url: str) -> object:
    """Fetch the JSON document at a URL. Raises FetchFailed."""
    until = time.monotonic() + SECONDS
    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310 - see is_fetchable
    try:
        with _OPENER.open(request, timeout=SECONDS) as response:
            return orjson.loads(_read(cast("HTTPResponse", response), until))
    except (OSError, HTTPException, ValueError) as error:  # HTTPError and URLError are OSErrors
        if isinstance(error, HTTPError):
            error.close()
        raise FetchFailed(f"{url}: {type(error).__name__}") from error


def _read(response: HTTPResponse, until: float) -> bytes:
    content = b""
    while chunk := response.read1(_CHUNK):
        content += chunk
        if len(content) > MOST_BYTES or time.monotonic() > until:
            message = "too much, or too slow"
            raise ValueError(message)
    return content
