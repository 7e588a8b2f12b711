"""Coordinates of answers that are no views, and the problem of a moment before the first fact."""

from datetime import datetime
from typing import Protocol

from fastapi import Request

from domain.values.collections import PUBLIC
from domain.values.time.clocks import format_instant
from service.answers.answer import NotYetKnown, collection_coordinate
from service.answers.as_of import ResolvedMoment
from service.api.errors.problem import HttpProblem, problem_of
from service.api.media_types import with_ending
from service.api.responses import CoordinateFields
from service.eventstore import LogReader, StoredFact


class LastFact(Protocol):
    """The last input of an answer: a row of the log, or what is known of one."""

    @property
    def position(self) -> int: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def version(self) -> int: ...


async def coordinates_of(
    reader: LogReader,
    last: LastFact | None,
    moment: ResolvedMoment,
    version: int | None = None,
    collection: str = PUBLIC,
) -> CoordinateFields:
    """Return the coordinates of an answer whose last input is `last`, if any.

    `version` is by default its own; `collection` is that of the incident at the moment asked.
    """
    return {
        "log": str(await reader.log_id()),
        "position": last.position if last else 0,
        "recorded_at": format_instant(last.recorded_at) if last else None,
        "version": version if version is not None else last.version if last else 0,
        "closed": moment.closed,
        **collection_coordinate(collection),
    }


def not_yet_known_problem(request: Request, name: str, as_of: str | None, first: StoredFact) -> HttpProblem:
    """Return the problem of a moment before the first fact; it suggests the same path without `as_of`."""
    problem = problem_of(NotYetKnown(name, as_of or "that moment", first))
    problem.members["suggestion"] = with_ending(request.scope, request.url.path)
    return problem
