"""Questions as a policy is asked them: single claims by hand, and any claims at all of any sources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace as replace_claim

from domain.estimates.estimate import (
    PART_EXCEEDS,
    CitedFigure,
    Estimate,
    PolicyClaim,
    PolicyInput,
    ResponsibilityStatement,
)
from domain.reports.claims.claim import ClaimKey, ResolvedClaim
from domain.values.counts.count import Count
from domain.values.populations import Population
from domain.values.time.clocks import Span
from tests.domain.given import counted
from tests.domain.replacing import replace
from tests.domain.worlds import counts

KEY = ClaimKey("killed", Population(), "incident")
START = datetime(2025, 3, 1, tzinfo=UTC)
FAR = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def held(source: str, count: str | dict[str, Any], day: float = 8, **fields: Any) -> ResolvedClaim:
    """Let a source say a count on a day of March, counted until then or until the day `until`."""
    moment = START + timedelta(days=day - 1)
    until = START + timedelta(days=fields.pop("until", day) - 1)
    said = Count.validate({"verbatim": count} if isinstance(count, str) else count)
    ref = fields.pop("ref", f"{source}-{day}#1")
    plain = ResolvedClaim(ref, KEY, source, source, (), Span(moment, moment), f"2025-03-{day}", 0, said, until)
    return replace_claim(plain, **fields)


def claim(source: str, count: str | dict[str, Any], day: float = 8, grade: str = "B", **fields: Any) -> PolicyClaim:
    """Let that be what the source says now; fields of the claim as it stands may be given beside those of `held`."""
    own = {name: fields.pop(name) for name in ("credibility", "disputed", "superseded", "flags") if name in fields}
    return standing(held(source, count, day, **fields), grade, **own)


def standing(said: ResolvedClaim, grade: str, **fields: Any) -> PolicyClaim:
    """Let a claim stand as it was said."""
    lower, upper, best = (
        None if figure is None else CitedFigure(figure, said.ref) for figure in said.printable_figures
    )
    return PolicyClaim(said, grade, said.count.bound or "exact", lower, upper, best, **fields)


def exceeded(whole: PolicyClaim, figure: int, part: str) -> PolicyClaim:
    """Let a claim read “at least”, by a greater part of the same source."""
    flags = (PART_EXCEEDS,)
    return replace(whole, bound="at_least", lower=CitedFigure(figure, part), upper=None, best=None, flags=flags)


def ask(*claims: PolicyClaim, **fields: Any) -> PolicyInput:
    return PolicyInput(KEY, claims, **fields)


def stated(act: str, grade: str = "B") -> ResponsibilityStatement:
    return ResponsibilityStatement(act, "the ministry", None, "sana", grade, f"{act}-{grade}")


def ends(estimate: Estimate) -> tuple[int | None, int | None, int | str | None]:
    """Return lower, best and upper; an open upper end as `830+`."""
    lower, best, upper = (end and end.figure for end in (estimate.lower, estimate.best, estimate.upper))
    return lower, best, f"{upper}+" if estimate.upper_open else upper


def behind(estimate: Estimate) -> tuple[str | None, str | None, str | None]:
    """Return the claims behind lower, best and upper."""
    lower, best, upper = (end and end.claim for end in (estimate.lower, estimate.best, estimate.upper))
    return lower, best, upper


def aside(estimate: Estimate) -> dict[str, str]:
    """Return the code for each source that was set aside."""
    return {item.claim.resolved.origin: item.code for item in estimate.set_aside}


def why(estimate: Estimate, source: str) -> str:
    """Return the sentence for a source that was set aside."""
    return next(item.why for item in estimate.set_aside if item.claim.resolved.origin == source)


def _counts() -> st.SearchStrategy[Count]:
    plain = (st.integers(0, 40) | st.sampled_from([0, 1383, 10**12])).map(lambda each: counted(lower=each, upper=each))
    words = st.sampled_from(["tens", "dozens", "hundreds", "many", "a few", "at least 20", "more than 9", "up to 30"])
    return plain | plain | words.map(lambda each: counted(verbatim=each)) | counts().map(Count.validate)


def _held() -> st.SearchStrategy[ResolvedClaim]:
    moments = st.integers(0, 8).map(lambda half: START + timedelta(hours=12 * half)) | st.sampled_from(FAR)
    return st.builds(
        partial(replace_claim, held("?", "none")),
        reported=st.builds(Span, st.none() | moments, moments),
        order=st.integers(0, 1),
        count=_counts(),
        counted_until=moments,
        partial=st.sampled_from([False, False, False, True]),
    )


def _standing() -> st.SearchStrategy[PolicyClaim]:
    plain = st.builds(
        standing,
        _held(),
        st.sampled_from("ABBBBCDEF"),
        credibility=st.sampled_from([6, 6, 6, 6, 2, 5]),
        disputed=st.sampled_from([False, False, False, True]),
        superseded=st.lists(_held(), max_size=3).map(tuple),
    )
    return st.builds(_perhaps_exceeded, plain, st.integers(0, 9), st.integers(1, 50))


def _perhaps_exceeded(plain: PolicyClaim, chance: int, more: int) -> PolicyClaim:
    if chance or plain.bound == "worded":
        return plain
    return exceeded(plain, plain.resolved.figure + more, "?")


def _named(plain: PolicyClaim, number: int) -> PolicyClaim:
    ref, origin = f"report-{(number * 5) % 11}#1", f"origin-{number}"
    spoken = f"part-{number}#1" if PART_EXCEEDS in plain.flags else ref
    named = {name: end and replace(end, claim=spoken) for name, end in _ends(plain).items()}
    earlier = tuple(
        replace_claim(each, ref=f"behind-{number}-{place}#1", origin=origin)
        for place, each in enumerate(plain.superseded)
    )
    return replace(plain, resolved=replace_claim(plain.resolved, ref=ref, origin=origin), superseded=earlier, **named)


def _ends(plain: PolicyClaim) -> dict[str, CitedFigure | None]:
    return {"lower": plain.lower, "upper": plain.upper, "best": plain.best}


def questions() -> st.SearchStrategy[PolicyInput]:
    """Questions about one key with up to eight origins, each with a history, and what they state of who did it."""
    acts = st.sampled_from(["accused", "claimed", "admitted", "denied", "denied"])
    statements = st.lists(st.builds(stated, acts, st.sampled_from("ABEEF")), max_size=2).map(tuple)
    claims = st.lists(_standing(), max_size=8).map(lambda found: tuple(map(_named, found, range(len(found)))))
    period_end = st.none() | st.just(START + timedelta(days=2))
    return st.builds(_asked, claims, statements, period_end)


def _asked(
    claims: tuple[PolicyClaim, ...], statements: tuple[ResponsibilityStatement, ...], period_end: datetime | None
) -> PolicyInput:
    denied = any(statement.act == "denied" for statement in statements)
    return PolicyInput(KEY, claims, denied, period_end, statements)
