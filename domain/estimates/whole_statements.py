"""Whole statements (`complete`): each withdraws the earlier reports of its source, which cease to count.

It withdraws reports of the same home (the incident that they were filed under) and, where it names an `event`, of that
event only. Merging incidents or moving a report withdraws nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from uuid import UUID

from domain.history.report_history import ReportHistory
from domain.reports.claims.statement_order import ordered
from domain.reports.claims.tie_breaking import TieRank


def group_by_home(reports: Iterable[ReportHistory]) -> Mapping[UUID, list[ReportHistory]]:
    """Group reports by the stream of the incident they were filed under."""
    found: dict[UUID, list[ReportHistory]] = {}
    for report in reports:
        found.setdefault(report.home, []).append(report)
    return found


def withdrawn_reports(reports: Collection[ReportHistory]) -> dict[str, str]:
    """Map ids of withdrawn reports of one origin to the last whole statement that withdraws each."""
    if not any(report.current.report.complete for report in reports):
        return {}
    found: dict[str, str] = {}
    tie_ranks = _links(reports)
    for of_home in group_by_home(reports).values():
        if any(report.current.report.complete for report in of_home):
            found.update(_withdrawn_of_one_home(ordered(of_home, tie_ranks)[0]))
    return found


def split_at_whole_statements(reports: Collection[ReportHistory]) -> Iterator[list[ReportHistory]]:
    """Split one origin's reports, per home and oldest first, before each whole statement."""
    tie_ranks = _links(reports)
    for of_home in group_by_home(reports).values():
        if not any(report.current.report.complete for report in of_home):
            yield of_home
            continue
        part: list[ReportHistory] = []
        for report in ordered(of_home, tie_ranks)[0]:
            if report.current.report.complete:
                yield part
                part = []
            part.append(report)
        yield part


def withdraws(whole: ReportHistory, earlier: ReportHistory) -> bool:
    """Say whether a whole statement withdraws an earlier report of the same source."""
    event = whole.current.report.event
    return whole.home == earlier.home and (event is None or event == earlier.current.report.event)


def _links(reports: Iterable[ReportHistory]) -> Mapping[str, TieRank]:
    """Tie-breakers of equal reports: the claims that supersede theirs, and that theirs supersede."""
    known = {report.ref: report for report in reports}
    named: dict[str, list[TieRank]] = {}
    naming: dict[str, list[TieRank]] = {}
    for ref, report in known.items():
        for claim in report.current.report.claims:
            for other_ref, _, number in (other.partition("#") for other in claim.supersedes):
                if other_ref in known and other_ref != ref:
                    named.setdefault(other_ref, []).append((number, claim.id, report.content))
                    naming.setdefault(ref, []).append((claim.id, number, known[other_ref].content))
    linked = named.keys() | naming.keys()
    return {ref: (*sorted(named.get(ref, ())), (), *sorted(naming.get(ref, ()))) for ref in linked}


def _withdrawn_of_one_home(order: Iterable[ReportHistory]) -> Iterator[tuple[str, str]]:
    """Yield (withdrawn report, last statement that withdraws it); `order` is oldest first."""
    last: dict[str | None, tuple[int, str]] = {}
    for index, report in reversed(list(enumerate(order))):
        event = report.current.report.event
        whole = max((last[scope] for scope in {event, None} if scope in last), default=None)
        if whole is not None:
            yield report.ref, whole[1]
        if report.current.report.complete:
            last.setdefault(event, (index, report.ref))
