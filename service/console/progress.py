"""How far a long piece of work is: a bar on a terminal, and elsewhere a line every few seconds."""

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from service.console.command import say
from service.console.terminal import console

EVERY_SECONDS: Final = 5.0
"""How often a line says how far it is, where there is no terminal to show a bar."""

ProgressCallback = Callable[[str, int, int, int], None]
"""Is told what is being done, how much of it is done and how much there is; and how much was done before this run."""


@contextmanager
def progress() -> Generator[ProgressCallback]:
    """Show how far some work is, with its rate and the time left."""
    out = console(sys.stderr)
    if not out.is_terminal or out.is_dumb_terminal:
        yield _ProgressLines().update
        return
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with Progress(TextColumn("{task.description}"), *columns, console=out, transient=True) as bars:
        yield _ProgressBars(bars).update


@dataclass(slots=True)
class _Pace:
    """How fast one kind of work goes in this run."""

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
    _work: str = ""
    _pace: _Pace = field(default_factory=lambda: _Pace(0))
    _said: float = field(default_factory=time.monotonic)

    def update(self, work: str, done: int, total: int, before: int) -> None:
        if work != self._work:
            self._work, self._pace = work, _Pace(before)
        if time.monotonic() - self._said < EVERY_SECONDS:
            return
        self._said = time.monotonic()
        rate = self._pace.rate(done)
        left = f", about {_duration((total - done) / rate)} left" if rate and done < total else ""
        say(f"{work.capitalize()}: {done:,} of {total:,}, {self._pace.words(done)}{left} …")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
