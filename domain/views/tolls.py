"""`tolls/1`: step series of each estimate along the reported and the recorded clock."""

from collections.abc import Sequence
from typing import cast

from domain.documents.estimates import ESTIMATE_COLUMNS, KEY_COLUMNS, estimate_cells, key_cells
from domain.documents.schemas.estimates import TollsDocument
from domain.history.history import History
from domain.reading import Document, Reading, View, ViewRow
from domain.revisions.step_documents import steps_document
from domain.revisions.steps import recorded_steps, reported_steps


def finish(history: History, reading: Reading) -> Document:
    """Return the steps of each key's estimate on both clocks, with the claims that changed it.

    All steps are estimated by the reading's policy. Along the recorded clock each step equals the answer given then.
    """
    return steps_document(history, reported_steps(history, reading), recorded_steps(history, reading))


def _rows(tolls: Document) -> Sequence[ViewRow]:
    return [
        _row(series, clock, step)
        for series in cast("list[Document]", tolls["series"])
        for clock in ("reported", "recorded")
        for step in cast("list[Document]", series[clock])
    ]


def _row(series: Document, clock: str, step: Document) -> ViewRow:
    row: Document = {
        **key_cells(series),
        "clock": clock,
        **{name: step.get(name) for name in ("at", "position", "break")},
        **estimate_cells(step),
        "moved_by": " ".join(cast("list[str]", step["moved_by"])),
    }
    return cast("ViewRow", row)


VIEW = View(
    name="tolls",
    version=1,
    meaning="How each estimate moved, with what was said and with what was recorded.",
    finish=finish,
    document=TollsDocument,
    columns=(
        *KEY_COLUMNS,
        "clock",
        "at",
        "position",
        *ESTIMATE_COLUMNS,
        "moved_by",
        "break",
    ),
    rows=_rows,
)
