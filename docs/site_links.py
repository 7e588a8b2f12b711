"""Hook of mkdocs: a link from a page to a file of the tree outside docs/ leads to the file in the public repository."""

import os
import re
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
REPOSITORY: Final = "https://github.com/knownwhen/knownwhen/blob/main"
_OUTWARD: Final = re.compile(r"\]\((\.\./[^)#\s]+)(#[^)\s]*)?\)")


def on_page_markdown(markdown: str, page: Any, **_others: object) -> str:  # noqa: ANN401 - a page of mkdocs
    """Return a page with its links out of docs/ as addresses; one to a file that is not there stays."""
    folder = Path(page.file.abs_src_path).parent

    def address(found: re.Match[str]) -> str:
        target = Path(os.path.normpath(folder / found[1]))
        outside = target.is_relative_to(ROOT) and not target.is_relative_to(ROOT / "docs")
        if not (outside and target.exists()):
            return found[0]
        return f"]({REPOSITORY}/{target.relative_to(ROOT).as_posix()}{found[2] or ''})"

    return _OUTWARD.sub(address, markdown)
