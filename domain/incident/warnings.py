"""What a recorder should look at again when a report is taken: it is kept all the same."""

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone

from domain.claims import Held, latest
from domain.clocks import Span
from domain.counts import words_for
from domain.incident.holding import INCONSISTENT, PARTS_DO_NOT_ADD
from domain.ledger.canonical import digest
from domain.report.kind import Report
from domain.words import slugify


@dataclass(frozen=True, slots=True)
class Concern:
    """A code, a sentence, and the claim it is about, if it is about one."""

    code: str
    detail: str
    claim: str | None = None


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest figure of one origin under one key, as far as reports were taken."""

    said: datetime
    held: Held

    @property
    def rank(self) -> tuple[datetime, int, int]:
        """Sort key: what was said last, then the stated order, then the greater figure."""
        return self.said, self.held.order, self.held.figure


Occurrence = tuple[str, str, str]


def content_of(report: Report) -> str:
    """Tell whether two reports say the same; an empty `text` is none, as the log keeps it."""
    said = report.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"report_id"})
    return digest({name: value for name, value in said.items() if value or name != "text"})


@dataclass(slots=True)
class Contents:
    """What reports said, to tell whether one says the same again.

    Those that differ at a glance are told apart by that; only where two do not are they written out and compared.
    """

    _alike: dict[Hashable, list[tuple[str, Report]]] = field(default_factory=dict[Hashable, list[tuple[str, Report]]])
    _exact: dict[str, str] = field(default_factory=dict[str, str])

    def first(self, report: Report) -> str | None:
        """Return the id of the first report that said the same; None if none did."""
        alike = self._alike.get(_glance(report))
        if alike is None:
            return None
        for report_id, other in alike:
            self._exact.setdefault(content_of(other), report_id)
        alike.clear()
        return self._exact.get(content_of(report))

    def add(self, report_id: str, report: Report) -> None:
        """Add what a report says."""
        self._alike.setdefault(_glance(report), []).append((report_id, report))


def _glance(report: Report) -> Hashable:
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
class Seen:
    """The little that warnings compare a new report with."""

    figures: dict[tuple[str, str], Newest] = field(default_factory=dict[tuple[str, str], Newest])
    scopes: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    contents: Contents = field(default_factory=Contents)
    occurrences: dict[Occurrence, str] = field(default_factory=dict[Occurrence, str])


@dataclass(frozen=True, slots=True)
class Taken:
    """A report as it is taken: its id, spans (UTC) and held claims.

    `event` is the label of the occurrence it describes, if it describes one; `occurrence` is its kind, first day and
    first place, where all three are known.
    """

    report_id: str
    report: Report
    reported: Span
    occurred: Span | None
    held: tuple[Held, ...]
    event: str | None
    occurrence: Occurrence | None


def occurrence_of(report: Report, occurred: Span | None, offset: timezone) -> Occurrence | None:
    """Return what two reports of one event have in common: kind, first day and first place, where all are known."""
    if occurred is None or occurred.earliest is None or not report.places:
        return None
    day = occurred.earliest.astimezone(offset).date().isoformat()
    return report.kind, day, slugify(report.places[0].name)


def warnings(seen: Seen, taken: Taken) -> list[Concern]:
    """Compare a new report with what was seen before it."""
    return [*_of_report(seen, taken), *(each for held in taken.held for each in _of_claim(seen, held))]


def remember(seen: Seen, taken: Taken) -> None:
    """Add a report to what later ones are compared with."""
    seen.contents.add(taken.report_id, taken.report)
    if taken.occurrence and taken.event:
        seen.occurrences.setdefault(taken.occurrence, taken.event)
    for held in taken.held:
        seen.scopes.setdefault(held.origin, set()).add(held.key.scope)
        if not held.incremental:
            known = seen.figures.get((held.origin, held.key.canonical))
            newest = Newest(latest(held.reported), held)
            if known is None or newest.rank >= known.rank:
                seen.figures[held.origin, held.key.canonical] = newest


def _of_report(seen: Seen, taken: Taken) -> Iterator[Concern]:
    if twin := seen.contents.first(taken.report):
        yield Concern("possible_duplicate", f"Report {twin} has the same content.")
    yield from _of_relays(taken.report)
    other = seen.occurrences.get(taken.occurrence) if taken.occurrence else None
    if other and taken.event and other != taken.event:
        yield Concern("possible_same_event", f"“{other}” is of the same kind, day and place; is it the same event?")
    occurred, said = taken.occurred, latest(taken.reported)
    if occurred and occurred.earliest and occurred.earliest == occurred.latest == said:
        yield Concern("occurred_after_reported", "By its clocks it was reported before it happened; check both.")


def _of_relays(report: Report) -> Iterator[Concern]:
    """Look for a source that relays itself and a relay named twice: the chain is kept, `sources.relays` is weighed."""
    if report.source in report.via:
        detail = f"“{report.source}” is named as a relay of itself; it is kept as stated, and counts as no relay."
        yield Concern("own_relay", detail)
    for relay in (each for each, times in Counter(report.via).items() if times > 1):
        yield Concern("relay_repeated", f"“{relay}” is named as a relay more than once; it counts once.")


def _of_claim(seen: Seen, held: Held) -> Iterator[Concern]:
    claim = held.ref.partition("#")[2]
    if PARTS_DO_NOT_ADD in held.flags:
        yield Concern(PARTS_DO_NOT_ADD, f"The parts of claim “{claim}” do not add up to its whole.", claim)
    if INCONSISTENT in held.flags:
        yield Concern(INCONSISTENT, f"Claim “{claim}” breaks lowest <= best <= highest; it is kept as given.", claim)
    scopes = seen.scopes.get(held.origin)
    if scopes and not held.key.scope.startswith("event:") and held.key.scope not in scopes:
        yield Concern("new_scope", f"This source has not used the scope “{held.key.scope}” here before.", claim)
    known = None if held.incremental else seen.figures.get((held.origin, held.key.canonical))
    if known is None or held.worded or known.held.worded:
        return
    before = f"The same source gave {words_for(known.held.count)} ({known.held.reported_at}, {known.held.ref})"
    if latest(held.reported) >= known.said and held.figure < known.held.figure:
        hint = "; if it now says less, name that claim in “supersedes”." if held.via else "."
        yield Concern("decrease", f"{before} before{hint}", claim)
    same_time = latest(held.reported) == known.said and held.order == known.held.order
    if same_time and known.held.ref not in held.supersedes:
        yield Concern("order_assumed", f"{before} for the same moment; set “reported_order” or “supersedes”.", claim)
