"""What an exporter declares: how incidents at a reading become a file of its format."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple
from uuid import UUID

from domain.history.history import History
from domain.reading import Reading
from service.eventstore.stored_fact import StoredFact


class Gap(NamedTuple):
    """What a file lacks: of which thing (`incident`, `event`), and what of it is left out or empty, with the reason."""

    thing: str
    why: str


class Folded(NamedTuple):
    """One incident at the reading asked: its slug, and its history as of the position, with all that it rests on."""

    slug: str
    history: History


@dataclass(frozen=True, slots=True)
class Export:
    """What is exported: everything as of a position, at a reading.

    `incidents` folds them one after another, in the order of their slugs, each for as long as it is looked at;
    `facts` reads the log up to the position. `map` is a mapping file, `view` the name of a view, `only` the slugs
    asked for (none: all). Both iterators tell their progress by themselves.
    """

    position: int
    reading: Reading
    incidents: Callable[[], Iterator[Folded]]
    facts: Callable[[], Iterator[StoredFact]]
    map: Path | None = None
    view: str | None = None
    only: tuple[str, ...] = ()
    log: UUID | None = None
    """The identity of the log, part of the coordinates of what is exported."""
    gaps: Counter[Gap] = field(default_factory=Counter[Gap])
    """How often the format had no room for what was said, or nobody had said what it asks for."""

    def miss(self, thing: str, why: str) -> None:
        """Count one thing of which the file does not say all."""
        self.gaps[Gap(thing, why)] += 1


class Unwritable(Exception):
    """It cannot be exported so; the sentence says what to do. What was written so far is to be thrown away."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format. `write` writes all of `export` to a file that it does not close; raises Unwritable."""

    name: str
    summary: str
    suffix: str
    write: Callable[[Export, BinaryIO], None]
    mapped: bool = False
