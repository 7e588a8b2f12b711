"""The timeline, the page of a report and curation, looked at and used by hand in a real Chromium."""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from service.web.parts.report_content import web_host
from tests.patience import PATIENCE
from tests.service.access import bearer, closed_service, issued
from tests.service.serving import filed, opened, toll
from tests.service.web.browser import PHONE, Tab, new_tab

SAMPLE = "/incidents/syria-coast-2025"
RETRACTED = "0d514e6d-d741-57f6-98a5-f2b107def337"
CORRECTED = "62b7e61d-7140-5fa9-b582-d0164b2fb91c"
ENTRIES = "#timeline .entry"


@pytest.fixture
def client(site: str) -> Iterator[httpx.Client]:
    """Return a client of the site, for incidents of one's own."""
    with httpx.Client(base_url=site, timeout=PATIENCE) as opened_client:
        yield opened_client


def _entry(page: Page, report_id: str) -> Any:
    return page.locator(f"#report-{report_id}")


def _history(client: httpx.Client, report_id: str) -> list[dict[str, Any]]:
    return client.get(f"/v1/reports/{report_id}").json()["history"]


def _act(page: Page) -> None:
    """Send the only form of a page, and wait for what is said of it."""
    page.locator("form.curation-form button").click()
    expect(page.locator(".curation-done")).to_be_focused()


@pytest.mark.parametrize(
    ("language", "count", "reason"), [("en", "66 reports", "Struck by us"), ("ar", "٦٦ تقريرًا", "شطبناه")]
)
def test_timeline_shows_every_report_and_what_became_of_it(tab: Tab, language: str, count: str, reason: str) -> None:
    page = tab.open(f"{SAMPLE}?lang={language}")
    assert count in page.locator(".timeline-count").inner_text()
    assert page.locator(ENTRIES).count() == 66
    assert page.locator("#day-2025-03-06").count() == 1
    struck = _entry(page, RETRACTED)
    assert struck.locator(".says.struck del").count() == 1
    assert reason in struck.locator(".fates").inner_text()
    assert "had been entered already" in struck.locator(".fates").inner_text()
    changes = _entry(page, CORRECTED).locator(".changes")
    figures = {"en": ("117", "171"), "ar": ("١١٧", "١٧١")}[language]
    assert figures[0] in changes.locator("del").inner_text()
    assert figures[1] in changes.locator("ins").inner_text()
    assert tab.overflow() == []


def test_filter_exchanges_the_timeline_alone_and_keeps_the_focus(tab: Tab) -> None:
    page = tab.open(SAMPLE)
    page.evaluate("window.stayed = true")
    page.locator("details.filters summary").click()
    page.get_by_role("checkbox", name=re.compile("SOHR")).focus()
    page.keyboard.press("Space")
    expect(page.locator(".timeline-count")).to_contain_text("23 reports of 66")
    assert page.locator(ENTRIES).count() == 23
    assert "source=sohr" in page.url
    assert page.evaluate("window.stayed && document.activeElement.value") == "sohr"
    page.get_by_role("checkbox", name="retracted").check()
    expect(page.locator(ENTRIES)).to_have_count(1)
    page.reload(wait_until="networkidle")
    assert page.locator(ENTRIES).count() == 1
    page.get_by_role("link", name="Show all reports").click()
    expect(page.locator(ENTRIES)).to_have_count(66)


def test_filters_need_no_script(browser: Browser, site: str) -> None:
    tab = new_tab(browser, site, java_script_enabled=False)
    page = tab.open(f"{SAMPLE}?reported_until=2025-03-08T20:59:59Z&lang=en")
    before = page.locator(ENTRIES).count()
    page.locator("details.filters summary").click()
    page.locator("input[name=kind][value=attack_launched]").check()
    page.locator("#timeline").get_by_role("button", name="Show").click()
    assert 0 < page.locator(ENTRIES).count() < before
    assert "reported_until=2025-03-08" in page.url
    assert {each.get_attribute("data-standing") for each in page.locator(ENTRIES).all()} <= {"standing", "corrected"}
    tab.page.context.close()


def test_order_of_what_was_said(tab: Tab) -> None:
    page = tab.open(f"{SAMPLE}?order=reported")
    said = [int(each.get_attribute("data-said") or 0) for each in page.locator(ENTRIES).all()]
    assert said == sorted(said)
    assert page.locator("#day-2025-08-14").count() == 1
    assert page.locator("#day-none").count() == 0


def test_drag_hides_what_was_said_later(tab: Tab) -> None:
    page = tab.open(SAMPLE)
    until = page.evaluate("Date.parse('2025-03-08T20:59:59Z')")
    drag = "(at) => document.dispatchEvent(new CustomEvent('knownwhen:reading', {detail: at}))"
    page.evaluate(drag, {"reportedUntil": until, "asOf": None, "settled": False})
    late = page.locator(f"{ENTRIES}:visible")
    shown = [int(each.get_attribute("data-said") or 0) for each in late.all()]
    assert 0 < len(shown) < 66
    assert max(shown) <= until
    assert str(66 - len(shown)) in page.locator(".timeline-later").inner_text()
    assert page.locator(".day:visible .entry:visible").count() == len(shown)
    page.evaluate(drag, {"reportedUntil": None, "asOf": None, "settled": False})
    assert page.locator(f"{ENTRIES}:visible").count() == 66
    assert page.locator(".timeline-later").is_hidden()


def test_long_timeline_comes_in_pages(tab: Tab, client: httpx.Client) -> None:
    slug = opened(client)
    ids = [str(uuid.uuid4()) for _ in range(205)]
    lines = [
        json.dumps({"incident": slug, "report_id": name, **toll(str(number + 1), occurred="2025-03-07")})
        for number, name in enumerate(ids)
    ]
    sent = client.post("/v1/reports:batch", content="\n".join(lines), headers={"Content-Type": "application/x-ndjson"})
    assert sent.status_code == 200, sent.text
    page = tab.open(f"/incidents/{slug}")
    assert page.locator(ENTRIES).count() == 200
    assert "205 reports, 1 to 200 shown" in page.locator(".timeline-count").inner_text()
    first = {each.get_attribute("id") for each in page.locator(ENTRIES).all()}
    page.get_by_role("link", name="Later reports").click()
    expect(page.locator(ENTRIES)).to_have_count(5)
    assert "page=2" in page.url
    assert page.evaluate("document.activeElement.id") == "timeline-title"
    rest = {each.get_attribute("id") for each in page.locator(ENTRIES).all()}
    assert first | rest == {f"report-{name}" for name in ids}
    hidden = next(iter(rest))
    assert hidden is not None
    tab.open(f"/incidents/{slug}?report={hidden.removeprefix('report-')}")
    assert page.locator(f"#{hidden}").count() == 1
    assert tab.open(f"/incidents/{slug}?print=1").locator(ENTRIES).count() == 205


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("size", [{}, {"viewport": PHONE}])
def test_report_page_tells_all_of_a_report(browser: Browser, site: str, language: str, size: dict[str, Any]) -> None:
    tab = new_tab(browser, site, **size)
    page = tab.open(f"/reports/{CORRECTED}?lang={language}&digits=latn")
    text = page.locator("main").inner_text()
    for words in ("SOHR", "Kurdistan24", "171", "It speaks of 47 massacres", "104", "117"):
        assert words in text
    assert page.locator("a[href='https://www.kurdistan24.net/index.php/en/story/829221']").count() == 1
    assert page.locator(".actions a").count() >= 6
    assert tab.overflow() == []
    page.locator("main a").first.click()
    expect(_entry(page, CORRECTED)).to_be_visible()
    assert tab.faults == []
    tab.page.context.close()


def test_retraction_by_keyboard_is_seen_struck(tab: Tab, client: httpx.Client) -> None:
    slug = opened(client)
    report_id = filed(client, slug, toll())["report_id"]
    page = tab.open(f"/incidents/{slug}?lang=en")
    _entry(page, report_id).get_by_role("link", name="toll revised").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Take it back").focus()
    page.keyboard.press("Enter")
    page.locator("input[name=by]").first.focus()
    page.keyboard.press("Space")
    page.locator("textarea[name=reason]").focus()
    page.keyboard.type("It was entered twice.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".curation-done")).to_be_focused()
    last = _history(client, report_id)[-1]
    assert (last["fact"], last["by"], last["reason"]) == ("retracted", "recorder", "It was entered twice.")
    assert f"{last['position']:,}" in page.locator(".curation-done").inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/incidents/{slug}?*")
    entry = _entry(page, report_id)
    expect(entry).to_have_attribute("data-standing", "retracted")
    assert "It was entered twice." in entry.locator(".fates").inner_text()
    assert entry.locator(".struck del").count() == 1


def test_error_stands_beside_its_field(tab: Tab, client: httpx.Client) -> None:
    report_id = filed(client, opened(client), toll())["report_id"]
    page = tab.open(f"/reports/{report_id}/retract?lang=en")
    page.get_by_label("Its source does").check()
    page.locator("textarea[name=reason]").fill("They withdrew it.")
    page.locator("form.curation-form button").click()
    field = page.locator("input[name=reported_at]")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    described = (field.get_attribute("aria-describedby") or "").split()[-1]
    assert page.locator(f"#{described}").inner_text()
    assert page.locator("textarea[name=reason]").input_value() == "They withdrew it."
    field.fill("2025-03-13")
    _act(page)
    assert field.get_attribute("aria-invalid") is None
    assert _history(client, report_id)[-1]["by"] == "source"
    tab.faults[:] = [each for each in tab.faults if "422" not in each]


def test_lost_answer_is_told_and_nothing_is_recorded_twice(tab: Tab, client: httpx.Client) -> None:
    report_id = filed(client, opened(client), toll())["report_id"]
    page = tab.open(f"/reports/{report_id}/dispute?lang=en")

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/dispute", lose)
    page.locator("form.curation-form button").click()
    expect(page.locator(".form-problem")).to_contain_text("did not answer")
    page.unroute("**/dispute")
    _act(page)
    assert [step["fact"] for step in _history(client, report_id)] == ["filed", "disputed"]
    tab.faults[:] = [each for each in tab.faults if "ERR_FAILED" not in each]


def test_every_action_on_a_report_by_hand(tab: Tab, client: httpx.Client) -> None:
    slug = opened(client, scopes=[{"name": "north", "label": "The north"}])
    other = opened(client, title="Another incident")
    report_id = filed(client, slug, toll("40", claims=_two_claims()))["report_id"]

    def act(action: str, *chosen: tuple[str, str]) -> dict[str, Any]:
        page = tab.open(f"/reports/{report_id}/{action}?lang=en")
        for selector, value in chosen:
            field = page.locator(selector)
            if field.get_attribute("type") in ("radio", "checkbox"):
                field.check()
            else:
                field.select_option(value)
        _act(page)
        return _history(client, report_id)[-1]

    assert act("dispute", ("select[name=claim]", "2"))["claim"] == "2"
    assert act("undispute")["disputed"] is False
    assert act("assess", ("input[name=credibility][value='5']", ""))["credibility"] == 5
    retraction = act("retract", ("select[name=claim]", "1"), ("input[name=by][value=recorder]", ""))
    assert (retraction["claim"], retraction["by"]) == ("1", "recorder")
    assert act("reinstate")["fact"] == "reinstated"
    claims = f"input[name=claims][value='{report_id}#1']"
    assert act("rescope", (claims, ""), ("select[name=scope]", "north"))["scope"] == "north"
    assert act("rescope", (claims, ""), ("select[name=scope]", ""))["scope"] is None
    _listed(client, other)
    assert act("move", ("select[name=to]", other))["to"] == other
    page = tab.open(f"/reports/{report_id}?lang=en")
    assert "filed under another incident" in page.locator("main").inner_text()
    assert page.locator(".fates li").count() == 8


def _two_claims() -> list[dict[str, Any]]:
    return [
        {"id": "1", "measure": "killed", "count": {"verbatim": "40"}},
        {"id": "2", "measure": "injured", "count": {"verbatim": "at least 12"}},
    ]


def _listed(client: httpx.Client, slug: str) -> None:
    """Wait until the list of incidents has one."""
    position = client.get(f"/v1/incidents/{slug}").json()["coordinates"]["position"]
    assert client.get("/v1/incidents", params={"min_position": position}).status_code == 200


def test_incident_is_curated_by_hand(tab: Tab, client: httpx.Client) -> None:
    slug, other = opened(client), opened(client, title="The one it joins")
    _listed(client, other)

    def send(form: str, **fields: str) -> None:
        page = tab.open(f"/incidents/{slug}/curate?lang=en")
        shown = page.locator(f"form[data-path$='{form}']")
        shown.locator("xpath=ancestor::details").locator("summary").click()
        for name, value in fields.items():
            field = shown.locator(f"[name={name}]")
            if field.evaluate("(it) => it.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        shown.locator("button").click()
        expect(page.locator(".curation-done:visible")).to_be_focused()

    send("/amendment", title="A better title", reason="It was too short.")
    assert client.get(f"/v1/incidents/{slug}").json()["data"]["title"] == "A better title"
    send("/scopes", label="The old town")
    assert client.get(f"/v1/incidents/{slug}").json()["data"]["scopes"][0]["name"] == "the-old-town"
    send("/close")
    assert client.get(f"/v1/incidents/{slug}").json()["data"]["status"] == "closed"
    send("/reopen")
    send("/merge", into=other)
    assert client.get(f"/v1/incidents/{slug}").status_code == 307
    _listed(client, other)
    slug, merged = other, slug
    send(f"{merged}/unmerge")
    assert client.get(f"/v1/incidents/{merged}").status_code == 200


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "override": "\u202egnol \u202dsi\u2067 siht",
    "popped": "\u2069\u202egnol",
    "formula": "=cmd|' /C calc'!A1",
    "template": "{{7*7}}{% raw %}</template>",
    "places": "%(x)s %s %",
    "long": "ab\u0644\u0645" * 2500,
    "unbroken": "x" * 10_000,
}


def _hostile(words: str) -> dict[str, Any]:
    label = words[:290]
    claim = {"id": "1", "measure": "killed", "population": {"of": "villain"}, "count": {"verbatim": "at least 3"}}
    return {
        "kind": "observation_noted",
        "title": label,
        "source": {"anonymous": label, "type": "witness"},
        "via": ["relay"],
        "event": label,
        "occurred": "2025-03-07",
        "reported_at": "2025-03-08",
        "places": [{"name": label, "country": "SY", "admin1": label}],
        "actors": [{"name": label, "slug": "villain", "type": label, "side": label, "role": label}],
        "tags": [label],
        "attributes": {label: words[:1000]},
        "external_ids": {label: label},
        "claims": [claim],
        "text": {"summary": words, "quotes": [words[:1000]], "notes": words, "occurred_words": label},
    }


REORDERED = r"""() => {
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const text = node.textContent, holder = node.parentElement;
    if (!/[\u202a-\u202e\u2066-\u2069]/.test(text) || holder.closest("option, script, template, textarea")) continue;
    let depth = 0, safe = true;
    for (const each of text) {
      if (/[\u202a-\u202e]/.test(each) && depth === 0) safe = false;
      depth += /[\u2066-\u2068]/.test(each) - (each === "\u2069");
      if (depth < 0) safe = false;
    }
    if (safe && depth === 0) continue;
    let around = holder;
    while (around && around.textContent.trim() === text.trim()) {
      if (/isolate|plaintext/.test(getComputedStyle(around).unicodeBidi)) break;
      around = around.parentElement;
    }
    if (!around || around.textContent.trim() !== text.trim()) found.push(`${holder.tagName}: ${text.slice(0, 60)}`);
  }
  return found;
}"""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_are_shown_as_words_everywhere(
    browser: Browser, site: str, client: httpx.Client, name: str
) -> None:
    words = HOSTILE[name]
    slug = opened(client, title=words[:290])
    report_id = filed(client, slug, _hostile(words))["report_id"]
    client.post(f"/v1/reports/{report_id}/dispute", json={"reason": words})
    client.post(f"/v1/reports/{report_id}/retraction", json={"by": "recorder", "reason": words})
    incident, report = f"/incidents/{slug}", f"/reports/{report_id}"
    paths = [
        incident,
        f"{incident}?order=reported&standing=retracted",
        report,
        f"{report}/assess",
        f"{report}/reinstate",
    ]
    paths += [f"{incident}/curate", "/", "/search?q=relay", "/sources"]
    tab = new_tab(browser, site, viewport=PHONE)
    tab.page.on("dialog", lambda dialog: tab.faults.append(f"dialog: {dialog.message}"))
    for path in paths:
        if client.get(path, headers={"Accept": "text/html"}).status_code == 404:
            continue
        for language in ("en", "ar") if path in (incident, report) else ("en",):
            page = tab.open(f"{path}{'&' if '?' in path else '?'}lang={language}")
            page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
            assert tab.overflow() == [], path
            assert page.evaluate(REORDERED) == [], path
            assert page.locator("img, main script:not([type='application/json']), iframe").count() == 0
            assert page.locator("a[href^='javascript:']").count() == 0
    page = tab.open(report)
    text = page.locator("main").text_content() or ""
    assert text.count(words) >= 4
    assert tab.faults == []
    tab.page.context.close()


def test_forms_are_for_those_who_may_send_them(migrated_template: str, create_database: Callable[[str], str]) -> None:
    url = create_database(migrated_template)
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(issued, url, "read").result()
        writing = thread.submit(issued, url, "read", "report").result()
    with closed_service(url) as client:
        client.headers.update(bearer(writing) | {"Accept": "text/html, application/json;q=0.9"})
        slug = opened(client)
        report_id = filed(client, slug, toll())["report_id"]
        assert "Take it back" in client.get(f"/reports/{report_id}").text
        assert "Judge its credibility" not in client.get(f"/reports/{report_id}").text
        assert client.get(f"/reports/{report_id}/retract").status_code == 200
        assert client.get(f"/reports/{report_id}/assess").status_code == 403
        client.headers.update(bearer(reading))
        assert "/retract" not in client.get(f"/reports/{report_id}").text
        assert "/curate" not in client.get(f"/incidents/{slug}").text
        for path in (f"/reports/{report_id}/retract", f"/incidents/{slug}/curate"):
            refused = client.get(path)
            assert refused.status_code == 403
            assert "This needs a token with the scope" in refused.text
            assert "curation-form" not in refused.text


def test_evidence_is_a_link_of_the_web_alone(client: httpx.Client) -> None:
    report = toll(evidence=[{"url": "javascript:alert(1)"}])
    assert client.post(f"/v1/incidents/{opened(client)}/reports", json=report).status_code == 422
    assert web_host("https://example.org:8443/a?b#c") == "example.org"
    for address in ("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//example.org", "http://[", ""):
        assert web_host(address) is None
