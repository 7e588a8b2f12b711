"""The exception `HttpProblem` and its `application/problem+json` response (RFC 9457); conversion of any exception."""

from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import quote

import orjson
from starlette.responses import Response

from domain.incident.refusals import IncidentIsMerged
from service.answers.answer import MergedAway, NotYetKnown
from service.api.errors.exception_types import problem_type_of
from service.api.errors.types import MEDIA_TYPE, TYPES
from service.api.errors.validation import FieldError

RETRY_SECONDS = 2
"""The default of `Retry-After` in responses of status 503."""
MAX_FIELD_ERRORS = 50
"""The most members of `errors` in one problem."""

_UNAVAILABLE = 503
GENERIC_DETAILS = {
    "internal-error": "Something went wrong here; the service's log says what.",
    "database-unavailable": "The database does not answer; try again in a moment, and send a write again unchanged.",
    "overloaded": "More is waiting than can be taken soon, and nothing was recorded; try again in a moment.",
    "not-ready": "The database is not ready for this release; whoever runs the service runs `knownwhen migrate`.",
}
"""The `detail` by slug, where the exception's own message would disclose internals."""


class HttpProblem(Exception):
    """A problem of RFC 9457: type by slug, `detail`, field errors, response headers and extension members."""

    def __init__(
        self,
        slug: str,
        detail: str,
        field_errors: Sequence[FieldError] = (),
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.type = TYPES[slug]
        self.detail = detail
        self.field_errors = field_errors
        self.headers = dict(headers or {})
        self.members = dict(members or {})

    def __reduce__(self) -> tuple[type[Self], tuple[str, str], dict[str, Any]]:
        """Pickle all attributes: by default an exception is rebuilt from its message alone."""
        return type(self), (self.type.slug, self.detail), self.__dict__

    def document(self, instance: str | None = None) -> dict[str, object]:
        """Return the JSON object."""
        return {
            "type": self.type.uri,
            "title": self.type.title,
            "status": self.type.status,
            "detail": self.detail,
            **({"instance": instance} if instance else {}),
            **({"errors": [each.document for each in self.field_errors]} if self.field_errors else {}),
            **self.members,
        }

    def response(self, instance: str | None = None) -> Response:
        """Return the response; `instance` is a URI of this occurrence."""
        headers = {"Cache-Control": "no-store", **self.headers}
        if self.type.status == _UNAVAILABLE:
            headers.setdefault("Retry-After", str(RETRY_SECONDS))
        return Response(orjson.dumps(self.document(instance)), self.type.status, headers, MEDIA_TYPE)


def problem_of(error: Exception) -> HttpProblem:
    """Convert an exception by the table of `mapping`."""
    if isinstance(error, HttpProblem):
        return error
    kind = problem_type_of(error)
    detail = GENERIC_DETAILS.get(kind.slug) or str(error)
    field: str | None = getattr(error, "field", None)
    field_errors = [FieldError(field, detail, getattr(error, "nearest", None))] if field else []
    return HttpProblem(kind.slug, detail, field_errors, members=_extension_members(error))


def _extension_members(error: Exception) -> dict[str, object]:
    """Return the extension members of a problem: machine-readable attributes of the exception."""
    if isinstance(error, NotYetKnown):
        return {"known_since": error.known_since, "known_at": error.known_at}
    if isinstance(error, MergedAway | IncidentIsMerged):
        into = error.into if isinstance(error, MergedAway) else str(error.about["into"])
        return {"into": into, "location": f"/v1/incidents/{quote(into)}"}
    return {}


def problem_of_fields(field_errors: Sequence[FieldError], slug: str = "invalid-body") -> HttpProblem:
    """Return the problem with these field errors; its `detail` states the first."""
    first, others = field_errors[0], len(field_errors) - 1
    where = f"{first.field}: " if first.field else ""
    also = f" ({others} more under “errors”.)" if others else ""
    return HttpProblem(slug, f"{where}{first.reason}{also}", field_errors[:MAX_FIELD_ERRORS])
