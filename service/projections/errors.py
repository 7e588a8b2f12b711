"""What can keep read models from being built; every message is a sentence, and what is done already stays."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg

from service.postgres.problems import PostgresProblem

AGAIN: Final = "What is done stays; run `knownwhen rebuild` again and it goes on from there."


class BuildingProblem(Exception):
    """Read models could not be built as asked."""


class AnotherBuilds(BuildingProblem):
    """Another process builds read models of this database now."""


class LeftOff(BuildingProblem):
    """The building was left off because that was asked for."""


class WorkerLost(BuildingProblem):
    """A process at work on a building ended before it was done, or said what went wrong."""


class CannotBuild(BuildingProblem):
    """Read models fail at a fact, or do not hold what folds of the log do. `stopped` tells for each what it was."""

    def __init__(
        self, sentence: str, stopped: Mapping[str, Any], differences: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Keep what it was about beside the sentence."""
        super().__init__(sentence)
        self.stopped, self.differences = stopped, differences


def told_of(problem: BaseException) -> str:
    """Return the sentence for what broke the work off."""
    text = str(problem).strip() or type(problem).__name__
    if isinstance(problem, BuildingProblem | PostgresProblem):
        return text
    if isinstance(problem, psycopg.errors.DiskFull):
        return f"The disk of the database is full ({text}). Make room. {AGAIN}"
    if isinstance(problem, MemoryError):
        return f"There was not enough memory; try fewer workers. {AGAIN}"
    if isinstance(problem, psycopg.Error):
        return f"The database broke off the work: {text}. {AGAIN}"
    return f"Something went wrong that Knownwhen did not foresee ({type(problem).__name__}: {text}). {AGAIN}"
