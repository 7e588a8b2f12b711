"""Versions of what is stored: upcasters (`vN -> vN+1`), and reports in the version in which they were recorded.

A model states its `class_version`, and beside its fields one pure static method for each older version,
`upcast_v1_v2(content) -> content`, named as the library `eventsourcing` names them. They are kept for ever.

A report keeps its document: which members were sent is not to be seen from its fields. One that was raised from an
older version keeps the recorded one: a document under old coordinates shows the fields that it showed when it was
published, and ties are ordered as they were ordered then.
"""

from collections.abc import Mapping
from typing import Any, Protocol, cast

import msgspec

StoredContent = Mapping[str, Any]


class Versioned(Protocol):
    """A model of something stored."""

    @property
    def class_version(self) -> int:
        """The version that is recorded now, counted from 1."""
        ...


class ReportDocument:
    """The JSON object of a report, with its free text, in the version in which it was recorded: parsed, or its bytes.

    The bytes of a stored report are parsed when they are asked for, and not kept parsed: few reports are.
    """

    __slots__ = ("_content", "version")

    def __init__(self, version: int, content: StoredContent | bytes) -> None:
        self.version = version
        self._content = content

    @property
    def members(self) -> StoredContent:
        """The members of the object."""
        return msgspec.json.decode(self._content) if isinstance(self._content, bytes) else self._content

    def __eq__(self, other: object) -> bool:
        """Compare by value."""
        return isinstance(other, ReportDocument) and self.members == other.members

    def __hash__(self) -> int:
        """Hash by version; documents are compared, and never looked up."""
        return hash(self.version)


NO_DOCUMENT = ReportDocument(1, {})


class Documented(Protocol):
    """A report with its document."""

    @property
    def document(self) -> ReportDocument:
        """Its members as they were sent or recorded."""
        ...


def upcast(model: Versioned, content: StoredContent, version: int, upto: int | None = None) -> StoredContent:
    """Return stored content of one version as content of a later one: `upto`, or the version recorded now."""
    for older in range(version, upto or model.class_version):
        content = getattr(model, f"upcast_v{older}_v{older + 1}")(content)
    return content


def recorded_content(report: Documented, version: int = 1) -> dict[str, Any]:
    """Return the structured part of a report in the version of its recording, or in `version` if that is later."""
    recorded = report.document
    content = {name: value for name, value in recorded.members.items() if name != "text"}
    upto = max(version, recorded.version)
    return dict(upcast(cast("Versioned", type(report)), content, recorded.version, upto))


def document(report: Documented) -> dict[str, Any]:
    """Return a report as it was sent, with what its counts derive, in the version that is recorded now."""
    members = report.document.members
    if report.document.version == (now := cast("Versioned", type(report)).class_version):
        return dict(members)
    return recorded_content(report, now) | ({"text": members["text"]} if "text" in members else {})
