"""Follows citations: sections of docs/spec (`ledger §3`), files and headings behind links, and paths in backticks.

A bare “§4” continues the citation before it, as in “RFC 7946 §5 … (§5.2)”. Sections of external standards are not
looked up.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_CITED = re.compile(
    r"(?:(?P<standard>\b(?:RFC|ISO|CAMEO|WHATWG|EDTF)\b[^§\n]{0,80})|(?P<page>\b[a-z][a-z-]*)(?P<md>\.md)?\s+(?:#\s+)?)?"
    r"§(?P<section>\d+(?:\.\d+)*)"
)
_NEAR = 400
"""Characters within which a bare section continues the citation before it."""
_NUMBERED = re.compile(r"^#+ (\d+(?:\.\d+)*)[. ]", re.MULTILINE)
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#:\s]*)(?:#([^)\s]*))?\)")
_PATH = re.compile(r"`((?:domain|service|tests|migrations|bench|docs|samples)/[\w./-]+)`")
_CODE = ("domain", "service", "tests", "bench", "docs")


def broken(root: Path = ROOT) -> list[str]:
    """Return a sentence for each citation or link of the tree `root` that resolves to nothing."""
    return [*_sections(root), *_links(root), *_paths(root)]


def _sections(root: Path) -> Iterator[str]:
    spec = {page.stem: set(_NUMBERED.findall(page.read_text("utf-8"))) for page in (root / "docs/spec").glob("*.md")}
    for folder in _CODE:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".py", ".md"} and path != Path(__file__):
                own = path.stem if path.parent.name == "spec" else None
                for fault in faults(path.read_text("utf-8"), spec, own):
                    yield f"{path.relative_to(root)} {fault}"


def faults(text: str, spec: Mapping[str, Collection[str]], own: str | None = None) -> Iterator[str]:
    """Yield the end of a sentence for each section cited in a text that no page of `spec` has.

    `own` is the page itself, which a bare section cites where no other citation is near.
    """
    last, end = own, -_NEAR
    for found in _CITED.finditer(text):
        section, page = found["section"], found["page"]
        if found["standard"]:
            last, end = "", found.end()
            continue
        if page is not None and (found["md"] or page in spec):
            last, end = page, found.end()
        elif found.start() - end > _NEAR:
            last, end = own, found.end()
        else:
            end = found.end()
        if last is None:
            yield f"cites §{section} of no page; name it, as in “vocabulary §{section}”."
        elif last and section not in spec.get(last, ()):
            yield f"cites {last} §{section}, which docs/spec does not have."


def _links(root: Path) -> Iterator[str]:
    for page in _pages(root):
        for link, anchor in _LINK.findall(_FENCED.sub("", page.read_text("utf-8"))):
            target = page.parent / link if link else page
            if not target.exists():
                yield f"{page.relative_to(root)} links to {link}, which is not there."
            elif anchor and target.suffix == ".md" and anchor not in _anchors(target):
                yield f"{page.relative_to(root)} links to {link}#{anchor}, and no heading there has that name."


def _paths(root: Path) -> Iterator[str]:
    for page in _pages(root):
        for path in _PATH.findall(_FENCED.sub("", page.read_text("utf-8"))):
            if "NAME" not in path and not (root / path).exists():
                yield f"{page.relative_to(root)} names {path}, which is not there."


def _pages(root: Path) -> list[Path]:
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "samples").rglob("*.md")])


@cache
def _anchors(page: Path) -> frozenset[str]:
    """Return the names of the headings of a page, as GitHub makes them of their words."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text("utf-8")))
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)
