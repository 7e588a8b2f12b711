"""The site answers browsers with pages and programs with documents."""

import asyncio
import json
import time
from collections.abc import Callable

import httpx
import pytest
from starlette.datastructures import Headers

from service.web.api_client import ApiAnswer, ApiProblem
from service.web.page import gather
from service.wiring import make_app
from tests.patience import PATIENCE
from tests.service.projected import projecting
from tests.service.serving import serving
from tests.service.web.browser import Tab, away_from_playwright


def test_program_gets_the_index_and_a_browser_the_incidents(tab: Tab) -> None:
    assert tab.open("/").locator("h1").inner_text() == "Incidents"
    assert tab.page.request.get(f"{tab.site}/", headers={"Accept": "*/*"}).json()["service"] == "knownwhen"


def test_of_several_refusals_the_first_asked_for_is_shown_whichever_comes_first() -> None:
    def refused(slug: str) -> ApiProblem:
        return ApiProblem(ApiAnswer("/v1", 422, Headers(), f'{{"type": "/problems/{slug}"}}'.encode()))

    async def late() -> ApiAnswer:
        await asyncio.sleep(0.01)
        raise refused("first")

    async def soon() -> ApiAnswer:
        raise refused("second")

    with pytest.raises(ApiProblem) as caught:
        away_from_playwright(gather(late(), soon()))
    assert caught.value.slug == "first"


def test_every_source_is_offered_however_many_there_are(
    migrated_template: str, create_database: Callable[[str], str]
) -> None:
    url, names = create_database(migrated_template), [f"Monitor {number:04}" for number in range(520)]
    lines = [{"register": {"slug": f"monitor-{each[-4:]}", "name": each, "type": "monitor"}} for each in names]
    with projecting(url), serving(make_app(url)) as site, httpx.Client(base_url=site, timeout=PATIENCE) as client:
        assert client.post("/v1/incidents", json={"slug": "a-case", "title": "A case"}).status_code == 201
        batch = client.post(
            "/v1/reports:batch",
            content="\n".join(map(json.dumps, lines)),
            headers={"Content-Type": "application/x-ndjson"},
        )
        assert batch.status_code == 200, batch.text
        position = client.get("/v1/changes?limit=1").json()["position"]
        while client.get(f"/v1/sources?limit=1&min_position={position}").status_code == 503:
            time.sleep(0.05)
        form = client.get("/incidents/a-case/report?kind=toll_revised", headers={"Accept": "text/html"}).text
    assert [each for each in names if each not in form] == []
