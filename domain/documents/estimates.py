"""Document form of estimates: every figure with its claim, every claim with its reason."""

from collections.abc import Sequence
from typing import Protocol, cast

from domain.estimates.claim_index import ALREADY_INCLUDED, Increment
from domain.estimates.estimate import CitedFigure, Estimate, PolicyClaim
from domain.ledger.canonical import canonical
from domain.reading import Document
from domain.reports.claims.claim import ClaimKey, ResolvedClaim
from domain.values.time.clocks import format_instant


class EstimateContext(Protocol):
    """Context of an estimate in a document: key, increments, and number of superseded claims."""

    @property
    def key(self) -> ClaimKey: ...
    @property
    def increments(self) -> Sequence[Increment]: ...
    @property
    def superseded(self) -> int: ...


def estimate_document(keyed: EstimateContext, estimate: Estimate) -> Document:
    """Return the estimate of one key; used, set aside and increments are sorted by claim id."""
    return {
        **keyed.key.document,
        "lower": figure_document(estimate.lower),
        "upper": figure_document(estimate.upper),
        "upper_open": estimate.upper_open,
        "best": figure_document(estimate.best),
        "contested": estimate.contested,
        "used": [_claim(claim) for claim in estimate.used],
        "set_aside": [{**_claim(item.claim), "code": item.code, "why": item.why} for item in estimate.set_aside],
        "increments": sorted((_increment(each) for each in keyed.increments), key=lambda each: str(each["claim"])),
        "superseded": keyed.superseded,
        **({"label": estimate.label} if estimate.label else {}),
    }


_ENDS = ("lower", "upper", "best")
KEY_COLUMNS = ("measure", "population", "scope", "manner")
ESTIMATE_COLUMNS = (
    *("lower", "lower_claim", "upper", "upper_claim", "upper_open", "best", "best_claim"),
    *("contested", "label"),
)


def key_cells(document: Document) -> Document:
    """Return the key of a document as the cells of a table."""
    names = ("measure", "scope", "manner")
    return {**{name: document[name] for name in names}, "population": canonical(document["population"]).decode()}


def estimate_cells(document: Document) -> Document:
    """Return the ends of an estimate as the cells of a table: figure and claim of each."""
    ends = {name: cast("Document", document[name] or {}) for name in _ENDS}
    return {
        **{name: document.get(name) for name in ("upper_open", "contested", "label")},
        **{name: end.get("figure") for name, end in ends.items()},
        **{f"{name}_claim": end.get("claim") for name, end in ends.items()},
    }


def figure_document(end: CitedFigure | None) -> Document | None:
    """Return an end of an estimate: its figure and claim."""
    return {"figure": end.figure, "claim": end.claim} if end else None


def _claim_source(claim: ResolvedClaim) -> Document:
    return {
        "claim": claim.ref,
        "source": claim.origin,
        "via": list(claim.via),
        "reported_at": claim.reported_at,
        "verbatim": claim.count.verbatim,
    }


def _claim(claim: PolicyClaim) -> Document:
    return {
        **_claim_source(claim.resolved),
        "grade": claim.grade,
        "lower": None if claim.lower is None else claim.lower.figure,
        "upper": None if claim.upper is None else claim.upper.figure,
        "best": None if claim.best is None else claim.best.figure,
        "bound": claim.bound,
        "flags": list(claim.flags),
    }


def _increment(increment: Increment) -> Document:
    claim = increment.resolved
    lower, upper, best = claim.printable_figures
    flags = [*claim.flags, *([ALREADY_INCLUDED] if increment.already_included else [])]
    return {
        **_claim_source(claim),
        "lower": lower,
        "upper": upper,
        "best": best,
        "bound": claim.count.bound,
        "period": None if claim.period is None else _period(claim),
        "beside": increment.previous_total,
        "flags": sorted(flags),
    }


def _period(claim: ResolvedClaim) -> Document:
    ends = claim.period
    return {
        "earliest": format_instant(ends.earliest) if ends and ends.earliest else None,
        "latest": format_instant(ends.latest) if ends and ends.latest else None,
    }
