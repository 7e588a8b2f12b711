"""Publications in words: what was published, when, why, and what came of answering it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language, marked

_CHECKS: Final = {
    "digest": (
        marked("The answer is the same: its digest today is the published one."),
        marked("The answer is another today: its digest is not the published one."),
    ),
    "root": (
        marked("The log up to its position is the same: its root today is that of the receipt."),
        marked("The log up to its position is not the same: its root today is not that of the receipt."),
    ),
    "inputs": (
        marked("It depends on the same facts as when it was published."),
        marked("It depends on other facts than when it was published."),
    ),
    "position": (
        marked("The last fact that it depends on stands where it stood."),
        marked("The last fact that it depends on stands elsewhere."),
    ),
    "version": (
        marked("It was recorded right after the facts that it is about, so none was left out."),
        marked("It was not recorded right after the facts that it is about."),
    ),
}
"""What each part that is compared shows, where it is the same and where it differs; the digest and the root first."""


@dataclass(frozen=True, slots=True)
class ShownPublication:
    """A publication of a list."""

    position: int
    title: str
    incident: str
    """The slug, for addresses."""
    what: str
    said_by: str
    policy: str
    recorded_at: str
    about: int
    """The position of the log that it is about."""
    reason: str
    recorded_by: str
    digest: str
    links: Mapping[str, str]
    reading: Mapping[str, str | None]
    """The query of the incident's page at what was published."""


@dataclass(frozen=True, slots=True)
class PublicationCheck:
    """A sentence on what was compared."""

    same: bool
    sentence: str


def publication_entry(language: Language, item: ApiDocument, titles: Mapping[str, str]) -> ShownPublication:
    """Return an item of the list of publications in words; moments in UTC."""
    receipt, published = item["receipt"], item["published"]
    until = receipt["reported_until"]
    return ShownPublication(
        published["position"],
        titles[receipt["incident"]],
        receipt["incident"],
        label(language, "view", receipt["view"]),
        language.moment(until) if until else "",
        label(language, "policy", receipt["policy"]),
        language.moment(published["recorded_at"]),
        receipt["position"],
        published.get("reason", ""),
        item["recorded_by"] or "",
        receipt["digest"],
        item["links"],
        {"as_of": f"@{receipt['position']}", "reported_until": until, "policy": receipt["policy"]},
    )


def checks(language: Language, replayed: ApiDocument) -> tuple[PublicationCheck, ...]:
    """Tell what was compared when a publication was answered again; nothing where it could not be."""
    differing = {each["what"] for each in replayed["differences"]}
    compared = [(name, _CHECKS[name]) for name in _CHECKS if name in replayed["compared"]]
    return tuple(
        PublicationCheck(name not in differing, language.text(differs if name in differing else same))
        for name, (same, differs) in compared
    )
