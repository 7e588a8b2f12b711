"""Exceptions: what a service refused, as problem documents (RFC 9457), and services that do not answer."""

from typing import Any, cast

import httpx


class KnownwhenError(Exception):
    """Root of what this client raises; the text says what to do."""


class Unreachable(KnownwhenError):
    """The service did not answer, however often it was asked. Whether a write was recorded is not known."""


class Problem(KnownwhenError):
    """A refusal of the service. The text is its sentence; `document` has all its members.

    `slug` is the last part of its type, such as `not-yet-known`; `errors` names the fields that are wrong.
    """

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        self.status = status
        self.document = document
        self.slug = str(document.get("type", "")).rpartition("/")[2]
        self.errors: list[dict[str, Any]] = document.get("errors") or []
        super().__init__(document.get("detail") or document.get("title") or f"The service answered {status}.")


def problem_of(response: httpx.Response) -> Problem:
    """Return the problem that a response is; one that is no problem document is told by its status."""
    try:
        document = response.json()
    except ValueError:
        document = {}
    return Problem(response.status_code, cast("dict[str, Any]", document) if isinstance(document, dict) else {})
