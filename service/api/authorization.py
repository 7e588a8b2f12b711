"""The scope that an operation needs: declared in its OpenAPI `security`, enforced by a dependency of all resources."""

from enum import Enum
from typing import Any, Final, cast

from fastapi import Request

from service.access.principal import AccessScope, Principal
from service.api.errors.problem import HttpProblem
from service.api.principals import principal_of


class AnyToken(Enum):
    """What an operation needs that takes every token, whatever its scopes."""

    ANY_TOKEN = "any token"  # noqa: S105 - no secret


ANY_TOKEN: Final = AnyToken.ANY_TOKEN
Needed = AccessScope | AnyToken | None
"""What an operation needs: a scope, any token, or None where it is open to everyone."""

SECURITY: Final = "security"
"""The member of an OpenAPI operation that declares it."""
SCHEME: Final = "token"
"""The name of the security scheme."""
CHALLENGE: Final = 'Bearer realm="knownwhen"'
"""The header `WWW-Authenticate` of an answer to a request without a token (RFC 6750 §3)."""


def security_of(needed: Needed) -> list[dict[str, list[str]]]:
    """Return the OpenAPI security requirement of what an operation needs."""
    if needed is None:
        return []
    return [{SCHEME: [] if isinstance(needed, AnyToken) else [needed]}]


def needed_by(security: list[dict[str, list[str]]]) -> Needed:
    """Return what an operation needs by its OpenAPI security requirement; the inverse of `security_of`."""
    if not security:
        return None
    scopes = security[0][SCHEME]
    return cast("AccessScope", scopes[0]) if scopes else ANY_TOKEN


def require(principal: Principal, needed: Needed) -> None:
    """Refuse a principal that lacks what an operation needs. Raises HttpProblem."""
    if needed is None or (not principal.anonymous if isinstance(needed, AnyToken) else principal.may(needed)):
        return
    if principal.anonymous:
        what = "any token of this service" if isinstance(needed, AnyToken) else f"a token with the scope `{needed}`"
        detail = f"This needs {what}: send `Authorization: Bearer` and the token."
        raise HttpProblem("token-needed", detail, headers={"WWW-Authenticate": CHALLENGE})
    challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{needed}"'
    detail = f"This needs the scope `{needed}`, which the token “{principal.name}” does not have."
    raise HttpProblem("scope-missing", detail, headers={"WWW-Authenticate": challenge}, members={"scope": needed})


def require_every_collection(principal: Principal) -> None:
    """Refuse a principal that does not see all collections. Raises HttpProblem."""
    if principal.collections is not None:
        detail = f"This concerns all collections, of which the token “{principal.name}” sees some only."
        raise HttpProblem("every-collection-needed", detail)


async def require_scope(request: Request) -> None:
    """Refuse a request whose principal lacks the scope that its route declares. Raises HttpProblem."""
    declared: dict[str, Any] = request.scope["route"].openapi_extra
    require(principal_of(request.scope), needed_by(declared[SECURITY]))
