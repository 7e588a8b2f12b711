"""Suggestions of duplicate statements and events, for review by people; nothing is merged by itself.

Rows of tables share date, place and parties without being one event: of 17,407 rows of UCDP GED, 1,256 share date,
point and dyad with an earlier one and are not duplicates. So nothing here follows from likeness alone. Each rule
groups by a key, in linear time.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from domain.history.history import History, ReportHistory
from domain.incident.report_warnings import OccurrenceKey, content_digest, occurrence_key
from domain.reading import Document
from domain.reports.claims.claim import ResolvedClaim, latest
from domain.values.counts.count import words_for

SAME_CONTENT, SAME_FIGURE, SAME_EVENT = "possible_duplicate", "same_figure", "possible_same_event"

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def duplicates(history: History, moment: datetime | None) -> list[Document]:
    """Return suggestions among the reports standing at `moment` (reported clock, UTC; None: latest).

    - `possible_duplicate`: reports of the same content under different ids.
    - `same_figure`: one origin gives one figure for one key on one day in several reports, as two relays of it do.
    - `possible_same_event`: events of different labels are of the same kind, first day and first place.

    Sorted by code, then by reports.
    """
    standing = sorted(history.standing_reports(moment), key=lambda report: report.ref)
    equal = [
        group
        for alike in _candidate_groups(standing)
        for group in _groups((content_digest(x.current.report), x) for x in alike)
    ]
    found = [
        *(_item(SAME_CONTENT, group, f"{len(group)} reports have the same content.") for group in equal),
        *_same_figures(history, standing, moment, {frozenset(each.ref for each in group) for group in equal}),
        *_same_events(history, standing),
    ]
    return sorted(found, key=lambda item: (str(item["code"]), item["reports"], str(item["why"])))


def _groups(pairs: Iterable[tuple[K, T]]) -> list[list[T]]:
    """Group by a key, and return the groups of two or more."""
    groups: dict[K, list[T]] = {}
    for key, each in pairs:
        groups.setdefault(key, []).append(each)
    return [group for group in groups.values() if group[1:]]


def _candidate_groups(reports: Iterable[ReportHistory]) -> list[list[ReportHistory]]:
    """Group by fields that are cheap to compare, so that contents are compared within these groups only."""
    versions = ((each.current, each) for each in reports)
    return _groups(
        ((now.report.kind, now.origin, now.report.via, now.report.reported_at, now.occurred, now.event), each)
        for now, each in versions
    )


def _item(code: str, reports: Iterable[ReportHistory], why: str) -> Document:
    found = list(reports)
    return {
        "code": code,
        "reports": sorted(each.ref for each in found),
        "events": sorted({each.current.event for each in found if each.current.event is not None}),
        "why": why,
    }


def _same_figures(
    history: History, standing: Sequence[ReportHistory], moment: datetime | None, reported: set[frozenset[str]]
) -> Iterator[Document]:
    """Yield figures that one origin gave twice, but for groups of reports in `reported` (equal content)."""
    claims = ((_figure(history, claim), (claim, report)) for report in standing for claim in report.claims_at(moment))
    by_reports: dict[frozenset[str], list[list[tuple[ResolvedClaim, ReportHistory]]]] = {}
    for group in _groups(claims):
        by_reports.setdefault(frozenset(report.ref for _, report in group), []).append(group)
    for refs, groups in by_reports.items():
        if len(refs) > 1 and refs not in reported:
            reports = [report for _, report in groups[0]]
            figures = ", ".join(dict.fromkeys(words_for(group[0][0].count) for group in sorted(groups, key=_claimed)))
            relays = ", ".join(sorted({"by " + (" by ".join(each.current.report.via) or "itself") for each in reports}))
            sources = " and ".join(f"“{name}”" for name in sorted({_name(history, each) for each in reports}))
            verb = "says" if "” and “" not in sources else "say"
            why = f"{sources} {verb} {figures} of one day in {len(reports)} reports ({relays})."
            yield _item(SAME_FIGURE, reports, why)


def _claimed(group: Sequence[tuple[ResolvedClaim, ReportHistory]]) -> tuple[str, str]:
    """Sort key of figures: by their places in their reports, then by what they count."""
    return min(claim.ref.partition("#")[2] for claim, _ in group), group[0][0].key.canonical


def _name(history: History, report: ReportHistory) -> str:
    """Return the display name of a report's source, also where it is linked to another origin."""
    source = report.current.report.source
    return history.source_name(source) if isinstance(source, str) else history.source_name(report.current.origin)


def _figure(history: History, claim: ResolvedClaim) -> tuple[Hashable, ...]:
    """Return the grouping key of claims that may be one statement: origin, key, day and figure."""
    day = latest(claim.reported).astimezone(history.filing_offset(claim.ref)).date()
    count = claim.count
    figure = count.verbatim if claim.worded else (count.lower, count.upper, count.best, count.bound)
    return claim.origin, claim.key.canonical, claim.incremental, claim.period, day, figure


def _same_events(history: History, standing: Iterable[ReportHistory]) -> Iterator[Document]:
    placed = ((_occurrence(history, report), report) for report in standing if report.current.event is not None)
    for group in _groups((occurrence, (occurrence, report)) for occurrence, report in placed if occurrence):
        labels = {report.current.event for _, report in group}
        if len(labels) > 1:
            kind, day, place = group[0][0]
            why = f"{len(labels)} events are of the same kind ({kind}), day ({day}) and place ({place}); are they one?"
            yield _item(SAME_EVENT, (report for _, report in group), why)


def _occurrence(history: History, report: ReportHistory) -> OccurrenceKey | None:
    home = history.incidents.get(report.home)
    return occurrence_key(report.current.report, report.current.occurred, home.offset if home else history.offset)
