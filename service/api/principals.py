"""The principal of a request, as operations get it; put there by the authentication middleware."""

from typing import Annotated, Final, cast

from fastapi import Depends, Request
from starlette.types import Scope

from service.access.principal import OPERATOR, Principal

_KEY: Final = "principal"


def set_principal(scope: Scope, principal: Principal) -> None:
    """Set who asks in this request."""
    scope[_KEY] = principal


def principal_of(scope: Scope) -> Principal:
    """Return who asks. Raises KeyError where nobody has said, so that a request that was not checked is refused."""
    return cast("Principal", scope[_KEY])


def allow_everything(scope: Scope) -> None:
    """Set the operator as who asks, unless somebody is set: the service needs no tokens."""
    scope.setdefault(_KEY, OPERATOR)


async def request_principal(request: Request) -> Principal:
    """Return who asks in a request."""
    return principal_of(request.scope)


RequestPrincipal = Annotated[Principal, Depends(request_principal)]
"""Who asks, as a parameter of an operation."""
