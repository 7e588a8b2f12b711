"""`names/1`: what the sources and relays that reports cite are called."""

from collections.abc import Sequence
from typing import cast

from domain.documents.schemas.claims import NamesDocument
from domain.history.history import History, cited_origins
from domain.reading import Document, Reading, View, ViewRow


def finish(history: History, reading: Reading) -> Document:
    """Return the name of each origin cited by `reading.reported_until`, by origin."""
    reports = (report for report in history.reports.values() if report.reported_by(reading.reported_until))
    cited = {origin for report in reports for version in report.versions for origin in cited_origins(version.report)}
    return {
        "incident": history.slug,
        "sources": [{"source": origin, "name": history.source_name(origin)} for origin in sorted(cited)],
    }


def _rows(document: Document) -> Sequence[ViewRow]:
    return cast("list[ViewRow]", document["sources"])


VIEW = View(
    name="names",
    version=1,
    meaning="The names of the sources and relays that reports cite.",
    finish=finish,
    document=NamesDocument,
    columns=("source", "name"),
    rows=_rows,
)
