"""Makes one HTML file of a rendered page: styles, modules, pictures and documents within it, everything else absolute.

It follows whatever the page holds: stylesheets, modules with what they import, pictures, and the documents whose
digest the page checks (`data-check`). The file needs no network, and its Content-Security-Policy permits none.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from html import escape, unescape
from typing import Final
from urllib.parse import parse_qsl, urljoin, urlsplit

from service.web.api_client import Api
from service.web.assets import TYPES, asset_name, files
from service.web.template_environment import data_block

_TAG: Final = re.compile(r"<(a|area|form|image|img|link|script)(\s[^<>]*)?>(?:</script>)?")
_ATTRIBUTE: Final = re.compile(r"""([\w:-]+)(?:="([^"]*)")?""")
_CHECKED: Final = re.compile(r'\sdata-check="([^"]+)"')
_SPECIFIER: Final = re.compile(
    r"""(^(?:import|export)\b[^"';]*?\bfrom\s*|^import\s*|\bawait import\(\s*)["'](\.{1,2}/[^"']+)["']""", re.MULTILINE
)
"""What a module imports; types that a comment imports are nothing."""
_CSS_URL: Final = re.compile(r"""url\(\s*["']?(?!data:)([^"')]+)["']?\s*\)""")
_PICTURES: Final = {"img": "src", "image": "href"}
_LINKS: Final = {"a": "href", "area": "href", "form": "action"}
_POLICY: Final = (
    "default-src 'none'; script-src blob: {scripts}; style-src {styles}; img-src data: blob:; font-src data:;"
    " base-uri 'none'; form-action 'none'"
)
_LOADER: Final = "js/offline_loader.js"
_CHARSET: Final = '<meta charset="utf-8">'
_OK: Final = 200


async def inlined(api: Api, page: str, site: str, first: str) -> str:
    """Return a page as one file. `first` is a module that runs before the page's own; links lead to `site`."""
    urls = {unescape(each) for each in _CHECKED.findall(page)}
    documents = {url: body for url in sorted(urls) if (body := (await _fetched(api, url))[0])}
    pictures = {url: _data_url(*await _fetched(api, url)) for url in sorted(set(_picture_urls(page)))}
    return _OneFile(site, pictures).made(page, first, documents)


def _picture_urls(page: str) -> Iterable[str]:
    for found in _TAG.finditer(page):
        url = _attributes(found[2]).get(_PICTURES.get(found[1], ""), "")
        if url.startswith("/"):
            yield url


async def _fetched(api: Api, url: str) -> tuple[bytes, str]:
    """Return what the service answers at one of its addresses, with its media type; nothing for a refusal."""
    if name := asset_name(url):
        return files()[name].read_bytes(), TYPES[files()[name].suffix]
    split = urlsplit(url)
    query: dict[str, list[str]] = {}
    for key, value in parse_qsl(split.query):
        query.setdefault(key, []).append(value)
    answer = await api.send("GET", split.path, query, accept="application/json, image/svg+xml, */*;q=0.1")
    return (answer.body, answer.headers["content-type"]) if answer.status == _OK else (b"", "")


def _data_url(content: bytes, media_type: str) -> str:
    return f"data:{media_type.replace(' ', '')};base64,{base64.b64encode(content).decode()}"


def _attributes(text: str | None) -> Mapping[str, str]:
    return {name: unescape(value) for name, value in _ATTRIBUTE.findall(text or "")}


def _tag(name: str, attributes: Mapping[str, str]) -> str:
    pairs = (f'{key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{' '.join((name, *pairs))}>"


class _OneFile:
    """A page that is being put into one file; remembers digests of its styles and scripts, and its modules."""

    def __init__(self, site: str, pictures: Mapping[str, str]) -> None:
        self._site = site
        self._pictures = pictures
        self._styles: list[str] = []
        self._scripts: list[str] = []
        self._entries: list[str] = []
        self._ways: Mapping[str, Callable[[str, Mapping[str, str], str], str]] = {
            "link": self._link,
            "script": self._script,
            **dict.fromkeys(_PICTURES, self._picture),
            **dict.fromkeys(_LINKS, self._absolute),
        }

    def made(self, page: str, first: str, documents: Mapping[str, bytes]) -> str:
        """Return the file."""
        body = _TAG.sub(lambda found: self._ways[found[1]](found[1], _attributes(found[2]), found[0]), page)
        kept = {url: base64.b64encode(content).decode() for url, content in documents.items()}
        data = f'<script type="application/json" id="offline-documents">{data_block(kept)}</script>\n'
        scripts = data + self._modules([first, *self._entries])
        policy = _POLICY.format(scripts=" ".join(self._scripts), styles=" ".join(self._styles) or "'none'")
        head = f'{_CHARSET}\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
        return body.replace(_CHARSET, head, 1).replace("</body>", f"{scripts}</body>", 1)

    def _link(self, _: str, attributes: Mapping[str, str], __: str) -> str:
        name = asset_name(attributes["href"])
        if attributes.get("rel") == "icon" and name:
            return _tag(
                "link", {**attributes, "href": _data_url(files()[name].read_bytes(), TYPES[files()[name].suffix])}
            )
        if attributes.get("rel") != "stylesheet" or not name:
            return ""
        style = self._with_files(name, files()[name].read_text("utf-8"))
        self._styles.append(_source(style))
        media = {"media": attributes["media"]} if "media" in attributes else {}
        return f"{_tag('style', media)}{style}</style>"

    @staticmethod
    def _with_files(name: str, style: str) -> str:
        """Put the files that a stylesheet names, such as fonts, into it."""

        def file(found: re.Match[str]) -> str:
            path = files()[urljoin(name, found[1])]
            return f'url("{_data_url(path.read_bytes(), TYPES[path.suffix])}")'

        return _CSS_URL.sub(file, style)

    def _script(self, _: str, attributes: Mapping[str, str], tag: str) -> str:
        if "src" not in attributes:
            return tag
        self._entries.append(asset_name(attributes["src"]) or "")
        return ""

    def _picture(self, name: str, attributes: Mapping[str, str], tag: str) -> str:
        where = _PICTURES[name]
        found = self._pictures.get(attributes.get(where, ""))
        return _tag(name, {**attributes, where: found}) if found else tag

    def _absolute(self, name: str, attributes: Mapping[str, str], tag: str) -> str:
        where = _LINKS[name]
        url = attributes.get(where, "#")
        return tag if url.startswith("#") else _tag(name, {**attributes, where: urljoin(self._site, url)})

    def _modules(self, entries: Iterable[str]) -> str:
        """Return the texts of all modules, and the script that makes modules of them and runs the entries in order."""
        entries = list(dict.fromkeys(filter(None, entries)))
        block = data_block({"texts": list(module_graph(entries).items()), "entries": entries})
        loader = files()[_LOADER].read_text("utf-8")
        self._scripts.append(_source(loader))
        return (
            f'<script type="application/json" id="offline-modules">{block}</script>\n'
            f'<script type="module">{loader}</script>\n'
        )


def module_graph(entries: Iterable[str]) -> Mapping[str, str]:
    """Return modules and all that they import, each after what it imports, by name; they import as `"kw:NAME"`."""
    found: dict[str, str] = {}

    def visit(name: str, above: tuple[str, ...] = ()) -> None:
        if name in found:
            return
        if name in above:
            raise ValueError(f"Modules import one another in a circle: {', '.join((*above, name))}")
        text = files()[name].read_text("utf-8")
        for each in _SPECIFIER.finditer(text):
            visit(urljoin(name, each[2]), (*above, name))
        found[name] = _SPECIFIER.sub(lambda each: f'{each[1]}"kw:{urljoin(name, each[2])}"', text)

    for name in entries:
        visit(name)
    return found


def _source(text: str) -> str:
    """Return the source expression of CSP that permits this very script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
