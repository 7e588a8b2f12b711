"""The metrics: what is counted, that they hold nothing of a report, and who gets them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.service.serving import filed, opened, service, toll
from tests.service.signed_logs import signing, without_files

pytestmark = pytest.mark.one_server_will_do

SECRET = "Zz-not-in-any-metric-zZ"


@pytest.fixture
def client(database_url: str) -> Iterator[httpx.Client]:
    with service(database_url) as served:
        yield served


def metrics(client: httpx.Client, **headers: str) -> dict[str, float]:
    """Return each sample by its name with its labels."""
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in response.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_requests_are_counted_by_operation_and_status(client: httpx.Client) -> None:
    slug = opened(client)
    filed(client, slug, toll())
    client.get(f"/v1/incidents/{slug}?policy=none/1")
    client.get("/v1/no/such/page")
    found = metrics(client)
    posts = 'knownwhen_requests_total{method="POST",route="/v1/incidents/{incident}/reports",status="201"}'
    assert found[posts] >= 1
    assert found['knownwhen_requests_total{method="GET",route="/v1/incidents/{incident}",status="422"}'] >= 1
    assert found['knownwhen_requests_total{method="GET",route="none",status="404"}'] >= 1
    assert found['knownwhen_request_seconds_count{route="/v1/incidents/{incident}/reports"}'] >= found[posts]


def test_commands_are_counted_by_their_outcome(client: httpx.Client) -> None:
    slug, before = opened(client), metrics(client)
    report = toll(report_id="0193a5a0-0000-7000-8000-00000000beef")
    filed(client, slug, report)
    filed(client, slug, report)
    client.post(f"/v1/incidents/{slug}/reopen", json={})
    after = metrics(client)

    def more(outcome: str) -> float:
        name = f'knownwhen_commands_total{{outcome="{outcome}"}}'
        return after.get(name, 0) - before.get(name, 0)

    assert (more("recorded"), more("replayed"), more("refused")) == (1, 1, 1)
    assert after["knownwhen_transaction_commands_count"] - before["knownwhen_transaction_commands_count"] == 3
    assert after["knownwhen_queued_commands"] == 0


def test_the_log_its_read_models_and_the_pool_are_told(client: httpx.Client) -> None:
    written = filed(client, opened(client), toll())
    found = metrics(client)
    assert found["knownwhen_log_position"] == written["position"]
    assert found["knownwhen_pool_size"] >= 1
    models = {name for name in found if name.startswith("knownwhen_read_model_behind")}
    assert models == {f'knownwhen_read_model_behind{{read_model="{name}"}}' for name in live(client)}


def test_how_far_the_log_is_signed_is_told(client: httpx.Client, database_url: str, tmp_path: Path) -> None:
    slug = opened(client)
    assert not [name for name in metrics(client) if "checkpoint" in name]
    without_files(signing(database_url, tmp_path)).sign_once()
    size = metrics(client)["knownwhen_checkpoint_size"]
    assert size == metrics(client)["knownwhen_log_position"]
    written = filed(client, slug, toll())
    found = metrics(client)
    assert found["knownwhen_checkpoint_size"] == size
    assert found["knownwhen_checkpoint_behind"] == written["position"] - size
    assert found["knownwhen_checkpoint_published_seconds"] > 1_600_000_000


def live(client: httpx.Client) -> list[str]:
    """Return the names of the read models that answer."""
    items: list[dict[str, Any]] = client.get("/v1/projections").json()["items"]
    return [each["name"] for each in items if each["status"] != "being-built"]


def test_nothing_that_a_client_sends_is_in_a_metric(client: httpx.Client) -> None:
    slug = opened(client, title=SECRET)
    filed(client, slug, toll(text={"summary": SECRET}, source=SECRET.lower()))
    for path in (f"/v1/incidents?q={SECRET}", f"/v1/incidents/{SECRET}", f"/{SECRET}", f"/v1/sources/{SECRET}"):
        client.get(path)
    client.request(SECRET.upper(), f"/{SECRET}")
    client.post(f"/v1/incidents/{SECRET}/reports", json=toll(text={"summary": SECRET}))
    text = client.get("/metrics").text
    assert not re.search(re.escape(SECRET), text, re.IGNORECASE)
    assert slug not in text


def test_who_comes_through_a_proxy_is_not_of_this_machine(client: httpx.Client) -> None:
    # An open service gives its metrics to everyone; who would need a token is seen in test_access.py.
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 200
