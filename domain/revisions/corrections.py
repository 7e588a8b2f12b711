"""Corrections of a report by the recorder: changed fields, before and after."""

from domain.history.history import ReportHistory, ReportVersion
from domain.reading import Document
from domain.reports.registry import document


def content(version: ReportVersion) -> Document:
    """Return the structured part of a report; its free text travels beside the document."""
    return {name: value for name, value in document(version.report).items() if name not in ("report_id", "text")}


def corrections(report: ReportHistory, known: int = 1) -> list[Document]:
    """Return cause and changed fields of each correction after the first `known` versions."""
    found: list[Document] = []
    for before, after in zip(report.versions[known - 1 :], report.versions[known:], strict=False):
        found.append({"cause": after.cause, "changed": _changed(content(before), content(after))})
    return found


def _changed(before: Document, after: Document) -> list[Document]:
    return [
        {"field": name, "before": before.get(name), "after": after.get(name)}
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
