"""The samples that come with Knownwhen: lines as `POST /v1/reports:batch` takes them, and questions for the demo."""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from domain.incident.commands import OpenIncident
from domain.incident.refusals import IncidentSlugTaken, Refusal, ReportIdTaken, ScopeTaken
from domain.values.text_types import Strict, nearest
from service.api.batches.line import read_line
from service.api.batches.line_commands import COMMAND_NAMES
from service.api.errors.problem import HttpProblem
from service.console.command import CannotRun
from service.eventstore.writer import Acknowledgement, WriteRequest
from service.runtime import package_files

REPORT = "report"
"""The name of a line that has no other command."""
_CONFLICTS = (IncidentSlugTaken, ReportIdTaken, ScopeTaken)


class SampleError(CannotRun):
    """A line of a sample cannot be read or was refused; the sentence names file and line."""


class SampleChanged(SampleError):
    """The log holds what another version of this sample said in the same place."""


class SampleUnknown(SampleError):
    """There is no sample of this name; the sentence names those that there are."""


class SampleWriter(Protocol):
    """The one write path."""

    async def write(self, write: WriteRequest) -> Acknowledgement:
        """Record one command."""
        ...


@dataclass(frozen=True, slots=True)
class SampleLine:
    """One line of a sample: its file and line, the name of its command, and the write that it asks for."""

    where: str
    what: str
    write: WriteRequest


@dataclass(frozen=True, slots=True)
class LoadedLine:
    """A line and its outcome; `written.replayed` where an earlier load had recorded it."""

    line: SampleLine
    written: Acknowledgement

    @property
    def new(self) -> bool:
        """Whether this load recorded it."""
        return self.written.position is not None and not self.written.replayed


def names() -> list[str]:
    """Return the names of the samples that come with Knownwhen."""
    return sorted({path.parent.name for path in package_files.samples().glob("*/*.ndjson")})


def read_named(name: str) -> list[SampleLine]:
    """Read the sample of this name. Raises SampleUnknown."""
    known = names()
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean “{near}”?" if near else f"there are: {', '.join(known)}."
        message = f"There is no sample “{name[:100]}”; {hint}"
        raise SampleUnknown(message)
    return read(package_files.samples() / name)


def read(folder: Path) -> list[SampleLine]:
    """Read the `*.ndjson` files of a folder, in the order of their names. Raises SampleError."""
    files = sorted(folder.glob("*.ndjson"))
    if not files:
        message = f"There is no sample in {folder}: it has no *.ndjson file."
        raise SampleError(message)
    return [_line(f"{path.name}, line {number}", text) for path in files for number, text in _numbered(path)]


def opened_slugs(lines: Sequence[SampleLine]) -> list[str]:
    """Return the slugs of the incidents that a sample opens, in turn."""
    return [line.write.command.slug for line in lines if isinstance(line.write.command, OpenIncident)]


async def load(
    writer: SampleWriter, lines: Sequence[SampleLine], on_progress: Callable[[int], None] = lambda _: None
) -> list[LoadedLine]:
    """Record each line in order; those that an earlier load recorded are replayed and change nothing.

    `on_progress` is called after each line with the number of lines done. An interruption leaves the lines before it
    recorded, and the next load continues from there.

    Raises SampleError, SampleChanged, or what the write path raises of the database.
    """
    loaded: list[LoadedLine] = []
    for line in lines:
        try:
            written = await writer.write(line.write)
        except _CONFLICTS as refusal:
            message = f"{line.where}: {refusal}"
            raise SampleChanged(message) from refusal
        except Refusal as refusal:
            message = f"{line.where}: {refusal}"
            raise SampleError(message) from refusal
        loaded.append(LoadedLine(line, written))
        on_progress(len(loaded))
    return loaded


def _numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    for number, text in enumerate(path.read_bytes().splitlines(), start=1):
        if text.strip():
            yield number, text


def _line(where: str, text: bytes) -> SampleLine:
    try:
        parsed = read_line(text)
    except HttpProblem as problem:
        message = f"{where}: {problem.detail}"
        raise SampleError(message) from problem
    what = next((name for name in COMMAND_NAMES if name in parsed.document), REPORT)
    return SampleLine(where, what, parsed.write)


class SampleQuestion(Strict, frozen=True):
    """A question about the first incident of a sample, on the reported clock.

    With `before_report`, it is asked as of the position before that report; `words` then name the `{position}`.
    """

    words: str
    reported_until: str
    before_report: UUID | None = None


class SampleQuestions(Strict, frozen=True):
    """The questions of a sample; the sentence of `state/1` that answers them begins with `sentence`."""

    heading: str
    sentence: str
    questions: tuple[SampleQuestion, ...]


def questions_of(name: str) -> SampleQuestions:
    """Return the questions of a sample that comes with Knownwhen."""
    return SampleQuestions.model_validate(
        tomllib.loads((package_files.samples() / name / "questions.toml").read_text("utf-8"))
    )
