"""Claim series: the successive current claims of each origin and key, also those withdrawn since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.estimates.claim_index import by_origin
from domain.estimates.whole_statements import split_at_whole_statements, withdraws
from domain.history.history import History, ReportHistory
from domain.reports.claims.claim import ClaimKey, ResolvedClaim
from domain.reports.claims.revision_chain import revision_chain
from domain.reports.claims.statement_order import links_of, order_key, superseded
from domain.reports.claims.tie_breaking import TieRank


@dataclass(frozen=True, slots=True)
class ClaimSeries:
    """The claims of one origin and key that were current at some time, in order; never empty.

    `broken` maps refs of claims replaced by one of another key to that claim; `breaking` are the refs of claims that
    replaced one of another key.
    """

    key: ClaimKey
    origin: str
    claims: tuple[ResolvedClaim, ...]
    broken: Mapping[str, ResolvedClaim]
    breaking: frozenset[str]


def claim_series(history: History, moment: datetime | None) -> list[ClaimSeries]:
    """Return all series as reported by `moment` (reported clock, UTC; None: ever), by canonical key, then by origin.

    Claims withdrawn by a later `complete` statement are included, retracted ones and increments are not.
    """
    found: list[ClaimSeries] = []
    for origin, own in by_origin(history.standing_reports(moment)).items():
        breaks = SeriesBreaks.among([claim for report in own for claim in report.claims_at(moment)])
        series = _SeriesBuilder(breaks)
        for part in split_at_whole_statements(own):
            series.add(part, moment)
        found += [
            ClaimSeries(key, origin, tuple(each.values()), breaks.broken, breaks.breaking)
            for key, each in series.by_key.items()
        ]
    return sorted(found, key=lambda series: (series.key.canonical, series.origin))


class _SeriesBuilder:
    """Series of one origin, built statement by statement; `complete` ones reset their home and event."""

    def __init__(self, breaks: "SeriesBreaks") -> None:
        self.by_key: dict[ClaimKey, dict[str, ResolvedClaim]] = {}
        self._breaks = breaks
        self._counting: dict[ClaimKey, dict[str, ResolvedClaim]] = {}
        self._reports: dict[UUID, dict[str, tuple[ReportHistory, Sequence[ResolvedClaim]]]] = {}

    def add(self, part: Sequence[ReportHistory], moment: datetime | None) -> None:
        """Append reports later than all added before of their home; the first may be a whole statement."""
        if part and part[0].current.report.complete:
            self._withdraw(part[0])
        affected: set[ClaimKey] = set()
        for report in part:
            claims = [claim for claim in report.claims_at(moment) if not claim.incremental]
            self._reports.setdefault(report.home, {})[report.ref] = report, claims
            for claim in claims:
                self._counting.setdefault(claim.key, {})[claim.ref] = claim
                affected.add(claim.key)
        for key in affected:
            series = self.by_key.setdefault(key, {})
            for claim in revision_chain(
                list(self._counting[key].values()), self._breaks.broken, self._breaks.linked
            ).succession:
                series.setdefault(claim.ref, claim)

    def _withdraw(self, whole: ReportHistory) -> None:
        reports = self._reports.get(whole.home, {})
        for ref in [ref for ref, (report, _) in reports.items() if withdraws(whole, report)]:
            for claim in reports.pop(ref)[1]:
                del self._counting[claim.key][claim.ref]


def figure_of(claim: ResolvedClaim) -> int | None:
    """Return the figure of a claim in a series: best, else lower, else upper; None for words."""
    lower, upper, best = claim.printable_figures
    return next((figure for figure in (best, lower, upper) if figure is not None), None)


@dataclass(frozen=True, slots=True)
class SeriesBreaks:
    """Replacements across keys among claims of one origin; `broken` and `breaking` as in ClaimSeries.

    `linked` are tie-breakers of equal claims (statement_order.links_of).
    """

    broken: Mapping[str, ResolvedClaim]
    breaking: frozenset[str]
    linked: Mapping[str, TieRank]

    @classmethod
    def among(cls, claims: Sequence[ResolvedClaim]) -> "SeriesBreaks":
        """Collect the breaks; a claim replaced twice breaks at the first replacement."""
        known = {claim.ref: claim for claim in claims}
        broken: dict[str, ResolvedClaim] = {}
        breaking: set[str] = set()
        replacing = superseded(claims)
        linked = links_of(replacing, known)

        def sort_key(claim: ResolvedClaim) -> tuple[object, ...]:
            return order_key(claim, linked)

        for ref, others in replacing.items():
            for other in others:
                if known[other].key != known[ref].key:
                    breaking.add(ref)
                    broken[other] = min(broken.get(other, known[ref]), known[ref], key=sort_key)
        return cls(broken, frozenset(breaking), linked)
