"""Checks that pages of lists share: both languages, desk and phone, and what a form sends."""

from typing import Any
from uuid import uuid4

import httpx
from playwright.sync_api import Browser

from tests.patience import PATIENCE
from tests.service.projected import read
from tests.service.web.browser import PHONE, new_tab

SAMPLE = "syria-coast-2025"


def fits(browser: Browser, site: str, path: str, *, status: int = 200) -> None:
    """See that a page has one heading, its language and no overflow, in both languages, at a desk and on a phone."""
    for code in ("en", "ar"):
        for size in ({}, {"viewport": PHONE}):
            tab = new_tab(browser, site, **size)
            answered = tab.page.goto(f"{site}{path}{'&' if '?' in path else '?'}lang={code}", wait_until="networkidle")
            assert answered is not None
            assert answered.status == status
            assert tab.page.locator("html").get_attribute("lang") == code
            assert tab.page.locator("h1").count() == 1
            assert tab.overflow() == []
            refused = [each for each in tab.faults if f"status of {status}" in each]
            assert tab.faults == (refused if status != 200 else [])
            tab.page.context.close()


def client(site: str) -> httpx.Client:
    """Return a client of the interface."""
    return httpx.Client(base_url=site, timeout=PATIENCE)


def text_of(site: str, path: str) -> str:
    """Return the HTML of a page."""
    with client(site) as asked:
        return asked.get(path, headers={"Accept": "text/html"}).text


def incident(site: str, *reports: dict[str, Any]) -> str:
    """Open an incident of a test's own with reports, and return its slug once lists have it."""
    slug = f"own-{uuid4()}"
    with client(site) as asked:
        body = {"slug": slug, "title": f"Own {slug[-6:]}", "utc_offset": "+03:00"}
        assert asked.post("/v1/incidents", json=body).is_success
        for report in reports:
            answer = asked.post(f"/v1/incidents/{slug}/reports", json=report)
            assert answer.is_success, answer.text
        read(asked, "/v1/reports")
        read(asked, "/v1/sources")
    return slug


def report(source: str, figure: str, **given: Any) -> dict[str, Any]:
    """Return a report of a count of the dead."""
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": figure}}
    return {"kind": "toll_revised", "source": source, "reported_at": "2025-03-08", "claims": [claim], **given}
