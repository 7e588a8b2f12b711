"""A resource of the HTTP interface: a router that describes its request bodies, answers and problems for OpenAPI."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import ASGIApp

from domain.reports.kind import Report
from service.access.principal import Scope
from service.api.errors.types import MEDIA_TYPE, TYPES
from service.api.models import Problem, WriteResult
from service.api.parameters import refuse_unknown_parameters
from service.api.responses import CSV, JSON

_ALWAYS = ("invalid-parameter", "internal-error", "database-unavailable")
_OF_READING = ("not-acceptable",)
_OF_WRITING = (
    "not-json too-deep invalid-header body-too-large unsupported-media-type invalid-body id-taken overloaded",
)
MOMENT_PROBLEMS = ("moment-unreadable", "moment-in-the-future", "past-the-end")
"""The problems of a moment on the recorded clock."""
VIEW_PROBLEMS = (*MOMENT_PROBLEMS, "not-yet-known")
"""The problems of a moment on the recorded clock, where nothing may have been recorded by then."""

Description = dict[str, Any]


class Resource(APIRouter):
    """A router whose operations refer to pydantic models; `models` become components of the OpenAPI document.

    Each file in `resources/` declares one as `RESOURCE`. Routes are tried in ascending `match_order`, about 1 µs each.
    `middleware` handles requests before all routes.
    """

    def __init__(self, tag: str, *, match_order: int = 2) -> None:
        super().__init__(tags=[tag], dependencies=[Depends(refuse_unknown_parameters)], default_response_class=Response)
        self.middleware: Callable[[ASGIApp], ASGIApp] | None = None
        self.models: set[type[BaseModel]] = {Problem}
        self.match_order = match_order

    def reads(
        self,
        answer: type[BaseModel] | None,
        *problems: str,
        also: Mapping[str, Description] | None = None,
        redirects: bool = False,
        scope: Scope = "read",
    ) -> Description:
        """Describe a read whose answer is `answer` as JSON, and other media types `also`; `problems` are slugs.

        With `redirects`, a question about a merged incident is redirected to the incident it was merged into.
        """
        content = {**({JSON: {"schema": self._reference(answer)}} if answer else {}), **(also or {})}
        found: dict[int | str, Description] = {
            200: {"description": "The answer.", "content": content},
            304: {"description": "The client has it already (`If-None-Match`)."},
        }
        if redirects:
            found[307] = {"description": "The incident is merged into another, whose answer is at `Location`."}
        return {
            "responses": {**found, **self._problems(*_ALWAYS, *_OF_READING, *problems)},
            "openapi_extra": {"security": [{"token": [scope]}]},
        }

    def writes(
        self,
        body: type[BaseModel | Report],
        *problems: str,
        examples: Mapping[str, Description],
        statuses: Mapping[int, str] | None = None,
        answer: type[BaseModel] = WriteResult,
        scope: Scope = "report",
    ) -> Description:
        """Describe a write with its request body; `problems` are slugs, `statuses` those of success."""
        content = {JSON: {"schema": self._reference(body), "examples": dict(examples)}}
        answered = {"content": {JSON: {"schema": self._reference(answer)}}}
        given = statuses or {201: "It is recorded, and durable."}
        return {
            "status_code": next(iter(given)),
            "responses": {
                **{status: {"description": meaning, **answered} for status, meaning in given.items()},
                **self._problems(*_ALWAYS, *_OF_WRITING, *problems),
            },
            "openapi_extra": {
                "requestBody": {"required": True, "content": content},
                "security": [{"token": [scope]}],
            },
        }

    def _reference(self, model: type[BaseModel | Report]) -> Description:
        if issubclass(model, BaseModel):  # the OpenAPI document has all kinds of report anyway
            self.models.add(model)
        return {"$ref": f"#/components/schemas/{model.__name__}"}

    def _problems(self, *slugs: str) -> dict[int | str, Description]:
        """Return the responses of problem types, grouped by status; a string may have several slugs."""
        by_status: dict[int, list[str]] = {}
        for slug in dict.fromkeys(" ".join(slugs).split()):
            by_status.setdefault(TYPES[slug].status, []).append(slug)
        return {
            status: {
                "description": "; ".join(f"[{TYPES[slug].title}]({TYPES[slug].uri})" for slug in found) + ".",
                "content": {MEDIA_TYPE: {"schema": self._reference(Problem)}},
            }
            for status, found in sorted(by_status.items())
        }


def csv_content(columns: Sequence[str]) -> Mapping[str, Description]:
    """Describe the media type `text/csv` of an answer."""
    return {CSV: {"schema": {"type": "string", "description": f"RFC 4180, with a header: {', '.join(columns)}."}}}
