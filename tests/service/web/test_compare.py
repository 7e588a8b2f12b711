"""Two readings side by side: the six headings in words, the figures of both, refusals, and pages of long headings."""

import re

import pytest
from playwright.sync_api import Browser, expect

from service.web.language.languages import language
from service.web.parts.moments import MOST, moment_options, thinned
from tests.service.web.browser import Tab
from tests.service.web.listing_screens import SAMPLE, client, fits, incident, report, text_of

pytestmark = pytest.mark.one_server_will_do

COMPARE = f"/incidents/{SAMPLE}/compare"


@pytest.mark.parametrize(
    "query", ["", "?from=@90&to=@154", "?from=reported:2025-03-08T12:00:00Z&to=@154", "?only=learned"]
)
def test_a_comparison_fits_a_phone_and_a_desk(browser: Browser, site: str, query: str) -> None:
    fits(browser, site, f"{COMPARE}{query}")


def test_the_figures_of_both_readings_are_told_with_who_said_them(tab: Tab) -> None:
    page = tab.open(f"{COMPARE}?from=reported:2025-03-08T12:00:00Z&to=reported:2025-03-10T12:00:00Z")
    named = page.get_by_role("rowheader", name=re.compile("^Killed, civilians?$"))
    row = page.get_by_role("row").filter(has=named)
    before, after = row.get_by_role("cell").all_inner_texts()
    assert re.match(r"340 \(SOHR, 8 March 2025", before)
    assert re.match(r"973 \(SOHR, 10 March 2025", after)
    revised = page.locator("#revised_by_source")
    expect(revised).to_contain_text("was 340 (8 March 2025), is now 973 (10 March 2025).")
    assert page.locator("#learned li").count() > 30


def test_both_digests_are_those_of_the_interface(tab: Tab) -> None:
    page = tab.open(f"{COMPARE}?from=@90&to=@154")
    with client(tab.site) as asked:
        own = f"/v1/incidents/{SAMPLE}"
        digests = [asked.get(own, params={"as_of": f"@{each}"}).json()["digest"] for each in (90, 154)]
        digests.append(asked.get(f"{own}/diff", params={"from": "@90", "to": "@154"}).json()["digest"])
    assert [each for each in page.locator("code").all_inner_texts() if len(each) == 64] == digests


def test_each_of_our_own_changes_is_told_under_its_heading(tab: Tab) -> None:
    slug = incident(tab.site, report("own-one", "10"), report("own-two", "20"), report("own-three", "30"))
    with client(tab.site) as asked:
        facts = asked.get("/v1/reports", params={"incident": slug, "sort": "reported"}).json()["items"]
        ids = {each["source"]: each["report_id"] for each in facts}
        before = asked.get(f"/v1/incidents/{slug}").json()["coordinates"]["position"]
        fixed = {"cause": "transcription", "reason": "misread", "report": report("own-one", "11")}
        assert asked.post(f"/v1/reports/{ids['own-one']}/correction", json=fixed).is_success
        assert asked.post(f"/v1/reports/{ids['own-two']}/retraction", json={"by": "recorder", "reason": "x"}).is_success
        taken = {"by": "source", "reported_at": "2025-03-10"}
        assert asked.post(f"/v1/reports/{ids['own-three']}/retraction", json=taken).is_success
        after = asked.get(f"/v1/incidents/{slug}").json()["coordinates"]["position"]
    page = tab.open(f"/incidents/{slug}/compare?from=@{before}&to=@{after}")
    corrected = page.locator("#corrected_by_us")
    expect(corrected).to_contain_text("Changed: figures")
    expect(corrected).to_contain_text("“10”")
    expect(corrected).to_contain_text("“11”")
    expect(page.locator("#removed_by_us")).to_contain_text("Struck by the recorder: it was never said.")
    expect(page.locator("#withdrawn_by_source")).to_contain_text("Taken back by the source.")
    href = corrected.locator("a").first.get_attribute("href")
    assert href is not None
    assert href.startswith(f"/reports/{ids['own-one']}")


def test_readings_are_chosen_with_a_form_and_kept_in_the_address(tab: Tab) -> None:
    page = tab.open(f"{COMPARE}?lang=en")
    chosen = page.get_by_role("combobox", name="First reading")
    value = chosen.locator("option").nth(3).get_attribute("value")
    assert value is not None
    chosen.select_option(value)
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**from=*")
    assert page.get_by_role("combobox", name="First reading").input_value() == value
    page.reload()
    assert page.get_by_role("combobox", name="First reading").input_value() == value


def test_without_a_choice_it_is_the_reading_of_the_page_and_the_one_before(tab: Tab) -> None:
    page = tab.open(f"/incidents/{SAMPLE}?as_of=@100")
    page.get_by_role("link", name="Compare with before").click()
    page.wait_for_load_state()
    ends = [page.get_by_role("combobox", name=f"{each} reading").input_value() for each in ("First", "Second")]
    assert ends == ["@99", "@100"]


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("from=@154&to=@90", 422, "The first reading lies after the second."),
        ("from=@90&to=@99999", 422, "This position lies past the end of the log."),
        ("from=@90&to=2999-01-01T00:00:00Z", 422, "This moment has not come yet."),
        ("from=yesterday&to=@90", 422, "This is no moment that can be read."),
        ("from=@1&to=@90", 404, "Nothing had been recorded by the first moment."),
    ],
)
def test_a_refusal_is_a_sentence_that_says_what_to_do(
    browser: Browser, site: str, query: str, status: int, sentence: str
) -> None:
    fits(browser, site, f"{COMPARE}?{query}", status=status)
    text = text_of(site, f"{COMPARE}?{query}")
    assert sentence in text
    assert "<select" in text


def test_readings_in_the_wrong_order_can_be_turned_round(site: str) -> None:
    text = text_of(site, f"{COMPARE}?from=@154&to=@90")
    (address,) = re.findall(r'href="([^"]+)">Turn them round', text)
    assert "Figures before and after" in text_of(site, address.replace("&amp;", "&"))


def test_a_long_heading_has_a_page_of_its_own(tab: Tab) -> None:
    page = tab.open(f"{COMPARE}?from=@90&to=@154")
    page.get_by_role("link", name="Show all 38").click()
    page.wait_for_load_state()
    assert page.locator(".changes > li").count() == 38
    assert page.locator("section[id]").count() == 1
    page.get_by_role("link", name="All that changed").click()
    page.wait_for_load_state()
    assert page.locator("section[id]").count() == 6


def test_many_moments_are_thinned_to_the_last_of_each_day() -> None:
    moments = [
        f"2025-{month:02}-{day:02}T{hour:02}:00:00Z" for month in (3, 4) for day in range(1, 29) for hour in range(24)
    ]
    days = thinned(moments, str)
    assert len(days) == 56 <= MOST
    assert all(each.endswith("T23:00:00Z") for each in days)
    assert thinned(moments[:MOST], str) == moments[:MOST]
    recorded = [{"position": place, "recorded_at": each} for place, each in enumerate(moments, 1)]
    options = moment_options(language("en", "latn"), {"reported": moments, "recorded": recorded}, None)
    assert options.thinned
    assert options.before(options.reported[5].value) == options.reported[4].value
    assert options.before("@1") == options.recorded[-1].value
