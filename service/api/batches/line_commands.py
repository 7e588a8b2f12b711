"""The commands of a line that is no report: the name of its only member, and the model of that member."""

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
from service.access.principal import AccessScope
from service.answers.answer import stream_of
from service.api.requests.numbers import validate_coercing_numbers


def _known_policy(policy: str) -> str:
    try:
        return catalogue.policy(policy).id
    except catalogue.UnknownName as unknown:
        raise PydanticCustomError("policy", "{sentence}", {"sentence": str(unknown)}) from unknown


class _KnownPolicyAdoption(commands.AdoptPolicy, frozen=True):
    """A policy adoption, validated against the policies of this release."""

    policy: Annotated[str, AfterValidator(_known_policy)]


class _CommandModel(NamedTuple):
    """The model of a command, and the scope that it needs.

    `names_incident` says whether the line needs an `incident` as well (which over HTTP is in the path).
    """

    model: type[Strict]
    needed: AccessScope = "curate"
    names_incident: bool = False


_MODELS: Final[Mapping[str, _CommandModel]] = {
    "register": _CommandModel(Registration),
    "open": _CommandModel(commands.OpenIncident, "report"),
    "amendment": _CommandModel(commands.AmendIncident, names_incident=True),
    "close": _CommandModel(commands.CloseIncident, names_incident=True),
    "reopen": _CommandModel(commands.ReopenIncident, names_incident=True),
    "collection": _CommandModel(commands.ChangeCollection, names_incident=True),
    "scope": _CommandModel(commands.DeclareScope, "report", names_incident=True),
    "merge": _CommandModel(commands.MergeIncident, names_incident=True),
    "unmerge": _CommandModel(commands.UnmergeIncident, names_incident=True),
    "rescoping": _CommandModel(commands.RescopeClaims, names_incident=True),
    "correction": _CommandModel(commands.CorrectReport, "report"),
    "retraction": _CommandModel(commands.RetractReport, "report"),
    "reinstatement": _CommandModel(commands.ReinstateReport, "report"),
    "assessment": _CommandModel(commands.AssessReport),
    "dispute": _CommandModel(commands.DisputeReport),
    "move": _CommandModel(commands.MoveReport),
    "same_origin": _CommandModel(commands.StateSameOrigin),
    "same_origin_undo": _CommandModel(commands.UndoSameOrigin),
    "policy": _CommandModel(_KnownPolicyAdoption),
}

COMMAND_NAMES: Final = tuple(_MODELS)
"""The names of the commands."""


class IncidentMissing(ValueError):
    """The line needs an incident and has none; the message is the reason."""


class LineCommand(NamedTuple):
    """A command, and the stream of the incident it names, if any."""

    command: AnyCommand
    incident: UUID | None


def needed_by(name: str) -> AccessScope:
    """Return the scope that a command needs."""
    return _MODELS[name].needed


def model_of(name: str) -> type[Strict]:
    """Return the model of a command."""
    return _MODELS[name].model


def without_incident(name: str, body: object) -> object:
    """Return the body without the member `incident`, which the model does not have."""
    if not (_MODELS[name].names_incident and isinstance(body, dict)):
        return body
    return {field: value for field, value in cast("Mapping[str, Any]", body).items() if field != "incident"}


def command_of(name: str, body: object, *, coerce_numbers: bool) -> LineCommand:
    """Validate the command `name`; with `coerce_numbers`, numbers are accepted for strings.

    Raises pydantic's ValidationError, and IncidentMissing.
    """
    model, _, names_incident = _MODELS[name]
    read = partial(validate_coercing_numbers, model.model_validate) if coerce_numbers else model.model_validate
    command = cast("AnyCommand", read(without_incident(name, body)))
    if isinstance(command, Registration) and "reliability" not in command.model_fields_set:
        command = Introduction.model_validate(command.model_dump(exclude_unset=True))
    if isinstance(command, _KnownPolicyAdoption):
        command = commands.AdoptPolicy(policy=command.policy, reason=command.reason)
    return LineCommand(command, _incident_stream(cast("Mapping[str, Any]", body)) if names_incident else None)


def _incident_stream(body: Mapping[str, Any]) -> UUID:
    incident = body.get("incident")
    if not isinstance(incident, str) or not incident.strip():
        why = "This must name an incident, by slug or id." if "incident" in body else "This is needed and missing."
        raise IncidentMissing(why)
    return stream_of(unicodedata.normalize("NFC", incident))
