"""How fast single reports go in over HTTP: services that record nothing, the library's own way, and ours."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Final, NamedTuple

import orjson
import psycopg

from bench import part_costs, parts, processes
from bench.checkouts import OURS, Checkout
from bench.measuring import Spread, in_turn, shown, table
from bench.memory import processor_seconds
from bench.page import python
from bench.processes import SERVED_HEAD, Served
from bench.setup import Setup
from bench.web_peers import FACTS, Incidents, environment
from bench.world import Shape
from service import wiring
from service.access.issuing import TokenRequest
from service.access.principal import OPERATOR
from service.console.bench import expect
from service.console.load_generator import CONNECTIONS, bodies, opening, post, post_all, reports, slugs

BEFORE: Final = Shape(5_000, 200, asked=0)
"""What the log holds already."""
INCIDENTS: Final = 1_000
_CREATED: Final = 201
_SLOWER: Final = 10
"""The naive way gets so many times fewer reports, as it takes so much longer."""
BARE, FLOOR, NAIVE, CACHED = (
    "floor: bare msgspec ASGI, nothing checked or recorded",
    "floor: FastAPI, the same rules, no database",
    "library, naive, in a pool of threads",
    "library, the same, aggregates cached",
)
WITH_TOKEN: Final = f"{OURS.name}, with a token"
ABOUT = """## Single reports

`python -m bench singles`: {number:,} toll reports of about {size} bytes a run, posted one by one over {connections}
kept connections by a process of its own, on {incidents:,} incidents, Python {python}. The service answers once a
report is durable. The naive way is one `save` of the library `eventsourcing` a request, on incidents of {facts}
facts. The last line is ours where each report comes with a token. Median, least and most reports a second of {runs}
runs in turn; of the p50 and p99, in milliseconds, the median; CPU is that of the service's processes, in microseconds a
report.

{table}

{ratios}

{spent}

{served}
"""


class Posted(NamedTuple):
    """What one run gave: reports a second, latencies in milliseconds, and CPU microseconds a report."""

    rate: float
    p50: float
    p99: float
    processor: float
    served: Served


def measure(setup: Setup) -> str:
    """Measure all contestants in turn, and return the section."""
    many, one = slugs(INCIDENTS), ["measured-one"]
    contestants: dict[str, Callable[[], Posted]] = {
        BARE: partial(_floor, "bare", setup.posts),
        FLOOR: partial(_floor, "floor", setup.posts),
        NAIVE: partial(_naive, setup, cached=False),
        CACHED: partial(_naive, setup, cached=True),
    }
    for each in setup.checkouts:
        contestants[each.name] = partial(_ours, setup, each, many)
        contestants[f"{each.name}, one incident"] = partial(_ours, setup, each, one)
        contestants[f"{each.name}, 2 workers"] = partial(_ours, setup, each, many, "--workers", "2")
    contestants[WITH_TOKEN] = partial(_with_token, setup, many)
    found = in_turn(contestants, setup.runs)
    return ABOUT.format(
        number=setup.posts,
        size=round(len(bodies(1, "size")[0])),
        connections=CONNECTIONS,
        incidents=INCIDENTS,
        python=python(),
        facts=FACTS,
        runs=setup.runs,
        table=_table(found),
        ratios=_ratios(setup, found),
        spent="\n".join(_spent(setup, each, found) for each in setup.checkouts),
        served=table(["", *SERVED_HEAD], [[name, *runs[-1].served.cells()] for name, runs in found.items()]),
    )


def _table(found: dict[str, list[Posted]]) -> str:
    lines = [
        [name, *_spread(runs, "rate").cells(), *(shown(_spread(runs, each).median) for each in Posted._fields[1:4])]
        for name, runs in found.items()
    ]
    return table(["way in", "reports/s", "least", "most", "p50 ms", "p99 ms", "CPU µs"], lines)


def _spread(runs: Sequence[Posted], name: str) -> Spread:
    return Spread(tuple(getattr(each, name) for each in runs))


def _ratios(setup: Setup, found: dict[str, list[Posted]]) -> str:
    rate = {name: _spread(runs, "rate").median for name, runs in found.items()}
    lines: list[list[str]] = []
    for each in setup.checkouts:
        for name in (each.name, f"{each.name}, 2 workers"):
            ratios = [rate[name] / rate[peer] for peer in (NAIVE, CACHED, FLOOR, BARE, setup.checkouts[-1].name)]
            lines.append([name, *(f"{ratio:.2f}" for ratio in ratios)])
    head = ["times as many reports a second as", "naive", "naive, cached", "FastAPI floor", "bare floor"]
    return table([*head, setup.checkouts[-1].name], lines)


def _spent(setup: Setup, checkout: Checkout, found: dict[str, list[Posted]]) -> str:
    """Say what the CPU time of a report goes to, from what the parts cost by themselves."""
    whole = _spread(found[checkout.name], "processor").median
    bare = _spread(found[BARE], "processor").median
    door, writer = (parts.part(setup, checkout.name, each) for each in (part_costs.DOOR, part_costs.WRITER))
    rest = whole - door - writer - bare
    return (
        f"Of {whole:.0f} µs of CPU a report in {checkout.name}, {bare:.0f} are those of the bare service (HTTP),"
        f" {door:.0f} the door's, {writer:.0f} the writer's with a thousand at once; {rest:.0f} are left for"
        " framework, queue, log line, answer, and smaller transactions."
    )


def _floor(name: str, number: int) -> Posted:
    with processes.peer(name) as served:
        return _posted(served, [f"/v1/incidents/{slug}/reports" for slug in slugs(INCIDENTS)], number)


def _naive(setup: Setup, *, cached: bool) -> Posted:
    with setup.kept.copy(BEFORE) as url:
        settings = environment(url, cached=cached)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA IF NOT EXISTS naive")
        with Incidents(settings) as incidents:
            made = reports(INCIDENTS * (FACTS - 1), "before")
            opened = [incidents.open(slug, list(islice(made, FACTS - 1))) for slug in slugs(INCIDENTS)]
        with processes.peer("naive", **settings) as served:
            return _posted(served, [f"/v1/incidents/{each}/reports" for each in opened], setup.posts // _SLOWER)


def _ours(setup: Setup, checkout: Checkout, incidents: Sequence[str], *words: str) -> Posted:
    with (
        setup.kept.copy(BEFORE) as url,
        processes.serving(checkout, url, "--no-projector", *words) as served,
    ):
        openings = [post("/v1/incidents", orjson.dumps(opening(slug))) for slug in incidents]
        expect(asyncio.run(post_all(served.port, openings)), _CREATED)
        return _posted(served, [f"/v1/incidents/{slug}/reports" for slug in incidents], setup.posts)


def _with_token(setup: Setup, incidents: Sequence[str]) -> Posted:
    with setup.kept.copy(BEFORE) as url:
        token = asyncio.run(_token(url))
        with processes.serving(OURS, url, "--no-projector", access="tokens") as served:
            openings = [post("/v1/incidents", orjson.dumps(opening(slug)), token=token) for slug in incidents]
            expect(asyncio.run(post_all(served.port, openings)), _CREATED)
            return _posted(served, [f"/v1/incidents/{slug}/reports" for slug in incidents], setup.posts, token)


async def _token(url: str) -> str:
    wanted = TokenRequest("bench", frozenset({"report"}), None, (), days=1)
    async with wiring.token_issuing(url) as tokens:
        return (await tokens.make(wanted, OPERATOR)).text


def _posted(served: Served, targets: Sequence[str], number: int, token: str | None = None) -> Posted:
    requests = [
        post(targets[place % len(targets)], body, token=token) for place, body in enumerate(bodies(number, "single"))
    ]
    before = processor_seconds(served.pid)
    posted = asyncio.run(post_all(served.port, requests))
    spent = processor_seconds(served.pid) - before
    expect(posted, _CREATED)
    return Posted(posted.rate, posted.percentile(50), posted.percentile(99), 1_000_000 * spent / number, served)
