"""The part `downloads`: every file is there, of the reading that the page shows, in both languages."""

import csv
import io
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser

from tests.service.web.browser import PHONE, Tab, new_tab

pytestmark = pytest.mark.one_server_will_do

OWN = "/incidents/syria-coast-2025"
THEN = "as_of=@100&reported_until=2025-03-10T00:00:00Z"


def links(tab: Tab) -> dict[str, str]:
    """Return the addresses of files by their names for screen readers."""
    found = tab.page.locator("#downloads .formats a").all()
    return {str(each.get_attribute("aria-label")): str(each.get_attribute("href")) for each in found}


def coordinates(tab: Tab) -> dict[str, Any]:
    return tab.page.request.get(f"{tab.site}/v1{OWN}?{THEN}").json()["coordinates"]


def test_every_file_is_of_the_reading_of_the_page(tab: Tab) -> None:
    tab.open(f"{OWN}?{THEN}")
    wanted, found = coordinates(tab), links(tab)
    assert len(found) == 16
    for name, address in found.items():
        response = tab.page.request.get(f"{tab.site}{address}")
        assert response.status == 200, name
        told = response.headers["knownwhen-coordinates"]
        assert f'"position":{wanted["position"]},' in told
        assert wanted["reported_until"] in told
        assert wanted["policy"] in told
    safe = tab.page.request.get(f"{tab.site}{found['Claims as CSV']}").body()
    plain = tab.page.get_by_text("as CSV for programs").get_attribute("href")
    verbatim = tab.page.request.get(f"{tab.site}{plain}").body()
    assert safe.startswith(b"\xef\xbb\xbf")
    assert not verbatim.startswith(b"\xef\xbb\xbf")
    assert len(list(csv.reader(io.StringIO(safe.decode())))) == len(list(csv.reader(io.StringIO(verbatim.decode()))))


def test_file_is_saved_under_a_name_that_says_what_it_is(tab: Tab) -> None:
    tab.open(f"{OWN}?{THEN}")
    with tab.page.expect_download() as saved:
        tab.page.get_by_role("link", name="Claims as CSV", exact=True).click()
    assert saved.value.suggested_filename == f"syria-coast-2025-claims-{coordinates(tab)['position']}.csv"


@pytest.mark.parametrize(("language", "rtl"), [("en", False), ("ar", True)])
def test_workbook_runs_in_the_direction_of_the_page(tab: Tab, language: str, rtl: bool) -> None:  # noqa: FBT001 - a case
    tab.open(f"{OWN}?lang={language}")
    address = next(each for each in links(tab).values() if "format=xlsx" in each)
    book = openpyxl.load_workbook(io.BytesIO(tab.page.request.get(f"{tab.site}{address}").body()))
    assert all(bool(each.sheet_view.rightToLeft) is rtl for each in book.worksheets)


def test_button_prints_the_page(tab: Tab) -> None:
    page = tab.open(OWN)
    page.evaluate("() => { window.print = () => { document.title = 'printed'; }; }")
    page.get_by_role("button", name="Print this page").click()
    assert page.title() == "printed"
    offline = page.get_by_role("link", name="A copy of this page for use offline")
    assert str(offline.get_attribute("href")).startswith(f"{OWN}/copy.html?as_of=@")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_part_fits_a_phone_and_is_there_without_scripts(browser: Browser, site: str, language: str) -> None:
    tab = new_tab(browser, site, viewport=PHONE, java_script_enabled=False)
    page = tab.open(f"{OWN}?lang={language}")
    assert page.locator("#downloads .formats a").count() == 16
    assert page.locator("[data-print]").is_hidden()
    page.context.close()
    tab = new_tab(browser, site, viewport=PHONE)
    page = tab.open(f"{OWN}?lang={language}")
    assert tab.overflow() == []
    boxes = [each.bounding_box() for each in page.locator("#downloads :is(.formats a, button, .button)").all()]
    assert all(box and min(box["width"], box["height"]) >= 24 for box in boxes)
    page.context.close()
