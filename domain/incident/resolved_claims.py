"""Resolve a report's claims: parts become claims of their own, with keys, scopes and clocks filled in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import lru_cache
from uuid import UUID

from msgspec import Struct

from domain.reports.claims.claim import (
    EVENT_SCOPE,
    Claim,
    ClaimKey,
    Part,
    ResolvedClaim,
    Scope,
    event_scope,
    key_of,
    latest,
)
from domain.reports.claims.tie_breaking import ReportContent
from domain.reports.kind import Report, event_label
from domain.values.sources import origin_of, relays
from domain.values.time.clocks import Span, begins_after, parse_occurred, parse_reported

PARTS_DO_NOT_ADD = "parts_do_not_add"
INCONSISTENT = "inconsistent"


def event_of(report: Report, occurred: Span | None, offset: tzinfo) -> str | None:
    """Return the label of the occurrence that a report describes, derived where the client gave none.

    None for a report that describes no occurrence, such as a toll of the incident. An `occurred` after the
    report counts on no day, but the derived label has its day as stated.
    """
    if report.event is None and report.default_scope != EVENT_SCOPE:
        return None
    stated = occurred or _stated_occurred(report, offset)
    return event_label(report, _day(stated.earliest, offset) if stated and stated.earliest else None)


@lru_cache(maxsize=16_384)
def _day(moment: datetime, offset: tzinfo) -> str:
    """Return the day of a moment (UTC) in the offset of an incident, as text."""
    return moment.astimezone(offset).date().isoformat()


def effective_occurred(report: Report, reported: Span, stored: Span | None, offset: tzinfo) -> Span | None:
    """Return the span of the occurrence that a report describes, from the span `kept` in its fact; None if unknown.

    An `occurred` wholly after the report contradicts it and is stored as None; facts of early versions stored the last
    moment of the report instead, which is read as None.
    """
    if stored is None or stored.latest is None or not stored.earliest == stored.latest == reported.latest:
        return stored
    stated = _stated_occurred(report, offset)
    return None if stated is not None and begins_after(stated, stored.latest) else stored


def _stated_occurred(report: Report, offset: tzinfo) -> Span | None:
    return None if report.occurred is None else _read(report.occurred, offset)


@lru_cache(maxsize=16_384)
def _read(occurred: str, offset: tzinfo) -> Span:
    return parse_occurred(occurred, offset)


@dataclass(frozen=True, slots=True)
class AssignedScope:
    """A scope assigned by curation: one of the incident `within`; `bounds` are those of a declared scope."""

    within: str
    scope: str
    bounds: Scope | None = None


def _as_filed(_within: str | None, scope: str) -> str:
    return scope


@dataclass(frozen=True, slots=True)
class ScopeOverrides:
    """Assigned scopes by claim id, for claims whose scope is not the stated one.

    `named` maps an incident (None: the report's home) and its scope to the name of that scope as seen from the subject.
    """

    rescoped: Mapping[str, AssignedScope] = field(default_factory=dict[str, AssignedScope])
    named: Callable[[str | None, str], str] = _as_filed


NO_OVERRIDES = ScopeOverrides()


class ReportContext(Struct, frozen=True, gc=False):
    """Fields that all claims of a report share: its id as text, origin, event label, and spans (UTC).

    `record` is its whole content, for tie-breaking.
    """

    ref: str
    origin: str
    event: str | None
    reported: Span
    occurred: Span | None
    record: ReportContent | None = None


def report_context(report_id: UUID, report: Report, spans: tuple[Span, Span | None], offset: tzinfo) -> ReportContext:
    """Return the fields that the claims of a report share; `spans` are when it was reported and when it occurred."""
    origin = origin_of(report.source, report.via)
    return ReportContext(str(report_id), origin, event_of(report, spans[1], offset), *spans)


def resolve_in_context(
    report: Report,
    filed: ReportContext,
    scopes: Mapping[str, Scope],
    offset: tzinfo,
    scoping: ScopeOverrides = NO_OVERRIDES,
) -> tuple[ResolvedClaim, ...]:
    """Resolve each figure of a report, wholes and parts, in the order stated, given the fields they share."""
    end, stated = latest(filed.reported), report.reported_at or ""
    via = relays(report.source, report.via) if report.via else ()
    resolved: list[ResolvedClaim] = []
    for claim, part in _figures(report):
        within, scope, bounds = _scope(claim, part, scoping.rescoped)
        if not within and scopes:
            bounds = scopes.get(scope)
        if scope == EVENT_SCOPE:
            scope = event_scope(filed.event or "")
        figure, incremental = part or claim, claim.accumulation == "incremental"
        resolved.append(
            ResolvedClaim(
                f"{filed.ref}#{figure.id}",
                _key(claim, part, scoping.named(within or None, scope)),
                filed.origin,
                report.source,
                via,
                filed.reported,
                stated,
                report.reported_order,
                figure.count,
                _counted_until(claim, end, bounds, offset) if bounds or claim.counted_until else end,
                incremental=incremental,
                period=_period(claim, report, (filed.reported, filed.occurred), offset) if incremental else None,
                partial=claim.partial,
                supersedes=() if part else claim.supersedes,
                flags=_flags(claim, part),
                record=filed.record,
            )
        )
    return tuple(resolved)


def _figures(report: Report) -> Iterator[tuple[Claim, Part | None]]:
    for claim in report.claims:
        yield claim, None
        for part in claim.parts:
            yield claim, part


def _scope(claim: Claim, part: Part | None, rescoped: Mapping[str, AssignedScope]) -> tuple[str, str, Scope | None]:
    """Return the incident whose scope it is (empty: the home), the scope of a figure, and its assigned bounds.

    An assigned scope comes before a stated one; a part without a scope has that of its whole.
    """
    if rescoped:
        assigned = rescoped.get(part.id) if part else None
        if assigned is None and not (part and part.scope):
            assigned = rescoped.get(claim.id)
        if assigned is not None:
            return assigned.within, assigned.scope, assigned.bounds
    return "", (part and part.scope) or claim.scope or "", None


def _key(claim: Claim, part: Part | None, scope: str) -> ClaimKey:
    if part is None:
        return key_of(claim.measure, claim.population, scope, claim.manner)
    population = claim.population if part.population is None else part.population
    return key_of(claim.measure, population, scope, part.manner or claim.manner)


def _period(claim: Claim, report: Report, spans: tuple[Span, Span | None], offset: tzinfo) -> Span:
    """Return the period of an increment: as stated, else when it occurred, else when it was reported."""
    if claim.period:
        return parse_occurred(claim.period, offset)
    return spans[1] or _stated_occurred(report, offset) or spans[0]


def _counted_until(claim: Claim, reported: datetime, scope: Scope | None, offset: tzinfo) -> datetime:
    """Return the end of the counted time: as stated, else when reported, or the scope's end if earlier."""
    if claim.counted_until:
        return latest(parse_reported(claim.counted_until, offset))
    scope_end = parse_occurred(scope.period, offset).latest if scope and scope.period else None
    return min(scope_end, reported) if scope_end else reported


def _flags(claim: Claim, part: Part | None) -> tuple[str, ...]:
    count = (part or claim).count
    is_one = count.lower == count.upper == count.best
    flags = (INCONSISTENT,) if not is_one and count.inconsistent else ()
    if claim.exhaustive and part is None and not claim.parts_add():
        return (*flags, PARTS_DO_NOT_ADD)
    return flags
