"""What a report must hold to be taken: readable times, scopes that are declared, one figure for one key."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from uuid import UUID

from domain.incident import refusals
from domain.incident.resolved_claims import NO_OVERRIDES, ReportContext, ScopeOverrides, event_of, resolve_in_context
from domain.reports.claims.claim import EVENT_SCOPE, INCIDENT_SCOPE, ResolvedClaim, Scope, latest
from domain.reports.kind import Report
from domain.values.sources import origin_of
from domain.values.text_types import nearest
from domain.values.time.clocks import ClockError, Span, begins_after, clamp, format_instant, parse_occurred

CLOCK_SKEW = timedelta(minutes=10)
"""How far a source's clock may be ahead of ours before a `reported_at` is refused as lying in the future."""


def with_defaults(report: Report, report_id: UUID, reported_at: str) -> Report:
    """Write out what is known of a report: its id, when it was said, and the scope of a claim that names none."""
    known: dict[str, object] = {"report_id": report_id, "reported_at": reported_at}
    if not all(claim.scope for claim in report.claims):
        default = {"scope": report.default_scope}
        known["claims"] = tuple(each if each.scope else each.model_copy(update=default) for each in report.claims)
    return report.model_copy(update=known)


def check_claims(
    report_id: UUID,
    report: Report,
    spans: tuple[Span, Span | None],
    scopes: Mapping[str, Scope],
    offset: tzinfo,
    scoping: ScopeOverrides = NO_OVERRIDES,
) -> None:
    """See that each claim of a report has a scope that there is, a key of its own and readable times; `spans` in UTC.

    Raises the Refusal that says which has not.
    """
    for claim in report.claims:
        for scope, figure in ((claim.scope, claim.id), *((part.scope, part.id) for part in claim.parts)):
            check_scope(scopes, report, scope, figure)
        if f"{report_id}#{claim.id}" in claim.supersedes:
            raise refusals.SupersedesItself(claim=claim.id)
    if scoping is NO_OVERRIDES and _plain(report):
        return
    try:
        held = resolve_in_context(report, report_context(report_id, report, spans, offset), scopes, offset, scoping)
    except ClockError as error:
        raise refusals.TimeUnreadable(reason=str(error).rstrip(".")) from error
    _check_keys(held)


def report_context(report_id: UUID, report: Report, spans: tuple[Span, Span | None], offset: tzinfo) -> ReportContext:
    """Return what the claims of a report have in common; `spans` are when it was reported and when it occurred."""
    origin = origin_of(report.source, report.via)
    return ReportContext(str(report_id), origin, event_of(report, spans[1], offset), *spans)


def _plain(report: Report) -> bool:
    """Say whether no two figures can have one key and no figure has a time of its own, so that nothing can be wrong."""
    measures = {claim.measure for claim in report.claims}
    timed = any(claim.parts or claim.period or claim.counted_until for claim in report.claims)
    return len(measures) == len(report.claims) and not timed


def check_scope(scopes: Mapping[str, Scope], report: Report, scope: str | None, figure: str) -> None:
    """See that a figure's scope is built in or among the declared `scopes`; None is not looked at."""
    if scope == EVENT_SCOPE:
        if report.event is None and report.default_scope != EVENT_SCOPE:
            raise refusals.EventNeeded(claim=figure)
    elif scope not in (None, INCIDENT_SCOPE) and scope not in scopes:
        known = [*scopes, INCIDENT_SCOPE, EVENT_SCOPE]
        near = nearest(scope, known)
        hint = f"did you mean “{near}”?" if near else f"known: {', '.join(known)}"
        raise refusals.ScopeUndeclared(scope=scope, hint=hint, nearest=near)


def _check_keys(held: Iterable[ResolvedClaim]) -> None:
    seen: dict[tuple[str, bool, Span | datetime | None], str] = {}
    for claim in held:
        key = (claim.key.canonical, claim.incremental, claim.period or claim.counted_until)
        figure = claim.ref.partition("#")[2]
        if key in seen:
            raise refusals.TwoFiguresOneKey(first=seen[key], second=figure)
        seen[key] = figure


def read_span(parse: Callable[[str, tzinfo], Span], text: str, offset: tzinfo) -> Span:
    """Read a time in the offset of the incident, or refuse it with the reader's own sentence."""
    try:
        return _read_before(parse, text, offset)
    except ClockError as error:
        raise refusals.TimeUnreadable(reason=str(error).rstrip(".")) from error


@lru_cache(maxsize=16_384)
def _read_before(parse: Callable[[str, tzinfo], Span], text: str, offset: tzinfo) -> Span:
    """Read a time; many reports state the same few."""
    return parse(text, offset)


def expect_not_in_future(reported: Span, said: str, now: datetime) -> None:
    """Refuse what a source can only say in the future; `now` is the moment of recording (UTC)."""
    begin = reported.earliest or reported.latest
    if begin and begin > now + CLOCK_SKEW:
        raise refusals.ReportedInTheFuture(reported_at=said, now=format_instant(now))


def occurred_span(report: Report, reported: Span, offset: tzinfo) -> Span | None:
    """Read when it happened; nothing that was reported had yet to happen, so the span ends with the report.

    None where it lies wholly after the report: that contradicts it, and counts on no day (`warnings` tells).
    """
    if report.occurred is None:
        return None
    said, end = read_span(parse_occurred, report.occurred, offset), latest(reported)
    return None if begins_after(said, end) else clamp(said, end)
