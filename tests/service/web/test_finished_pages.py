"""The page of an incident that is sent again while nothing was recorded, and made anew once something was."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from service.wiring import TokensNeeded, make_app
from tests.patience import PATIENCE
from tests.service.access import bearer, new_token
from tests.service.serving import serving, toll
from tests.service.web.browser import Tab, away_from_playwright
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


@pytest.fixture
def closed(migrated_template: str, create_database: Callable[[str], str]) -> Iterator[tuple[str, httpx.Client]]:
    """Return a database, and a client of a service of it that needs tokens."""
    url = create_database(migrated_template)
    with (
        serving(make_app(url, None, TokensNeeded())) as address,
        httpx.Client(base_url=address, timeout=PATIENCE) as it,
    ):
        it.headers["Accept"] = "text/html"
        yield url, it


def test_a_page_that_was_made_for_one_reader_is_not_sent_to_another(closed: tuple[str, httpx.Client]) -> None:
    url, client = closed
    editor = bearer(away_from_playwright(new_token(url, "editor", ("read", "report"), None)))
    public = bearer(away_from_playwright(new_token(url, "public", ("read",), frozenset({"public"}))))
    for slug, collection in (("open-case", "public"), ("draft-case", "newsroom")):
        body = {"slug": slug, "title": f"Title of {slug}", "utc_offset": "+03:00", "collection": collection}
        assert client.post("/v1/incidents", json=body, headers=editor).status_code == 201
    for _ in range(2):
        assert "Title of draft-case" in client.get("/incidents/draft-case", headers=editor).text
        hidden, unknown = (client.get(f"/incidents/{each}", headers=public) for each in ("draft-case", "no-such-case"))
        assert (hidden.status_code, unknown.status_code) == (404, 404)
        assert hidden.text.replace("draft-case", "no-such-case") == unknown.text
        assert client.get("/incidents/draft-case").status_code == 401
        form = "/incidents/open-case/report"
        assert form in client.get("/incidents/open-case", headers=editor).text
        assert form not in client.get("/incidents/open-case", headers=public).text


def test_erased_words_are_on_no_page_that_was_made_before(tab: Tab) -> None:
    ask, words = tab.page.request, "Words that are to be erased"
    assert ask.post(f"{tab.site}/v1/incidents", data={"slug": "erased-page", "title": "A case"}).status == 201
    filed = ask.post(f"{tab.site}/v1/incidents/erased-page/reports", data=toll("12", text={"summary": words})).json()
    queries = ("", "?lang=ar", f"?as_of=@{filed['position']}")
    pages = [f"{tab.site}/incidents/erased-page{query}" for query in queries]
    for page in pages * 2:
        assert words in ask.get(page, headers=HTML).text()
    erasure = {"parts": ["text"], "reason": "The source asked for it."}
    assert ask.post(f"{tab.site}/v1/reports/{filed['report_id']}/erasure", data=erasure).ok
    for page in pages * 2:
        assert words not in ask.get(page, headers=HTML).text()
