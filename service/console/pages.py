"""An answer as a page that a person can read: what was asked, sentences to quote, a table, and the coordinates."""

import sys
from typing import cast

from rich.text import Text

from domain.reading import Document
from service.answers.answer import Answer, AnswerRequest
from service.console.answer_tables import JsonObject, is_partial, tables_of
from service.console.terminal import console, shown


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
