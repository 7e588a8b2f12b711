"""Errors of rebuilds. Every message is a sentence for users; finished tasks are kept."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg

from service.postgres.problems import PostgresProblem

RERUN_HINT: Final = "What is done stays; run `knownwhen rebuild` again and it goes on from there."


class RebuildProblem(Exception):
    """A rebuild did not complete."""


class RebuildInProgress(RebuildProblem):
    """Another process is rebuilding read models of this database."""


class RebuildStopped(RebuildProblem):
    """The rebuild was interrupted on request."""


class WorkerLost(RebuildProblem):
    """A worker process failed or was killed."""


class RebuildFailed(RebuildProblem):
    """Read models failed at a fact (`stopped`: the failure of each), or differ from folds of the log."""

    def __init__(
        self, sentence: str, stopped: Mapping[str, Any], differences: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Keep failures and differences beside the sentence."""
        super().__init__(sentence)
        self.stopped, self.differences = stopped, differences


def problem_sentence(problem: BaseException) -> str:
    """Return the sentence for an error that ended a rebuild."""
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
