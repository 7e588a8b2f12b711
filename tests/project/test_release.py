"""`make release` and `make dist`, tried in a repository of their own: equal builds, one commit, one tag, or nothing."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GIT = shutil.which("git") or ""
pytestmark = pytest.mark.skipif(not GIT, reason="releases are made with git, which is not installed here")

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "knownwhen"
version = "0.1.0"
requires-python = ">=3.11"

[tool.hatch.build.targets.wheel]
only-include = ["domain"]
"""
CHANGELOG = "# Changelog\n\n## Unreleased\n\n- A view.\n\n## 0.1.0 (2026-11-01)\n\n- The first.\n"
CITATION = "cff-version: 1.2.0\nversion: 0.1.0\ndate-released: 2026-11-01\n"
MAKEFILE = "test check:\n\t@echo made $@ $(ARGS)\n"
DAY, EPOCH = "2026-12-24", 1_798_070_400


class Repository:
    """A small project on the branch main, with one commit and the tag of a release."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT / ".ci", root / ".ci", ignore=shutil.ignore_patterns("__pycache__"))
        (root / "domain").mkdir()
        files = {"pyproject.toml": PROJECT, "CHANGELOG.md": CHANGELOG, "CITATION.cff": CITATION, "Makefile": MAKEFILE}
        for name, text in {**files, "domain/__init__.py": "", ".gitignore": "__pycache__\n/dist/\n"}.items():
            (root / name).write_text(text)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit()
        self.git("tag", "v0.1.0")

    def git(self, *words: str) -> str:
        identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org")
        return subprocess.run([GIT, *identity, *words], cwd=self.root, check=True, stdout=-1, text=True).stdout.strip()

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A change")

    def run(self, program: str, *words: str, status: int = 0, **variables: str) -> str:
        """Run a program of `.ci` and return what it printed, on either stream."""
        names = {f"GIT_{who}_{what}": "tester" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        command = [sys.executable, f".ci/{program}.py", *words]
        environment = {**os.environ, **names, "PYTHONDONTWRITEBYTECODE": "1", **variables}
        done = subprocess.run(
            command, cwd=self.root, env=environment, check=False, encoding="utf-8", stdout=-1, stderr=subprocess.STDOUT
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    def release(self, version: str, *words: str, status: int = 0) -> str:
        return self.run("release", version, *words, status=status)

    def read(self, name: str) -> str:
        return (self.root / name).read_text()

    def state(self) -> tuple[str, str, str]:
        """Return the last commit, the tags and what is changed."""
        return self.git("rev-parse", "HEAD"), self.git("tag"), self.git("status", "--porcelain")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_release_is_one_commit_of_its_day_with_a_tag_and_the_same_bytes_again(repository: Repository) -> None:
    told = repository.release("0.2.0", "--date", DAY)
    assert "made test" in told
    assert "made check" in told
    assert "git push origin main v0.2.0" in told
    assert (
        (repository.root / "CHANGELOG.md")
        .read_text()
        .startswith(f"# Changelog\n\n## 0.2.0 ({DAY})\n\n- A view.\n\n## 0")
    )
    assert 'version = "0.2.0"' in (repository.root / "pyproject.toml").read_text()
    assert (
        repository.root / "CITATION.cff"
    ).read_text() == f"cff-version: 1.2.0\nversion: 0.2.0\ndate-released: {DAY}\n"
    assert repository.git("log", "-1", "--format=%s %at %ct") == f"Release 0.2.0 {EPOCH} {EPOCH}"
    assert repository.git("tag", "--list", "v0.2.0", "--format=%(contents)").split("\n")[0::2] == ["0.2.0", "- A view."]
    assert repository.git("status", "--porcelain") == ""
    wheel = repository.root / "dist" / "knownwhen-0.2.0-py3-none-any.whl"
    assert zipfile.ZipFile(wheel).getinfo("domain/__init__.py").date_time == (2026, 12, 24, 0, 0, 0)
    released = wheel.read_bytes()
    repository.run("dist")
    assert wheel.read_bytes() == released
    assert len((repository.root / "dist" / "SHA256SUMS").read_text().splitlines()) == 2


def test_a_dry_run_shows_what_would_change_and_changes_nothing(repository: Repository) -> None:
    before = repository.state()
    told = repository.release("0.2.0", "--date", DAY, "--dry-run")
    assert f"+## 0.2.0 ({DAY})" in told
    assert "Dry run: 0.2.0" in told
    assert "made test" not in told
    assert repository.state() == before


@pytest.mark.parametrize(
    ("version", "words", "told"),
    [
        ("", (), "VERSION=“” is no version"),
        ("1.2", (), "VERSION=“1.2” is no version"),
        ("0.1.0", (), "0.1.0 is released already"),
        ("0.0.9", (), "0.1.0 is released already; the next version is greater."),
        ("0.2.0", ("--date", "soon"), "DATE=“soon” is no day"),
    ],
)
def test_what_cannot_be_released_is_refused_with_a_sentence(
    version: str, words: tuple[str, ...], told: str, repository: Repository
) -> None:
    before = repository.state()
    assert f"No release was made. {told}" in repository.release(version, *words, status=1)
    assert repository.state() == before


def test_another_branch_a_changed_tree_and_an_empty_changelog_release_nothing(repository: Repository) -> None:
    repository.git("switch", "--quiet", "--create", "other")
    assert "Releases are made on main, and this is other" in repository.release("0.2.0", status=1)
    repository.git("switch", "--quiet", "main")
    (repository.root / "new").write_text("")
    assert "The tree is not clean: new." in repository.release("0.2.0", status=1)
    (repository.root / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n## 0.1.0 (2026-11-01)\n")
    repository.commit()
    assert "CHANGELOG.md has no section “## Unreleased”" in repository.release("0.2.0", status=1)


@pytest.mark.parametrize("target", ["test", "check"])
def test_where_tests_or_checks_fail_all_is_as_before(target: str, repository: Repository) -> None:
    (repository.root / "Makefile").write_text(f"test check:\n\t@test $@ != {target}\n")
    repository.commit()
    before = repository.state()
    assert f"`make {target}` failed" in repository.release("0.2.0", status=1)
    assert repository.state() == before


def test_a_tag_that_cannot_be_written_leaves_no_commit(repository: Repository) -> None:
    hook = repository.root / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\n! grep --quiet refs/tags/v0.2.0\n")
    hook.chmod(0o755)
    before = repository.state()
    assert "No release was made: `git tag" in repository.release("0.2.0", status=1)
    assert repository.state() == before


def test_a_released_golden_row_is_never_changed(repository: Repository) -> None:
    rows = repository.root / "tests" / "domain" / "golden" / "facts.json"
    rows.parent.mkdir(parents=True)
    rows.write_text('[{"topic": "a.v1", "state": "{}", "text": null}]')
    repository.commit()
    assert repository.run("golden_rows") == "", "it was not released yet"
    repository.git("tag", "v0.2.0")
    rows.write_text('[{"topic": "b.v1", "state": "{}"}, {"topic": "a.v1", "state": "{}", "text": null}]')
    assert repository.run("golden_rows") == ""
    rows.write_text('[{"topic": "a.v1", "state": "{1}", "text": null}]')
    assert "the row of a.v1 that v0.2.0 has was changed: {}" in repository.run("golden_rows", status=1)
