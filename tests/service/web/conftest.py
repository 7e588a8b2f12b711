"""A service with the sample, and a Chromium to look at it."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from service import wiring
from service.console import samples
from service.wiring import make_app
from tests.service.projected import projecting
from tests.service.sealed import key_file
from tests.service.serving import serving
from tests.service.web.browser import MISSING, Tab, away_from_playwright, chromium, launched, new_tab

SAMPLE = "syria-coast-2025"
FOLDER = Path(__file__).parent
UNAVAILABLE = 503


BROWSER = {"browser", "tab"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave every test of this folder to one version of PostgreSQL: pages are made of answers, which do not differ.

    What needs a browser is for `make test-web`, but for those that are marked as the core of the page.
    """
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker("one_server_will_do")
            if BROWSER & set(getattr(item, "fixturenames", ())) and not item.get_closest_marker("core_of_page"):
                item.add_marker("whole_page")


async def _load(url: str) -> None:
    async with wiring.services(url) as services:
        await samples.load(services.writer, samples.read_named(SAMPLE), lambda _: None)


@pytest.fixture(scope="package")
def site(
    migrated_template: str, create_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Return the address of a service with the sample, a projector and a key to seal with, open to all; shared."""
    url = create_database(migrated_template)
    away_from_playwright(_load(url))
    with projecting(url), serving(make_app(url, keys=key_file(tmp_path_factory.mktemp("keys")))) as address:
        while httpx.get(f"{address}/v1/incidents").status_code == UNAVAILABLE:  # read models are built first
            time.sleep(0.05)
        yield address


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Return a running Chromium. It ends with the package: while it runs, its loop is that of the main thread."""
    if chromium() is None:
        pytest.fail(MISSING) if os.environ.get("CI") else pytest.skip(MISSING)
    with launched() as running:
        yield running


@pytest.fixture
def tab(browser: Browser, site: str) -> Iterator[Tab]:
    """Return a tab on the site; whatever it showed, no script failed and nothing was asked of another host."""
    opened = new_tab(browser, site)
    yield opened
    opened.page.context.close()
    assert opened.faults == []
