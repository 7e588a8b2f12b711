"""Where an answer that is no view stands on the recorded clock, and what is said where it did not stand yet."""

from fastapi import Request

from domain.values.time.clocks import format_instant
from service.answers.answer import NotYetKnown
from service.answers.as_of import Moment
from service.api.failures import Problem, problem_of
from service.api.sending import Coordinates
from service.eventstore import LogReader, StoredFact


async def coordinates_of(
    reader: LogReader, last: StoredFact, moment: Moment, version: int | None = None
) -> Coordinates:
    """Return the coordinates of an answer whose last input is `last`; without a `version`, its own."""
    return {
        "log": str(await reader.log_id()),
        "position": last.position,
        "recorded_at": format_instant(last.recorded_at),
        "version": last.version if version is None else version,
        "closed": moment.closed,
    }


def not_yet_known(request: Request, name: str, as_of: str | None, first: StoredFact) -> Problem:
    """Make the problem of a moment before the first fact; the same question without `as_of` is suggested."""
    problem = problem_of(NotYetKnown(name, as_of or "that moment", first))
    problem.more["suggestion"] = request.url.path
    return problem
