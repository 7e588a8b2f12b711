"""The contents list of an incident and the links of those who may report, in a real Chromium."""

import httpx
import pytest
from playwright.sync_api import Browser

from tests.service.web.browser import PHONE, Tab, new_tab
from tests.service.web.screens import INCIDENT, LANGUAGES

CLEAR = """(id) => {
  const bar = document.getElementById("reading"), part = document.getElementById(id).getBoundingClientRect();
  const stuck = getComputedStyle(bar).position === "sticky" ? bar.getBoundingClientRect().bottom : 0;
  return part.top > stuck - 1 || window.scrollY + window.innerHeight >= document.documentElement.scrollHeight - 1;
}"""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [PHONE["width"], 800, 1280])
def test_contents_lead_to_each_part_clear_of_the_sliders(
    browser: Browser, site: str, language: str, width: int
) -> None:
    tab = new_tab(browser, site, viewport={"width": width, "height": 800}, reduced_motion="reduce")
    page = tab.open(f"{INCIDENT}?lang={language}")
    links = page.locator("nav.contents a")
    parts = page.locator("[data-part]").evaluate_all("(all) => all.map((each) => each.id)")
    assert [each.get_attribute("href") for each in links.all()] == [f"#{part}" for part in parts]
    for part in parts:
        page.locator(f'nav.contents a[href="#{part}"]').focus()
        page.keyboard.press("Enter")
        page.wait_for_function(CLEAR, arg=part)
    assert tab.overflow() == []
    assert tab.faults == []
    page.context.close()


def test_whoever_may_report_is_led_to_the_forms(tab: Tab) -> None:
    page = tab.open(INCIDENT)
    heading = page.locator(".titled")
    assert heading.get_by_role("link", name="Report something").get_attribute("href") == f"{INCIDENT}/report"
    assert heading.get_by_role("link", name="Curate the incident").get_attribute("href") == f"{INCIDENT}/curate"
    page = tab.open("/")
    assert page.get_by_role("link", name="Open an incident").get_attribute("href") == "/incidents/new"


def test_icon_is_where_browsers_look_for_it(site: str) -> None:
    answer = httpx.get(f"{site}/favicon.ico")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
