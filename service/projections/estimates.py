"""`estimates`: one row a key of an incident: the estimate that the policy in force makes, and what each source says."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter

from domain.claims import Key as ClaimKey
from domain.estimates import End, Estimate, Standing
from domain.ledger.canonical import canonical
from domain.listing import Moved
from domain.present import Present
from service.readmodel import AT_A_POSITION, Change, Key, ReadModel

_RATED_OUT = "rated_out"
_ORIGIN = attrgetter("held.origin", "ref")


def _rows(present: Present, moved: Moved) -> Iterable[Change]:
    policy = present.policy.id
    for claim_key in moved.keys:
        key: Key = (present.history.stream, _written(claim_key)[0])
        estimate = present.estimates.get(claim_key)
        yield key, None if estimate is None else (*key, *_cells(claim_key, estimate, policy))


def _cells(key: ClaimKey, estimate: Estimate, policy: str) -> tuple[object, ...]:
    said = sorted(_current(estimate), key=_ORIGIN)
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
        [claim.held.origin for claim in said],
        [None if claim.lower is None else claim.lower.figure for claim in said],
        [None if claim.upper is None else claim.upper.figure for claim in said],
    )


@lru_cache(maxsize=8192)
def _written(key: ClaimKey) -> tuple[str, str]:
    """Return the digest that stands for a key, and its population as text: few keys are written again and again."""
    digest = hashlib.sha256(key.canonical.encode()).hexdigest()
    return digest, canonical(key.document["population"]).decode()


def _current(estimate: Estimate) -> list[Standing]:
    return [*estimate.used, *(item.claim for item in estimate.set_aside if item.code != _RATED_OUT)]


def _end(end: End | None) -> tuple[int | None, str | None]:
    return (None, None) if end is None else (end.figure, end.claim)


READ_MODEL: ReadModel[Present] = ReadModel(
    name="estimates",
    version=1,
    meaning="One row a key of an incident, single events' own keys left out: its estimate, and what each source says.",
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
    },
    rows=_rows,
    indexes=(AT_A_POSITION,),
)
