"""The resource `/v1/new-name`: its answer, beyond what every resource promises (test_api_contract.py)."""

from httpx import Client

pytest_plugins = ("tests.service.api_fixtures",)


def test_the_log_is_named(client: Client) -> None:
    answer = client.get("/v1/new-name")
    assert answer.status_code == 200
    assert answer.json()["log"] == client.get("/v1/policy").json()["coordinates"]["log"]
