"""Reports are posted by hand: every kind, with live readings, warnings, drafts and corrections."""

import json
import re
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from domain.reports.registry import KINDS
from tests.service.web.browser import PHONE, Tab, new_tab

pytestmark = pytest.mark.one_server_will_do

LANGUAGES = ["en", "ar"]
UNFOLD = """() => {
  for (let level = 0; level < 2; level++) {
    for (const add of [...document.querySelectorAll("form#report [data-add]")]) add.click();
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  }
}"""
"""Adds an entry to every list, and to the lists within, and opens what is folded."""


def asked(tab: Tab, path: str) -> Any:
    answer = tab.page.request.get(f"{tab.site}{path}")
    assert answer.ok, answer.text()
    return answer.json()


def opened(tab: Tab, **given: object) -> str:
    """Open an incident of this test's own."""
    slug = f"incident-{uuid.uuid4()}"
    body = {"slug": slug, "title": "A town", "utc_offset": "+03:00", "period": "2025-03-06/2025-03-10", **given}
    assert tab.page.request.post(f"{tab.site}/v1/incidents", data=body).ok
    return slug


def filed(tab: Tab, slug: str, figure: str, **given: object) -> str:
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": figure}}
    body = {"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-08", "claims": [claim], **given}
    answer = tab.page.request.post(f"{tab.site}/v1/incidents/{slug}/reports", data=body)
    assert answer.ok, answer.text()
    return answer.json()["report_id"]


def form(tab: Tab, slug: str, kind: str = "toll_revised", lang: str = "en") -> Page:
    page = tab.open(f"/incidents/{slug}/report?kind={kind}&lang={lang}")
    page.wait_for_selector("form#report[data-ready]")
    return page


def named(page: Page, name: str) -> Any:
    return page.locator(f'[name="{name}"]')


def content(tab: Tab, report_id: str) -> dict[str, Any]:
    """Return what a report says now, without its id."""
    history = asked(tab, f"/v1/reports/{report_id}")["history"]
    latest = next(each["report"] for each in reversed(history) if "report" in each)
    return {name: value for name, value in latest.items() if name != "report_id"}


def posted(page: Page) -> str:
    """Post, whatever it is warned of, and return the id of the report."""
    page.locator("form#report button[type=submit]").click()
    page.wait_for_selector("#posted:not([hidden]), [data-warnings]:not([hidden]), .form-problem:not([hidden])")
    if page.locator("[data-warnings]").is_visible():
        page.locator("[data-anyway]").click()
    page.wait_for_selector("#posted:not([hidden])")
    return str(page.locator("[data-report]").get_attribute("href")).partition("?")[0].rpartition("/")[2]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_example_filled_into_the_form_is_posted_as_it_is(tab: Tab, kind: str) -> None:
    example = dict(KINDS[kind].example)
    by_form, by_program = opened(tab), opened(tab)
    page = form(tab, by_form, kind)
    draft = json.dumps({"report": example, "saved": "2025-03-09T00:00:00Z"})
    page.evaluate("([name, draft]) => localStorage.setItem(name, draft)", [f"knownwhen:draft:{by_form}:{kind}", draft])
    page = form(tab, by_form, kind)
    answer = page.request.post(f"{tab.site}/v1/incidents/{by_program}/reports", data=example)
    assert content(tab, posted(page)) == content(tab, answer.json()["report_id"])
    assert page.evaluate("() => localStorage.length") == 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_figure_posted_by_hand_moves_the_toll_and_no_closed_reading(tab: Tab, lang: str) -> None:
    slug = opened(tab)
    filed(tab, slug, "1,383")
    filed(tab, slug, "900", source="afp")
    before = asked(tab, f"/v1/incidents/{slug}")
    closed = f"/v1/incidents/{slug}?as_of=@{before['coordinates']['position']}"
    digest = asked(tab, closed)["digest"]
    page = form(tab, slug, lang=lang)
    named(page, "source").fill("SOHR")
    named(page, "claims.0.measure").select_option("killed")
    named(page, "claims.0.count").fill("at least 1,400")
    page.locator("[data-key=scope] select").first.select_option("incident")
    named(page, "reported_at").fill("2025-03-09")
    report_id = posted(page)
    assert content(tab, report_id)["claims"][0]["count"]["lower"] == 1400
    after = asked(tab, f"/v1/incidents/{slug}")
    (estimate,) = after["data"]["estimates"]
    assert "1,400" in json.dumps(estimate) or 1400 in _numbers(estimate)
    assert asked(tab, closed)["digest"] == digest != after["digest"]
    position = asked(tab, f"/v1/reports/{report_id}")["history"][0]["position"]
    western = page.locator("[data-position]").inner_text().translate(str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789"))
    assert re.sub(r"\D", "", western) == str(position)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sealed_part_is_in_the_log_and_in_no_draft(tab: Tab, lang: str) -> None:
    slug, secret = opened(tab), "the cellar of the third house"
    page = form(tab, slug, lang=lang)
    page.locator("details:has([data-key=sealed]) > summary").click()
    named(page, "sealed.place").fill(secret)
    assert page.evaluate("() => JSON.stringify({...localStorage})") == "{}"
    assert page.locator("[data-kept]").is_hidden()
    named(page, "source").fill("SOHR")
    named(page, "claims.0.measure").select_option("killed")
    named(page, "claims.0.count").fill("12")
    page.locator("[data-key=scope] select").first.select_option("incident")
    assert secret not in page.evaluate("() => JSON.stringify({...localStorage, ...sessionStorage})")
    assert page.locator("[data-kept]").is_visible()
    report_id = posted(page)
    assert named(page, "sealed.place").input_value() == ""
    assert secret not in json.dumps(asked(tab, f"/v1/reports/{report_id}"))
    read = page.request.post(f"{tab.site}/v1/reports/{report_id}/sealed", data={"reason": "To see that it is kept."})
    assert [each["sealed"] for each in read.json()["parts"]] == [{"place": secret}]


def _numbers(value: Any) -> list[int]:
    if isinstance(value, dict):
        return [found for each in value.values() for found in _numbers(each)]
    if isinstance(value, list):
        return [found for each in value for found in _numbers(each)]
    return [value] if isinstance(value, int) else []


@pytest.mark.parametrize(
    ("lang", "language", "words", "read"),
    [
        ("en", "", "at least 200", "read as 200 or more"),
        ("en", "", "80 to 100", "read as 80 to 100"),
        ("en", "ar", "ما لا يقل عن ٢٠٠ قتيل", "read as 200 or more"),
        ("en", "", "dozens", "kept as words"),
        ("en", "", "loads", "cannot be read as a count"),
        ("ar", "ar", "ما لا يقل عن ٢٠٠ قتيل", "٢٠٠"),
    ],
)
def test_count_is_read_while_it_is_typed(tab: Tab, lang: str, language: str, words: str, read: str) -> None:
    page = form(tab, opened(tab), lang=lang)
    named(page, "language").fill(language)
    named(page, "claims.0.count").press_sequentially(words)
    expect(page.locator("[data-key=verbatim] .live").first).to_contain_text(read)


def test_date_is_read_in_the_offset_of_the_incident_while_it_is_typed(tab: Tab) -> None:
    page = form(tab, opened(tab))
    shown = page.locator("[data-key=reported_at] .live")
    named(page, "reported_at").fill("2025-03-08")
    expect(shown).to_contain_text("8 March 2025, 00:00 UTC+3")
    expect(shown).to_contain_text("8 March 2025, 23:59 UTC+3")
    named(page, "reported_at").fill("8 March")
    expect(shown).to_contain_text("is not a date")
    shown.get_by_role("button").click()
    expect(named(page, "reported_at")).to_have_value("2025-03-08")


def test_nothing_typed_is_lost_when_the_post_is_refused(tab: Tab) -> None:
    page = form(tab, opened(tab))
    named(page, "source").fill("A new source")
    expect(page.locator("[data-new]")).to_be_visible()
    named(page, "claims.0.measure").select_option("killed")
    named(page, "claims.0.count").fill("1,2")
    page.locator("form#report button[type=submit]").click()
    expect(named(page, "claims.0.count")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".error[data-shown]").first).to_be_visible()
    assert named(page, "claims.0.count").input_value() == "1,2"
    assert named(page, "source").input_value() == "A new source"
    tab.faults.clear()  # Chromium tells each refused request


def test_report_is_posted_in_spite_of_warnings_once_they_were_seen(tab: Tab) -> None:
    slug = opened(tab)
    filed(tab, slug, "500")
    page = form(tab, slug)
    named(page, "source").fill("sohr")
    named(page, "reported_at").fill("2025-03-09")
    named(page, "claims.0.measure").select_option("killed")
    named(page, "claims.0.count").fill("300")
    head = asked(tab, "/healthz") and asked(tab, f"/v1/incidents/{slug}")["coordinates"]["position"]
    page.locator("form#report button[type=submit]").click()
    expect(page.locator("[data-warnings] li").first).to_contain_text("gave 500")
    assert asked(tab, f"/v1/incidents/{slug}")["coordinates"]["position"] == head
    page.locator("[data-anyway]").click()
    expect(page.locator("#posted")).to_be_visible()


def test_draft_is_kept_until_it_is_posted_or_discarded(tab: Tab) -> None:
    slug = opened(tab)
    page = form(tab, slug)
    expect(page.locator("[data-draft]")).to_be_hidden()
    named(page, "source").fill("AFP")
    named(page, "claims.0.count").fill("at least 20")
    page = form(tab, slug)
    expect(page.locator("[data-draft]")).to_be_visible()
    assert named(page, "source").input_value() == "AFP"
    assert named(page, "claims.0.count").input_value() == "at least 20"
    page.locator("[data-discard]").click()
    assert named(page, "claims.0.count").input_value() == ""
    page = form(tab, slug)
    expect(page.locator("[data-draft]")).to_be_hidden()


def test_correction_begins_with_what_the_report_says_and_reads_changed_words_anew(tab: Tab) -> None:
    slug = opened(tab)
    report_id = filed(tab, slug, "about 1,400", text={"summary": "As it was said."}, language="en")
    page = tab.open(f"/reports/{report_id}/correct")
    page.wait_for_selector("form#report[data-ready]")
    assert named(page, "text.summary").input_value() == "As it was said."
    named(page, "claims.0.count").fill("about 1,500")
    page.locator("#cause").select_option("translation")
    page.locator("#reason").fill("A digit was misread.")
    posted(page)
    history = asked(tab, f"/v1/reports/{report_id}")["history"]
    assert history[-1]["cause"] == "translation"
    assert history[-1]["reason"] == "A digit was misread."
    corrected = content(tab, report_id)
    assert corrected["claims"][0]["count"]["best"] == 1500
    first = history[0]["report"]
    first["claims"][0]["count"] = corrected["claims"][0]["count"]
    assert corrected == {name: value for name, value in first.items() if name != "report_id"}


def test_report_is_posted_by_keyboard_alone(tab: Tab) -> None:
    page = form(tab, opened(tab))
    named(page, "source").focus()
    page.keyboard.type("Reuters")
    _tab_to(page, "claims.0.measure")
    page.keyboard.type("inj")
    _tab_to(page, "claims.0.count")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.locator("#posted")).to_be_focused()


def _tab_to(page: Page, name: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.name") == name:
            return
    raise AssertionError(name)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", ["", *sorted(KINDS)])
def test_every_form_fits_a_phone(browser: Browser, site: str, kind: str, lang: str) -> None:
    tab = new_tab(browser, site, viewport=PHONE)
    page = tab.open(f"/incidents/syria-coast-2025/report?kind={kind}&lang={lang}")
    if kind:
        page.wait_for_selector("form#report[data-ready]")
        page.evaluate(UNFOLD)
    assert tab.overflow() == []
    assert tab.faults == []
    tab.page.context.close()


def test_incident_is_opened_by_hand_with_its_time_zone_checked(tab: Tab) -> None:
    page = tab.open("/incidents/new")
    title = f"Strikes on Kyiv, {uuid.uuid4().hex[:8]}"
    page.fill("#title", title)
    slug = page.input_value("#slug")
    assert slug == title.lower().replace(", ", "-").replace(" ", "-")
    page.fill("#time_zone", "Europe/Kyvi")
    expect(page.locator("[data-clock-reading]")).to_contain_text("Europe/Kyiv")
    page.fill("#time_zone", "Europe/Kyiv")
    expect(page.locator("[data-clock-reading]")).to_contain_text("UTC+")
    page.fill("#period", "2025-03-06/..")
    expect(page.locator("#period\\.live")).to_contain_text("6 March 2025, 00:00 UTC+2")
    page.fill("#countries", "ua")
    page.locator("button[type=submit]").click()
    expect(page.locator("#countries")).to_have_attribute("aria-invalid", "true")
    page.fill("#countries", "UA, PL")
    page.locator("button[type=submit]").click()
    page.wait_for_url(re.compile(f"/incidents/{quote(slug)}"))
    assert asked(tab, f"/v1/incidents/{slug}")["data"]["countries"] == ["UA", "PL"]
    tab.faults.clear()  # Chromium tells each refused request


def test_words_that_look_like_markup_are_shown_as_words(tab: Tab) -> None:
    title = '"><img src=x onerror=alert(1)> <script>alert(1)</script> \u202ereversed'
    page = form(tab, opened(tab, title=title))
    assert title in page.content() or page.locator("main p a").first.inner_text() == title
    report_id = filed(tab, opened(tab, title=title), "12", text={"summary": "</script><script>alert(1)</script>"})
    page = tab.open(f"/reports/{report_id}/correct")
    page.wait_for_selector("form#report[data-ready]")
    assert named(page, "text.summary").input_value() == "</script><script>alert(1)</script>"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", ["/incidents/new", "/login"])
def test_other_forms_fit_a_phone(browser: Browser, site: str, path: str, lang: str) -> None:
    tab = new_tab(browser, site, viewport=PHONE)
    tab.open(f"{path}?lang={lang}")
    assert tab.overflow() == []
    assert tab.faults == []
    tab.page.context.close()
