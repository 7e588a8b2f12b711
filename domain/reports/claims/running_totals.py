"""Running totals: claims of one report and key with several values of `counted_until`; only the last is current.

A table that grows by a column a day states, in one report, the total by each of these days. The figures of
past days are no revisions of one another; a later report that gives one of these days another figure revises that day.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.reports.claims.claim import ClaimKey, ResolvedClaim

_Of = tuple[str, ClaimKey]


def report_of(held: ResolvedClaim) -> str:
    """Return the id of the report that a claim belongs to."""
    return held.ref.partition("#")[0]


def extended_totals(claims: Sequence[ResolvedClaim]) -> frozenset[str]:
    """Return the refs of totals that another of the same report and key extends."""
    if len({held.key for held in claims}) == len(claims):  # the usual case
        return frozenset()
    furthest = _furthest(claims)
    return frozenset(
        each.ref
        for each in claims
        if not each.incremental and each.counted_until < furthest[report_of(each), each.key].counted_until
    )


def by_counted_until(claims: Sequence[ResolvedClaim]) -> dict[datetime, list[ResolvedClaim]]:
    """Group the totals of one key by `counted_until`, for the moments that reports with several of them give."""
    beyond = extended_totals(claims)
    several = {held.counted_until for held in claims if held.ref in beyond}
    if not several:
        return {}
    several |= {held.counted_until for held in claims if report_of(held) in {ref.partition("#")[0] for ref in beyond}}
    found: dict[datetime, list[ResolvedClaim]] = {moment: [] for moment in sorted(several)}
    for held in claims:
        if held.counted_until in found:
            found[held.counted_until].append(held)
    return found


def totals_by_moment(stood: Iterable[ResolvedClaim], current: ResolvedClaim | None) -> dict[datetime, ResolvedClaim]:
    """Return the totals that the current claim's report gives under its key, by `counted_until`."""
    own = () if current is None else (held for held in stood if report_of(held) == report_of(current))
    return {held.counted_until: held for held in own}


def _furthest(claims: Iterable[ResolvedClaim]) -> dict[_Of, ResolvedClaim]:
    found: dict[_Of, ResolvedClaim] = {}
    for held in claims:
        if not held.incremental:
            known = found.get(of := (report_of(held), held.key))
            if known is None or held.counted_until > known.counted_until:
                found[of] = held
    return found
