"""Sources: in an incident with how each revised itself, in the list with filters, and each on a page of its own."""

import pytest
from playwright.sync_api import Browser, expect

from tests.service.web.browser import Tab
from tests.service.web.listing_screens import SAMPLE, client, fits, incident, report

pytestmark = pytest.mark.one_server_will_do


@pytest.mark.parametrize("path", ["/sources", "/sources?q=nobody-like-this", "/sources/sohr", "/sources/abna"])
def test_sources_fit_a_phone_and_a_desk(browser: Browser, site: str, path: str) -> None:
    fits(browser, site, path)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/sources?as_of=@99999", 422), ("/sources?sort=size", 422), ("/sources/nobody-like-this", 404)],
)
def test_refusals_fit_as_well(browser: Browser, site: str, path: str, status: int) -> None:
    fits(browser, site, path, status=status)


def test_the_incident_tells_its_sources_and_how_each_revised_itself(tab: Tab) -> None:
    page = tab.open(f"/incidents/{SAMPLE}")
    part = page.locator("#sources")
    row = part.get_by_role("row").filter(has=page.get_by_role("rowheader", name="SOHR")).first
    expect(row).to_contain_text("22")
    expect(row).to_contain_text("AFP")
    revised = part.get_by_role("row").filter(has_text="340 (8 March 2025)")
    expect(revised).to_contain_text("at least 1,700 (9 July 2025)")
    expect(revised).to_contain_text("changed 8 times")
    assert "anonymous:" not in part.inner_text()


def test_a_list_is_filtered_by_words_grade_and_type(tab: Tab) -> None:
    page = tab.open("/sources")
    page.get_by_label("Words in the name").fill("un")
    page.get_by_label("Grade").select_option("A")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**q=un*")
    names = page.locator("tbody th").all_inner_texts()
    assert any("UN Commission of Inquiry" in each for each in names)
    assert page.locator("tbody mark").first.inner_text() == "UN"
    assert {each.split()[0] for each in page.locator("tbody td:nth-child(2)").all_inner_texts()} == {"A"}


def test_no_source_is_said_in_a_sentence(tab: Tab) -> None:
    page = tab.open("/sources?q=nobody-like-this")
    expect(page.locator("main")).to_contain_text("No source is like this.")


def test_a_list_goes_on_at_the_next_page(tab: Tab) -> None:
    page = tab.open("/sources?sort=name")
    first = page.locator("tbody th").first.inner_text()
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url("**cursor=*")
    assert page.locator("tbody th").first.inner_text() != first
    page.get_by_role("link", name="First page").click()
    page.wait_for_load_state()
    assert page.locator("tbody th").first.inner_text() == first


def test_a_source_tells_its_grades_over_time_and_whom_it_is_one_with(tab: Tab) -> None:
    slug = incident(tab.site, report("graded-source", "10"), report("twin-source", "10"))
    with client(tab.site) as asked:
        body = {"name": "Graded <b>source</b>", "type": "monitor", "reliability": "C"}
        assert asked.put("/v1/sources/graded-source", json=body).is_success
        assert asked.put("/v1/sources/twin-source", json={**body, "name": "Twin"}).is_success
        one = {"origins": ["graded-source", "twin-source"], "reason": "It reprints <i>it</i>."}
        position = asked.post("/v1/sources/same-origin", json=one).json()["position"]
        asked.get("/v1/sources", params={"min_position": position})
    page = tab.open("/sources/graded-source")
    assert page.locator("h1").inner_text() == "Graded <b>source</b>"
    history = page.locator("section", has_text="Grades over time").locator("li")
    assert history.count() == 3
    expect(history.nth(1)).to_contain_text("C")
    expect(history.nth(2)).to_contain_text("It reprints <i>it</i>.")
    expect(page.locator("dl").first).to_contain_text("Twin")
    expect(page.locator("main")).to_contain_text("It is no grade")
    assert page.get_by_role("link", name=f"Own {slug[-6:]}").count() == 1
