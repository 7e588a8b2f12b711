"""Takes the pictures of docs/page.md: every screen of the sample and every part of an incident, in Chromium.

    make pictures

Starts a service of its own with the sample, on a free port, with its data in a folder that goes away again. Pictures
are WebP, which Chromium itself encodes, at the best quality that keeps each below 150 KB.
"""

import base64
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page

from tests.service.web.browser import DESK, MISSING, PHONE, chromium, launched, new_tab
from tests.service.web.screens import CLOSED, INCIDENT, LANGUAGES, REPORT, SCREENS

FOLDER: Final = Path(__file__).parent / "pictures"
LARGEST: Final = 150_000
PARTS: Final = f"{INCIDENT}?{CLOSED}"
"""The reading whose parts are pictured: of 12 March, long closed."""
_TALLEST: Final = 1_500
_OK: Final = 200
_READY_WITHIN: Final = 120.0


def main() -> None:
    """Write every picture anew, and print how large each is."""
    if chromium() is None:
        sys.exit(MISSING)
    FOLDER.mkdir(exist_ok=True)
    with demo() as site, launched() as browser:
        written = {path: _written(browser, path, shot) for path, shot in _shots(browser, site)}
    for path in set(FOLDER.glob("*.webp")) - set(written):
        path.unlink()
    for path, size in sorted(written.items()):
        print(f"{size // 1000:5} KB  docs/pictures/{path.name}")  # noqa: T201 - it speaks to whoever called make


@contextmanager
def demo() -> Iterator[str]:
    """Run a service with the sample, and give its address once it answers with what it knows."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="knownwhen-pictures-") as data:
        settings = {**os.environ, "KNOWNWHEN_PORT": str(port), "KNOWNWHEN_DATA": f"{data}/data"}
        words = [sys.executable, "-m", "service.cli", "demo"]
        with subprocess.Popen(words, env=settings, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own command
            try:
                site = f"http://127.0.0.1:{port}"
                _wait_for(f"{site}/v1/reports?limit=1", process)
                yield site
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(60)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a list answers, which the projector makes once the sample is in."""
    until = time.monotonic() + _READY_WITHIN
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(url) as response:  # noqa: S310 - of this machine
                if b"report_id" in response.read():
                    return
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.5)
    sys.exit("The service with the sample did not start.")


def _shots(browser: Browser, site: str) -> Iterator[tuple[Path, bytes]]:
    """Yield pictures as PNG with their names: screens at a desk and on a phone, then parts of an incident."""
    for language in LANGUAGES:
        for size, name in ((DESK, ""), (PHONE, "-phone")):
            page = _tab(browser, size)
            for screen in SCREENS:
                if screen.status == _OK and (not name or screen.address in ("/", INCIDENT, REPORT)):
                    page.goto(f"{site}{screen.within(language)}", wait_until="networkidle")
                    yield FOLDER / f"{screen.name}-{language}{name}.webp", _screen(page)
            page.context.close()
        page = _tab(browser, DESK)
        page.goto(f"{site}{PARTS}&lang={language}", wait_until="networkidle")
        for part in page.locator("#parts [data-part]").all():
            yield FOLDER / f"part-{part.get_attribute('id')}-{language}.webp", part.screenshot()
        page.context.close()


def _tab(browser: Browser, size: Mapping[str, int]) -> Page:
    return new_tab(browser, "", viewport=size, reduced_motion="reduce").page


def _screen(page: Page) -> bytes:
    """Return a picture of the upper part of a page."""
    size = page.viewport_size or DESK
    height = min(page.evaluate("document.documentElement.scrollHeight"), _TALLEST)
    return page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": size["width"], "height": height})


def _written(browser: Browser, path: Path, shot: bytes) -> int:
    """Write a picture at the best quality that keeps it small, and return its size."""
    page = browser.new_page()
    png = f"data:image/png;base64,{base64.b64encode(shot).decode()}"
    for quality in (0.9, 0.8, 0.7, 0.55, 0.4):
        found = base64.b64decode(page.evaluate(_WEBP, [png, quality, _TALLEST]).partition(",")[2])
        if len(found) <= LARGEST:
            break
    page.close()
    path.write_bytes(found)
    return len(found)


_WEBP: Final = """async ([png, quality, tallest]) => {
  const picture = new Image();
  picture.src = png;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = Math.min(picture.height, tallest);
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return canvas.toDataURL("image/webp", quality);
}"""


if __name__ == "__main__":
    main()
