"""What can keep read models from being built; every message is a sentence, and what is done already stays."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg

from service.postgres.problems import PostgresProblem

RERUN_HINT: Final = "What is done stays; run `knownwhen rebuild` again and it goes on from there."


class RebuildProblem(Exception):
    """Read models could not be built as asked."""


class RebuildInProgress(RebuildProblem):
    """Another process builds read models of this database now."""


class RebuildStopped(RebuildProblem):
    """The building was left off because that was asked for."""


class WorkerLost(RebuildProblem):
    """A process at work on a building ended before it was done, or said what went wrong."""


class RebuildFailed(RebuildProblem):
    """Read models fail at a fact, or do not hold what folds of the log do. `stopped` tells for each what it was."""

    def __init__(
        self, sentence: str, stopped: Mapping[str, Any], differences: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Keep what it was about beside the sentence."""
        super().__init__(sentence)
        self.stopped, self.differences = stopped, differences


def problem_sentence(problem: BaseException) -> str:
    """Return the sentence for what broke the work off."""
    text = str(problem).strip() or type(problem).__name__
    if isinstance(problem, RebuildProblem | PostgresProblem):
        return text
    if isinstance(problem, psycopg.errors.DiskFull):
        return f"The disk of the database is full ({text}). Make room. {RERUN_HINT}"
    if isinstance(problem, MemoryError):
        return f"There was not enough memory; try fewer workers. {RERUN_HINT}"
    if isinstance(problem, psycopg.Error):
        return f"The database broke off the work: {text}. {RERUN_HINT}"
    return f"Something went wrong that Knownwhen did not foresee ({type(problem).__name__}: {text}). {RERUN_HINT}"
