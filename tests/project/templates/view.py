"""`new_name/1`: the number of reports of an incident, by kind."""

from collections import Counter
from collections.abc import Sequence
from typing import cast

from domain.documents.schemas.parts import DocumentModel
from domain.history.history import History
from domain.reading import Document, Reading, View, ViewRow


class NewNameCount(DocumentModel):
    """How many reports there are of a kind."""

    kind: str
    reports: int


class NewNameDocument(DocumentModel):
    """The document of `new_name/1`."""

    incident: str
    kinds: list[NewNameCount]


def finish(history: History, reading: Reading) -> Document:
    """Count the reports said by `reading.reported_until`, sorted by kind."""
    said = (report for report in history.reports.values() if report.reported_by(reading.reported_until))
    counts = Counter(report.current.report.kind for report in said)
    return {
        "incident": history.slug,
        "kinds": [{"kind": kind, "reports": number} for kind, number in sorted(counts.items())],
    }


def _rows(document: Document) -> Sequence[ViewRow]:
    return cast("Sequence[ViewRow]", document["kinds"])


VIEW = View(
    name="new_name",
    version=1,
    meaning="The number of reports of an incident, by kind.",
    finish=finish,
    document=NewNameDocument,
    columns=("kind", "reports"),
    rows=_rows,
)
