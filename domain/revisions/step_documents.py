"""Document form of step series on both clocks."""

from domain.documents.estimates import figure_document
from domain.history.history import History
from domain.reading import Document
from domain.revisions.steps import EstimateSeries, EstimateStep, sorted_keys
from domain.values.time.clocks import format_instant


def steps_document(history: History, reported: EstimateSeries, recorded: EstimateSeries) -> Document:
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
