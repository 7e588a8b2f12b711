"""How long answers about the past take over HTTP: of one large incident, and the list of all incidents."""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType
from typing import Final

import psycopg
from rich.progress import track

from bench import peers, processes
from bench.asking import Answered, Asker
from bench.keeping import CONSOLE, add_options, kept_in
from bench.measuring import percentile, shown, table
from bench.page import python, write_section
from bench.scenery import COUNTRIES
from bench.silence import ASKED_MS, Silence
from bench.world import ASKED_SLUG, Shape, alone
from domain.facts.streams import incident_stream

_OK, _NOT_MODIFIED = 200, 304
_WARM: Final = 30
_NONE: Mapping[str, str] = MappingProxyType({})
_SORTS: Final = ("-killed", "-occurred", "opened")
_POSITIONS = "SELECT notification_id FROM public.facts WHERE originator_id = %s ORDER BY originator_version"
ABOUT = """## Asking about the past

`python -m bench.asof --facts {facts} --incidents {incidents} --questions {questions}`: milliseconds from the first byte
sent to the last one read, one question at a time over one connection to `knownwhen serve`, Python {python}. The
incident asked about has 10,000 facts, and is asked at the same {questions} of its versions, drawn at random, in a log
that holds nothing else and in one of {facts:,} facts; `/healthz` is what any answer costs.

{table}

The median with {facts:,} facts in the log is {ratio:.2f} times that with 10,000. The first {warm} questions of each log
are told apart, none is left out: the very first folds the incident, and so do others until its state timeline is built.
While all this was asked, `/healthz` was asked a hundred times a second by a process of its own; the longest it
took to answer was {small_silence} ms on the small log and {large_silence} ms on the large one, of {asked} ms that are
allowed.
"""


@dataclass(slots=True)
class Asked:
    """What was asked of one log, and the milliseconds that each answer took."""

    url: str
    port: int
    taken: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def note(self, name: str, answered: Answered, expected: int = _OK) -> Answered:
        """Keep how long an answer took."""
        assert answered.status == expected, (name, answered.status, answered.body[:500])
        self.taken.setdefault(name, []).append(answered.milliseconds)
        return answered

    def positions(self) -> list[int]:
        """Return where the facts of the incident stand in this log, by version."""
        with psycopg.connect(self.url) as connection:
            return [position for (position,) in connection.execute(_POSITIONS, [incident_stream(ASKED_SLUG)])]


STATE, AGAIN, LISTED, LISTED_AGAIN, FLOOR, LIBRARY = (
    "`state/1` as of a random version",
    "the same again, with `If-None-Match`: 304",
    "50 of all incidents, of a country, sorted, as of a random position",
    "the same list again, with `If-None-Match`: 304",
    "`/healthz`",
    "library: the facts up to a random version loaded, without HTTP or fold",
)
STATE_FIRST, AGAIN_FIRST, LISTED_FIRST, LISTED_AGAIN_FIRST = (
    f"{name}: the first {_WARM} questions" for name in (STATE, AGAIN, LISTED, LISTED_AGAIN)
)


def main() -> None:
    """Measure, and print a Markdown table; with --write, put it into docs/performance.md."""
    options = _options()
    large = Shape(options.facts, options.incidents, options.seed)
    of_small, of_large = Silence(), Silence()
    with (
        kept_in(options.data) as kept,
        kept.copy(alone(options.seed)) as small_url,
        kept.copy(large) as large_url,
        processes.serving(small_url, "--no-projector", silence=of_small) as small_port,
        processes.serving(large_url, "--no-projector", silence=of_large) as large_port,
    ):
        small, big = Asked(small_url, small_port), Asked(large_url, large_port)
        asyncio.run(_states(small, big, options.questions, options.seed))
        versions = _versions(options.seed, big)[: max(5, options.questions // 10)]
        big.taken[LIBRARY] = peers.load_by_library(large_url, incident_stream(ASKED_SLUG), versions)
        if processes.knows("rebuild"):
            processes.run(large_url, "rebuild")
            asyncio.run(_listings(big, options.facts, options.questions, options.seed))
        else:
            CONSOLE.print("This release has no read models; the list is not measured.")
    text = ABOUT.format(
        facts=options.facts,
        incidents=options.incidents,
        questions=options.questions,
        python=python(),
        table=_table(("10,000 facts", small), (f"{options.facts:,} facts", big)),
        ratio=percentile(big.taken[STATE], 50) / percentile(small.taken[STATE], 50),
        warm=_WARM,
        small_silence=shown(of_small.longest),
        large_silence=shown(of_large.longest),
        asked=ASKED_MS,
    )
    print(text)
    if options.write:
        write_section("asof", text)


async def _states(small: Asked, big: Asked, questions: int, seed: int) -> None:
    """Ask both logs in turn about the same versions, so that what disturbs the machine meets both."""
    positions = {log.url: log.positions() for log in (small, big)}
    versions = _versions(seed, small)[: _WARM + questions]
    async with Asker(small.port) as of_small, Asker(big.port) as of_big:
        for number, version in enumerate(track(versions, "asking for states", console=CONSOLE, transient=True)):
            for log, asker in ((small, of_small), (big, of_big)):
                target = f"/v1/incidents/{ASKED_SLUG}?as_of=@{positions[log.url][version - 1]}"
                await _twice(log, asker, target, (STATE_FIRST, AGAIN_FIRST) if number < _WARM else (STATE, AGAIN))
                log.note(FLOOR, await asker.get("/healthz"))


def _versions(seed: int, log: Asked) -> list[int]:
    """Return all versions of the incident in an order drawn at random, the same for the same seed."""
    chance = Random(f"asked {seed}")  # noqa: S311 - the same questions every time are what is wanted
    versions = list(range(1, len(log.positions()) + 1))
    chance.shuffle(versions)
    return versions


async def _listings(log: Asked, facts: int, questions: int, seed: int) -> None:
    """Ask for lists of all incidents, restricted and sorted, as of positions anywhere in the log."""
    chance = Random(f"listed {seed}")  # noqa: S311 - the same questions every time are what is wanted
    async with Asker(log.port) as asker:
        for number in track(range(_WARM + questions), "asking for lists", console=CONSOLE, transient=True):
            country, sort = chance.choice(COUNTRIES).code, chance.choice(_SORTS)
            position = chance.randint(facts // 20, facts)
            target = f"/v1/incidents?as_of=@{position}&limit=50&country={country}&sort={sort}"
            names = (LISTED_FIRST, LISTED_AGAIN_FIRST) if number < _WARM else (LISTED, LISTED_AGAIN)
            await _twice(log, asker, target, names)


async def _twice(log: Asked, asker: Asker, target: str, names: tuple[str, str]) -> None:
    first, again = names
    answered = log.note(first, await asker.get(target))
    log.note(again, await asker.get(target, {"If-None-Match": answered.headers["etag"]}), _NOT_MODIFIED)


def _table(*logs: tuple[str, Asked]) -> str:
    lines: list[Sequence[str]] = []
    for size, log in logs:
        for name, taken in log.taken.items():
            figures = [percentile(taken, part) for part in (50, 95, 99)]
            lines.append([name, size, *map(shown, figures), shown(max(taken))])
    return table(["", "log", "p50", "p95", "p99", "most"], lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=1_000_000, help="how many facts the large log has")
    parser.add_argument("--incidents", type=int, default=10_000, help="how many incidents they are of")
    parser.add_argument("--questions", type=int, default=300, help="how often each question is asked")
    add_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
