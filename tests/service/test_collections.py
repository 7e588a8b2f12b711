"""Collections over HTTP: who sees an incident, what is answered about one that is hidden, and what may be written."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.facts.streams import incident_stream
from service.api.media_types import NDJSON
from service.api.server_sent_events import EVENTS
from tests.service.acting import acting_service, within
from tests.service.projected import head, projecting, read
from tests.service.serving import filed, opened, problem, toll

pytestmark = pytest.mark.one_server_will_do

OURS, PUBLIC_ONLY = within("public", "newsroom"), within("public")


@pytest.fixture(scope="module")
def client(migrated_template: str, create_database: Callable[[str], str]) -> Iterator[httpx.Client]:
    """Return a client, by default the operator, of a service with a projector."""
    url = create_database(migrated_template)
    with projecting(url), acting_service(url) as shared:
        yield shared


@pytest.fixture
def secret(client: httpx.Client) -> str:
    """Return the slug of an incident of the collection `newsroom`."""
    return opened(client, collection="newsroom")


def listed(client: httpx.Client, headers: dict[str, str], **asked: Any) -> dict[str, dict[str, Any]]:
    params = {"min_position": head(client), "limit": 500, **asked}
    return {item["slug"]: item for item in client.get("/v1/incidents", params=params, headers=headers).json()["items"]}


def test_an_incident_is_seen_in_its_collection_only(client: httpx.Client, secret: str) -> None:
    assert client.get(f"/v1/incidents/{secret}", headers=OURS).is_success
    problem(client.get(f"/v1/incidents/{secret}", headers=PUBLIC_ONLY), "no-such-incident")
    assert secret in listed(client, OURS)
    assert secret not in listed(client, PUBLIC_ONLY)


def test_without_public_only_what_is_in_the_collection_is_seen(client: httpx.Client, secret: str) -> None:
    everyone = opened(client)
    read(client, "/v1/incidents")
    found = listed(client, within("newsroom"))
    assert secret in found
    assert everyone not in found
    problem(client.get(f"/v1/incidents/{everyone}", headers=within("newsroom")), "no-such-incident")


def test_the_present_collection_decides_also_about_the_past(client: httpx.Client) -> None:
    slug = opened(client)
    before = head(client)
    filed(client, slug, toll())
    assert client.post(f"/v1/incidents/{slug}/collection", json={"collection": "newsroom"}).is_success
    past = {"as_of": f"@{before}"}
    problem(client.get(f"/v1/incidents/{slug}", params=past, headers=PUBLIC_ONLY), "no-such-incident")
    assert slug not in listed(client, PUBLIC_ONLY, as_of=f"@{before}")
    assert client.get(f"/v1/incidents/{slug}", params=past, headers=OURS).is_success


def test_answers_say_the_collection_of_the_moment_asked(client: httpx.Client) -> None:
    slug = opened(client)
    report = filed(client, slug, toll())["report_id"]
    before = head(client)
    client.post(f"/v1/incidents/{slug}/collection", json={"collection": "newsroom"})
    for path in ("", "/tolls", "/duplicates"):
        for moment, collection in ((f"@{before}", None), (f"@{head(client)}", "newsroom")):
            found = client.get(f"/v1/incidents/{slug}{path}", params={"as_of": moment}).json()
            assert found["coordinates"].get("collection") == collection
    assert client.get(f"/v1/reports/{report}").json()["coordinates"]["collection"] == "newsroom"
    ends = client.get(f"/v1/incidents/{slug}/diff", params={"from": f"@{before}", "to": f"@{head(client)}"}).json()
    assert [ends["coordinates"][end].get("collection") for end in ("from", "to")] == [None, "newsroom"]
    assert listed(client, OURS)[slug]["collection"] == "newsroom"
    assert "collection" not in listed(client, OURS, as_of=f"@{before}")[slug]


def test_a_collection_changes_no_digest(client: httpx.Client) -> None:
    slug = opened(client)
    filed(client, slug, toll())
    before = client.get(f"/v1/incidents/{slug}").json()["digest"]
    client.post(f"/v1/incidents/{slug}/collection", json={"collection": "newsroom"})
    assert client.get(f"/v1/incidents/{slug}").json()["digest"] == before


def test_a_hidden_incident_is_refused_byte_for_byte_as_one_that_does_not_exist(
    client: httpx.Client, secret: str
) -> None:
    filed(client, secret, toll())
    unknown = "x" * len(secret)
    for path in ("", "/timeline", "/facts", "/duplicates", "?as_of=@1"):
        two = [client.get(f"/v1/incidents/{slug}{path}", headers=PUBLIC_ONLY) for slug in (secret, unknown)]
        texts = [each.text.replace(slug, "SLUG") for each, slug in zip(two, (secret, unknown), strict=True)]
        assert texts[0] == texts[1]
        assert two[0].headers.keys() == two[1].headers.keys()


def test_what_is_written_to_a_hidden_incident_is_refused_as_unknown(client: httpx.Client, secret: str) -> None:
    report = filed(client, secret, toll())["report_id"]
    at = head(client)
    own = f"/v1/incidents/{secret}"
    problem(client.post(f"{own}/reports", json=toll(), headers=PUBLIC_ONLY), "no-such-incident")
    problem(client.post(f"{own}/close", json={}, headers=PUBLIC_ONLY), "no-such-incident")
    problem(client.post(f"/v1/reports/{report}/dispute", json={}, headers=PUBLIC_ONLY), "no-such-report")
    other = opened(client)
    problem(client.post(f"/v1/incidents/{other}/merge", json={"into": secret}, headers=PUBLIC_ONLY), "unknown-incident")
    moved = client.post(f"/v1/reports/{report}/move", json={"to": other}, headers=PUBLIC_ONLY)
    problem(moved, "no-such-report")
    assert head(client) == at + 1


@pytest.mark.parametrize("atomic", [False, True])
def test_lines_are_recorded_in_the_collections_of_the_token_only(
    client: httpx.Client, secret: str, *, atomic: bool
) -> None:
    everyone = opened(client)
    lines = [{"incident": slug, **toll(str(number))} for number, slug in enumerate((everyone, secret, "none-such"), 10)]
    sent = "\n".join(map(json.dumps, lines))
    headers = {"content-type": NDJSON, **PUBLIC_ONLY}
    answer = client.post("/v1/reports:batch", content=sent, headers=headers, params={"atomic": str(atomic).lower()})
    first, second, third, _ = (json.loads(line) for line in answer.text.splitlines())
    assert first["outcome"] == ("refused" if atomic else "recorded")
    assert second["outcome"] == third["outcome"] == "refused"
    assert json.dumps(second["problem"]).replace(secret, "none-such") == json.dumps(third["problem"])


def test_a_request_that_was_recorded_is_not_told_again_once_its_incident_is_hidden(client: httpx.Client) -> None:
    slug, report = opened(client), toll(report_id=str(uuid4()))
    sent = {"json": report, "headers": PUBLIC_ONLY}
    assert client.post(f"/v1/incidents/{slug}/reports", **sent).status_code == 201
    assert "idempotent-replayed" in client.post(f"/v1/incidents/{slug}/reports", **sent).headers
    client.post(f"/v1/incidents/{slug}/collection", json={"collection": "newsroom"})
    problem(client.post(f"/v1/incidents/{slug}/reports", **sent), "no-such-incident")
    other = opened(client)
    problem(client.post(f"/v1/incidents/{other}/reports", **sent), "id-taken")


def test_a_slug_that_a_hidden_incident_has_is_taken_and_nothing_else_is_told(client: httpx.Client, secret: str) -> None:
    seen = opened(client)
    told = [
        problem(client.post("/v1/incidents", json={"slug": slug, "title": "?"}, headers=PUBLIC_ONLY), "slug-taken")
        for slug in (secret, seen)
    ]
    assert json.dumps(told[0]).replace(secret, seen) == json.dumps(told[1])


def test_a_token_opens_and_puts_incidents_in_its_own_collections_only(client: httpx.Client, secret: str) -> None:
    body = {"slug": f"incident-{uuid4()}", "title": "?", "collection": "newsroom"}
    problem(client.post("/v1/incidents", json=body, headers=PUBLIC_ONLY), "collection-forbidden", "collection")
    assert client.post("/v1/incidents", json=body, headers=OURS).status_code == 201
    given_away = client.post(f"/v1/incidents/{secret}/collection", json={"collection": "desk"}, headers=OURS)
    problem(given_away, "collection-forbidden", "collection")


def test_incidents_of_two_collections_are_not_tied(client: httpx.Client, secret: str) -> None:
    other = opened(client)
    problem(client.post(f"/v1/incidents/{other}/merge", json={"into": secret}, headers=OURS), "other-collection")
    report = filed(client, other, toll())["report_id"]
    problem(client.post(f"/v1/reports/{report}/move", json={"to": secret}, headers=OURS), "other-collection")
    third = opened(client)
    assert client.post(f"/v1/incidents/{third}/merge", json={"into": other}).is_success
    problem(client.post(f"/v1/incidents/{other}/collection", json={"collection": "newsroom"}), "tied")


def test_two_changes_in_one_list_are_seen_by_the_next_line(client: httpx.Client) -> None:
    slug = opened(client)
    lines = [
        {"collection": {"incident": slug, "collection": "newsroom"}},
        {"close": {"incident": slug}},
    ]
    headers = {"content-type": NDJSON, **within("public", "newsroom")}
    answer = client.post("/v1/reports:batch", content="\n".join(map(json.dumps, lines)), headers=headers)
    assert [json.loads(line).get("outcome") for line in answer.text.splitlines()] == ["recorded", "recorded", None]
    assert client.get(f"/v1/incidents/{slug}", headers=PUBLIC_ONLY).status_code == 404


def test_only_public_reports_register_their_sources(client: httpx.Client, secret: str) -> None:
    source = f"source-{uuid4()}"
    filed(client, secret, toll(source=source))
    problem(client.get(f"/v1/sources/{source}"), "no-such-source")
    assert client.post(f"/v1/incidents/{secret}/collection", json={"collection": "public"}).is_success
    found = client.get(f"/v1/sources/{source}", headers=PUBLIC_ONLY).json()
    assert (found["name"], found["reliability"]) == (source, "F")
    assert client.get(f"/v1/incidents/{secret}", headers=PUBLIC_ONLY).is_success


def test_receipts_are_of_visible_incidents(client: httpx.Client, secret: str) -> None:
    filed(client, secret, toll())
    digest = client.post(f"/v1/incidents/{secret}/publications", json={}).json()["receipt"]["digest"]
    assert client.get(f"/v1/receipts/{digest}", headers=OURS).is_success
    problem(client.get(f"/v1/receipts/{digest}", headers=PUBLIC_ONLY), "no-such-receipt")


def test_publications_are_of_visible_incidents(client: httpx.Client, secret: str) -> None:
    everyone = opened(client)
    places = [
        client.post(f"/v1/incidents/{slug}/publications", json={}).json()["position"] for slug in (secret, everyone)
    ]
    for headers, seen in ((OURS, places), (PUBLIC_ONLY, places[1:])):
        page = client.get("/v1/publications", params={"limit": 500}, headers=headers).json()
        assert [
            each["published"]["position"] for each in page["items"] if each["published"]["position"] in places
        ] == seen[::-1]
    replay = f"/v1/publications/{places[0]}/replay"
    assert client.get(replay, headers=OURS).json()["matches"]
    problem(client.get(replay, headers=PUBLIC_ONLY), "no-such-publication")
    problem(client.get("/v1/publications", params={"incident": secret}, headers=PUBLIC_ONLY), "no-such-incident")


def test_what_a_token_sees_is_kept_by_no_cache_that_others_share(client: httpx.Client, secret: str) -> None:
    at = {"as_of": f"@{head(client)}"}
    opened(client)
    path = f"/v1/incidents/{secret}"
    first = client.get(path, params=at, headers=OURS)
    assert first.headers["cache-control"] == "private, no-cache"
    assert client.get(path, params=at).headers["cache-control"].startswith("public")
    again = {"if-none-match": first.headers["etag"]}
    assert client.get(path, params=at, headers=OURS | again).status_code == 304
    assert client.get(path, params=at, headers=PUBLIC_ONLY | again).status_code == 404


def test_the_feed_has_what_is_visible_in_pages_and_lines(client: httpx.Client, secret: str) -> None:
    start = head(client)
    everyone = opened(client)
    for slug in (secret, everyone, secret):
        filed(client, slug, toll())
    for accept in ("application/json", NDJSON):
        answer = client.get("/v1/changes", params={"after": start}, headers={"accept": accept, **PUBLIC_ONLY})
        lines = answer.json()["items"] if accept != NDJSON else [json.loads(each) for each in answer.text.splitlines()]
        assert {line["incident"] for line in lines} - {None} == {everyone}
    unseen = client.get("/v1/changes", params={"incident": secret}, headers=PUBLIC_ONLY)
    problem(unseen, "no-such-incident")


def test_events_of_hidden_incidents_are_not_sent(client: httpx.Client, secret: str) -> None:
    everyone = opened(client)
    start = head(client)

    def record() -> None:
        for slug in (secret, everyone, secret, everyone):
            filed(client, slug, toll())

    recording = threading.Thread(target=record)
    streams: list[str] = []
    headers = {"accept": EVENTS, **PUBLIC_ONLY}
    with client.stream("GET", "/v1/changes", params={"after": start}, headers=headers) as answer:
        recording.start()
        for line in answer.iter_lines():
            if line.startswith("data: "):
                fact = json.loads(line.removeprefix("data: "))
                streams += [fact["stream"]] if fact["incident"] else []
            if len(streams) == 2:
                break
    recording.join()
    assert set(streams) == {str(incident_stream(everyone))}
