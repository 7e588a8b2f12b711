"""Makes a whole log, the same for the same seed: many incidents side by side, as a monitor's years look.

Sizes of incidents follow Zipf's law with the exponent 0.73, so that the largest of 10,000 incidents with
1,000,000 facts has some 24,000. One more, `bench-10000`, has exactly 10,000 facts, spread over the whole log.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice, pairwise
from random import Random
from typing import Any, Final
from uuid import UUID

import orjson
import psycopg
from rich.console import Console
from rich.progress import Progress

from bench import scenery
from bench.stories import ASKED, Story, Told
from domain.facts.streams import POLICY_STREAM, incident_stream, source_stream
from domain.values.sources import AnonymousSource, origin_of
from service.eventstore.stored_fact import (
    COPY,
    COPY_TYPES,
    StoredFact,
)

EXPONENT: Final = 0.73
ASKED_SLUG: Final = "bench-10000"
ASKED_FACTS: Final = 10_000
BEGIN, LENGTH = datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=700)
A_TRANSACTION: Final = 100
"""So many facts share a stamp, as they do when reports come in bulk."""
A_REGRADE: Final = 50_000
"""A source is graded anew once in so many facts."""
_A_COPY: Final = 10_000

Teller = tuple[UUID, Callable[[datetime], Told]]
"""A stream, and what gives its next fact, recorded at a moment."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a log is: its incidents, all its facts, and how many of them the incident `bench-10000` has, if any."""

    facts: int
    incidents: int
    seed: int = 2026
    asked: int = ASKED_FACTS

    def __post_init__(self) -> None:
        """Refuse a log that is too small for what is in it."""
        if self._told_of_incidents() < self.incidents:
            message = f"{self.facts:,} facts are too few for {self.incidents:,} incidents and {self.asked:,} of another"
            raise ValueError(message)

    @property
    def regrades(self) -> int:
        """How often a source is graded anew."""
        return min(60, max(2, self.facts // A_REGRADE))

    def sizes(self) -> list[int]:
        """Return how many facts each incident has, the largest first; `bench-10000` is not among them."""
        weights = [(place + 1) ** -EXPONENT for place in range(self.incidents)]
        scale = (self._told_of_incidents() - self.incidents) / max(sum(weights), 1e-9)
        ends = [0.0]
        for weight in weights:
            ends.append(ends[-1] + weight * scale)
        return [1 + round(end) - round(begin) for begin, end in pairwise(ends)]

    def stamp(self, position: int) -> datetime:
        """Return when the fact at a position was recorded."""
        return BEGIN + LENGTH * ((position - 1) // A_TRANSACTION) / (self.facts // A_TRANSACTION + 1)

    def _told_of_incidents(self) -> int:
        return self.facts - scenery.SOURCES - scenery.UNNAMED - self.regrades - 1 - self.asked


def alone(seed: int = 2026) -> Shape:
    """Return the smallest log that has `bench-10000`, and no other incident."""
    others = scenery.SOURCES + scenery.UNNAMED + 2 + 1
    return Shape(ASKED_FACTS + others, 0, seed)


def log_of(shape: Shape) -> Iterator[StoredFact]:
    """Yield the facts of a log in their order, with their stamps, salts and commitments."""
    chance = Random(f"log {shape.seed}")  # noqa: S311 - the same data every time is what is wanted
    versions: Counter[UUID] = Counter()
    for position, (stream, tell) in enumerate(_turns(shape, chance), start=1):
        at = shape.stamp(position)
        topic, state, text, fact_id = tell(at)
        versions[stream] += 1
        fact = StoredFact(
            stream, versions[stream], topic, state, fact_id=fact_id, text=text, request_hash=chance.randbytes(32)
        )
        yield fact.appended(position, at, partial(chance.randbytes, 32))


def fill(url: str, shape: Shape, console: Console) -> float:
    """Write a log into an empty, migrated database; returns how many seconds that took."""
    begin = time.perf_counter()
    log = log_of(shape)
    with psycopg.connect(url, autocommit=True) as connection, Progress(console=console, transient=True) as progress:
        task = progress.add_task(f"making {shape.facts:,} facts", total=shape.facts)
        while piece := list(islice(log, _A_COPY)):
            with connection.cursor() as cursor, cursor.copy(COPY) as copy:
                copy.set_types(COPY_TYPES)
                for fact in piece:
                    copy.write_row(fact)
            progress.advance(task, len(piece))
        connection.execute("VACUUM (FREEZE, ANALYZE) public.facts")
    return time.perf_counter() - begin


def _turns(shape: Shape, chance: Random) -> Iterator[Teller]:
    """Yield whose turn it is: the sources first, then incidents that begin and end side by side."""
    for origin, registration in _sources():
        yield source_stream(origin), partial(_said, chance, "source_registered.v1", registration)
    tellers = list(_tellers(shape, chance))
    turns = sorted((moment, place) for place, (_, moments) in enumerate(tellers) for moment in moments)
    for _, place in turns:
        yield tellers[place][0]


def _tellers(shape: Shape, chance: Random) -> Iterator[tuple[Teller, list[float]]]:
    """Yield each teller with the moments at which it tells, as parts of the whole log's length."""
    if shape.asked:
        story = Story(ASKED_SLUG, shape.asked, f"{ASKED_SLUG} {shape.seed}", ASKED)
        yield (incident_stream(story.slug), story.tell), [0.0, *(chance.random() for _ in range(shape.asked - 1))]
    for number, size in enumerate(shape.sizes(), start=1):
        story = Story(f"incident-{number:05}", size, f"{number} {shape.seed}")
        begin = 0.95 * chance.random()
        length = (1 - begin) * min(1, 0.05 + chance.expovariate(4))
        moments = [begin + length * chance.random() ** 2 for _ in range(size)]
        yield (incident_stream(story.slug), story.tell), moments
    named = scenery.named_sources()
    for place, source in enumerate(chance.sample(named[:60], shape.regrades), start=1):
        regrade = {"origin": source["origin"], "reliability": "B" if source["reliability"] != "B" else "E"}
        tell = partial(_said, chance, "source_graded.v1", regrade)
        yield (source_stream(source["origin"]), tell), [place / (shape.regrades + 1)]
    yield (POLICY_STREAM, partial(_said, chance, "policy_adopted.v1", {"policy": "conservative/1"})), [0.6]


def _sources() -> Iterator[tuple[str, dict[str, Any]]]:
    for source in scenery.named_sources():
        yield source["origin"], source
    for number in range(scenery.UNNAMED):
        source, relay = scenery.unnamed(number)
        origin = origin_of(AnonymousSource.validate(source), [relay])
        registration = {"name": source["anonymous"], "type": source["type"], "reliability": "F", "speaks_for": None}
        yield origin, {"origin": origin, **registration}


def _said(chance: Random, topic: str, state: dict[str, Any], _: datetime) -> Told:
    fact_id = UUID(int=chance.getrandbits(128), version=4)
    return Told(topic, orjson.dumps(state, option=orjson.OPT_SORT_KEYS), None, fact_id)
