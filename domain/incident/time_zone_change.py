"""An incident that is to get another time zone: whatever it was told without an offset must be readable by that one."""

from datetime import tzinfo

from domain.incident import refusals
from domain.incident.resolved_claims import ScopeOverrides, resolve_in_context
from domain.incident.state import Incident
from domain.incident.validation import occurred_span, read_span, report_context
from domain.values.time.clocks import ClockError, parse_occurred, parse_reported


def expect_readable(incident: Incident, offset: tzinfo) -> None:
    """Refuse a zone in which a day that was said does not exist, as 30 December 2011 in Samoa; it is named."""
    periods = (incident.period, *(scope.period for scope in incident.scopes.values()))
    for period in filter(None, periods):
        read_span(parse_occurred, period, offset)
    for report_id, filed in incident.reports.items():
        reported = read_span(parse_reported, filed.reported_at, offset)
        occurred = occurred_span(filed.report, reported, offset)
        common = report_context(report_id, filed.report, (reported, occurred), offset)
        try:
            resolve_in_context(filed.report, common, incident.scopes, offset, ScopeOverrides(filed.rescoped))
        except ClockError as error:
            raise refusals.TimeUnreadable(reason=str(error).rstrip(".")) from error
