"""The site answers browsers with pages and programs with documents."""

from tests.service.web.browser import Tab


def test_program_gets_the_index_and_a_browser_the_incidents(tab: Tab) -> None:
    assert tab.open("/").locator("h1").inner_text() == "Incidents"
    assert tab.page.request.get(f"{tab.site}/", headers={"Accept": "*/*"}).json()["service"] == "knownwhen"
