"""Publications: published with the form, listed, and checked by answering again; one that differs says so plainly."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, expect

from service.web.language.languages import language
from service.web.parts.publications import checks
from service.wiring import make_app
from tests.service.serving import serving
from tests.service.web.browser import Tab
from tests.service.web.listing_screens import SAMPLE, client, fits, incident, report

pytestmark = pytest.mark.one_server_will_do


@pytest.fixture
def position(site: str) -> int:
    """Return the position of a publication of an incident of a test's own."""
    slug = incident(site, report("own-source", "at least 40"))
    with client(site) as asked:
        body = {"reason": "For the <b>bulletin</b>."}
        return asked.post(f"/v1/incidents/{slug}/publications", json=body).json()["position"]


def test_publications_fit_a_phone_and_a_desk(browser: Browser, site: str, position: int) -> None:
    for path in ("/publications", f"/publications/{position}", f"/incidents/{SAMPLE}/publish"):
        fits(browser, site, path)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/publications/1", 404),
        ("/publications?as_of=@99999", 422),
        ("/publications?incident=no", 404),
        (f"/incidents/{SAMPLE}/publish?reported_until=yesterday", 422),
    ],
)
def test_refusals_fit_as_well(browser: Browser, site: str, path: str, status: int) -> None:
    fits(browser, site, path, status=status)


def test_what_is_published_with_the_form_can_be_checked(tab: Tab) -> None:
    slug = incident(tab.site, report("own-source", "about 50"))
    page = tab.open(f"/incidents/{slug}")
    page.get_by_role("link", name="Publish what is known now").click()
    page.get_by_label("Why, for whoever looks it up").fill("As it stands.")
    page.get_by_role("button", name="Publish").click()
    done = page.locator("#published")
    expect(done).to_be_visible()
    digest = done.locator("[data-digest]").inner_text()
    with client(tab.site) as asked:
        assert asked.get(f"/v1/receipts/{digest}").json()["published"]["reason"] == "As it stands."
    done.get_by_role("link", name="Check it").click()
    page.wait_for_url("**/publications/*")
    expect(page.locator("main")).to_contain_text("It is answered exactly as it was published.")
    expect(page.locator("main")).to_contain_text("its root today is that of the receipt.")
    expect(page.locator("main")).to_contain_text("about 50 (own-source")
    assert page.locator("code").filter(has_text=digest).count() == 1


def test_what_cannot_be_published_is_said_in_the_form(browser: Browser, site: str) -> None:
    slug = incident(site)
    opened = Tab(browser.new_context(), site)
    page = opened.open(f"/incidents/{slug}/publish")
    page.evaluate("document.querySelector('#policy').selectedOptions[0].value = 'range/99'")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#publish")).to_contain_text("range/99")
    assert page.locator("#policy").get_attribute("aria-invalid") == "true"
    expect(page.locator("#published")).to_be_hidden()
    page.context.close()


def test_the_list_tells_each_with_its_reason_as_words(tab: Tab, position: int) -> None:
    page = tab.open("/publications")
    first = page.locator(".results > li").first
    expect(first).to_contain_text("For the <b>bulletin</b>.")
    first.get_by_role("link", name=re.compile("Check it")).click()
    page.wait_for_url(f"**/publications/{position}*")
    expect(page.locator("main")).to_contain_text("at least 40 (own-source")


def test_nothing_published_yet_is_said_in_a_sentence(tab: Tab) -> None:
    slug = incident(tab.site)
    expect(tab.open(f"/publications?incident={slug}").locator("main")).to_contain_text("Nothing was published yet.")


def test_a_log_that_was_changed_is_told_plainly(
    browser: Browser, migrated_template: str, create_database: Callable[[str], str]
) -> None:
    url = create_database(migrated_template)
    with serving(make_app(url)) as site, client(site) as asked:
        slug = "changed"
        asked.post("/v1/incidents", json={"slug": slug, "title": "Changed", "utc_offset": "+03:00"})
        asked.post(f"/v1/incidents/{slug}/reports", json=report("own-source", "1,383"))
        place = asked.post(f"/v1/incidents/{slug}/publications", json={}).json()["position"]
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE facts DISABLE TRIGGER ALL")
        connection.execute(
            "UPDATE facts SET state_commitment = sha256(state_commitment), state ="
            " convert_to(replace(convert_from(state, 'UTF8'), '1383', '1384'), 'UTF8') WHERE topic LIKE 'toll_revised%'"
        )
    with serving(make_app(url)) as site:
        opened = Tab(browser.new_context(), site)
        page = opened.open(f"/publications/{place}")
        expect(page.locator("main")).to_contain_text("It is not answered as it was published.")
        expect(page.locator("main")).to_contain_text("its digest is not the published one.")
        expect(page.locator("main")).to_contain_text("its root today is not that of the receipt.")
        page.context.close()


def test_every_part_that_is_compared_has_its_sentence() -> None:
    compared = ["digest", "inputs", "root", "position", "version"]
    replayed: dict[str, Any] = {"compared": compared, "differences": [{"what": each} for each in compared]}
    told = checks(language("en", "latn"), replayed)
    assert len(told) == len(compared)
    assert not any(each.same for each in told)
    assert all(each.same for each in checks(language("en", "latn"), {**replayed, "differences": []}))
    assert checks(language("en", "latn"), {"compared": [], "differences": []}) == ()
