"""The page of an incident on paper: all of it, nothing to press, and where it can be asked for again."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, Page

from service.web.language.languages import language
from tests.patience import PATIENCE
from tests.service.web.browser import Tab, new_tab
from tests.service.web.screens import CLOSED, INCIDENT, LANGUAGES

CONTROLS: Final = "button, input, select, textarea, form, nav, [role=status]"


@pytest.fixture(scope="module")
def claims(site: str) -> list[dict[str, Any]]:
    """Return every claim of the sample, in the reading that is printed."""
    with httpx.Client(base_url=site, timeout=PATIENCE) as client:
        document = client.get(f"/v1{INCIDENT}/claims?{CLOSED}").json()
    return document["data"]["claims"]


@pytest.fixture
def printed(browser: Browser, site: str) -> Iterator[Tab]:
    """Return a tab for pages that are printed."""
    tab = new_tab(browser, site)
    yield tab
    tab.page.context.close()
    assert tab.faults == []


def words_of(page: Page, folder: Path) -> str:
    """Return the words of the page as a PDF; without poppler, those that the layout for paper shows."""
    path = folder / "page.pdf"
    page.pdf(path=path, format="A4", prefer_css_page_size=True)
    if (read := shutil.which("pdftotext")) is None:
        page.emulate_media(media="print")
        return page.evaluate("document.body.innerText")
    return subprocess.run([read, "-raw", path, "-"], check=True, capture_output=True, text=True).stdout


def joined(text: str) -> str:
    """Return a text without what lines, pages and directions put between words."""
    return "".join(each for each in text if each.isalnum())


def test_print_of_an_incident_has_every_section_and_every_claim(
    printed: Tab, claims: list[dict[str, Any]], tmp_path: Path
) -> None:
    page = printed.open(f"{INCIDENT}?{CLOSED}&print=1")
    headings = page.locator("[data-part]:not(#downloads) > h2").all_inner_texts()
    text = joined(words_of(page, tmp_path))
    assert len(headings) >= 3
    for heading in headings:
        assert joined(heading) in text, heading
    assert claims
    for claim in claims:
        assert joined(figure(claim)) in text, claim


def figure(claim: dict[str, Any]) -> str:
    """Return the number of a claim as the page writes it, or its words."""
    if claim["bound"] == "worded":
        return claim["verbatim"]
    ends = [claim[name] for name in ("best", "lower", "upper") if claim[name] is not None]
    return language("en", "latn").number(ends[0])


@pytest.mark.parametrize("code", LANGUAGES)
def test_print_has_no_controls_and_says_where_it_can_be_asked_for_again(printed: Tab, code: str) -> None:
    page = printed.open(f"{INCIDENT}?{CLOSED}&lang={code}")
    page.emulate_media(media="print")
    shown = page.locator(CONTROLS).evaluate_all(
        "(all) => all.filter((each) => each.checkVisibility()).map((each) => each.outerHTML.slice(0, 120))"
    )
    assert shown == []
    footer = page.locator("footer.site").inner_text()
    assert "SHA-256" in footer
    assert "as_of=@100" in footer
    assert page.locator("#cite").is_visible()


def test_what_is_folded_is_printed_and_folded_again(printed: Tab) -> None:
    page = printed.open(f"{INCIDENT}?{CLOSED}")
    folded = page.locator("details:not([open])").count()
    assert folded
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() == folded


def test_what_is_folded_is_printed_without_scripts(browser: Browser, site: str) -> None:
    tab = new_tab(browser, site, java_script_enabled=False)
    page = tab.open(f"{INCIDENT}?{CLOSED}")
    page.emulate_media(media="print")
    hidden = page.locator("#why details > *:not(summary)").first
    assert hidden.bounding_box()
    page.context.close()
