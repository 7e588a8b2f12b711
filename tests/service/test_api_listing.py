"""The list of incidents: found by filters, sorted, cut into pages, at any moment of either clock."""

import csv
import io
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from domain.facts.streams import incident_stream
from service.api import read_models
from service.api.lists import listing_as_reported
from service.api.lists.cursor import Cursor, format_cursor
from service.api.resources.views import view_paths
from tests.patience import PATIENCE
from tests.service.projected import head, projected_service, projecting, read
from tests.service.serving import CREATED, filed, opened, problem, service, toll

pytest_plugins = ("tests.service.projected_fixtures",)

LIST = "/v1/incidents"
FOR_EVER = "2100-01-01T00:00:00Z"
ENDS = ("lower", "best", "upper", "upper_open", "contested")
LATER = {"occurred": "2025-03-10", "reported_at": "2025-03-11"}


@pytest.fixture(scope="module")
def client(projected_client: httpx.Client) -> httpx.Client:
    return projected_client


def attack(**given: Any) -> dict[str, Any]:
    """Return a report of an attack on 7 March, said on the 8th, that differs in what is `given`."""
    told = {"kind": "attack_launched", "method": "armed_clash", "source": "sohr"}
    return {**told, "occurred": "2025-03-07", "reported_at": "2025-03-08", **given}


def killed(figure: str) -> list[dict[str, Any]]:
    return [{"id": "1", "measure": "killed", "scope": "incident", "count": {"verbatim": figure}}]


def place(lat: str, lon: str) -> list[dict[str, Any]]:
    return [{"name": "Somewhere", "lat": lat, "lon": lon}]


def posted(client: httpx.Client, address: str, **body: Any) -> dict[str, Any]:
    response = client.post(address, json=body)
    assert response.status_code == CREATED, response.text
    return response.json()


def dead(item: dict[str, Any]) -> int | None:
    """Return the least number of dead that an item is found and sorted by."""
    return item["killed_at_least"] and item["killed_at_least"]["figure"]


def listed(client: httpx.Client, **asked: Any) -> list[dict[str, Any]]:
    """Return what is listed once all that was recorded counts, page upon page."""
    found = read(client, LIST, **asked)
    items = found["items"]
    while found["next"]:
        found = read(client, LIST, **{**asked, "cursor": found["next"]})
        items += found["items"]
    return items


@pytest.fixture(scope="module")
def four(client: httpx.Client) -> dict[str, str]:
    """Return the slugs of four incidents, by name: a coast, a river, a border, and one that nothing was said of."""
    slugs = {
        "coast": opened(client, title="The coast four", countries=["SY"]),
        "river": opened(client, title="The river four", countries=["UA"], period="2024-05-01/2024-05-03"),
        "border": opened(client, title="A border four", countries=["LB", "SY"]),
        "quiet": opened(client, title="Zero said four", utc_offset="Z"),
    }
    actors = [{"name": "Gunmen"}]
    filed(client, slugs["coast"], attack(places=place("35.36", "35.92"), actors=actors, tags=["roads"]))
    filed(client, slugs["coast"], toll("1,383", claims=killed("1,383")))
    filed(client, slugs["river"], toll("40", source="press", claims=killed("at least 40"), tags=["floods"]))
    filed(client, slugs["border"], attack(places=place("34.5", "36.1"), claims=killed("3"), **LATER))
    posted(client, f"{LIST}/{slugs['border']}/close")
    return slugs


FOUND = [
    ({"country": "SY"}, "coast border"),
    ({"country": ["UA", "LB"]}, "river border"),
    ({"kind": "attack_launched"}, "coast border"),
    ({"kind": "attack_launched", "country": "LB"}, "border"),
    ({"actor": "Gunmen"}, "coast"),
    ({"actor": "gunmen"}, ""),
    ({"source": "press"}, "river"),
    ({"source": ["press", "sohr"]}, "coast river border"),
    ({"tag": ["roads", "floods"]}, "coast river"),
    ({"status": "closed"}, "border"),
    ({"status": ["open", "closed"]}, "coast river border quiet"),
    ({"level_min": 2}, "coast border"),
    ({"level_min": 3}, ""),
    ({"killed_min": 40}, "coast river"),
    ({"bbox": "35.5,35,36,36"}, "coast"),
    ({"bbox": ["35.5,35,36,36", "36,34,37,35"]}, "coast border"),
    ({"bbox": "36.2,-90,35.5,90"}, ""),
    ({"bbox": "36.05,-90,35.93,90"}, "coast border"),
    ({"occurred_from": "2025-03-08"}, "border"),
    ({"occurred_to": "2025-03-07"}, "coast river"),
    ({"occurred_from": "2024-05-03", "occurred_to": "2025-03-07"}, "coast river"),
    ({"q": "COAST four"}, "coast"),
    ({"q": "gunmen"}, "coast"),
    ({"q": ["border", "river"]}, "river border"),
]


@pytest.mark.parametrize(("asked", "names"), FOUND)
@pytest.mark.parametrize("until", [None, FOR_EVER])
def test_an_incident_is_listed_if_it_meets_every_filter(
    client: httpx.Client, four: dict[str, str], asked: dict[str, Any], names: str, until: str | None
) -> None:
    wanted = {"q": "four"} | asked | ({"reported_until": until} if until else {})
    expected = [name for name in names.split() if not (until and name == "quiet")]
    found = [item["slug"] for item in listed(client, **wanted) if item["slug"] in four.values()]
    assert found == [four[name] for name in expected]


def test_an_item_tells_what_lists_show(client: httpx.Client, four: dict[str, str]) -> None:
    (item,) = listed(client, q="coast four")
    links, changed = item.pop("links"), item.pop("changed")
    toll_of_all = item.pop("killed")
    opening = client.get(f"{LIST}/{four['coast']}?as_of=@{item['opened']['position']}").json()["coordinates"]
    assert item == {
        "slug": four["coast"],
        "id": str(incident_stream(four["coast"])),
        "title": "The coast four",
        "status": "open",
        "countries": ["SY"],
        "period": None,
        "occurred": {"from": "2025-03-06T21:00:00Z", "to": "2025-03-07T20:59:59Z"},
        "kinds": ["attack_launched", "toll_revised"],
        "sources": ["sohr"],
        "tags": ["roads"],
        "level": 2,
        "killed_at_least": {
            "figure": 1383,
            **{name: toll_of_all[name] for name in toll_of_all if name not in ENDS},
        },
        "killed_in_events": None,
        "killed_in_merged": None,
        "killed_in_scopes": None,
        "opened": {name: opening[name] for name in ("position", "recorded_at")},
    }
    assert {name: toll_of_all[name] for name in (*ENDS, "scope", "population", "bound", "said", "source")} == {
        **dict.fromkeys(ENDS[:3], 1383),
        **dict.fromkeys(ENDS[3:], False),
        "scope": "incident",
        "population": {},
        "bound": "exact",
        "said": "1,383",
        "source": "sohr",
    }
    last = client.get(f"{LIST}/{four['coast']}").json()["coordinates"]
    assert changed == {name: last[name] for name in ("position", "recorded_at")}
    assert set(links) == {*view_paths(), "duplicates", "facts"}
    assert all(client.get(each).status_code == 200 for each in links.values())


def test_without_any_facts_the_list_is_empty(database_url: str) -> None:
    with projected_service(database_url) as client:
        until = time.monotonic() + PATIENCE
        while (response := client.get(LIST)).status_code == 503:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert response.json() == {"items": [], "next": None, "position": 0}


def test_a_table_has_the_same_items(client: httpx.Client, four: dict[str, str]) -> None:
    response = client.get(LIST, params={"q": "four", "sort": "title"}, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [row["slug"] for row in rows] == [four[name] for name in ("border", "coast", "river", "quiet")]
    assert (rows[0]["countries"], rows[0]["killed.lower"], rows[3]["killed.lower"]) == ("LB; SY", "3", "")
    assert (rows[2]["killed.upper_open"], rows[2]["killed.said"], rows[2]["killed_at_least.figure"]) == (
        "true",
        "at least 40",
        "40",
    )
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"


@pytest.mark.parametrize("until", [{}, {"reported_until": FOR_EVER}])
def test_points_of_violence_are_told_where_they_are_asked_for(
    client: httpx.Client, four: dict[str, str], until: dict[str, str]
) -> None:
    found = {item["slug"]: item["points"] for item in listed(client, q="four", points="true", **until)}
    assert found[four["coast"]] == [{"lat": 35.36, "lon": 35.92}]
    assert found[four["river"]] == []
    assert all("points" not in item for item in listed(client, q="four", **until))


def test_where_a_speech_was_held_is_no_place_of_violence(client: httpx.Client) -> None:
    slug, mark = opened(client), f"mark-{uuid4().hex}"
    venue = {"name": "A mosque", "lat": "33.5", "lon": "36.2"}
    speech = {"kind": "speech_delivered", "speaker": "somebody", "venue": venue, "places": [venue], "source": "sohr"}
    filed(client, slug, {**speech, "tags": [mark], "reported_at": "2025-03-09"})
    for until in ({}, {"reported_until": FOR_EVER}):
        assert [item["slug"] for item in listed(client, tag=mark, **until)] == [slug]
        assert listed(client, tag=mark, bbox="-180,-90,180,90", **until) == []
        assert [item["points"] for item in listed(client, tag=mark, points="true", **until)] == [[]]


@pytest.mark.parametrize("until", [None, FOR_EVER])
def test_a_day_is_one_in_the_offset_of_the_incident(client: httpx.Client, until: str | None) -> None:
    mark = f"mark-{uuid4().hex}"
    for offset in ("+03:00", "-08:00"):
        filed(client, opened(client, utc_offset=offset, title=offset), attack(tags=[mark]))
    asked = {"tag": mark, "sort": "-title"} | ({"reported_until": until} if until else {})

    def titles(**span: str) -> list[str]:
        return [item["title"] for item in listed(client, **asked, **span)]

    assert titles(occurred_from="2025-03-07", occurred_to="2025-03-07") == ["-08:00", "+03:00"]
    assert titles(occurred_to="2025-03-06") == titles(occurred_from="2025-03-08") == []
    assert titles(occurred_to="2025-03-06T22:00:00Z") == ["+03:00"]
    assert titles(occurred_from="2025-03-08T00:00:00+00:00") == ["-08:00"]


SORTED = {
    "opened": "coast river border quiet",
    "-opened": "quiet border river coast",
    "title": "border coast river quiet",
    "-title": "quiet river coast border",
    "killed": "border river coast quiet",
    "-killed": "coast river border quiet",
    "occurred": "river coast border quiet",
    "-occurred": "border coast river quiet",
    "-changed": "border river coast quiet",
}


@pytest.mark.parametrize(("sort", "names"), SORTED.items())
@pytest.mark.parametrize("limit", [1, 3])
def test_pages_go_on_where_the_one_before_ended_and_no_value_comes_last(
    client: httpx.Client, four: dict[str, str], sort: str, names: str, limit: int
) -> None:
    expected = [four[name] for name in names.split()]
    assert [item["slug"] for item in listed(client, q="four", sort=sort, limit=limit)] == expected
    said = [item["slug"] for item in listed(client, q="four", sort=sort, limit=limit, reported_until=FOR_EVER)]
    assert said == [slug for slug in expected if slug != four["quiet"]]


def test_equals_go_by_their_slug(client: httpx.Client) -> None:
    mark = uuid4().hex
    slugs = sorted(opened(client, title=f"Same {mark}") for _ in range(4))
    for sort in ("title", "-title", "killed", "-killed"):
        assert [item["slug"] for item in listed(client, q=mark, sort=sort, limit=1)] == slugs


def test_all_pages_of_a_list_are_read_where_the_first_was(client: httpx.Client) -> None:
    mark = uuid4().hex
    slugs = [opened(client, title=f"No. {n} {mark}") for n in range(3)]
    first = read(client, LIST, q=mark, limit=2)
    posted(client, f"{LIST}/{slugs[2]}/amendment", title=f"Renamed {mark}")
    opened(client, title=f"Later {mark}")
    assert len(listed(client, q=mark)) == 4
    link = client.get(LIST, params={"q": mark, "limit": 2, "as_of": f"@{first['position']}"}).links["next"]["url"]
    for response in (client.get(LIST, params={"q": mark, "limit": 2, "cursor": first["next"]}), client.get(link)):
        second = response.json()
        assert (second["position"], second["next"]) == (first["position"], None)
        assert [item["title"] for item in second["items"]] == [f"No. 2 {mark}"]
        assert "immutable" in response.headers["cache-control"]


def test_a_list_of_a_past_moment_is_what_it_was_and_can_be_kept_for_ever(client: httpx.Client) -> None:
    mark = uuid4().hex
    slug = opened(client, title=f"Then {mark}")
    report = filed(client, slug, attack(claims=killed("7")))
    then, at = read(client, LIST, q=mark), f"@{report['position']}"
    posted(client, f"/v1/reports/{report['report_id']}/retraction", by="recorder")
    posted(client, f"{LIST}/{slug}/amendment", title=f"Now {mark}")
    now = read(client, LIST, q=mark)
    (item,) = now["items"]
    assert (item["title"], item["killed"], dead(item), item["kinds"]) == (f"Now {mark}", None, None, [])
    assert dead(then["items"][0]) == 7
    response = client.get(LIST, params={"q": mark, "as_of": at})
    assert response.json() == then
    assert "immutable" in response.headers["cache-control"]
    assert client.get(LIST, params={"q": mark}).headers["cache-control"] == "no-cache"
    tag = response.headers["etag"]
    assert client.get(LIST, params={"q": mark, "as_of": at}, headers={"If-None-Match": tag}).status_code == 304
    stamp = client.get(f"{LIST}/{slug}?as_of={at}").json()["coordinates"]["recorded_at"]
    assert client.get(LIST, params={"q": mark, "as_of": stamp}).json() == then
    assert client.get(LIST, params={"as_of": "2020-01-01T00:00:00Z"}).json()["items"] == []


def test_what_was_merged_is_listed_only_if_it_is_asked_for(client: httpx.Client) -> None:
    mark = uuid4().hex
    town, coast = (opened(client, title=f"{name} {mark}") for name in ("Town", "Coast"))
    filed(client, town, attack(claims=killed("40")))
    before = head(client)
    posted(client, f"{LIST}/{town}/merge", into=coast)
    for until in ({}, {"reported_until": FOR_EVER}):
        (shown,) = listed(client, q=mark, **until)
        assert (shown["slug"], shown["kinds"], "into" in shown) == (coast, ["attack_launched"], False)
        (merged,) = listed(client, q=mark, status="merged", **until)
        assert (merged["slug"], merged["status"], merged["into"]) == (town, "merged", coast)
    assert {item["slug"] for item in listed(client, q=mark, as_of=f"@{before}")} == {town, coast}
    posted(client, f"{LIST}/{town}/unmerge")
    assert {item["slug"] for item in listed(client, q=mark)} == {town, coast}


def test_sources_that_are_one_are_found_by_either_name(client: httpx.Client) -> None:
    names = [f"{name}-{uuid4().hex}" for name in ("a", "b", "c")]
    slug = opened(client)
    for name in names:
        filed(client, slug, attack(source=name))
    other = opened(client)
    filed(client, other, attack(source=names[2]))
    posted(client, "/v1/sources/same-origin", origins=names[:2])
    posted(client, "/v1/sources/same-origin", origins=names[1:])
    for until in ({}, {"reported_until": FOR_EVER}):
        for name in names:
            assert [item["slug"] for item in listed(client, source=name, **until)] == [slug, other]


def in_one(event: str, figure: str, **given: Any) -> dict[str, Any]:
    """Return a report of an attack that tells how many died in it, and nothing of the whole incident."""
    claims = [{"id": "1", "measure": "killed", "count": {"verbatim": figure}}]
    return attack(event=event, claims=claims, **given)


@pytest.mark.parametrize("until", [{}, {"reported_until": FOR_EVER}])
def test_the_dead_of_one_attack_are_listed_and_found_as_those_of_that_event(
    client: httpx.Client, until: dict[str, str]
) -> None:
    mark = f"mark-{uuid4().hex}"
    slug = opened(client)
    before = head(client)
    report = filed(client, slug, in_one("ambush at the mill", "about 7", tags=[mark]))
    for least, found in ((0, True), (5, True), (7, True), (8, False)):
        assert [item["slug"] for item in listed(client, tag=mark, killed_min=least, **until)] == [slug] * found
    (item,) = listed(client, tag=mark, **until)
    claim = f"{report['report_id']}#1"
    shown = {"scope": "event", "event": "ambush at the mill", "bound": "about", "said": "about 7", "claim": claim}
    assert shown.items() <= item["killed"].items()
    assert (item["killed"]["lower"], item["killed"]["upper"], dead(item)) == (7, 7, 7)
    assert item["killed_in_events"] == {"count": 1, "greatest": item["killed"]}
    assert listed(client, q=slug, as_of=f"@{before}", killed_min=0, **until) == []
    assert listed(client, tag=mark, as_of=f"@{report['position']}", **until) == [item]


@pytest.mark.parametrize("until", [{}, {"reported_until": FOR_EVER}])
def test_of_several_attacks_the_gravest_is_shown_and_their_sum_never(
    client: httpx.Client, until: dict[str, str]
) -> None:
    mark = f"mark-{uuid4().hex}"
    slug = opened(client)
    positions = [
        filed(client, slug, in_one(event, figure, tags=[mark]))["position"]
        for event, figure in (("mill", "4"), ("ford", "at least 9"), ("road", "dozens"), ("bridge", "3"))
    ]
    (item,) = listed(client, tag=mark, **until)
    assert (item["killed_in_events"]["count"], item["killed"]["event"], dead(item)) == (3, "ford", 9)
    assert listed(client, tag=mark, killed_min=10, **until) == []
    (then,) = listed(client, tag=mark, as_of=f"@{positions[0]}", **until)
    assert (then["killed_in_events"]["count"], then["killed"]["event"], dead(then)) == (1, "mill", 4)
    filed(client, slug, toll("6", source="press", claims=killed("6")))
    (both,) = listed(client, tag=mark, **until)
    assert (both["killed"]["scope"], both["killed"]["lower"], both["killed_at_least"]["event"]) == (
        "incident",
        6,
        "ford",
    )


def test_what_was_counted_for_a_merged_incident_is_found_and_shown_as_that(client: httpx.Client) -> None:
    mark = uuid4().hex
    town, coast = (opened(client, title=f"{name} {mark}") for name in ("Town", "Coast"))
    filed(client, town, attack(claims=killed("40")))
    filed(client, coast, attack(claims=killed("7"), source="press"))
    posted(client, f"{LIST}/{town}/merge", into=coast)
    for until in ({}, {"reported_until": FOR_EVER}):
        (item,) = listed(client, q=mark, killed_min=40, **until)
        assert (item["slug"], item["killed"]["lower"], dead(item)) == (coast, 7, 40)
        assert item["killed_at_least"]["counted_for"] == town
        assert (item["killed_in_merged"]["count"], item["killed_in_merged"]["greatest"]["lower"]) == (1, 40)
    posted(client, f"{LIST}/{town}/unmerge")
    assert [dead(item) for item in listed(client, q=mark, sort="title")] == [7, 40]


def test_the_dead_of_events_and_of_incidents_are_sorted_together_page_by_page(client: httpx.Client) -> None:
    mark = f"mark-{uuid4().hex}"
    figures = [in_one("mill", "4"), attack(claims=killed("12")), in_one("ford", "many"), in_one("road", "at least 9")]
    slugs = [opened(client) for _ in figures]
    for slug, report in zip(slugs, figures, strict=True):
        filed(client, slug, {**report, "tags": [mark]})
    for until in ({}, {"reported_until": FOR_EVER}):
        for sort, order in (("-killed", (1, 3, 0, 2)), ("killed", (0, 3, 1, 2))):
            found = listed(client, tag=mark, sort=sort, limit=1, **until)
            assert [item["slug"] for item in found] == [slugs[place] for place in order]


def test_a_cursor_of_before_goes_on_by_the_figure_that_it_holds(client: httpx.Client) -> None:
    mark = f"mark-{uuid4().hex}"
    slugs = [opened(client) for _ in range(3)]
    for slug, figure in zip(slugs, ("9", "7", "4"), strict=True):
        filed(client, slug, in_one("mill", figure, tags=[mark]))
    position = head(client)
    listed(client, tag=mark)
    cursor = format_cursor(Cursor("-killed", 9, slugs[0], position))
    found = read(client, LIST, tag=mark, sort="-killed", cursor=cursor)
    assert [item["slug"] for item in found["items"]] == slugs[1:]


WRONG = {
    "country=Syria": "country",
    "country=SY&country=XX1": "country",
    "kind=atack_launched": "kind",
    "status=merge": "status",
    "bbox=1,2,3": "bbox",
    "bbox=1,2,3,x": "bbox",
    "bbox=1,20,3,10": "bbox",
    "bbox=190,1,191,2": "bbox",
    "level_min=6": "level_min",
    "level_min=-1": "level_min",
    "killed_min=many": "killed_min",
    "occurred_from=yesterday": "occurred_from",
    "occurred_to=2025-02-30": "occurred_to",
    "occurred_from=2025-03-09&occurred_to=2025-03-08": "occurred_to",
    "q=%3F!": "q",
    "tag=%00": "tag",
    "sort=size": "sort",
    "limit=0": "limit",
    "limit=501": "limit",
    "cursor=abc": "cursor",
    "cursor=WyJvcGVuZWQiLDEsIngiLDk5OTk5OTk5XQ": "cursor",
    "cursor=WyJraWxsZWQiLDEsIngiLDFd": "cursor",
    "cursor=WyJvcGVuZWQiLCIxIiwieCIsMV0": "cursor",
    "min_position=0": "min_position",
    "sort=title&sort=title": "sort",
    "country=": "country",
    "contry=SY": "contry",
}


@pytest.mark.parametrize(("query", "field"), WRONG.items())
def test_what_cannot_be_asked_is_told_by_its_name(
    client: httpx.Client, four: dict[str, str], query: str, field: str
) -> None:
    assert four
    problem(client.get(f"{LIST}?{query}"), "invalid-parameter", field)


def test_a_wrong_word_is_answered_with_the_nearest(client: httpx.Client) -> None:
    found = problem(client.get(f"{LIST}?kind=atack_launched"), "invalid-parameter", "kind")
    assert found["errors"][0]["nearest"] == "attack_launched"


def test_a_moment_that_there_is_not_is_refused(client: httpx.Client) -> None:
    problem(client.get(f"{LIST}?as_of=@99999999"), "past-the-end", "as_of")
    problem(client.get(f"{LIST}?as_of=2100-01-01T00:00:00Z"), "moment-in-the-future", "as_of")
    problem(client.get(f"{LIST}?reported_until=2025"), "moment-unreadable", "reported_until")
    problem(client.get(f"{LIST}?min_position=99999999"), "past-the-end", "min_position")


def test_a_list_tells_what_sources_had_said_by_a_moment(client: httpx.Client) -> None:
    mark = f"mark-{uuid4().hex}"
    slug = opened(client)
    first = filed(client, slug, attack(tags=[mark], claims=killed("7"), event="raid", reported_at="2025-03-08"))
    posted(client, f"/v1/reports/{first['report_id']}/retraction", by="source", reported_at="2025-03-10")
    filed(client, slug, toll("30", tags=[mark], claims=killed("30"), reported_at="2025-03-12"))
    (now,) = listed(client, tag=mark)
    assert (now["kinds"], dead(now)) == (["toll_revised"], 30)
    assert listed(client, tag=mark, reported_until="2025-03-07T00:00:00Z") == []
    (then,) = listed(client, tag=mark, reported_until="2025-03-09T12:00:00Z", kind="attack_launched")
    assert (then["kinds"], dead(then)) == (["attack_launched"], 7)
    (between,) = listed(client, q=slug, reported_until="2025-03-11T12:00:00Z")
    assert (between["kinds"], between["killed"]) == ([], None), "it had been told of, and was taken back"
    assert listed(client, tag=mark, reported_until="2025-03-11T12:00:00Z") == []


def test_both_ways_of_reading_agree_at_every_position(client: httpx.Client, four: dict[str, str]) -> None:
    assert four
    for position in range(2, head(client), 7):
        asked = {"as_of": f"@{position}", "limit": 500}
        plain = {item["slug"]: item for item in listed(client, **asked)}
        said = {item["slug"]: item for item in listed(client, **asked, reported_until=FOR_EVER)}
        assert said.keys() == {
            slug for slug in plain if client.get(f"{LIST}/{slug}/timeline?as_of=@{position}").json()["data"]["entries"]
        }
        assert all(plain[slug] == item for slug, item in said.items())


def test_too_many_to_be_read_one_by_one_are_told_with_what_would_narrow_it(
    client: httpx.Client, four: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_as_reported, "MAX_INCIDENTS", 2)
    asked = {"reported_until": FOR_EVER, "source": ["press", "sohr"]}
    found = problem(client.get(LIST, params=asked), "narrow-query")
    assert found["candidates"] > found["most"] == 2
    assert "country" in found["detail"]
    assert [item["slug"] for item in listed(client, **asked, country="UA")] == [four["river"]]


@pytest.fixture
def unprojected(database_url: str) -> Iterator[tuple[str, httpx.Client]]:
    """Return a database that no projector follows, and a client of its service."""
    with service(database_url) as client:
        yield database_url, client


def test_before_the_read_models_are_built_lists_say_so(unprojected: tuple[str, httpx.Client]) -> None:
    url, client = unprojected
    slug = opened(client)
    for address in (LIST, "/v1/tolls", "/v1/sources", "/v1/reports"):
        response = client.get(address)
        assert "/v1/projections" in problem(response, "being-built")["detail"]
        assert response.headers["retry-after"]
    assert client.get(f"{LIST}/{slug}").status_code == 200
    with projecting(url):
        assert [item["slug"] for item in listed(client)] == [slug]


def test_a_write_is_waited_for(unprojected: tuple[str, httpx.Client]) -> None:
    url, client = unprojected
    with projecting(url):
        listed(client, min_position=posted(client, LIST, slug="first", title="First")["position"])
    position = posted(client, LIST, slug="second", title="Second")["position"]
    assert [item["slug"] for item in client.get(LIST).json()["items"]] == ["first"]
    answers: list[httpx.Response] = []
    address = f"{client.base_url}{LIST}?min_position={position}"
    waiting = threading.Thread(target=lambda: answers.append(httpx.get(address, timeout=PATIENCE)))
    waiting.start()
    with projecting(url):
        waiting.join(PATIENCE)
    assert [item["slug"] for item in answers[0].json()["items"]] == ["first", "second"]


def test_however_many_wait_they_hold_up_nobody(unprojected: tuple[str, httpx.Client]) -> None:
    url, client = unprojected
    with projecting(url):
        listed(client, min_position=posted(client, LIST, slug="first", title="First")["position"])
    position = posted(client, LIST, slug="second", title="Second")["position"]
    address = f"{client.base_url}{LIST}?min_position={position}"
    with ThreadPoolExecutor(30) as threads:
        answers = [threads.submit(httpx.get, address, timeout=PATIENCE) for _ in range(30)]
        meanwhile = [client.get(LIST) for _ in range(20)]
        assert {response.json()["position"] for response in meanwhile} == {position - 1}
        with projecting(url):
            assert {answer.result().json()["position"] for answer in answers} == {position}


def test_what_is_not_there_in_time_is_a_503(
    unprojected: tuple[str, httpx.Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_models, "WAIT_SECONDS", 0.2)
    url, client = unprojected
    with projecting(url):
        listed(client, min_position=posted(client, LIST, slug="first", title="First")["position"])
    position = posted(client, LIST, slug="second", title="Second")["position"]
    for asked in ({"min_position": position}, {"as_of": f"@{position}"}):
        response = client.get(LIST, params=asked)
        assert problem(response, "not-there-yet")["position"] == position - 1
        assert response.headers["retry-after"]
    assert client.get(LIST, params={"as_of": f"@{position - 1}"}).status_code == 200


def test_a_read_model_that_has_stopped_is_not_waited_for(unprojected: tuple[str, httpx.Client]) -> None:
    url, client = unprojected
    with projecting(url):
        listed(client, min_position=posted(client, LIST, slug="first", title="First")["position"])
    position = posted(client, LIST, slug="second", title="Second")["position"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "UPDATE projections.generations SET stopped = %s WHERE name = 'incidents'",
            ['{"position": 2, "error": "It cannot be read."}'],
        )
    found = problem(client.get(LIST, params={"min_position": position}), "not-there-yet")
    assert (found["stopped"], found["position"]) == ("incidents", 1)
    assert [item["slug"] for item in client.get(LIST).json()["items"]] == ["first"]
