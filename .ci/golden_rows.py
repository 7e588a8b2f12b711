"""Compares golden rows with those of the newest release: a row once released is never changed or removed."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "tests/domain/golden"


def main() -> None:
    """End with a sentence for each released row that is not here any more."""
    tags = git("tag", "--list", "v*", "--sort=-version:refname").split()
    if not tags:
        return
    names = git("ls-tree", "-r", "--name-only", tags[0], f"{FOLDER}/").split()
    faults = [fault for name in names if name.endswith(".json") for fault in missing(tags[0], name)]
    if faults:
        sys.exit("\n".join(faults))


def git(*words: str) -> str:
    """Run git in the root of the tree and return its output."""
    return subprocess.run(["git", *words], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S607 - the git of whoever commits


def missing(tag: str, name: str) -> list[str]:
    """Return a sentence for each row of a file at `tag` that the working tree lacks."""
    path = ROOT / name
    here = json.loads(path.read_text("utf-8")) if path.exists() else []
    return [
        f"{name}: the row of {row['topic']} that {tag} has was changed: {row['state'][:60]}"
        for row in json.loads(git("show", f"{tag}:{name}"))
        if row not in here
    ]


if __name__ == "__main__":
    main()
