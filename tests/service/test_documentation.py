"""What README.md, docs/api.md and docs/verify.md tell a reader to paste, pasted in their order beside one demo."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.runtime import package_files
from tests.service.console import COMMAND, ROOT, data_folder, environment, running
from tests.service.documented import Command, commands_of
from tests.service.test_demo import READY, a_port

PAGES = ("README.md", "docs/api.md", "docs/verify.md")
NOT_PASTED = re.compile(r"^make |losses\.toml|0a1b|keys log ")
"""Those that start it all, and those that name files of the reader's own."""
FOLLOWED = 2
"""Seconds for which an answer that does not end is followed."""
TIMED_OUT = 28


@pytest.fixture(scope="module")
def pasted() -> Iterator["Pasting"]:
    with data_folder() as data:
        port = a_port()
        with running("demo", KNOWNWHEN_DATA=data, KNOWNWHEN_PORT=port) as command:
            command.wait_for(READY)
            (data.parent / "reports.ndjson").write_bytes(_reports())
            yield Pasting(data.parent, port, environment(KNOWNWHEN_DATA=data, KNOWNWHEN_PORT=port))
            assert command.stop() == 0


def _reports() -> bytes:
    return (package_files.samples() / "syria-coast-2025" / "02-the-first-two-days.ndjson").read_bytes()


class Pasting:
    """A shell in which commands are pasted; variables stay set."""

    def __init__(self, folder: Path, port: int, environment: dict[str, str]) -> None:
        self._folder = folder
        self._port = port
        self._environment = environment
        self._variables = ""

    def run(self, command: Command) -> str:
        """Run one command, and return what it printed; a command that fails, or prints a problem, is none to show."""
        text = command.text.replace("127.0.0.1:8000", f"127.0.0.1:{self._port}")
        text = re.sub(r"^(\.venv/bin/)?knownwhen ", " ".join(f"'{word}'" for word in COMMAND) + " ", text)
        if text.startswith("curl -sN "):
            text = text.replace("curl -sN ", f"curl -sN --max-time {FOLLOWED} ", 1)
        script = f"set -o pipefail\n{self._variables}\n{text}"
        done = subprocess.run(
            ["/usr/bin/env", "bash", "-c", script],
            capture_output=True,
            check=False,
            cwd=self._folder,
            encoding="utf-8",
            env=self._environment,
        )
        where = f"{command.page}:{command.line}: {command.text}\n{done.stdout[:2000]}{done.stderr[:2000]}"
        assert done.returncode == 0 or (done.returncode == TIMED_OUT and done.stdout), where
        if command.assigns:
            self._variables += f"{text}\n"
        _expect_answer(done.stdout, where)
        return done.stdout


def _expect_answer(printed: str, where: str) -> None:
    try:
        document = json.loads(printed)
    except json.JSONDecodeError:
        return
    assert not document.get("type", "").startswith("/problems/"), where
    assert document.get("items", ["one"]), where


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_to_paste_works_and_prints_what_it_says(page: str, pasted: Pasting) -> None:
    commands = [each for each in commands_of(ROOT / page) if not NOT_PASTED.search(each.text)]
    assert len(commands) > 7
    for command in commands:
        printed = pasted.run(command)
        if "| grep -o" in command.text:
            assert printed.splitlines() == [line for line in command.printed if line], command.line


def test_only_what_starts_it_or_names_files_of_the_reader_s_own_is_not_pasted() -> None:
    left = [each.text for page in PAGES for each in commands_of(ROOT / page) if NOT_PASTED.search(each.text)]
    assert [text.split("  ")[0] for text in left] == [
        "make run",
        "make test",
        "knownwhen import git REPOSITORY --path data/losses.csv --map losses.toml",
        "knownwhen export csv --map losses.toml --reported-until 2024-03-09T18:00:00Z",
        "knownwhen verify estimate.kw.json.gz --key 'knownwhen/0a1b…+3c4d5e6f+AZ…'",
        *(f"knownwhen keys log {word}" for word in ("create", "list", "rotate", "retire")),
    ]


def test_a_command_goes_on_while_a_quote_is_open_and_what_follows_a_prompt_is_its_output(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "Text\n\n    $ curl -s x | grep -o 'a\n      b'  # why\n    a b\n\n    own=1\n    curl y\n", "utf-8"
    )
    first, second, third = commands_of(page)
    assert (first.line, first.printed) == (3, ["a b"])
    assert first.text.endswith("b'  # why")
    assert (second.assigns, third.assigns, third.text) == (True, False, "curl y")
