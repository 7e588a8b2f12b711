"""The OpenAPI 3.1 document: operations by their resources, components from the pydantic models they refer to."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from domain.reports.registry import KINDS
from domain.values.explanation import explaining_model
from service.api.authorization import SCHEME
from service.api.errors.validation import SEALED
from service.api.requests.sealed_part import SealedPart
from service.api.resource import Resource

_REF = "#/components/schemas/{model}"
_ABOUT = """What did we know, and when did we know it?

Two clocks can be asked. `as_of` is ours: what had been recorded by then. `reported_until` is the sources': what they
had said by then, as far as we know now. Every answer carries its coordinates; ask with them again, get the same bytes.

Every error is a problem of RFC 9457 whose `type` leads to its description. Lists of words are closed; a word of your
own starts with `x-`. A link names the format of an answer, by `format` or by an ending such as `.csv`. Tables hold what
was said verbatim, also where a spreadsheet would take it for a formula: for one, add `for=spreadsheet`.
"""

_ABOUT_TOKENS = (
    "A token of the service, or a JWT of its OpenID Connect issuer; an operation names the scope that the token needs."
    " A service on loopback that was started without tokens (`knownwhen demo`) needs none."
)


def install(app: FastAPI, resources: Iterable[Resource]) -> None:
    """Replace `app.openapi` by one that makes the document at its first call and caches it."""
    models = set[type[BaseModel]]().union(*(resource.models for resource in resources))
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(document_of(app, models))
        return made

    app.openapi = openapi


def document_of(app: FastAPI, models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    """Return the document of an application; `models` become components. Paths are sorted, the API's own first."""
    document = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
    _restore_bodies(document, app)
    document["paths"] = dict(
        sorted(document["paths"].items(), key=lambda item: (not item[0].startswith("/v1/"), item[0]))
    )
    schemas = _schemas({*models, SealedPart, *(explaining_model(kind.model) for kind in KINDS.values())})
    mapping = {name: _REF.format(model=kind.model.__name__) for name, kind in KINDS.items()}
    schemas["Report"] = {
        "title": "Report",
        "description": "One source's statement about one incident; `kind` says what it states.",
        "oneOf": [{"$ref": target} for target in mapping.values()],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    for kind in KINDS.values():
        schema = schemas[kind.model.__name__]
        schema["examples"] = [dict(kind.example)]
        schema["properties"][SEALED] = {"$ref": _REF.format(model=SealedPart.__name__)}
    document["components"] = {
        "schemas": dict(sorted(schemas.items())),
        "securitySchemes": {SCHEME: {"type": "http", "scheme": "bearer", "description": _ABOUT_TOKENS}},
    }
    return document


def _restore_bodies(document: dict[str, Any], app: FastAPI) -> None:
    """Restore request bodies as their resources describe them: FastAPI drops every null from an example."""
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema and route.openapi_extra:
            for method in route.methods or ():
                document["paths"][route.path_format][method.lower()].update(route.openapi_extra)


def _schemas(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    ordered = sorted(models, key=lambda model: model.__name__)
    pairs: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in ordered]
    _, found = models_json_schema(pairs, ref_template=_REF)
    schemas = dict(found["$defs"])
    for name in (model.__name__ for model in ordered if model.__name__ not in schemas):
        homes = " and ".join(sorted(each.replace("__", ".") for each in schemas if each.endswith(f"__{name}")))
        raise TypeError(f"The OpenAPI document has one model of a name: rename one of {homes}.")
    return schemas
