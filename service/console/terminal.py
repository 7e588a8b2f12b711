"""Text for a terminal: values without control characters, tables, and the progress of long work."""

import os
import sys
import time
import unicodedata
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TextIO

import orjson
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from domain.values.text_types import nearest
from service.console.command import say

_WIDTH_OF_A_PIPE = 160
NOTHING = "–"
"""Shown for a missing value."""

_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """End the command as for any closed pipe, not with Rich's own status."""
        raise BrokenPipeError


def console(stream: TextIO) -> Console:
    """Return a console for `stream` that prints text as it is: no markup, no emoji codes, no guessed highlights.

    Into a pipe or a file it writes plainly and wide, unless COLUMNS says how wide.
    """
    plain = not stream.isatty() and "COLUMNS" not in os.environ
    return _Console(file=stream, width=_WIDTH_OF_A_PIPE if plain else None, emoji=False, highlight=False, markup=False)


def shown(value: object) -> str:
    """Return a value as text: controls and changes of writing direction, which could deceive, are made visible."""
    text = NOTHING if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_control(character) else character for character in text)


def count(number: int, thing: str) -> str:
    """Return `1 report` or `2 reports`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _is_control(character: str) -> bool:
    return character in _DIRECTIONS or (unicodedata.category(character) == "Cc" and character != "\n")


WIDE = 130
"""The terminal width from which on tables have separate columns for each field."""

EVERY_SECONDS: Final = 5.0
"""Seconds between two lines of progress, where there is no terminal to show a bar."""

ProgressCallback = Callable[[str, int, int, int], None]
"""Takes the name of the work, the amount done, the total, and the amount done before this run."""


@contextmanager
def progress(
    line: Callable[[int, int, str], str] | None = None, *, heading: str | None = None
) -> Generator[ProgressCallback]:
    """Show the progress of work, with its rate and the time left: a bar on a terminal, elsewhere a line at times.

    `line` formats a line from the amount done, the total and the rate; with a `heading`, that is the only line.
    """
    out = console(sys.stderr)
    if not out.is_terminal or out.is_dumb_terminal:
        if heading is not None:
            say(heading)
        yield _show_nothing if heading is not None else _ProgressLines(line).update
        return
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with Progress(TextColumn("{task.description}"), *columns, console=out, transient=True) as bars:
        yield _ProgressBars(bars).update


def _show_nothing(_work: str, _done: int, _total: int, _before: int) -> None:
    pass


@dataclass(slots=True)
class _Pace:
    """The rate of one kind of work in this run."""

    before: int
    began: float = field(default_factory=time.monotonic)

    def rate(self, done: int) -> float:
        return max(done - self.before, 0) / max(time.monotonic() - self.began, 1e-3)

    def words(self, done: int) -> str:
        return f"{self.rate(done):,.0f} a second"


@dataclass(slots=True)
class _ProgressBars:
    bars: Progress
    _work: str = ""
    _pace: _Pace = field(default_factory=lambda: _Pace(0))
    _task: TaskID | None = None

    def update(self, work: str, done: int, total: int, before: int) -> None:
        if work != self._work or self._task is None:
            if self._task is not None:
                self.bars.remove_task(self._task)
            self._work, self._pace = work, _Pace(before)
            self._task = self.bars.add_task(work.capitalize(), total=total, rate="")
        self.bars.update(self._task, completed=done, total=total, rate=self._pace.words(done))


@dataclass(slots=True)
class _ProgressLines:
    line: Callable[[int, int, str], str] | None
    _work: str = ""
    _pace: _Pace = field(default_factory=lambda: _Pace(0))
    _last_line: float = field(default_factory=time.monotonic)

    def update(self, work: str, done: int, total: int, before: int) -> None:
        if work != self._work:
            self._work, self._pace = work, _Pace(before)
        if time.monotonic() - self._last_line < EVERY_SECONDS:
            return
        self._last_line = time.monotonic()
        if self.line is not None:
            say(self.line(done, total, self._pace.words(done)))
            return
        rate = self._pace.rate(done)
        left = f", about {_duration((total - done) / rate)} left" if rate and done < total else ""
        say(f"{work.capitalize()}: {done:,} of {total:,}, {self._pace.words(done)}{left} …")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def plain_table(*columns: str, narrow: Sequence[str] = (), right: Sequence[str] = ()) -> Table:
    """Return an empty table without frame; `narrow` and `right` columns are never broken."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for name in columns:
        whole = name in narrow or name in right
        table.add_column(name, justify="right" if name in right else "left", overflow="fold", no_wrap=whole)
    return table


def add_row(table: Table, *cells: object) -> None:
    """Add a row of values, as the text that they are."""
    table.add_row(*(cell if isinstance(cell, Text) else Text(shown(cell)) for cell in cells))


def print_json(document: object) -> None:
    """Print a document on standard output, indented."""
    sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")


def suggestion(name: str, known: Collection[str]) -> str:
    """Return the end of a sentence about an unknown name: the nearest known one, or all of them."""
    near = nearest(name, known)
    return f"did you mean “{near}”?" if near else f"there are: {', '.join(known)}."


def unknown_format(name: str, known: Collection[str]) -> str:
    """Return the sentence that says which formats there are."""
    return f"There is no format “{name[:100]}”; {suggestion(name, known)}"
