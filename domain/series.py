"""The series of each source: what it stood by in turn under each key, also before it made its whole statement anew."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.claims import Held, Key
from domain.incident.history import History, ReportHistory
from domain.sequence import history as said_order
from domain.sequence import superseded
from domain.supersession import ledger
from domain.weighing import by_origin


@dataclass(frozen=True, slots=True)
class Series:
    """The claims of one origin under one key that stood at some time, in turn; never empty.

    `broken` maps the refs of those that a claim of another key replaced to that
    claim; `breaking` are the refs of those that replaced a claim of another key.
    """

    key: Key
    origin: str
    stood: tuple[Held, ...]
    broken: Mapping[str, Held]
    breaking: frozenset[str]


def all_series(history: History, moment: datetime | None) -> list[Series]:
    """Return every series as said by `moment` (reported clock, UTC; None: ever), by canonical key, then by origin.

    What a later `complete` statement withdrew had been said, so it is a step too; what
    was retracted is none. Increments are no steps of a total.
    """
    found: list[Series] = []
    for origin, own in by_origin(history.standing(moment)).items():
        said = [[held for report in each for held in report.held(moment)] for each in _statements(own)]
        breaks = Breaks.among([held for statement in said for held in statement])
        stood: dict[Key, list[Held]] = {}
        for statement in said:
            for key, claims in totals(statement).items():
                stood.setdefault(key, []).extend(ledger(claims, breaks.broken).stood)
        found += [Series(key, origin, tuple(own), breaks.broken, breaks.breaking) for key, own in stood.items()]
    return sorted(found, key=lambda series: (series.key.canonical, series.origin))


def figure_of(held: Held) -> int | None:
    """Return the one figure that a claim has in a series: its best, else its lower, else its upper; none for words.

    Every one of them was said; an open claim's figure is its lower.
    """
    lower, upper, best = held.said
    return next((figure for figure in (best, lower, upper) if figure is not None), None)


@dataclass(frozen=True, slots=True)
class Breaks:
    """Where claims of one origin replaced one another across keys; see Series for its two members."""

    broken: Mapping[str, Held]
    breaking: frozenset[str]

    @classmethod
    def among(cls, claims: Sequence[Held]) -> "Breaks":
        """Find the breaks among claims of one origin; a claim replaced twice breaks where it was first replaced."""
        known = {claim.ref: claim for claim in claims}
        broken: dict[str, Held] = {}
        breaking: set[str] = set()
        for ref, others in superseded(claims).items():
            for other in others:
                if known[other].key != known[ref].key:
                    breaking.add(ref)
                    broken[other] = min(broken.get(other, known[ref]), known[ref], key=lambda held: held.newness)
        return cls(broken, frozenset(breaking))


def totals(claims: Iterable[Held]) -> dict[Key, list[Held]]:
    """Sort claims that count from the beginning by key; increments are left out."""
    found: dict[Key, list[Held]] = {}
    for claim in claims:
        if not claim.incremental:
            found.setdefault(claim.key, []).append(claim)
    return found


def _statements(reports: Sequence[ReportHistory]) -> list[list[ReportHistory]]:
    """Part the reports of one origin, oldest first, at each whole statement: from there all is said anew."""
    if not any(report.now.report.complete for report in reports):
        return [list(reports)]
    order, _ = said_order(reports)
    parts: list[list[ReportHistory]] = [[]]
    for report in order:
        if report.now.report.complete:
            parts.append([])
        parts[-1].append(report)
    return parts
