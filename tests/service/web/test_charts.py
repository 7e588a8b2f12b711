"""The charts show what was said, all of it and nothing else: thinned, drawn, in words, as files and in frames."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from service.web.language.languages import language
from service.web.parts.chart_axes import FigureAxis, time_axis
from service.web.parts.context import PartContext
from service.web.parts.keys import key_of
from service.web.parts.names import Names
from service.web.parts.svg import PlotFrame, element, mark, text, wrapped
from service.web.parts.thinning import thinned_dots, thinned_steps
from service.web.parts.toll_chart import TollChoice, file_drawing, toll_chart
from service.web.parts.toll_data import TollDocuments, last_moment, steps_of
from service.web.parts.toll_drawing import DOTS, HEIGHT
from tests.service.web.browser import PHONE, Tab, new_tab

pytestmark = pytest.mark.one_server_will_do
INCIDENT = "/incidents/syria-coast-2025"
CIVILIANS = "measure=killed&population=%7B%22status%22:%5B%22civilian%22%5D%7D&scope=incident"
ENGLISH = language("en", "latn")
START = datetime(2025, 3, 1, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"

ends = st.tuples(st.none() | st.integers(0, 50), st.none() | st.integers(0, 50) | st.just(math.inf))
steps = st.lists(st.tuples(st.integers(0, 5000), ends), max_size=400).map(
    lambda each: sorted(each, key=lambda step: step[0])
)


# --- thinning --------------------------------------------------------------------------------------------------------


@given(steps)
def test_thinning_of_steps_keeps_ends_extremes_and_order_and_makes_nothing(given: list[Any]) -> None:
    numbered = list(enumerate(given))
    kept = thinned_steps(numbered, lambda step: step[1][0] // 100, lambda step: step[1][1])
    assert kept == sorted(kept)
    assert set(kept) <= set(numbered)
    for column in {step[0] // 100 for step in given}:
        before = [each for each in numbered if each[1][0] // 100 == column]
        after = [each for each in kept if each[1][0] // 100 == column]
        assert (after[0], after[-1]) == (before[0], before[-1])
        assert len(after) <= 8
        for end in (0, 1):
            was, shown = ([each[1][1][end] for each in group] for group in (before, after))
            assert (None in was) == (None in shown)
            for extreme in (min, max):
                assert extreme((x for x in was if x is not None), default=None) == extreme(
                    (x for x in shown if x is not None), default=None
                )


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=300), st.integers(0, 100))
def test_thinning_of_dots_counts_every_dot_once(dots: list[tuple[int, int]], limit: int) -> None:
    shown = thinned_dots(dots, limit, lambda dot: (dot[0] // 10, dot[1] // 10), lambda dot: dot)
    assert sum(1 + more for _, more in shown) == len(dots)
    assert {dot for dot, _ in shown} <= set(dots)
    if len(dots) <= limit:
        assert [dot for dot, _ in shown] == dots
    else:
        assert {(x // 10, y // 10) for (x, y), _ in shown} == {(x // 10, y // 10) for x, y in dots}


# --- geometry --------------------------------------------------------------------------------------------------------


def _xml(document: str) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 - we made it


def _claim(number: int, draw: dict[str, Any]) -> dict[str, Any]:
    bound, figure, source, status, day = (draw[name] for name in ("bound", "figure", "source", "status", "day"))
    lower = figure if bound in ("exact", "at_least", "about") else None
    upper = figure if bound in ("exact", "at_most", "about") else None
    return {
        "claim": f"00000000-0000-4000-8000-{number:012}#1",
        "measure": "killed",
        "population": {},
        "scope": "incident",
        "manner": None,
        "source": source,
        "reported_at": (START + timedelta(days=day)).date().isoformat(),
        "verbatim": "dozens" if bound == "worded" else str(figure),
        "lower": lower,
        "upper": upper,
        "best": figure if bound in ("exact", "about") else None,
        "bound": bound,
        "accumulation": draw["accumulation"],
        "status": status,
        "why": "Why.",
    }


claims = st.lists(
    st.fixed_dictionaries(
        {
            "bound": st.sampled_from(["exact", "at_least", "at_most", "about", "worded"]),
            "figure": st.integers(0, 9999),
            "source": st.sampled_from(["one", "two", "three"]),
            "status": st.sampled_from(["used", "superseded", "outrun", "retracted"]),
            "day": st.integers(0, 500),
            "accumulation": st.sampled_from(["cumulative", "cumulative", "incremental"]),
        }
    ),
    min_size=1,
    max_size=30,
).map(lambda drawn: [_claim(number, each) for number, each in enumerate(drawn)])


def _documents(said: list[dict[str, Any]]) -> TollDocuments:
    """Return documents in which each claim that is a total in figures is the estimate from its day on."""
    totals = [each for each in said if each["accumulation"] == "cumulative" and each["bound"] != "worded"]
    series = [_step(each) for each in sorted(totals, key=lambda each: each["reported_at"])]
    state = {"utc_offset": "+03:00", "sources": [], "sides": [], "scopes": []}
    key = {name: said[0][name] for name in ("measure", "population", "scope", "manner")}
    tolls = {"series": [{**key, "reported": series, "recorded": series}]}
    return TollDocuments(state, {"entries": []}, tolls, {"claims": said})


def _step(claim: dict[str, Any]) -> dict[str, Any]:
    lower, upper = (claim[end] for end in ("lower", "upper"))
    return {
        "at": f"{claim['reported_at']}T20:59:59Z",
        "position": 1,
        "lower": None if lower is None else {"figure": lower},
        "upper": None if upper is None else {"figure": upper},
        "upper_open": upper is None,
        "break": False,
        "moved_by": [claim["claim"]],
    }


def _names(documents: TollDocuments) -> Names:
    return Names(ENGLISH, documents.state)


@given(claims, st.sampled_from(["even", "log"]))
def test_every_height_of_the_chart_is_a_figure_that_some_claim_holds(said: list[dict[str, Any]], scale: str) -> None:
    documents = _documents(said)
    choice = TollChoice(key_of(said[0]), log=scale == "log")
    drawing, _ = file_drawing(ENGLISH, _names(documents), documents, choice)
    root = _xml(f'<svg xmlns="http://www.w3.org/2000/svg">{drawing.plot(PlotFrame(0, 0, 800))}</svg>')
    held = {
        drawing.figures.y(end)
        for each in said
        for end in (each["lower"], each["upper"], each["best"])
        if end is not None
    }
    heights = {
        round(y, 2)
        for path in root.iter(f"{SVG}path")
        if "lower" in path.get("class", "") or "upper" in path.get("class", "")
        for y in _heights(path.get("d", ""))
    }
    assert heights <= {round(y, 2) for y in held}
    marks = [(dot, each.find(f"{SVG}g")) for dot in root.iter(f"{SVG}g") if dot.get("data-lane") for each in [dot]]
    assert len(marks) == len(said)
    for dot, inner in marks:
        assert inner is not None
        y = float(re.findall(r"translate\(\S+ (\S+)\)", inner.get("transform", ""))[0])
        if dot.get("data-lane") == "plot":
            assert round(y, 2) in {round(each, 2) for each in held}
        else:
            assert y > HEIGHT


def _heights(path: str) -> Iterator[float]:
    for command, numbers in re.findall(r"([MHV])([^MHVZ]*)", path):
        values = [float(each) for each in numbers.split()]
        if command == "M":
            yield values[1]
        elif command == "V":
            yield values[0]


@given(claims)
def test_the_table_tells_each_claim_and_the_axis_only_figures_that_were_said(said: list[dict[str, Any]]) -> None:
    documents = _documents(said)
    context = PartContext(ENGLISH, _names(documents), key_of(said[0]), lambda **_: "", lambda path: path)
    chart = toll_chart(context, documents, TollChoice(key_of(said[0])))
    assert sorted(dot.claim for dot in chart.rows) == sorted(each["claim"] for each in said)
    assert {voice.source for voice in chart.voices} == {each["source"].capitalize() for each in said}
    assert sum(voice.given for voice in chart.voices) == len(said)
    labels = set(re.findall(r"\u2068([\d,]+)\u2069", str(chart.axis))) - {"0"}
    assert labels <= {ENGLISH.number(end) for each in said for end in (each["lower"], each["upper"]) if end is not None}


@given(st.integers(0, 10**9), st.sampled_from(["even", "log"]), st.data())
def test_figures_keep_their_order_on_the_axis(greatest: int, scale: str, data: st.DataObject) -> None:
    axis = FigureAxis(greatest, HEIGHT, scale == "log")
    low = data.draw(st.integers(0, greatest))
    high = data.draw(st.integers(low, greatest))
    assert 0 <= axis.y(high) <= axis.y(low) <= HEIGHT


@given(st.lists(st.integers(0, 10**10).map(lambda second: START + timedelta(milliseconds=second)), max_size=6))
def test_axis_of_time_has_round_moments_in_its_span(moments: list[datetime]) -> None:
    documents = _documents(
        [
            _claim(
                0,
                {
                    "bound": "exact",
                    "figure": 1,
                    "source": "one",
                    "status": "used",
                    "day": 0,
                    "accumulation": "cumulative",
                },
            )
        ]
    )
    axis = time_axis(list(moments), documents.zone)
    ticks = axis.ticks(ENGLISH)
    assert all(0 <= tick.share <= 1 for tick in ticks)
    assert [tick.share for tick in ticks] == sorted(tick.share for tick in ticks)
    assert len(ticks) <= 14
    assert all(0 <= axis.share(each) <= 1 for each in moments)


def test_ten_thousand_claims_are_thinned_and_none_is_forgotten() -> None:
    drawn = {"bound": "exact", "source": "one", "status": "superseded", "accumulation": "cumulative"}
    said = [_claim(number, {**drawn, "figure": number % 997, "day": number % 400}) for number in range(10_000)]
    documents = _documents(said)
    drawing, _ = file_drawing(ENGLISH, _names(documents), documents, TollChoice(key_of(said[0])))
    assert sum(1 + more for _, more in drawing.shown) == 10_000
    assert len(drawing.thinned) <= len(steps_of(documents.tolls, key_of(said[0]), "reported"))
    assert {0, 996} <= {step.lower for step in drawing.thinned}
    assert "more here." in drawing.plot(PlotFrame())
    assert len(drawing.shown) < 10_000
    assert DOTS < 10_000


# --- SVG -------------------------------------------------------------------------------------------------------------


@given(st.text())
def test_any_words_stay_words_in_svg(words: str) -> None:
    root = _xml(element("g", {"data-said": words}, text(0, 0, words)))
    assert len(root) == 1
    assert len(root[0]) == 0
    shown = (root[0].text or "")[1:-1]
    assert len(shown) == len(words.replace("\r\n", "\n")) or "\r" in words


@given(st.text(), st.integers(1, 60))
def test_wrapped_lines_are_no_longer_than_asked_and_lose_no_letter(words: str, width: int) -> None:
    lines = wrapped(words, width)
    assert all(0 < len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(words.split())


def test_sources_have_marks_of_their_own() -> None:
    assert len({str(mark(rank)) for rank in range(64)}) == 64


def test_moments_that_reports_give() -> None:
    zone = _documents(
        [
            _claim(
                0,
                {
                    "bound": "exact",
                    "figure": 1,
                    "source": "one",
                    "status": "used",
                    "day": 0,
                    "accumulation": "cumulative",
                },
            )
        ]
    ).zone
    assert last_moment("2025-03-09", zone) == datetime(2025, 3, 9, 20, 59, 59, tzinfo=UTC)
    assert last_moment("2025-03-10T05:37:00Z", zone) == datetime(2025, 3, 10, 5, 37, tzinfo=UTC)
    assert last_moment("2025-07", zone) is None


# --- in a browser ----------------------------------------------------------------------------------------------------


def _drag(page: Page, until: str | None) -> None:
    page.evaluate(
        """(until) => document.dispatchEvent(new CustomEvent("knownwhen:reading",
          {detail: {reportedUntil: until === null ? null : Date.parse(until), asOf: null, settled: false}}))""",
        until,
    )


def _seen(page: Page) -> int:
    return page.locator("svg.plot a.dot:not(.said-later)").count()


def test_reason_of_a_claim_is_shown_on_hover_and_on_focus(tab: Tab) -> None:
    page = tab.open(f"{INCIDENT}?{CIVILIANS}&window=14")
    tip = page.locator("#toll-tip")
    assert tip.is_hidden()
    hollow = page.locator("svg.plot a.dot.hollow", has=page.locator("path")).filter(has=page.locator("svg")).first
    page.locator("svg.plot a.dot[aria-label*='Rudaw']").hover()
    assert "229" in tip.inner_text()
    assert "1,383" in tip.inner_text()
    page.mouse.move(0, 0)
    assert tip.is_hidden()
    assert hollow.get_attribute("aria-label")
    page.locator("svg.plot a.dot[tabindex='0']").focus()
    first = tip.inner_text()
    assert "SOHR" in first
    assert "340" in first
    page.keyboard.press("ArrowRight")
    assert tip.inner_text() != first
    page.keyboard.press("Escape")
    assert tip.is_hidden()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('href')").startswith("/reports/")


def test_one_tab_stop_for_all_marks_and_none_of_them_said_later(tab: Tab) -> None:
    page = tab.open(f"{INCIDENT}?{CIVILIANS}")
    assert page.locator("svg.plot a.dot[tabindex='0']").count() == 1
    assert page.locator("svg.plot title").count() == 0


def test_dragging_moves_the_cursor_and_hides_what_was_said_later(tab: Tab) -> None:
    page = tab.open(f"{INCIDENT}?{CIVILIANS}")
    everything = _seen(page)
    _drag(page, "2025-03-09T20:59:59Z")
    assert 0 < _seen(page) < everything
    cursor = page.locator("svg.plot .cursor .at")
    assert page.locator("svg.plot .cursor").get_attribute("display") == "inline"
    first = cursor.bounding_box()
    _drag(page, "2025-04-09T20:59:59Z")
    second = cursor.bounding_box()
    assert first
    assert second
    assert first["x"] < second["x"]
    assert page.locator("table.strip .said-later").count() > 0
    _drag(page, None)
    assert _seen(page) == everything
    assert page.locator("svg.plot .cursor").get_attribute("display") == "none"


def test_reading_of_the_address_hides_what_was_said_later(tab: Tab) -> None:
    page = tab.open(f"{INCIDENT}?{CIVILIANS}&reported_until=2025-03-09T23:59:59%2B03:00")
    labels = page.locator("svg.plot a.dot:not(.said-later)").evaluate_all(
        "all => all.map(e => e.getAttribute('aria-label'))"
    )
    assert any("830" in each for each in labels)
    assert not any("1,700" in each for each in labels)
    page.locator("#toll_chart details.behind > summary").click()
    table = page.locator("table.claims").inner_text()
    assert "830" in table
    assert "1,700" not in table


def test_table_behind_the_chart_equals_the_chart(tab: Tab) -> None:
    page = tab.open(f"{INCIDENT}?{CIVILIANS}")
    page.locator("#toll_chart details.behind > summary").click()
    rows = page.locator("table.claims tbody tr").evaluate_all(
        "rows => rows.map(r => [...r.cells].map(c => c.innerText.trim()))"
    )
    labels = page.locator("svg.plot a.dot").evaluate_all("all => all.map(e => e.getAttribute('aria-label'))")
    assert sorted(f"{source}, {said}: {figure}. {stands}" for said, source, figure, stands in rows) == sorted(labels)


def test_counts_in_words_are_words_and_increments_are_no_totals(tab: Tab) -> None:
    people = "population=%7B%22age%22:%22young_adult%22,%22sex%22:%22male%22%7D"
    words = f"measure=killed&{people}&scope=event:executions-young-men&manner=execution"
    page = tab.open(f"{INCIDENT}?{words}")
    assert "“dozens”" in (page.locator("svg.plot").text_content() or "")
    assert page.locator("svg.plot a.dot[data-lane='words']").count() == 1
    assert page.locator("svg.plot a.dot[data-lane='plot']").count() == 0
    page = tab.open(f"{INCIDENT}?{CIVILIANS}")
    assert "158" in (page.locator("svg.plot a.dot[data-lane='period']").get_attribute("aria-label") or "")


@pytest.mark.parametrize("code", ["en", "ar"])
@pytest.mark.parametrize("size", [{}, {"viewport": PHONE}])
@pytest.mark.parametrize(
    "query", [CIVILIANS, f"{CIVILIANS}&clock=recorded&scale=log", "embed=toll", "embed=escalation"]
)
def test_charts_fit(browser: Browser, site: str, code: str, size: dict[str, Any], query: str) -> None:
    tab = new_tab(browser, site, **size)
    page = tab.open(f"{INCIDENT}?{query}&lang={code}")
    assert page.locator("h1").count() == 1
    assert tab.overflow() == []
    assert tab.faults == []
    page.context.close()


def test_arabic_charts_run_from_the_right(tab: Tab) -> None:
    page = tab.open(f"{INCIDENT}?{CIVILIANS}&lang=ar")
    boxes = [page.locator("svg.plot a.dot").nth(at).locator("path").last.bounding_box() for at in (0, -1)]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["x"] > boxes[1]["x"]


def test_days_of_the_strip_lead_to_the_timeline(tab: Tab) -> None:
    page = tab.open(INCIDENT)
    cell = page.locator("table.strip a.level").first
    assert (cell.get_attribute("href") or "").endswith("#day-2025-03-06")
    assert cell.inner_text().strip() == "5"
    assert page.locator("table.strip th.quiet").count() > 0
    assert page.locator("table.strip a.learned").first.inner_text() == "7"


@pytest.mark.parametrize("chart", ["toll", "escalation"])
@pytest.mark.parametrize("code", ["en", "ar"])
def test_chart_is_a_file_that_needs_nothing_else(tab: Tab, chart: str, code: str) -> None:
    answer = tab.page.request.get(f"{tab.site}{INCIDENT}/{chart}.svg?lang={code}&{CIVILIANS}")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-disposition"].startswith("attachment")
    body = answer.text()
    root = _xml(body)
    assert root.tag == f"{SVG}svg"
    assert not re.search(r"style=|<style|<script|href=|class=\"[^\"]*said-later", body)
    words = "".join(root.itertext())
    assert "as_of=@" in words
    assert "SHA-256" in words
    assert "&amp;" not in words


def test_file_of_a_reading_holds_nothing_said_later(tab: Tab) -> None:
    address = f"{tab.site}{INCIDENT}/toll.svg?{CIVILIANS}&reported_until=2025-03-09T23:59:59%2B03:00"
    words = "".join(_xml(tab.page.request.get(address).text()).itertext())
    assert "830" in words
    assert "1,700" not in words


def test_picture_is_made_in_the_browser(tab: Tab) -> None:
    page = tab.open(f"{INCIDENT}?{CIVILIANS}")
    with page.expect_download() as downloaded:
        page.locator("#toll_chart [data-png]").click()
    assert downloaded.value.suggested_filename == "toll.png"
    assert downloaded.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_code_of_a_frame_works_on_a_page_of_another_site(browser: Browser, site: str) -> None:
    tab = new_tab(browser, site)
    tab.open(f"{INCIDENT}?{CIVILIANS}")
    tab.page.locator("#toll_chart .embedding summary").click()
    code = tab.page.locator("#embed-toll").input_value()
    assert code.startswith(f'<iframe src="{site}{INCIDENT}?')
    elsewhere = browser.new_context(permissions=["local-network-access"]).new_page()
    elsewhere.route(
        "http://localhost:9/",
        lambda route: route.fulfill(body=f"<!doctype html>{code}", content_type="text/html"),
    )
    elsewhere.goto("http://localhost:9/", wait_until="networkidle")
    frame = elsewhere.frame_locator("iframe")
    assert frame.locator("svg.plot a.dot").count() > 5
    assert "Knownwhen" in frame.locator(".source").inner_text()
    elsewhere.context.close()
    tab.page.context.close()


def test_embed_is_a_parameter_and_no_word_of_another(tab: Tab) -> None:
    ask = tab.page.request
    framed, page = (
        ask.get(f"{tab.site}{INCIDENT}?{each}", headers={"Accept": "text/html"})
        for each in ("embed=toll", "q=embed%3Dtoll&notembed=toll&x=embed=toll")
    )
    assert "frame-ancestors *" in framed.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]


def test_title_that_turns_the_direction_turns_nothing_after_it(tab: Tab) -> None:
    ask = tab.page.request
    assert ask.post(f"{tab.site}/v1/incidents", data={"slug": "turned", "title": "A \u202eturned title"}).status == 201
    for lang in ("en", "ar"):
        for path in ("", "/compare", "/report?kind=toll_revised", "/curate"):
            page = tab.open(f"/incidents/turned{path}{'&' if '?' in path else '?'}lang={lang}")
            assert "\u202e" not in page.title()
            assert "Knownwhen" in page.title()
