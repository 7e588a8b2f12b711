"""What is asked of an incident that is not visible takes what it takes for one that does not exist: the same queries.

In a module of its own: a projector in this process would ask the database too.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.service.acting import acting_service, within
from tests.service.serving import filed, opened, toll

pytestmark = pytest.mark.one_server_will_do


def test_what_is_asked_of_a_hidden_incident_takes_the_same_queries_as_of_none(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting_service(database_url) as client:
        _see_that_the_same_is_asked(client, monkeypatch)


def _see_that_the_same_is_asked(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = opened(client, collection="newsroom")
    report = filed(client, secret, toll(reported_at="2025-03-12"))["report_id"]
    assert client.get(f"/v1/incidents/{secret}").is_success
    queries: list[str] = []
    for cursor in (psycopg.Cursor, psycopg.AsyncCursor):
        monkeypatch.setattr(cursor, "execute", _recording(cursor.execute, queries))
    paths = client.get("/openapi.json").json()["paths"]
    hidden, unknown = {"incident": secret, "report_id": report}, {"incident": "none-such", "report_id": str(uuid4())}
    asked = 0
    for path, operations in paths.items():
        for method, described in operations.items():
            if not ("{incident}" in path or "{report_id}" in path):
                continue
            contents = described.get("requestBody", {}).get("content", {}).values()
            examples = [each["value"] for content in contents for each in content["examples"].values()]
            took: list[list[str]] = []
            for names in (hidden, unknown):
                queries.clear()
                params = {"from": "@1", "to": "@1"} if path.endswith("/diff") else {}
                own = {"reports": {"report_id": str(uuid4())}, "collection": {"collection": "public"}}
                body = {"json": examples[0] | own.get(path.rpartition("/")[2], {})} if examples else {}
                answer = client.request(method, path.format(**names), params=params, headers=within("public"), **body)
                assert answer.status_code == 404, (path, answer.text)
                took.append(list(queries))
            assert took[0] == took[1], path
            asked += 1
    assert asked > 20


def _recording(execute: Callable[..., Any], queries: list[str]) -> Callable[..., Any]:
    def record(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        queries.append(str(query))
        return execute(cursor, query, *args, **kwargs)

    return record
