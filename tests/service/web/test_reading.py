"""The sliders, the headline, the reasons and the citation of an incident, as people use them."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from service.runtime import package_files
from tests.service.web.browser import PHONE, Tab, new_tab

SAMPLE = "syria-coast-2025"
OWN = f"/incidents/{SAMPLE}"
CIVILIANS = f'{OWN}?measure=killed&population={{"status":["civilian"]}}'
LATE = tomllib.loads((package_files.samples() / SAMPLE / "questions.toml").read_text("utf-8"))["questions"][2]
DAY_8, DAY_9, DAY_12, JULY = (f"2025-{day}T20:59:59Z" for day in ("03-08", "03-09", "03-12", "07-15"))
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
THUMB = 16
"""The width of a slider's handle in Chromium."""
READINGS = [
    (DAY_8, None, "340", "(SOHR, 8 March 2025, via Shafaq, News 24/7)", "from 229 (Rudaw"),
    (DAY_9, None, "830", "(SOHR, 9 March 2025, via AFP, LBCI)", ""),
    (DAY_12, None, "1,383", "(SOHR, 12 March 2025, via Shafaq)", ""),
    (JULY, None, "at least 1,700", "(SOHR, 9 July 2025, via The New Indian Express)", ""),
    (DAY_8, LATE["before_report"], "340", "(SOHR, 8 March 2025, via Shafaq, News 24/7)", ""),
]


@pytest.fixture
def loose(browser: Browser, site: str) -> Iterator[Tab]:
    """Return a tab whose requests may fail."""
    tab = new_tab(browser, site)
    yield tab
    tab.page.context.close()


def moments(page: Page) -> dict[str, Any]:
    return json.loads(page.locator("[data-moments]").text_content() or "")


def step_of(page: Page, until: str | None, before: int | None) -> dict[str, int]:
    """Return the step of each slider: the last moment until one, and the last input before a position."""
    found = moments(page)
    reported, recorded = found["reported"], [position for position, _ in found["recorded"]]
    return {
        "reported": len([each for each in reported if each <= until]) - 1 if until else len(reported),
        "recorded": len([each for each in recorded if each < before]) - 1 if before else len(recorded),
    }


def drag(page: Page, clock: str, step: int) -> None:
    """Drag a slider by its handle to a step, with the mouse."""
    slider = page.locator(f"#clock-{clock}")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    last, now = int(slider.get_attribute("max") or 0), int(slider.input_value())
    start, end = (box["x"] + THUMB / 2 + (box["width"] - THUMB) * each / last for each in (now, step))
    line = box["y"] + box["height"] / 2
    page.mouse.move(start, line)
    page.mouse.down()
    page.mouse.move((start + end) / 2, line, steps=3)
    page.mouse.move(end, line, steps=3)
    page.mouse.up()
    assert slider.input_value() == str(step)


def settled(page: Page) -> None:
    """Wait until the parts of the sliders' reading are in place."""
    expect(page.locator("[data-following], #parts[aria-busy]")).to_have_count(0, timeout=20_000)


def shows(page: Page, figure: str, by: str, differ: str) -> None:
    expect(page.locator("[data-figure]")).to_have_text(figure)
    expect(page.locator("[data-by]")).to_have_text(by)
    expect(page.locator("[data-differ]")).to_contain_text(differ) if differ else expect(
        page.locator("[data-differ]")
    ).to_be_empty()


def position_of(page: Page, site: str, report: str) -> int:
    return page.request.get(f"{site}/v1/reports/{report}").json()["history"][0]["position"]


@pytest.mark.parametrize(("until", "before", "figure", "by", "differ"), READINGS)
def test_figures_are_read_off_the_screen_by_dragging_and_after_a_reload(
    tab: Tab, until: str, before: str | None, figure: str, by: str, differ: str
) -> None:
    page = tab.open(CIVILIANS)
    shows(page, *READINGS[3][2:])
    step = step_of(page, until, position_of(page, tab.site, before) if before else None)
    for clock in ("recorded", "reported"):
        drag(page, clock, step[clock])
        settled(page)
    shows(page, figure, by, differ)
    address = page.url
    page.reload()
    shows(page, figure, by, differ)
    assert page.url == address
    assert page.locator("#clock-reported").input_value() == str(step["reported"])
    assert page.locator("#clock-recorded").input_value() == str(step["recorded"])


def test_figures_are_read_by_keyboard_alone(tab: Tab) -> None:
    page = tab.open(CIVILIANS)
    for clock in ("reported", "recorded"):
        while page.evaluate("document.activeElement.id") != f"clock-{clock}":
            page.keyboard.press("Tab")
        page.keyboard.press("Home")
        step = step_of(page, DAY_9, position_of(page, tab.site, LATE["before_report"]))[clock]
        for _ in range(step):
            page.keyboard.press("ArrowRight")
        settled(page)
    assert page.evaluate("document.activeElement.id") == "clock-recorded"
    shows(page, *READINGS[1][2:])
    assert "9 March 2025, 23:59 UTC+3" in (page.locator("#clock-reported").get_attribute("aria-valuetext") or "")
    expect(page.locator("[data-live]")).to_contain_text("Killed, civilian")
    expect(page.locator("[data-live]")).to_contain_text("830")


def test_headline_follows_a_drag_before_the_server_is_asked(tab: Tab) -> None:
    page = tab.open(CIVILIANS)
    page.evaluate("document.addEventListener('knownwhen:reading', (e) => { window.seen = e.detail; })")
    step = step_of(page, DAY_9, None)["reported"]
    page.locator("#clock-reported").evaluate(
        "(e, step) => { e.value = step; e.dispatchEvent(new Event('input', {bubbles: true})); }", step
    )
    assert page.locator("[data-figure]").inner_text() == "830"
    assert page.evaluate("window.seen") == {"reportedUntil": 1741553999000, "asOf": None, "settled": False}
    settled(page)
    assert page.evaluate("window.seen.settled") is True


def test_late_answer_does_not_replace_a_later_reading(tab: Tab) -> None:
    page = tab.open(CIVILIANS)
    late: list[Route] = []
    page.route(re.compile(r"/incidents/.*reported_until=2025-03-08"), lambda route: late.append(route))  # noqa: PLW0108 - Playwright sets an attribute
    drag(page, "reported", step_of(page, DAY_8, None)["reported"])
    expect(page.locator("#parts[aria-busy]")).to_have_count(1)
    drag(page, "reported", step_of(page, DAY_12, None)["reported"])
    settled(page)
    shows(page, *READINGS[2][2:])
    for each in late:
        each.continue_()
    page.wait_for_load_state("networkidle")
    shows(page, *READINGS[2][2:])
    assert "2025-03-12" in page.url


def test_reading_that_cannot_be_fetched_is_told_and_can_be_asked_for_again(loose: Tab) -> None:
    page = loose.open(CIVILIANS)
    page.route("**/incidents/**", lambda route: route.abort())
    drag(page, "reported", step_of(page, DAY_9, None)["reported"])
    expect(page.locator("[data-failed]").first).to_be_visible()
    page.unroute("**/incidents/**")
    page.locator("[data-again]").click()
    settled(page)
    shows(page, *READINGS[1][2:])
    expect(page.locator("#reading [data-failed]")).to_be_hidden()


def test_slider_plays_from_moment_to_moment_until_it_is_paused(tab: Tab) -> None:
    page = tab.open(CIVILIANS)
    play = page.locator("[data-clock=reported] [data-play]")
    play.click()
    expect(page.locator("#clock-reported")).to_have_value("0")
    expect(play).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#clock-reported")).to_have_value("2", timeout=20_000)
    play.click()
    expect(play).to_have_attribute("aria-label", "Play: Said by")
    settled(page)


def test_readings_are_chosen_from_lists_without_scripts(browser: Browser, site: str) -> None:
    tab = new_tab(browser, site, java_script_enabled=False)
    page = tab.open(CIVILIANS)
    page.locator("#choose-reported").select_option(DAY_9)
    page.get_by_role("button", name="Show this reading").click()
    shows(page, *READINGS[1][2:])
    assert page.locator("#choose-reported").input_value() == DAY_9
    assert tab.overflow() == []
    page.context.close()


def test_moment_before_the_first_fact_says_so_and_can_be_left_by_the_slider(loose: Tab) -> None:
    page = loose.open(f"{CIVILIANS}&as_of=@1")
    expect(page.locator("#headline-title")).to_have_text("Nothing was recorded yet")
    drag(page, "recorded", step_of(page, None, None)["recorded"])
    shows(page, *READINGS[3][2:])
    expect(page.locator("#why")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_closed_answer_says_so_and_the_browser_makes_its_digest(tab: Tab, language: str) -> None:
    page = tab.open(f"{CIVILIANS}&as_of=@100&reported_until={DAY_9}&lang={language}")
    digest = page.locator("#headline .digest").inner_text()
    answer = page.request.get(f"{tab.site}/v1{OWN}?as_of=@100&reported_until={DAY_9}").json()
    assert digest == answer["digest"]
    page.locator("#cite").scroll_into_view_if_needed()
    expect(page.locator("[data-verdict]")).to_contain_text("✓")


def test_document_that_was_tampered_with_fails_the_check(tab: Tab) -> None:
    page = tab.page

    def tamper(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('"figure":1700', '"figure":1701'))

    page.route("**/v1/incidents/**", tamper)
    tab.open(CIVILIANS)
    page.locator("#cite").scroll_into_view_if_needed()
    expect(page.locator("[data-verdict]")).to_contain_text("✗")


def post(tab: Tab, path: str, body: dict[str, Any]) -> None:
    answer = tab.page.request.post(f"{tab.site}/v1{path}", data=body)
    assert answer.ok, answer.text()


def opened(tab: Tab, title: str) -> str:
    """Open an incident of one's own; returns its slug."""
    slug = f"own-{uuid4().hex[:8]}"
    post(tab, "/incidents", {"slug": slug, "title": title, "utc_offset": "+00:00", "period": "2025-03-06/2025-03-10"})
    return slug


def filed(tab: Tab, slug: str, source: object, day: str, words: str, **more: Any) -> None:
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": words}}
    report = {"kind": "toll_revised", "source": source, "reported_at": day, "claims": [claim], **more}
    post(tab, f"/incidents/{slug}/reports", report)


def test_posted_report_moves_the_head_and_no_closed_reading(tab: Tab) -> None:
    slug = opened(tab, "An incident that goes on")
    filed(tab, slug, "monitor", "2025-03-08", "1,200")
    page = tab.open(f"/incidents/{slug}")
    shows(page, "1,200", "(Monitor, 8 March 2025)", "")
    closed = (page.locator("[data-address]").get_attribute("href") or "") + "&lang=en"
    tab.open(closed)
    before = page.locator("#headline").inner_text()
    assert "This answer can’t change." in before
    filed(tab, slug, "monitor", "2025-03-09", "at least 1,400")
    tab.open(f"/incidents/{slug}")
    shows(page, "at least 1,400", "(Monitor, 9 March 2025)", "")
    tab.open(closed)
    assert page.locator("#headline").inner_text() == before
    page.locator("#cite").scroll_into_view_if_needed()
    expect(page.locator("[data-verdict]")).to_contain_text("✓")


HOSTILE = ['<script>document.title="x"</script>', '"><img src=x onerror=alert(1)>', "=cmd()", "\u202eevil", "w" * 150]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_hostile_words_are_shown_as_words(browser: Browser, site: str, language: str) -> None:
    tab = new_tab(browser, site, viewport=PHONE)
    slug = opened(tab, f"Title {HOSTILE[0]} {HOSTILE[1]}")
    for number, words in enumerate(HOSTILE):
        anonymous = {"anonymous": words, "type": "witness"}
        filed(
            tab,
            slug,
            anonymous,
            f"2025-03-0{number + 1}",
            str(100 + number),
            text={"summary": words * 60},
            via=["relay"],
        )
    page = tab.open(f"/incidents/{slug}?lang={language}")
    text = page.locator("#why").inner_text()
    for words in HOSTILE:
        assert words.lstrip("\u202e") in text
    assert "\u202e" not in text
    assert page.locator("#parts img, #parts script:not([type])").count() == 0
    assert tab.overflow() == []
    assert tab.faults == []
    page.context.close()


def test_words_are_shown_as_words(tab: Tab) -> None:
    page = tab.open(
        f'{OWN}?measure=strength&population={{"of":"armed-supporters","status":["armed_group"]}}'
        "&scope=event:supporters-arrive"
    )
    assert page.locator("[data-figure]").inner_text() == "“thousands”"
    expect(page.locator("#headline")).to_contain_text("This is said in words")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_is_told_by_slug_or_id_and_every_reason_is_in_words(tab: Tab, language: str) -> None:
    page = tab.open(f"{OWN}?lang={language}")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    for part in ("headline", "why"):
        text = page.locator(f"#{part}").inner_text()
        assert not UUID.search(text)
        assert not re.search(r"\b[a-z]+(-[a-z0-9]+){1,}\b", text.replace("fact-finding", "")), part
    aside = page.locator("#why .set_aside .reason").all_inner_texts()
    assert len(aside) == 6
    assert all(aside)


def test_any_key_leads_by_a_link_and_everyone_leads_the_sample(tab: Tab) -> None:
    page = tab.open(OWN)
    expect(page.locator("#headline-title")).to_have_text("Killed, everyone")
    shows(
        page,
        "about 1,400",
        "(UN Commission of Inquiry, 14 August 2025, via St Kitts Gazette)",
        "Sources differ: from 1,334",
    )
    page.locator("#headline table a", has_text="women").click()
    shows(page, "84", "(SNHR, 30 June 2025, via Reuters, Daily8)", "What is said ranges from 84 (SNHR")


def test_key_that_nothing_is_said_of_and_a_population_that_is_no_json_are_answered(tab: Tab) -> None:
    page = tab.open(f"{OWN}?measure=missing&population=oops")
    expect(page.locator("[data-figure]")).to_have_text("Nothing had been said of this yet.")


def test_long_lists_of_claims_are_paged(tab: Tab) -> None:
    slug = opened(tab, "Many claims")
    lines = [
        {"incident": slug, "kind": "toll_revised", "source": f"source-{number}", "reported_at": "2025-03-08",
         "claims": [{"id": "1", "measure": "killed", "count": {"verbatim": str(1000 + number)}}]}
        for number in range(130)
    ]  # fmt: skip
    body = "\n".join(json.dumps(line) for line in lines)
    headers = {"Content-Type": "application/x-ndjson"}
    assert tab.page.request.post(f"{tab.site}/v1/reports:batch", data=body, headers=headers).ok
    page = tab.open(f"/incidents/{slug}")
    assert page.locator("#why li").count() == 100
    page.get_by_role("link", name="Older claims").click()
    assert page.locator("#why li").count() == 30
