"""Every page opens in both languages, at the width of a desk and of a phone, and asks nothing of another host."""

import pytest
from playwright.sync_api import Browser

from tests.service.web.browser import PHONE, Tab, new_tab

PAGES = ["/", "/incidents/syria-coast-2025", "/incidents/no-such-incident", "/no/such/page"]


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("path", PAGES)
def test_page_fits_a_phone_and_a_desk(browser: Browser, site: str, path: str, language: str) -> None:
    for size in ({}, {"viewport": PHONE}):
        tab = new_tab(browser, site, **size)
        page = tab.open(f"{path}?lang={language}")
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator("h1").count() == 1
        assert tab.overflow() == []
        tab.page.context.close()


def test_program_gets_the_index_and_a_browser_the_incidents(tab: Tab) -> None:
    assert tab.open("/").locator("h1").inner_text() == "Incidents"
    assert tab.page.request.get(f"{tab.site}/", headers={"Accept": "*/*"}).json()["service"] == "knownwhen"
