"""The service, with its projector, that a test of what is read from read models starts from."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.service.projected import projected_service


@pytest.fixture(scope="module")
def projected_client(migrated_template: str, create_database: Callable[[str], str]) -> Iterator[httpx.Client]:
    """Return a client of a service with a projector, that the tests of one module share."""
    with projected_service(create_database(migrated_template)) as shared:
        yield shared
