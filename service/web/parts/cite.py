"""Cite: the sentence, its coordinates, its digest, and an address that always answers the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.web.api_client import query_string
from service.web.api_document import ApiDocument
from service.web.language.languages import Language
from service.web.parts.context import PartContext
from service.web.parts.headline import HeadlinePart
from service.web.parts.proof import ProofLinks


@dataclass(frozen=True)
class Cite:
    """The part `cite`: `coordinates` are names with values; `permalink` and `asked` addresses on this site."""

    sentence: str
    title: str
    coordinates: Sequence[tuple[str, str]]
    digest: str
    permalink: str
    asked: str
    proof: ProofLinks


def cite(context: PartContext, own: str, state: ApiDocument, headline: HeadlinePart, signed: int | None) -> Cite:
    """Make the part from `state/1` with its coordinates, and the headline; `own` is the incident's path in the API.

    `signed` is the size of the last checkpoint, None where the log is not signed.
    """
    coordinates, data = state["coordinates"], state["data"]
    closed = {"as_of": f"@{coordinates['position']}", "reported_until": coordinates["reported_until"]}
    asked = {**closed, "policy": coordinates["policy"]}
    page = f"/incidents/{data['incident']}"
    query = query_string(asked)
    kept = context.link(f"{page}/bundle.html", asked)
    return Cite(
        _sentence(headline),
        data["title"],
        _coordinates(context.language, coordinates, headline),
        state["digest"],
        context.link(page, {**asked, **context.lead_query}),
        f"{own}?{query}",
        ProofLinks(signed, coordinates["position"], f"{own}/bundle?{query}", kept),
    )


def _sentence(headline: HeadlinePart) -> str:
    figure = headline.answer.figure
    return f"{headline.subject}: {figure.figure} ({figure.attribution})." if figure else ""


def _coordinates(language: Language, coordinates: ApiDocument, headline: HeadlinePart) -> Sequence[tuple[str, str]]:
    text = language.text
    return [
        (text("Recorded by"), headline.recorded_at),
        (text("Position in the log"), language.number(coordinates["position"])),
        (text("Said by"), headline.said_by or text("no limit: all that was said")),
        (text("Policy"), coordinates["policy"]),
    ]
