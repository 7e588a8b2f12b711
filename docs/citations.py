"""Follows what code and pages cite: sections of the specification in docs/spec, and files that pages link to."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "docs" / "spec"
_CITED = re.compile(r"\b(vocabulary|ledger)(?:\.md)? §(\d+)")
_LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
_CODE = ("domain", "service", "tests", "bench", "docs")


def broken() -> list[str]:
    """Return a sentence for each citation that leads nowhere."""
    return [*_sections(), *_links()]


def _sections() -> Iterator[str]:
    known = {
        page.stem: set(re.findall(r"^## (\d+)\.", page.read_text("utf-8"), re.MULTILINE)) for page in SPEC.glob("*.md")
    }
    for folder in _CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".md"}:
                for page, section in _CITED.findall(path.read_text("utf-8")):
                    if section not in known.get(page, ()):
                        yield f"{path.relative_to(ROOT)} cites {page} §{section}, which docs/spec does not have."


def _links() -> Iterator[str]:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "samples").rglob("*.md")]
    for page in sorted(pages):
        for link in _LINK.findall(page.read_text("utf-8")):
            if not (page.parent / link).exists():
                yield f"{page.relative_to(ROOT)} links to {link}, which is not there."
