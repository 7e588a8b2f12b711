"""Difference between two readings of one incident, by cause: the sources' or our own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from domain.documents.estimates import estimate_document
from domain.estimates.claim_index import ClaimSnapshot, KeyClaims, by_origin, snapshot_claims
from domain.estimates.whole_statements import withdrawn_reports
from domain.history.history import History, ReportHistory
from domain.reading import Document, Reading, span_document
from domain.reports.claims.claim import ClaimKey, ResolvedClaim, latest
from domain.reports.claims.revision_chain import BREAK, RevisionChain
from domain.reports.claims.running_totals import report_of, totals_by_moment
from domain.revisions.corrections import corrections
from domain.values.time.clocks import format_instant

RECLASSIFIED = "reclassified"

_COMPARED = ("lower", "upper", "upper_open", "best", "contested", "label")


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
        """Reports reported by then, retracted ones too."""
        return {ref: each for ref, each in self.all_reports.items() if each.reported_by(self.reading.reported_until)}

    @cached_property
    def standing(self) -> Mapping[str, ReportHistory]:
        """Standing reports."""
        return {each.ref: each for each in self.history.standing_reports(self.reading.reported_until)}

    @cached_property
    def counted_claims(self) -> ClaimSnapshot:
        """Counting claims and reports."""
        return snapshot_claims(self.history, self.reading.reported_until)

    @property
    def counting(self) -> Mapping[str, ReportHistory]:
        """Counting reports."""
        return self.counted_claims.counting

    @property
    def by_key(self) -> Sequence[KeyClaims]:
        """Counting claims, by key."""
        return self.counted_claims.by_key

    @cached_property
    def chains(self) -> Mapping[tuple[str, str], RevisionChain]:
        """Revision chains, by canonical key and origin."""
        return {(keyed.key.canonical, each.origin): each for keyed in self.by_key for each in keyed.chains}

    @cached_property
    def claims(self) -> Mapping[str, ResolvedClaim]:
        """Standing claims, by ref."""
        return {claim.ref: claim for report in self.standing.values() for claim in self.claims_of(report)}

    def individually_retracted(self, report: ReportHistory) -> Mapping[str, str]:
        """Map individually retracted claims of a standing report to the author (`source` or `recorder`)."""
        if report.retractions.keys() <= {None}:
            return {}
        standing, claims_when_reported = (
            {claim.ref for claim in each}
            for each in (self.claims_of(report), report.claims_at(latest(report.reported)))
        )
        retracted = (claim.ref for claim in report.current.claims if claim.ref not in standing)
        return {ref: "source" if ref in claims_when_reported else "recorder" for ref in retracted}

    def claims_of(self, report: ReportHistory) -> tuple[ResolvedClaim, ...]:
        """Return the standing claims of a report."""
        return report.claims_at(self.reading.reported_until)

    @cached_property
    def breaking(self) -> frozenset[str]:
        """Refs of claims that replaced one of another key."""
        replacements = (replacement for each in self.chains.values() for replacement in each.replaced.values())
        return frozenset(other for code, other in replacements if code == BREAK)


def difference(before: tuple[History, Reading], after: tuple[History, Reading]) -> Document:
    """Return what differs between a reading and a later one, on either clock, by heading.

    - `learned`: reports that were unknown, and are counting now.
    - `revised_by_source`: a current claim of an origin, and the later one that replaced it; and each past moment
      (`counted_until`) for which its last report gives another figure than the one before.
    - `withdrawn_by_source`: reports or claims taken back by their source, or withdrawn by a later whole statement.
    - `corrected_by_us`: our corrections, field by field; and retractions of ours that were undone.
    - `removed_by_us`: reports or claims that we struck, and reports that are no longer in the incident.
    - `reclassified`: corrections of whom or what a claim counts; and claims that were given another scope.
    - `estimates`: the keys whose estimate differs, each reading by its own policy; null where there is none.

    A report that the later reading has not reached on the reported clock is in none of them.
    """
    old, new = IncidentSnapshot(*before), IncidentSnapshot(*after)
    return {
        "learned": _sorted(_learned(old, new)),
        "revised_by_source": _sorted([*_revised(old, new), *_revised_days(old, new)]),
        "withdrawn_by_source": _sorted(_withdrawn(old, new)),
        "corrected_by_us": _sorted(
            [*_corrected(old, new, lambda cause: cause != RECLASSIFIED), *_reinstated(old, new)]
        ),
        "removed_by_us": _sorted(_removed(old, new)),
        "reclassified": _sorted([*_corrected(old, new, lambda cause: cause == RECLASSIFIED), *_rescoped(old, new)]),
        "estimates": _estimates(old, new),
    }


def _sorted(entries: Iterable[Document]) -> list[Document]:
    """Sort by report, claim and `what`; several corrections of one report keep their order."""
    return sorted(entries, key=lambda entry: tuple(str(entry.get(name, "")) for name in ("report_id", "claim", "what")))


def _report(report: ReportHistory) -> Document:
    now = report.current
    return {
        "report_id": report.ref,
        "kind": now.report.kind,
        "event": now.event,
        "source": now.origin,
        "via": list(now.report.via),
        "reported": span_document(now.report.reported_at, report.reported),
    }


def _claim(claim: ResolvedClaim) -> Document:
    lower, upper, best = claim.printable_figures
    return {
        "claim": claim.ref,
        **claim.key.document,
        "reported_at": claim.reported_at,
        "verbatim": claim.count.verbatim,
        "lower": lower,
        "upper": upper,
        "best": best,
        "bound": claim.count.bound,
    }


def _learned(old: IncidentSnapshot, new: IncidentSnapshot) -> Iterator[Document]:
    for ref, report in new.counting.items():
        if ref not in old.reports:
            yield {**_report(report), "claims": [_claim(claim) for claim in new.claims_of(report)]}


def _revised(old: IncidentSnapshot, new: IncidentSnapshot) -> Iterator[Document]:
    """Yield current claims replaced by claims of reports learned since."""
    for chain in old.chains.values():
        former = new.claims.get(chain.current.ref) if chain.current else None
        if former is None:
            continue
        after = _successor(new, former, new.chains.get((former.key.canonical, former.origin)))
        if after is not None and after.ref.partition("#")[0] not in old.reports:
            is_break = after.key != former.key or after.ref in new.breaking
            yield {
                "claim": former.ref,
                "source": former.origin,
                "before": _claim(former),
                "after": _claim(after),
                "break": is_break,
            }


def _revised_days(old: IncidentSnapshot, new: IncidentSnapshot) -> Iterator[Document]:
    """Yield past moments for which an origin's last report gives another figure than the one before."""
    for key_and_origin, chain in old.chains.items():
        later = new.chains.get(key_and_origin)
        after = totals_by_moment(later.succession, later.current) if later else {}
        before = totals_by_moment(chain.succession, chain.current)
        learned = all(report_of(claim) not in old.reports for claim in after.values())
        if learned and max(len(before), len(after)) > 1:
            for until in sorted(before.keys() & after.keys()):
                former, latter = before[until], after[until]
                if (former.printable_figures, former.count.bound) != (latter.printable_figures, latter.count.bound):
                    yield {
                        "claim": former.ref,
                        "source": former.origin,
                        "counted_until": format_instant(until),
                        "before": _claim(former),
                        "after": _claim(latter),
                        "break": False,
                    }


def _successor(new: IncidentSnapshot, before: ResolvedClaim, chain: RevisionChain | None) -> ResolvedClaim | None:
    """Return the claim that replaced `before`, if any: the first that broke the series, else the current one."""
    code, other = chain.replaced.get(before.ref, ("", "")) if chain else ("", "")
    if code == BREAK:
        return new.claims.get(other)
    current = chain.current if chain else None
    return current if current is not None and current.ref != before.ref else None


def _withdrawn(old: IncidentSnapshot, new: IncidentSnapshot) -> Iterator[Document]:
    whole = _whole_statements(new)
    for ref, report in old.counting.items():
        found = new.reports.get(ref)
        if found is None or ref in new.counting:
            continue
        if ref in new.standing:
            yield {**_report(report), "what": "withdrawn by a whole statement", "by": whole.get(ref)}
        elif found.retraction is not None and found.retraction[0] == "source":
            yield {**_report(report), "what": "taken back", "when": span_document(None, found.retraction[1])}
    yield from _claims_taken_back(old, new, "source")


def _claims_taken_back(old: IncidentSnapshot, new: IncidentSnapshot, by: str) -> Iterator[Document]:
    """Yield the claims retracted individually: by their source, or by the recorder."""
    for ref, report in old.standing.items():
        found = new.standing.get(ref)
        retracted = new.individually_retracted(found) if found else None
        for claim in old.claims_of(report) if retracted else ():
            if retracted and retracted.get(claim.ref) == by:
                yield {**_report(report), "what": "taken back" if by == "source" else "struck", "claim": claim.ref}


def _whole_statements(snapshot: IncidentSnapshot) -> Mapping[str, str]:
    """Map withdrawn reports to the last whole statement that withdraws each."""
    found: dict[str, str] = {}
    for of_origin in by_origin(snapshot.standing.values()).values():
        found.update(withdrawn_reports(of_origin))
    return found


def _removed(old: IncidentSnapshot, new: IncidentSnapshot) -> Iterator[Document]:
    for ref, report in old.standing.items():
        found = new.all_reports.get(ref)
        if found is None:
            yield {**_report(report), "what": "no longer in the incident"}
        elif found.retraction is not None and found.retraction[0] == "recorder":
            yield {**_report(report), "what": "struck"}
    yield from _claims_taken_back(old, new, "recorder")


def _corrected(
    old: IncidentSnapshot, new: IncidentSnapshot, wanted: Callable[[str | None], bool]
) -> Iterator[Document]:
    for ref, report in new.standing.items():
        known = old.reports.get(ref)
        for correction in corrections(report, len(known.versions)) if known else ():
            if wanted(cast("str | None", correction["cause"])):
                yield {**_report(report), "what": "corrected", **correction}


def _reinstated(old: IncidentSnapshot, new: IncidentSnapshot) -> Iterator[Document]:
    for ref, report in new.standing.items():
        known = old.reports.get(ref)
        if known is None:
            continue
        if known.retraction is not None and report.retraction is None:
            yield {**_report(report), "what": "reinstated"}
        for claim in sorted(old.individually_retracted(known).keys() & {claim.ref for claim in new.claims_of(report)}):
            yield {**_report(report), "what": "reinstated", "claim": claim}


def _rescoped(old: IncidentSnapshot, new: IncidentSnapshot) -> Iterator[Document]:
    """Yield the claims whose key differs without a correction of their report."""
    for ref, report in new.standing.items():
        known = old.reports.get(ref)
        if known is None or len(known.versions) != len(report.versions):
            continue
        keys = {claim.ref: claim.key for claim in known.current.claims}
        for claim in report.current.claims:
            if claim.ref in keys and keys[claim.ref] != claim.key:
                ends = {"before": keys[claim.ref].document, "after": claim.key.document}
                yield {**_report(report), "what": "rescoped", "claim": claim.ref, **ends}


def _estimates(old: IncidentSnapshot, new: IncidentSnapshot) -> list[Document]:
    """Return the keys whose estimates differ, by canonical key."""
    before, after = _estimate_figures(old), _estimate_figures(new)
    differing = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    return [
        {**key.document, "before": before.get(key), "after": after.get(key)}
        for key in sorted(differing, key=lambda key: key.canonical)
    ]


def _estimate_figures(snapshot: IncidentSnapshot) -> Mapping[ClaimKey, Document]:
    """Return the compared fields of each estimate that has any."""
    found: dict[ClaimKey, Document] = {}
    for keyed in snapshot.by_key:
        document = estimate_document(keyed, snapshot.reading.policy.estimate(keyed.policy_input))
        ends = {name: document[name] for name in _COMPARED if name in document}
        if any(ends.values()):
            found[keyed.key] = ends
    return found
