"""Lookup tables over one reading of an incident, for comparing two readings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from domain.estimates.claim_index import ClaimSnapshot, KeyClaims, snapshot_claims
from domain.history.history import History, ReportHistory
from domain.reading import Reading
from domain.reports.claims.claim import Held, latest
from domain.reports.claims.revision_chain import BREAK, Ledger


@dataclass
class IncidentSnapshot:
    """One reading of an incident, with lazily built lookup tables."""

    history: History
    reading: Reading

    @cached_property
    def all_reports(self) -> Mapping[str, ReportHistory]:
        """Every report of the incident, by its id."""
        return {each.ref: each for each in self.history.reports.values()}

    @cached_property
    def reports(self) -> Mapping[str, ReportHistory]:
        """Reports made by then, retracted ones too."""
        return {ref: each for ref, each in self.all_reports.items() if each.reported_by(self.reading.reported_until)}

    @cached_property
    def standing(self) -> Mapping[str, ReportHistory]:
        """Reports made by then and not retracted."""
        return {each.ref: each for each in self.history.standing_reports(self.reading.reported_until)}

    @cached_property
    def counted_claims(self) -> ClaimSnapshot:
        """Claims and reports that count."""
        return snapshot_claims(self.history, self.reading.reported_until)

    @property
    def counting(self) -> Mapping[str, ReportHistory]:
        """Reports that count."""
        return self.counted_claims.counting

    @property
    def by_key(self) -> Sequence[KeyClaims]:
        """Claims that count, by key."""
        return self.counted_claims.by_key

    @cached_property
    def ledgers(self) -> Mapping[tuple[str, str], Ledger]:
        """Revision chains, by canonical key and origin."""
        return {(keyed.key.canonical, each.origin): each for keyed in self.by_key for each in keyed.ledgers}

    @cached_property
    def claims(self) -> Mapping[str, Held]:
        """Standing claims, by ref."""
        return {held.ref: held for report in self.standing.values() for held in self.claims_of(report)}

    def taken_back(self, report: ReportHistory) -> Mapping[str, str]:
        """Map individually retracted claims of a standing report to the author; the recorder's never stood."""
        if report.retractions.keys() <= {None}:
            return {}
        standing, once = (
            {held.ref for held in each} for each in (self.claims_of(report), report.claims_at(latest(report.reported)))
        )
        lost = (held.ref for held in report.current.claims if held.ref not in standing)
        return {ref: "source" if ref in once else "recorder" for ref in lost}

    def claims_of(self, report: ReportHistory) -> tuple[Held, ...]:
        """Return the standing claims of a report."""
        return report.claims_at(self.reading.reported_until)

    @cached_property
    def breaking(self) -> frozenset[str]:
        """Refs of claims that replaced one of another key."""
        behind = (place for each in self.ledgers.values() for place in each.behind.values())
        return frozenset(other for code, other in behind if code == BREAK)
