"""The list of incidents: filters, order, pages, both clocks, its map and strip, and what it says when empty."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page

from service.web.language.languages import language
from service.web.parts.activity_strip import activity_strip
from service.web.parts.country_names import countries, country_name
from service.web.parts.figures import least_most
from service.wiring import make_app
from tests.patience import PATIENCE
from tests.service.projected import head, projecting, read
from tests.service.serving import filed, serving
from tests.service.web.browser import PHONE, Tab, new_tab

pytestmark = pytest.mark.one_server_will_do

COUNT = 60
"""How many incidents there are: more than a page of the list."""


def attack(figure: str, day: str, **given: Any) -> dict[str, Any]:
    claims = [{"id": "1", "measure": "killed", "scope": "incident", "count": {"verbatim": figure}}]
    told = {"kind": "attack_launched", "method": "armed_clash", "source": "sohr", "claims": claims}
    return {**told, "occurred": day, "reported_at": day, **given}


def _fill(client: httpx.Client) -> None:
    """Open a siege in Ukraine, and many clashes in Syria; the siege was recorded first."""
    client.post(
        "/v1/incidents", json={"slug": "siege", "title": "Siege of a town", "countries": ["UA"], "utc_offset": "Z"}
    )
    place = [{"name": "A town", "country": "UA", "lat": "48.5", "lon": "37.9"}]
    filed(client, "siege", attack("at least 500", "2024-02-10", places=place, tags=["heavy"]))
    for index in range(COUNT):
        slug, day = f"clash-{index}", f"2025-03-{1 + index % 28:02}"
        opening = {"slug": slug, "title": f"Clash {index:02}", "countries": ["SY"], "utc_offset": "+03:00"}
        client.post("/v1/incidents", json=opening)
        places = [{"name": f"Village {index}", "lat": f"{33 + index / 20:.2f}", "lon": "36.5"}] if index % 2 else []
        filed(client, slug, attack(str(index), day, places=places))
    read(client, "/v1/incidents", min_position=head(client))


@pytest.fixture(scope="module")
def many(migrated_template: str, create_database: Callable[[str], str]) -> Iterator[str]:
    """Return the address of a service with sixty-one incidents."""
    url = create_database(migrated_template)
    with projecting(url), serving(make_app(url)) as address:
        with httpx.Client(base_url=address) as client:
            _fill(client)
        yield address


@pytest.fixture
def listed(browser: Browser, many: str) -> Iterator[Tab]:
    """Return a tab on that service; no script failed, and nothing was asked of another host."""
    tab = new_tab(browser, many)
    yield tab
    tab.page.context.close()
    assert [each for each in tab.faults if "422" not in each] == []


def titles(page: Page) -> list[str]:
    return page.locator(".incidents th[scope=row] a").all_inner_texts()


def rested(page: Page, change: Callable[[], object]) -> None:
    """Make a change of the form, and wait until the list of it is shown."""
    page.evaluate("document.getElementById('results').dataset.old = 'yes'")
    change()
    page.wait_for_function("() => !document.getElementById('results').dataset.old")


def test_the_list_tells_level_dead_and_source_and_each_page_follows_the_last(listed: Tab) -> None:
    page = listed.open("/?sort=title")
    assert titles(page) == [f"Clash {index:02}" for index in range(50)]
    first = page.locator(".incidents tbody tr").nth(12).inner_text()
    assert "12" in first
    assert "sohr" in first.lower()
    page.get_by_role("link", name="More incidents").click()
    assert titles(page) == [*(f"Clash {index}" for index in range(50, COUNT)), "Siege of a town"]
    page.get_by_role("link", name="From the beginning").click()
    assert titles(page)[0] == "Clash 00"


def test_filters_are_in_the_address_and_work_without_scripts(browser: Browser, many: str) -> None:
    tab = new_tab(browser, many, java_script_enabled=False)
    page = tab.open("/")
    page.get_by_label("Country").select_option(label="Ukraine")
    page.get_by_label("Dead, at least").fill("500")
    page.get_by_role("button", name="Show", exact=True).click()
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["country"], asked["killed_min"]) == (["UA"], ["500"])
    assert titles(page) == ["Siege of a town"]
    assert "at least 500" in page.locator(".incidents").inner_text()
    assert page.get_by_label("Country").input_value() == "UA"
    tab.page.context.close()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=siege", ["Siege of a town"]),
        ("tag=heavy", ["Siege of a town"]),
        ("killed_min=58", ["Clash 58", "Clash 59", "Siege of a town"]),
        ("killed_min=58&country=SY", ["Clash 58", "Clash 59"]),
        ("occurred_to=2024-12-31", ["Siege of a town"]),
        ("bbox=36,35.9,37,36", ["Clash 59"]),
        ("kind=toll_revised", []),
    ],
)
def test_filters_are_those_of_the_interface(listed: Tab, query: str, found: list[str]) -> None:
    assert titles(listed.open(f"/?sort=title&{query}")) == found


def test_the_form_is_asked_as_soon_as_it_changes(listed: Tab) -> None:
    page = listed.open("/?lang=en")
    rested(page, lambda: page.get_by_label("Country").select_option("UA"))
    assert titles(page) == ["Siege of a town"]
    assert "country=UA" in page.url
    assert "lang=en" in page.url
    rested(page, lambda: page.get_by_label("Sorted by").select_option("title"))
    page.reload()
    assert titles(page) == ["Siege of a town"]


def test_what_cannot_be_read_is_told_beside_its_field_and_nothing_typed_is_lost(listed: Tab) -> None:
    page = listed.open("/?killed_min=many&q=siege&as_of=yesterday&country=XQZ")
    for name in ("killed_min", "country"):
        field = page.locator(f"[name={name}]")
        assert field.get_attribute("aria-invalid") == "true"
        assert page.locator(f"#{field.get_attribute('aria-describedby')}").is_visible()
    assert page.locator("[name=killed_min]").input_value() == "many"
    assert page.locator("[name=q]").input_value() == "siege"
    assert page.locator("[name=as_of]").input_value() == "yesterday"
    page.locator("[name=killed_min]").fill("500")
    page.locator("[name=as_of]").fill("")
    rested(page, lambda: page.locator("[name=country]").select_option(""))
    assert page.locator("[aria-invalid]").count() == 0
    assert titles(page) == ["Siege of a town"]


def test_the_recorded_clock_is_dragged_and_its_moment_is_read_out(listed: Tab) -> None:
    page = listed.open("/?sort=title")
    slider = page.locator("#r-as_of")
    assert slider.get_attribute("aria-valuetext") == "Now: all that is recorded"
    box = slider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    page.mouse.down()
    rested(page, lambda: page.mouse.move(box["x"] + 4, box["y"] + box["height"] / 2, steps=5))
    page.mouse.up()
    at = slider.input_value()
    assert slider.get_attribute("aria-valuetext") == f"Position {at} of the log"
    page.wait_for_url(f"**/?*as_of=*{at}*")
    assert page.locator("[name=as_of]").input_value() == f"@{at}"
    assert len(titles(page)) <= 2
    page.reload()
    assert slider.input_value() == at


def test_clocks_are_moved_by_keyboard_to_a_first_moment_and_back_to_now(listed: Tab) -> None:
    page = listed.open("/?sort=title")
    slider = page.locator("#r-reported_until")
    slider.focus()
    rested(page, lambda: page.keyboard.press("Home"))
    assert titles(page) == ["Siege of a town"]
    assert slider.get_attribute("aria-valuetext") == "To the end of 10 February 2024 (UTC)"
    assert page.evaluate("document.activeElement?.id") == "r-reported_until"
    rested(page, lambda: page.keyboard.press("End"))
    assert len(titles(page)) == 50
    assert page.locator("[name=reported_until]").input_value() == ""


def test_a_late_answer_never_overwrites_that_of_a_later_question(listed: Tab) -> None:
    page = listed.open("/")

    def slow(route: Any) -> None:
        if "country=SY" in route.request.url:
            page.wait_for_timeout(600)
        route.continue_()

    page.route("**/?*", slow)
    page.locator("[name=country]").select_option("SY")
    page.wait_for_timeout(50)
    rested(page, lambda: page.locator("[name=country]").select_option("UA"))
    page.wait_for_timeout(900)
    assert titles(page) == ["Siege of a town"]


def test_a_service_that_does_not_answer_is_told_and_the_list_stays(browser: Browser, many: str) -> None:
    tab = new_tab(browser, many)
    page = tab.open("/")
    page.route("**/?*", lambda route: route.abort())
    page.locator("[name=country]").select_option("UA")
    page.get_by_role("alert").filter(has_text="does not answer").wait_for()
    assert len(titles(page)) == 50
    tab.page.context.close()


def test_the_map_marks_points_and_says_how_many_have_none(listed: Tab) -> None:
    page = listed.open("/")
    part = page.locator("#list_map")
    assert "30 incidents have no point" in part.inner_text()
    assert "all 61 incidents" in part.inner_text()
    siege = part.locator(".mark a", has=page.locator("title", has_text="Siege of a town"))
    assert urlsplit(siege.get_attribute("href") or "").path == "/incidents/siege"
    several = part.locator(".mark a[href*='bbox=']").first
    several.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**bbox=**")
    assert 1 < len(titles(page)) < 50
    assert page.locator("#list_map .base").evaluate("(image) => image.complete && image.naturalWidth") == 960


def test_the_strip_counts_what_the_list_has_and_its_table_leads_there(listed: Tab) -> None:
    page = listed.open("/?country=SY")
    page.locator("#activity_strip summary").click()
    row = page.locator("#activity_strip tbody tr").first
    count, link = int(row.locator("td").inner_text()), row.locator("a")
    link.click()
    page.wait_for_url("**occurred_from=**")
    assert len(titles(page)) == count


def _wait_for_the_list(address: str) -> None:
    """Wait until the tables of an empty log are built."""
    until = time.monotonic() + PATIENCE
    while httpx.get(f"{address}/v1/incidents").status_code != 200 and time.monotonic() < until:
        time.sleep(0.05)


def test_a_list_without_an_incident_says_what_to_do(
    browser: Browser, migrated_template: str, create_database: Callable[[str], str], listed: Tab
) -> None:
    assert listed.open("/?q=nothing").get_by_role("heading", name="No incident is like this").is_visible()
    url = create_database(migrated_template)
    with projecting(url), serving(make_app(url)) as address:
        _wait_for_the_list(address)
        tab = new_tab(browser, address)
        page = tab.open("/")
        assert page.get_by_role("link", name="Open an incident").get_attribute("href") == "/incidents/new"
        tab.page.context.close()
        assert tab.faults == []


def test_a_list_that_is_being_built_says_so_and_looks_again(
    browser: Browser, migrated_template: str, create_database: Callable[[str], str]
) -> None:
    with serving(make_app(create_database(migrated_template))) as address:
        tab = new_tab(browser, address)
        page = tab.open("/")
        assert "being built" in page.get_by_role("status").inner_text()
        assert page.locator("meta[http-equiv=refresh]").get_attribute("content") == "5"
        tab.page.context.close()


@pytest.mark.parametrize("code", ["en", "ar"])
def test_the_list_fits_a_phone_in_both_languages(browser: Browser, many: str, code: str) -> None:
    tab = new_tab(browser, many, viewport=PHONE)
    page = tab.open(f"/?lang={code}")
    assert tab.overflow() == []
    country = "Syria" if code == "en" else "سوريا"
    assert country in page.locator(".incidents").inner_text()
    tab.page.context.close()
    assert tab.faults == []


BETWEEN = {"lower": 40, "upper": 60, "upper_open": False, "bound": "exact", "said": "40"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "40 to 60"),
        ({"upper_open": True}, "40 to 60 or more"),
        ({"upper": 40}, "40"),
        ({"upper": 40, "bound": "about"}, "about 40"),
        ({"upper": 40, "upper_open": True, "bound": "at_least"}, "at least 40"),
        ({"upper": None, "upper_open": True, "bound": "more_than"}, "more than 40"),
        ({"lower": None}, "at most 60"),
        ({"lower": None, "upper": None, "bound": "worded", "said": "dozens"}, "“dozens”"),
    ],
)
def test_the_dead_are_told_from_least_to_most_as_they_were_said(given: dict[str, Any], words: str) -> None:
    assert least_most(language("en", "latn"), {**BETWEEN, **given}) == words


def test_countries_have_their_name_in_each_language_and_a_former_one_its_code() -> None:
    assert country_name(language("ar", "arab"), "SY") == "سوريا"
    assert country_name(language("en", "latn"), "CSHH") == "CSHH"
    assert ("UA", "Ukraine") in countries(language("en", "latn"))


def _spans(*ends: tuple[str | None, str | None]) -> list[dict[str, Any]]:
    return [{"occurred": {"from": first, "to": last}} for first, last in ends]


@pytest.mark.parametrize(
    ("last", "unit", "count"),
    [("2025-03-20T00:00:00Z", "week", 3), ("2030-03-20T00:00:00Z", "month", 61), ("2060-03-20T00:00:00Z", "year", 36)],
)
def test_a_strip_has_weeks_months_or_years_without_a_gap(last: str, unit: str, count: int) -> None:
    items = [*_spans(("2025-03-06T00:00:00Z", "2025-03-07T00:00:00Z"), (last, None)), {"occurred": None}]
    strip = activity_strip(language("en", "latn"), items, lambda **changes: str(changes))
    assert (strip.unit, len(strip.bars), strip.undated) == (unit, count, 1)
    assert sum(bar.count for bar in strip.bars) == 2
    assert (strip.bars[0].count, strip.bars[-1].count) == (1, 1)


def test_an_incident_counts_in_every_week_of_its_time_up_to_the_last_day_there_is() -> None:
    items = _spans(("2025-03-05T00:00:00Z", "2025-03-18T00:00:00Z"), ("9999-12-30T00:00:00Z", "9999-12-31T00:00:00Z"))
    whole = activity_strip(language("en", "latn"), items[:1], lambda **changes: str(changes))
    assert [bar.count for bar in whole.bars] == [1, 1, 1]
    assert activity_strip(language("en", "latn"), items, lambda **changes: str(changes)).bars[-1].count == 1
