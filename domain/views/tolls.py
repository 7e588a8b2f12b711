"""`tolls/1`: step series of each estimate along the reported and the recorded clock."""

from collections.abc import Sequence
from typing import cast

from domain.documents.estimates import ESTIMATE_COLUMNS, KEY_COLUMNS, estimate_cells, figure_document, key_cells
from domain.history.history import History
from domain.reading import Document, Reading, View, ViewRow
from domain.revisions.steps import EstimateSeries, EstimateStep, recorded_steps, reported_steps, sorted_keys
from domain.values.time.clocks import format_instant


def finish(history: History, reading: Reading) -> Document:
    """Return the steps of each key's estimate on both clocks, with the claims that changed it.

    All steps are estimated by the reading's policy. Along the recorded clock each step equals the answer given then.
    """
    return document(history, reported_steps(history, reading), recorded_steps(history, reading))


def document(history: History, reported: EstimateSeries, recorded: EstimateSeries) -> Document:
    """Return the document of these steps."""
    series = [
        {
            **key.document,
            "reported": [_step(step) for step in reported.get(key, ())],
            "recorded": [_step(step) for step in recorded.get(key, ())],
        }
        for key in sorted_keys(reported, recorded)
        if reported.get(key) or recorded.get(key)
    ]
    return {"incident": history.slug, "series": series}


def _step(step: EstimateStep) -> Document:
    estimate = step.estimate
    at: Document = {"at": format_instant(step.at)}
    if step.position is not None:
        at["position"] = step.position
    return {
        **at,
        "lower": figure_document(estimate.lower),
        "upper": figure_document(estimate.upper),
        "upper_open": estimate.upper_open,
        "best": figure_document(estimate.best),
        "contested": estimate.contested,
        **({"label": estimate.label} if estimate.label else {}),
        "moved_by": list(step.moved_by),
        "break": step.broken,
    }


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
