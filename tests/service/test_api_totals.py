"""Totals over incidents: what can be added up is, nothing counts twice, and what nobody knows is said to be unknown."""

import csv
import io
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.service.projected import head, read
from tests.service.serving import CREATED, filed, opened, problem

pytest_plugins = ("tests.service.projected_fixtures",)

TOTALS = "/v1/tolls"
EVERYONE: dict[str, Any] = {}
CIVILIANS = {"status": ["civilian"]}
LEFT_OUT = ("in_events", "in_other_scopes", "in_words", "nothing_said")


@pytest.fixture(scope="module")
def client(projected_client: httpx.Client) -> httpx.Client:
    return projected_client


@pytest.fixture
def mark() -> str:
    """Return a tag that reports of this test carry, and no other's."""
    return f"mark-{uuid4().hex}"


def claim(figure: str, number: int = 1, **given: Any) -> dict[str, Any]:
    return {"id": str(number), "measure": "killed", "count": {"verbatim": figure}, **given}


def said(client: httpx.Client, incident: str, mark: str, *claims: dict[str, Any], **given: Any) -> dict[str, Any]:
    """File what SOHR says of an incident, and return what was answered."""
    report = {"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-12", "claims": list(claims)}
    return filed(client, incident, {**report, "tags": [mark], **given})


def totals(client: httpx.Client, mark: str, **asked: Any) -> dict[str | None, tuple[int, list[dict[str, Any]]]]:
    """Return the totals over this test's incidents: by group, how many they are, and the sums."""
    found = read(client, TOTALS, tag=mark, **asked)
    assert (found["next"], found["group_by"]) == (None, asked.get("group_by"))
    return {item["group"]: (item["incidents"], item["totals"]) for item in found["items"]}


def total(**given: Any) -> dict[str, Any]:
    """Return a sum over one incident, but for what is `given`; of those without a figure nothing else was said."""
    told = {name: given.pop(name, 0) for name in ("in_events", "in_other_scopes", "in_words")}
    found = {"measure": "killed", "population": EVERYONE, "incidents": 1, "without_figure": 0, "with_merged": 0} | given
    return found | {"left_out": {**told, "nothing_said": found["without_figure"] - sum(told.values())}}


def test_lower_and_upper_ends_are_added_and_best_figures_never(client: httpx.Client, mark: str) -> None:
    for figure in ("40", "between 10 and 20", "about 100"):
        said(client, opened(client), mark, claim(figure))
    said(client, opened(client), mark, claim("7", measure="injured"))
    ((size, (injured, killed)),) = totals(client, mark).values()
    assert size == 4
    assert killed == total(incidents=3, without_figure=1, lower=150, upper=160)
    assert injured == total(measure="injured", incidents=1, without_figure=3, lower=7, upper=7)


def test_an_open_end_leaves_no_upper_total(client: httpx.Client, mark: str) -> None:
    for figure in ("40", "at least 10"):
        said(client, opened(client), mark, claim(figure))
    assert totals(client, mark)[None] == (2, [total(incidents=2, lower=50, upper=None)])


def test_a_figure_in_words_is_no_figure(client: httpx.Client, mark: str) -> None:
    for figure in ("40", "dozens"):
        said(client, opened(client), mark, claim(figure))
    expected = total(incidents=1, without_figure=1, in_words=1, lower=40, upper=40)
    assert totals(client, mark)[None] == (2, [expected])
    said(client, opened(client, countries=["UA"]), mark, claim("many"))
    in_words = total(incidents=0, without_figure=1, in_words=1, lower=None, upper=None)
    assert totals(client, mark, group_by="country")["UA"] == (1, [in_words])
    assert totals(client, mark, group_by="source")["sohr"][1][0]["left_out"]["in_words"] == 2


def test_only_what_counts_the_whole_incident_however_it_was_done_is_added(client: httpx.Client, mark: str) -> None:
    incident = opened(client, scopes=[{"name": "north", "label": "The north"}])
    said(client, incident, mark, claim("40"), claim("30", 2, scope="north"), claim("20", 3, manner="shelling"))
    assert totals(client, mark)[None] == (1, [total(lower=40, upper=40)])


def test_each_population_and_measure_is_added_by_itself(client: httpx.Client, mark: str) -> None:
    for figures in (("40", "30"), ("10", "8")):
        said(client, opened(client), mark, claim(figures[0]), claim(figures[1], 2, population=CIVILIANS))
    everyone, civilians = total(incidents=2, lower=50, upper=50), total(incidents=2, lower=38, upper=38)
    civilians["population"] = CIVILIANS
    assert totals(client, mark)[None] == (2, [civilians, everyone])
    assert totals(client, mark, population="{}")[None] == (2, [everyone])
    assert totals(client, mark, population='{"status": ["civilian"]}')[None] == (2, [civilians])
    assert totals(client, mark, population=['{"status":["civilian"]}', "{}"])[None] == (2, [civilians, everyone])
    assert totals(client, mark, measure="injured")[None] == (2, [])


def test_an_incident_of_two_countries_is_a_group_of_its_own(client: httpx.Client, mark: str) -> None:
    for countries, figure in ((["SY"], "40"), (["SY"], "5"), (["LB", "SY"], "3"), ([], "1")):
        said(client, opened(client, countries=countries), mark, claim(figure))
    found = totals(client, mark, group_by="country")
    assert list(found) == ["LB SY", "SY", None]
    sums = {group: (size, each["lower"]) for group, (size, (each,)) in found.items()}
    assert sums == {"LB SY": (1, 3), "SY": (2, 45), None: (1, 1)}
    assert totals(client, mark, group_by="country", country="LB") == {"LB SY": found["LB SY"]}


def test_an_area_is_one_of_violence_and_never_where_a_speech_was_held(client: httpx.Client, mark: str) -> None:
    attack = {"kind": "attack_launched", "method": "shelling", "source": "sohr", "reported_at": "2025-03-08"}
    speech = {"kind": "speech_delivered", "speaker": "somebody", "source": "sohr", "reported_at": "2025-03-09"}
    for areas in (["Latakia"], ["Tartus", "Latakia"]):
        incident = opened(client)
        said(client, incident, mark, claim("10"))
        for area in areas:
            filed(client, incident, {**attack, "places": [{"name": area, "admin1": area}]})
        venue = {"name": "A mosque", "admin1": "Damascus"}
        filed(client, incident, {**speech, "venue": venue, "places": [venue]})
    expected = {"Latakia": (1, [total(lower=10, upper=10)]), "Latakia + Tartus": (1, [total(lower=10, upper=10)])}
    assert totals(client, mark, group_by="admin1") == expected


def test_a_month_is_that_in_which_it_began_in_its_own_offset(client: httpx.Client, mark: str) -> None:
    for clock in ({"utc_offset": "+03:00"}, {"utc_offset": "-08:00"}, {"time_zone": "Europe/Kyiv"}):
        incident = opened(client, **clock, period="2025-03-31T21:30:00Z/2025-04-02T00:00:00Z")
        said(client, incident, mark, claim("10"))
    said(client, opened(client), mark, claim("1"))
    sums = {group: each["lower"] for group, (_, (each,)) in totals(client, mark, group_by="month").items()}
    assert sums == {"2025-03": 10, "2025-04": 20, None: 1}
    assert totals(client, mark, group_by="month", occurred_to="2025-03-31").keys() == {"2025-03"}


def test_by_source_each_source_has_its_own_figures(client: httpx.Client, mark: str) -> None:
    first, second = opened(client), opened(client)
    said(client, first, mark, claim("40"))
    said(client, first, mark, claim("at least 60"), source="press")
    said(client, second, mark, claim("5"))
    said(client, second, mark, claim("9", measure="injured"), source="press")
    found = totals(client, mark, group_by="source", measure="killed")
    assert found == {
        "press": (2, [total(without_figure=1, lower=60, upper=None)]),
        "sohr": (2, [total(incidents=2, lower=45, upper=45)]),
    }
    (whole,) = totals(client, mark, measure="killed")[None][1]
    assert whole["lower"] < 40 + 60 + 5, "figures of several sources of one incident are never added"


def test_what_was_merged_is_not_counted_beside_its_target(client: httpx.Client, mark: str) -> None:
    town, coast = opened(client), opened(client)
    own = said(client, town, mark, claim("40"))
    said(client, coast, mark, claim("1,383"))
    apart = head(client)
    assert totals(client, mark)[None] == (2, [total(incidents=2, lower=1423, upper=1423)])
    assert client.post(f"/v1/incidents/{town}/merge", json={"into": coast}).status_code == CREATED
    assert totals(client, mark)[None] == (1, [total(lower=1383, upper=1383, with_merged=1)])
    rescoping = {"claims": [f"{own['report_id']}#1"], "scope": "incident"}
    assert client.post(f"/v1/incidents/{coast}/rescoping", json=rescoping).status_code == CREATED
    ((size, (killed,)),) = totals(client, mark).values()
    assert (size, killed["incidents"], killed["upper"]) == (1, 1, 1383), (
        "one voice said both, and is not added to itself"
    )
    assert totals(client, mark, as_of=f"@{apart}")[None] == (2, [total(incidents=2, lower=1423, upper=1423)])
    assert client.post(f"/v1/incidents/{town}/unmerge", json={}).status_code == CREATED
    assert totals(client, mark)[None][0] == 2


ATTACK = {"kind": "attack_launched", "method": "ambush", "occurred": "2025-03-08"}


def test_figures_of_single_events_are_in_no_sum_and_it_is_said_how_many_incidents_have_only_those(
    client: httpx.Client, mark: str
) -> None:
    said(client, opened(client), mark, claim("40"))
    attacked = opened(client)
    said(client, attacked, mark, claim("about 7"), event="ambush", **ATTACK)
    said(client, attacked, mark, claim("12"), event="raid", **ATTACK)
    expected = total(without_figure=1, in_events=1, lower=40, upper=40)
    assert totals(client, mark)[None] == (2, [expected])
    by_source = totals(client, mark, group_by="source")["sohr"]
    assert by_source == (2, [expected])
    said(client, attacked, mark, claim("15"), source="press")
    assert totals(client, mark)[None] == (2, [total(incidents=2, lower=55, upper=55)])
    assert totals(client, mark, group_by="source")["sohr"] == by_source
    assert "single events" in read(client, TOTALS, tag=mark)["note"]


def test_where_all_figures_are_of_single_events_there_is_a_line_without_a_sum(client: httpx.Client, mark: str) -> None:
    position = said(client, opened(client), mark, claim("about 7", population=CIVILIANS), **ATTACK)["position"]
    injured = claim("30", measure="injured")
    report = said(client, opened(client), mark, injured, **ATTACK)["report_id"]
    nothing = {"incidents": 0, "without_figure": 2, "lower": None, "upper": None}
    assert totals(client, mark)[None] == (
        2,
        [total(**nothing, measure="injured", in_events=1), total(**nothing, population=CIVILIANS, in_events=1)],
    )
    then = {**nothing, "without_figure": 1}
    assert totals(client, mark, as_of=f"@{position}")[None] == (1, [total(**then, population=CIVILIANS, in_events=1)])
    assert client.post(f"/v1/reports/{report}/retraction", json={"by": "recorder"}).status_code == CREATED
    assert totals(client, mark)[None] == (1, [total(**then, population=CIVILIANS, in_events=1)])


def test_what_is_left_out_is_counted_once_under_the_first_that_holds(client: httpx.Client, mark: str) -> None:
    scopes = [{"name": "north", "label": "The north"}]
    north, words = claim("30", 2, scope="north"), claim("dozens", 3)
    said(client, opened(client, scopes=scopes), mark, north, words)
    both = opened(client, scopes=scopes)
    said(client, both, mark, north, words)
    said(client, both, mark, claim("7"), **ATTACK)
    said(client, opened(client), mark, claim("20", manner="shelling"))
    said(client, opened(client), mark, claim("many"), **ATTACK)
    said(client, opened(client), mark, **ATTACK)
    expected = {"in_events": 1, "in_other_scopes": 2, "in_words": 1}
    ((size, (killed,)),) = totals(client, mark).values()
    assert (size, killed) == (5, total(incidents=0, without_figure=5, lower=None, upper=None, **expected))


def test_of_what_is_rated_out_nothing_is_said(client: httpx.Client, mark: str) -> None:
    liar = f"liar-{uuid4().hex}"
    graded = {"name": liar, "type": "monitor", "reliability": "E"}
    assert client.put(f"/v1/sources/{liar}", json=graded).status_code == CREATED
    whole, attacked, told = (opened(client) for _ in range(3))
    said(client, whole, mark, claim("40"), source=liar)
    said(client, attacked, mark, claim("9"), source=liar, **ATTACK)
    said(client, told, mark, claim("2"))
    assert totals(client, mark)[None] == (3, [total(without_figure=2, lower=2, upper=2)])
    assert totals(client, mark, group_by="source")[liar][1] == []


def test_of_merged_incidents_the_greatest_is_added_to_the_lower_sum_alone(client: httpx.Client, mark: str) -> None:
    first, second, whole = opened(client), opened(client), opened(client)
    said(client, first, mark, claim("4"))
    said(client, second, mark, claim("7"))
    for part in (first, second):
        assert client.post(f"/v1/incidents/{part}/merge", json={"into": whole}).status_code == CREATED
    assert totals(client, mark)[None] == (1, [total(lower=7, upper=None, with_merged=1)])
    assert totals(client, mark, group_by="source")["sohr"] == (1, [total(lower=7, upper=None, with_merged=1)])
    said(client, whole, mark, claim("5"), source="press")
    assert totals(client, mark)[None] == (1, [total(lower=7, upper=None, with_merged=1)]), "a part has more than that"
    said(client, whole, mark, claim("9"), source="press", reported_at="2025-03-13")
    assert totals(client, mark)[None] == (1, [total(lower=9, upper=9, with_merged=1)])


def test_the_toll_of_another_incident_whose_report_was_moved_is_in_no_sum(client: httpx.Client, mark: str) -> None:
    country, town = opened(client), opened(client)
    report = said(client, country, mark, claim("2,644"))["report_id"]
    moved = client.post(f"/v1/reports/{report}/move", json={"to": town})
    assert moved.status_code == CREATED, moved.text
    nothing = {"incidents": 0, "without_figure": 1, "lower": None, "upper": None}
    assert totals(client, mark)[None] == (1, [total(**nothing, in_other_scopes=1)])
    assert client.post(f"/v1/incidents/{country}/merge", json={"into": town}).status_code == CREATED
    assert totals(client, mark)[None] == (1, [total(lower=2644, upper=None, with_merged=1)])


def test_a_table_has_a_line_for_each_sum(client: httpx.Client, mark: str) -> None:
    said(client, opened(client, countries=["SY"]), mark, claim("40"), claim("7", 2, measure="injured"))
    said(client, opened(client, countries=["UA"]), mark, claim("many", population=CIVILIANS))
    said(client, opened(client, countries=["YE"]), mark, **ATTACK)
    asked = {"tag": mark, "group_by": "country", "min_position": head(client)}
    response = client.get(TOTALS, params=asked, headers={"Accept": "text/csv"})
    assert [list(row.values()) for row in csv.DictReader(io.StringIO(response.text))] == [
        ["SY", "injured", "{}", "1", "0", "7", "7", "0", "0", "0", "0", "0"],
        ["SY", "killed", "{}", "1", "0", "40", "40", "0", "0", "0", "0", "0"],
        ["UA", "killed", '{"status":["civilian"]}', "0", "1", "", "", "0", "0", "0", "1", "0"],
        ["YE", "", "", "0", "1", "", "", "0", "0", "0", "0", "1"],
    ]
    heads = response.text.partition("\r\n")[0].split(",")
    assert heads[-5:] == ["with_merged", *(f"left_out.{name}" for name in LEFT_OUT)]


def test_totals_of_a_past_moment_can_be_kept_for_ever(client: httpx.Client, mark: str) -> None:
    position = said(client, opened(client), mark, claim("40"))["position"]
    said(client, opened(client), mark, claim("2"))
    response = client.get(TOTALS, params={"tag": mark, "as_of": f"@{position}"})
    assert (response.json()["position"], response.json()["items"][0]["incidents"]) == (position, 1)
    assert "immutable" in response.headers["cache-control"]
    again = {"If-None-Match": response.headers["etag"]}
    assert client.get(TOTALS, params={"tag": mark, "as_of": f"@{position}"}, headers=again).status_code == 304


WRONG = {
    "group_by=town": "group_by",
    "population=civilian": "population",
    'population={"status":["civilan"]}': "population",
    'population={"of":"%00"}': "population",
    "occurred_from=x": "occurred_from",
    "q=x": "q",
}


@pytest.mark.parametrize(("query", "field"), WRONG.items())
def test_what_cannot_be_asked_is_told_by_its_name(client: httpx.Client, query: str, field: str) -> None:
    problem(client.get(f"{TOTALS}?{query}"), "invalid-parameter", field)
