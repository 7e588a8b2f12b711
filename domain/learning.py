"""What became known day by day: how what each source stood by changed from the end of one day to that of the next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone

from domain.claims import Held, Key, latest
from domain.incident.history import History, ReportHistory
from domain.presence import Stay, change_days, claims_of, counts_on, day_of, in_turn, stays_of
from domain.sequence import superseded
from domain.series import NO_BREAKS, Breaks, totals
from domain.supersession import ledger
from domain.weighing import by_origin


@dataclass(frozen=True, slots=True)
class Change:
    """What an origin stood by under a key at the end of the day before, and at the end of `day`; None is nothing.

    `broken` says that the two do not count the same: a break to be drawn, and never to be subtracted over.
    """

    day: date
    key: Key
    origin: str
    before: Held | None
    after: Held | None
    broken: bool


@dataclass(frozen=True, slots=True)
class Learned:
    """All that became known: the reports by the day on which they were said, the changes, and the increments said."""

    reports: Mapping[date, Sequence[ReportHistory]]
    changes: Sequence[Change]
    increments: Sequence[tuple[date, Held]]


def learned(history: History, moment: datetime | None) -> Learned:
    """Tell what became known by `moment` (reported clock, UTC; None: ever), in the days of the incident's offset.

    What a source took back counts from the day on which it was said to that on which it
    was taken back; what we struck was never said. The last day ends at `moment`.
    """
    said: dict[date, list[ReportHistory]] = {}
    for report in history.reports.values():
        if report.said_by(moment) and report.stands_at(latest(report.reported)):
            said.setdefault(day_of(report, history.offset), []).append(report)
    changes: list[Change] = []
    increments: list[tuple[date, Held]] = []
    for own in by_origin(report for day in said.values() for report in day).values():
        stays = stays_of(own, moment, history.offset)
        claims = [
            claim
            for report in own
            for stay in stays.get(report.ref, ())
            for claim in claims_of(report, stay, moment, history.offset)
        ]
        for kin in _kin(claims):
            changes += _changes(kin, history.offset)
            increments += _increments(kin, history.offset)
    changes.sort(key=lambda change: (change.day, change.key.canonical, change.origin))
    increments.sort(key=lambda increment: (increment[0], increment[1].key.canonical, increment[1].ref))
    return Learned(said, changes, increments)


Claims = list[tuple[Held, Stay]]


def _kin(claims: Claims) -> Iterator[Claims]:
    """Group the claims of one origin by key; keys between which one claim says that it replaces another go together."""
    key_of = {held.ref: held.key for held, _ in claims}
    group: dict[Key, set[Key]] = {key: {key} for key in key_of.values()}
    for held, _ in claims:
        for other in held.supersedes:
            if other in key_of and group[key_of[other]] is not group[held.key]:
                joined = group[held.key] | group[key_of[other]]
                group.update(dict.fromkeys(joined, joined))
    found: dict[int, Claims] = {}
    for held, stay in claims:
        found.setdefault(id(group[held.key]), []).append((held, stay))
    yield from found.values()


def _changes(kin: Claims, offset: timezone) -> Iterator[Change]:
    """Yield the changes of each series among `kin`."""
    steps: dict[Key, list[tuple[date, Held | None, Breaks]]] = {}
    for day, key, held, breaks in _steps(kin, offset):
        steps.setdefault(key, []).append((day, held, breaks))
    for key, own in steps.items():
        last: Held | None = None
        for index, (day, held, breaks) in enumerate(own):
            is_last_of_day = index + 1 == len(own) or own[index + 1][0] > day
            if is_last_of_day and (held and held.ref) != (last and last.ref):
                yield Change(day, key, kin[0][0].origin, last, held, _is_break(day, last, held, breaks, offset))
                last = held


def _is_break(day: date, before: Held | None, after: Held | None, breaks: Breaks, offset: timezone) -> bool:
    by = breaks.broken.get(before.ref) if before is not None else None
    return (by is not None and day_of(by, offset) <= day) or (after is not None and after.ref in breaks.breaking)


def _steps(kin: Claims, offset: timezone) -> Iterator[tuple[date, Key, Held | None, Breaks]]:
    """Yield what stands from which day on, in order; of several steps of one key on one day the last counts.

    Where each day's words lie wholly after those of the days before, one walk over all
    claims is the walk of every day. Where they do not, each day is walked on its own.
    """
    if len(kin) == 1 and not kin[0][0].incremental:
        held, (begin, end) = kin[0]
        yield begin, held.key, held, NO_BREAKS
        if end is not None:
            yield end, held.key, None, NO_BREAKS
        return
    groups: dict[date | None, list[Held]] = {}
    for held, stay in sorted(kin, key=lambda claim: claim[1][1] or date.max):
        groups.setdefault(stay[1], []).append(held)
    begins = [min(day_of(held, offset) for held in group) for group in groups.values()]
    apart = all(end is not None and end <= begin for end, begin in zip(groups, begins[1:], strict=False))
    from_the_first = all(stay[0] == day_of(held, offset) for held, stay in kin)
    if apart and from_the_first and all(in_turn(group, offset) for group in groups.values()):
        for end, group in groups.items():
            yield from _walked(group, end, offset)
        return
    keys = sorted({held.key for held, _ in kin if not held.incremental}, key=lambda key: key.canonical)
    for day in change_days(stay for _, stay in kin):
        counting = [held for held, stay in kin if counts_on(day, stay)]
        breaks, by_key = Breaks.among(counting), totals(counting)
        for key in keys:
            yield day, key, ledger(own, breaks.broken).current if (own := by_key.get(key)) else None, breaks


def _walked(
    claims: Sequence[Held], end: date | None, offset: timezone
) -> Iterator[tuple[date, Key, Held | None, Breaks]]:
    """Yield the steps of claims of which none is taken back before `end`, and all are on it."""
    breaks = Breaks.among(claims)
    for key, own in totals(claims).items():
        stood = own if len(own) == 1 else ledger(own, breaks.broken).stood
        for held, following in zip(stood, [*stood[1:], None], strict=True):
            yield day_of(held, offset), key, held, breaks
            by = breaks.broken.get(held.ref)
            if by is not None and (following is None or day_of(by, offset) < day_of(following, offset)):
                yield max(day_of(held, offset), day_of(by, offset)), key, None, breaks
        if end is not None:
            yield end, key, None, breaks


def _increments(kin: Claims, offset: timezone) -> Iterator[tuple[date, Held]]:
    """Yield each increment on the day on which it was said, unless it was replaced by the end of that day."""
    replacing: dict[str, list[Stay]] = {}
    for held, stay in kin:
        for other in held.supersedes:
            replacing.setdefault(other, []).append(stay)
    gone: dict[date, set[str]] = {}
    for increment, (day, _) in kin:
        if not increment.incremental or day != day_of(increment, offset):
            continue
        if any(counts_on(day, stay) for stay in replacing.get(increment.ref, ())):
            gone[day] = gone.get(day) or _replaced_on(day, kin)
        if increment.ref not in gone.get(day, ()):
            yield day, increment


def _replaced_on(day: date, kin: Claims) -> set[str]:
    """Return the claims that another had replaced by the end of a day; those that replace one another replace none."""
    counting = [held for held, stay in kin if counts_on(day, stay)]
    return {other for others in superseded(counting).values() for other in others}
