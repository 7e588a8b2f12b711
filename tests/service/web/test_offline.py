"""The copy of an incident's page: one file, which shows and checks what the page does, from a disk with no network."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from service.web.assets import files
from service.web.inlining import module_graph
from tests.patience import PATIENCE
from tests.service.web.browser import PHONE, Tab, new_tab
from tests.service.web.screens import CLOSED, INCIDENT, LANGUAGES
from tests.service.web.test_accessibility import violations

LARGEST = 3_000_000


@pytest.fixture(scope="module")
def client(site: str) -> Iterator[httpx.Client]:
    """Return a client of the site."""
    with httpx.Client(base_url=site, timeout=PATIENCE) as opened:
        yield opened


def copied(client: httpx.Client, folder: Path, query: str = "") -> Path:
    """Keep a copy of the sample's page on the disk."""
    response = client.get(f"{INCIDENT}/copy.html?{query}")
    assert response.status_code == 200, response.text
    assert re.fullmatch(r'attachment; filename="syria-coast-2025-\d+\.html"', response.headers["content-disposition"])
    assert len(response.content) < LARGEST
    path = folder / "copy.html"
    path.write_bytes(response.content)
    return path


def from_disk(browser: Browser, path: Path, **options: object) -> Tab:
    """Open a file in a browser that has no network."""
    tab = new_tab(browser, "file://", offline=True, **options)
    tab.page.goto(path.as_uri(), wait_until="load")
    return tab


def texts(page: Page) -> dict[str, str]:
    """Return what each part shows, without controls that a copy has not."""
    return page.evaluate(
        """() => {
          for (const each of document.querySelectorAll("details")) each.open = true;
          const hidden = "form, [data-online], [data-check], [data-copies], [data-png], [role=status], svg";
          const parts = [...document.querySelectorAll("[data-part]:not([data-part=downloads])")];
          for (const each of parts.flatMap((part) => [...part.querySelectorAll(hidden)])) each.remove();
          return Object.fromEntries(parts.map((each) => [each.id, each.innerText.replace(/\\s+/g, " ").trim()]));
        }"""
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_copy_says_what_the_page_says_with_no_network(
    client: httpx.Client, browser: Browser, site: str, tmp_path: Path, language: str
) -> None:
    query = f"{CLOSED}&lang={language}"
    live = new_tab(browser, site)
    digits = "arab" if language == "ar" else "latn"
    wanted = texts(live.open(f"{INCIDENT}?{query}&digits={digits}&policy=range/1&print=1"))
    live.page.context.close()
    tab = from_disk(browser, copied(client, tmp_path, query))
    found = texts(tab.page)
    assert found == wanted
    assert {"headline", "why", "cite"} <= set(found)
    assert tab.page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    assert tab.page.locator(".offline").is_visible()
    assert tab.faults == []
    assert [url for url in tab.asked if not url.startswith(("file:", "data:", "blob:"))] == []
    tab.page.context.close()


def test_copy_checks_its_own_digest(client: httpx.Client, browser: Browser, tmp_path: Path) -> None:
    path = copied(client, tmp_path)
    for changed, found in ((False, "same"), (True, "differs")):
        if changed:
            forged(path)
        tab = from_disk(browser, path)
        tab.page.locator("[data-check]").scroll_into_view_if_needed()
        tab.page.wait_for_selector(f"[data-check][data-found={found}]")
        tab.page.context.close()


def forged(path: Path) -> None:
    """Exchange the document within a copy for another one."""
    text = path.read_text("utf-8")
    [block] = re.findall(r'id="offline-documents">(.*?)</script>', text)
    documents = dict.fromkeys(json.loads(block), "eyJkYXRhIjp7fX0=")
    path.write_text(text.replace(block, json.dumps(documents)), "utf-8")


def test_slider_of_the_copy_moves_the_headline(client: httpx.Client, browser: Browser, tmp_path: Path) -> None:
    tab = from_disk(browser, copied(client, tmp_path))
    headline = tab.page.locator("#headline [data-answer]")
    before = headline.inner_text()
    slider = tab.page.locator("[data-clock=reported] input")
    slider.focus()
    for _ in range(int(slider.get_attribute("max") or 0) // 2):
        slider.press("ArrowLeft")
    assert headline.inner_text() != before
    tab.page.wait_for_timeout(500)
    assert headline.inner_text() != before
    assert not tab.page.locator("#reading [data-failed]").is_visible()
    assert not tab.page.locator("[data-clock=recorded]").is_visible()
    for _ in range(int(slider.get_attribute("max") or 0)):
        slider.press("ArrowRight")
    assert " ".join(headline.inner_text().split()) == " ".join(before.split())
    assert tab.faults == []
    tab.page.context.close()


def test_script_that_is_put_into_a_copy_does_not_run(client: httpx.Client, browser: Browser, tmp_path: Path) -> None:
    path = copied(client, tmp_path)
    attacks = (
        "<script>window.ran = 1</script>",
        "<img src=x onerror='window.ran = 2'>",
        "<script src='data:text/javascript,ran=3'></script>",
        "<script type=module>import 'data:text/javascript,window.ran=4'</script>",
    )
    path.write_text(path.read_text("utf-8").replace("</main>", f"{''.join(attacks)}</main>"), "utf-8")
    tab = from_disk(browser, path)
    assert tab.page.evaluate("window.ran") is None
    tab.page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_copy_is_accessible_and_fits_a_phone(
    client: httpx.Client, browser: Browser, tmp_path: Path, language: str
) -> None:
    tab = from_disk(browser, copied(client, tmp_path, f"lang={language}"), viewport=PHONE)
    assert tab.overflow() == []
    assert violations(tab.page) == []
    tab.page.context.close()


def test_links_of_the_copy_lead_to_the_service(client: httpx.Client, site: str, tmp_path: Path) -> None:
    text = copied(client, tmp_path).read_text("utf-8")
    links = re.findall(r'<a\s[^<>]*?href="([^"]*)"', text)
    assert links
    assert all(each.startswith(("#", "http://", "https://")) for each in links)
    assert f"{site}{INCIDENT}?as_of=@" in text
    assert "/assets/" not in re.sub(r"base64,[A-Za-z0-9+/=]*", "", text)


def test_copy_of_what_is_not_there_is_refused(client: httpx.Client) -> None:
    response = client.get("/incidents/no-such-incident/copy.html")
    assert response.status_code == 404
    assert "content-disposition" not in response.headers


def test_every_module_can_be_part_of_a_copy() -> None:
    modules = [name for name in files() if name.endswith(".js")]
    graph = module_graph(modules)
    assert set(graph) == set(modules)
    for name, text in graph.items():
        code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        assert not re.search(r"""["']\.{1,2}/[^"']*\.js["']|import\.meta""", code), name
