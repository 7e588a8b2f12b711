"""The OpenAPI 3.1 document: resources describe themselves, and shapes come from the very models that check them."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from domain.incident import commands
from domain.reports.registry import KINDS
from service.api import shapes, taken

_REF = "#/components/schemas/{model}"
_ABOUT = """What did we know, and when did we know it?

Two clocks can be asked. `as_of` is ours: what had been recorded by then. `reported_until` is the sources': what they
had said by then, as far as we know now. Every answer carries its coordinates; ask with them again, get the same bytes.

Every error is a problem of RFC 9457 whose `type` leads to its description. Lists of words are closed; a word of your
own starts with `x-`. Tables (`Accept: text/csv`) hold what was said verbatim, also where a spreadsheet would take it
for a formula: have it read all columns as text.
"""
_TAKEN: tuple[type[BaseModel], ...] = (
    *(kind.model for kind in KINDS.values()),
    commands.OpenIncident,
    commands.AmendIncident,
    commands.CloseIncident,
    commands.ReopenIncident,
    commands.DeclareScope,
    commands.MergeIncident,
    commands.UnmergeIncident,
    commands.RescopeClaims,
    commands.StateSameOrigin,
    commands.UndoSameOrigin,
    taken.Correction,
    taken.Retraction,
    taken.Reinstatement,
    taken.Assessment,
    taken.Dispute,
    taken.Move,
    taken.Adoption,
    taken.SourceBody,
    taken.Publication,
)
_GIVEN: tuple[type[BaseModel], ...] = (
    shapes.Recorded,
    shapes.Envelope,
    shapes.IncidentList,
    shapes.Difference,
    shapes.Duplicates,
    shapes.ReportHistory,
    shapes.Source,
    shapes.PolicyInForce,
    shapes.Published,
    shapes.ReceiptFound,
    shapes.Changes,
    shapes.TotalList,
    shapes.ReportList,
    shapes.SourceList,
    shapes.ProjectionList,
    shapes.Problem,
    shapes.Health,
)


def describe(app: FastAPI) -> None:
    """Have the application give our document, made once, at its first use."""
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(document_of(app))
        return made

    app.openapi = openapi


def document_of(app: FastAPI) -> dict[str, Any]:
    """Return the document of an application's resources."""
    document = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
    _keep_bodies(document, app)
    schemas = _schemas()
    mapping = {name: _REF.format(model=kind.model.__name__) for name, kind in KINDS.items()}
    schemas["Report"] = {
        "title": "Report",
        "description": "One source's statement about one incident; `kind` says what it states.",
        "oneOf": [{"$ref": target} for target in mapping.values()],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    for kind in KINDS.values():
        schemas[kind.model.__name__]["examples"] = [dict(kind.example)]
    document["components"] = {"schemas": dict(sorted(schemas.items()))}
    return document


def _keep_bodies(document: dict[str, Any], app: FastAPI) -> None:
    """Put back the bodies as the resources describe them: the framework drops every null from an example."""
    for route in app.routes:
        if isinstance(route, APIRoute) and route.openapi_extra:
            for method in route.methods or ():
                document["paths"][route.path_format][method.lower()].update(route.openapi_extra)


def _schemas() -> dict[str, Any]:
    pairs: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in (*_TAKEN, *_GIVEN)]
    _, found = models_json_schema(pairs, ref_template=_REF)
    return dict(found["$defs"])
