"""What one source says now, held against the rule of the vocabulary written out word for word, slowly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.estimates.claim_index import by_origin, snapshot_claims
from domain.estimates.whole_statements import withdrawn_reports
from domain.reports.claims.claim import ClaimKey, ResolvedClaim, earliest, latest
from domain.reports.claims.revision_chain import revision_chain
from domain.reports.claims.statement_order import OrderedStatement, ordered
from domain.values.counts.count import Count
from domain.values.populations import Population
from domain.values.time.clocks import Span
from tests.domain.given import counted
from tests.domain.worlds import World, worlds

START = datetime(2025, 3, 6, tzinfo=UTC)
KEY = ClaimKey("killed", Population(), "incident")
REFS = tuple(f"{UUID(int=number * 7919 % 31)}#1" for number in range(6))


def spans() -> st.SearchStrategy[Span]:
    """Moments, days, stretches of days, and "by then at the latest"."""
    hours = st.integers(0, 6).map(lambda quarter: START + timedelta(hours=12 * quarter))
    moments = hours.map(lambda hour: Span(hour, hour))
    stretches = st.builds(lambda start, days: Span(start, start + timedelta(days=days)), hours, st.integers(1, 3))
    return moments | stretches | hours.map(lambda hour: Span(None, hour))


def counts() -> st.SearchStrategy[Count]:
    figures = st.integers(0, 5).map(lambda figure: {"lower": figure, "upper": figure})
    words = st.sampled_from([{"verbatim": "dozens"}, {"verbatim": "thousands"}, {"verbatim": "at least 3"}])
    return (figures | words).map(Count.validate)


def claims() -> st.SearchStrategy[list[ResolvedClaim]]:
    """Claims of one source under one key; some say which others they supersede, in circles too."""
    made = st.builds(
        ResolvedClaim,
        ref=st.just(""),
        key=st.just(KEY),
        origin=st.just("sohr"),
        source=st.just("sohr"),
        via=st.sampled_from([(), ("wion",)]),
        reported=spans(),
        reported_at=st.just(""),
        order=st.sampled_from([0, 0, 0, 1]),
        count=counts(),
        counted_until=st.just(START),
        supersedes=st.lists(st.sampled_from(REFS), max_size=2).map(tuple) | st.just(()),
    )
    lists = st.lists(made, min_size=1, max_size=len(REFS))
    return lists.map(lambda found: [replace(claim, ref=ref) for claim, ref in zip(found, REFS, strict=False)])


def lies_wholly_after(other: Span, this: Span) -> bool:
    """Say whether other.earliest > this.latest."""
    return earliest(other) > latest(this)


def reached(claim: OrderedStatement, claims: Sequence[OrderedStatement]) -> set[str]:
    """Follow `supersedes` from a claim as far as it goes."""
    by_ref = {each.ref: each for each in claims}
    found: set[str] = set()
    waiting = [ref for ref in claim.supersedes if ref in by_ref]
    while waiting:
        ref = waiting.pop()
        if ref not in found:
            found.add(ref)
            waiting += [each for each in by_ref[ref].supersedes if each in by_ref]
    return found


def without_circles(claims: Sequence[Any]) -> dict[str, set[str]]:
    """Map each claim to all that it supersedes by its own word, but for those that supersede it in turn."""
    by_ref = {each.ref: each for each in claims}
    direct = {
        each.ref: {ref for ref in each.supersedes if ref in by_ref and each.ref not in reached(by_ref[ref], claims)}
        for each in claims
    }

    def closure(ref: str) -> set[str]:
        return direct[ref].union(*(closure(other) for other in direct[ref]))

    return {ref: closure(ref) for ref in direct}


def by_the_rule(claims: Sequence[Any]) -> tuple[list[Any], set[str]]:
    """Order claims by vocabulary §4, from the end: explicit supersession, then clocks, order, figure and content."""
    by_ref = {claim.ref: claim for claim in claims}
    superseded = without_circles(claims)
    places: dict[str, Span] = {}
    for claim in claims:
        later = [by_ref[ref].reported for ref in superseded[claim.ref]]
        later = [span for span in later if lies_wholly_after(span, claim.reported)]
        places[claim.ref] = max(later, key=lambda span: (earliest(span), latest(span)), default=claim.reported)
    remaining, order, assumed = list(claims), [], set[str]()
    while remaining:
        candidates = [
            this
            for this in remaining
            if not any(lies_wholly_after(places[other.ref], places[this.ref]) for other in remaining)
            and not any(this.ref in superseded[other.ref] for other in remaining)
        ]
        foremost = [each for each in candidates if each.order == max(each.order for each in candidates)]
        last = max(foremost, key=lambda each: (each.figure, each.content, each.ref))
        if len(foremost) > 1:
            assumed.add(last.ref)
        order.insert(0, last)
        remaining.remove(last)
    return order, assumed


def standing_by_the_rule(order: Sequence[ResolvedClaim], broken: Mapping[str, ResolvedClaim]) -> ResolvedClaim | None:
    """Walk the history oldest first; a claim of another key ends what it replaces from its own time on."""
    standing: ResolvedClaim | None = None
    for claim in order:
        breaking = broken.get(standing.ref) if standing is not None else None
        if breaking is not None and lies_wholly_after(claim.reported, breaking.reported):
            standing = None
        said_so = standing is not None and standing.ref in claim.supersedes
        worded = standing is not None and claim.worded and not standing.worded
        figures = standing is not None and not claim.worded and not standing.worded
        decrease = figures and bool(claim.via) and standing is not None and claim.figure < standing.figure
        if said_so or not (worded or decrease):
            standing = claim
    return None if standing is not None and standing.ref in broken else standing


@given(claims())
def test_the_order_is_that_of_the_rule(said: list[ResolvedClaim]) -> None:
    order, assumed = ordered(said)
    assert ([claim.ref for claim in order], set(assumed)) == (
        [claim.ref for claim in by_the_rule(said)[0]],
        by_the_rule(said)[1],
    )


@given(claims(), claims(), st.sets(st.sampled_from(REFS)))
def test_what_stands_is_what_the_rule_leaves_standing(
    said: list[ResolvedClaim], breaking: list[ResolvedClaim], elsewhere: set[str]
) -> None:
    others = [replace(claim, ref="another#1") for claim in breaking]
    broken = {ref: others[place % len(others)] for place, ref in enumerate(sorted(elsewhere)) if others}
    found = revision_chain(said, broken)
    assert found.current == standing_by_the_rule(by_the_rule(said)[0], broken)


@given(claims(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_ledger(said: list[ResolvedClaim], chance: Any) -> None:
    shuffled = list(said)
    chance.shuffle(shuffled)
    assert revision_chain(shuffled, {}) == revision_chain(said, {})


@given(claims())
def test_every_claim_stands_or_stands_behind_another(said: list[ResolvedClaim]) -> None:
    found = revision_chain(said, {})
    standing = {found.current.ref} if found.current else set[str]()
    assert standing | set(found.replaced) == {claim.ref for claim in said}
    assert standing.isdisjoint(found.replaced)


@given(claims())
def test_something_always_stands_unless_the_series_breaks(said: list[ResolvedClaim]) -> None:
    assert revision_chain(said, {}).current is not None


@given(claims())
def test_what_a_standing_claim_supersedes_lies_before_it(said: list[ResolvedClaim]) -> None:
    order = [claim.ref for claim in ordered(said)[0]]
    for ref, superseded in without_circles(said).items():
        assert all(order.index(other) < order.index(ref) for other in superseded)


@given(claims())
def test_without_a_word_on_supersession_the_clocks_alone_decide(said: list[ResolvedClaim]) -> None:
    silent = [replace(claim, supersedes=()) for claim in said]
    order, _ = ordered(silent)
    for position, this in enumerate(order):
        assert not any(lies_wholly_after(this.reported, later.reported) for later in order[position + 1 :])


@given(claims())
def test_among_figures_of_one_moment_the_stated_order_decides_then_the_figure_then_content(
    said: list[ResolvedClaim],
) -> None:
    moment = Span(START, START)
    together = [replace(claim, supersedes=(), reported=moment) for claim in said]
    order, _ = ordered(together)
    ranks = [(claim.order, claim.figure, claim.content, claim.ref) for claim in order]
    assert all(one < two for one, two in pairwise(ranks))


@given(claims())
def test_a_later_figure_by_the_source_itself_always_stands(said: list[ResolvedClaim]) -> None:
    moment = latest(max((claim.reported for claim in said), key=latest)) + timedelta(days=1)
    own = replace(said[0], ref="own#1", via=(), supersedes=(), count=counted(lower=0), reported=Span(moment, moment))
    assume(not own.worded)
    current = revision_chain([*said, own], {}).current
    assert current is not None
    assert current.ref == "own#1"


def plain(number: int, **fields: Any) -> ResolvedClaim:
    """Return one claim of the source under the key."""
    ref = f"{UUID(int=number)}#1"
    whole = {"reported": Span(START, START), "count": counted(lower=3), **fields}
    return ResolvedClaim(ref, KEY, "sohr", "sohr", (), reported_at="", order=0, counted_until=START, **whole)


def chain(length: int) -> list[ResolvedClaim]:
    """Return claims that each supersede the one before, while the clocks run the other way."""
    moments = [START - timedelta(hours=number) for number in range(length)]
    refs = [(f"{UUID(int=number - 1)}#1",) if number else () for number in range(length)]
    return [
        plain(number, reported=Span(moment, moment), supersedes=before)
        for number, (moment, before) in enumerate(zip(moments, refs, strict=True))
    ]


@pytest.mark.parametrize("length", [2, 3, 20_000])
def test_a_chain_of_explicit_statements_outweighs_the_clocks_at_any_length(length: int) -> None:
    said = chain(length)
    current = revision_chain(said, {}).current
    assert current is not None
    assert current.ref == said[-1].ref


def test_one_claim_that_ten_thousand_supersede_is_no_burden() -> None:
    said = chain(10_000)
    first = said[0].ref
    crowd = [said[0], *(replace(claim, supersedes=(first,)) for claim in said[1:])]
    assert ordered(crowd)[0][0].ref == first


def test_one_who_takes_back_a_vague_date_is_later_than_what_that_replaced() -> None:
    exact = datetime(2025, 3, 8, 12, tzinfo=UTC)
    by_then = Span(None, datetime(2025, 3, 10, tzinfo=UTC))
    before = Span(datetime(2025, 3, 5, tzinfo=UTC), datetime(2025, 3, 5, tzinfo=UTC))
    first = plain(1, reported=Span(exact, exact), count=counted(lower=300))
    second = plain(2, reported=by_then, count=counted(lower=200), supersedes=(first.ref,))
    third = plain(3, reported=before, count=counted(lower=100), supersedes=(second.ref,))
    assert ordered([third, first, second])[0] == (first, second, third)


def test_what_a_circle_supersedes_does_not_stand() -> None:
    outside = plain(3, count=counted(lower=3))
    one = plain(1, supersedes=(f"{UUID(int=2)}#1", outside.ref), count=counted(lower=1))
    other = plain(2, supersedes=(one.ref,), count=counted(lower=2))
    assert revision_chain([one, other, outside], {}).current == other


@given(worlds())
def test_a_whole_statement_withdraws_what_its_source_said_before_of_all_or_of_its_event(world: World) -> None:
    book = world.book()
    for own in by_origin(book.history().standing_reports(None)).values():
        order, _ = by_the_rule(own)
        expected: dict[str, str] = {}
        for place, report in enumerate(order):
            for later in order[place + 1 :]:
                said = later.current.report
                if said.complete and said.event in (None, report.current.report.event):
                    expected[report.ref] = later.ref
        assert withdrawn_reports(own) == expected


@given(worlds())
def test_no_withdrawn_claim_is_weighed(world: World) -> None:
    found = world.book().history()
    withdrawn = {ref for own in by_origin(found.standing_reports(None)).values() for ref in withdrawn_reports(own)}
    for keyed in snapshot_claims(found, None).by_key:
        weighed = [
            *(claim.resolved for claim in keyed.policy_input.claims),
            *(each.resolved for each in keyed.increments),
        ]
        assert withdrawn.isdisjoint(held.ref.partition("#")[0] for held in weighed)


@given(claims(), st.lists(st.integers(0, 5), max_size=4))
def test_a_ledger_that_grew_and_shrank_claim_by_claim_is_the_one_of_what_is_left(
    said: list[ResolvedClaim], gone: list[int]
) -> None:
    plain = [replace(claim, supersedes=()) for claim in said]
    grown = revision_chain(plain[:1], {})
    for claim in plain[1:]:
        before = list(grown.succession)
        assert grown.succession[: (stayed := grown.add(claim))] == before[:stayed]
    assert grown == revision_chain(plain, {})
    for claim in {plain[place].ref: plain[place] for place in gone if place < len(plain)}.values():
        plain.remove(claim)
        before = list(grown.succession)
        assert grown.succession[: (stayed := grown.remove(claim))] == before[:stayed]
        assert not plain or grown == revision_chain(plain, {})
    assert bool(plain) == (grown.current is not None)
