"""Pictures that documents show are there, small, and shown somewhere."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
LARGEST = 150_000


def test_pictures_of_documents_are_there_and_small() -> None:
    shown = {
        (page.parent / picture).resolve()
        for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
        for picture in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text("utf-8"))
    }
    assert shown
    assert {path for path in shown if not path.is_file()} == set()
    assert {path.name for path in FOLDER.iterdir() if path.stat().st_size > LARGEST} == set()
