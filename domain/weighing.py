"""From the reports that stand to the question that a policy answers: claims by key and origin, wholes beside parts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.claims import EVENT_SCOPE, INCIDENT_SCOPE, Held, Key, earliest
from domain.clocks import parse_occurred
from domain.estimates import CAPPED, PART_EXCEEDS, End, Question, Standing
from domain.incident.history import History, ReportHistory
from domain.sequence import history as said_order
from domain.sequence import superseded
from domain.supersession import BREAK, Ledger, ledger

ALREADY_INCLUDED = "already_included"

_Family = tuple[str, str, str, str | None]
"""Origin, measure, scope and manner: what claims share whose populations may be part of one another."""


@dataclass(frozen=True, slots=True)
class Increment:
    """A figure for a period of its own, shown beside a total and never added to it."""

    held: Held
    beside: str | None
    already_included: bool


@dataclass(frozen=True, slots=True)
class Keyed:
    """One key at one reading: each origin's ledger, the increments, and the question for the policy.

    `replaced` maps the ref of an increment that its source replaced to (code, the ref that replaced it).
    """

    key: Key
    ledgers: tuple[Ledger, ...]
    increments: tuple[Increment, ...]
    replaced: Mapping[str, tuple[str, str]]
    question: Question

    @property
    def superseded(self) -> int:
        """How many claims lie behind the current ones."""
        return sum(len(each.behind) for each in self.ledgers) + len(self.replaced)


@dataclass(slots=True)
class _Said:
    """What one origin said: its claims by key, in no order, and which of them supersede which."""

    cumulative: dict[Key, list[Held]] = field(default_factory=dict[Key, list[Held]])
    increments: list[Held] = field(default_factory=list[Held])
    replaced: dict[str, list[Held]] = field(default_factory=dict[str, list[Held]])

    def elsewhere(self, claims: Iterable[Held]) -> dict[str, Held]:
        """Return which of `claims` a claim of another key replaced, and which did first: there a series breaks."""
        others = {claim.ref: [by for by in self.replaced.get(claim.ref, ()) if by.key != claim.key] for claim in claims}
        return {ref: min(by, key=lambda held: held.newness) for ref, by in others.items() if by}

    def replacement(self, increment: Held) -> tuple[str, str] | None:
        """Say by what an increment was replaced, if it was: (code, ref)."""
        by = max(self.replaced.get(increment.ref, ()), key=lambda held: held.ref, default=None)
        return by and ("superseded" if by.key == increment.key else BREAK, by.ref)


def keyed_claims(history: History, moment: datetime | None) -> list[Keyed]:
    """Sort the claims that count at `moment` (reported clock, UTC; None: as far as we know now) by key and origin.

    The list is ordered by canonical key. Arrival order changes nothing.
    """
    reports = speaking(history, moment)
    ledgers: dict[Key, list[Ledger]] = {}
    increments: dict[Key, list[Held]] = {}
    replaced: dict[Key, dict[str, tuple[str, str]]] = {}
    for said in _by_origin(reports):
        for key, claims in said.cumulative.items():
            ledgers.setdefault(key, []).append(ledger(claims, said.elsewhere(claims)))
        for held in said.increments:
            if replacement := said.replacement(held):
                replaced.setdefault(held.key, {})[held.ref] = replacement
            else:
                increments.setdefault(held.key, []).append(held)
    families = _families(each.current for group in ledgers.values() for each in group)
    denials = _denials(reports)
    result: list[Keyed] = []
    for key in sorted(ledgers.keys() | increments.keys() | replaced.keys(), key=lambda key: key.canonical):
        group = tuple(sorted(ledgers.get(key, []), key=lambda each: each.origin))
        beside = tuple(_increment(held, group) for held in _in_order(increments.get(key, [])))
        question = _question(history, key, group, families, denials)
        result.append(Keyed(key, group, beside, replaced.get(key, {}), question))
    return result


def _question(
    history: History,
    key: Key,
    group: Sequence[Ledger],
    families: Mapping[_Family, list[Held]],
    denials: frozenset[str | None],
) -> Question:
    standing = tuple(_standing(history, each, each.current, families) for each in group if each.current)
    period_end = parse_occurred(history.period, history.offset).latest if history.period else None
    return Question(key, standing, _denied(history, key, denials), period_end)


def speaking(history: History, moment: datetime | None) -> list[ReportHistory]:
    """Return the reports that count at `moment`: they stand, and no later whole statement has withdrawn them."""
    standing = list(history.standing(moment))
    withdrawn = {ref for own in by_origin(standing).values() for ref in withdrawn_reports(own)}
    return [report for report in standing if report.ref not in withdrawn]


def withdrawn_reports(reports: Sequence[ReportHistory]) -> frozenset[str]:
    """Return the ids of one origin's reports that a later `complete` statement of it has withdrawn."""
    if not any(report.now.report.complete for report in reports):
        return frozenset()
    order, _ = said_order(reports)
    last = max(index for index, report in enumerate(order) if report.now.report.complete)
    return frozenset(report.ref for report in order[:last])


def by_origin(reports: Iterable[ReportHistory]) -> dict[str, list[ReportHistory]]:
    """Sort reports by who vouches for them."""
    found: dict[str, list[ReportHistory]] = {}
    for report in reports:
        found.setdefault(report.now.origin, []).append(report)
    return found


def _by_origin(reports: Iterable[ReportHistory]) -> Iterator[_Said]:
    for own in by_origin(reports).values():
        said = _Said()
        held = {claim.ref: claim for report in own for claim in report.now.held}
        for claim in held.values():
            if claim.incremental:
                said.increments.append(claim)
            else:
                said.cumulative.setdefault(claim.key, []).append(claim)
        for ref, others in superseded(list(held.values())).items():
            for other in others:
                said.replaced.setdefault(other, []).append(held[ref])
        yield said


def _families(currents: Iterable[Held | None]) -> Mapping[_Family, list[Held]]:
    families: dict[_Family, list[Held]] = {}
    for held in currents:
        if held is not None:
            families.setdefault(_family(held), []).append(held)
    return families


def _family(held: Held) -> _Family:
    return held.origin, held.key.measure, held.key.scope, held.key.manner


def _standing(history: History, of: Ledger, held: Held, families: Mapping[_Family, list[Held]]) -> Standing:
    count = held.count
    flags = tuple(sorted({*held.flags, *of.flags.get(held.ref, ())}))
    lower, upper, best = (None if figure is None else End(figure, held.ref) for figure in held.said)
    behind = tuple(each for each in of.history if of.behind.get(each.ref, ("",))[0] in ("superseded", BREAK))
    grade, bound = history.grade(held.origin), count.bound or "exact"
    plain = Standing(held, grade, bound, lower, upper, best, flags=flags, history=behind)
    exceeding = [part for part in families[_family(held)] if _exceeds(part, held)]
    if not exceeding:
        return plain
    part = max(exceeding, key=lambda each: (_least(each) or 0, each.newness))
    return replace(
        plain,
        bound="at_least",
        lower=End(_least(part) or 0, part.ref),
        upper=None,
        best=None,
        flags=tuple(sorted({*flags, PART_EXCEEDS})),
        exceeded_by=part,
    )


def _exceeds(part: Held, whole: Held) -> bool:
    """Say whether a later claim about part of the whole's people is greater than the whole."""
    counts_more = (
        not part.worded
        and not whole.worded
        and part.count.bound not in CAPPED
        and (_least(part) or 0) > max(whole.figure, 0)
    )
    return (
        counts_more
        and part.key != whole.key
        and part.newness[:-1] > whole.newness[:-1]
        and part.key.population.is_part_of(whole.key.population)
    )


def _least(held: Held) -> int | None:
    return held.count.lower


def _increment(held: Held, group: Sequence[Ledger]) -> Increment:
    """Show an increment beside its origin's last total that ends before it starts; say if the current one holds it."""
    own = next((each for each in group if each.origin == held.origin), None)
    start = earliest(held.period or held.reported)
    before = [claim for claim in own.stood if claim.counted_until <= start] if own else []
    included = own is not None and own.current is not None and own.current.counted_until > start
    return Increment(held, before[-1].ref if before else None, included)


def _in_order(held: Iterable[Held]) -> list[Held]:
    return sorted(held, key=lambda each: each.newness)


def _denials(reports: Iterable[ReportHistory]) -> frozenset[str | None]:
    """Return the events that a standing denial names; None for a denial that names none."""
    stated = ((report.now.report.event, report.now.report.responsibility()) for report in reports)
    return frozenset(event for event, said in stated if said is not None and said.act == "denied")


def _denied(history: History, key: Key, denials: frozenset[str | None]) -> bool:
    """Say whether a denial names the event that a key is about; one that names none is about the incident."""
    if key.scope == INCIDENT_SCOPE:
        return None in denials
    if key.scope in history.scopes:
        event = history.scopes[key.scope].event
        return event is not None and event in denials
    return key.scope.removeprefix(f"{EVENT_SCOPE}:") in denials
