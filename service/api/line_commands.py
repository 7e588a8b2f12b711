"""The commands that a line can hold besides a report: the name of its one member, and the model of its body."""

import unicodedata
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final, NamedTuple, cast
from uuid import UUID

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from domain import catalogue
from domain.incident import commands
from domain.incident.dispatch import AnyCommand
from domain.values.sources import Introduction, Registration
from domain.values.text_types import Strict
from service.answers.answer import stream_of
from service.api.numbers import taking_numbers


def _known(policy: str) -> str:
    try:
        return catalogue.policy(policy).id
    except catalogue.UnknownName as unknown:
        raise PydanticCustomError("policy", "{sentence}", {"sentence": str(unknown)}) from unknown


class _Adoption(commands.AdoptPolicy, frozen=True):
    """A policy to adopt, which this release has."""

    policy: Annotated[str, AfterValidator(_known)]


class _Body(NamedTuple):
    """The model of a body, and whether it names an `incident` besides (which an address does over HTTP)."""

    model: type[Strict]
    names_incident: bool = False


_BODIES: Final[Mapping[str, _Body]] = {
    "register": _Body(Registration),
    "open": _Body(commands.OpenIncident),
    "amendment": _Body(commands.AmendIncident, names_incident=True),
    "close": _Body(commands.CloseIncident, names_incident=True),
    "reopen": _Body(commands.ReopenIncident, names_incident=True),
    "scope": _Body(commands.DeclareScope, names_incident=True),
    "merge": _Body(commands.MergeIncident, names_incident=True),
    "unmerge": _Body(commands.UnmergeIncident, names_incident=True),
    "rescoping": _Body(commands.RescopeClaims, names_incident=True),
    "correction": _Body(commands.CorrectReport),
    "retraction": _Body(commands.RetractReport),
    "reinstatement": _Body(commands.ReinstateReport),
    "assessment": _Body(commands.AssessReport),
    "dispute": _Body(commands.DisputeReport),
    "move": _Body(commands.MoveReport),
    "same_origin": _Body(commands.StateSameOrigin),
    "same_origin_undo": _Body(commands.UndoSameOrigin),
    "policy": _Body(_Adoption),
}

NAMES: Final = tuple(_BODIES)
"""The names of the commands that a line can hold."""


class IncidentMissing(ValueError):
    """The body names no incident, and must; the sentence says so."""


class LineCommand(NamedTuple):
    """A command, and the stream of the incident that its body names, None where it names none."""

    command: AnyCommand
    incident: UUID | None


def model_of(name: str) -> type[Strict]:
    """Return the model of the body under `name`."""
    return _BODIES[name].model


def without_incident(name: str, body: object) -> object:
    """Return what the model of `name` describes of a body."""
    if not (_BODIES[name].names_incident and isinstance(body, dict)):
        return body
    return {field: value for field, value in cast("Mapping[str, Any]", body).items() if field != "incident"}


def command_of(name: str, body: object, *, mend: bool) -> LineCommand:
    """Return the command that a line holds under `name`; with `mend`, numbers are taken where text is asked for.

    Raises pydantic's ValidationError for what the model describes, and IncidentMissing.
    """
    model, names_incident = _BODIES[name]
    read = partial(taking_numbers, model.model_validate) if mend else model.model_validate
    command = cast("AnyCommand", read(without_incident(name, body)))
    if isinstance(command, Registration) and "reliability" not in command.model_fields_set:
        command = Introduction.model_validate(command.model_dump(exclude_unset=True))
    if isinstance(command, _Adoption):
        command = commands.AdoptPolicy(policy=command.policy, reason=command.reason)
    return LineCommand(command, _named(cast("Mapping[str, Any]", body)) if names_incident else None)


def _named(body: Mapping[str, Any]) -> UUID:
    incident = body.get("incident")
    if not isinstance(incident, str) or not incident.strip():
        why = "This must name an incident, by slug or id." if "incident" in body else "This is needed and missing."
        raise IncidentMissing(why)
    return stream_of(unicodedata.normalize("NFC", incident))
