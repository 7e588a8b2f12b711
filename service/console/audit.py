"""`knownwhen audit`: asks every published estimate again, compares read models with folds, and names what differs."""

import asyncio
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from service import wiring
from service.console import audited_models
from service.console.answer_tables import WIDE
from service.console.cells import add_row, plain_table
from service.console.command import FINE, NO, say
from service.console.database import expect_data, expect_migrated, on_database
from service.console.terminal import console, count, shown
from service.settings import Settings
from service.transparency.publications import PublicationReplay, replay

EVERY_SECONDS = 5.0
"""How often a line says how far it is, where there is no terminal to show a bar."""

_AT_ONCE = 100
_WHAT = ("view", "policy", "reported_until")


def audit(settings: Settings, *, json: bool, full: bool = False) -> int:
    """Ask again and compare, and print what came of it; NO where anything is not as it should be.

    `full`: every subject of the read models is compared, not a sample. Raises CannotRun and PostgresProblem.
    """
    expect_data(settings)
    found, compared = on_database(settings, lambda url: (_replayed(url), audited_models.compared(url, full=full)))
    ok = all(each.stands for each in (*found, *compared.audited))
    if json:
        document = {"ok": ok, "publications": [_document(each) for each in found]}
        document["read_models"] = audited_models.documents(compared)
        sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        _print(found)
        audited_models.print_audited(compared)
    return FINE if ok else NO


def _replayed(url: str) -> list[PublicationReplay]:
    async def asked() -> list[PublicationReplay]:
        found: list[PublicationReplay] = []
        async with wiring.services(url) as house:
            positions = await house.publications.positions()
            with _progress(len(positions)) as told:
                for start in range(0, len(positions), _AT_ONCE):
                    for row in await house.reader.at(positions[start : start + _AT_ONCE]):
                        found.append(await replay(house.reader, house.root_at, row))
                        told(len(found))
        return found

    expect_migrated(url)
    return asyncio.run(asked())


@contextmanager
def _progress(total: int) -> Generator[Callable[[int], None]]:
    """Show a bar that goes away, with rate and time left, on a terminal; elsewhere a line every few seconds."""
    out = console(sys.stderr)
    if not out.is_terminal or out.is_dumb_terminal:
        yield _lines(total)
        return
    began = time.monotonic()
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with Progress(TextColumn("{task.description}"), *columns, console=out, transient=True) as progress:
        task = progress.add_task("Asking publications again", total=total, rate="")
        yield lambda done: progress.update(task, completed=done, rate=_rate(done, began))


def _lines(total: int) -> Callable[[int], None]:
    began = said = time.monotonic()

    def told(done: int) -> None:
        nonlocal said
        if time.monotonic() - said >= EVERY_SECONDS:
            said = time.monotonic()
            say(f"Asked {done:,} of {count(total, 'publication')} again, {_rate(done, began)} …")

    return told


def _rate(done: int, began: float) -> str:
    return f"{done / max(time.monotonic() - began, 1e-3):,.0f} a second"


def _document(found: PublicationReplay) -> dict[str, Any]:
    published = found.published
    return {
        "position": found.position,
        "recorded_at": found.recorded_at,
        "incident": found.incident,
        **{name: getattr(published, name, None) for name in (*_WHAT, "digest")},
        "as_of": f"@{published.position}" if published else None,
        "stands": found.stands,
        "trouble": found.trouble,
        "differences": list(found.differences),
    }


def _print(found: Sequence[PublicationReplay]) -> None:
    out = console(sys.stdout)
    if not found:
        out.print("No estimate has been published in this log.")
        return
    out.print(_table(found, wide=out.width >= WIDE))
    out.print()
    for each in found:
        for line in _reasons(each):
            out.print(Text(shown(line)), soft_wrap=True)
    wrong = sum(not each.stands for each in found)
    well = f"{count(len(found), 'publication')}: each is answered as it was published."
    out.print(f"{wrong:,} of {count(len(found), 'publication')} not answered as published." if wrong else well)


def _table(found: Sequence[PublicationReplay], *, wide: bool) -> Table:
    columns = ("recorded at", "incident", *_WHAT) if wide else ("what",)
    table = plain_table("position", *columns, "", narrow=("recorded at", ""), right=("position",))
    for each in found:
        verdict = Text("as published", "green") if each.stands else Text("differs", "bold red")
        what = [getattr(each.published, name, None) for name in _WHAT]
        if wide:
            add_row(table, each.position, each.recorded_at, each.incident, *what, verdict)
        else:
            about = ", ".join(str(word) for word in what if word)
            add_row(table, each.position, f"{each.incident}\n{about}", verdict)
    return table


def _reasons(found: PublicationReplay) -> list[str]:
    where = f"Position {found.position}"
    if found.trouble:
        return [f"{where} cannot be asked again: {found.trouble}"]
    return [
        f"{where}, {each.what}: {each.published} was published, {each.replayed} found." for each in found.differences
    ]
