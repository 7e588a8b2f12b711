"""Structs that define equality: msgspec takes `!=` from its base class, unless it is defined beside `==`."""

import importlib
import pkgutil
from collections.abc import Iterator

import msgspec
import pytest

import domain
import service.eventstore
from domain.reports.claims.claim import ClaimKey
from domain.values.populations import Population
from tests.domain.questions import held
from tests.domain.replacing import replace


def structs() -> Iterator[type[msgspec.Struct]]:
    """Yield every struct of the domain and of the log."""
    for package in (domain, service.eventstore):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    left = [msgspec.Struct]
    while left:
        for each in left.pop().__subclasses__():
            left.append(each)
            if each.__module__.startswith(("domain.", "service.")):
                yield each


@pytest.mark.parametrize("struct", sorted(set(structs()), key=str), ids=str)
def test_a_struct_that_defines_equality_defines_inequality_too(struct: type[msgspec.Struct]) -> None:
    assert ("__eq__" in vars(struct)) == ("__ne__" in vars(struct))


def test_equal_claims_and_keys_are_not_unequal() -> None:
    keys = [ClaimKey("killed", Population(sex="female"), "incident") for _ in range(2)]
    claims = [replace(held("a", "5"), ref="x#1") for _ in range(2)]
    for one, other in (keys, claims):
        assert one is not other
        assert (one == other, one != other) == (True, False)
    assert keys[0] != ClaimKey("killed", Population(), "incident")
    assert claims[0] != held("b", "5")
