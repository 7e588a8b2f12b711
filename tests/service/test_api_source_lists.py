"""The list of sources: found, sorted, and told with what became of what they reported."""

import csv
import io
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.service.projected import head, read
from tests.service.serving import CREATED, filed, opened, problem, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.projected_fixtures",)

LIST = "/v1/sources"


@pytest.fixture(scope="module")
def client(projected_client: httpx.Client) -> httpx.Client:
    return projected_client


def posted(client: httpx.Client, address: str, **body: Any) -> None:
    assert client.post(address, json=body).status_code == CREATED


@pytest.fixture(scope="module")
def three(client: httpx.Client) -> dict[str, str]:
    """Return the slugs of three sources, by name, whose names all have the word that this is called by."""
    word = uuid4().hex
    kinds = {"north": ("monitor", "B"), "south": ("x-own", "A"), "west": ("monitor", "F")}
    slugs = {name: f"{name}-{word}" for name in kinds}
    for name, (kind, grade) in kinds.items():
        body = {"name": f"The {name.upper()} {word}", "type": kind, "reliability": grade}
        assert client.put(f"{LIST}/{slugs[name]}", json=body).status_code == CREATED
    incident = opened(client)
    first = filed(client, incident, toll("40", source=slugs["west"]))["report_id"]
    filed(client, incident, toll("41", source=slugs["west"], reported_at="2025-03-13"))
    filed(client, incident, toll("42", source=slugs["north"], reported_at="2025-03-14"))
    posted(client, f"/v1/reports/{first}/retraction", by="recorder")
    return {"word": word, **slugs}


FOUND = [
    ({}, "north south west"),
    ({"type": "monitor"}, "north west"),
    ({"type": ["monitor", "x-own"]}, "north south west"),
    ({"reliability": ["A", "F"]}, "south west"),
    ({"reliability": "B", "type": "x-own"}, ""),
    ({"sort": "-slug"}, "west south north"),
    ({"sort": "reliability"}, "south north west"),
    ({"sort": "-reports"}, "west north south"),
    ({"sort": "reports"}, "south north west"),
    ({"sort": "-retracted"}, "west north south"),
    ({"sort": "last_reported"}, "west north south"),
    ({"sort": "-last_reported"}, "north west south"),
]


@pytest.mark.parametrize(("asked", "names"), FOUND)
@pytest.mark.parametrize("limit", [1, 100])
def test_sources_are_found_and_sorted_page_by_page(
    client: httpx.Client, three: dict[str, str], asked: dict[str, Any], names: str, limit: int
) -> None:
    asked = {"q": three["word"], "limit": limit} | asked
    page = read(client, LIST, **asked)
    slugs = [item["slug"] for item in page["items"]]
    while page["next"]:
        page = read(client, LIST, **asked, cursor=page["next"])
        slugs += [item["slug"] for item in page["items"]]
    assert slugs == [three[name] for name in names.split()]


def test_a_source_is_found_by_the_words_of_its_name_in_any_case(client: httpx.Client, three: dict[str, str]) -> None:
    for searched in (f"north {three['word']}", f"NORTH {three['word'].upper()}", three["north"]):
        assert [item["slug"] for item in read(client, LIST, q=searched)["items"]] == [three["north"]]


def test_an_item_tells_its_grade_and_track_record(client: httpx.Client, three: dict[str, str]) -> None:
    (item,) = read(client, LIST, q=three["west"])["items"]
    assert item == {
        "slug": three["west"],
        "origin": three["west"],
        "name": f"The WEST {three['word']}",
        "type": "monitor",
        "reliability": "F",
        "speaks_for": None,
        "same": [],
        "track_record": {
            "reports": 2,
            "incidents": 1,
            "corrected": 0,
            "retracted": 1,
            "disputed": 0,
            "first_reported": "2025-03-11T21:00:00Z",
            "last_reported": "2025-03-13T20:59:59Z",
        },
        "links": {"source": f"{LIST}/{three['west']}"},
    }
    response = client.get(LIST, params={"q": three["west"]}, headers={"Accept": "text/csv"})
    (row,) = csv.DictReader(io.StringIO(response.text))
    assert (row["slug"], row["track_record.retracted"]) == (three["west"], "1")


def test_a_source_that_its_relay_does_not_name_has_no_slug(client: httpx.Client) -> None:
    words = f"Security sources {uuid4().hex}"
    unnamed = {"anonymous": words, "type": "party_to_conflict"}
    filed(client, opened(client), toll(source=unnamed, via=["reuters"]))
    (item,) = read(client, LIST, q=words)["items"]
    assert (item["slug"], item["origin"], item["links"]) == (None, f"anonymous:{words}|reuters", {})
    assert item["track_record"]["reports"] == 1
    (incident,) = read(client, "/v1/incidents", source=item["origin"])["items"]
    assert incident["sources"] == [item["origin"]]


def test_sources_that_are_one_have_one_track_record(client: httpx.Client) -> None:
    word = uuid4().hex
    names = [f"{name}-{word}" for name in ("a", "b", "c")]
    for name in names:
        filed(client, opened(client), toll(source=name))
    apart = head(client)
    posted(client, f"{LIST}/same-origin", origins=names[:2])
    posted(client, f"{LIST}/same-origin", origins=names[1:])
    joined = read(client, LIST, q=word)["items"]
    assert [item["track_record"]["reports"] for item in joined] == [3, 3, 3]
    assert [item["same"] for item in joined] == [[names[1]], [names[0], names[2]], [names[1]]]
    assert read(client, f"{LIST}/{names[2]}")["track_record"]["incidents"] == 3
    before = client.get(LIST, params={"q": word, "as_of": f"@{apart}"})
    assert [item["track_record"]["reports"] for item in before.json()["items"]] == [1, 1, 1]
    assert "immutable" in before.headers["cache-control"]


WRONG = {"reliability=G": "reliability", "type=moniter": "type", "sort=grade": "sort", "q=-": "q", "cursor=x": "cursor"}


@pytest.mark.parametrize(("query", "field"), WRONG.items())
def test_what_cannot_be_asked_is_told_by_its_name(client: httpx.Client, query: str, field: str) -> None:
    opened(client)
    read(client, LIST)
    problem(client.get(f"{LIST}?{query}"), "invalid-parameter", field)
