"""Versions of what is stored: upcasters (`vN -> vN+1`), and reports in the version in which they were recorded.

A model states its `class_version`, and beside its fields one pure static method for each older version,
`upcast_v1_v2(content) -> content`, named as the library `eventsourcing` names them. They are kept for ever.

A report that was raised from an older version keeps its recorded content: a document under old coordinates shows
the fields that it showed when it was published, and ties are ordered as they were ordered then.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, cast

from pydantic import BaseModel

StoredContent = Mapping[str, Any]

_RECORDED = "_recorded"


class Versioned(Protocol):
    """A model of something stored."""

    @property
    def class_version(self) -> int:
        """The version that is recorded now, counted from 1."""
        ...


class RecordedContent(NamedTuple):
    """The content of a report in an older version, as the log holds it, without its free text."""

    version: int
    content: StoredContent


def upcast(model: Versioned, content: StoredContent, version: int, upto: int | None = None) -> StoredContent:
    """Return stored content of one version as content of a later one: `upto`, or the version recorded now."""
    for older in range(version, upto or model.class_version):
        content = getattr(model, f"upcast_v{older}_v{older + 1}")(content)
    return content


def keep_recorded(report: BaseModel, version: int, content: StoredContent) -> None:
    """Keep the recorded content with a report that was raised from it; it is no field of it, and never written."""
    vars(report)[_RECORDED] = RecordedContent(version, content)


def recorded_version(report: BaseModel) -> int:
    """Return the version in which a report was recorded."""
    older = cast("RecordedContent | None", vars(report).get(_RECORDED))
    return older.version if older else cast("Versioned", type(report)).class_version


def recorded_content(report: BaseModel, version: int = 1) -> dict[str, Any]:
    """Return the structured part of a report in the version of its recording, or in `version` if that is later."""
    older = cast("RecordedContent | None", vars(report).get(_RECORDED))
    if older is None:
        return report.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"text"})
    upto = max(version, older.version)
    return dict(upcast(cast("Versioned", type(report)), older.content, older.version, upto))
