"""The page of an incident that is sent again while nothing was recorded, and made anew once something was."""

from tests.service.web.browser import Tab
from tests.service.web.conftest import SAMPLE

PATH = f"/incidents/{SAMPLE}"
HTML = {"Accept": "text/html", "Accept-Encoding": "gzip"}


def test_the_page_is_the_same_until_something_is_recorded(tab: Tab) -> None:
    ask = tab.page.request
    first = ask.get(f"{tab.site}{PATH}", headers=HTML)
    again = ask.get(f"{tab.site}{PATH}", headers=HTML)
    plain = ask.get(f"{tab.site}{PATH}", headers={**HTML, "Accept-Encoding": "identity"})
    assert first.status == again.status == plain.status == 200
    assert first.text() == again.text() == plain.text()
    assert again.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    for name in ("etag", "content-security-policy", "content-language", "cache-control", "content-type"):
        assert first.headers[name] == again.headers[name] == plain.headers[name]
    unchanged = ask.get(f"{tab.site}{PATH}", headers={**HTML, "If-None-Match": again.headers["etag"]})
    assert unchanged.status == 304


def test_languages_and_readings_are_pages_of_their_own(tab: Tab) -> None:
    ask = tab.page.request
    english = ask.get(f"{tab.site}{PATH}", headers={**HTML, "Accept-Language": "en"})
    arabic = ask.get(f"{tab.site}{PATH}", headers={**HTML, "Accept-Language": "ar"})
    assert english.headers["content-language"] == "en"
    assert arabic.headers["content-language"] == "ar"
    earlier = ask.get(
        f"{tab.site}{PATH}?reported_until=2025-03-07T12:00:00Z", headers={**HTML, "Accept-Language": "en"}
    )
    assert earlier.text() != english.text()


def test_an_event_recorded_since_is_on_the_next_page(tab: Tab) -> None:
    ask = tab.page.request
    opened = ask.post(
        f"{tab.site}/v1/incidents",
        data={"slug": "kept-page", "title": "First title", "utc_offset": "+03:00"},
    )
    assert opened.status == 201, opened.text()
    address = f"{tab.site}/incidents/kept-page"
    assert "First title" in ask.get(address, headers=HTML).text()
    assert "First title" in ask.get(address, headers=HTML).text()
    amended = ask.post(f"{tab.site}/v1/incidents/kept-page/amendment", data={"title": "Second title"})
    assert amended.ok, amended.text()
    now = ask.get(address, headers=HTML).text()
    assert "Second title" in now
    assert "First title" not in now
