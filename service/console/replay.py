"""`knownwhen replay`: an answer about an incident at a moment, as a page to read or as the bytes HTTP would send."""

import asyncio
import sys
from collections.abc import Sequence
from typing import cast

from rich.text import Text

from domain.facts.union import IncidentOpened
from domain.reading import Document
from domain.values.text_types import JsonObject
from service import wiring
from service.answers.answer import Answer, AnswerRequest, NoSuchIncident, answer
from service.api.responses import envelope
from service.console.answer_tables import is_partial, tables_of
from service.console.command import EXIT_OK, Negative
from service.console.database import expect_data, expect_migrated, on_database
from service.console.terminal import console, shown, suggestion
from service.eventstore import LogReader
from service.settings import Settings

_MOST_LISTED = 20


def replay(settings: Settings, request: AnswerRequest, *, json: bool) -> int:
    """Answer a request from the log, and print the answer.

    Raises Unanswerable, UnknownName, Negative, CannotRun and PostgresProblem.
    """
    expect_data(settings)
    found = on_database(settings, lambda url: _ask(url, request))
    if json:
        sys.stdout.buffer.write(envelope(found) + b"\n")
        sys.stdout.buffer.flush()
    else:
        print_page(request, found)
    return EXIT_OK


def _ask(url: str, request: AnswerRequest) -> Answer:
    async def work() -> Answer:
        async with wiring.opened_log(url) as log:
            try:
                return await answer(log.reader, request)
            except NoSuchIncident as problem:
                raise Negative(_unknown(request.incident, await _slugs(log.reader))) from problem

    expect_migrated(url)
    return asyncio.run(work())


async def _slugs(reader: LogReader) -> list[str]:
    """Return the slugs of incidents, at most _MOST_LISTED."""
    opened = await reader.opened(0, _MOST_LISTED, (await reader.head()).position)
    return [fact.slug for fact in (row.fact() for row in opened) if isinstance(fact, IncidentOpened)]


def _unknown(name: str, known: Sequence[str]) -> str:
    if not known:
        return f"There is no incident “{name[:100]}”; none has been opened yet."
    return f"There is no incident “{name[:100]}”; {suggestion(name, known)}"


def print_page(request: AnswerRequest, answer: Answer) -> None:
    """Print an answer on standard output.

    Sentences, coordinates and digest are on one line each, however long, so
    that tools can select them.
    """
    out = console(sys.stdout)
    document = answer.document
    title = document.get("title")
    out.print(Text(shown(f"{title} ({document['incident']})" if title else document["incident"]), style="bold"))
    out.print(Text(shown(_moments(request))), soft_wrap=True)
    out.print()
    sentences = _sentences(document)
    for sentence in sentences:
        out.print(Text(shown(sentence)), soft_wrap=True)
    if sentences:
        out.print()
    for table in tables_of(answer, out.width):
        table.title_justify = "left"
        out.print(table)
        out.print()
    for name, value in {**answer.coordinates, "digest": answer.digest}.items():
        out.print(Text(f"{name:<14} {shown(value)}", style="dim"), soft_wrap=True)


def _sentences(document: Document) -> list[str]:
    """Return the sentences, those about the whole incident first: there is one for each estimate that uses a claim."""
    sentences = cast("list[str]", document.get("sentences") or [])
    used = [estimate for estimate in cast("list[JsonObject]", document.get("estimates") or []) if estimate["used"]]
    if len(used) != len(sentences):
        return sentences
    order = sorted(range(len(used)), key=lambda place: is_partial(used[place]))
    return [sentences[place] for place in order]


def _moments(request: AnswerRequest) -> str:
    """Return the requested moments in words, on both clocks."""
    known = f"as this log held it at {request.as_of}" if request.as_of else "as far as this log knows now"
    if request.reported_until:
        return f"What sources had said by {request.reported_until}, {known}."
    return f"What sources have said, {known}."
