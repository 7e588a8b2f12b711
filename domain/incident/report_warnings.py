"""Warnings about a report that is filed all the same: duplicates, decreases, clocks, scopes, wording."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from msgspec import Struct

from domain.incident.resolved_claims import INCONSISTENT, PARTS_DO_NOT_ADD
from domain.ledger.canonical import digest
from domain.reports.claims.claim import ResolvedClaim, Scope, latest
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


class LatestFigure(Struct, frozen=True, gc=False):
    """The latest figure of one origin under one key among the filed reports.

    `rank` is its sort key: end of `reported`, then `reported_order`, then the figure.
    """

    rank: tuple[datetime, int, int]
    claim: ResolvedClaim


OccurrenceKey = tuple[str, str, str]


def content_digest(report: Report) -> str:
    """Return a digest that is equal for reports of equal content; an empty `text` counts as none, as in the log."""
    content = document(report)
    content.pop("report_id", None)
    return digest({name: value for name, value in content.items() if value or name != "text"})


@dataclass(slots=True)
class ContentIndex:
    """Index of report contents, to find an earlier report of equal content.

    Reports are bucketed by a few cheap fields, see `content_bucket`; digests are computed only where a bucket is hit.
    """

    _buckets: dict[Hashable, list[tuple[str, Report]]] = field(default_factory=dict[Hashable, list[tuple[str, Report]]])
    _exact: dict[str, str] = field(default_factory=dict[str, str])

    def first(self, bucket: Hashable, report: Report) -> str | None:
        """Return the id of the first report of equal content, None if there is none."""
        alike = self._buckets.get(bucket)
        if alike is None:
            return None
        for report_id, other in alike:
            self._exact.setdefault(content_digest(other), report_id)
        alike.clear()
        return self._exact.get(content_digest(report))

    def add(self, bucket: Hashable, report_id: str, report: Report) -> None:
        """Add a report."""
        self._buckets.setdefault(bucket, []).append((report_id, report))


def content_bucket(report: Report) -> Hashable:
    """Return a few fields of a report, which are equal for reports of equal content."""
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


class IncomingReport(Struct, frozen=True, gc=False):
    """A report to be filed: its id, spans (UTC), resolved claims, and their `supersedes` links.

    `event` is the label of the occurrence it describes, if it describes one; `occurrence` is its kind, first day and
    first place, where it describes one and all three are known; `offset` is the incident's, and so
    are the declared `scopes`. `extended` are the refs of totals that another of the report extends; `bucket` is that
    of its content.
    """

    report_id: str
    report: Report
    reported: Span
    occurred: Span | None
    claims: tuple[ResolvedClaim, ...]
    event: str | None
    occurrence: OccurrenceKey | None
    supersedes_links: tuple[SupersedesLink, ...]
    offset: tzinfo
    scopes: Mapping[str, Scope]
    extended: frozenset[str]
    bucket: Hashable


def occurrence_key(report: Report, occurred: Span | None, offset: tzinfo) -> OccurrenceKey | None:
    """Return kind, first day and first place of a report, if known: equal for reports that may describe one event."""
    if occurred is None or occurred.earliest is None or not report.places:
        return None
    day = occurred.earliest.astimezone(offset).date().isoformat()
    return report.kind, day, slugify(report.places[0].name)


def warnings_for(index: WarningIndex, incoming: IncomingReport) -> list[ReportWarning]:
    """Return the warnings about a new report, compared with the reports before it."""
    warnings = [*_about_report(index, incoming)]
    for resolved in incoming.claims:
        warnings += _about_wording(resolved, incoming.report)
    for resolved in incoming.claims:
        if resolved.ref not in incoming.extended:
            if incoming.scopes:
                warnings += _about_scope(incoming, resolved)
            warnings += _about_claim(index, resolved)
    return warnings


def add_to_index(index: WarningIndex, incoming: IncomingReport) -> None:
    """Add a report to the index that later ones are compared with."""
    index.contents.add(incoming.bucket, incoming.report_id, incoming.report)
    if incoming.occurrence and incoming.event:
        index.occurrences.setdefault(incoming.occurrence, incoming.event)
    for resolved in incoming.claims:
        index.scopes.setdefault(resolved.origin, set()).add(resolved.key.scope)
        if not resolved.incremental and resolved.ref not in incoming.extended:
            place = resolved.origin, resolved.key.canonical
            known, rank = index.figures.get(place), (latest(resolved.reported), resolved.order, resolved.figure)
            if known is None or rank >= known.rank:
                index.figures[place] = LatestFigure(rank, resolved)


def _about_report(index: WarningIndex, incoming: IncomingReport) -> Iterator[ReportWarning]:
    report = incoming.report
    if duplicate := index.contents.first(incoming.bucket, report):
        yield ReportWarning("possible_duplicate", f"Report {duplicate} has the same content.")
    if len(report.via) > 1 or report.source in report.via:
        yield from _about_relays(report)
    other = index.occurrences.get(incoming.occurrence) if incoming.occurrence else None
    if other and incoming.event and other != incoming.event:
        yield ReportWarning(
            "possible_same_event", f"“{other}” is of the same kind, day and place; is it the same event?"
        )
    if report.occurred is not None or isinstance(incoming.offset, RecordedTimeZone):
        yield from _about_clocks(incoming)
    if incoming.supersedes_links:
        own = origin_of(report.source, report.via)
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


def _about_wording(resolved: ResolvedClaim, report: Report) -> Iterator[ReportWarning]:
    """Warn about the wording of a count; a part is suggested only where the claim has none yet."""
    for code, sentence_end in wording_remarks(resolved.count, resolved.key.measure):
        claim = resolved.ref.partition("#")[2]
        if code != PART_IN_WORDS or not any(each.id == claim and each.parts for each in report.claims):
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
    elif latest(incoming.occurred) >= (end := latest(incoming.reported)) and ends_after(report.occurred, end, zone):
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
    scope = incoming.scopes.get(resolved.key.scope)
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
    if len(set(report.via)) < len(report.via):
        for relay in (each for each, times in Counter(report.via).items() if times > 1):
            yield ReportWarning("relay_repeated", f"“{relay}” is named as a relay more than once; it counts once.")


def _about_claim(index: WarningIndex, resolved: ResolvedClaim) -> list[ReportWarning]:
    warnings = [*_about_flags(resolved)] if resolved.flags else []
    claim, scope = resolved.ref.partition("#")[2], resolved.key.scope
    scopes = index.scopes.get(resolved.origin)
    if scopes and scope not in scopes and not scope.startswith("event:"):
        sentence = f"This source has not used the scope “{scope}” here before."
        warnings.append(ReportWarning("new_scope", sentence, claim))
    known = None if resolved.incremental else index.figures.get((resolved.origin, resolved.key.canonical))
    if known is not None and not resolved.worded and not known.claim.worded:
        warnings += _about_figure(known, resolved, claim)
    return warnings


def _about_flags(resolved: ResolvedClaim) -> Iterator[ReportWarning]:
    claim = resolved.ref.partition("#")[2]
    if PARTS_DO_NOT_ADD in resolved.flags:
        yield ReportWarning(PARTS_DO_NOT_ADD, f"The parts of claim “{claim}” do not add up to its whole.", claim)
    if INCONSISTENT in resolved.flags:
        yield ReportWarning(
            INCONSISTENT, f"Claim “{claim}” breaks lowest <= best <= highest; it is kept as given.", claim
        )


def _about_figure(known: LatestFigure, resolved: ResolvedClaim, claim: str) -> Iterator[ReportWarning]:
    """Compare a figure with the latest one of the same source under its key."""
    end, (known_end, known_order, known_figure) = latest(resolved.reported), known.rank
    decreased = end >= known_end and resolved.figure < known_figure
    undecided = end == known_end and resolved.order == known_order and known.claim.ref not in resolved.supersedes
    if not (decreased or undecided):
        return
    before = f"The same source gave {words_for(known.claim.count)} ({known.claim.reported_at}, {known.claim.ref})"
    if decreased:
        hint = "; if it now says less, name that claim in “supersedes”." if resolved.via else "."
        yield ReportWarning("decrease", f"{before} before{hint}", claim)
    if undecided:
        yield ReportWarning(
            "order_assumed", f"{before} for the same moment; set “reported_order” or “supersedes”.", claim
        )
