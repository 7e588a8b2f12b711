"""Signing in with a token, what it then permits, and a session that ends."""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from service.access.issuing import IssuedToken
from service.wiring import TokensNeeded, make_app
from tests.service.access import bearer, new_token
from tests.service.projected import projecting
from tests.service.serving import serving, toll
from tests.service.web.browser import Tab, away_from_playwright, new_tab

pytestmark = pytest.mark.one_server_will_do

FORM = "/incidents/example/report?kind=toll_revised"


class Closed:
    """A service that needs tokens: its address, and tokens of three people."""

    def __init__(self, url: str, site: str) -> None:
        self.site = site
        self.reporter = away_from_playwright(new_token(url, "Ada, desk", ("read", "report"), None))
        self.colleague = away_from_playwright(new_token(url, "Cyra, desk", ("read", "report"), None))
        self.reader = away_from_playwright(new_token(url, "Basil, reader", ("read",), frozenset({"public"})))


@pytest.fixture(scope="module")
def closed(migrated_template: str, create_database: Callable[[str], str]) -> Iterator[Closed]:
    url = create_database(migrated_template)
    with projecting(url), serving(make_app(url, None, TokensNeeded())) as address:
        yield Closed(url, address)


@pytest.fixture
def visitor(browser: Browser, closed: Closed) -> Iterator[Tab]:
    """Return a tab on that service; a refused request is no fault here, but a foreign one is."""
    tab = new_tab(browser, closed.site)
    yield tab
    tab.page.context.close()
    assert [each for each in tab.faults if "Failed to load resource" not in each] == []


@pytest.fixture(scope="module", autouse=True)
def example(closed: Closed, browser: Browser) -> None:
    tab = new_tab(browser, closed.site)
    body = {"slug": "example", "title": "An example", "utc_offset": "+03:00"}
    headers = bearer(closed.reporter)
    assert tab.page.request.post(f"{closed.site}/v1/incidents", data=body, headers=headers).ok
    assert tab.page.request.post(f"{closed.site}/v1/incidents/example/reports", data=toll(), headers=headers).ok
    tab.page.context.close()


def signed_in(tab: Tab, token: IssuedToken, query: str = "") -> Page:
    page = tab.open(f"/login{query}")
    send(page, token)
    page.wait_for_selector("#login", state="detached")
    return page


def send(page: Page, token: IssuedToken) -> None:
    """Send the form with a token, once its script is there: before that, the form sends nothing."""
    page.fill("#token", token.text)
    expect(page.locator("#login button")).to_be_enabled()
    page.keyboard.press("Enter")


def test_token_becomes_a_session_and_is_kept_nowhere(visitor: Tab, closed: Closed) -> None:
    page = signed_in(visitor, closed.reporter, "?next=/login")
    page.wait_for_selector("#logout")
    assert "Ada, desk" in page.locator("#who").inner_text()
    assert page.locator("dd li").count() == 2
    kept = page.evaluate(
        "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    )
    assert closed.reporter.text not in kept
    assert closed.reporter.text not in page.content()
    page.click("#logout")
    page.wait_for_selector("#login")
    assert page.request.get(f"{closed.site}/v1/session").json()["needs_token"]


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_wrong_token_is_refused_beside_the_form(visitor: Tab, lang: str) -> None:
    page = visitor.open(f"/login?lang={lang}")
    page.fill("#token", "kw_not-a-token")
    page.keyboard.press("Enter")
    expect(page.locator(".form-problem")).to_be_visible()
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/",
        "//example.org/",
        "/\\example.org",
        "\\\\example.org",
        "javascript:alert(1)",
        "example.org",
        "/\t/example.org",
        "///example.org",
        "data:text/html,x",
        "/\n/example.org",
        "https:/example.org",
    ],
)
def test_nobody_is_led_to_another_site(visitor: Tab, closed: Closed, target: str) -> None:
    page = visitor.page
    page.goto(f"{closed.site}/login?{_query(next=target)}")
    target_of_form = page.locator("#login").get_attribute("data-next")
    assert target_of_form == "/"


def _query(**params: str) -> str:
    return urlencode(params)


def test_page_that_needs_a_token_leads_back_after_signing_in(visitor: Tab, closed: Closed) -> None:
    page = visitor.open("/incidents/example")
    page.locator("main").get_by_role("link", name="Sign in").click()
    send(page, closed.reader)
    page.wait_for_url(f"{closed.site}/incidents/example")
    assert page.locator("h1").inner_text() == "An example"


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_reader_gets_no_form_but_is_told_what_token_it_needs(visitor: Tab, closed: Closed, lang: str) -> None:
    signed_in(visitor, closed.reader)
    for path in (FORM, "/incidents/new?x=1"):
        page = visitor.open(f"{path}&lang={lang}")
        assert page.locator("main form").count() == 0
        assert "report" in page.locator("main .warning").inner_text()


def test_session_that_ended_says_so_and_keeps_what_was_typed(visitor: Tab, closed: Closed) -> None:
    signed_in(visitor, closed.reporter)
    page = visitor.open(FORM)
    page.wait_for_selector("form#report[data-ready]")
    page.locator('[name="source"]').fill("Reuters")
    page.locator('[name="claims.0.measure"]').select_option("killed")
    page.locator('[name="claims.0.count"]').fill("at least 40")
    page.context.clear_cookies()
    page.locator("form#report button[type=submit]").click()
    expect(page.locator("[data-signed-out]")).to_be_visible()
    assert page.locator('[name="claims.0.count"]').input_value() == "at least 40"
    page.locator("[data-signed-out] a").click()
    send(page, closed.reporter)
    page.wait_for_selector("form#report[data-ready]")
    assert page.locator('[name="claims.0.count"]').input_value() == "at least 40"
    page.locator("form#report button[type=submit]").click()
    expect(page.locator("#posted")).to_be_visible()


def test_open_service_needs_no_token_and_says_so(tab: Tab) -> None:
    page = tab.open("/login")
    assert page.locator("#login").count() == 0
    assert page.locator("h2").inner_text() == "No token is needed here"


def test_draft_of_one_person_is_not_shown_to_the_next_at_the_same_browser(visitor: Tab, closed: Closed) -> None:
    for form, field in ((FORM, "[name='claims.0.count']"), ("/incidents/new", "#title")):
        for person, found in ((closed.reporter, ""), (closed.colleague, ""), (closed.reporter, "12 witnesses")):
            page = signed_in(visitor, person)
            visitor.open(form)
            expect(page.locator(field)).to_have_value(found)
            page.fill(field, "12 witnesses" if person is closed.reporter else "")
            page.goto(f"{visitor.site}/login")
            page.click("#logout")
            page.wait_for_selector("#login")
