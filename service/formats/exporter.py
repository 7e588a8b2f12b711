"""Interface of exporters: incidents at a reading become a file of a format."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple
from uuid import UUID

from domain.history.history import History
from domain.reading import Reading
from service.eventstore.erasures import Erasures
from service.eventstore.stored_fact import StoredFact


class Gap(NamedTuple):
    """Loss of information in an export: the thing (`incident`, `event`), what is omitted or empty, and the reason."""

    thing: str
    why: str


class FoldedIncident(NamedTuple):
    """One incident: its slug, and its history as of the position, with all inputs."""

    slug: str
    history: History


@dataclass(frozen=True, slots=True)
class Export:
    """Input of an exporter: the log as of `position`, at a reading.

    `incidents` folds one incident at a time, ordered by slug; `facts` reads the log up to the position; `erasures`
    tells what was erased until now of what is at home in streams. `map` is a mapping file, `view` the name of a view,
    `only` the selected slugs (empty: all), `log` the identity of the log. Both iterators report their progress. Without
    `is_whole` incidents of some collections are not there, and `facts` must not be read.
    """

    position: int
    reading: Reading
    incidents: Callable[[], Iterator[FoldedIncident]]
    facts: Callable[[], Iterator[StoredFact]]
    map: Path | None = None
    view: str | None = None
    only: tuple[str, ...] = ()
    log: UUID | None = None
    is_whole: bool = True
    gaps: Counter[Gap] = field(default_factory=Counter[Gap])
    """Number of times that the format could not hold what was reported, or lacked what it requires."""
    erasures: Callable[[Sequence[UUID]], Erasures] = lambda _: Erasures()

    def count_gap(self, thing: str, why: str) -> None:
        """Count one incident or event that the file holds incompletely."""
        self.gaps[Gap(thing, why)] += 1


class Unwritable(Exception):
    """The export is impossible; the message says what to do. Discard what was written so far."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """Output format. `write` writes to a file, left open; raises Unwritable. `needs_map`: as in Importer.

    One with a `media_type` is exported over HTTP too: it needs no option but those of a reading, and no whole log.
    """

    name: str
    summary: str
    suffix: str
    write: Callable[[Export, BinaryIO], None]
    needs_map: bool = False
    media_type: str | None = None
