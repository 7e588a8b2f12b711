"""Running totals: claims of one report and key with several values of `counted_until`; only the last is current.

A table that grows by a column a day states, in one report, the total by each of these days. The figures of
past days are no revisions of one another; a later report that gives one of these days another figure revises that day.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.reports.claims.claim import ClaimKey, ResolvedClaim

_ReportAndKey = tuple[str, ClaimKey]


def report_of(claim: ResolvedClaim) -> str:
    """Return the id of the report that a claim belongs to."""
    return claim.ref.partition("#")[0]


def extended_totals(claims: Sequence[ResolvedClaim]) -> frozenset[str]:
    """Return the refs of totals that another of the same report and key extends."""
    if len({claim.key for claim in claims}) == len(claims):  # the usual case
        return frozenset()
    furthest_totals = _furthest(claims)
    return frozenset(
        each.ref
        for each in claims
        if not each.incremental and each.counted_until < furthest_totals[report_of(each), each.key].counted_until
    )


def by_counted_until(claims: Sequence[ResolvedClaim]) -> dict[datetime, list[ResolvedClaim]]:
    """Group the totals of one key by `counted_until`, for the moments that reports with several of them give."""
    extended = extended_totals(claims)
    moments = {claim.counted_until for claim in claims if claim.ref in extended}
    if not moments:
        return {}
    moments |= {
        claim.counted_until for claim in claims if report_of(claim) in {ref.partition("#")[0] for ref in extended}
    }
    found: dict[datetime, list[ResolvedClaim]] = {moment: [] for moment in sorted(moments)}
    for claim in claims:
        if claim.counted_until in found:
            found[claim.counted_until].append(claim)
    return found


def totals_by_moment(
    succession: Iterable[ResolvedClaim], current: ResolvedClaim | None
) -> dict[datetime, ResolvedClaim]:
    """Return the totals that the current claim's report gives under its key, by `counted_until`."""
    of_report = () if current is None else (claim for claim in succession if report_of(claim) == report_of(current))
    return {claim.counted_until: claim for claim in of_report}


def _furthest(claims: Iterable[ResolvedClaim]) -> dict[_ReportAndKey, ResolvedClaim]:
    found: dict[_ReportAndKey, ResolvedClaim] = {}
    for claim in claims:
        if not claim.incremental:
            best = found.get(group := (report_of(claim), claim.key))
            if best is None or claim.counted_until > best.counted_until:
                found[group] = claim
    return found
