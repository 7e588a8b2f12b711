"""`estimates`: one row a key of an incident: the estimate that the policy in force makes, and what each source says.

Single events have no rows of their own: a row of the scope `event` is the greatest of those for one measure and
population, by its lower end, with the number of events that have a figure, and all origins that speak of any of them.
"""

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from uuid import UUID

from domain.estimates.estimate import CitedFigure, Estimate, PolicyClaim
from domain.ledger.canonical import canonical
from domain.reports.claims.claim import Key as ClaimKey
from domain.summary.incident_projection import IncidentProjection
from domain.summary.killed import InEvents
from domain.summary.summary import SummaryChanges
from service.projections.read_model import AT_A_POSITION, Change, Key, ReadModel

_RATED_OUT = "rated_out"


def _rows(present: IncidentProjection, moved: SummaryChanges) -> Iterable[Change]:
    policy = present.policy.id
    for claim_key in moved.keys:
        key: Key = (present.history.stream, _written(claim_key)[0])
        estimate = present.estimates.get(claim_key)
        if estimate is None:
            yield key, None
        else:
            part, claims = present.part(claim_key), present.policy_inputs[claim_key].claims
            yield key, (*key, *_cells(claim_key, estimate, claims, policy), part, *_teller(present, estimate, claims))
    for pair in moved.in_events:
        key = (present.history.stream, _written(pair)[0])
        said = present.in_events(pair)
        yield key, None if said is None else (*key, *_in_events(pair, said, policy), "event", None, None)


def _cells(key: ClaimKey, estimate: Estimate, claims: Sequence[PolicyClaim], policy: str) -> tuple[object, ...]:
    out = {item.claim.ref for item in estimate.set_aside if item.code == _RATED_OUT}
    said = [claim for claim in claims if claim.ref not in out] if out else claims
    return (
        key.measure,
        _written(key)[1],
        key.scope,
        key.manner,
        policy,
        *_end(estimate.lower),
        *_end(estimate.upper),
        estimate.upper_open,
        *_end(estimate.best),
        estimate.contested,
        estimate.label,
        [claim.resolved.origin for claim in said],
        [None if claim.lower is None else claim.lower.figure for claim in said],
        [None if claim.upper is None else claim.upper.figure for claim in said],
        [claim.resolved.origin for claim in said if claim.lowest or claim.highest],
        None,
        None,
    )


def _teller(
    present: IncidentProjection, estimate: Estimate, claims: Sequence[PolicyClaim]
) -> tuple[str | None, str | None]:
    """Return the origin that says the lower end; and the event, where it says so in a whole statement on one event.

    A source that states its events one by one, each whole, counts nobody in two of them.
    """
    end = estimate.lower
    origin = next((claim.resolved.origin for claim in claims if end is not None and claim.ref == end.claim), None)
    if end is None or origin is None:
        return None, None
    said = present.history.all_reports[UUID(end.claim.partition("#")[0])].current.report
    return origin, said.event if said.complete else None


def _in_events(pair: ClaimKey, said: InEvents, policy: str) -> tuple[object, ...]:
    toll = said.greatest
    return (
        pair.measure,
        _written(pair)[1],
        pair.scope,
        toll.key.manner,
        policy,
        *_end(toll.lower),
        *_end(toll.upper),
        toll.upper_open,
        *_end(toll.best),
        toll.contested,
        None,
        list(said.origins),
        [],
        [],
        list(said.figured),
        toll.key.event,
        said.number,
    )


@lru_cache(maxsize=8192)
def _written(key: ClaimKey) -> tuple[str, str]:
    """Return the digest that stands for a key, and its population as text: few keys are written again and again."""
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
    indexes=(AT_A_POSITION,),
)
