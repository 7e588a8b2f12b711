"""`knownwhen replay`: what was known of an incident at a moment, as a page to read or as the bytes HTTP would send."""

import asyncio
import sys
from collections.abc import Sequence

from domain.facts.union import IncidentOpened
from domain.values.text_types import nearest
from service import wiring
from service.answers.answer import Answer, NoSuchIncident, Question, answer
from service.api.sending import envelope
from service.console.database import expect_data, expect_migrated, on_database
from service.console.outcome import FINE, Negative
from service.console.pages import print_page
from service.eventstore import LogReader
from service.settings import Settings

_MOST_LISTED = 20


def replay(settings: Settings, question: Question, *, json: bool) -> int:
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
    return FINE


def _ask(url: str, question: Question) -> Answer:
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


def _unknown(asked: str, known: Sequence[str]) -> str:
    if not known:
        return f"There is no incident “{asked[:100]}”; none has been opened yet."
    near = nearest(asked, known)
    hint = f"did you mean “{near}”?" if near else f"there are: {', '.join(known)}."
    return f"There is no incident “{asked[:100]}”; {hint}"
