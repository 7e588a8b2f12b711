"""What came of an import: how many rows went where, which were not taken or warned of, for people and machines."""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson
from rich.text import Text

from domain.incident.refusals import Refusal, ReportIdTaken
from service.api.failures import Problem
from service.api.lines import refused
from service.api.outcomes import INVALID, RECORDED, REFUSED, REPLAYED, Tally, outcome_of
from service.console.outcome import CannotRun
from service.console.readahead import Ready, Wrong
from service.console.warned import LISTED, Warned
from service.console.words import console, count, shown
from service.eventstore.writer import Acknowledgement
from service.formats.importer import Bad, Note, Where

MOST_SHOWN = 20
"""How many rows that were not taken are printed for people; `--json` and `--errors` tell all."""

Fault = dict[str, Any]
_OTHER_MAP = (
    "This version was imported before, by a mapping file that said otherwise, and what is recorded stays. Give the"
    " table another name in the mapping file, and it is imported beside it."
)


class Report:
    """Takes in what became of each row; a context, since faults may go into a file as they come.

    Without a file, all faults are kept if `every` is asked for, else as many as are shown. So many `warnings` are
    listed, None for all.
    """

    def __init__(self, errors: Path | None, *, every: bool, warnings: int | None = LISTED) -> None:
        self.tally = Tally()
        self.warned = Warned(warnings)
        self.faults: list[Fault] = []
        self.passed_over: list[Fault] = []
        self.notes: list[dict[str, Any]] = []
        self.untaken = 0
        self._every = every
        self._path = errors
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Open the file of faults; raises CannotRun."""
        try:
            self._file = self._path.open("wb") if self._path else None
        except OSError as problem:
            message = f"The rows that are not taken cannot be written to {self._path}: {problem.strerror}."
            raise CannotRun(message) from problem
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()

    def decided(self, row: Ready, answer: Acknowledgement | Refusal) -> None:
        """Take in a row that was decided."""
        if isinstance(answer, ReportIdTaken) and row.where.version is not None:
            self._keep({**_place(row.where), "outcome": REFUSED, "reason": _OTHER_MAP})
        elif isinstance(answer, Refusal):
            self._wrong(row.where, REFUSED, refused(answer, row.taken.document))
        else:
            self.warned.take(row.where, answer.warnings)
        self.tally.count(outcome_of(row.taken, answer))

    def together(self, rows: Sequence[tuple[Ready, Acknowledgement | Refusal]]) -> None:
        """Take in one row that was decided as several writes; one that asked for none says what is there already."""
        refused_ = [each for each in rows if isinstance(each[1], Refusal)]
        new = [each for each in rows if isinstance(each[1], Acknowledgement) and not each[1].replayed]
        for row, answer in (refused_ or new or rows)[:1]:
            self.decided(row, answer)
        if not rows:
            self.tally.count({"outcome": REPLAYED})

    def passed(self, where: Where, name: str, reason: str) -> None:
        """Take in a row that asks for nothing here: what it names, and why."""
        self.passed_over.append({**_place(where), "name": name, "reason": reason})

    def unread(self, row: Wrong | Bad) -> None:
        """Take in a row that could not be."""
        self.tally.count({"outcome": INVALID})
        if isinstance(row, Wrong):
            self._wrong(row.where, INVALID, row.problem)
        else:
            self._keep({**_place(row.where), "outcome": INVALID, "reason": row.reason})

    def note(self, row: Note) -> None:
        """Take in what is to be said of what was read."""
        self.notes.append({**_place(row.where), "note": row.text})

    def document(self) -> dict[str, Any]:
        """Return the summary: warnings, the faults that were kept, and notes and what was passed over, where any is."""
        counted = self.tally.document()
        counted["lines"] += len(self.passed_over)
        passed = {"passed_over": self.passed_over} if self.passed_over else {}
        notes = {"notes": self.notes} if self.notes else {}
        warnings = self.warned.document()
        return {
            "ok": not self.untaken,
            **counted,
            **passed,
            "warnings": warnings,
            "errors": self.faults,
            **notes,
        }

    def print(self, what: str, *, json: bool) -> None:
        """Print the summary, on standard output."""
        if json:
            sys.stdout.write(orjson.dumps(self.document(), option=orjson.OPT_INDENT_2).decode() + "\n")
            return
        out = console(sys.stdout)
        for note in self.notes:
            out.print(Text(shown(note["note"])), soft_wrap=True)
        for fault in self.faults[:MOST_SHOWN]:
            out.print(Text(shown(_words(fault))), soft_wrap=True)
        if self.untaken > MOST_SHOWN:
            told = f"{self._path} has all" if self._path else "--json or --errors FILE tells all"
            out.print(f"… and {self.untaken - MOST_SHOWN:,} more; {told}.")
        for each in self.passed_over[:MOST_SHOWN]:
            out.print(Text(shown(f"{_words(each)} ({each['name']})")), soft_wrap=True)
        if len(self.passed_over) > MOST_SHOWN:
            out.print(f"… and {len(self.passed_over) - MOST_SHOWN:,} more were passed over; --json tells all.")
        for each in self.warned.listed:
            out.print(Text(shown(f"{_at(each)}: {each['code']}: {each['detail']}")), soft_wrap=True)
        if self.warned.total:
            out.print(self.warned.summary(), soft_wrap=True)
        out.print(self._summary(what), soft_wrap=True)

    def _summary(self, what: str) -> str:
        outcomes = self.tally.outcomes
        found = [
            f"{outcomes[RECORDED]:,} recorded",
            f"{outcomes[REPLAYED]:,} already there",
            f"{outcomes[REFUSED]:,} refused",
            f"{outcomes[INVALID]:,} bad",
        ]
        if self.passed_over:
            found.append(f"{len(self.passed_over):,} passed over")
        lines = count(sum(outcomes.values()) + len(self.passed_over), "line")
        at = self.tally.position
        where = f" The last of them stands at position {at:,}." if at and outcomes[RECORDED] else ""
        return f"{what}: {lines}; {', '.join(found)}.{where}"

    def _wrong(self, where: Where, outcome: str, problem: Problem) -> None:
        first = problem.complaints[0] if problem.complaints else None
        reason = first.reason if first else problem.detail
        named = {"column": first.field} if first and first.field and where.column is None else {}
        errors = {"errors": [each.document for each in problem.complaints]} if len(problem.complaints) > 1 else {}
        self._keep({**_place(where), **named, "outcome": outcome, "reason": reason, **errors})

    def _keep(self, fault: Fault) -> None:
        self.untaken += 1
        if self._file:
            self._file.write(orjson.dumps(fault) + b"\n")
        if self._every or len(self.faults) < MOST_SHOWN:
            self.faults.append(fault)


def _place(where: Where) -> Fault:
    return {name: value for name, value in where._asdict().items() if value is not None}


def _words(fault: Fault) -> str:
    """Return one line for a row that was not taken: where it stands, and why."""
    more = len(fault.get("errors", ())) - 1
    also = f" ({more} more.)" if more > 0 else ""
    return f"{_at(fault)}: {fault['reason']}{also}"


def _at(fault: Fault) -> str:
    """Return where a row stands."""
    version = f"version {fault['version']}" if "version" in fault else None
    line = f"line {fault['line']:,}" if "line" in fault else None
    return ", ".join(each for each in (fault["file"], version, line, fault.get("column")) if each)
