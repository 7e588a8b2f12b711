"""Outcomes of an import, row by row: counts, rejected rows, warnings and notes, for people and for machines."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson
from rich.text import Text

from domain.incident.refusals import Refusal, ReportIdTaken
from domain.incident.report_warnings import ReportWarning
from service.api.batches.line import problem_of_line
from service.api.batches.outcomes import INVALID, RECORDED, REFUSED, REPLAYED, OutcomeCounts, outcome_of
from service.api.errors.problem import HttpProblem
from service.console.command import CannotRun, Misuse
from service.console.import_reader import CheckedRow, InvalidRow
from service.console.terminal import console, count, print_json, shown
from service.eventstore.writer import Acknowledgement
from service.formats.importer import ImportFault, ImportNote, Location

LISTED = 20
"""The default number of warnings listed; of a code that comes later, the first is listed too."""
ALL = "all"


def parse_limit(text: str | None) -> int | None:
    """Parse the number of warnings to list; `all` is None. Raises Misuse."""
    if text is None:
        return LISTED
    if text == ALL:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > len("1000000"):
        message = f"--warnings takes how many to list, such as 50, or “all”; “{text[:100]}” is neither."
        raise Misuse(message)
    return int(text)


class WarningCounts:
    """Warnings counted by code; `limit` is how many are listed, None for all."""

    def __init__(self, limit: int | None) -> None:
        self.codes: Counter[str] = Counter()
        self.listed: list[dict[str, Any]] = []
        self._limit = limit

    def add(self, where: Location, warnings: Iterable[ReportWarning]) -> None:
        """Count the warnings of a row."""
        for each in warnings:
            self.codes[each.code] += 1
            if self._limit is None or len(self.listed) < self._limit or (self._limit and self.codes[each.code] == 1):
                claim = {"claim": each.claim} if each.claim is not None else {}
                place = {name: value for name, value in where._asdict().items() if value is not None}
                self.listed.append({**place, "code": each.code, **claim, "detail": each.detail})

    @property
    def total(self) -> int:
        """The number of warnings."""
        return self.codes.total()

    def document(self) -> dict[str, Any]:
        """Return how many there were of each code, the most frequent first, and those that are listed."""
        return {"total": self.total, "codes": dict(self._by_number()), "listed": self.listed}

    def summary(self) -> str:
        """Return how many there were of each code in one sentence, and how to see the others."""
        codes = ", ".join(f"{number:,} {code}" for code, number in self._by_number())
        more = "" if len(self.listed) == self.total else f" Listed: {len(self.listed):,}; --warnings all lists all."
        return f"{count(self.total, 'warning')}: {codes}.{more}"

    def _by_number(self) -> list[tuple[str, int]]:
        return sorted(self.codes.items(), key=lambda each: (-each[1], each[0]))


MOST_SHOWN = 20
"""The most rejected rows that are printed as text; `--json` and `--errors` have all."""

RejectedRow = dict[str, Any]
_OTHER_MAP = (
    "This version was imported before, by a mapping file that said otherwise, and what is recorded stays. Give the"
    " table another name in the mapping file, and it is imported beside it."
)


class ImportReport:
    """Collects the outcome of each row; a context manager, since rejected rows may be written to a file as they come.

    Without a file, all rejected rows are kept with `every`, else as many as are shown. So many `warnings` are
    listed, None for all.
    """

    def __init__(self, errors: Path | None, *, every: bool, warnings: int | None = LISTED) -> None:
        self.tally = OutcomeCounts()
        self.warnings = WarningCounts(warnings)
        self.rejected_rows: list[RejectedRow] = []
        self.passed_over: list[RejectedRow] = []
        self.notes: list[dict[str, Any]] = []
        self.rejected = 0
        self._every = every
        self._path = errors
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Open the file of rejected rows. Raises CannotRun."""
        try:
            self._file = self._path.open("wb") if self._path else None
        except OSError as problem:
            message = f"The rows that are not taken cannot be written to {self._path}: {problem.strerror}."
            raise CannotRun(message) from problem
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()

    def add_decided(self, row: CheckedRow, answer: Acknowledgement | Refusal) -> None:
        """Add the outcome of a row."""
        if isinstance(answer, ReportIdTaken) and row.where.version is not None:
            self._keep({**_place(row.where), "outcome": REFUSED, "reason": _OTHER_MAP})
        elif isinstance(answer, Refusal):
            self._reject(row.where, REFUSED, problem_of_line(answer, row.parsed.document))
        else:
            self.warnings.add(row.where, answer.warnings)
        self.tally.count(outcome_of(row.parsed, answer))

    def add_retraction(self, rows: Sequence[tuple[CheckedRow, Acknowledgement | Refusal]]) -> None:
        """Add the outcome of a row with several writes: a refusal if any, else a new one; without writes, a replay."""
        refused = [each for each in rows if isinstance(each[1], Refusal)]
        new = [each for each in rows if isinstance(each[1], Acknowledgement) and not each[1].replayed]
        for row, answer in (refused or new or rows)[:1]:
            self.add_decided(row, answer)
        if not rows:
            self.tally.count({"outcome": REPLAYED})

    def add_passed_over(self, where: Location, name: str, reason: str) -> None:
        """Add a row without effect in this log: the name in it, and the reason."""
        self.passed_over.append({**_place(where), "name": name, "reason": reason})

    def add_invalid(self, row: InvalidRow | ImportFault) -> None:
        """Add a row that is not valid."""
        self.tally.count({"outcome": INVALID})
        if isinstance(row, InvalidRow):
            self._reject(row.where, INVALID, row.problem)
        else:
            self._keep({**_place(row.where), "outcome": INVALID, "reason": row.reason})

    def add_note(self, row: ImportNote) -> None:
        """Add a note of the importer."""
        self.notes.append({**_place(row.where), "note": row.text})

    def document(self) -> dict[str, Any]:
        """Return the summary: counts, warnings, rejected rows, and notes and rows passed over where any are."""
        counted = self.tally.document()
        counted["lines"] += len(self.passed_over)
        passed = {"passed_over": self.passed_over} if self.passed_over else {}
        notes = {"notes": self.notes} if self.notes else {}
        warnings = self.warnings.document()
        return {
            "ok": not self.rejected,
            **counted,
            **passed,
            "warnings": warnings,
            "errors": self.rejected_rows,
            **notes,
        }

    def print(self, what: str, *, json: bool) -> None:
        """Print the summary, on standard output."""
        if json:
            print_json(self.document())
            return
        out = console(sys.stdout)
        for note in self.notes:
            out.print(Text(shown(note["note"])), soft_wrap=True)
        for fault in self.rejected_rows[:MOST_SHOWN]:
            out.print(Text(shown(_words(fault))), soft_wrap=True)
        if self.rejected > MOST_SHOWN:
            where = f"{self._path} has all" if self._path else "--json or --errors FILE tells all"
            out.print(f"… and {self.rejected - MOST_SHOWN:,} more; {where}.")
        for each in self.passed_over[:MOST_SHOWN]:
            out.print(Text(shown(f"{_words(each)} ({each['name']})")), soft_wrap=True)
        if len(self.passed_over) > MOST_SHOWN:
            out.print(f"… and {len(self.passed_over) - MOST_SHOWN:,} more were passed over; --json tells all.")
        for each in self.warnings.listed:
            out.print(Text(shown(f"{_at(each)}: {each['code']}: {each['detail']}")), soft_wrap=True)
        if self.warnings.total:
            out.print(self.warnings.summary(), soft_wrap=True)
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

    def _reject(self, where: Location, outcome: str, problem: HttpProblem) -> None:
        first = problem.field_errors[0] if problem.field_errors else None
        reason = first.reason if first else problem.detail
        named = {"column": first.field} if first and first.field and where.column is None else {}
        errors = {"errors": [each.document for each in problem.field_errors]} if len(problem.field_errors) > 1 else {}
        self._keep({**_place(where), **named, "outcome": outcome, "reason": reason, **errors})

    def _keep(self, fault: RejectedRow) -> None:
        self.rejected += 1
        if self._file:
            self._file.write(orjson.dumps(fault) + b"\n")
        if self._every or len(self.rejected_rows) < MOST_SHOWN:
            self.rejected_rows.append(fault)


def _place(where: Location) -> RejectedRow:
    return {name: value for name, value in where._asdict().items() if value is not None}


def _words(fault: RejectedRow) -> str:
    """Return one line for a rejected row: its place, and why."""
    more = len(fault.get("errors", ())) - 1
    also = f" ({more} more.)" if more > 0 else ""
    return f"{_at(fault)}: {fault['reason']}{also}"


def _at(fault: RejectedRow) -> str:
    """Return the place of a row in words."""
    version = f"version {fault['version']}" if "version" in fault else None
    line = f"line {fault['line']:,}" if "line" in fault else None
    return ", ".join(each for each in (fault["file"], version, line, fault.get("column")) if each)
