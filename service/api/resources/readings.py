"""Readings: how counts, dates and a whole report would be read if they were posted. Nothing is recorded."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Annotated, Any, Literal, Self, cast
from uuid import UUID

import orjson
from fastapi import Request
from pydantic import ConfigDict, Field, StrictInt, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from domain.incident import refusals
from domain.incident.commands import Cause, CorrectReport, FileReport, UtcOffset, ZoneName
from domain.incident.dispatch import unknown_zone
from domain.incident.validation import expect_not_in_future, read_span
from domain.reports.claims.claim import Claim
from domain.reports.kind import Report
from domain.reports.registry import KINDS, AnyReport
from domain.reports.text_forms import LanguageTag
from domain.values.counts.count import Count, wording_remarks, words_for
from domain.values.text_types import FreeText, Strict
from domain.values.time.clocks import Span, parse_occurred, parse_offset, parse_reported
from domain.values.time.day_words import day_in_words
from domain.values.time.zones import UnknownZone, window_of
from service.answers.answer import stream_of
from service.api.authorization import require
from service.api.errors.problem import HttpProblem, problem_of
from service.api.errors.validation import FieldError
from service.api.models import FieldAtFault, ResponseModel, WriteWarning
from service.api.principals import RequestPrincipal
from service.api.requests.body import JsonBody, read_body, validate, validate_report
from service.api.requests.dry_run import DryRun, ReadingClock, dry_run, incident_clock
from service.api.requests.sealed_part import without_sealed
from service.api.requests.write import HttpWrite, WriteHeaders, problem_of_refusal
from service.api.resource import Resource
from service.api.responses import JSON
from service.api.services import InjectedServices, Services
from service.eventstore.reader import LogHead
from service.runtime.time_zones import zone

RESOURCE = Resource("reports")

MOST = 200
"""The most counts, and the most dates, of one request."""
_UNSAID: dict[str, Any] = {"source": "source", "reported_at": "2000"}
"""Members of a report that is validated for one count or one date alone."""

DateMember = Literal["occurred", "reported_at", "counted_until"]
"""The member that would hold a date: every other date of a report is read as `occurred` is."""


class CountToRead(Strict, frozen=True):
    """A count as a claim has it: its words, with figures beside them where the source gave any, and the measure."""

    verbatim: FreeText | None = None
    measure: FreeText = "killed"
    accumulation: FreeText = "cumulative"
    lower: StrictInt | None = None
    upper: StrictInt | None = None
    best: StrictInt | None = None
    bound: FreeText | None = None


class DateToRead(Strict, frozen=True):
    """A date as a report has it, and the member that would hold it: only what was said can't lie in the future."""

    text: FreeText
    clock: DateMember = "occurred"


class ReadingBody(Strict, frozen=True):
    """What to read.

    Days begin and end in the offset of the `incident`, or by a `time_zone`, or else in `utc_offset`. A `report` is one
    that would be filed under the incident, or, with `corrects` and `cause`, the new content of one that is filed.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)
    incident: Annotated[str, Field(max_length=100, min_length=1)] | None = None
    """The slug of an incident, or its id."""
    time_zone: ZoneName | None = None
    utc_offset: UtcOffset = "Z"
    language: LanguageTag | None = None
    """Of the words of counts: it chooses the lexicon."""
    counts: Annotated[tuple[CountToRead, ...], Field(max_length=MOST)] = ()
    dates: Annotated[tuple[DateToRead, ...], Field(max_length=MOST)] = ()
    report: AnyReport | None = None
    corrects: UUID | None = None
    """The id of the report that this is a correction of."""
    cause: Cause = "transcription"

    @model_validator(mode="after")
    def _report_has_a_home(self) -> Self:
        if self.report is not None and self.incident is None and self.corrects is None:
            raise PydanticCustomError("no_home", "Name the “incident” that the report would be filed under.")
        return self


class ReadCount(ResponseModel):
    """What a count means: both ends as said, null where open; `best` for a single figure; and the bound."""

    lower: int | None
    upper: int | None
    best: int | None
    bound: str
    lexicon: str | None
    words: str
    """As sentences of documents have it: `at least 200`."""


class SpanReading(ResponseModel):
    """The first and the last moment that a date may mean, in the offset that it is read in; null where open."""

    earliest: str | None
    latest: str | None


class CountResult(ResponseModel):
    """A count with its reading, or with the reasons why it would be refused."""

    verbatim: str | None
    reading: ReadCount | None
    errors: list[FieldAtFault]
    warnings: list[WriteWarning]


class DateResult(ResponseModel):
    """A date with its reading, or with the reasons why it would be refused."""

    text: str
    reading: SpanReading | None
    errors: list[FieldAtFault]


class ClaimReading(ResponseModel):
    """A claim, or a part of one, as it would be recorded."""

    id: str
    scope: str | None
    reading: ReadCount


class ReportReading(ResponseModel):
    """A report as it would be recorded, and what it would be warned of."""

    kind: str
    reported: SpanReading | None
    """Null for a correction, which keeps that of the report."""
    occurred: SpanReading | None
    claims: list[ClaimReading]
    warnings: list[WriteWarning]


class Readings(ResponseModel):
    """How it would be read at the end of the log, `position`."""

    position: int
    counts: list[CountResult]
    dates: list[DateResult]
    report: ReportReading | None


_TYPED = {
    "incident": "syria-coast-2025",
    "language": "en",
    "counts": [{"verbatim": "at least 200", "measure": "killed"}],
    "dates": [{"text": "2025-03-08", "clock": "occurred"}],
}
_WHOLE = {"incident": "syria-coast-2025", "report": dict(KINDS["toll_revised"].example)}


@RESOURCE.post(
    "/v1/readings",
    summary="Read counts, dates or a report without recording them",
    **RESOURCE.writes(
        ReadingBody,
        "no-such-incident merged incident-closed reported-in-the-future no-such-report report-retracted",
        "nothing-changed report-id-is-kept reported-at-is-kept scope-undeclared event-needed two-figures-one-key",
        "supersedes-itself time-unreadable unknown-time-zone",
        examples={"while typing": {"value": _TYPED}, "a whole report": {"value": _WHOLE}},
        statuses={200: "This is how it would be read; nothing is recorded."},
        answer=Readings,
        scope="read",
    ),
)
async def read_without_recording(request: Request, services: InjectedServices, principal: RequestPrincipal) -> Response:
    """Tell how a post would be read, by the code that reads posts; a count or date that would be refused says why.

    A whole `report` is decided as a post would be, against all that is recorded now: what it is warned of is told, and
    what it is refused for is the same problem, with fields under `report`. It needs the scope `report` too. A protected
    part is checked and dropped.
    """
    body = await read_body(request)
    if found := without_sealed(body.document, "report"):
        body = JsonBody(b"", found.document)
    asked = validate(ReadingBody, body.document)
    head = await services.reader.head()
    clock = await _clock(services, head, asked)
    document: dict[str, Any] = {
        "position": head.position,
        "counts": [_count_result(each, asked.language) for each in asked.counts],
        "dates": [_date_result(each, clock, head.now) for each in asked.dates],
        "report": None,
    }
    if asked.report is not None:
        require(principal, "report")
        document["report"] = await _report_reading(services, head, asked, body)
    return Response(orjson.dumps(document), 200, {"Cache-Control": "no-store"}, JSON)


async def _clock(services: Services, head: LogHead, asked: ReadingBody) -> ReadingClock:
    """Return how dates are read, and the year that those in words probably mean. Raises HttpProblem."""
    try:
        if asked.incident is not None:
            return await incident_clock(services.reader, head, asked.incident)
        if asked.time_zone is not None:
            return ReadingClock(zone(asked.time_zone, window_of([Span(head.now, head.now)])).offset, head.now.year)
    except UnknownZone as unknown:
        raise problem_of(unknown_zone(asked.time_zone or "", unknown)) from None
    except refusals.Refusal as refusal:
        raise problem_of(refusal) from None
    return ReadingClock(parse_offset(asked.utc_offset), head.now.year)


def _count_result(asked: CountToRead, language: str | None) -> dict[str, Any]:
    """Read a count within a report that has nothing else, as a post is read."""
    given = asked.model_dump(include={"verbatim", "lower", "upper", "best", "bound"}, exclude_none=True)
    claim = {"id": "1", "measure": asked.measure, "accumulation": asked.accumulation, "count": given}
    report = {"kind": "toll_revised", **_UNSAID, "claims": [claim]}
    found: dict[str, Any] = {"verbatim": asked.verbatim, "reading": None, "errors": [], "warnings": []}
    try:
        read = validate_report(report if language is None else {**report, "language": language}).claims[0]
    except HttpProblem as problem:
        found["errors"] = [_within(each, "claims[0]").document for each in problem.field_errors]
        return found
    remarks = wording_remarks(read.count, read.measure)
    found["reading"] = _count_reading(read.count)
    found["warnings"] = [{"code": code, "detail": f"The claim {ending}"} for code, ending in remarks]
    return found


def _date_result(asked: DateToRead, clock: ReadingClock, now: datetime) -> dict[str, Any]:
    """Read a date within a report that has nothing else, as a post is read."""
    reported = asked.clock in ("reported_at", "counted_until")
    member = "reported_at" if reported else "occurred"
    found: dict[str, Any] = {"text": asked.text, "reading": None, "errors": []}
    try:
        validate_report({"kind": "observation_noted", "title": "title", **_UNSAID, member: asked.text})
        span = read_span(parse_reported if reported else parse_occurred, asked.text, clock.offset)
        if asked.clock == "reported_at":
            expect_not_in_future(span, asked.text, now)
        found["reading"] = _span_reading(span, clock.offset)
    except HttpProblem as problem:
        near = day_in_words(asked.text, clock.year)
        errors = [_within(each, member) for each in problem.field_errors]
        found["errors"] = [FieldError(each.field, each.reason, each.nearest or near).document for each in errors]
    except refusals.Refusal as refusal:
        found["errors"] = [FieldError("", problem_of(refusal).detail).document]
    return found


def _within(error: FieldError, member: str) -> FieldError:
    return FieldError(error.field.removeprefix(member).removeprefix("."), error.reason, error.nearest)


async def _report_reading(services: Services, head: LogHead, asked: ReadingBody, body: JsonBody) -> dict[str, Any]:
    command = _command(services, asked, cast("Report", asked.report))
    try:
        decided = await dry_run(services.reader, head, command, asked.incident if asked.corrects is None else None)
    except refusals.Refusal as refusal:
        raise _problem_within_report(refusal, asked, body.document["report"]) from None
    return _report_document(decided)


def _command(services: Services, asked: ReadingBody, report: Report) -> FileReport | CorrectReport:
    if asked.corrects is not None:
        return CorrectReport.model_construct(report_id=asked.corrects, cause=asked.cause, report=report, reason=None)
    return FileReport(report_id=report.report_id or services.new_id(), report=report)


def _problem_within_report(refusal: refusals.Refusal, asked: ReadingBody, report: dict[str, Any]) -> HttpProblem:
    home = None if asked.incident is None else (asked.incident, stream_of(asked.incident))
    problem = problem_of_refusal(refusal, HttpWrite("readings", "", JsonBody(b"", report), WriteHeaders(), home))
    problem.field_errors = [FieldError(f"report.{e.field}", e.reason, e.nearest) for e in problem.field_errors]
    return problem


def _report_document(decided: DryRun) -> dict[str, Any]:
    fact, offset = decided.fact, decided.offset
    reported = getattr(fact, "reported", None)
    return {
        "kind": fact.report.kind,
        "reported": None if reported is None else _span_reading(reported, offset),
        "occurred": None if fact.occurred is None else _span_reading(fact.occurred, offset),
        "claims": [*_claim_readings(fact.report.claims)],
        "warnings": [
            {name: value for name in ("code", "detail", "claim") if (value := getattr(each, name)) is not None}
            for each in decided.warnings
        ],
    }


def _claim_readings(claims: Sequence[Claim]) -> Iterator[dict[str, Any]]:
    for claim in claims:
        for figure in (claim, *claim.parts):
            yield {"id": figure.id, "scope": figure.scope, "reading": _count_reading(figure.count)}


def _count_reading(count: Count) -> dict[str, Any]:
    read = {name: getattr(count, name) for name in ("lower", "upper", "best", "lexicon")}
    return {**read, "bound": count.bound or "exact", "words": words_for(count)}


def _span_reading(span: Span, offset: tzinfo) -> dict[str, str | None]:
    return {
        name: None if moment is None else moment.astimezone(offset).isoformat()
        for name, moment in (("earliest", span.earliest), ("latest", span.latest))
    }
