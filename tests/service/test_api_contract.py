"""The OpenAPI document holds: it is valid, it shows every kind, and generated requests get only what it promises."""

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from pydantic import BaseModel
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from domain.reports.registry import KINDS
from service.api.errors.types import TYPES
from service.api.openapi import document_of
from service.postgres.embedded import EmbeddedServer
from tests.service.conftest import BUNDLED
from tests.service.serving import filed, opened, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.projected_fixtures",)

EXAMPLES, FEW = settings().max_examples // 2, settings().max_examples // 5
FREE_TEXT = {"type", "title", "description"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@schemathesis.serializer("application/x-ndjson")
def lines(_context: object, value: object) -> bytes:
    """Send a string as it is, and anything else as a line of JSON."""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()


@pytest.fixture(scope="module")
def client(projected_client: httpx.Client) -> httpx.Client:
    return projected_client


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    return client.get("/openapi.json").json()


@pytest.fixture(scope="module")
def known(client: httpx.Client) -> dict[str, str]:
    """Return names of things that are there, since generated ones would only ever be unknown."""
    slug = opened(client)
    return {"incident": slug, "report_id": filed(client, slug, toll())["report_id"], "slug": "sohr"}


@pytest.fixture(scope="module")
def operations(client: httpx.Client, server: EmbeddedServer) -> list[APIOperation]:
    if server.version // 10_000 != BUNDLED:
        pytest.skip("what is generated does not depend on the server's version")
    contract = schemathesis.openapi.from_url(f"{client.base_url}/openapi.json")
    return [found.ok() for found in contract.get_all_operations()]


def generated(operation: APIOperation, mode: GenerationMode, examples: int, known: Mapping[str, str]) -> None:
    """Send generated requests to an operation, in the generated address or that of what is `known`."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def send(case: schemathesis.Case) -> None:
        case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
        case.call_and_validate(checks=CHECKS)

    send()


def test_requests_that_follow_the_document_get_what_it_promises(
    operations: list[APIOperation], known: dict[str, str]
) -> None:
    for operation in operations:
        generated(operation, GenerationMode.POSITIVE, EXAMPLES, known)


def breakable(described: Mapping[str, Any]) -> bool:
    """Return whether a request can break the document: by its body, a parameter, or a path that is not free text."""
    parameters = described.get("parameters", [])
    fixed = [each for each in parameters if each["in"] != "path" or not each["schema"].keys() <= FREE_TEXT]
    return "requestBody" in described or bool(fixed)


def test_requests_that_break_the_document_get_what_it_promises(
    operations: list[APIOperation], known: dict[str, str], document: dict[str, Any]
) -> None:
    for operation in operations:
        if breakable(document["paths"][operation.path][operation.method]):
            generated(operation, GenerationMode.NEGATIVE, FEW, known)


def test_requests_to_generated_names_get_what_the_document_promises(operations: list[APIOperation]) -> None:
    for operation in operations:
        generated(operation, GenerationMode.POSITIVE, FEW, {})


def test_every_kind_is_shown_with_an_example_and_told_apart_by_its_name(document: dict[str, Any]) -> None:
    body = document["paths"]["/v1/incidents/{incident}/reports"]["post"]["requestBody"]["content"]["application/json"]
    assert {name: example["value"] for name, example in body["examples"].items()} == {
        name: dict(kind.example) for name, kind in KINDS.items()
    }
    report = document["components"]["schemas"]["Report"]
    assert set(report["discriminator"]["mapping"]) == set(KINDS)
    assert body["schema"] == {"$ref": "#/components/schemas/Report"}
    assert document["openapi"].startswith("3.1")


def test_every_reference_leads_somewhere_and_every_shape_is_used(document: dict[str, Any]) -> None:
    found = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert found == set(document["components"]["schemas"])


def test_every_operation_tells_how_it_can_be_refused(document: dict[str, Any]) -> None:
    told: set[str] = set()
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert operation["description"]
            assert {"422", "500", "503"} <= set(operation["responses"])
            for status, response in operation["responses"].items():
                slugs = re.findall(r"/problems/([a-z-]+)", response["description"])
                assert {str(TYPES[slug].status) for slug in slugs} in (set(), {status})
                told |= set(slugs)
    of_none = {"no-such-page", "method-not-allowed", "wrong-host", "cross-site"}
    of_none |= {"not-http", "request-timeout", "too-many-connections"}
    assert set(TYPES) - told <= of_none, "these are of no operation"


def test_every_example_is_of_its_schema(document: dict[str, Any], client: httpx.Client) -> None:
    own = f"/v1/incidents/{opened(client)}"
    examples = {
        path.rpartition("/")[2]: [
            example["value"] for example in operation["requestBody"]["content"]["application/json"]["examples"].values()
        ]
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    assert set(examples) >= {"incidents", "reports", "scopes", "amendment", "close", "reopen", "correction"}
    for name in ("scopes", "amendment", "close", "reopen"):
        for body in examples[name]:
            assert client.post(f"{own}/{name}", json=body).status_code == 201
    report_id = filed(client, own.rpartition("/")[2], toll("9"))["report_id"]
    for name in ("correction", "retraction", "reinstatement"):
        assert client.post(f"/v1/reports/{report_id}/{name}", json=examples[name][0]).status_code == 201


def test_shapes_are_models_of_ours(document: dict[str, Any]) -> None:
    assert all(schema.get("title") or schema.get("oneOf") for schema in document["components"]["schemas"].values())


def test_two_models_of_one_name_are_refused_with_both_homes() -> None:
    kind = KINDS["attack_launched"].model
    other = type(kind.__name__, (BaseModel,), {"__module__": "service.api.resources.attacks"})
    with pytest.raises(TypeError, match=r"rename one of domain\.reports\.kinds.*\.AttackLaunched and service\.api\."):
        document_of(FastAPI(), [other])
