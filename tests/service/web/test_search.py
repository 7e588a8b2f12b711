"""The search of reports: words found are marked and nothing else is markup; filters, pages, days, empty and refused."""

import pytest
from playwright.sync_api import Browser, expect

from service.web.parts.listing import choices, found_words, read_as_of, wanted_words
from tests.service.web.browser import Tab
from tests.service.web.listing_screens import SAMPLE, fits, incident, report, text_of

pytestmark = pytest.mark.one_server_will_do


@pytest.mark.parametrize(
    "path", ["/search", "/search?q=mosque", "/search?kind=attack_launched&reported_from=2025-03-08", "/search?q=zzz"]
)
def test_the_search_fits_a_phone_and_a_desk(browser: Browser, site: str, path: str) -> None:
    fits(browser, site, path)


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("as_of=@99999", 422, "This position lies past the end of the log."),
        ("as_of=2999-01-01T00:00", 422, "This moment has not come yet."),
        ("as_of=soon", 422, "This is no moment that can be read."),
    ],
)
def test_a_refusal_is_a_sentence_that_says_what_to_do(
    browser: Browser, site: str, query: str, status: int, sentence: str
) -> None:
    fits(browser, site, f"/search?{query}", status=status)
    assert sentence in text_of(site, f"/search?{query}")


def test_the_words_that_were_found_are_marked(tab: Tab) -> None:
    page = tab.open("/search")
    page.get_by_label("Words").fill("jableh VILLAGES")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**q=*")
    assert {each.casefold() for each in page.locator("mark").all_inner_texts()} == {"jableh", "villages"}
    assert page.locator(".results > li").count() >= 1
    assert page.get_by_label("Words").input_value() == "jableh VILLAGES"


def test_hostile_words_are_found_and_shown_as_words(tab: Tab) -> None:
    words = '<script>alert(1)</script> "><img src=x onerror=alert(1)> hostileword'
    incident(tab.site, report("hostile-source", "10", text={"summary": words}, tags=["<b>tag</b>"]))
    page = tab.open("/search?q=hostileword")
    expect(page.locator(".results")).to_contain_text(words)
    expect(page.locator(".results")).to_contain_text("<b>tag</b>")
    assert page.locator(".results :is(script, img, b)").count() == 0
    assert page.locator("mark").all_inner_texts() == ["hostileword"]


def test_filters_are_kept_in_the_address_and_in_the_form(tab: Tab) -> None:
    page = tab.open(f"/search?incident={SAMPLE}&kind=speech_delivered&source=ahmed-al-sharaa&reported_to=2025-03-09")
    assert page.locator(".results > li").count() == 2
    assert page.get_by_label("Kind of report").input_value() == "speech_delivered"
    assert page.get_by_label("Source", exact=True).input_value() == "ahmed-al-sharaa"
    assert page.get_by_label("Said until").input_value() == "2025-03-09"
    page.get_by_label("Kind of report").select_option("")
    page.get_by_role("button", name="Search").click()
    page.wait_for_load_state()
    assert "source=ahmed-al-sharaa" in page.url


def test_a_search_goes_on_at_the_next_page(tab: Tab) -> None:
    page = tab.open(f"/search?incident={SAMPLE}")
    first = page.locator(".results h3 a").first.get_attribute("href")
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url("**cursor=*")
    assert page.locator(".results h3 a").first.get_attribute("href") != first


def test_nothing_found_is_said_in_a_sentence(tab: Tab) -> None:
    expect(tab.open("/search?q=zzzz").locator("main")).to_contain_text("No report was found.")


def test_words_are_marked_as_the_search_finds_them() -> None:
    wanted = wanted_words(["Al-Haffa ﷺ CAFÉ"])
    assert found_words("al-haffa, café & <b>", wanted) == (
        "<mark>al</mark>-<mark>haffa</mark>, <mark>café</mark> &amp; &lt;b&gt;"
    )
    assert found_words("<i>", frozenset()) == "&lt;i&gt;"


def test_a_moment_of_a_field_is_in_utc_and_others_are_as_written() -> None:
    assert read_as_of("2025-03-09T12:00").asked == "2025-03-09T12:00:00Z"
    assert read_as_of("2025-03-09T12:00:01").asked == "2025-03-09T12:00:01Z"
    assert read_as_of("2025-03-09T12:00:00+03:00").shown == "2025-03-09T09:00:00"
    assert not read_as_of("@12").is_moment
    assert read_as_of(None).asked is None
    assert [each.value for each in choices([("a", "A")], ["b"]) if each.chosen] == ["b"]
