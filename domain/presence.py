"""On which days the reports of one origin count, and whether what it said on each day lies wholly after the last."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timezone

from domain.claims import Held, earliest, latest
from domain.events import local_day
from domain.incident.history import ReportHistory
from domain.sequence import Said
from domain.sequence import history as said_order
from domain.voices import withdrawn_reports

Stay = tuple[date, date | None]
"""The first day at whose end a claim counts, and the first at whose end it does not any more (None: it still does)."""


def stays_of(own: Sequence[ReportHistory], moment: datetime | None, offset: timezone) -> Mapping[str, list[Stay]]:
    """Return when the reports of one origin count: from when they were said until taken back, or all is said anew."""
    plain = {report.ref: (day_of(report, offset), _taken_back(report, moment, offset)) for report in own}
    if not any(report.now.report.complete for report in own):
        return {ref: [stay] for ref, stay in plain.items() if stay[0] != stay[1]}
    if any(end for _, end in plain.values()) or not in_turn(own, offset):
        return _by_trial(own, plain)
    anew: date | None = None
    found: dict[str, list[Stay]] = {}
    for report in reversed(said_order(own)[0]):
        begin = plain[report.ref][0]
        if begin != anew:
            found[report.ref] = [(begin, anew)]
        anew = begin if report.now.report.complete else anew
    return found


def claims_of(
    report: ReportHistory, stay: Stay, moment: datetime | None, offset: timezone
) -> Iterator[tuple[Held, Stay]]:
    """Yield the claims of a report with the days of its stay on which each counts: one may be taken back by itself."""
    if report.retractions.keys() <= {None}:
        yield from ((held, stay) for held in report.now.held)
        return
    ends = (latest(span) for by, span in report.retractions.values() if by == "source" and span is not None)
    left = sorted(end for end in ends if moment is None or end <= moment)
    for held in report.held(latest(report.reported)):
        gone = next((end for end in left if held not in report.held(end)), None)
        last = None if gone is None else local_day(gone, offset)
        until = last if last is not None and (stay[1] is None or last < stay[1]) else stay[1]
        if until is None or stay[0] < until:
            yield held, (stay[0], until)


def _taken_back(report: ReportHistory, moment: datetime | None, offset: timezone) -> date | None:
    """Return the day on which its source took a report back, None where it stands."""
    if report.stands_at(moment) or report.retraction is None or report.retraction[1] is None:
        return None
    return local_day(latest(report.retraction[1]), offset)


def _by_trial(own: Sequence[ReportHistory], plain: Mapping[str, Stay]) -> Mapping[str, list[Stay]]:
    """Ask day by day which reports count: whole statements may be taken back themselves, and days may overlap."""
    begun: dict[str, date] = {}
    found: dict[str, list[Stay]] = {}
    for day in change_days(plain.values()):
        standing = [report for report in own if counts_on(day, plain[report.ref])]
        speaking = {report.ref for report in standing} - withdrawn_reports(standing)
        for ref in sorted(begun.keys() - speaking):
            found.setdefault(ref, []).append((begun.pop(ref), day))
        begun |= dict.fromkeys(speaking - begun.keys(), day)
    for ref, day in begun.items():
        found.setdefault(ref, []).append((day, None))
    return found


def change_days(stays: Iterable[Stay]) -> list[date]:
    """Return the days on which something begins or ceases to count, in order."""
    return sorted({day for stay in stays for day in stay if day is not None})


def counts_on(day: date, stay: Stay) -> bool:
    """Say whether what stays so long counts at the end of a day."""
    return stay[0] <= day and (stay[1] is None or day < stay[1])


def in_turn(said: Sequence[Said], offset: timezone) -> bool:
    """Say whether each day's words lie wholly after those of the days before, and none replaces a later one."""
    days: dict[date, list[Said]] = {}
    day_by_ref: dict[str, date] = {}
    for each in said:
        day_by_ref[each.ref] = day_of(each, offset)
        days.setdefault(day_by_ref[each.ref], []).append(each)
    ends = [max(latest(each.reported) for each in days[day]) for day in sorted(days)]
    begins = [min(earliest(each.reported) for each in days[day]) for day in sorted(days)]
    links = ((each.ref, other) for each in said for other in each.supersedes if other in day_by_ref)
    backwards = all(day_by_ref[other] <= day_by_ref[ref] for ref, other in links)
    return backwards and all(end < begin for end, begin in zip(ends, begins[1:], strict=False))


def day_of(said: Said, offset: timezone) -> date:
    """Return the local day by whose end something had been said."""
    return local_day(latest(said.reported), offset)
