"""Refusals of credentials and of requests for tokens.

Each message is the sentence that the client reads; none has a secret in it.
"""

from service.access.token_text import without_secrets


class TokenInvalid(Exception):
    """The credential is none, or none any more; the message says why."""


class TooManyRequests(Exception):
    """A limit is reached; `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class IssuerUnavailable(Exception):
    """The keys of the OpenID Connect issuer cannot be had."""


class TokenUnknown(Exception):
    """There is no such token."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no token “{without_secrets(name)[:100]}”, by id or by the name of one that is not revoked."
        )


class TokenNameTaken(Exception):
    """A token that is not revoked has the name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a token “{name}” already. Rotate or revoke it, or choose another name.")
        self.field = "name"


class TokenRevoked(Exception):
    """The token is revoked, for good."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The token “{name}” is revoked, which is final. Make another one.")


class CannotHandOut(Exception):
    """Whoever makes or rotates a token lacks what it would have."""

    def __init__(self, what: str) -> None:
        super().__init__(f"A token gets no more than its maker has, and yours lacks {what}.")
