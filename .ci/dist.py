"""Builds wheel and sdist twice, from two copies of the tracked files, and keeps them if both are the same bytes.

    make dist        # into dist/

Times inside the files are `SOURCE_DATE_EPOCH`, by default that of the last commit, so a tag gives the same bytes again.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
HATCH = (sys.executable, "-I", "-m", "hatchling", "build", "--target", "wheel", "--target", "sdist")


class Unequal(Exception):
    """Two builds of the same files differ; the sentence names the first file."""


def git(*words: str) -> str:
    """Run git in the root of the tree and return its output. Raises subprocess.CalledProcessError."""
    return subprocess.run(["git", *words], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S607 - the git of whoever releases


def build(epoch: int, target: Path) -> list[Path]:
    """Return wheel and sdist in `target`, which is made anew. Raises Unequal; subprocess.CalledProcessError."""
    with TemporaryDirectory(prefix="knownwhen-dist-") as name:
        first, second = (_built(Path(name) / each, epoch) for each in ("first", "second"))
        for one, other in zip(first, second, strict=True):
            if (one.name, one.read_bytes()) != (other.name, other.read_bytes()):
                raise Unequal(f"Two builds of {one.name} differ: what is in it depends on its place or time.")
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        return [Path(shutil.copy(each, target)) for each in first]


def _built(folder: Path, epoch: int) -> list[Path]:
    """Copy the tracked files, as they are in the working tree, and build there."""
    for name in git("ls-files", "-z").split("\0"):
        source, copy = ROOT / name, folder / "tree" / name
        if name and source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    command = [*HATCH, "--directory", str(folder / "dist")]
    subprocess.run(command, cwd=folder / "tree", env=environment, check=True, stdout=subprocess.DEVNULL)
    return sorted((folder / "dist").iterdir())


def sums(files: list[Path]) -> str:
    """Return a line for each file, as `sha256sum --check` reads it."""
    return "".join(f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in files)


def main() -> None:
    """Build into dist/, with SHA256SUMS beside."""
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct"))
    try:
        files = build(epoch, ROOT / "dist")
    except Unequal as problem:
        sys.exit(str(problem))
    text = sums(files)
    (ROOT / "dist" / "SHA256SUMS").write_text(text, "utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
