"""Warnings about a report that is filed all the same: duplicates, decreases, clocks, scopes, wording."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from domain.incident.resolved_claims import INCONSISTENT, PARTS_DO_NOT_ADD
from domain.ledger.canonical import digest
from domain.reports.claims.claim import ResolvedClaim, Scope, latest
from domain.reports.claims.running_totals import extended_totals
from domain.reports.kind import Report
from domain.reports.versions import document
from domain.values.counts.count import PART_IN_WORDS, wording_remarks, words_for
from domain.values.sources import origin_of
from domain.values.text_types import slugify
from domain.values.time.clocks import Span, begins_after, ends_after, parse_occurred
from domain.values.time.zones import RecordedTimeZone


@dataclass(frozen=True, slots=True)
class ReportWarning:
    """A warning: its code, a sentence, and the id of the claim that it is about, if any."""

    code: str
    detail: str
    claim: str | None = None


@dataclass(frozen=True, slots=True)
class LatestFigure:
    """The latest figure of one origin under one key among the filed reports."""

    reported_latest: datetime
    claim: ResolvedClaim

    @property
    def rank(self) -> tuple[datetime, int, int]:
        """Sort key: end of `reported`, then `reported_order`, then the figure."""
        return self.reported_latest, self.claim.order, self.claim.figure


OccurrenceKey = tuple[str, str, str]


def content_digest(report: Report) -> str:
    """Return a digest that is equal for reports of equal content; an empty `text` counts as none, as in the log."""
    content = document(report)
    content.pop("report_id", None)
    return digest({name: value for name, value in content.items() if value or name != "text"})


@dataclass(slots=True)
class ContentIndex:
    """Index of report contents, to find an earlier report of equal content.

    Reports are bucketed by a few cheap fields; digests are computed only where a bucket is hit.
    """

    _buckets: dict[Hashable, list[tuple[str, Report]]] = field(default_factory=dict[Hashable, list[tuple[str, Report]]])
    _exact: dict[str, str] = field(default_factory=dict[str, str])

    def first(self, report: Report) -> str | None:
        """Return the id of the first report of equal content, None if there is none."""
        bucket = self._buckets.get(_bucket(report))
        if bucket is None:
            return None
        for report_id, other in bucket:
            self._exact.setdefault(content_digest(other), report_id)
        bucket.clear()
        return self._exact.get(content_digest(report))

    def add(self, report_id: str, report: Report) -> None:
        """Add a report."""
        self._buckets.setdefault(_bucket(report), []).append((report_id, report))


def _bucket(report: Report) -> Hashable:
    counts = [claim.count for claim in report.claims]
    return (
        report.kind,
        report.reported_at,
        report.occurred,
        report.event,
        report.reported_order,
        report.source if isinstance(report.source, str) else report.source.anonymous,
        *((count.verbatim, count.lower, count.upper) for count in counts),
    )


@dataclass(slots=True)
class WarningIndex:
    """Index of earlier reports for warnings: their figures, scopes, contents and occurrences."""

    figures: dict[tuple[str, str], LatestFigure] = field(default_factory=dict[tuple[str, str], LatestFigure])
    scopes: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    contents: ContentIndex = field(default_factory=ContentIndex)
    occurrences: dict[OccurrenceKey, str] = field(default_factory=dict[OccurrenceKey, str])


@dataclass(frozen=True, slots=True)
class SupersedesLink:
    """A claim named in `supersedes`; `origin` is that of the named claim, None where the incident has no such claim."""

    claim: str
    ref: str
    origin: str | None


@dataclass(frozen=True, slots=True)
class IncomingReport:
    """A report to be filed: its id, spans (UTC), resolved claims, and their `supersedes` links.

    `event` is the label of the occurrence it describes, if it describes one; `occurrence` is its kind, first day and
    first place, where all three are known; `offset` is the incident's, and so
    are the declared `scopes`.
    """

    report_id: str
    report: Report
    reported: Span
    occurred: Span | None
    claims: tuple[ResolvedClaim, ...]
    event: str | None
    occurrence: OccurrenceKey | None
    supersedes_links: tuple[SupersedesLink, ...] = ()
    offset: tzinfo = UTC
    scopes: Mapping[str, Scope] = field(default_factory=dict[str, Scope])


def occurrence_key(report: Report, occurred: Span | None, offset: tzinfo) -> OccurrenceKey | None:
    """Return kind, first day and first place of a report, if known: equal for reports that may describe one event."""
    if occurred is None or occurred.earliest is None or not report.places:
        return None
    day = occurred.earliest.astimezone(offset).date().isoformat()
    return report.kind, day, slugify(report.places[0].name)


def warnings_for(index: WarningIndex, incoming: IncomingReport) -> list[ReportWarning]:
    """Return the warnings about a new report, compared with the reports before it."""
    with_parts = {claim.id for claim in incoming.report.claims if claim.parts}
    extended = extended_totals(incoming.claims)
    words = (each for resolved in incoming.claims for each in _about_wording(resolved, with_parts))
    current = (resolved for resolved in incoming.claims if resolved.ref not in extended)
    of_claims = (
        each for resolved in current for each in (*_about_scope(incoming, resolved), *_about_claim(index, resolved))
    )
    return [*_about_report(index, incoming), *words, *of_claims]


def add_to_index(index: WarningIndex, incoming: IncomingReport) -> None:
    """Add a report to the index that later ones are compared with."""
    index.contents.add(incoming.report_id, incoming.report)
    if incoming.occurrence and incoming.event:
        index.occurrences.setdefault(incoming.occurrence, incoming.event)
    extended = extended_totals(incoming.claims)
    for resolved in incoming.claims:
        index.scopes.setdefault(resolved.origin, set()).add(resolved.key.scope)
        if not resolved.incremental and resolved.ref not in extended:
            known = index.figures.get((resolved.origin, resolved.key.canonical))
            newest = LatestFigure(latest(resolved.reported), resolved)
            if known is None or newest.rank >= known.rank:
                index.figures[resolved.origin, resolved.key.canonical] = newest


def _about_report(index: WarningIndex, incoming: IncomingReport) -> Iterator[ReportWarning]:
    if duplicate := index.contents.first(incoming.report):
        yield ReportWarning("possible_duplicate", f"Report {duplicate} has the same content.")
    yield from _about_relays(incoming.report)
    other = index.occurrences.get(incoming.occurrence) if incoming.occurrence else None
    if other and incoming.event and other != incoming.event:
        yield ReportWarning(
            "possible_same_event", f"“{other}” is of the same kind, day and place; is it the same event?"
        )
    yield from _about_clocks(incoming)
    if incoming.supersedes_links:
        own = origin_of(incoming.report.source, incoming.report.via)
        yield from (found for each in incoming.supersedes_links if (found := _about_supersedes(each, own)) is not None)


def _about_supersedes(replaced: SupersedesLink, own: str) -> ReportWarning | None:
    """Warn of a `supersedes` link without effect; it is kept, as it may take effect later."""
    names = f"Claim “{replaced.claim}” supersedes {replaced.ref}, which"
    if replaced.origin is None:
        why = f"{names} no report filed here has; it replaces nothing until this source has made such a claim."
        return ReportWarning("supersedes_unknown", why, replaced.claim)
    if replaced.origin != own:
        why = (
            f"{names} is a claim of “{replaced.origin}”; a source replaces only its own claims, so it replaces nothing"
            " unless the two are stated to be one source."
        )
        return ReportWarning("supersedes_another_source", why, replaced.claim)
    return None


def _about_wording(resolved: ResolvedClaim, with_parts: Collection[str]) -> Iterator[ReportWarning]:
    """Warn about the wording of a count; a part is suggested only where the claim has none yet."""
    claim = resolved.ref.partition("#")[2]
    for code, sentence_end in wording_remarks(resolved.count, resolved.key.measure):
        if code != PART_IN_WORDS or claim not in with_parts:
            yield ReportWarning(code, f"Claim “{claim}” {sentence_end}", claim)


def _about_clocks(incoming: IncomingReport) -> Iterator[ReportWarning]:
    """Warn of an occurrence after the report, and of times outside the recorded offsets of the time zone."""
    report, zone = incoming.report, incoming.offset
    if isinstance(zone, RecordedTimeZone) and not all(map(zone.covers, _spans(incoming))):
        sentence = (
            f"The offsets of {zone.zone.name} are written down for the years {zone.years} only, and a"
            " time of this report lies outside of them: the nearest offset was taken. Amend “time_zone” to have the"
            " offsets of further years written down."
        )
        yield ReportWarning("outside_time_zone", sentence)
    if report.occurred is None:
        return
    if incoming.occurred is None:
        sentence = (
            f"It is said to have happened ({report.occurred}) after it was reported ({report.reported_at}),"
            " so it counts on no day; correct whichever is wrong."
        )
        yield ReportWarning("occurred_after_reported", sentence)
    elif ends_after(report.occurred, latest(incoming.reported), zone):
        sentence = (
            f"It is said to have gone on ({report.occurred}) after it was reported ({report.reported_at}),"
            " so it counts up to the report; correct whichever is wrong."
        )
        yield ReportWarning("occurred_ends_after_reported", sentence)


def _spans(incoming: IncomingReport) -> Iterator[Span]:
    yield incoming.reported
    if incoming.occurred is not None:
        yield incoming.occurred


def _about_scope(incoming: IncomingReport, resolved: ResolvedClaim) -> Iterator[ReportWarning]:
    """Warn of a claim whose scope had not begun when it was reported."""
    scope = incoming.scopes.get(resolved.key.scope) if incoming.scopes else None
    if scope is None or scope.period is None:
        return
    if begins_after(parse_occurred(scope.period, incoming.offset), latest(incoming.reported)):
        claim = resolved.ref.partition("#")[2]
        sentence = (
            f"Claim “{claim}” counts within “{resolved.key.scope}” ({scope.period}), which began after it was reported"
            f" ({resolved.reported_at}), so it counts on no day; correct whichever is wrong."
        )
        yield ReportWarning("scope_after_reported", sentence, claim)


def _about_relays(report: Report) -> Iterator[ReportWarning]:
    """Warn of a source that relays itself and of a relay named twice; `via` is kept as stated."""
    if report.source in report.via:
        detail = f"“{report.source}” is named as a relay of itself; it is kept as stated, and counts as no relay."
        yield ReportWarning("own_relay", detail)
    for relay in (each for each, times in Counter(report.via).items() if times > 1):
        yield ReportWarning("relay_repeated", f"“{relay}” is named as a relay more than once; it counts once.")


def _about_claim(index: WarningIndex, resolved: ResolvedClaim) -> Iterator[ReportWarning]:
    claim = resolved.ref.partition("#")[2]
    if PARTS_DO_NOT_ADD in resolved.flags:
        yield ReportWarning(PARTS_DO_NOT_ADD, f"The parts of claim “{claim}” do not add up to its whole.", claim)
    if INCONSISTENT in resolved.flags:
        yield ReportWarning(
            INCONSISTENT, f"Claim “{claim}” breaks lowest <= best <= highest; it is kept as given.", claim
        )
    scopes = index.scopes.get(resolved.origin)
    if scopes and not resolved.key.scope.startswith("event:") and resolved.key.scope not in scopes:
        yield ReportWarning(
            "new_scope", f"This source has not used the scope “{resolved.key.scope}” here before.", claim
        )
    known = None if resolved.incremental else index.figures.get((resolved.origin, resolved.key.canonical))
    if known is None or resolved.worded or known.claim.worded:
        return
    before = f"The same source gave {words_for(known.claim.count)} ({known.claim.reported_at}, {known.claim.ref})"
    if latest(resolved.reported) >= known.reported_latest and resolved.figure < known.claim.figure:
        hint = "; if it now says less, name that claim in “supersedes”." if resolved.via else "."
        yield ReportWarning("decrease", f"{before} before{hint}", claim)
    same_time = latest(resolved.reported) == known.reported_latest and resolved.order == known.claim.order
    if same_time and known.claim.ref not in resolved.supersedes:
        yield ReportWarning(
            "order_assumed", f"{before} for the same moment; set “reported_order” or “supersedes”.", claim
        )
