"""`state/1`: summary of an incident: sources, sides, estimates, and quotable sentences."""

from collections import Counter
from collections.abc import Iterable
from typing import cast

from domain.documents.estimates import ESTIMATE_COLUMNS, KEY_COLUMNS, estimate_cells, estimate_document, key_cells
from domain.documents.schemas.state import StateDocument
from domain.documents.sentences import sentences
from domain.documents.state import (
    ResponsibilityEntry,
    blame_document,
    escalation_document,
    kinds_document,
    places_document,
    responsibility_of,
    sides_document,
    source_document,
    whole_document,
)
from domain.escalation.levels import levels_of
from domain.estimates.claim_index import by_origin, snapshot_claims
from domain.history.history import History, ReportHistory
from domain.reading import Document, Reading, View, ViewRow


def finish(history: History, reading: Reading) -> Document:
    """Return the state of the incident as reported by `reading.reported_until`.

    Title, status, period and scopes depend on the recorded clock alone.
    """
    snapshot = snapshot_claims(history, reading.reported_until)
    reports = snapshot.counting.values()
    versions = [report.current for report in reports]
    estimates = [(keyed, reading.policy.estimate(keyed.policy_input)) for keyed in snapshot.by_key]
    return {
        **whole_document(history),
        "places": places_document({place for each in versions for place in each.report.places}),
        "sides": sides_document(actor for each in versions for actor in each.report.actors),
        "kinds": kinds_document(Counter(each.report.kind for each in versions)),
        "sources": [
            source_document(history, origin, {report.ref: report for report in own})
            for origin, own in sorted(by_origin(reports).items())
        ],
        "blame": blame_document(_blame(history, reports)),
        "escalation": escalation_document(levels_of(history, snapshot)),
        "estimates": [estimate_document(keyed, estimate) for keyed, estimate in estimates],
        "sentences": [text for keyed, estimate in estimates for text in sentences(history, keyed.key, estimate)],
    }


def _blame(history: History, reports: Iterable[ReportHistory]) -> dict[ResponsibilityEntry, set[str]]:
    found: dict[ResponsibilityEntry, set[str]] = {}
    for report in reports:
        if (entry := responsibility_of(history, report)) is not None:
            found.setdefault(entry, set()).add(report.current.origin)
    return found


def _rows(document: Document) -> list[ViewRow]:
    estimates = cast("list[Document]", document["estimates"])
    return [cast("ViewRow", {**key_cells(estimate), **estimate_cells(estimate)}) for estimate in estimates]


VIEW = View(
    name="state",
    version=1,
    meaning="Where the incident stands: sources, sides, estimates and sentences that can be quoted.",
    finish=finish,
    document=StateDocument,
    columns=(
        *KEY_COLUMNS,
        *ESTIMATE_COLUMNS,
    ),
    rows=_rows,
)
