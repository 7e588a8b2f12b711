"""The principal of a request: who asks, with which scopes, in which collections."""

from typing import Final, Literal

from msgspec import Struct

from domain.values.collections import PUBLIC

__all__ = ["EVERY_COLLECTION", "OPERATOR", "PUBLIC", "SCOPES", "AccessScope", "Principal"]

AccessScope = Literal["read", "report", "curate", "publish", "read:sealed", "audit", "admin"]
"""What a token permits; none implies another."""

SCOPES: Final[tuple[AccessScope, ...]] = ("read", "report", "curate", "publish", "read:sealed", "audit", "admin")

EVERY_COLLECTION: Final = "*"
"""The name, in a token, for all collections, also those that do not exist yet."""


class Principal(Struct, frozen=True, gc=False):
    """Who asks: `id` is that of a token, stored with what it writes; None for the operator, and where none is needed.

    `collections` is None for all of them. An `anonymous` principal named no token, where one is needed.
    """

    id: str | None
    name: str
    scopes: frozenset[AccessScope]
    collections: frozenset[str] | None
    anonymous: bool = False

    def may(self, scope: AccessScope) -> bool:
        """Say whether it has a scope."""
        return scope in self.scopes

    def sees(self, collection: str) -> bool:
        """Say whether it may read and write in a collection."""
        return self.collections is None or collection in self.collections


OPERATOR: Final = Principal(None, "operator", frozenset(SCOPES), None)
"""Whoever runs commands on the machine of the service, or asks a service that is open: everything is permitted."""
NOBODY: Final = Principal(None, "nobody", frozenset(), frozenset(), anonymous=True)
"""Whoever names no token to a service that needs one."""
READER: Final = Principal(None, "anyone", frozenset({"read"}), frozenset({PUBLIC}), anonymous=True)
"""Whoever names no token to a service whose collection `public` anyone may read (`KNOWNWHEN_PUBLIC_READ`)."""
