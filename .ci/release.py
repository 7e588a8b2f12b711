"""Makes a release: version, changelog, tests, checks, wheel and sdist built twice and equal, commit and tag.

    make release VERSION=1.2.3 [DATE=2026-12-24] [DRY_RUN=1]

Nothing is pushed. Where a step fails, the files are put back as they were and nothing is committed. The commit bears
the time that the files were built with, so `make dist` at the tag makes the same bytes.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from dist import ROOT, Unequal, build, git, sums

BRANCH = "main"
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
UNRELEASED = re.compile(r"^## (?:Unreleased|\S+ \(not released yet\))\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_CITED = r"^version: .*(?:\ndate-released: .*)?$"
WITHOUT_CHECKS = "RELEASE_WITHOUT_CHECKS"
"""An environment variable for the test of this program alone: tests and checks are left out."""


class Refused(Exception):
    """No release can be made; the sentence says what to do."""


class Release(NamedTuple):
    """A release: version, day, Unix time of its build, section of the changelog, and the texts of changed files."""

    version: str
    day: date
    epoch: int
    notes: str
    texts: Mapping[Path, str]

    @property
    def tag(self) -> str:
        """The name of its tag."""
        return f"v{self.version}"


def main(arguments: list[str]) -> None:
    """Make the release, or say why not."""
    parser = argparse.ArgumentParser(prog="make release", description=__doc__)
    parser.add_argument("version")
    parser.add_argument("--date", default="")
    parser.add_argument("--dry-run", action="store_true")
    asked = parser.parse_args(arguments)
    try:
        refuse_unless_ready(asked.version)
        release = planned(asked.version, asked.date)
        made(release, dry_run=asked.dry_run)
    except (Refused, Unequal) as problem:
        sys.exit(f"No release was made. {problem}")
    except subprocess.CalledProcessError as problem:
        command = " ".join(map(str, problem.cmd))
        sys.exit(f"No release was made: `{command}` failed, see above. All files are as before.")


def refuse_unless_ready(version: str) -> None:
    """Raise Refused unless this version can be released from this tree."""
    if not VERSION.fullmatch(version):
        raise Refused(f"VERSION=“{version}” is no version; write three numbers, as in `make release VERSION=1.2.3`.")
    if (branch := git("rev-parse", "--abbrev-ref", "HEAD").strip()) != BRANCH:
        raise Refused(f"Releases are made on {BRANCH}, and this is {branch}; `git switch {BRANCH}` first.")
    if changed := git("status", "--porcelain").splitlines():
        names = ", ".join(line[3:] for line in changed[:5])
        raise Refused(f"The tree is not clean: {names}. Commit or remove it first.")
    tags = [tag.removeprefix("v") for tag in git("tag", "--list", "v*").split()]
    newest = max((each for each in tags if VERSION.fullmatch(each)), key=_order, default="")
    if newest and _order(version) <= _order(newest):
        raise Refused(f"{newest} is released already; the next version is greater.")


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def planned(version: str, day: str) -> Release:
    """Return the release: of the day given, else of that of the last commit (UTC). Raises Refused."""
    epoch = int(git("log", "-1", "--format=%ct"))
    if day:
        try:
            moment = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
        except ValueError:
            raise Refused(f"DATE=“{day}” is no day; write it as in DATE=2026-12-24.") from None
        epoch = int(moment.timestamp())
    when = datetime.fromtimestamp(epoch, UTC).date()
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    found = UNRELEASED.search(changelog)
    if found is None or not found[1].strip():
        raise Refused("CHANGELOG.md has no section “## Unreleased” with what is new; write it first.")
    texts = {
        "CHANGELOG.md": f"{changelog[: found.start()]}## {version} ({when})\n{found[1]}{changelog[found.end() :]}",
        "pyproject.toml": replaced("pyproject.toml", r'^version = ".*"$', f'version = "{version}"'),
        "CITATION.cff": replaced("CITATION.cff", _CITED, f"version: {version}\ndate-released: {when}"),
    }
    return Release(version, when, epoch, found[1].strip(), {ROOT / name: text for name, text in texts.items()})


def replaced(name: str, pattern: str, line: str) -> str:
    """Return a file's text with its one line of a pattern replaced. Raises Refused where there is another number."""
    text, times = re.subn(pattern, line, (ROOT / name).read_text("utf-8"), flags=re.MULTILINE)
    if times != 1:
        raise Refused(f"{name} has {times} lines like `{line}`; there must be one.")
    return text


def made(release: Release, *, dry_run: bool) -> None:
    """Change the files, test, check, build, commit and tag; a dry run ends before the tests and puts the files back."""
    before = {path: path.read_bytes() for path in release.texts}
    try:
        for path, text in release.texts.items():
            path.write_text(text, "utf-8")
        if dry_run:
            print(git("diff", "--unified=0", "--stat", "--patch"))
        elif not os.environ.get(WITHOUT_CHECKS):
            for target in ("test", "check"):
                subprocess.run(["make", target], cwd=ROOT, env=whole(), check=True)  # noqa: S607 - the make that called this
        files = build(release.epoch, ROOT / "dist")
        print(sums(files), end="")
        if not dry_run:
            record(release)
    except BaseException:
        dry_run = True
        raise
    finally:
        if dry_run:
            for path, content in before.items():
                path.write_bytes(content)
    if dry_run:
        print(f"Dry run: {release.version} of {release.day} can be released; tests and checks were not run.")
    else:
        print(f"{release.tag} is committed and tagged. To publish it: git push origin {BRANCH} {release.tag}")


def whole() -> dict[str, str]:
    """Return the environment without what would pick some of the tests."""
    return {
        name: value for name, value in os.environ.items() if name not in {"ARGS", "MAKEFLAGS", "MAKELEVEL", "POSTGRES"}
    }


def record(release: Release) -> None:
    """Commit the changed files at the time of the build, and tag the commit with the notes: both or neither."""
    at = {f"GIT_{who}_DATE": f"@{release.epoch} +0000" for who in ("AUTHOR", "COMMITTER")}
    names = [str(path) for path in release.texts]
    message = f"{release.version}\n\n{release.notes}\n"
    dated(at, "commit", "--quiet", "--message", f"Release {release.version}", "--", *names)
    try:
        dated(at, "tag", "--annotate", "--cleanup=verbatim", "--message", message, release.tag)
    except subprocess.CalledProcessError:
        git("reset", "--quiet", "HEAD~1")
        raise


def dated(at: Mapping[str, str], *words: str) -> None:
    """Run git with the dates of what it writes."""
    subprocess.run(["git", *words], cwd=ROOT, env={**os.environ, **at}, check=True)  # noqa: S607 - see dist.git


if __name__ == "__main__":
    main(sys.argv[1:])
