"""What a page may load and run: its own files alone, no script or style within the page, and little of either."""

import gzip
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from service.web.assets import asset_url, files
from service.web.template_environment import TEMPLATES
from tests.patience import PATIENCE
from tests.service.web.screens import LANGUAGES, SCREENS, Screen
from tests.service.web.test_accessibility import each_language, each_screen

DATA = {"application/json", "application/ld+json"}
LOADED = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "use": "href",
    "source": "src",
    "form": "action",
}
MOST_SCRIPT = 300_000
IMPORT = re.compile(
    r"""^(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']|\bawait import\(\s*["']([^"']+)["']""", re.MULTILINE
)


class Elements(HTMLParser):
    """The elements of a page: name and attributes of each, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


@pytest.fixture(scope="module")
def client(site: str) -> Iterator[httpx.Client]:
    """Return a client that prefers HTML, as a browser does."""
    with httpx.Client(base_url=site, headers={"Accept": "text/html"}, timeout=PATIENCE) as opened:
        yield opened


@each_language
@each_screen
def test_page_has_no_script_or_style_of_its_own_and_loads_from_here_alone(
    client: httpx.Client, screen: Screen, language: str
) -> None:
    response = client.get(screen.within(language))
    assert response.status_code == screen.status
    for tag, attributes in Elements(response.text).found:
        assert tag != "style", attributes
        assert "style" not in attributes, (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert tag != "script" or "src" in attributes or attributes.get("type") in DATA, attributes
        assert not (loaded := attributes.get(LOADED.get(tag, ""), "")) or not urlsplit(loaded).netloc, loaded
        assert urlsplit(attributes.get("href", "")).scheme in ("", "http", "https", "mailto"), attributes


@each_screen
def test_headers_let_a_page_load_its_own_files_only(client: httpx.Client, screen: Screen) -> None:
    headers = client.get(screen.address).headers
    policy = dict(each.strip().split(" ", 1) for each in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == "'none'"
    assert not {"script-src", "style-src", "connect-src"} & set(policy)
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "set-cookie" not in headers


@each_language
def test_titles_differ_and_each_page_has_one_first_heading(client: httpx.Client, language: str) -> None:
    pages = {screen.name: client.get(screen.within(language)).text for screen in SCREENS}
    for name, text in pages.items():
        assert [tag for tag, _ in Elements(text).found].count("h1") == 1, name
    titles = [
        re.findall(r"<title>(.*?)</title>", pages[each.name], re.DOTALL)[0].strip()
        for each in SCREENS
        if each.status < 400
    ]
    assert all(titles)
    assert len(set(titles)) >= len(titles) - sum(each.name.startswith("incident-") for each in SCREENS), titles


def test_templates_hold_no_style_and_no_handler() -> None:
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text("utf-8")
        assert not re.findall(r"\s(?:style|on[a-z]+)=", text), path
        assert "|safe" not in text.replace(" ", ""), path


def test_assets_are_kept_for_ever_and_unknown_ones_are_not_there(client: httpx.Client) -> None:
    for name in files():
        headers = client.get(asset_url(name)).headers
        assert "immutable" in headers["cache-control"], name
        assert headers["x-content-type-options"] == "nosniff"
    base = asset_url("css/base.css")
    for absent in (
        base.replace("base", "absent"),
        "/assets/of-another-release/css/base.css",
        f"{base}/../../../../page.py",
    ):
        assert client.get(absent).status_code == 404


def test_modules_import_files_that_are_there_and_weigh_little_together() -> None:
    modules = {name: path for name, path in files().items() if name.endswith(".js")}
    for name, path in modules.items():
        for imported in imports(path):
            assert imported.startswith("."), (name, imported)
            assert urljoin(name, imported) in modules, (name, imported)
    assert sum(len(gzip.compress(path.read_bytes(), 9, mtime=0)) for path in modules.values()) < MOST_SCRIPT


def imports(path: Path) -> list[str]:
    """Return what a module imports."""
    return [static or dynamic for static, dynamic in IMPORT.findall(path.read_text("utf-8"))]


def test_every_language_is_shown_in_its_direction(client: httpx.Client) -> None:
    for language, direction in zip(LANGUAGES, ("ltr", "rtl"), strict=True):
        response = client.get(f"/?lang={language}")
        assert Elements(response.text).found[0] == ("html", {"lang": language, "dir": direction})
        assert response.headers["content-language"] == language
