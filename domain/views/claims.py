"""`claims/1`: one row per claim, with its status and reason: a flat table for analysis."""

from collections.abc import Iterator, Mapping
from typing import cast

from domain.documents.estimates import KEY_COLUMNS
from domain.documents.schemas.claims import ClaimsDocument
from domain.estimates.claim_index import ALREADY_INCLUDED, ClaimSnapshot, KeyClaims, snapshot_claims
from domain.estimates.estimate import Estimate
from domain.estimates.policy_input import DISPUTED
from domain.history.history import History, ReportHistory
from domain.ledger.canonical import canonical
from domain.reading import Document, Reading, View, ViewRow
from domain.reports.claims.claim import ResolvedClaim
from domain.values.time.clocks import format_instant

STATUSES = {
    "used": "It stands, and the policy uses it.",
    "increment": "It counts a period of its own and is not added.",
    "superseded": "The same source said later: {other}.",
    "worded": "A count in words does not replace the figure of {other}.",
    "relayed_decrease": "A relay gives less than the source stands by in {other}.",
    "break": "The source replaced it by {other}, which counts something else: a break in the series.",
    "withdrawn": "The source has since made a whole statement without it.",
    "retracted": "It was retracted, by itself or with its report.",
}
"""Sentence of each status that is no code of a policy; `other` is the ref of the claim that replaced it."""

_COUNTS_ON = "The same report counts on in {other}."
RESCOPED = "rescoped"

ClaimStatus = tuple[str, str, tuple[str, ...]]
_ClaimRow = tuple[History, ReportHistory, ResolvedClaim, ClaimStatus]


def finish(history: History, reading: Reading) -> Document:
    """Return every claim reported by `reading.reported_until`, by claim id, with its status."""
    statuses: dict[str, ClaimStatus] = {}
    snapshot = snapshot_claims(history, reading.reported_until)
    for keyed in snapshot.by_key:
        statuses.update(_statuses(keyed, reading.policy.estimate(keyed.policy_input)))
    return {
        "incident": history.slug,
        "claims": [_claim(*each) for each in _claim_rows(history, reading, statuses, snapshot)],
    }


def _statuses(keyed: KeyClaims, estimate: Estimate) -> Iterator[tuple[str, ClaimStatus]]:
    for claim in estimate.used:
        yield claim.ref, ("used", STATUSES["used"], claim.flags)
    for item in estimate.set_aside:
        yield item.claim.ref, (item.code, item.why, item.claim.flags)
    for increment in keyed.increments:
        flags = (ALREADY_INCLUDED,) if increment.already_included else ()
        yield increment.resolved.ref, ("increment", STATUSES["increment"], flags)
    for ref, (code, other) in keyed.replaced.items():
        yield ref, (code, STATUSES[code].format(other=other), ())
    for each in keyed.chains:
        for ref, (code, other) in each.replaced.items():
            why = (
                _COUNTS_ON
                if code == "superseded" and ref.partition("#")[0] == other.partition("#")[0]
                else STATUSES[code]
            )
            yield ref, (code, why.format(other=other), each.flags.get(ref, ()))


def _claim_rows(
    history: History, reading: Reading, statuses: Mapping[str, ClaimStatus], snapshot: ClaimSnapshot
) -> list[_ClaimRow]:
    moment = reading.reported_until
    rows: list[_ClaimRow] = []
    for report in history.reports.values():
        if not report.reported_by(moment):
            continue
        absent = "withdrawn" if report.ref in snapshot.withdrawn else "retracted"
        status: ClaimStatus = absent, STATUSES[absent], ()
        rows += [(history, report, claim, statuses.get(claim.ref, status)) for claim in report.current.claims]
    return sorted(rows, key=lambda row: row[2].ref)


def _claim(history: History, report: ReportHistory, resolved: ResolvedClaim, status_of: ClaimStatus) -> Document:
    status, why, flags = status_of
    claim = resolved.ref.partition("#")[2]
    ours = [
        *([DISPUTED] if report.is_disputed(resolved.ref) else []),
        *([RESCOPED] if claim in report.rescoped else []),
    ]
    count = resolved.count
    lower, upper, best = resolved.printable_figures
    return {
        "claim": resolved.ref,
        **resolved.key.document,
        "source": resolved.origin,
        "grade": history.grade(resolved.origin),
        "credibility": report.credibility_of(resolved.ref),
        "via": list(resolved.via),
        "reported_at": resolved.reported_at,
        "verbatim": count.verbatim,
        "also_said": list(count.also_said),
        "lower": lower,
        "upper": upper,
        "best": best,
        "bound": count.bound,
        "accumulation": "incremental" if resolved.incremental else "cumulative",
        "counted_until": format_instant(resolved.counted_until),
        "partial": resolved.partial,
        "supersedes": list(resolved.supersedes),
        "status": status,
        "why": why,
        "flags": sorted({*resolved.flags, *flags, *ours}),
    }


def _rows(document: Document) -> list[ViewRow]:
    return [_row(claim) for claim in cast("list[Document]", document["claims"])]


def _row(claim: Document) -> ViewRow:
    lists = {name: " ".join(cast("list[str]", claim[name])) for name in ("via", "supersedes", "flags")}
    also = "; ".join(cast("list[str]", claim["also_said"]))
    population = canonical(claim["population"]).decode()
    return cast("ViewRow", {**claim, **lists, "also_said": also, "population": population})


VIEW = View(
    name="claims",
    version=1,
    meaning="One row per claim, with its status and why.",
    finish=finish,
    document=ClaimsDocument,
    columns=(
        "claim",
        *KEY_COLUMNS,
        "source",
        "grade",
        "credibility",
        "via",
        "reported_at",
        "verbatim",
        "also_said",
        "lower",
        "upper",
        "best",
        "bound",
        "accumulation",
        "counted_until",
        "partial",
        "supersedes",
        "status",
        "why",
        "flags",
    ),
    rows=_rows,
)
