"""How a current claim reads as a policy weighs it: with its grade and marks, and beside its own parts."""

from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache

from domain.estimates.estimate import CAPPED, PART_EXCEEDS, CitedFigure, PolicyClaim
from domain.history.history import History, ReportHistory
from domain.reports.claims.claim import Held, Key
from domain.reports.claims.revision_chain import Ledger
from domain.reports.claims.ties import Tie

DISPUTED = "disputed"


@lru_cache(maxsize=8192)
def is_part(part: Key, whole: Key) -> bool:
    """Say whether everyone that a key counts is counted under the other too."""
    return part.population.is_part_of(whole.population)


def _cited_figures(held: Held) -> tuple[CitedFigure | None, CitedFigure | None, CitedFigure | None]:
    """Return lower, upper and best with the claim that says them, one figure once."""
    lower, upper, best = held.said
    if lower is not None and lower == upper == best:
        one = CitedFigure(lower, held.ref)
        return one, one, one
    low, high, middle = (None if figure is None else CitedFigure(figure, held.ref) for figure in (lower, upper, best))
    return low, high, middle


def policy_claim_of(
    history: History, report: ReportHistory, of: Ledger, held: Held, past: tuple[Held, ...], family: Collection[Held]
) -> PolicyClaim:
    """Return the current claim `held` of a ledger as it reads beside `family`, current claims on part of its people.

    `past` are the claims that it superseded and that may still outrun another's.
    """
    count = held.count
    lower, upper, best = _cited_figures(held)
    disputed = report.is_disputed(held.ref)
    marks = (DISPUTED,) if disputed else ()
    plain = PolicyClaim(
        held,
        history.grade(held.origin),
        count.bound or "exact",
        lower,
        upper,
        best,
        flags=tuple(sorted({*held.flags, *of.flags.get(held.ref, ()), *marks})) if held.flags or of.flags else marks,
        credibility=report.credibility_of(held.ref),
        disputed=disputed,
        superseded=past,
    )
    exceeding = [each for each in family if each.figure > held.figure and exceeds(each, held)]
    if not exceeding:
        return plain
    part = max(exceeding, key=lambda each: (each.count.lower or 0, each.place, Tie(each)))
    return replace(
        plain,
        bound="at_least",
        lower=CitedFigure(part.count.lower or 0, part.ref),
        upper=None,
        best=None,
        flags=tuple(sorted({*plain.flags, PART_EXCEEDS})),
        exceeded_by=part,
    )


def exceeds(part: Held, whole: Held) -> bool:
    """Say whether a later claim about part of the whole's people is greater than the whole."""
    least = part.count.lower or 0
    return (
        least > whole.figure
        and least > 0
        and part.count.bound not in CAPPED
        and part.place > whole.place
        and not part.worded
        and not whole.worded
        and part.key != whole.key
        and is_part(part.key, whole.key)
    )
