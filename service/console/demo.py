"""`knownwhen demo`: from nothing to an answer, with the bundled PostgreSQL and the sample."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from threading import Event
from uuid import UUID

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from service import resources, sample, wiring
from service.console import projecting, web
from service.console.database import held, migrated
from service.console.listening import Address, listen, loopback
from service.console.outcome import FINE, announce, say
from service.console.words import console, count
from service.settings import Settings

SAMPLE = "syria-coast-2025"
"""The sample's folder, and the slug of the incident in it."""

LATECOMER = UUID("19a7216c-ef5f-5b33-a460-d48260cc7c19")
"""A report of the sample that was recorded long after it was said: Rudaw's 229 of 8 March."""

_READ_THE_SENTENCE = "grep -o 'Killed, civilians: [^\"]*'"
_EIGHTH, _TWELFTH = (f"2025-03-{day}T23:59:59%2B03:00" for day in ("08", "12"))


def demo(settings: Settings) -> int:
    """Start the database, bring it up to date, load the sample, and serve until stopped.

    Run again, it finds the sample loaded and changes nothing.

    Raises Misuse, CannotRun, PostgresProblem, SampleError; KeyboardInterrupt where stopped before it served.
    """
    address = loopback(settings.host, settings.port)
    with listen(address) as listener:
        if settings.database_url is None:
            say(f"Starting PostgreSQL in {settings.data.absolute()} …")
        with held(settings) as url:
            migrated(url)
            before = asyncio.run(_load(url))
            ready = _introduction(address, before)
            wiring.make_runner(url, Event()).catch_up()
            with projecting.beside(url, settings):
                web.serve(settings, url, listener, workers=1, ready=lambda: announce(ready))
    say("Stopped.")
    return FINE


async def _load(url: str) -> int | None:
    """Load the sample; return the position before its latecomer, or None where the log has no such report."""
    lines = sample.read(resources.samples() / SAMPLE)
    async with wiring.services(url) as house:
        try:
            with _progress(len(lines)) as told:
                loaded = await sample.load(house.writer, lines, told)
            say(_summary(loaded))
        except sample.SampleChanged as changed:
            say(f"This log holds something else in the place of the sample, and keeps it. {changed}")
        row = await house.reader.find(LATECOMER)
    return row.position - 1 if row else None


@contextmanager
def _progress(total: int) -> Generator[Callable[[int], None]]:
    """Show a bar that goes away, on a terminal; elsewhere say only that it begins."""
    out = console(sys.stderr)
    if not out.is_terminal or out.is_dumb_terminal:
        say(f"Loading the sample {SAMPLE}: {total} lines …")
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task("Loading the sample", total=total)
        yield lambda done: progress.update(task, completed=done)


def _summary(loaded: Sequence[sample.Loaded]) -> str:
    new = sum(each.new for each in loaded)
    if not new:
        return f"The sample {SAMPLE} is loaded already."
    counts = Counter(each.line.what for each in loaded)
    parts = [count(counts[what], what) for what in ("report", "correction", "retraction", "source")]
    rest = "" if new == len(loaded) else f" {new} of its {len(loaded)} lines were missing."
    return f"The sample {SAMPLE} is loaded: {', '.join(parts)}.{rest}"


def _introduction(address: Address, before: int | None) -> str:
    """Return what the demo prints once it answers: where, and three questions that show what it is for."""
    place = f"{address.url}/v1/incidents/{SAMPLE}"
    questions = [
        ("What had been said by the end of 8 March 2025?", f"reported_until={_EIGHTH}"),
        ("And by the end of 12 March?", f"reported_until={_TWELFTH}"),
    ]
    if before:
        late = f"What did this log hold of 8 March at its position {before}, before a figure of that day came in late?"
        questions.append((late, f"reported_until={_EIGHTH}&as_of=@{before}"))
    asked = "\n".join(f"{words}\n  curl -s '{place}?{query}' | {_READ_THE_SENTENCE}\n" for words, query in questions)
    heading = f"Knownwhen answers at {address.url}. How many civilians were killed on the Syrian coast?"
    return f"\n{heading}\n\n{asked}\nCtrl-C stops it.\n"
