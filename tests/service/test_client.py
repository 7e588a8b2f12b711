"""`knownwhen.client` against a live service: answers blocking and awaited, archives, and writes that are retried."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain import catalogue
from knownwhen.client import Archive, AsyncKnownwhen, Knownwhen, KnownwhenError, Problem, Retries, Unreachable
from knownwhen.client.answers import NUMBERS, TRUTHS
from service.answers.column_types import column_types
from service.wiring import make_app
from tests.service.projected import projecting
from tests.service.serving import serving, toll

pytestmark = pytest.mark.one_server_will_do

ROOT = Path(__file__).parents[2]
SAMPLE = "syria-coast-2025"
UNTIL = "2025-03-09T20:59:59Z"
ENDS = ("lower", "best", "upper")
CIVILIANS = {"status": ["civilian"]}
SERVER = {"domain", "service", "fastapi", "pydantic", "psycopg", "pandas", "polars", "matplotlib"}


@pytest.fixture(scope="module")
def address(sample_url: str) -> Iterator[str]:
    with projecting(sample_url), serving(make_app(sample_url)) as found:
        yield found


@pytest.fixture(scope="module")
def kw(address: str) -> Iterator[Knownwhen]:
    with Knownwhen(address) as client:
        yield client


@pytest.fixture(scope="module")
def archive(kw: Knownwhen) -> Archive:
    return kw.archive(SAMPLE, population=CIVILIANS)


class Failing(httpx.BaseTransport):
    """A transport whose first answers are lost, or are others, after the service has had the request or not."""

    def __init__(self, *failures: Callable[[Callable[[], httpx.Response]], httpx.Response]) -> None:
        self.failures = list(failures)
        self.real = httpx.HTTPTransport()
        self.keys: list[str | None] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers.get("idempotency-key"))
        if not self.failures:
            return self.real.handle_request(request)
        return self.failures.pop(0)(lambda: self.real.handle_request(request))

    def close(self) -> None:
        self.real.close()


def lost(send: Callable[[], httpx.Response]) -> httpx.Response:
    send().close()
    raise httpx.ReadError("the connection was lost after the request")


def unsent(_send: Callable[[], httpx.Response]) -> httpx.Response:
    raise httpx.ConnectError("refused")


def busy(seconds: str) -> Callable[[Callable[[], httpx.Response]], httpx.Response]:
    document = {"type": "/problems/overloaded", "detail": "Try again later."}
    return lambda _send: httpx.Response(503, json=document, headers={"Retry-After": seconds})


def test_it_imports_nothing_of_the_server_and_needs_httpx_alone() -> None:
    program = (
        "import json, sys; import knownwhen.client; print(json.dumps([name.partition('.')[0] for name in sys.modules]))"
    )
    path = f"import sys; sys.path.insert(0, {str(ROOT / 'service' / 'client')!r}); "
    asked = [sys.executable, "-I", "-c", path + program]
    found = set(json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout))
    assert "httpx" in found
    assert not found & SERVER


def test_its_types_of_columns_are_those_of_the_service() -> None:
    types = {name: of for view in catalogue.VIEWS.values() for name, of in column_types(view).items()}
    assert {name for name, of in types.items() if of == "number"} == NUMBERS
    assert {name for name, of in types.items() if of == "truth"} == TRUTHS


def test_both_clients_have_the_same_answers_as_the_interface(kw: Knownwhen, address: str) -> None:
    reading: dict[str, Any] = {"as_of": 100, "reported_until": UNTIL, "policy": "latest/1"}
    raw = httpx.get(f"{address}/v1/incidents/{SAMPLE}", params={**reading, "as_of": "@100"}).json()

    async def awaited() -> tuple[Any, Any]:
        async with AsyncKnownwhen(address) as client:
            return await client.state(SAMPLE, **reading), await client.claims(SAMPLE, **reading)

    state, claims = asyncio.run(awaited())
    assert state == kw.state(SAMPLE, **reading)
    assert (state.data, state.coordinates, state.digest) == (raw["data"], raw["coordinates"], raw["digest"])
    assert claims == kw.claims(SAMPLE, **state.reading)
    assert len(claims.rows()) == len(kw.view(SAMPLE, "claims", **reading).data["claims"])
    assert (
        kw.state(SAMPLE, reported_until=datetime(2025, 3, 9, 20, 59, 59, tzinfo=UTC)).reading["reported_until"] == UNTIL
    )
    assert kw.timeline(SAMPLE).rows()
    assert kw.table(SAMPLE, "state").rows()


def test_an_archive_tells_at_every_version_what_the_service_tells(kw: Knownwhen, archive: Archive) -> None:
    for position, _ in archive.versions[::25]:
        told = [(step["at"], *(figure_of(step[end]) for end in ENDS)) for step in series(kw, position)]
        kept = [(step.at, *(getattr(step, end) for end in ENDS)) for step in archive.as_of(position).steps]
        assert kept == told
    assert archive.latest().steps
    newest, moment = archive.versions[-1]
    assert archive.as_of(datetime.fromisoformat(moment)) == archive.as_of(newest) == archive.latest()
    assert archive.as_of(0).steps == ()


def figure_of(end: dict[str, Any] | None) -> int | None:
    return end and end["figure"]


def series(kw: Knownwhen, position: int) -> list[dict[str, Any]]:
    try:
        found = kw.view(SAMPLE, "tolls", as_of=position).data["series"]
    except Problem as problem:
        if problem.slug != "not-yet-known":
            raise
        return []
    key = {"measure": "killed", "population": CIVILIANS, "scope": "incident", "manner": None}
    return [step for each in found if {name: each[name] for name in key} == key for step in each["reported"]]


def test_a_summary_of_revisions_has_figures_that_were_said_and_no_other(kw: Knownwhen, archive: Archive) -> None:
    said = {claim[end] for claim in kw.view(SAMPLE, "claims").data["claims"] for end in ENDS}
    summary = archive.revision_summary()
    assert [each["at"] for each in summary] == sorted({step.at for step in archive.steps})
    assert sum(each["n_revisions"] for each in summary) == len(archive.steps) - len(summary)
    for each in summary:
        figures = {each[name] for name in each if name.startswith(("first_", "latest_", "lowest", "highest"))}
        assert figures - said - {None, each["first_position"], each["latest_position"]} == set()
    with pytest.raises(KnownwhenError, match="no series"):
        kw.archive(SAMPLE, measure="abducted")


def test_a_write_whose_answer_was_lost_is_sent_again_under_its_key_and_recorded_once(address: str) -> None:
    slept: list[float] = []
    transport = Failing(unsent, lost, busy("0"))
    with Knownwhen(address, transport=transport, sleep=slept.append) as client:
        opened = client.open_incident({"slug": "retried", "title": "Retried", "utc_offset": "+00:00"})
        assert opened.replayed
        assert len(set(transport.keys)) == 1
        assert transport.keys[0]
        assert slept == [0.5, 1.0, 0.0]
        filed = client.report("retried", toll("12"), version=1)
        assert (filed.replayed, filed.position > opened.position) == (False, True)
        transport.failures = [lost]
        again = client.report("retried", toll("13", reported_at="2025-03-14"))
        assert again.replayed
        assert len(client.timeline("retried").rows()) == 2


def test_retries_end(address: str) -> None:
    with Knownwhen(address, retries=Retries(times=2), transport=Failing(*[unsent] * 9), sleep=lambda _: None) as client:
        with pytest.raises(Unreachable, match="does not answer"):
            client.state(SAMPLE)
    with Knownwhen(address, transport=Failing(busy("3600")), sleep=lambda _: None) as client:
        with pytest.raises(Problem, match=r"Try again later\."):
            client.state(SAMPLE)


def test_what_is_refused_is_raised_with_its_sentence(kw: Knownwhen) -> None:
    with pytest.raises(Problem, match="There is no incident “nothing-here”") as refused:
        kw.state("nothing-here")
    assert (refused.value.status, refused.value.slug) == (404, "no-such-incident")
    with pytest.raises(Problem, match="kiled") as invalid:
        kw.report(SAMPLE, toll("1", claims=[{"id": "1", "measure": "kiled", "count": {"verbatim": "1"}}]))
    assert invalid.value.errors[0]["nearest"] == "killed"
    with pytest.raises(KnownwhenError, match="needs an offset"):
        kw.state(SAMPLE, as_of=datetime(2025, 3, 9))  # noqa: DTZ001 - that is what is refused


def test_a_list_is_read_to_its_end(kw: Knownwhen) -> None:
    found = kw.items("reports", {"incident": SAMPLE, "limit": 7, "min_position": 1})
    assert len(found) == len({each["report_id"] for each in found}) == len(kw.timeline(SAMPLE).rows())
