"""How long answers take over HTTP: about one large incident, and across all; the first of a service, and later ones."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from time import perf_counter
from typing import Final

import psycopg
from rich.progress import track

from bench import library, processes
from bench.client import Asker
from bench.measuring import CONSOLE, Spread, percentile, shown, table
from bench.page import python
from bench.processes import SERVED_HEAD, Served
from bench.scenery import COUNTRIES
from bench.setup import Setup
from bench.world import ASKED_SLUG, BEGIN, LENGTH
from domain import catalogue
from domain.facts.streams import incident_stream
from domain.values.time.clocks import format_instant

_OK, _NOT_MODIFIED = 200, 304
SECONDS: Final = 4.0
"""After so many seconds no further question of a kind is asked of a service."""
_SORTS: Final = ("-killed", "-occurred", "opened")
_WORDS: Final = ("market", "hospital", "convoy", "bakery", "shelled", "residents", "roadside", "telephone")
_POSITIONS: Final = "SELECT notification_id FROM public.facts WHERE originator_id = %s ORDER BY originator_version"
_INCIDENT: Final = f"/v1/incidents/{ASKED_SLUG}"
HEALTH: Final = "floor: `/healthz`"
STATE, LIST, SEARCH, REPORTS, CHANGES = (
    "`state/1` as of",
    "list: 50 incidents of a country, sorted, as of",
    "search: incidents by a word, as of",
    "search: reports by a word, as of",
    "`/v1/changes`: 100 facts after a position",
)
LOADED: Final = "library: the facts up to a version loaded, no HTTP, no fold"
ABOUT = """## Asking

`python -m bench questions`: milliseconds from the first byte sent to the last one read, one question at a time over
one connection to `knownwhen serve`, Python {python}. The incident has {asked:,} facts in a log of {facts:,}. Each
question is asked of a service that has just started, and then up to {questions} times more within {seconds:.0f} s,
with other versions, positions, moments, countries and words drawn at random; {runs} runs in turn. First: the median,
least and most of the first answers; later: all others. A question asked again with `If-None-Match` is answered 304.

{table}

{served}
"""


@dataclass(slots=True)
class Log:
    """A log to ask about: its size, where the incident's facts stand in it, and what draws questions at random."""

    facts: int
    positions: Sequence[int]
    chance: Random

    @classmethod
    def at(cls, url: str, facts: int, seed: int) -> "Log":
        """Look up where the facts of the incident stand."""
        with psycopg.connect(url) as connection:
            found = connection.execute(_POSITIONS, [incident_stream(ASKED_SLUG)]).fetchall()
        return cls(facts, [position for (position,) in found], Random(f"asked {seed}"))  # noqa: S311 - the same questions every time

    def as_of(self) -> str:
        """Return a position at which a fact of the incident was recorded."""
        return f"as_of=@{self.chance.choice(self.positions)}"

    def until(self) -> str:
        """Return a moment on the reported clock."""
        return f"reported_until={format_instant(BEGIN + LENGTH * self.chance.uniform(0.05, 1))}"

    def anywhere(self) -> int:
        """Return a position of the log."""
        return self.chance.randint(self.facts // 20 + 1, self.facts)


Draw = Callable[[Log], str]
"""Draws the target of one question."""


def kinds() -> dict[str, Draw]:
    """Return every kind of question by name; a new view is asked for by being there."""
    found: dict[str, Draw] = {HEALTH: lambda _: "/healthz"}
    for view in catalogue.VIEWS.values():
        path = f"{_INCIDENT}/{view.id.partition('/')[0]}" if view.id != "state/1" else _INCIDENT
        found[f"`{view.id}` as of"] = partial(_of, path, Log.as_of)
        found[f"`{view.id}` reported until"] = partial(_of, path, Log.until)
    found["diff of two positions"] = _diff
    return found | across()


def across() -> dict[str, Draw]:
    """Return the kinds of question about all incidents."""
    return {
        LIST: lambda log: (
            f"/v1/incidents?as_of=@{log.anywhere()}&limit=50&country={log.chance.choice(COUNTRIES).code}"
            f"&sort={log.chance.choice(_SORTS)}"
        ),
        SEARCH: lambda log: f"/v1/incidents?as_of=@{log.anywhere()}&limit=50&q={log.chance.choice(_WORDS)}",
        REPORTS: lambda log: f"/v1/reports?as_of=@{log.anywhere()}&limit=50&q={log.chance.choice(_WORDS)}",
        CHANGES: lambda log: f"/v1/changes?after={log.anywhere()}&limit=100",
    }


def _of(path: str, reading: Callable[[Log], str], log: Log) -> str:
    return f"{path}?{reading(log)}"


def _diff(log: Log) -> str:
    earlier, later = sorted(log.chance.choices(log.positions, k=2))
    return f"{_INCIDENT}/diff?from=@{earlier}&to=@{later}"


@dataclass(slots=True)
class Asked:
    """Milliseconds of the first answers and of all later ones, those of repeated questions apart."""

    first: list[float] = field(default_factory=list[float])
    later: list[float] = field(default_factory=list[float])
    again: list[float] = field(default_factory=list[float])


async def ask(port: int, log: Log, draw: Draw, number: int, found: Asked) -> None:
    """Ask a service the first question and then `number` further ones, or fewer in the seconds for them; each twice."""
    async with Asker(port) as asker:
        until = perf_counter() + SECONDS
        for place in range(1 + number):
            if perf_counter() > until:
                break
            target = draw(log)
            answered = await asker.get(target)
            assert answered.status == _OK, (target, answered.status, answered.body[:500])
            (found.later if place else found.first).append(answered.milliseconds)
            if place and (tag := answered.headers.get("etag")):
                repeated = await asker.get(target, {"If-None-Match": tag})
                assert repeated.status == _NOT_MODIFIED, (target, repeated.status)
                found.again.append(repeated.milliseconds)


def measure(setup: Setup) -> str:
    """Measure all checkouts in turn on the largest log, and return the section."""
    shape = setup.log(setup.facts)
    found: dict[tuple[str, str], Asked] = {}
    served: dict[str, list[Served]] = {}
    with setup.kept.copy(shape) as url:
        log = Log.at(url, shape.facts, setup.seed)
        processes.run(setup.checkouts[0], url, "rebuild")
        for run in track(range(setup.runs), "asking", console=CONSOLE, transient=True):
            for name, draw in kinds().items():
                for checkout in setup.checkouts:
                    log.chance.seed(f"{name} {run} {setup.seed}")
                    with processes.serving(checkout, url, "--no-projector") as service:
                        asked = found.setdefault((name, checkout.name), Asked())
                        asyncio.run(ask(service.port, log, draw, setup.questions, asked))
                    served.setdefault(checkout.name, []).append(service)
        versions = log.chance.sample(range(1, setup.asked + 1), min(setup.questions, 20))
        loaded = library.load_by_library(url, incident_stream(ASKED_SLUG), versions)
    return ABOUT.format(
        python=python(),
        asked=setup.asked,
        facts=shape.facts,
        questions=setup.questions,
        seconds=SECONDS,
        runs=setup.runs,
        table=_table(found, loaded),
        served=_served(served),
    )


def _served(served: Mapping[str, Sequence[Served]]) -> str:
    """Tell of each checkout the longest silence of all its services, and the memory of the largest."""
    lines: list[list[str]] = []
    for name, services in served.items():
        largest = max(services, key=lambda each: max((peak.resident for peak in each.memory.peaks.values()), default=0))
        lines.append([name, shown(max(each.silence.longest for each in services)), str(largest.memory)])
    return table(["", *SERVED_HEAD], lines)


def _table(found: Mapping[tuple[str, str], Asked], loaded: Sequence[float]) -> str:
    lines: list[list[str]] = []
    for (name, checkout), asked in found.items():
        lines.append(
            [name, checkout, *Spread(tuple(asked.first)).cells(), *_percentiles(asked.later), *_half(asked.again)]
        )
    lines.append(
        ["library: the facts up to a version loaded, no HTTP, no fold", "", "", "", "", *_percentiles(loaded), ""]
    )
    head = ["question", "", "first", "first least", "first most", "later", "p50", "p99", "most", "304 p50"]
    return table(head, lines)


def _percentiles(taken: Sequence[float]) -> list[str]:
    if not taken:
        return ["0", "", "", ""]
    return [str(len(taken)), *(shown(percentile(taken, part)) for part in (50, 99, 100))]


def _half(taken: Sequence[float]) -> list[str]:
    return [shown(percentile(taken, 50)) if taken else ""]
