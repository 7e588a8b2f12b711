"""The site answers browsers with pages and programs with documents."""

import asyncio

import pytest
from starlette.datastructures import Headers

from service.web.api_client import ApiAnswer, ApiProblem
from service.web.page import gather
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
