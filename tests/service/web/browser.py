"""A real Chromium that looks at a running service, and what it saw go wrong."""

import asyncio
import os
import shutil
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

T = TypeVar("T")
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING: Final = "There is no Chromium here: apt-get install chromium, or KNOWNWHEN_CHROMIUM=its path."
DESK: Final = {"width": 1280, "height": 900}
PHONE: Final = {"width": 360, "height": 740}


def chromium() -> str | None:
    """Return the path of the Chromium of this machine; None where there is none."""
    named = os.environ.get("KNOWNWHEN_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def launched() -> Iterator[Browser]:
    """Start Chromium without a window; it has ended in the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"]
        )
        try:
            yield browser
        finally:
            browser.close()


def away_from_playwright(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a thread of its own: the main thread has Playwright's loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class Tab:
    """A tab of its own: `page` is Playwright's; `faults` are errors of scripts, those of CSP, and foreign requests."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.site = site
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.asked: list[str] = []
        self.page.on("request", self._request)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)

    def _request(self, request: Request) -> None:
        self.asked.append(request.url)
        split = urlsplit(request.url)
        if split.scheme in ("http", "https", "ws", "wss") and f"{split.scheme}://{split.netloc}" != self.site:
            self.faults.append(f"foreign request: {request.url}")

    def open(self, path: str) -> Page:
        """Go to a path of the site, and wait until nothing is loading."""
        self.page.goto(f"{self.site}{path}", wait_until="networkidle")
        return self.page

    def overflow(self) -> list[str]:
        """Return what is wider than the window, by tag and class; what scrolls by itself is not looked into."""
        return self.page.evaluate(_OVERFLOWING)

    def shot(self, path: Path) -> None:
        """Keep a picture of the whole page."""
        self.page.screenshot(path=path, full_page=True)


_OVERFLOWING: Final = """() => {
  const root = document.documentElement, width = root.clientWidth, found = [];
  const scrolls = (e) => e && e !== document.body &&
    (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  if (root.scrollWidth > width) found.push(`page: ${root.scrollWidth} > ${width}`);
  for (const e of document.querySelectorAll("body *")) {
    const box = e.getBoundingClientRect();
    if (!box.width || (box.right <= width + 1 && box.left >= -1)) continue;
    if (scrolls(e.parentElement) || e.closest(".skip, .hidden-label, svg")) continue;
    found.push(`${e.tagName}.${e.getAttribute("class") || ""}: ${Math.round(box.left)}..${Math.round(box.right)}`);
  }
  return found;
}"""


def new_tab(browser: Browser, site: str, **options: Any) -> Tab:
    """Open a tab in a context of its own: its own cookies, size and language. `options` are Playwright's."""
    return Tab(browser.new_context(**{"viewport": DESK, "locale": "en-GB", "timezone_id": "UTC", **options}), site)
