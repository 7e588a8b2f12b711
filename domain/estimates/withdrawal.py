"""Whole statements of a source, and which of its earlier reports each withdraws: of the same home and scope alone.

A source that states everything anew (`complete`) leaves out what it no longer says. It can leave out only what it was
speaking of: the incident that the statement was filed under (its home, wherever it is shown) and, where it names an
`event`, that event. So to merge two incidents, or to move a report, withdraws nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from uuid import UUID

from domain.history.report_history import ReportHistory
from domain.reports.claims.statement_order import history
from domain.reports.claims.ties import Rank


def group_by_home(reports: Iterable[ReportHistory]) -> Mapping[UUID, list[ReportHistory]]:
    """Sort reports by the stream of the incident that each was filed under."""
    found: dict[UUID, list[ReportHistory]] = {}
    for report in reports:
        found.setdefault(report.home, []).append(report)
    return found


def withdrawn_reports(reports: Collection[ReportHistory]) -> dict[str, str]:
    """Map the ids of one origin's reports that a later whole statement of it withdrew to the last such statement."""
    if not any(report.current.report.complete for report in reports):
        return {}
    found: dict[str, str] = {}
    linked = _links(reports)
    for own in group_by_home(reports).values():
        if any(report.current.report.complete for report in own):
            found.update(_withdrawn_of_one_home(history(own, linked)[0]))
    return found


def split_at_whole_statements(reports: Collection[ReportHistory]) -> Iterator[list[ReportHistory]]:
    """Part one origin's reports, of each home oldest first, at each whole statement, which begins a part."""
    linked = _links(reports)
    for own in group_by_home(reports).values():
        if not any(report.current.report.complete for report in own):
            yield own
            continue
        part: list[ReportHistory] = []
        for report in history(own, linked)[0]:
            if report.current.report.complete:
                yield part
                part = []
            part.append(report)
        yield part


def withdraws(whole: ReportHistory, earlier: ReportHistory) -> bool:
    """Say whether a whole statement withdraws a report that the same source made before it, in the same home or not."""
    event = whole.current.report.event
    return whole.home == earlier.home and (event is None or event == earlier.current.report.event)


def _links(reports: Iterable[ReportHistory]) -> Mapping[str, Rank]:
    """Tell reports apart that say the same by whose claims replace theirs, and whose theirs replace."""
    known = {report.ref: report for report in reports}
    named: dict[str, list[Rank]] = {}
    naming: dict[str, list[Rank]] = {}
    for ref, report in known.items():
        for claim in report.current.report.claims:
            for of, _, number in (other.partition("#") for other in claim.supersedes):
                if of in known and of != ref:
                    named.setdefault(of, []).append((number, claim.id, report.content))
                    naming.setdefault(ref, []).append((claim.id, number, known[of].content))
    linked = named.keys() | naming.keys()
    return {ref: (*sorted(named.get(ref, ())), (), *sorted(naming.get(ref, ()))) for ref in linked}


def _withdrawn_of_one_home(order: Iterable[ReportHistory]) -> Iterator[tuple[str, str]]:
    """Pair each withdrawn report with the last statement that withdraws it; `order` has the oldest first."""
    last: dict[str | None, tuple[int, str]] = {}
    for place, report in reversed(list(enumerate(order))):
        event = report.current.report.event
        by = max((last[about] for about in {event, None} if about in last), default=None)
        if by is not None:
            yield report.ref, by[1]
        if report.current.report.complete:
            last.setdefault(event, (place, report.ref))
