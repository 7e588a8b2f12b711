"""From the reports that stand to the claims a policy weighs, and the estimate that it makes of one key."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.claims import INCIDENT_SCOPE, Held, Key, earliest
from domain.clocks import parse_occurred
from domain.incident.history import History, ReportHistory
from domain.supersession import Ledger, ledger
from domain.supersession import history as said_order

PART_EXCEEDS = "part_exceeds"
ALREADY_INCLUDED = "already_included"

CLOSED = frozenset({"exact", "about", "between", "none"})
OPEN = frozenset({"at_least", "more_than"})
CAPPED = frozenset({"at_most", "fewer_than"})


@dataclass(frozen=True, slots=True)
class End:
    """One end of an estimate: a figure that somebody said, and the claim that says it."""

    figure: int
    claim: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A current claim as a policy weighs it: with its source's grade, and as it reads beside its own parts.

    `lower`, `upper` and `best` name the claim behind each figure, which is another
    one where a part of the same source exceeds its whole (`exceeded_by`). `history` are the claims
    of this origin and key that it stands in place of.
    """

    held: Held
    grade: str
    bound: str
    lower: End | None
    upper: End | None
    best: End | None
    flags: tuple[str, ...] = ()
    credibility: int = 6
    disputed: bool = False
    history: tuple[Held, ...] = ()
    exceeded_by: Held | None = None

    @property
    def ref(self) -> str:
        """The claim's ref: `REPORT#1`."""
        return self.held.ref

    @property
    def closed(self) -> bool:
        """The source gave both ends."""
        return self.bound in CLOSED

    @property
    def open(self) -> bool:
        """The source gave a least figure only."""
        return self.bound in OPEN

    @property
    def least(self) -> int | None:
        """The least figure said."""
        return self.lower.figure if self.lower else None

    @property
    def greatest(self) -> int | None:
        """The greatest figure said; that of the open end where there is no other."""
        return self.upper.figure if self.upper else self.least


@dataclass(frozen=True, slots=True)
class SetAside:
    """A claim that the policy did not use, with a code and a sentence that says why."""

    claim: Standing
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a policy makes of the claims of one key. No end is a number that nobody said."""

    lower: End | None
    upper: End | None
    upper_open: bool
    best: End | None
    contested: bool
    used: tuple[Standing, ...]
    set_aside: tuple[SetAside, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """All that a policy may look at: the current claims of one key, whether a denial stands, and the period's end."""

    key: Key
    claims: tuple[Standing, ...]
    denied: bool = False
    period_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A named, versioned, pure rule from the claims of one key to an estimate."""

    name: str
    version: int
    meaning: str
    estimate: Callable[[Question], Estimate]

    @property
    def id(self) -> str:
        """Return `name/version`, as coordinates print it."""
        return f"{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class Increment:
    """A figure for a period of its own, shown beside a total and never added to it."""

    held: Held
    beside: str | None
    already_included: bool


@dataclass(frozen=True, slots=True)
class Keyed:
    """One key at one reading: each origin's ledger, the increments, and the question for the policy."""

    key: Key
    ledgers: tuple[Ledger, ...]
    increments: tuple[Increment, ...]
    question: Question

    @property
    def superseded(self) -> int:
        """How many claims lie behind the current ones."""
        return sum(len(each.behind) for each in self.ledgers)


@dataclass(slots=True)
class _Said:
    """What one origin said: its claims by key, in no order."""

    cumulative: dict[Key, list[Held]] = field(default_factory=dict[Key, list[Held]])
    increments: list[Held] = field(default_factory=list[Held])
    replaced: dict[str, tuple[str, Key]] = field(default_factory=dict[str, tuple[str, Key]])


def keyed_claims(history: History, moment: datetime | None) -> list[Keyed]:
    """Sort the claims that stand at `moment` (reported clock, UTC; None: as far as we know now) by key and origin.

    The list is ordered by canonical key. Arrival order changes nothing.
    """
    reports = list(history.standing(moment))
    ledgers: dict[Key, list[Ledger]] = {}
    increments: dict[Key, list[Held]] = {}
    for said in _by_origin(reports).values():
        for key, claims in said.cumulative.items():
            elsewhere = {ref: by for ref, (by, by_key) in said.replaced.items() if by_key != key}
            ledgers.setdefault(key, []).append(ledger(claims, elsewhere))
        for held in said.increments:
            increments.setdefault(held.key, []).append(held)
    current = {id(each): each.current for group in ledgers.values() for each in group}
    wholes = _currents_by_family(held for held in current.values() if held)
    denials = _denials(reports)
    keys = sorted(ledgers.keys() | increments.keys(), key=lambda key: key.canonical)
    period_end = parse_occurred(history.period, history.offset).latest if history.period else None
    result: list[Keyed] = []
    for key in keys:
        group = tuple(sorted(ledgers.get(key, []), key=lambda each: each.origin))
        standing = tuple(_standing(history, each, each.current, wholes) for each in group if each.current)
        question = Question(key, standing, _denied(key, denials), period_end)
        beside = tuple(_increment(held, group) for held in _in_order(increments.get(key, [])))
        result.append(Keyed(key, group, beside, question))
    return result


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


def _by_origin(reports: Sequence[ReportHistory]) -> dict[str, _Said]:
    found: dict[str, _Said] = {}
    for origin, own in by_origin(reports).items():
        said = found.setdefault(origin, _Said())
        withdrawn = withdrawn_reports(own)
        for report in own:
            if report.ref in withdrawn:
                continue
            for held in report.now.held:
                if held.incremental:
                    said.increments.append(held)
                else:
                    said.cumulative.setdefault(held.key, []).append(held)
                for ref in held.supersedes:
                    said.replaced[ref] = max(
                        said.replaced.get(ref, (held.ref, held.key)), (held.ref, held.key), key=_first
                    )
    return found


def _first(pair: tuple[str, Key]) -> str:
    return pair[0]


def _currents_by_family(currents: Iterable[Held]) -> Mapping[tuple[str, str, str, str | None], list[Held]]:
    families: dict[tuple[str, str, str, str | None], list[Held]] = {}
    for held in currents:
        families.setdefault(_family(held), []).append(held)
    return families


def _family(held: Held) -> tuple[str, str, str, str | None]:
    return held.origin, held.key.measure, held.key.scope, held.key.manner


def _standing(
    history: History,
    of: Ledger,
    held: Held,
    families: Mapping[tuple[str, str, str, str | None], list[Held]],
) -> Standing:
    count = held.count
    flags = tuple(sorted({*held.flags, *of.flags.get(held.ref, ())}))
    lower, upper, best = (
        None if figure is None else End(figure, held.ref) for figure in (count.lower, count.upper, count.best)
    )
    behind = tuple(each for each in of.history if each.ref != held.ref)
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
        and (_least(part) or 0) > max(whole.count.upper or 0, whole.count.lower or 0)
    )
    return (
        counts_more
        and part.key != whole.key
        and part.newness > whole.newness
        and part.key.population.is_part_of(whole.key.population)
    )


def _least(held: Held) -> int | None:
    return held.count.lower


def _increment(held: Held, group: Sequence[Ledger]) -> Increment:
    """Show an increment beside its origin's last total that ends before it starts; say if the current one holds it."""
    own = next((each for each in group if each.origin == held.origin), None)
    start = earliest(held.period or held.reported)
    before = [claim for claim in own.history if claim.counted_until <= start] if own else []
    included = own is not None and own.current is not None and own.current.counted_until > start
    return Increment(held, before[-1].ref if before else None, included)


def _in_order(held: Iterable[Held]) -> list[Held]:
    return sorted(held, key=lambda each: each.newness)


def _denials(reports: Iterable[ReportHistory]) -> frozenset[str | None]:
    """Return the events that a standing denial names; None for a denial that names none."""
    stated = ((report.now.report.event, report.now.report.responsibility()) for report in reports)
    return frozenset(event for event, said in stated if said is not None and said.act == "denied")


def _denied(key: Key, denials: frozenset[str | None]) -> bool:
    return None in denials if key.scope == INCIDENT_SCOPE else key.scope.removeprefix("event:") in denials
