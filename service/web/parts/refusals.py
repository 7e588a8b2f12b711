"""Refusals of the interface in the reader's language, by the slug of their problem: what is wrong, and what to do."""

from typing import Final

from service.web.language.labels import marked
from service.web.language.languages import Language

_SENTENCES: Final = {
    "being-built": marked("The tables that this is read from are being built. Ask again in a minute."),
    "moment-in-the-future": marked("This moment has not come yet. Choose one that has passed, or leave it out."),
    "moment-unreadable": marked("This is no moment that can be read. Write it as 2025-03-09T23:59:59Z, or choose one."),
    "narrow-query": marked(
        "Too much would have to be read for this moment. Choose a country, a kind or a source as well."
    ),
    "not-there-yet": marked("What was just recorded does not count yet. Ask again in a moment."),
    "not-yet-known": marked("Nothing had been recorded by the first moment. Choose a later one."),
    "past-the-end": marked("This position lies past the end of the log. Choose one that is there, or leave it out."),
}


def refusal(language: Language, slug: str) -> str | None:
    """Return what a refusal says; None for one that has no sentence of its own."""
    sentence = _SENTENCES.get(slug)
    return language.text(sentence) if sentence else None
