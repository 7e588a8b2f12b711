"""Validation of a report: readable times, declared scopes, one figure for one key."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from domain.incident import refusals
from domain.incident.resolved_claims import (
    NO_OVERRIDES,
    ScopeOverrides,
    report_context,
    resolve_in_context,
)
from domain.reports.claims.claim import EVENT_SCOPE, INCIDENT_SCOPE, ResolvedClaim, Scope, latest
from domain.reports.kind import Report
from domain.reports.versions import ReportDocument, document
from domain.values.text_types import nearest
from domain.values.time.clocks import ClockError, Span, begins_after, clamp, format_instant, parse_occurred

CLOCK_SKEW = timedelta(minutes=10)
"""How far a source's clock may be ahead of ours before a `reported_at` is refused as lying in the future."""


def with_defaults(report: Report, report_id: UUID, reported_at: str) -> Report:
    """Return a report with its defaults filled in: its id, `reported_at`, and the scope of each claim."""
    known: dict[str, object] = {"report_id": report_id, "reported_at": reported_at}
    members: dict[str, Any] = document(report) | {"report_id": str(report_id), "reported_at": reported_at}
    if not all(claim.scope for claim in report.claims):
        default = {"scope": report.default_scope}
        known["claims"] = tuple(each if each.scope else replace(each, **default) for each in report.claims)
        members["claims"] = [each if each.get("scope") else each | default for each in members["claims"]]
    return replace(report, **known, document=ReportDocument(report.class_version, members))


def check_claims(
    report_id: UUID,
    report: Report,
    spans: tuple[Span, Span | None],
    scopes: Mapping[str, Scope],
    offset: tzinfo,
    scoping: ScopeOverrides = NO_OVERRIDES,
) -> None:
    """Check that each claim has a declared scope, a key of its own and readable times; `spans` in UTC.

    Raises a Refusal.
    """
    for claim in report.claims:
        check_scope(scopes, report, claim.scope, claim.id)
        for part in claim.parts:
            check_scope(scopes, report, part.scope, part.id)
        if claim.supersedes and f"{report_id}#{claim.id}" in claim.supersedes:
            raise refusals.SupersedesItself(claim=claim.id)
    if scoping is NO_OVERRIDES and _needs_no_check(report):
        return
    try:
        resolved = resolve_in_context(report, report_context(report_id, report, spans, offset), scopes, offset, scoping)
    except ClockError as error:
        raise refusals.TimeUnreadable(reason=str(error).rstrip(".")) from error
    _check_keys(resolved)


def _needs_no_check(report: Report) -> bool:
    """Say whether keys and times need no check: measures differ, and no claim has parts or times of its own."""
    measures: set[str] = set()
    for claim in report.claims:
        if claim.parts or claim.period or claim.counted_until:
            return False
        measures.add(claim.measure)
    return len(measures) == len(report.claims)


def check_scope(scopes: Mapping[str, Scope], report: Report, scope: str | None, figure: str) -> None:
    """Check that a figure's scope is built in or among the declared `scopes`; None passes."""
    if scope == EVENT_SCOPE:
        if report.event is None and report.default_scope != EVENT_SCOPE:
            raise refusals.EventNeeded(claim=figure)
    elif scope not in (None, INCIDENT_SCOPE) and scope not in scopes:
        known = [*scopes, INCIDENT_SCOPE, EVENT_SCOPE]
        near = nearest(scope, known)
        hint = f"did you mean “{near}”?" if near else f"known: {', '.join(known)}"
        raise refusals.ScopeUndeclared(scope=scope, hint=hint, nearest=near)


def _check_keys(resolved: Iterable[ResolvedClaim]) -> None:
    seen: dict[tuple[str, bool, Span | datetime | None], str] = {}
    for claim in resolved:
        key = (claim.key.canonical, claim.incremental, claim.period or claim.counted_until)
        figure = claim.ref.partition("#")[2]
        if key in seen:
            raise refusals.TwoFiguresOneKey(first=seen[key], second=figure)
        seen[key] = figure


def read_span(parse: Callable[[str, tzinfo], Span], text: str, offset: tzinfo) -> Span:
    """Parse a time in the offset of the incident; raises TimeUnreadable with the parser's sentence."""
    try:
        return _parse_cached(parse, text, offset)
    except ClockError as error:
        raise refusals.TimeUnreadable(reason=str(error).rstrip(".")) from error


@lru_cache(maxsize=16_384)
def _parse_cached(parse: Callable[[str, tzinfo], Span], text: str, offset: tzinfo) -> Span:
    """Parse a time; many reports state the same few."""
    return parse(text, offset)


def expect_not_in_future(reported: Span, reported_at: str, now: datetime) -> None:
    """Refuse a `reported` that begins after `now`, the moment of recording (UTC), give or take CLOCK_SKEW."""
    begin = reported.earliest or reported.latest
    if begin and begin > now + CLOCK_SKEW:
        raise refusals.ReportedInTheFuture(reported_at=reported_at, now=format_instant(now))


def occurred_span(report: Report, reported: Span, offset: tzinfo) -> Span | None:
    """Parse `occurred`, clamped to the end of `reported`.

    None for an `occurred` wholly after the report, which counts on no day and causes a warning.
    """
    if report.occurred is None:
        return None
    occurred, end = read_span(parse_occurred, report.occurred, offset), latest(reported)
    return None if begins_after(occurred, end) else clamp(occurred, end)
