"""Corrections of a report by the recorder: changed fields, before and after."""

from domain.history.history import ReportHistory, ReportVersion
from domain.reading import Document
from domain.reports.versions import recorded_content


def content(version: ReportVersion, at_least: int = 1) -> Document:
    """Return the structured part of a report in the version in which it was recorded, or in a later one."""
    found = recorded_content(version.report, at_least)
    found.pop("report_id", None)
    return found


def corrections(report: ReportHistory, known: int = 1) -> list[Document]:
    """Return cause and changed fields of each correction after the first `known` versions."""
    found: list[Document] = []
    for before, after in zip(report.versions[known - 1 :], report.versions[known:], strict=False):
        found.append({"cause": after.cause, "changed": _changed(*_comparable(before, after))})
    return found


def _comparable(before: ReportVersion, after: ReportVersion) -> tuple[Document, Document]:
    """Return two contents of a report in the later one of the versions in which they were recorded."""
    if before.report.kind != after.report.kind:
        return content(before), content(after)
    later = max(before.report.document.version, after.report.document.version)
    return content(before, later), content(after, later)


def _changed(before: Document, after: Document) -> list[Document]:
    return [
        {"field": name, "before": before.get(name), "after": after.get(name)}
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
