"""`estimates`: one row a key of an incident: the estimate by the policy in force, and the figures of each source.

Single events have no rows of their own: a row of the scope `event` is the greatest of those for one measure and
population, by its lower end, with the number of events that have a figure, and all origins of claims on any of them.
"""

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

from domain.estimates.estimate import CitedFigure, Estimate, PolicyClaim
from domain.ledger.canonical import canonical
from domain.reports.claims.claim import ClaimKey
from domain.summary.incident_projection import IncidentProjection
from domain.summary.killed import InEvents
from domain.summary.summary import SummaryChanges
from service.projections.read_model import AT_A_POSITION, ReadModel, RowChange, RowKey, RowValues

_RATED_OUT = "rated_out"


def _rows(projection: IncidentProjection) -> Iterable[RowValues]:
    yield from (_estimate_row(projection, key, estimate) for key, estimate in projection.estimates.items())
    for pair in projection.pairs:
        if (events := projection.in_events(pair)) is not None:
            yield _events_row(projection, pair, events)


def _changed(projection: IncidentProjection, changes: SummaryChanges) -> Iterable[RowChange]:
    for key in changes.keys:
        estimate = projection.estimates.get(key)
        row = None if estimate is None else _estimate_row(projection, key, estimate)
        yield _key(projection, key) if row is None else row[:2], row
    for pair in changes.in_events:
        events = projection.in_events(pair)
        row = None if events is None else _events_row(projection, pair, events)
        yield _key(projection, pair) if row is None else row[:2], row


def _key(projection: IncidentProjection, key: ClaimKey) -> RowKey:
    return projection.history.stream, _key_text(key)[0]


def _estimate_row(projection: IncidentProjection, key: ClaimKey, estimate: Estimate) -> RowValues:
    part, claims = projection.part(key), projection.policy_inputs[key].claims
    cells = _cells(key, estimate, claims, projection.policy.id)
    return (*_key(projection, key), *cells, part, *_lower_source(projection, estimate, claims))


def _events_row(projection: IncidentProjection, pair: ClaimKey, events: InEvents) -> RowValues:
    return (*_key(projection, pair), *_in_events(pair, events, projection.policy.id), "event", None, None)


def _cells(key: ClaimKey, estimate: Estimate, claims: Sequence[PolicyClaim], policy: str) -> tuple[object, ...]:
    rated_out = {item.claim.ref for item in estimate.set_aside if item.code == _RATED_OUT}
    counted = [claim for claim in claims if claim.ref not in rated_out] if rated_out else claims
    return (
        key.measure,
        _key_text(key)[1],
        key.scope,
        key.manner,
        policy,
        *_end(estimate.lower),
        *_end(estimate.upper),
        estimate.upper_open,
        *_end(estimate.best),
        estimate.contested,
        estimate.label,
        [claim.resolved.origin for claim in counted],
        [None if claim.lower is None else claim.lower.figure for claim in counted],
        [None if claim.upper is None else claim.upper.figure for claim in counted],
        [claim.resolved.origin for claim in counted if claim.lowest or claim.highest],
        None,
        None,
    )


def _lower_source(
    projection: IncidentProjection, estimate: Estimate, claims: Sequence[PolicyClaim]
) -> tuple[str | None, str | None]:
    """Return the origin of the lower end; and its event, where the claim is in a complete statement on one event.

    A source that states its events one by one, each completely, counts nobody in two of them.
    """
    if (end := estimate.lower) is None:
        return None, None
    for claim in claims:
        if claim.ref == end.claim:
            report = projection.version(end.claim).report
            return claim.resolved.origin, report.event if report.complete else None
    return None, None


def _in_events(pair: ClaimKey, events: InEvents, policy: str) -> tuple[object, ...]:
    toll = events.greatest
    return (
        pair.measure,
        _key_text(pair)[1],
        pair.scope,
        toll.key.manner,
        policy,
        *_end(toll.lower),
        *_end(toll.upper),
        toll.upper_open,
        *_end(toll.best),
        toll.contested,
        None,
        list(events.origins),
        [],
        [],
        list(events.figured),
        toll.key.event,
        events.number,
    )


@lru_cache(maxsize=8192)
def _key_text(key: ClaimKey) -> tuple[str, str]:
    """Return the digest of a key, and its population as text; cached, since few keys occur often."""
    digest = hashlib.sha256(key.canonical.encode()).hexdigest()
    return digest, canonical(key.document["population"]).decode()


def _end(end: CitedFigure | None) -> tuple[int | None, str | None]:
    return (None, None) if end is None else (end.figure, end.claim)


READ_MODEL: ReadModel[IncidentProjection] = ReadModel(
    name="estimates",
    version=2,
    meaning="One row a key of an incident: its estimate, and what each source says; of single events, the greatest.",
    subject="incident",
    key={"incident": "uuid", "key": "text"},
    cells={
        "measure": "text",
        "population": "text",
        "scope": "text",
        "manner": "text",
        "policy": "text",
        "lower": "bigint",
        "lower_claim": "text",
        "upper": "bigint",
        "upper_claim": "text",
        "upper_open": "boolean",
        "best": "bigint",
        "best_claim": "text",
        "contested": "boolean",
        "label": "text",
        "origins": "text[]",
        "lowers": "bigint[]",
        "uppers": "bigint[]",
        "figured": "text[]",
        "event": "text",
        "events": "bigint",
        "part": "text",
        "teller": "text",
        "whole_event": "text",
    },
    rows=_rows,
    changed=_changed,
    indexes=(AT_A_POSITION,),
)
