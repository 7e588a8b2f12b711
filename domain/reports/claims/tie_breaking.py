"""Tie-breaking: statements of one moment are ordered by their content, by their ids only where contents are equal.

Ids come from the recorder, so no answer may depend on them. A report's content is serialised once, when a tie first
needs it; its free text is left out, since it may be erased.
"""

from typing import Any, Protocol

from domain.ledger.canonical import canonical
from domain.reports.versions import Documented, recorded_content

TieRank = tuple[object, ...]


class TiedStatement(Protocol):
    """A statement that can tie with another: `content` is a sort key, greater is preferred; `ref` is its id."""

    @property
    def content(self) -> TieRank: ...
    @property
    def ref(self) -> str: ...


class Tie:
    """The last part of a sort key: compares contents, then links, then ids.

    `links` ranks the contents of claims that name this one by id, or that it names.
    """

    __slots__ = ("_links", "_statement")

    def __init__(self, statement: TiedStatement, links: TieRank = ()) -> None:
        self._statement = statement
        self._links = links

    def __lt__(self, other: "Tie") -> bool:
        """Say whether the other is preferred."""
        return self._rank < other._rank

    def __gt__(self, other: "Tie") -> bool:
        """Say whether this is preferred."""
        return self._rank > other._rank

    def __eq__(self, other: object) -> bool:
        """Say whether both are one statement."""
        return isinstance(other, Tie) and self._statement.ref == other._statement.ref

    def __hash__(self) -> int:
        """Hash by the id."""
        return hash(self._statement.ref)

    @property
    def _rank(self) -> tuple[TieRank, TieRank, str]:
        return self._statement.content, self._links, self._statement.ref


class ReportContent:
    """The content of a report as text without ids; `marks` are its retractions, assessments and disputes, as text."""

    __slots__ = ("_report", "_text", "marks")

    def __init__(self, report: Documented) -> None:
        self._report = report
        self._text: str | None = None
        self.marks = ""

    def copy(self) -> "ReportContent":
        """Return a copy with marks of its own."""
        copied = ReportContent(self._report)
        copied._text, copied.marks = self._text, self.marks
        return copied

    @property
    def text(self) -> str:
        """The content as canonical JSON."""
        if self._text is None:
            self._text = content_text(self._report)
        return self._text


def content_text(report: Documented) -> str:
    """Return a report as canonical JSON, without its own id, those that it names, and its free text."""
    content = recorded_content(report)
    content.pop("report_id", None)
    if "claims" in content:  # replaced, never changed: the report may keep what was recorded
        content["claims"] = [_without_report_ids(claim) for claim in content["claims"]]
    return canonical(content).decode()


def _without_report_ids(claim: dict[str, Any]) -> dict[str, Any]:
    if "supersedes" not in claim:
        return claim
    return claim | {"supersedes": sorted(ref.partition("#")[2] for ref in claim["supersedes"])}
