"""docs/performance.md: a section for each benchmark, which it writes anew without touching the others."""

import platform
import re
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"
SECTIONS: Final = ("singles", "bulk", "parts", "rebuild", "lag", "questions", "growth", "signing", "soak")
"""In the order in which they stand on the page."""
_HEAD: Final = """# Speed

<!-- Written by `make bench`. Run it, and do not write here. -->

Each table was measured in one run: floors, peers and ours in turn, on the same made-up data and the same PostgreSQL
with fsync on. Absolute figures move from machine to machine; ratios in one run are what counts. Beside each service
`/healthz` was asked every ten milliseconds by a process of its own over a connection of its own: the longest time to
an answer is the longest silence. No question and no run is left out.
"""
_SECTION: Final = re.compile(r"<!-- section: (\w+) -->\n(.*?)\n<!-- end of section -->", re.DOTALL)


def write_section(name: str, text: str, page: Path = PAGE) -> None:
    """Put a benchmark's text, which begins with its heading, in its place on the page."""
    here = dict(_SECTION.findall(page.read_text(encoding="utf-8"))) if page.exists() else {}
    here[name] = text.strip()
    sections = [
        f"\n<!-- section: {each} -->\n{here[each]}\n<!-- end of section -->\n" for each in SECTIONS if each in here
    ]
    page.write_text(_HEAD + "".join(sections), encoding="utf-8")


def python() -> str:
    """Return which Python measures: 3.11."""
    return ".".join(platform.python_version_tuple()[:2])
