"""What importers of coded events share: each row is one event, one incident, and a whole statement about it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import orjson

from domain.clocks import UTC, ClockError, parse_reported
from domain.words import slugify
from service.importer import Bad, Layout, Line, Source, Unreadable, Where
from service.spreadsheet import Row, columns, rows
from service.texts import digest_of, size
from service.verbatim import attributes_of

NAMESPACE: Final = UUID("5d8f7a52-6f0c-5b0e-9d55-0c1b3f2f9a06")
"""Namespace of the ids of reports; minted once and never changed."""

LABEL: Final = 300
"""How many characters a name may have (domain.words.Label)."""

_MOST: Final = 10**12
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
    """

    name: str
    title: str
    registration: Mapping[str, str]
    event: str
    needed: tuple[str, ...]
    country: Callable[[Cells], str | None]
    report: Callable[[Cells], Part]
    said: Callable[[Cells], str | None] = lambda _: None

    def read(self, source: Source) -> Iterator[Line | Bad]:
        """Yield, of each row, the incident and the report; cells are kept verbatim. Raises Unreadable.

        The id of a report follows from the row and its release, so the same file again changes nothing, and another
        release is another statement, even where it says what an earlier one said. A release is told by the row itself,
        by `reported_at`, or else by all that the file says.
        """
        _expect_moment(source.reported_at)
        for path in source.paths:
            _expect_columns(path, source.layout, self.title, (self.event, *self.needed))
        digests = [digest_of(path, source.layout) for path in source.paths]  # all of them are text, or none is recorded
        for path, digest in zip(source.paths, digests, strict=True):
            yield Line(Where(str(path), 1), {"register": self.registration})
            release = source.reported_at or digest
            for row in rows(path, source.advance, source.layout):
                if isinstance(row, Bad):
                    yield row
                    continue
                where = Where(str(path), row.line)
                try:
                    yield from self._lines(where, row, release, source.reported_at)
                except Wrong as wrong:
                    yield Bad(where._replace(column=wrong.column), wrong.reason)

    def _lines(self, where: Where, row: Row, release: str, reported_at: str | None) -> Iterator[Line]:
        cells = row.cells
        event = cells[self.event].strip()
        slug = slugify(f"{self.name}-{event}")
        if not event or len(event) > LABEL or slug == self.name:
            raise Wrong(self.event, f"“{event[:100]}” is no id of an event.")
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
        raise Wrong(column, f"“{cell}” is not a whole number." if cell.strip() else "There is no number.")
    return found


@lru_cache(maxsize=16_384)
def _number(cell: str) -> int | None:
    cell = cell.strip()
    if not (cell.isascii() and cell.isdigit()) or len(cell) > len(str(_MOST)):
        return None
    return number if (number := int(cell)) <= _MOST else None


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
