"""What importers of coded events share: each row is one event, one incident, and a whole statement about it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import orjson

from domain.claims import latest
from domain.clocks import UTC, ClockError, parse_reported
from domain.words import slugify
from service.importer import Bad, Layout, Line, Source, Unreadable, Where, Withdrawal
from service.spreadsheet import Row, columns, rows
from service.texts import digest_of, size
from service.verbatim import attributes_of

NAMESPACE: Final = UUID("5d8f7a52-6f0c-5b0e-9d55-0c1b3f2f9a06")
"""Namespace of the ids of reports; minted once and never changed."""

LABEL: Final = 300
"""How many characters a name may have (domain.words.Label)."""

_MOST: Final = 10**12
_WHOLE: Final = re.compile(r"([0-9]+)[.]0+")
_POWER: Final = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?[Ee][+]?[0-9]+")
_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]00:00(?::00(?:[.]0+)?)?(?:Z|[+]00:00)?)?")
DATES: Final = 'Where all days are written in another way, say how: --dates "%d/%m/%Y" has the day first.'
"""What to do about days that cannot be read."""
_DEGREES: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,15})?")

Cells = Mapping[str, str]
Part = dict[str, Any]


class Wrong(Exception):
    """A cell that cannot be taken: its column, and why."""

    def __init__(self, column: str, reason: str) -> None:
        """Keep both."""
        self.column, self.reason = column, reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Codebook:
    """How rows of one data set are read.

    `name` is the slug of the source, and how the slugs of its incidents begin. `event` is the column with the id of an
    event, `needed` are the others that rows are read by. `country` gives the code of a row's country, `report` what it
    states, without source, ids and attributes; both raise Wrong. `said` gives when the row was last changed, where the
    data set tells: such a row is its own release.

    `deleted` is the column by which a list of deleted events is known, with the moment at which each was; `deleted_at`
    reads it, and raises Wrong; `dated_by` is the column that `said` reads.
    """

    name: str
    title: str
    registration: Mapping[str, str]
    event: str
    needed: tuple[str, ...]
    country: Callable[[Cells], str | None]
    report: Callable[[Cells], Part]
    said: Callable[[Cells], str | None] = lambda _: None
    deleted: str | None = None
    deleted_at: Callable[[Cells], str] = lambda _: ""
    dated_by: str = ""

    def read(self, source: Source) -> Iterator[Line | Bad | Withdrawal]:
        """Yield, of each row, the incident and the report; cells are kept verbatim. Raises Unreadable.

        The id of a report follows from the row and its release, so the same file again changes nothing, and another
        release is another statement, even where it says what an earlier one said. A release is told by the row itself,
        by `reported_at`, or else by all that the file says.
        """
        _expect_moment(source.reported_at)
        lists = {path for path in source.paths if self.deleted in columns(path, source.layout)}
        for path in source.paths:
            needed = (self.event,) if path in lists else (self.event, *self.needed)
            _expect_columns(path, source.layout, self.title, needed)
        digests = [digest_of(path, source.layout) for path in source.paths]  # all of them are text, or none is recorded
        for path, digest in zip(source.paths, digests, strict=True):
            if path in lists:
                yield from self._withdrawals(path, source)
            else:
                yield from self._events(path, source, source.reported_at or digest)

    def _events(self, path: Path, source: Source, release: str) -> Iterator[Line | Bad]:
        yield Line(Where(str(path), 1), {"register": self.registration})
        for row in rows(path, source.advance, source.layout):
            if isinstance(row, Bad):
                yield row
                continue
            where = Where(str(path), row.line)
            try:
                yield from self._lines(where, row, release, source.reported_at)
            except Wrong as wrong:
                yield Bad(where._replace(column=wrong.column), wrong.reason)

    def _withdrawals(self, path: Path, source: Source) -> Iterator[Bad | Withdrawal]:
        """Yield what a list of deleted events withdraws, the earliest first; and what of it cannot be taken."""
        found: list[Withdrawal] = []
        for row in rows(path, source.advance, source.layout):
            if isinstance(row, Bad):
                yield row
                continue
            where = Where(str(path), row.line)
            try:
                event, slug = self._named(row.cells)
                found.append(Withdrawal(where, self.name, slug, event, self.deleted_at(row.cells), self.dated_by))
            except Wrong as wrong:
                yield Bad(where._replace(column=wrong.column), wrong.reason)
        yield from sorted(found, key=lambda each: latest(parse_reported(each.reported_at, UTC)))

    def _named(self, cells: Cells) -> tuple[str, str]:
        """Return the id of the event of a row, and the slug of its incident. Raises Wrong."""
        event = cells[self.event].strip()
        slug = slugify(f"{self.name}-{event}")
        if not event or len(event) > LABEL or slug == self.name:
            raise Wrong(self.event, f"“{event[:100]}” is no id of an event.")
        return event, slug

    def _lines(self, where: Where, row: Row, release: str, reported_at: str | None) -> Iterator[Line]:
        cells = row.cells
        event, slug = self._named(cells)
        country, said = self.country(cells), self.said(cells)
        stated = self.report(cells)
        # Only what no release revises, since an incident is opened once: another title would be another opening.
        opening = {"slug": slug, "title": f"{self.title} event {event}"[:LABEL]}
        yield Line(where, {"open": opening | ({"countries": [country]} if country else {})})
        content = orjson.dumps(["" if said else release, cells], option=orjson.OPT_SORT_KEYS).decode()
        when = said or reported_at
        report = {
            "incident": slug,
            "report_id": str(uuid5(NAMESPACE, f"{self.name}:{content}")),
            "source": self.name,
            **({"reported_at": when} if when else {}),
            **stated,
            "complete": True,
            "event": slug,
            "attributes": attributes_of(cells),
            "external_ids": {self.name: event},
        }
        yield Line(where, report)


def steps(source: Source) -> int:
    """Return how many bytes the files have. Raises Unreadable."""
    return sum(map(size, source.paths))


def _expect_moment(reported_at: str | None) -> None:
    try:
        if reported_at is not None:
            parse_reported(reported_at, UTC)
    except ClockError as error:
        raise Unreadable(f"--reported-at: {error}") from error


def _expect_columns(path: Path, layout: Layout, title: str, needed: tuple[str, ...]) -> None:
    there = set(columns(path, layout))
    lacking = [name for name in needed if name not in there]
    if lacking:
        raise Unreadable(f"{path} is no file of {title}: it has no column “{'”, “'.join(lacking)}”.")


def figure(cells: Cells, column: str) -> int:
    """Return the whole number of a cell, 0 to 10^12. Raises Wrong."""
    found = _number(cells[column])
    if found is None:
        cell = cells[column][:100]
        not_whole = f"“{cell}” is not a whole number." if cell.strip() else "There is no number."
        raise Wrong(column, rounded(cell) or not_whole)
    return found


@lru_cache(maxsize=16_384)
def _number(cell: str) -> int | None:
    cell = whole(cell)
    if not (cell.isascii() and cell.isdigit()) or len(cell) > len(str(_MOST)):
        return None
    return number if (number := int(cell)) <= _MOST else None


@lru_cache(maxsize=16_384)
def whole(cell: str) -> str:
    """Return a cell without spaces around it, and without the “.0” that programs give whole numbers."""
    cell = cell.strip()
    found = _WHOLE.fullmatch(cell)
    return found[1] if found else cell


def rounded(cell: str) -> str | None:
    """Say that digits were lost, where a number was rounded to a power of ten; None where it was not."""
    if not _POWER.fullmatch(cell.strip()):
        return None
    return f"“{cell[:100]}” was rounded by a spreadsheet, and digits were lost; take the column from the original file."


@lru_cache(maxsize=16_384)
def day_of(cell: str) -> str | None:
    """Read a day of ISO 8601, also with midnight behind it; None where it is none, or another time of day is said."""
    found = _DAY.fullmatch(cell.strip())
    try:
        return date.fromisoformat(found[1]).isoformat() if found else None
    except ValueError:
        return None


def point(cells: Cells) -> Part:
    """Return the point of the columns `latitude` and `longitude`, with their digits; none where both are empty.

    Raises Wrong.
    """
    if not (cells["latitude"].strip() or cells["longitude"].strip()):
        return {}
    return {"lat": _degrees(cells, "latitude", 90), "lon": _degrees(cells, "longitude", 180)}


def place(
    cells: Cells, named: Iterable[str], areas: Mapping[str, str], country: str | None, precision: str | None
) -> Part:
    """Return where an event was: under the first name that says anything, with its point.

    Raises Wrong.
    """
    name = next((each.strip() for each in named if each.strip()), "Unknown")
    known = {"country": country, "precision": precision}
    return {**names(name=name, **areas), **point(cells), **{key: value for key, value in known.items() if value}}


def _degrees(cells: Cells, column: str, limit: int) -> str:
    cell = cells[column].strip()
    if lost := rounded(cell):
        raise Wrong(column, lost)
    if not _DEGREES.fullmatch(cell):
        try:
            cell = format(Decimal(cell), "f")  # “.5” and “5e-1” are 0.5
        except InvalidOperation:
            cell = ""
    if not _DEGREES.fullmatch(cell) or abs(float(cell)) > limit:
        raise Wrong(column, f"“{cells[column][:100]}” is not between -{limit} and {limit} decimal degrees.")
    return cell


def names(**cells: str) -> Part:
    """Return those that say something, each cut to what a name may have."""
    return {name: kept for name, cell in cells.items() if (kept := cell.strip()[:LABEL].strip())}


@lru_cache(maxsize=16_384)
def slug_of(name: str) -> str:
    """Return the slug that a name suggests; may be empty."""
    return slugify(name)


def killed(count: Part, parts: list[Part]) -> list[Part]:
    """Return the claims of those killed: the incident is the event, so the figure is said of both.

    Days are graded by that of the event; lists and totals have that of the incident.
    """
    stated = {"measure": "killed", "count": count}
    whole = {"id": "all", "scope": "incident", **stated}
    return [whole | ({"parts": parts} if parts else {}), {"id": "event", "scope": "event", **stated}]
