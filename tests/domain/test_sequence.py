"""In which order one source said things, and what it says now: claims by hand, and every rule written out plainly."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.reports.claims.claim import ResolvedClaim
from domain.reports.claims.revision_chain import BREAK, ORDER_ASSUMED, RELAYED_DECREASE, revision_chain
from domain.reports.claims.statement_order import ordered, superseded
from domain.values.time.clocks import Span
from tests.domain.questions import KEY, START, held


def said(ref: str, count: str, first: float, last: float | None = None, **fields: object) -> ResolvedClaim:
    """Let the one source say a count at some moment between two days of March, or at the first of them."""
    moments = (START + timedelta(days=day - 1) for day in (first, first if last is None else last))
    return replace(held("sohr", count), ref=ref, reported=Span(*moments), **fields)


def refs(*claims: ResolvedClaim) -> list[str]:
    """Return the order of the claims, oldest first, having seen that it does not hang on how they come."""
    order = [each.ref for each in ordered(claims)[0]]
    assert [each.ref for each in ordered(claims[::-1])[0]] == order
    return order


def assumed(*claims: ResolvedClaim) -> set[str]:
    return set(ordered(claims)[1])


def test_what_lies_wholly_after_another_was_said_later_however_small() -> None:
    assert refs(said("a", "9", 8), said("b", "5", 10), said("c", "7", 9)) == ["a", "c", "b"]
    assert assumed(said("a", "9", 8), said("b", "5", 10)) == set()


def test_what_overlaps_is_ordered_by_the_stated_order_then_by_figure_then_by_id() -> None:
    assert refs(said("a", "9", 8), said("b", "5", 8, order=1)) == ["a", "b"]
    assert refs(said("a", "9", 8), said("b", "5", 8)) == ["b", "a"]
    assert refs(said("a", "9", 8), said("b", "9", 8)) == ["a", "b"]
    assert assumed(said("a", "9", 8), said("b", "5", 8, order=1)) == set()
    assert assumed(said("a", "9", 8), said("b", "5", 8)) == {"a"}


def test_one_claim_alone_is_the_whole_history() -> None:
    assert refs(said("a", "9", 8)) == ["a"]


def test_an_order_is_assumed_where_figures_or_ids_alone_decide_and_nowhere_else() -> None:
    assert assumed(said("a", "9", 8, 9), said("b", "5", 8.5)) == {"a"}
    assert assumed(said("a", "9", 8, 9), said("b", "5", 8.5, order=1)) == set()
    pairs = said("a", "9", 8), said("b", "5", 8), said("c", "5", 10), said("d", "9", 10)
    assert assumed(*pairs) == {"a", "d"}
    chain = said("a", "9", 8, 10), said("b", "5", 9, 11), said("c", "7", 10.5, 12)
    assert (refs(*chain), assumed(*chain)) == (["b", "a", "c"], {"a", "c"})


def test_a_long_span_lets_no_claim_be_the_last_that_another_lies_wholly_after() -> None:
    long, early, late = said("long", "6", 1, 20), said("early", "90", 2, 3), said("late", "5", 5, 6)
    assert refs(long, early, late) == ["early", "late", "long"]


def test_what_ends_after_the_last_one_began_may_have_been_the_last() -> None:
    assert refs(said("a", "9", 4, 5.5), said("b", "5", 5, 6)) == ["b", "a"]


def test_what_replaces_several_claims_takes_the_place_of_the_last_of_them() -> None:
    first, last, between = said("z", "5", 8), said("a", "6", 12), said("d", "7", 10)
    replacing = said("m", "4", 7, supersedes=("z", "a"))
    assert refs(first, last, between, replacing) == ["z", "d", "a", "m"]


def test_what_replaces_a_claim_that_it_may_lie_after_keeps_its_own_place() -> None:
    replaced, between = said("b", "5", 8, 12), said("c", "6", 10)
    assert refs(replaced, between, said("a", "9", 9, supersedes=("b",))) == ["b", "a", "c"]
    touching = said("b", "5", 9, 10)
    assert refs(touching, said("c", "6", 9.5), said("a", "9", 8, 9, supersedes=("b",))) == ["b", "a", "c"]


def test_a_chain_of_replacements_keeps_its_order_whatever_the_clocks_say() -> None:
    chain = said("a", "5", 12), said("b", "6", 8, supersedes=("a",)), said("c", "4", 6, supersedes=("b",))
    assert refs(*chain, said("d", "9", 10)) == ["d", "a", "b", "c"]


NODES = "abcdef"


@given(st.sets(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=12))
def test_of_statements_that_go_round_in_a_circle_none_counts_and_all_others_do(links: set[tuple[str, str]]) -> None:
    claims = [said(ref, "5", 8, supersedes=tuple(to for start, to in links if start == ref)) for ref in NODES]
    reached = set(links)
    while more := {(one, far) for one, near in reached for start, far in reached if near == start} - reached:
        reached |= more
    expected = {
        ref: [to for to in NODES if (ref, to) in links and ref != to and (to, ref) not in reached] for ref in NODES
    }
    assert superseded(claims) == expected


def test_a_claim_that_is_not_known_is_superseded_by_nothing() -> None:
    assert superseded([said("a", "5", 8, supersedes=("elsewhere",))]) == {"a": []}


def test_the_last_claim_stands_and_the_others_stand_behind_their_successors() -> None:
    one, other, last = said("a", "5", 8), said("b", "9", 9), said("c", "7", 10)
    found = revision_chain([last, one, other], {})
    assert (found.key, found.origin, found.current) == (KEY, "sohr", last)
    assert (found.history, found.succession, found.flags) == ([one, other, last], [one, other, last], {})
    assert found.replaced == {"a": ("superseded", "b"), "b": ("superseded", "c")}


def test_a_relay_that_says_as_much_stands_and_one_that_says_less_does_not() -> None:
    own = said("a", "830", 8)
    assert revision_chain([own, said("b", "830", 9, via=("wion",))], {}).current != own
    found = revision_chain([own, said("b", "829", 9, via=("wion",))], {})
    assert (found.current, found.succession) == (own, [own])
    assert (found.replaced, found.flags) == ({"b": (RELAYED_DECREASE, "a")}, {"b": (RELAYED_DECREASE,)})


def test_a_relay_may_say_less_than_words_do() -> None:
    figure = said("b", "5", 9, via=("wion",))
    assert revision_chain([said("a", "hundreds", 8), figure], {}).current == figure


def test_a_claim_can_be_placed_by_assumption_and_be_a_relayed_decrease_at_once() -> None:
    found = revision_chain(
        [said("a", "830", 8), said("b", "600", 9, via=("wion",)), said("c", "700", 9, via=("wion",))], {}
    )
    assert found.flags == {"b": (RELAYED_DECREASE,), "c": (ORDER_ASSUMED, RELAYED_DECREASE)}


def test_after_a_break_words_may_stand_and_at_its_very_moment_they_may_not_yet() -> None:
    before, elsewhere = said("a", "830", 8), said("k", "340", 9)
    after, at_once = said("b", "dozens", 9.5), said("b", "dozens", 9)
    found = revision_chain([before, after], {"a": elsewhere})
    assert (found.current, found.replaced) == (after, {"a": (BREAK, "k")})
    found = revision_chain([before, at_once], {"a": elsewhere})
    assert (found.current, found.replaced) == (None, {"a": (BREAK, "k"), "b": ("worded", "a")})


def test_what_follows_a_claim_that_another_key_replaced_later_names_the_break() -> None:
    found = revision_chain([said("a", "830", 8), said("b", "900", 9)], {"a": said("k", "340", 10)})
    assert found.replaced == {"a": (BREAK, "k")}
