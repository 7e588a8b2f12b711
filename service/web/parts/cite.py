"""Cite: the sentence, the coordinates that make it repeatable, its digest, and an address that always answers the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.web.api_client import query_string
from service.web.language.languages import Language
from service.web.parts.headline import Headline
from service.web.parts.keys import Key

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Cite:
    """The part `cite`; `coordinates` are names with values, `asked` is the address of the document in the interface."""

    sentence: str
    title: str
    coordinates: Sequence[tuple[str, str]]
    digest: str
    permalink: str
    asked: str


def cite(
    language: Language,
    own: str,
    state: Document,
    headline: Headline,
    lead: Key | None,
    link: Callable[..., str],
    site: str,
) -> Cite:
    """Make the part from `state/1` with its coordinates, and the headline; `own` is the incident's path in the interface."""
    coordinates, data = state["coordinates"], state["data"]
    closed = {"as_of": f"@{coordinates['position']}", "reported_until": coordinates["reported_until"]}
    policy = {"policy": coordinates["policy"]}
    path = f"/incidents/{data['incident']}"
    shown = {**closed, **policy, **(lead.query if lead else {})}
    return Cite(
        _sentence(headline),
        data["title"],
        _coordinates(language, coordinates, headline),
        state["digest"],
        f"{site}{link(path, shown)}",
        f"{own}?{query_string({**closed, **policy})}",
    )


def _sentence(headline: Headline) -> str:
    figure = headline.answer.figure
    return f"{headline.subject}: {figure.figure} ({figure.attribution})." if figure else ""


def _coordinates(language: Language, coordinates: Document, headline: Headline) -> Sequence[tuple[str, str]]:
    text = language.text
    return [
        (text("Recorded by"), headline.recorded_at),
        (text("Position in the log"), language.number(coordinates["position"])),
        (text("Said by"), headline.said_by or text("no limit: all that was said")),
        (text("Policy"), coordinates["policy"]),
    ]
