"""`moments/1`: at which moments the answers about an incident may change, on both clocks.

`reported` are the moments at which a report, or a claim of it, starts or ceases to stand; `recorded` every input of the
incident's answers since it was opened: its own facts, those of sources and incidents that they refer to, and adoptions
of a policy. Between two neighbours of either list no answer changes.
"""

from collections.abc import Sequence
from typing import Final, cast

from domain.documents.schemas.claims import MomentsDocument
from domain.facts.erasure import (
    LegalHoldLifted,
    LegalHoldPlaced,
    PartsErased,
    SourceHoldLifted,
    SourceHoldPlaced,
    SourcePartsErased,
)
from domain.history.history import History
from domain.reading import Document, Reading, View, ViewRow
from domain.values.time.clocks import format_instant

_WITHOUT_EFFECT: Final = (
    *(LegalHoldLifted, LegalHoldPlaced, PartsErased),
    *(SourceHoldLifted, SourceHoldPlaced, SourcePartsErased),
)
"""Facts on what the log keeps, which change no document."""


def finish(history: History, reading: Reading) -> Document:
    """Return the moments of both clocks, ascending; those reported up to `reading.reported_until`."""
    until = reading.reported_until
    reported = {moment for report in history.reports.values() for moment in report.effective_moments()}
    inputs = (each for each in history.journal if not isinstance(each.fact, _WITHOUT_EFFECT))
    opened = min((each.position for each in history.journal if each.stream == history.stream), default=0)
    recorded = sorted((each.position, each.recorded_at) for each in inputs if each.position >= opened)
    return {
        "incident": history.slug,
        "reported": [format_instant(each) for each in sorted(reported) if until is None or each <= until],
        "recorded": [{"position": position, "recorded_at": format_instant(at)} for position, at in recorded],
    }


def _rows(document: Document) -> Sequence[ViewRow]:
    reported = [{"clock": "reported", "at": at} for at in cast("list[str]", document["reported"])]
    recorded = [
        {"clock": "recorded", "at": each["recorded_at"], "position": each["position"]}
        for each in cast("list[dict[str, str]]", document["recorded"])
    ]
    return [*reported, *recorded]


VIEW = View(
    name="moments",
    version=1,
    meaning="The moments at which answers change: when something was said, and when something was recorded.",
    finish=finish,
    document=MomentsDocument,
    columns=("clock", "at", "position"),
    rows=_rows,
)
