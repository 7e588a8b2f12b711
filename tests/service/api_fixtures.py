"""The service and the incident that a test of the HTTP interface starts from."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.service.serving import opened, service


@pytest.fixture(scope="module")
def client(migrated_template: str, create_database: Callable[[str], str]) -> Iterator[httpx.Client]:
    """Return a client of a service that the tests of one module share, each with incidents of its own."""
    with service(create_database(migrated_template)) as shared:
        yield shared


@pytest.fixture
def incident(client: httpx.Client) -> str:
    """Return the slug of an incident of this test's own, three hours ahead of UTC."""
    return opened(client)
