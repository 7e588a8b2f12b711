"""Withdrawals of an import: rows that retract, as the source and at its moment, what it had reported by then."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast
from uuid import UUID, uuid5

from domain.facts.streams import NAMESPACE, incident_stream
from domain.facts.union import ReportFiled, ReportReinstated, ReportRetracted
from domain.facts.versions import is_report
from domain.incident.commands import RetractReport
from domain.reports.claims.claim import earliest, latest
from domain.reports.kind import Report
from domain.values.sources import origin_of
from domain.values.time.clocks import UTC, format_instant, parse_reported
from service.api.batches.line import ParsedLine
from service.api.batches.outcomes import record
from service.api.services import Services
from service.console.import_reader import CheckedRow
from service.console.import_report import ImportReport as Outcomes
from service.eventstore.stored_fact import StoredFact
from service.eventstore.writer import WriteRequest
from service.formats.importer import ImportFault, SourceRetraction

_SINCE_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _LoggedReport:
    """A report as filed: its reported time, and since when (UTC) it is withdrawn, or None."""

    report_id: UUID
    report: Report
    reported: datetime
    retracted_at: datetime | None = None


async def retract(house: Services, asked: Sequence[SourceRetraction], outcomes: Outcomes) -> None:
    """Retract what the source withdraws, at the end of the log, and add the outcome of each row."""
    streams = {incident_stream(each.incident) for each in asked}
    rows = await house.reader.read(sorted(streams), (await house.reader.head()).position) if streams else []
    filed = _filed_reports(rows)
    planned: list[tuple[SourceRetraction, list[WriteRequest]]] = []
    for each in asked:
        known = [one for one in filed.get(incident_stream(each.incident), {}).values() if _is_of(one.report, each)]
        if problem := _ambiguity(each, known):
            outcomes.add_invalid(ImportFault(each.where, problem))
        elif passed := _reason_to_skip(each, known):
            outcomes.add_passed_over(each.where, each.name, passed)
        else:
            planned.append((each, list(_writes(each, known))))
    answers = iter(await record(house.writer, [write for _, writes in planned for write in writes]))
    for each, writes in planned:
        told = [CheckedRow(each.where, ParsedLine(write, {"incident": each.incident})) for write in writes]
        outcomes.add_retraction([(one, next(answers)) for one in told])


def _filed_reports(rows: Sequence[StoredFact]) -> dict[UUID, dict[UUID, _LoggedReport]]:
    """Return the reports of each stream, with their retractions."""
    found: dict[UUID, dict[UUID, _LoggedReport]] = {}
    for row in sorted(rows, key=lambda each: each.version):
        of = found.setdefault(row.stream, {})
        if is_report(row.topic):
            fact = cast("ReportFiled", row.recorded(text=False).fact)
            of[fact.report_id] = _LoggedReport(fact.report_id, fact.report, earliest(fact.reported))
        elif row.is_a(ReportRetracted, ReportReinstated):
            judged = cast("ReportRetracted | ReportReinstated", row.recorded(text=False).fact)
            if judged.claim is None:
                taken_back = judged.reported if isinstance(judged, ReportRetracted) else None
                gone = latest(taken_back) if taken_back else _SINCE_ALWAYS
                of[judged.report_id].retracted_at = gone if isinstance(judged, ReportRetracted) else None
    return found


def _is_of(report: Report, asked: SourceRetraction) -> bool:
    """Say whether a report is the source's own, about the event that it withdraws."""
    return origin_of(report.source, report.via) == asked.source and (
        report.external_ids.get(asked.source) == asked.name
    )


def _moment(asked: SourceRetraction) -> datetime:
    return latest(parse_reported(asked.reported_at, UTC))


def _ambiguity(asked: SourceRetraction, known: Sequence[_LoggedReport]) -> str | None:
    """Return a sentence on why the reports that are meant are ambiguous, or None."""
    moment = _moment(asked)
    undated = [
        one for one in known if one.retracted_at is None and one.reported > moment and not _dated(one.report, asked)
    ]
    if undated:
        return (
            f"The event {asked.name} counts as said on {format_instant(undated[0].reported)}, since its file does not"
            f" tell when it was, and it was deleted before ({asked.reported_at}). Retract report"
            f" {undated[0].report_id} as never said (by the recorder)."
        )
    later = [
        one.retracted_at
        for one in known
        if one.retracted_at is not None and one.retracted_at > moment and one.reported <= moment
    ]
    if later:
        return (
            f"The log has the event {asked.name} withdrawn on {format_instant(later[0])}, and this says"
            f" {asked.reported_at}, which is earlier; reinstate the report and import this again, if this is right."
        )
    return None


def _dated(report: Report, asked: SourceRetraction) -> bool:
    return bool(str(report.attributes.get(asked.dated_by, "")).strip())


def _reason_to_skip(asked: SourceRetraction, known: Sequence[_LoggedReport]) -> str | None:
    """Return why there is nothing to withdraw; None where there is, or was."""
    if not known:
        return "This log does not know it."
    if all(one.reported > _moment(asked) for one in known):
        return "What this log knows of it was published after that."
    return None


def _writes(asked: SourceRetraction, known: Sequence[_LoggedReport]) -> Iterator[WriteRequest]:
    """Yield a retraction of each report that stands and had been said by then; a row makes the same ones again."""
    moment = _moment(asked)
    for one in known:
        if one.retracted_at is None and one.reported <= moment:
            one.retracted_at = moment
            words = f"withdrawn:{one.report_id}:{asked.reported_at}"
            command = RetractReport(report_id=one.report_id, by="source", reported_at=asked.reported_at)
            yield WriteRequest(command, uuid5(NAMESPACE, words), hashlib.sha256(words.encode()).digest())
