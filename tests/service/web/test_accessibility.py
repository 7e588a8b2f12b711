"""Every screen, in each language, at a desk and on a phone: axe-core finds nothing, nothing overflows or fails."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.service.web.browser import DESK, PHONE, Tab, new_tab
from tests.service.web.screens import LANGUAGES, SCREENS

AXE = Path(__file__).with_name("axe.min.js")
"""axe-core 4.14.1 as its package has it, MPL-2.0; used by these tests only, and in nothing that is served."""
DIGEST = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FEWEST = 2
"""How many controls every screen has at least that the keyboard reaches: the link to the content, and others."""

each_screen = pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
each_language = pytest.mark.parametrize("language", LANGUAGES)
ALL = [
    pytest.param((screen, language, size), id=f"{screen.name}-{language}-{name}")
    for screen in SCREENS
    for language in LANGUAGES
    for name, size in (("desk", DESK), ("phone", PHONE))
]


@pytest.fixture(scope="module", params=ALL)
def opened(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Tab]:
    """Return a tab that shows a screen in a language at a size; the tests of one screen share it."""
    screen, language, size = request.param
    tab = new_tab(browser, site, viewport=size, reduced_motion="reduce")
    tab.open(screen.within(language))
    yield tab
    tab.page.context.close()


def test_axe_is_the_file_that_its_makers_published() -> None:
    assert hashlib.sha256(AXE.read_bytes()).hexdigest() == DIGEST


@pytest.mark.whole_page
def test_nothing_fails_and_nothing_is_asked_of_another_host(opened: Tab) -> None:
    assert [each for each in opened.faults if "the server responded with a status of 404" not in each] == []
    assert len(opened.asked) > 1


@pytest.mark.whole_page
def test_nothing_overflows(opened: Tab) -> None:
    assert opened.page.locator("h1").count() == 1
    assert opened.overflow() == []


@pytest.mark.whole_page
def test_axe_finds_nothing(opened: Tab) -> None:
    assert violations(opened.page) == []


@pytest.mark.whole_page
def test_nothing_overflows_and_axe_finds_nothing_where_all_is_unfolded(opened: Tab) -> None:
    opened.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert opened.overflow() == []
    assert violations(opened.page) == []


@pytest.mark.whole_page
def test_everything_is_reached_by_the_keyboard_and_seen_to_be(opened: Tab) -> None:
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.className") == "skip"
    assert opened.page.evaluate(_UNSEEN) == []
    assert opened.page.evaluate(_FOCUSABLE) >= FEWEST


def violations(page: Page) -> list[str]:
    """Return what axe-core finds on a page, each with the elements that it is about."""
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", RULES
    )
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


_CONTROLS = (
    "[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary,"
    ' [tabindex="0"]\')].filter((each) => !each.disabled && each.checkVisibility({visibilityProperty: true}))'
)
_FOCUSABLE = f"() => {_CONTROLS}.length"
_UNSEEN = f"""() => {_CONTROLS}.filter((each) => {{
  each.focus({{focusVisible: true}});
  const shown = getComputedStyle(each);
  return document.activeElement === each && shown.outlineStyle === "none" && shown.boxShadow === "none";
}}).map((each) => each.outerHTML.slice(0, 200))"""
"""Controls that show no outline while they have the focus."""
