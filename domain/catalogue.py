"""Registry of policies and views: every module of their slots, by name and version."""

from typing import TypeVar, cast

from domain import policies, views
from domain.estimates.estimate import Policy
from domain.reading import View
from domain.slots import discover
from domain.values.text_types import nearest

POLICIES: dict[str, Policy] = {policy.id: policy for policy in cast("list[Policy]", list(discover(policies, "POLICY")))}
"""Every policy ever released, by `name/version`."""

VIEWS: dict[str, View] = {view.id: view for view in cast("list[View]", list(discover(views, "VIEW")))}
"""Every view ever released, by `name/version`."""

DEFAULT_POLICY = "range/1"

T = TypeVar("T")


class UnknownName(ValueError):
    """No policy or view (`field`) has that name and version; `nearest` is the closest known name."""

    def __init__(self, field: str, nearest: str | None, sentence: str) -> None:
        self.field = field
        self.nearest = nearest
        super().__init__(sentence)


def policy(name: str) -> Policy:
    """Return the policy `name/version`, or raise UnknownName with the nearest known one."""
    return _lookup("policy", name, POLICIES)


def view(name: str) -> View:
    """Return the view `name/version`, or raise UnknownName with the nearest known one."""
    return _lookup("view", name, VIEWS)


def _lookup(what: str, name: str, known: dict[str, T]) -> T:
    if name in known:
        return known[name]
    near = nearest(name, known)
    hint = f"did you mean “{near}”?" if near else f"known: {', '.join(sorted(known))}."
    message = f"There is no {what} “{name[:100]}”; {hint}"
    raise UnknownName(what, near, message)
