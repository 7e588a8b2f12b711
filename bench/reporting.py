"""Records reports at an even pace, as a busy service would; runs in a process of its own."""

import gc
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from random import Random
from typing import Final
from uuid import UUID

from bench.stories import Mix, Story, Told
from bench.world import BEGIN, EXPONENT, LENGTH
from domain.facts.streams import incident_stream
from service.eventstore import FactRecorder, StoredFact, open_recorder

LIVE: Final = 100
"""How many incidents are reported on at once; how often each follows Zipf's law."""
Commit = tuple[int, float]
"""A position, and when (`time.monotonic`) whoever recorded it was told that it is durable."""

_REPORTS: Final = Mix(curation=0)


def record(url: str, rate: int, seconds: int, seed: int, together: int) -> list[Commit]:
    """Append `rate` reports a second to the log for so many seconds, `together` in a transaction."""
    openings, told = _live(rate * seconds, seed)
    versions: dict[UUID, int] = {}
    facts = [_stored(versions, stream, each) for stream, each in [*openings, *told]]
    live, facts = facts[: len(openings)], facts[len(openings) :]
    commits: list[Commit] = []
    with _log(url, seed) as recorder:
        _append(recorder, live)
        gc.freeze()
        begin = time.monotonic()
        for start in range(0, len(facts), together):
            time.sleep(max(0.0, begin + start / rate - time.monotonic()))
            position = _append(recorder, facts[start : start + together])
            commits.append((position, time.monotonic()))
    return commits


def _live(number: int, seed: int) -> tuple[list[tuple[UUID, Told]], list[tuple[UUID, Told]]]:
    """Make it all beforehand: the openings, and so many reports in the order in which they come."""
    chance = Random(f"live {seed}")  # noqa: S311 - the same reports every time are what is wanted
    stories = [Story(f"live-{place:03}", number // LIVE, f"live {place} {seed}", _REPORTS) for place in range(LIVE)]
    weights = [(place + 1) ** -EXPONENT for place in range(LIVE)]
    streams = {story.slug: incident_stream(story.slug) for story in stories}
    at = BEGIN + LENGTH
    openings = [(streams[story.slug], story.tell(at)) for story in stories]
    drawn = chance.choices(stories, weights, k=number)
    return openings, [(streams[story.slug], story.tell(at)) for story in drawn]


def _stored(versions: dict[UUID, int], stream: UUID, told: Told) -> StoredFact:
    versions[stream] = versions.get(stream, 0) + 1
    return StoredFact(stream, versions[stream], told.topic, told.state, fact_id=told.fact_id, text=told.text)


def _append(recorder: FactRecorder, facts: Sequence[StoredFact]) -> int:
    with recorder.appending() as tail:
        tail.append(facts)
    return tail.head


def _log(url: str, seed: int) -> AbstractContextManager[FactRecorder]:
    salt: Callable[[], bytes] = partial(Random(f"salts {seed}").randbytes, 32)  # noqa: S311 - they guard nothing here
    return open_recorder(url, salt=salt, new_id=uuid.uuid4)
