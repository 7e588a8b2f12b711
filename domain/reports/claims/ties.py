"""Ties: statements of one moment are ordered by all that they say, and by their ids only where they say the very same.

Ids are given by whoever records, so an answer that one of them decided would be nobody's. What a report says is
written out once, when a tie first asks for it; its free text is no part of that, since it may be erased.
"""

from typing import Any, Protocol, cast

from pydantic import BaseModel

from domain.ledger.canonical import canonical
from domain.reports.versions import recorded_content

Rank = tuple[object, ...]


class Told(Protocol):
    """A statement that can be in a tie: `content` is what it says, sorted last what is preferred; and its id."""

    @property
    def content(self) -> Rank: ...
    @property
    def ref(self) -> str: ...


class Tie:
    """The last part of a sort key: two that are equal so far are told apart by what they say, at last by their ids.

    `links` is what others say of it, and it of others, where they name each other by id.
    """

    __slots__ = ("_links", "_told")

    def __init__(self, told: Told, links: Rank = ()) -> None:
        self._told = told
        self._links = links

    def __lt__(self, other: "Tie") -> bool:
        """Say whether the other is to be preferred."""
        return self._rank < other._rank

    def __gt__(self, other: "Tie") -> bool:
        """Say whether this is to be preferred."""
        return self._rank > other._rank

    def __eq__(self, other: object) -> bool:
        """Say whether both are one statement."""
        return isinstance(other, Tie) and self._told.ref == other._told.ref

    def __hash__(self) -> int:
        """Hash by the id."""
        return hash(self._told.ref)

    @property
    def _rank(self) -> tuple[Rank, Rank, str]:
        return self._told.content, self._links, self._told.ref


class Record:
    """What one content of a report says, as text without ids; `marks` is what became of the report since, as text."""

    __slots__ = ("_report", "_text", "marks")

    def __init__(self, report: BaseModel) -> None:
        self._report = report
        self._text: str | None = None
        self.marks = ""

    @property
    def text(self) -> str:
        """What it says, as canonical JSON."""
        if self._text is None:
            self._text = said_by(self._report)
        return self._text


def said_by(report: BaseModel) -> str:
    """Write out what a report says, without its own id, without those that it names, and without its free text."""
    said = recorded_content(report)
    said.pop("report_id", None)
    for claim in cast("list[dict[str, Any]]", said.get("claims", [])):
        if "supersedes" in claim:
            claim["supersedes"] = sorted(ref.partition("#")[2] for ref in claim["supersedes"])
    return canonical(said).decode()
