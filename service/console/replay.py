"""`knownwhen replay`: an answer about an incident at a moment, as a page to read or as the bytes HTTP would send."""

import asyncio
import sys
from collections.abc import Sequence
from typing import cast

from rich.text import Text

from domain.facts.union import IncidentOpened
from domain.reading import Document
from service import wiring
from service.answers.answer import Answer, AnswerRequest, NoSuchIncident, answer
from service.api.responses import envelope
from service.console.answer_tables import JsonObject, is_partial, tables_of
from service.console.command import EXIT_OK, Negative
from service.console.database import expect_data, expect_migrated, on_database
from service.console.terminal import console, shown, suggestion
from service.eventstore import LogReader
from service.settings import Settings

_MOST_LISTED = 20


def replay(settings: Settings, question: AnswerRequest, *, json: bool) -> int:
    """Ask the log and print the answer.

    Raises Unanswerable, UnknownName, Negative, CannotRun and PostgresProblem.
    """
    expect_data(settings)
    found = on_database(settings, lambda url: _ask(url, question))
    if json:
        sys.stdout.buffer.write(envelope(found) + b"\n")
        sys.stdout.buffer.flush()
    else:
        print_page(question, found)
    return EXIT_OK


def _ask(url: str, question: AnswerRequest) -> Answer:
    async def asked() -> Answer:
        async with wiring.services(url) as house:
            try:
                return await answer(house.reader, question)
            except NoSuchIncident as problem:
                raise Negative(_unknown(question.incident, await _slugs(house.reader))) from problem

    expect_migrated(url)
    return asyncio.run(asked())


async def _slugs(reader: LogReader) -> list[str]:
    """Return the slugs of the incidents that there are, at most _MOST_LISTED."""
    opened = await reader.opened(0, _MOST_LISTED, (await reader.head()).position)
    return [fact.slug for fact in (row.fact() for row in opened) if isinstance(fact, IncidentOpened)]


def _unknown(name: str, known: Sequence[str]) -> str:
    if not known:
        return f"There is no incident “{name[:100]}”; none has been opened yet."
    return f"There is no incident “{name[:100]}”; {suggestion(name, known)}"


def print_page(question: AnswerRequest, answer: Answer) -> None:
    """Print an answer on standard output.

    Sentences, coordinates and digest stand on one line each, however long, so
    that they can be picked out whole.
    """
    out = console(sys.stdout)
    document = answer.document
    title = document.get("title")
    out.print(Text(shown(f"{title} ({document['incident']})" if title else document["incident"]), style="bold"))
    out.print(Text(shown(_moments(question))), soft_wrap=True)
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
    """Return the sentences, those about the whole incident first: each is of an estimate that uses a claim."""
    sentences = cast("list[str]", document.get("sentences") or [])
    told = [estimate for estimate in cast("list[JsonObject]", document.get("estimates") or []) if estimate["used"]]
    if len(told) != len(sentences):
        return sentences
    order = sorted(range(len(told)), key=lambda place: is_partial(told[place]))
    return [sentences[place] for place in order]


def _moments(question: AnswerRequest) -> str:
    """Say in words which moments were asked for, on both clocks."""
    known = f"as this log held it at {question.as_of}" if question.as_of else "as far as this log knows now"
    if question.reported_until:
        return f"What sources had said by {question.reported_until}, {known}."
    return f"What sources have said, {known}."
