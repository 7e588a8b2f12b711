"""How a resource describes itself to the OpenAPI document: what it takes, what it gives, and how it can refuse."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from service.api.parameters import only_known
from service.api.problem_types import MEDIA_TYPE, TYPES
from service.api.sending import JSON

_ALWAYS = ("invalid-parameter", "internal-error", "database-unavailable")
_OF_READING = ("not-acceptable",)
_OF_WRITING = (
    "not-json",
    "too-deep",
    "invalid-header",
    "body-too-large",
    "unsupported-media-type",
    "invalid-body",
    "id-taken",
    "overloaded",
)
MOMENTS_OF_THE_LOG = ("moment-unreadable", "moment-in-the-future", "past-the-end")
"""How a moment on the recorded clock can be refused."""
MOMENTS = (*MOMENTS_OF_THE_LOG, "not-yet-known")
"""How a moment can be refused where there may be nothing yet to answer about."""

Described = dict[str, Any]
Responses = dict[int | str, Described]


def resource(tag: str) -> APIRouter:
    """Make the router of a resource."""
    return APIRouter(tags=[tag], dependencies=[Depends(only_known)], default_response_class=Response)


def shape(name: str) -> Described:
    """Refer to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def reads(
    gives: str | None, *problems: str, also: Mapping[str, Described] | None = None, leads: bool = False
) -> Described:
    """Describe a read that gives the shape `gives` as JSON, and other media types `also`; `leads` where it may lead on.

    An answer about a merged incident is that of the incident it was merged into.
    """
    content = {**({JSON: {"schema": shape(gives)}} if gives else {}), **(also or {})}
    found: Responses = {
        200: {"description": "The answer.", "content": content},
        304: {"description": "The client has it already (`If-None-Match`)."},
    }
    if leads:
        found[307] = {"description": "The incident is merged into another, whose answer is at `Location`."}
    return {"responses": {**found, **_refusals(*_ALWAYS, *_OF_READING, *problems)}}


def writes(
    takes: str, *problems: str, examples: Mapping[str, Described], given: Mapping[int, str] | None = None
) -> Described:
    """Describe a write that takes the shape `takes`; `given` are the statuses of success and their meanings."""
    content = {"application/json": {"schema": shape(takes), "examples": dict(examples)}}
    answer = {"content": {JSON: {"schema": shape("Recorded")}}}
    statuses = given or {201: "It is recorded, and durable."}
    return {
        "status_code": next(iter(statuses)),
        "responses": {
            **{status: {"description": meaning, **answer} for status, meaning in statuses.items()},
            **_refusals(*_ALWAYS, *_OF_WRITING, *problems),
        },
        "openapi_extra": {"requestBody": {"required": True, "content": content}},
    }


def _refusals(*slugs: str) -> Responses:
    """Return the responses of problem types, gathered by status."""
    by_status: dict[int, list[str]] = {}
    for slug in dict.fromkeys(slugs):
        by_status.setdefault(TYPES[slug].status, []).append(slug)
    return {
        status: {
            "description": "; ".join(f"[{TYPES[slug].title}]({TYPES[slug].uri})" for slug in found) + ".",
            "content": {MEDIA_TYPE: {"schema": shape("Problem")}},
        }
        for status, found in sorted(by_status.items())
    }
