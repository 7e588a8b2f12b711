"""Incidents in UTC, with slugs in Arabic script or that are parts of a path, and merged ones: all pages answer."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from tests.service.web.browser import DESK, Tab

pytestmark = pytest.mark.one_server_will_do

PAGES: Final = ("", "?embed=toll", "?embed=escalation", "/compare", "/copy.html", "/toll.svg", "/escalation.svg")
FILES: Final = ("/copy.html", "/toll.svg", "/escalation.svg")


@pytest.fixture
def client(site: str) -> Iterator[httpx.Client]:
    """Return a client of the service that prefers HTML, as a browser does."""
    with httpx.Client(base_url=site, headers={"Accept": "text/html,*/*;q=0.8"}, timeout=60) as made:
        yield made


def post(client: httpx.Client, path: str, body: dict[str, Any]) -> None:
    answer = client.post(f"/v1{path}", json=body)
    assert answer.is_success, answer.text


def opened(client: httpx.Client, slug: str, **more: Any) -> str:
    """Open an incident in which one figure is reported; returns its path."""
    post(client, "/incidents", {"slug": slug, "title": "An incident", **more})
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": "12"}}
    report = {"kind": "toll_revised", "source": "monitor", "reported_at": "2025-03-08", "claims": [claim]}
    post(client, f"/incidents/{quote(slug)}/reports", report)
    return f"/incidents/{quote(slug)}"


@pytest.mark.parametrize("days", [{}, {"utc_offset": "Z"}, {"utc_offset": "-00:30"}, {"time_zone": "Europe/Kyiv"}])
def test_incident_is_shown_whatever_its_days_are_read_by(client: httpx.Client, days: dict[str, str]) -> None:
    own = opened(client, f"days-{uuid4().hex[:8]}", **days)
    assert {page: client.get(own + page).status_code for page in PAGES} == dict.fromkeys(PAGES, 200)


def test_slug_in_arabic_names_every_page_and_the_files_that_are_saved(client: httpx.Client) -> None:
    slug = f"الساحل-{uuid4().hex[:8]}"
    own = opened(client, slug, utc_offset="+03:00")
    assert {page: client.get(own + page).status_code for page in PAGES} == dict.fromkeys(PAGES, 200)
    for each in FILES:
        assert f"filename*=UTF-8''{quote(slug)}-" in client.get(own + each).headers["content-disposition"], each


@pytest.mark.parametrize("into", ["dest", "الساحل"])
@pytest.mark.parametrize("slug", ["i", "in", "incidents", "حمص"])
def test_page_of_a_merged_incident_leads_to_the_same_page_of_the_other(
    client: httpx.Client, slug: str, into: str
) -> None:
    into = f"{into}-{uuid4().hex[:8]}"
    if client.get(f"/v1/incidents/{quote(slug)}").status_code == 404:
        opened(client, slug)
    else:
        post(client, f"/incidents/{quote(slug)}/unmerge", {})
    other = opened(client, into)
    post(client, f"/incidents/{quote(slug)}/merge", {"into": into})
    for page in ("?lang=ar", "/compare?lang=ar", "/copy.html", "/toll.svg?scale=log"):
        answer = client.get(f"/incidents/{quote(slug)}{page}")
        assert (answer.status_code, answer.headers["location"]) == (307, other + page)


def test_long_words_in_titles_do_not_widen_the_list(tab: Tab, client: httpx.Client) -> None:
    title = "w" * 150
    post(client, "/incidents", {"slug": f"long-{uuid4().hex[:8]}", "title": title})
    for width in (360, 720, 900, DESK["width"]):
        tab.page.set_viewport_size({"width": width, "height": 800})
        tab.open("/?q=" + title)
        assert tab.overflow() == [], width
