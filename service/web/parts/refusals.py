"""Refusals of the interface in the reader's language, by the slug of their problem: what is wrong, and what to do."""

from typing import Final

from service.web.language.languages import Language, marked

_SENTENCES: Final = {
    "being-built": marked("The tables that this is read from are being built. Ask again in a minute."),
    "collection-forbidden": marked("Your token is not for this collection."),
    "cross-site": marked("A page of another site asked for this, and nothing was done."),
    "database-unavailable": marked("The database does not answer. Ask again in a moment."),
    "every-collection-needed": marked("This concerns every collection, and your token is for some of them."),
    "internal-error": marked("Something went wrong in the service. Tell whoever runs it."),
    "invalid-parameter": marked(
        "Part of the address, or of what was filled in, cannot be taken. Change it, or leave it out."
    ),
    "issuer-unavailable": marked("Your token cannot be checked now. Ask again in a moment."),
    "moment-in-the-future": marked("This moment has not come yet. Choose one that has passed, or leave it out."),
    "moment-unreadable": marked("This is no moment that can be read. Write it as 2025-03-09T23:59:59Z, or choose one."),
    "narrow-query": marked(
        "Too much would have to be read for this moment. Choose a country, a kind or a source as well."
    ),
    "no-such-export": marked("Nothing is exported in this format by a link. Choose another one."),
    "no-such-fact": marked("There is no fact at this position of the log, or you may not see it."),
    "no-such-incident": marked(
        "There is no such incident, or you may not see it. The list has those that you may see."
    ),
    "no-such-page": marked("There is no page at this address."),
    "no-such-publication": marked("Nothing was published at this position of the log. The list has all publications."),
    "no-such-receipt": marked("No estimate with this digest was published."),
    "no-such-report": marked("There is no such report, or you may not see it."),
    "no-such-source": marked("No report had named this source by this moment, and nobody had registered it."),
    "no-such-tile": marked("The last checkpoint of the log has no such tile."),
    "no-such-token": marked("There is no such token."),
    "not-ready": marked("The service is not ready yet. Ask again in a minute."),
    "not-signed": marked("There is no proof of this to take along: this log is not signed."),
    "not-signed-yet": marked(
        "There is no proof of this to take along yet: it is recorded, and not signed. Signing follows mostly within"
        " seconds; load the page again."
    ),
    "not-there-yet": marked("What was just recorded does not count yet. Ask again in a moment."),
    "not-yet-known": marked("Nothing had been recorded by this moment. Choose a later one."),
    "nothing-sealed": marked("The report has no sealed part."),
    "overloaded": marked("The service has too much to do. Ask again in a moment."),
    "past-the-end": marked("This position lies past the end of the log. Choose one that is there, or leave it out."),
    "read-not-recorded": marked("Who reads a sealed part is recorded first. That failed, so nothing was shown."),
    "scope-missing": marked(
        "Your token does not allow this. Sign in with another one, or ask whoever runs the service."
    ),
    "sealed-part-erased": marked("The sealed part was erased."),
    "sealing-key-lost": marked("The key of the sealed part is not at hand. Tell whoever runs the service."),
    "token-invalid": marked("Your token is not valid, or no longer. Sign in again."),
    "token-needed": marked("This is shown to those who are signed in. Sign in with your token."),
    "too-many-connections": marked("The service has too much to do. Ask again in a moment."),
    "too-many-requests": marked("You asked too often. Wait a minute."),
    "unknown-policy": marked("There is no such policy. Leave it out for the one in force."),
    "wrong-host": marked("The service does not answer at this address. Use the one that you were given."),
}
"""Of every refusal that a page can meet; others are of what forms send."""


def refusal(language: Language, slug: str) -> str:
    """Return the sentence of a refusal; for one without, that its reason is given in English."""
    sentence = _SENTENCES.get(slug)
    return language.text(sentence) if sentence else language.text("The service did not take this. Its reason:")
