"""The commands in a page of documentation, as a reader pastes them, and what the page says they print."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

_INDENT = "    "
_PROMPT = "$ "
_ASSIGNMENT = re.compile(r"[a-zA-Z]+=")
_BEGINS = re.compile(r"(?:\$ )?(?:curl|knownwhen|\.venv/bin/knownwhen|make) |[a-zA-Z]+=\S")


@dataclass
class Command:
    """A command of a page: the line where it begins, its text, and the lines that follow a `$` prompt as its output."""

    page: str
    line: int
    text: str
    printed: list[str] = field(default_factory=list[str])

    @property
    def assigns(self) -> bool:
        """Whether it only sets shell variables for those that follow."""
        return _ASSIGNMENT.match(self.text) is not None


def commands_of(path: Path) -> list[Command]:
    """Return the commands of the indented blocks of a page, in order; a command goes on while a quote is open."""
    found: list[Command] = []
    numbered = enumerate(path.read_text("utf-8").splitlines(), 1)
    for is_code, lines in groupby(numbered, key=lambda each: each[1].startswith(_INDENT)):
        if is_code:
            found += _of_block(path.name, [(number, line[len(_INDENT) :]) for number, line in lines])
    return found


def _of_block(page: str, lines: list[tuple[int, str]]) -> Iterator[Command]:
    command: Command | None = None
    for number, line in lines:
        if command is not None and _open(command.text):
            command.text += "\n" + line
        elif _BEGINS.match(line):
            if command is not None:
                yield command
            command = Command(page, number, line.removeprefix(_PROMPT))
        elif command is not None:
            command.printed.append(line)
    if command is not None:
        yield command


def _open(text: str) -> bool:
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    return False
