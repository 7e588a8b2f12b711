"""The part of `knownwhen audit` about read models: how far each is, and where it does not hold what folds make."""

import sys
from typing import Any

from rich.text import Text

from service.console.cells import add_row, plain_table
from service.console.progress import progress
from service.console.rebuild import MOST_SHOWN, difference_words
from service.console.terminal import console, count, shown
from service.postgres.role import as_service
from service.projections.audit.audit import Audited, Result, audit


def compared(url: str, *, full: bool) -> Result:
    """Compare the read models of the database at `url` with folds, and show how far that is.

    Raises PostgresProblem and psycopg.Error.
    """
    with progress() as told:
        return audit(as_service(url), full=full, told=lambda done, total: told("comparing read models", done, total, 0))


def documents(result: Result) -> list[dict[str, Any]]:
    """Return what came of each read model, as JSON has it; one that nothing answers for has no generation."""
    found = [_document(each) for each in result.audited]
    missing: list[dict[str, Any]] = [{"name": name, "generation": None} for name in result.missing]
    return sorted([*found, *missing], key=lambda each: str(each["name"]))


def print_audited(result: Result) -> None:
    """Print what came of each read model, and name every difference."""
    out = console(sys.stdout)
    if not result.audited:
        out.print("No read model has been built yet; `knownwhen rebuild` builds all of them.")
        return
    out.print()
    figures = ("position", "compared")
    table = plain_table("read model", *figures, "", narrow=("read model", ""), right=figures)
    for each in result.audited:
        add_row(table, each.generation.name, f"{each.generation.position:,}", f"{each.compared:,}", _verdict(each))
    out.print(table)
    out.print()
    for each in result.audited:
        if each.generation.stopped:
            at, why = each.generation.stopped["position"], each.generation.stopped["error"]
            out.print(Text(shown(f"{each.generation.name} has stopped before position {at:,}: {why}")), soft_wrap=True)
        for difference in each.differences[:MOST_SHOWN]:
            out.print(Text(shown(difference_words(difference.document()))), soft_wrap=True)
        if each.differing > MOST_SHOWN:
            out.print(f"… and {each.differing - MOST_SHOWN:,} more of {each.generation.name}.")
    if result.missing:
        out.print(f"Not built yet by this release: {', '.join(result.missing)}.")
    out.print(_summary(result))


def _summary(result: Result) -> str:
    what = count(len(result.audited), "read model")
    wrong = sum(not each.stands for each in result.audited)
    if wrong:
        return f"{wrong:,} of {what} not as folds of the log make them; `knownwhen rebuild` makes them anew."
    return f"{what}: wherever compared, each holds what folds of the log make."


def _verdict(audited: Audited) -> Text:
    if audited.differing:
        return Text("differs", "bold red")
    if audited.generation.stopped is not None:
        return Text("stopped", "bold red")
    return Text("as folded", "green")


def _document(audited: Audited) -> dict[str, Any]:
    generation = audited.generation
    return {
        "name": generation.name,
        "generation": generation.generation,
        "version": generation.version,
        "position": generation.position,
        "compared_at": audited.position,
        "compared": audited.compared,
        "stands": audited.stands,
        "stopped": generation.stopped,
        "differing": audited.differing,
        "differences": [each.document() for each in audited.differences],
    }
