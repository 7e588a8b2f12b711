"""What lists show of those killed: what was said, of the incident or of its parts, and never a sum."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.facts.streams import incident_stream
from domain.history.history import History
from domain.incident.commands import AdoptPolicy, DeclareScope, MergeIncident, MoveReport, OpenIncident, RetractReport
from domain.incident.refusals import Refusal
from domain.reading import Document, Reading
from domain.summary.incident_projection import IncidentProjection, summarize
from domain.summary.killed import killed_document
from domain.summary.summary import IncidentSummary
from domain.values.sources import Registration
from tests.domain.book import Book, open_book
from tests.domain.test_curation_properties import OTHER, Asked, curated, others, two_incidents
from tests.domain.worlds import Body, World, moments, reading, worlds

Told = dict[str, Any]
IN_EVENTS = ("killed_in_events", "killed_in_merged", "killed_in_scopes")


@given(worlds(), others(), st.lists(curated(), max_size=5), st.sampled_from(sorted(catalogue.POLICIES)))
def test_what_is_shown_was_said_and_is_found_by_the_greatest_that_was_said_of_any_part(
    world: World, bodies: list[Body], commands: list[Asked], policy: str
) -> None:
    book = two_incidents(world, bodies)
    for command, slug in commands:
        with suppress(Refusal):
            book.do(command, slug)
    for slug in (book.slug, OTHER):
        history = book.history(slug=slug)
        for moment in moments(history)[-2:]:
            asked = reading(moment, policy)
            state = cast("Told", catalogue.view("state/1").finish(history, asked))
            shows_what_was_said(summarize(history, asked), state)
            figures = set[int]().union(*standing_figures(history, asked).values())
            for toll in tolls_in(cast("Told", killed_document(summarize(history, asked).killed))):
                assert {toll.get(name) for name in ("lower", "best", "upper", "figure")} <= {None, *figures}


def shows_what_was_said(found: IncidentSummary, state: Told) -> None:
    """Hold what is shown against the estimates of the state, key by key."""
    shown = cast("Told", killed_document(found.killed))
    of_killed = [each for each in state["estimates"] if each["measure"] == "killed"]
    told = [each for each in of_killed if each["used"]]
    of_parts = [each for each in told if part_of(each["scope"], state["merged"]) != "other"]
    floors = [each["lower"]["figure"] for each in of_parts if each["lower"]]
    assert found.killed.floor == max(floors, default=None)
    for least in chain.from_iterable((figure - 1, figure, figure + 1) for figure in {0, *floors}):
        met = found.killed.floor is not None and found.killed.floor >= least
        assert met == any(figure >= least for figure in floors)
    assert shown["killed"] is None or told or any(each["increments"] for each in of_killed)
    assert shown["killed"] is not None or not told
    for toll in tolls_in(shown):
        assert said_somewhere(toll, told) or toll["accumulation"] == "incremental"
    if any(figured(each) for each in told if part_of(each["scope"], state["merged"]) == "own"):
        assert (shown["killed"]["scope"], shown["killed"]["counted_for"]) == ("incident", None)
    events = {each["scope"] for each in told if part_of(each["scope"], state["merged"]) == "event" and figured(each)}
    assert (shown["killed_in_events"] or {"count": 0})["count"] == len(events)


def part_of(scope: str, merged: list[str]) -> str:
    """Say what a scope counts, by its name alone."""
    home, _, name = ("", "", scope) if ":" in scope.partition("/")[0] or "/" not in scope else scope.partition("/")
    if name.startswith("event:"):
        return "event"
    if name != "incident":
        return "other"
    return "own" if not home else "merged" if home in merged else "other"


def said_somewhere(toll: Told, told: list[Told]) -> bool:
    """Say whether the state has an estimate of this key, with these ends."""
    scope = f"event:{toll['event']}" if toll["event"] else toll["scope"]
    own = f"{toll['counted_for']}/{scope}" if toll["counted_for"] else scope
    ends = {name: toll[name] for name in ("lower", "best", "upper") if name in toll}
    ends |= {"lower": toll["figure"]} if "figure" in toll else {}
    return any(
        all((each[name] and each[name]["figure"]) == figure for name, figure in ends.items())
        and toll["claim"] in claims_of(each)
        for each in told
        if (each["scope"], each["population"], each["manner"]) == (own, toll["population"], toll["manner"])
    )


def claims_of(estimate: Told) -> set[str]:
    ends = {estimate[name]["claim"] for name in ("lower", "best", "upper") if estimate[name]}
    return ends | {each["claim"] for each in estimate["used"]}


def figured(estimate: Told) -> bool:
    return any(estimate[name] for name in ("lower", "best", "upper"))


def tolls_in(shown: Told) -> Iterator[Told]:
    """Yield every toll of the document of those killed."""
    yield from (shown[name] for name in ("killed", "killed_at_least") if shown[name])
    yield from (shown[name]["greatest"] for name in IN_EVENTS if shown[name])


def standing_figures(history: History, asked: Reading) -> dict[str, set[int]]:
    """Return every figure of the claims that stand, by the claim."""
    held = chain.from_iterable(
        each.claims_at(asked.reported_until) for each in history.standing_reports(asked.reported_until)
    )
    return {each.ref: {figure for figure in each.printable_figures if figure is not None} for each in held}


def attack(words: str, event: str = "al-haffa", **given: Any) -> Body:
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": words}, **given.pop("claim", {})}
    told = {"kind": "attack_launched", "method": "ambush", "source": "sohr", "reported_at": "2025-03-08"}
    return {**told, "event": event, "claims": [claim], **given}


def toll(words: str, **given: Any) -> Body:
    told = attack(words, **given) | {"kind": "toll_revised"}
    return {name: value for name, value in told.items() if name not in ("method", "event")}


def shown(book: Book, slug: str | None = None, until: str | None = None) -> Told:
    return cast("Told", killed_document(summarize(book.history(slug=slug), reading(until)).killed))


def least(found: Told) -> tuple[int, str, str | None] | None:
    """Return the figure that it is found by, and where it was said."""
    own = found["killed_at_least"]
    return own and (own["figure"], own["scope"], own["event"])


def test_an_incident_made_of_one_attack_shows_its_figure_as_that_of_the_event() -> None:
    book = open_book()
    report = book.file(attack("about 7", event="al-haffa"))
    found = shown(book)
    assert found["killed"] == {
        "lower": 7,
        "best": 7,
        "upper": 7,
        "upper_open": False,
        "contested": False,
        "scope": "event",
        "event": "al-haffa",
        "counted_for": None,
        "population": {},
        "manner": None,
        "accumulation": "cumulative",
        "bound": "about",
        "said": "about 7",
        "source": "sohr",
        "claim": f"{report}#1",
    }
    assert found["killed_in_events"] == {"count": 1, "greatest": found["killed"]}
    assert least(found) == (7, "event", "al-haffa")
    assert (found["killed_in_merged"], found["killed_in_scopes"]) == (None, None)


def test_of_several_attacks_the_greatest_is_shown_and_no_sum() -> None:
    book = open_book()
    for event, words in (("al-haffa", "4"), ("jableh", "at least 9"), ("banias", "dozens"), ("qadmus", "6")):
        book.file(attack(words, event=event))
    found = shown(book)
    assert (found["killed_in_events"]["count"], least(found)) == (3, (9, "event", "jableh"))
    assert (found["killed"]["lower"], found["killed"]["upper_open"], found["killed"]["said"]) == (9, True, "at least 9")


def test_the_greatest_gives_way_when_it_is_lowered_or_taken_back() -> None:
    book, grown = open_book(), IncidentProjection(History(incident_stream("syria-coast-2025")))
    taken = 0

    def found() -> tuple[int, str, str | None] | None:
        nonlocal taken
        for recorded in book.facts[taken:]:
            grown.apply(recorded)
        taken = len(book.facts)
        grown.update()
        assert killed_document(grown.summary.killed) == shown(book)
        return least(shown(book))

    book.file(attack("4", event="al-haffa"))
    jableh = book.file(attack("9", event="jableh"))
    book.file(attack("12", event="banias"))
    assert found() == (12, "event", "banias")
    lowered = book.file(attack("5", event="banias", reported_at="2025-03-09"))
    assert found() == (9, "event", "jableh")
    book.do(RetractReport(report_id=jableh, by="recorder"))
    assert found() == (5, "event", "banias")
    book.do(RetractReport(report_id=lowered, by="recorder"))
    assert found() == (12, "event", "banias")


def test_the_toll_of_the_incident_stands_first_and_what_contradicts_it_beside() -> None:
    book = open_book()
    book.file(attack("9", event="jableh"))
    book.file(toll("5", source="reuters"))
    found = shown(book)
    assert (found["killed"]["scope"], found["killed"]["lower"], found["killed"]["upper"]) == ("incident", 5, 5)
    assert (least(found), found["killed_in_events"]["greatest"]["lower"]) == ((9, "event", "jableh"), 9)


def test_of_everyone_before_of_some_people_whose_greater_figure_it_is_found_by() -> None:
    book = open_book()
    book.file(toll("at least 803", source="snhr"))
    book.file(toll("1,383", claim={"population": {"status": ["civilian"]}}))
    found = shown(book)
    assert (found["killed"]["population"], found["killed"]["lower"]) == ({}, 803)
    assert found["killed_at_least"]["population"] == {"status": ["civilian"]}
    assert least(found) == (1383, "incident", None)


def test_a_figure_of_some_people_is_shown_as_theirs() -> None:
    book = open_book()
    book.file(toll("at least 340", claim={"population": {"status": ["civilian"]}}))
    found = shown(book)["killed"]
    assert (found["lower"], found["population"], found["scope"]) == (340, {"status": ["civilian"]}, "incident")


def test_a_cap_has_no_least_figure_and_is_shown() -> None:
    book = open_book()
    book.file(toll("at most 12"))
    found = shown(book)
    assert (found["killed"]["lower"], found["killed"]["upper"], found["killed"]["bound"]) == (None, 12, "at_most")
    assert least(found) is None


def test_words_are_shown_as_words_and_found_by_no_figure() -> None:
    book = open_book()
    book.file(attack("dozens"))
    found = shown(book)
    assert (found["killed"]["lower"], found["killed"]["bound"], found["killed"]["said"]) == (None, "worded", "dozens")
    assert (least(found), found["killed_in_events"]["count"]) == (None, 0)
    book.file(attack("3", event="jableh"))
    assert (shown(book)["killed"]["said"], least(shown(book))) == ("3", (3, "event", "jableh"))


def test_an_increment_is_shown_where_there_is_no_total_and_found_by_no_figure() -> None:
    book = open_book()
    fresh = {"accumulation": "incremental", "period": "2025-03-08"}
    book.file(toll("12", claim=fresh))
    book.file(toll("30", source="snhr", claim=fresh))
    found = shown(book)
    assert (found["killed"]["lower"], found["killed"]["accumulation"], least(found)) == (30, "incremental", None)
    book.do(Registration(slug="snhr", name="SNHR", type="monitor", reliability="E"))
    assert shown(book)["killed"]["lower"] == 12
    book.file(attack("2"))
    assert (shown(book)["killed"]["lower"], shown(book)["killed"]["accumulation"]) == (2, "cumulative")


@pytest.mark.parametrize("more", [{"wider_than": "coast"}, {"area": "Latakia"}, {"event": "al-haffa"}])
def test_of_a_declared_scope_nobody_said_that_it_lies_within_the_incident(more: Body) -> None:
    book = open_book()
    book.do(DeclareScope.model_validate({"name": "coast", "label": "the coast"}))
    book.do(DeclareScope.model_validate({"name": "march", "label": "March", **more}))
    book.file(toll("2,644", claim={"scope": "march"}))
    found = shown(book)
    assert (found["killed"]["scope"], found["killed"]["lower"], least(found)) == ("march", 2644, None)
    book.file(attack("7"))
    assert (shown(book)["killed"]["scope"], least(shown(book))) == ("event", (7, "event", "al-haffa"))
    assert shown(book)["killed_in_scopes"]["greatest"]["lower"] == 2644


def two_towns() -> Book:
    book = open_book()
    book.do(OpenIncident(slug=OTHER, title="Other town"))
    return book


def test_what_was_counted_for_a_merged_incident_stands_beside_and_is_not_added() -> None:
    book = two_towns()
    book.file(toll("7"))
    book.file(toll("4", source="snhr"), slug=OTHER)
    book.do(MergeIncident(into=book.slug), OTHER)
    found = shown(book)
    assert (found["killed"]["lower"], found["killed"]["counted_for"], least(found)) == (7, None, (7, "incident", None))
    beside = found["killed_in_merged"]
    assert (beside["count"], beside["greatest"]["lower"], beside["greatest"]["counted_for"]) == (1, 4, OTHER)


def test_the_greatest_that_was_counted_for_merged_incidents_is_what_is_found() -> None:
    book = two_towns()
    third = "third-town"
    book.do(OpenIncident(slug=third, title="Third town"))
    book.file(toll("40", source="snhr"), slug=OTHER)
    book.file(toll("at least 50", source="reuters"), slug=third)
    book.file(attack("9"), slug=third)
    book.do(MergeIncident(into=OTHER), third)
    book.do(MergeIncident(into=book.slug), OTHER)
    found = shown(book)
    assert (found["killed"]["lower"], found["killed"]["counted_for"], least(found)) == (
        50,
        third,
        (50, "incident", None),
    )
    assert (found["killed_in_merged"]["count"], found["killed_in_events"]["count"]) == (2, 1)
    assert (found["killed_in_events"]["greatest"]["event"], found["killed_in_events"]["greatest"]["counted_for"]) == (
        "al-haffa",
        third,
    )


def test_the_toll_of_another_incident_whose_report_was_moved_here_is_compared_once_that_is_merged() -> None:
    book = two_towns()
    report = book.file(toll("2,644", source="snhr"), slug=OTHER)
    book.do(MoveReport(report_id=report, to=book.slug), OTHER)
    grown = IncidentProjection(History(incident_stream(book.slug)))
    for recorded in book.facts:
        grown.apply(recorded)
    grown.update()
    assert (shown(book)["killed"]["counted_for"], least(shown(book))) == (OTHER, None)
    assert killed_document(grown.summary.killed) == shown(book)
    before = len(book.facts)
    book.do(MergeIncident(into=book.slug), OTHER)
    for recorded in book.facts[before:]:
        grown.apply(recorded)
    moved = grown.update()
    assert (least(shown(book)), shown(book)["killed_in_scopes"]) == ((2644, "incident", None), None)
    assert killed_document(grown.summary.killed) == shown(book)
    assert [grown.part(key) for key in moved.keys] == ["merged"]


def test_an_adopted_policy_weighs_single_events_anew_and_all_of_them_are_told_to_have_moved() -> None:
    book, grown = open_book(), IncidentProjection(History(incident_stream("syria-coast-2025")))
    book.file(attack("4", reported_at="2025-03-08T10:00:00Z"))
    book.file(attack("9", source="snhr", reported_at="2025-03-08T12:00:00Z"))
    book.file(attack("30", claim={"measure": "injured"}))
    for recorded in book.facts:
        grown.apply(recorded)
    grown.update()
    assert least(shown(book)) == (4, "event", "al-haffa")
    book.do(AdoptPolicy(policy="latest/1"))
    grown.apply(book.facts[-1])
    moved = grown.update()
    assert {pair.measure for pair in moved.in_events} == {"killed", "injured"}
    assert (moved.summary, grown.summary.killed.floor) == (True, 9)


def test_at_a_reading_it_shows_what_had_been_said() -> None:
    book = open_book()
    book.file(attack("about 7", reported_at="2025-03-08"))
    book.file(toll("30", reported_at="2025-03-10"))
    assert shown(book, until="2025-03-07T00:00:00Z")["killed"] is None
    assert shown(book, until="2025-03-09T00:00:00Z")["killed"]["said"] == "about 7"
    assert shown(book)["killed"]["said"] == "30"


def test_the_state_says_of_an_event_what_lists_show_of_it() -> None:
    book = open_book()
    book.file(attack("about 7", event="ambush at Al-Haffa"))
    state = cast("Document", book.read())
    assert state["sentences"] == ["Killed, everyone, in the event “ambush at Al-Haffa”: about 7 (sohr, 8 March)."]
