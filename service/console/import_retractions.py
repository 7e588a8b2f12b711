"""Retractions of an import: rows that retract, as the source and at a reported moment, what it had reported by then."""

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
    """A report of the log: its reported time, and since when (UTC) it is retracted, or None."""

    report_id: UUID
    report: Report
    reported: datetime
    retracted_at: datetime | None = None


async def retract(services: Services, retractions: Sequence[SourceRetraction], outcomes: Outcomes) -> None:
    """Retract at the end of the log what the source withdraws, and add the outcome of each row."""
    streams = {incident_stream(each.incident) for each in retractions}
    stored = await services.reader.read(sorted(streams), (await services.reader.head()).position) if streams else []
    filed = _filed_reports(stored)
    planned: list[tuple[SourceRetraction, list[WriteRequest]]] = []
    for each in retractions:
        known = [one for one in filed.get(incident_stream(each.incident), {}).values() if _is_of(one.report, each)]
        if problem := _ambiguity(each, known):
            outcomes.add_invalid(ImportFault(each.where, problem))
        elif passed := _reason_to_skip(each, known):
            outcomes.add_passed_over(each.where, each.name, passed)
        else:
            planned.append((each, list(_writes(each, known))))
    answers = iter(await record(services.writer, [write for _, writes in planned for write in writes]))
    for each, writes in planned:
        rows = [CheckedRow(each.where, ParsedLine(write, {"incident": each.incident})) for write in writes]
        outcomes.add_retraction([(one, next(answers)) for one in rows])


def _filed_reports(rows: Sequence[StoredFact]) -> dict[UUID, dict[UUID, _LoggedReport]]:
    """Return the reports of each stream, with their retractions."""
    found: dict[UUID, dict[UUID, _LoggedReport]] = {}
    for row in sorted(rows, key=lambda each: each.version):
        reports = found.setdefault(row.stream, {})
        if is_report(row.topic):
            filed = cast("ReportFiled", row.recorded(text=False).fact)
            reports[filed.report_id] = _LoggedReport(filed.report_id, filed.report, earliest(filed.reported))
        elif row.is_a(ReportRetracted, ReportReinstated):
            fact = cast("ReportRetracted | ReportReinstated", row.recorded(text=False).fact)
            if fact.claim is None:
                reported = fact.reported if isinstance(fact, ReportRetracted) else None
                since = latest(reported) if reported else _SINCE_ALWAYS
                reports[fact.report_id].retracted_at = since if isinstance(fact, ReportRetracted) else None
    return found


def _is_of(report: Report, retraction: SourceRetraction) -> bool:
    """Say whether a report is the source's own, about the withdrawn event."""
    return origin_of(report.source, report.via) == retraction.source and (
        report.external_ids.get(retraction.source) == retraction.name
    )


def _moment(retraction: SourceRetraction) -> datetime:
    return latest(parse_reported(retraction.reported_at, UTC))


def _ambiguity(retraction: SourceRetraction, known: Sequence[_LoggedReport]) -> str | None:
    """Return a sentence on why it is ambiguous which reports are withdrawn, or None."""
    moment = _moment(retraction)
    undated = [
        one
        for one in known
        if one.retracted_at is None and one.reported > moment and not _dated(one.report, retraction)
    ]
    if undated:
        return (
            f"The event {retraction.name} counts as said on {format_instant(undated[0].reported)}, since its file does"
            f" not tell when it was, and it was deleted before ({retraction.reported_at}). Retract report"
            f" {undated[0].report_id} as never said (by the recorder)."
        )
    later = [
        one.retracted_at
        for one in known
        if one.retracted_at is not None and one.retracted_at > moment and one.reported <= moment
    ]
    if later:
        return (
            f"The log has the event {retraction.name} withdrawn on {format_instant(later[0])}, and this says"
            f" {retraction.reported_at}, which is earlier; reinstate the report and import this again, if this is"
            " right."
        )
    return None


def _dated(report: Report, retraction: SourceRetraction) -> bool:
    return bool(str(report.attributes.get(retraction.dated_by, "")).strip())


def _reason_to_skip(retraction: SourceRetraction, known: Sequence[_LoggedReport]) -> str | None:
    """Return the reason why there is nothing to withdraw; None where there is, or was."""
    if not known:
        return "This log does not know it."
    if all(one.reported > _moment(retraction) for one in known):
        return "What this log knows of it was published after that."
    return None


def _writes(retraction: SourceRetraction, known: Sequence[_LoggedReport]) -> Iterator[WriteRequest]:
    """Yield a retraction of each standing report reported by then; a repeated row yields the same ones."""
    moment = _moment(retraction)
    for one in known:
        if one.retracted_at is None and one.reported <= moment:
            one.retracted_at = moment
            words = f"withdrawn:{one.report_id}:{retraction.reported_at}"
            command = RetractReport(report_id=one.report_id, by="source", reported_at=retraction.reported_at)
            yield WriteRequest(command, uuid5(NAMESPACE, words), hashlib.sha256(words.encode()).digest())
