"""The health of the service for who runs it: all well, catching up, stopped, and why."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from service.web.language.languages import language
from service.web.template_environment import templates
from service.wiring import make_app
from tests.service.serving import serving
from tests.service.web.browser import Tab
from tests.service.web.listing_screens import fits

pytestmark = pytest.mark.one_server_will_do


def test_health_fits_a_phone_and_a_desk(browser: Browser, site: str) -> None:
    fits(browser, site, "/health")


def test_each_table_is_told_in_words_with_its_version(tab: Tab) -> None:
    page = tab.open("/health")
    models = page.locator(".results > li")
    assert models.count() == 5
    for each in models.all():
        expect(each).to_contain_text("version")
    expect(page.locator("main")).to_contain_text("facts are in the log.")
    page.get_by_role("link", name="Look again").click()
    page.wait_for_load_state()
    assert page.locator("h1").inner_text() == "Health of the service"


def test_tables_that_nobody_builds_are_said_to_be_built(
    browser: Browser, migrated_template: str, create_database: Callable[[str], str]
) -> None:
    with serving(make_app(create_database(migrated_template))) as site:
        opened = Tab(browser.new_context(), site)
        expect(opened.open("/health").locator("main")).to_contain_text("Being built")
        opened.page.goto(f"{site}/search")
        expect(opened.page.locator("main")).to_contain_text("The tables that this is read from are being built.")
        opened.page.goto(f"{site}/sources")
        expect(opened.page.locator("main")).to_contain_text("The tables that this is read from are being built.")
        opened.page.context.close()


@pytest.mark.parametrize("code", ["en", "ar"])
def test_a_table_that_stopped_says_where_and_why_as_words(code: str) -> None:
    stopped = {"position": 12, "error": "<b>no such thing</b>"}
    building = {"generation": 2, "version": 3, "position": 5, "behind": 9, "stopped": None}
    place = {"generation": 1, "position": 11, "behind": 3, "stopped": stopped, "building": building}
    model: dict[str, Any] = {"name": "reports", "title": "Search", "version": 2, "status": "stopped", **place}
    shown = language(code, "latn")
    source = templates(shown).get_template("health.html")
    blocks = "".join(
        source.blocks["main"](
            source.new_context(
                {"page": _Page(), "models": [model], "position": 14, "not_ready": None, "worst": 2, "signer": None}
            )
        )
    )
    assert "&lt;b&gt;no such thing&lt;/b&gt;" in blocks
    assert "12" in blocks


class _Page:
    """The addresses of a page."""

    def here(self, **_: object) -> str:
        return "/health"

    def link(self, path: str) -> str:
        return path
