"""A resource of the HTTP interface: a router that describes its request bodies, answers and problems for OpenAPI."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import ASGIApp

from domain.reports.kind import Report
from service.api.authorization import SECURITY, Needed, require_scope, security_of
from service.api.errors.types import MEDIA_TYPE, TYPES
from service.api.media_types import CSV, GEOJSON, JSON, PARQUET, XLSX
from service.api.models import Problem, WriteResult
from service.api.negotiation import format_parameters
from service.api.parameters import refuse_unknown_parameters

_ALWAYS = ("invalid-parameter", "internal-error", "database-unavailable")
_OF_TOKENS = ("token-needed", "token-invalid", "too-many-requests", "issuer-unavailable")
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
        dependencies = [Depends(require_scope), Depends(refuse_unknown_parameters)]
        super().__init__(tags=[tag], dependencies=dependencies, default_response_class=Response)
        self.middleware: Callable[[ASGIApp], ASGIApp] | None = None
        self.models: set[type[BaseModel]] = {Problem}
        self.match_order = match_order

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **described: Any) -> None:  # noqa: ANN401 - FastAPI's
        """Add a route. Its name is the id of the operation.

        Raises TypeError for one that does not declare who may ask it (`reads`, `writes`, `needs`).
        """
        if SECURITY not in (described.get("openapi_extra") or {}):
            raise TypeError(f"{path} declares no scope: say RESOURCE.needs(None) if it is open to everyone.")
        described["operation_id"] = described.get("name") or endpoint.__name__
        super().add_api_route(path, endpoint, **described)

    def needs(self, scope: Needed) -> Description:
        """Declare who may ask an operation that is not described: the scope needed, or None for everyone."""
        return {"openapi_extra": {SECURITY: security_of(scope)}}

    def reads(
        self,
        answer: type[BaseModel] | None,
        *problems: str,
        also: Mapping[str, Description] | None = None,
        redirects: bool = False,
        scope: Needed = "read",
    ) -> Description:
        """Describe a read whose answer is `answer` as JSON, and other media types `also`; `problems` are slugs.

        It needs `scope`. A link may name each media type that has a name, by the parameter `format`.

        With `redirects`, a question about a merged incident is redirected to the incident it was merged into.
        """
        content = {**({JSON: {"schema": self._reference(answer)}} if answer else {}), **(also or {})}
        found: dict[int | str, Description] = {
            200: {"description": "The answer.", "content": content},
            304: {"description": "The client has it already (`If-None-Match`)."},
        }
        if redirects:
            found[307] = {"description": "The incident is merged into another, whose answer is at `Location`."}
        always = (*_ALWAYS, *_of_access(scope), *_OF_READING)
        chosen = format_parameters(content)
        return {
            "responses": {**found, **self._problems(*always, *problems)},
            **({"dependencies": [chosen]} if chosen else {}),
            **self.needs(scope),
        }

    def writes(
        self,
        body: type[BaseModel | Report],
        *problems: str,
        examples: Mapping[str, Description],
        statuses: Mapping[int, str] | None = None,
        answer: type[BaseModel] = WriteResult,
        scope: Needed = "report",
    ) -> Description:
        """Describe a write with its request body; `problems` are slugs, `statuses` those of success.

        It needs `scope`.
        """
        content = {JSON: {"schema": self._reference(body), "examples": dict(examples)}}
        answered = {"content": {JSON: {"schema": self._reference(answer)}}}
        given = statuses or {201: "It is recorded, and durable."}
        return {
            "status_code": next(iter(given)),
            "responses": {
                **{status: {"description": meaning, **answered} for status, meaning in given.items()},
                **self._problems(*_ALWAYS, *_of_access(scope), *_OF_WRITING, *problems),
            },
            "openapi_extra": {SECURITY: security_of(scope), "requestBody": {"required": True, "content": content}},
        }

    def acts(self, answer: type[BaseModel] | None, meaning: str, *problems: str, scope: Needed) -> Description:
        """Describe an operation that changes something and takes no body; `meaning` is that of its success.

        It needs `scope`. `problems` are slugs.
        """
        content = {JSON: {"schema": self._reference(answer)}} if answer else {}
        status = 200 if answer else 204
        return {
            "status_code": status,
            "responses": {
                status: {"description": meaning, **({"content": content} if content else {})},
                **self._problems(*_ALWAYS, *_of_access(scope), *problems),
            },
            **self.needs(scope),
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


def _of_access(needed: Needed) -> tuple[str, ...]:
    """Return the problems of a request that may be refused for its token."""
    return () if needed is None else (*_OF_TOKENS, "scope-missing")


def table_content(columns: Sequence[str] = ()) -> Mapping[str, Description]:
    """Describe the media types of an answer that is a table too: CSV and XLSX."""
    header = f"with a header: {', '.join(columns)}." if columns else "with a header; every cell verbatim."
    return {
        CSV: {"schema": {"type": "string", "description": f"RFC 4180, {header}"}},
        XLSX: {"schema": {"type": "string", "format": "binary", "description": _SHEETS}},
    }


_SHEETS = "A workbook: the table, all of whose texts are texts, and a sheet `coordinates` that says what it answers."
GEOJSON_CONTENT: Mapping[str, Description] = {
    GEOJSON: {"schema": {"type": "object", "description": "RFC 7946: a feature for each place of a report."}}
}
"""The media type of reports on a map."""
PARQUET_CONTENT: Mapping[str, Description] = {
    PARQUET: {"schema": {"type": "string", "format": "binary", "description": "Apache Parquet: the table, typed."}}
}
"""The media type of a view's table whose columns have types."""
