"""The page of an incident in Chromium: its weight, its first view, and what dragging a slider costs.

    python -m bench.web --sizes 2000 10000

Prints sizes as sent (gzip), and times beside those of the smallest incident in the same run.
"""

import argparse
import gzip
import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from playwright.sync_api import Page

from bench import processes, scenery
from bench.checkouts import OURS
from bench.measuring import percentile, shown, table
from bench.setup import add_options, set_up
from bench.silence import Silence
from bench.world import Shape
from service.api.media_types import HTML, JSON
from service.web.assets import files
from service.web.inlining import module_graph
from tests.service.web.browser import launched, new_tab

PATH: Final = "/incidents/bench-10000"
_OTHERS: Final = scenery.SOURCES + scenery.UNNAMED + 2 + 1
_VIEWS: Final = 5
_STEPS: Final = 60
_RESTS: Final = 5
_HALF: Final = 50
_PATIENCE: Final = 300_000
"""Milliseconds after which a page that does not come ends the benchmark."""


class Viewed(NamedTuple):
    """What was found of one incident: kilobytes as sent, and milliseconds."""

    page: float
    copy: float
    first_view: list[float]
    """Of readings that were not asked for before, the present one among them."""
    later_view: list[float]
    """Of the same readings again."""
    drag: list[float]
    rest: list[float]
    silence: Silence
    """Of the service, over all of these."""


def main() -> None:
    """Weigh the assets, look at an incident of each size, and print both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_options(parser)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 10_000], help="facts of the incident")
    options = parser.parse_args()
    print(table(["files of the page", "number", "KB", "KB, gzip"], list(_weights())))
    found: dict[int, Viewed] = {}
    with set_up(options) as setup:
        for size in options.sizes:
            shape = Shape(size + _OTHERS, 0, setup.seed, size)
            with setup.kept.copy(shape) as url:
                processes.run(OURS, url, "rebuild")
                with processes.serving(OURS, url) as served:
                    found[size] = _viewed(f"http://127.0.0.1:{served.port}", served)
    print(table(["", *(f"{size:,} facts" for size in found)], list(_lines(list(found.values())))))


def _weights() -> Iterator[list[str]]:
    """Yield the weight of modules, styles and the other files, each file compressed by itself."""
    modules = [
        path for name, path in files().items() if name in module_graph([n for n in files() if n.endswith(".js")])
    ]
    styles = [path for path in files().values() if path.suffix == ".css"]
    others = [path for path in files().values() if path not in (*modules, *styles)]
    for name, paths in (("scripts", modules), ("styles", styles), ("pictures, fonts, base map", others)):
        contents = [path.read_bytes() for path in paths]
        small = sum(len(gzip.compress(each, 6)) for each in contents)
        yield [name, str(len(contents)), shown(sum(map(len, contents)) / 1000), shown(small / 1000)]


def _viewed(site: str, served: processes.Served) -> Viewed:
    with launched() as browser:
        tab = new_tab(browser, site).page
        tab.set_default_timeout(_PATIENCE)
        tab.goto(f"{site}/", wait_until="networkidle")
        pages = [f"{site}{PATH}", *(f"{site}{PATH}?reported_until={each}" for each in _moments(served.port))]
        first, later = ([_first_view(tab, each) for each in pages] for _ in range(2))
        tab.wait_for_load_state("networkidle")
        drag = tab.evaluate(_DRAG, _STEPS)
        rest = [tab.evaluate(_REST, number) for number in range(1, _RESTS + 1)]
    page, copy = _sent(served.port, PATH), _sent(served.port, f"{PATH}/copy.html")
    return Viewed(page, copy, first, later, drag, rest, served.silence)


def _moments(port: int) -> Iterator[str]:
    """Yield moments of the reported clock, the last ones of equal parts of all."""
    found = json.loads(_content(port, f"/v1{PATH}/moments", JSON))["data"]["reported"]
    return (found[len(found) * number // _VIEWS - 1] for number in range(1, _VIEWS))


def _first_view(page: Page, url: str) -> float:
    """Return the milliseconds from the request to the first words on the screen."""
    page.goto(url, wait_until="load")
    return float(page.evaluate(_PAINTED))


def _sent(port: int, path: str) -> float:
    """Return the kilobytes that an answer has as sent."""
    return len(_content(port, path, HTML, "gzip")) / 1000


def _content(port: int, path: str, accept: str, encoding: str = "identity") -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("GET", path, headers={"Accept": accept, "Accept-Encoding": encoding})
    response = connection.getresponse()
    content = response.read()
    assert response.status == 200, content  # noqa: PLR2004
    return content


def _lines(found: list[Viewed]) -> Iterator[list[str]]:
    yield ["page, KB as sent", *(shown(each.page) for each in found)]
    yield ["offline copy, KB as sent", *(shown(each.copy) for each in found)]
    yield from _times("first words on the screen, ms", [each.first_view for each in found])
    yield from _times("… of a reading seen before, ms", [each.later_view for each in found])
    yield from _times("a step of the slider, until it is drawn, ms", [each.drag for each in found])
    yield from _times("a reading at rest, until its parts are in place, ms", [each.rest for each in found])
    yield ["longest silence of the service, ms", *(shown(each.silence.longest) for each in found)]


def _times(name: str, found: list[list[float]]) -> Iterator[list[str]]:
    """Yield the half that is fastest, the slowest, and how often the first column's half the others are."""
    kinds: tuple[tuple[str, Callable[[list[Any]], float]], ...] = (
        ("p50", lambda taken: percentile(taken, _HALF)),
        ("longest", max),
    )
    for title, of in kinds:
        yield [f"{name}, {title}", *(f"{shown(of(each))} ({shown(of(each) / of(found[0]))} ×)" for each in found)]


_PAINTED: Final = """() => new Promise((resolve) => new PerformanceObserver((list) => {
  const entry = list.getEntriesByName("first-contentful-paint")[0];
  if (entry) resolve(entry.startTime);
}).observe({type: "paint", buffered: true}))"""
_DRAG: Final = """async (steps) => {
  const input = document.querySelector("[data-clock=reported] input"), taken = [];
  for (let step = 0; step < steps; step += 1) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const begin = performance.now();
    input.value = String(Math.round(Number(input.max) * (1 - step / steps)));
    input.dispatchEvent(new Event("input", {bubbles: true}));
    document.body.getBoundingClientRect();
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    taken.push(performance.now() - begin);
  }
  return taken;
}"""
_REST: Final = """(number) => new Promise((resolve) => {
  const input = document.querySelector("[data-clock=reported] input"), begin = performance.now();
  document.addEventListener("knownwhen:replaced", () => resolve(performance.now() - begin), {once: true});
  input.value = String(Math.round(Number(input.max) * number / 7));
  input.dispatchEvent(new Event("input", {bubbles: true}));
  input.dispatchEvent(new Event("change", {bubbles: true}));
})"""


if __name__ == "__main__":
    main()
