"""The service and the incident that a test of erasure starts from."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.service.erased import Told
from tests.service.sealed import key_file, sealing_service


@pytest.fixture(scope="module")
def sealed_url(migrated_template: str, create_database: Callable[[str], str]) -> str:
    """Return the address of a database that the tests of one module share."""
    return create_database(migrated_template)


@pytest.fixture(scope="module")
def sealing_client(sealed_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Return a client of a service over it that seals, with a projector."""
    with sealing_service(sealed_url, key_file(tmp_path_factory.mktemp("keys"))) as shared:
        yield shared


@pytest.fixture
def told(sealing_client: httpx.Client) -> Told:
    """Return an incident of this test's own, with a report to erase."""
    return Told(sealing_client)
