"""Commands that act as a token instead of as the operator."""

from service.access.issuing import TokenIssuing
from service.access.principal import AccessScope, Principal
from service.access.refusals import TokenInvalid, TokenUnknown
from service.console.command import CannotRun


async def token_principal(tokens: TokenIssuing, name: str, scope: AccessScope) -> Principal:
    """Return who holds the token of this id or name, if it stands and has the scope. Raises CannotRun."""
    try:
        found = await tokens.principal(name)
    except (TokenUnknown, TokenInvalid) as problem:
        raise CannotRun(str(problem)) from problem
    if not found.may(scope):
        message = f"The token “{found.name}” lacks the scope `{scope}`, which this needs."
        raise CannotRun(message)
    return found
