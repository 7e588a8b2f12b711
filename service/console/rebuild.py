"""`knownwhen rebuild`: a blue/green rebuild of read models from the log."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any

import psycopg
from rich.text import Text

from service import wiring
from service.console.command import EXIT_FAILED, EXIT_OK, CannotRun, Misuse, request_stop_on_signal, say
from service.console.database import expect_data, expect_migrated, on_database
from service.console.terminal import console, count, print_json, progress, shown, suggestion
from service.projections.catalogue import MODELS
from service.projections.errors import RERUN_HINT, RebuildFailed, RebuildProblem, problem_sentence
from service.projections.rebuild.job import RebuildOptions, RebuildProgress, RebuildResult
from service.settings import Settings

MOST_SHOWN = 20
"""The most differences that are printed as text; `--json` has all that were stored."""


@dataclass(frozen=True, slots=True)
class RebuildArguments:
    """The arguments and options: read models to build (none: all), number of processes, verified or not."""

    names: Sequence[str]
    workers: int | None
    verify: bool
    json: bool


def rebuild(settings: Settings, arguments: RebuildArguments) -> int:
    """Build, and print what came of it; EXIT_FAILED where a read model fails at a fact or differs from its folds.

    Raises Misuse, CannotRun and PostgresProblem; KeyboardInterrupt where stopped before the end.
    """
    names = _known(arguments.names)
    expect_data(settings)
    start = time.monotonic()
    stop = request_stop_on_signal(twice_at_once=True)
    try:
        built = on_database(settings, lambda url: _rebuild(url, names, arguments, stop.event))
    except RebuildFailed as problem:
        _print_failure(problem, json=arguments.json)
        return EXIT_FAILED
    except (RebuildProblem, psycopg.Error) as problem:
        if stop.event.is_set():
            say(f"Stopped; the old read models go on answering. {RERUN_HINT}")
            raise stop.interruption() from problem
        raise CannotRun(problem_sentence(problem)) from problem
    _print(built, time.monotonic() - start, arguments)
    return EXIT_OK


def _rebuild(url: str, names: Sequence[str], arguments: RebuildArguments, stop: Event) -> RebuildResult:
    expect_migrated(url)
    with progress() as report_progress:

        def on_progress(now: RebuildProgress) -> None:
            report_progress(now.work, now.done, now.total, now.resumed)

        return wiring.rebuild(url, names, RebuildOptions(arguments.workers, arguments.verify, on_progress, stop))


def _known(names: Sequence[str]) -> list[str]:
    for name in names:
        if name not in MODELS:
            raise Misuse(f"There is no read model “{name}”; {suggestion(name, MODELS)}")
    return sorted(set(names) or MODELS)


def _print(built: RebuildResult, seconds: float, arguments: RebuildArguments) -> None:
    position = min((each.position for each in built.generations), default=0)
    if arguments.json:
        found = [
            {"name": each.name, "generation": each.generation, "version": each.version, "position": each.position}
            for each in built.generations
        ]
        print_json(
            {"ok": True, "read_models": found, "verified": arguments.verify, "still_read": list(built.still_read)}
        )
        return
    out = console(sys.stdout)
    verified = ", each verified against folds of the log" if arguments.verify else ""
    out.print(f"Rebuilt {', '.join(built.names)} to position {position:,} in {seconds:,.1f} s{verified}.")
    if built.still_read:
        what = count(len(built.still_read), "old generation")
        out.print(f"{what} could not be dropped, since somebody reads there; the next rebuild drops what is left.")


def _print_failure(problem: RebuildFailed, *, json: bool) -> None:
    if json:
        stopped: Mapping[str, Any] = problem.stopped
        differences = list(problem.differences)
        print_json({"ok": False, "problem": str(problem), "stopped": dict(stopped), "differences": differences})
        return
    out = console(sys.stdout)
    out.print(Text(shown(str(problem))), soft_wrap=True)
    for each in problem.differences[:MOST_SHOWN]:
        out.print(Text(shown(difference_words(each))), soft_wrap=True)
    if len(problem.differences) > MOST_SHOWN:
        out.print(f"… and {len(problem.differences) - MOST_SHOWN:,} more; --json prints them.")


def difference_words(found: Mapping[str, Any]) -> str:
    """Return one line for a difference between a read model and a fold."""
    if found["trouble"]:
        return f"{found['subject']} cannot be compared at position {found['position']:,}: {found['trouble']}"
    where = f"{found['read_model']}, {found['subject']}, position {found['position']:,}, {', '.join(found['key'])}"
    if found["column"] is not None:
        return f"{where}, {found['column']}: {found['stands']} stands, {found['should']} should."
    return f"{where}: a row stands that should not." if found["should"] is None else f"{where}: the row is missing."
