"""The rulebook of escalation, rule by rule; and what became known, day by day."""

from __future__ import annotations

from typing import Any, cast

import pytest

from domain import catalogue
from domain.incident.commands import AssessReport, DeclareScope, RetractReport
from domain.values.sources import Registration
from tests.domain.book import Book, open_book

Body = dict[str, Any]


def attack(book: Book, event: str, occurred: str | None = "2025-03-06", **fields: Any) -> str:
    """Let a source tell of an attack; `killed` is its figure for it."""
    source, at = fields.pop("source", "sohr"), fields.pop("at", "2025-03-20")
    body: Body = {"kind": "attack_launched", "method": "ambush", "event": event, "source": source, "reported_at": at}
    if occurred:
        body["occurred"] = occurred
    if killed := fields.pop("killed", None):
        body["claims"] = [{"id": "1", "measure": fields.pop("measure", "killed"), "count": {"verbatim": killed}}]
    return str(book.file(body | fields))


def toll(book: Book, count: str, scope: str = "incident", at: str = "2025-03-20", **fields: Any) -> str:
    """Let a source give a figure for everyone killed within a scope."""
    claim = {"id": "1", "measure": "killed", "scope": scope, "count": {"verbatim": count}, **fields.pop("claim", {})}
    body = {"kind": "toll_revised", "source": "sohr", "reported_at": at, "claims": [claim], **fields}
    return str(book.file(body))


def declare(book: Book, name: str, **bounds: Any) -> None:
    book.do(DeclareScope.model_validate({"name": name, "label": name, **bounds}))


def told(book: Book, **reading: Any) -> Body:
    return book.read("escalation/1", **reading)


def levels(book: Book) -> dict[str, int]:
    return {day["day"]: day["level"] for day in told(book)["happened"]}


def test_an_incident_of_which_nothing_is_said_has_no_day_and_no_phase() -> None:
    document = told(open_book())
    assert document == {
        "incident": "syria-coast-2025",
        "happened": [],
        "learned": [],
        "phases": [],
        "turning_points": [],
    }


@pytest.mark.parametrize(
    ("killed", "level"), [("4", 2), ("5", 3), ("24", 3), ("25", 4), ("99", 4), ("100", 5), ("at least 100", 5)]
)
def test_the_dead_of_a_day_make_its_level(killed: str, level: int) -> None:
    book = open_book()
    attack(book, "one", killed=killed)
    assert levels(book) == {"2025-03-06": level}


def test_three_attacks_without_a_figure_are_level_3_and_two_are_level_2() -> None:
    book = open_book()
    attack(book, "one")
    attack(book, "two")
    assert levels(book) == {"2025-03-06": 2}
    attack(book, "three")
    assert levels(book) == {"2025-03-06": 3}


def test_two_reports_of_one_attack_are_one_attack() -> None:
    book = open_book()
    reports = [attack(book, "one", source=source) for source in ("sohr", "sana", "snhr")]
    [day] = told(book)["happened"]
    assert (day["level"], [event["reports"] for event in day["events"]]) == (2, [sorted(reports)])


def test_tension_alone_is_level_1_and_what_eases_is_level_0() -> None:
    book = open_book()
    common = {"source": "sana", "reported_at": "2025-03-20"}
    book.file({"kind": "reinforcement_arrived", "force": "guards", "occurred": "2025-03-06", **common})
    book.file({"kind": "ceasefire_declared", "occurred": "2025-03-07", **common})
    assert levels(book) == {"2025-03-06": 1, "2025-03-07": 0}


def test_the_state_tells_of_the_last_day_of_violence_or_tension_and_not_of_what_eased_it() -> None:
    book = open_book()
    attack(book, "one", "2025-03-06")
    truce = {"kind": "ceasefire_declared", "occurred": "2025-03-09", "source": "sana", "reported_at": "2025-03-20"}
    book.file(truce)
    assert cast("Body", book.read("state/1")["escalation"])["latest"] == {"day": "2025-03-06", "level": 2}


def test_the_figures_of_two_events_add_up_to_a_level_and_are_not_printed_as_a_toll() -> None:
    book = open_book()
    attack(book, "one", killed="60")
    attack(book, "two", killed="40")
    [day] = told(book)["happened"]
    assert (day["level"], day["day_claim"]) == (5, None)
    assert [event["least"]["figure"] for event in day["events"]] == [60, 40]


def test_of_two_sources_on_one_event_the_greater_least_figure_counts_and_they_are_not_added() -> None:
    book = open_book()
    attack(book, "one", killed="60")
    attack(book, "one", killed="at least 70", source="snhr")
    [day] = told(book)["happened"]
    assert (day["level"], day["events"][0]["least"]["figure"]) == (4, 70)


def test_of_equal_figures_the_claim_of_the_source_that_sorts_last_is_named_whatever_came_first() -> None:
    for sources in (("sohr", "snhr"), ("snhr", "sohr")):
        book = open_book()
        reports = {source: attack(book, "one", killed="60", source=source) for source in sources}
        [day] = told(book)["happened"]
        assert day["events"][0]["least"]["claim"] == f"{reports['sohr']}#1"


def test_a_claim_for_the_day_counts_where_it_is_greater_than_its_events() -> None:
    book = open_book()
    declare(book, "the-sixth", period="2025-03-06", period_of="death")
    attack(book, "one", killed="13")
    claim = toll(book, "238", "the-sixth")
    [day] = told(book)["happened"]
    assert (day["level"], day["day_claim"]) == (5, {"figure": 238, "claim": f"{claim}#1"})


@pytest.mark.parametrize("count", ["1", "3"])
def test_a_day_of_which_only_a_figure_is_known_is_a_day_of_violence(count: str) -> None:
    book = open_book()
    declare(book, "the-sixth", period="2025-03-06")
    toll(book, count, "the-sixth")
    assert levels(book) == {"2025-03-06": 2}


def test_a_day_on_which_nobody_is_said_to_have_died_is_none() -> None:
    book = open_book()
    declare(book, "the-sixth", period="2025-03-06")
    toll(book, "none", "the-sixth")
    assert told(book)["happened"] == []


@pytest.mark.parametrize(
    ("name", "bounds"),
    [
        ("counted-then", {"period": "2025-03-06", "period_of": "documentation"}),
        ("all-syria", {"period": "2025-03-06", "wider_than": "incident"}),
        ("somewhere", {"area": "the coast"}),
    ],
)
def test_a_period_of_counting_an_area_or_more_than_the_incident_gives_no_day_a_level(name: str, bounds: Body) -> None:
    book = open_book()
    declare(book, name, **bounds)
    toll(book, "238", name)
    document = told(book)
    assert (document["happened"], document["phases"]) == ([], [])


def test_a_scope_that_is_declared_for_an_event_counts_with_the_event() -> None:
    book = open_book()
    declare(book, "at-the-bridge", event="bridge")
    attack(book, "bridge", killed="3")
    toll(book, "30", "at-the-bridge")
    [day] = told(book)["happened"]
    assert (day["level"], day["events"][0]["least"]["figure"], day["day_claim"]) == (4, 30, None)


@pytest.mark.parametrize("measure", ["injured", "killed_or_injured", "missing", "bodies_found"])
def test_only_the_killed_raise_a_level(measure: str) -> None:
    book = open_book()
    attack(book, "one", killed="238", measure=measure)
    assert levels(book) == {"2025-03-06": 2}


def test_words_raise_no_level() -> None:
    book = open_book()
    attack(book, "one", killed="hundreds")
    assert levels(book) == {"2025-03-06": 2}


def test_an_unreliable_source_and_an_improbable_claim_raise_no_level() -> None:
    book = open_book()
    book.do(Registration.model_validate({"slug": "rumours", "name": "Rumours", "type": "other", "reliability": "E"}))
    attack(book, "one", killed="200", source="rumours")
    doubted = attack(book, "two", killed="300")
    assert levels(book) == {"2025-03-06": 5}
    book.do(AssessReport.model_validate({"report_id": doubted, "claim": "1", "credibility": 5}))
    assert levels(book) == {"2025-03-06": 2}


def test_an_event_counts_on_the_first_day_of_the_narrowest_time_that_is_said_of_it() -> None:
    book = open_book()
    attack(book, "one", "2025-03-05/2025-03-09", killed="30")
    assert levels(book) == {"2025-03-05": 2}, "of four days, no figure is of one day"
    attack(book, "one", "2025-03-07~", source="snhr")
    assert levels(book) == {"2025-03-07": 4}, "a doubt widens nothing"


def test_a_time_without_a_beginning_is_wider_than_any_that_has_one() -> None:
    book = open_book()
    attack(book, "one", "2025-03-06/2025-03-08")
    attack(book, "one", "../2025-03-07", source="snhr")
    assert levels(book) == {"2025-03-06": 2}


def test_of_two_times_as_narrow_the_earlier_counts() -> None:
    book = open_book()
    attack(book, "one", "2025-03-07")
    attack(book, "one", "2025-03-06", source="snhr")
    assert levels(book) == {"2025-03-06": 2}


@pytest.mark.parametrize("occurred", [None, "../2025-03-09"])
def test_what_has_no_beginning_has_no_day(occurred: str | None) -> None:
    book = open_book()
    attack(book, "one", occurred, killed="200")
    assert told(book)["happened"] == []


def test_a_night_that_ends_after_midnight_counts_on_its_first_day_and_its_dead_on_none() -> None:
    book = open_book()
    attack(book, "one", "2025-03-06T22:00:00+03:00/2025-03-07T04:00:00+03:00", killed="200")
    document = told(book)
    [day] = document["happened"]
    assert (day["day"], day["level"], day["events"][0]["least"]) == ("2025-03-06", 2, None)
    [phase] = document["phases"]
    assert [claim["lower"] for claim in phase["undated"]] == [200]


def test_a_day_is_one_of_the_incident_and_not_of_utc() -> None:
    book = open_book(utc_offset="-03:00")
    attack(book, "one", "2025-03-07T01:00:00Z", killed="7")
    assert levels(book) == {"2025-03-06": 3}


def test_codes_of_others_stand_beside_an_event() -> None:
    book = open_book()
    attack(book, "one", method="execution")
    attack(book, "one", method="shelling", source="snhr")
    [day] = told(book)["happened"]
    [event] = day["events"]
    assert (event["cameo"], event["plover"], event["tier"]) == (["1823", "194"], ["ASSAULT"], "violence")


def test_days_without_anything_are_a_phase_of_their_own_however_many_they_are() -> None:
    book = open_book(period=None)
    attack(book, "one", "1925-03-06")
    attack(book, "two", "2025-03-06", killed="200")
    assert [(phase["from"], phase["to"], phase["level"]) for phase in told(book)["phases"]] == [
        ("1925-03-06", "1925-03-06", 2),
        ("1925-03-07", "2025-03-05", 0),
        ("2025-03-06", "2025-03-06", 5),
    ]
    turns = [(turn["day"], turn["from"], turn["to"]) for turn in told(book)["turning_points"]]
    assert turns == [("1925-03-07", 2, 0), ("2025-03-06", 0, 5)]


def test_a_change_by_one_is_no_turning_point() -> None:
    book = open_book()
    attack(book, "one", "2025-03-06")
    attack(book, "two", "2025-03-07", killed="5")
    assert [phase["level"] for phase in told(book)["phases"]] == [2, 3]
    assert told(book)["turning_points"] == []


def test_days_of_one_level_in_a_row_are_one_phase() -> None:
    book = open_book()
    for day in ("2025-03-06", "2025-03-07", "2025-03-08"):
        attack(book, day, day)
    assert [(phase["from"], phase["to"]) for phase in told(book)["phases"]] == [("2025-03-06", "2025-03-08")]


@pytest.mark.parametrize(
    ("period", "phase"), [("2025-03-06/2025-03-09", 0), ("2025-03-08/..", 2), ("../2025-03-07", 1)]
)
def test_a_claim_over_several_days_is_listed_where_it_begins_or_else_where_it_ends(period: str, phase: int) -> None:
    book = open_book()
    attack(book, "one", "2025-03-06")
    attack(book, "two", "2025-03-07", killed="5")
    attack(book, "three", "2025-03-08")
    declare(book, "some-days", period=period)
    toll(book, "1,479", "some-days")
    listed = [[claim["best"] for claim in each["undated"]] for each in told(book)["phases"]]
    assert listed == [[1479] if index == phase else [] for index in range(3)]
    assert levels(book) == {"2025-03-06": 2, "2025-03-07": 3, "2025-03-08": 2}


def test_a_claim_that_begins_before_all_else_begins_the_phases() -> None:
    book = open_book()
    attack(book, "one", "2025-03-06")
    declare(book, "some-days", period="2025-03-01/2025-03-09")
    toll(book, "1,479", "some-days")
    [before, _] = told(book)["phases"]
    assert (before["from"], before["to"], before["level"], len(before["undated"])) == ("2025-03-01", "2025-03-05", 0, 1)


# what became known


def learned(book: Book, **reading: Any) -> dict[str, Body]:
    return {day["day"]: day for day in told(book, **reading)["learned"]}


def test_a_rising_toll_is_newly_reported_on_the_day_it_was_said() -> None:
    book = open_book()
    toll(book, "1,225", at="2025-03-11")
    toll(book, "1,383", at="2025-03-12")
    [first], [second] = (learned(book)[day]["figures"] for day in ("2025-03-11", "2025-03-12"))
    assert (first["before"], first["newly_reported"]) == (None, None), "what a first figure adds cannot be told"
    assert (second["before"]["figure"], second["after"]["figure"], second["newly_reported"]) == (1225, 1383, 158)


def test_two_figures_of_one_day_are_one_change() -> None:
    book = open_book()
    toll(book, "100", at="2025-03-11")
    toll(book, "120", at="2025-03-12", reported_order=1)
    toll(book, "130", at="2025-03-12", reported_order=2)
    [change] = learned(book)["2025-03-12"]["figures"]
    assert (change["before"]["figure"], change["after"]["figure"]) == (100, 130)


@pytest.mark.parametrize("later", ["at least 1,500", "between 1,400 and 1,500"])
def test_nothing_is_subtracted_from_an_open_end_or_a_range(later: str) -> None:
    book = open_book()
    toll(book, "1,383", at="2025-03-12")
    toll(book, later, at="2025-03-14")
    [change] = learned(book)["2025-03-14"]["figures"]
    assert (change["after"]["verbatim"], change["newly_reported"]) == (later, None)


def test_a_figure_that_counts_others_is_a_break_on_both_sides() -> None:
    book = open_book()
    first = toll(book, "311", at="2025-03-07", claim={"population": {"group": ["alawite"]}})
    toll(book, "340", at="2025-03-08", claim={"supersedes": [f"{first}#1"]})
    changes = learned(book)["2025-03-08"]["figures"]
    assert [(each["before"] and each["before"]["figure"], each["break"]) for each in changes] == [
        (311, True),
        (None, True),
    ]
    assert {each["newly_reported"] for each in changes} == {None}


def test_over_a_break_within_one_series_nothing_is_subtracted() -> None:
    book = open_book()
    toll(book, "300", at="2025-03-07")
    other = toll(book, "311", at="2025-03-07", claim={"population": {"group": ["alawite"]}})
    toll(book, "340", at="2025-03-08", claim={"supersedes": [f"{other}#1"]})
    [change] = [each for each in learned(book)["2025-03-08"]["figures"] if each["before"] and each["after"]]
    assert (change["before"]["figure"], change["after"]["figure"]) == (300, 340)
    assert (change["break"], change["newly_reported"]) == (True, None)


def test_a_break_is_drawn_from_the_day_on_which_it_was_said_and_not_before() -> None:
    book = open_book()
    first = toll(book, "300", at="2025-03-07")
    toll(book, "340", at="2025-03-08")
    claim = {"population": {"group": ["alawite"]}, "supersedes": [f"{first}#1"]}
    toll(book, "90", at="2025-03-10", claim=claim)
    [change] = learned(book)["2025-03-08"]["figures"]
    assert (change["break"], change["newly_reported"]) == (False, 40)


def test_a_series_breaks_on_the_day_on_which_it_was_first_replaced() -> None:
    book = open_book()
    ids = [f"00000000-0000-5000-8000-00000000000{number}" for number in (5, 9, 1)]
    old = toll(book, "311", at="2025-03-07", claim={"population": {"group": ["alawite"]}}, report_id=ids[0])
    claim = {"supersedes": [f"{old}#1"]}
    toll(book, "340", at="2025-03-08", claim=claim, report_id=ids[1])
    toll(book, "90", at="2025-03-10", claim={**claim, "population": {"sex": "female"}}, report_id=ids[2])
    alawite = [
        (day, each["after"])
        for day, row in learned(book).items()
        for each in row["figures"]
        if each["population"] == {"group": ["alawite"]}
    ]
    assert [(day, after and after["figure"]) for day, after in alawite] == [("2025-03-07", 311), ("2025-03-08", None)]


def test_an_increment_is_shown_as_it_was_said() -> None:
    book = open_book()
    toll(book, "158", at="2025-03-12", claim={"accumulation": "incremental", "period": "2025-03-12"})
    [change] = learned(book)["2025-03-12"]["figures"]
    assert (change["increment"], change["before"], change["after"]["figure"]) == (True, None, 158)


def test_an_increment_that_was_replaced_on_the_same_day_is_not_shown() -> None:
    book = open_book()
    increment = {"accumulation": "incremental", "period": "2025-03-12"}
    first = toll(book, "158", at="2025-03-12", claim=increment)
    toll(book, "150", at="2025-03-12", claim={**increment, "supersedes": [f"{first}#1"]})
    assert [change["after"]["figure"] for change in learned(book)["2025-03-12"]["figures"]] == [150]


@pytest.mark.parametrize("how", ["taken back", "whole statement"])
def test_an_increment_that_is_gone_by_the_evening_is_not_shown(how: str) -> None:
    book = open_book()
    increment = {"accumulation": "incremental", "period": "2025-03-12"}
    report = toll(book, "158", at="2025-03-12T08:00:00Z", claim=increment)
    if how == "taken back":
        retraction = {"report_id": report, "by": "source", "reported_at": "2025-03-12T10:00:00Z"}
        book.do(RetractReport.model_validate(retraction))
    else:
        book.file({"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-12T10:00:00Z", "complete": True})
    assert learned(book)["2025-03-12"]["figures"] == []


def test_what_a_source_takes_back_is_known_from_its_day_to_that_of_the_retraction() -> None:
    book = open_book()
    toll(book, "100", at="2025-03-08")
    mistaken = toll(book, "900", at="2025-03-09")
    retraction = {"report_id": mistaken, "by": "source", "reported_at": "2025-03-11"}
    book.do(RetractReport.model_validate(retraction))
    changes = {day: [each["after"]["figure"] for each in row["figures"]] for day, row in learned(book).items()}
    assert changes == {"2025-03-08": [100], "2025-03-09": [900], "2025-03-11": [100]}
    assert learned(book)["2025-03-11"]["reports"] == 0
    assert "2025-03-11" not in learned(book, until="2025-03-10T00:00:00Z")


def test_one_claim_that_a_source_takes_back_goes_by_itself() -> None:
    book = open_book()
    report = toll(book, "900", at="2025-03-09")
    retraction = {"report_id": report, "claim": "1", "by": "source", "reported_at": "2025-03-11"}
    book.do(RetractReport.model_validate(retraction))
    [gone] = learned(book)["2025-03-11"]["figures"]
    assert (gone["before"]["figure"], gone["after"]) == (900, None)
    assert list(learned(book, until="2025-03-10T00:00:00Z")) == ["2025-03-09"]


def test_a_figure_that_says_it_replaces_a_later_one_comes_back_when_that_is_said() -> None:
    book = open_book()
    early, later = (f"00000000-0000-5000-8000-00000000000{number}" for number in (1, 2))
    toll(book, "100", at="2025-03-08", report_id=early, claim={"supersedes": [f"{later}#1"]})
    toll(book, "110", at="2025-03-09")
    toll(book, "120", at="2025-03-10", report_id=later)
    told_by_day = {day: [each["after"]["figure"] for each in row["figures"]] for day, row in learned(book).items()}
    assert told_by_day == {"2025-03-08": [100], "2025-03-09": [110], "2025-03-10": [100]}


def test_what_we_struck_was_never_learned() -> None:
    book = open_book()
    struck = toll(book, "900", at="2025-03-09")
    book.do(RetractReport.model_validate({"report_id": struck, "by": "recorder"}))
    assert learned(book) == {}


def test_a_whole_statement_replaces_all_that_its_source_had_said() -> None:
    book = open_book()
    declare(book, "baniyas")
    toll(book, "100", at="2025-03-08")
    toll(book, "30", "baniyas", at="2025-03-08")
    toll(book, "120", at="2025-03-09", complete=True)
    changes = {each["scope"]: each["after"] for each in learned(book)["2025-03-09"]["figures"]}
    assert (changes["baniyas"], changes["incident"]["figure"]) == (None, 120)


def test_what_a_whole_statement_withdrew_comes_back_when_that_is_taken_back() -> None:
    book = open_book()
    declare(book, "baniyas")
    toll(book, "100", at="2025-03-08")
    whole = toll(book, "30", "baniyas", at="2025-03-09", complete=True)
    retraction = {"report_id": whole, "by": "source", "reported_at": "2025-03-11"}
    book.do(RetractReport.model_validate(retraction))
    changes = {day: [(each["scope"], each["after"]) for each in row["figures"]] for day, row in learned(book).items()}
    incident = {
        day: after and after["figure"] for day, row in changes.items() for scope, after in row if scope == "incident"
    }
    assert incident == {"2025-03-08": 100, "2025-03-09": None, "2025-03-11": 100}


def test_what_was_withdrawn_on_its_own_day_first_counts_on_the_day_it_comes_back() -> None:
    book = open_book()
    declare(book, "baniyas")
    toll(book, "100", at="2025-03-08T08:00:00Z")
    toll(book, "110", at="2025-03-08T09:00:00Z")
    whole = toll(book, "30", "baniyas", at="2025-03-08T10:00:00Z", complete=True)
    retraction = {"report_id": whole, "by": "source", "reported_at": "2025-03-11"}
    book.do(RetractReport.model_validate(retraction))
    assert [each["scope"] for each in learned(book)["2025-03-08"]["figures"]] == ["baniyas"]
    back = {each["scope"]: each["after"] for each in learned(book)["2025-03-11"]["figures"]}
    assert (back["incident"]["figure"], back["baniyas"]) == (110, None)


def test_where_words_are_not_in_turn_each_day_is_asked_which_of_them_count() -> None:
    """A whole statement of unknown day comes first as long as only one report stands against it, and last later."""
    book = open_book()
    declare(book, "baniyas")
    toll(book, "100", at="2025-02-20", reported_order=5)
    toll(book, "30", "baniyas", at="../2025-03-10", reported_order=3, complete=True)
    toll(book, "40", "baniyas", at="2025-03", reported_order=-1)
    changes = {day: [(each["scope"], each["after"]) for each in row["figures"]] for day, row in learned(book).items()}
    assert {day: [scope for scope, _ in change] for day, change in changes.items()} == {
        "2025-02-20": ["incident"],
        "2025-03-10": ["baniyas"],
        "2025-03-31": ["incident"],
    }
    assert changes["2025-03-31"] == [("incident", None)], "only now does the whole statement come after it"


def test_of_whole_statements_every_day_each_is_a_change_by_what_it_differs() -> None:
    book = open_book()
    for day, count in (("08", "100"), ("09", "120"), ("10", "90")):
        toll(book, count, at=f"2025-03-{day}", complete=True)
    told_by_day = [each["newly_reported"] for row in learned(book).values() for each in row["figures"]]
    assert told_by_day == [None, 20, -30]


def test_an_event_is_new_on_the_day_on_which_it_was_first_told() -> None:
    book = open_book()
    attack(book, "one", at="2025-03-08", source="sohr")
    attack(book, "one", at="2025-03-07", source="snhr")
    assert {day: row["events"] for day, row in learned(book).items()} == {"2025-03-07": ["one"], "2025-03-08": []}


def test_every_row_of_the_table_to_take_away_names_the_table_that_it_is_of() -> None:
    book = open_book()
    attack(book, "one", killed="200")
    declare(book, "some-days", period="2025-03-06/2025-03-09")
    declare(book, "the-eighth", period="2025-03-08")
    toll(book, "1,479", "some-days", at="2025-03-21")
    toll(book, "7", "the-eighth", at="2025-03-22")
    view = catalogue.view("escalation/1")
    rows = view.rows(told(book))
    assert {row["table"] for row in rows} == {"happened", "learned", "phase", "turning_point"}
    assert all(row.keys() <= set(view.columns) for row in rows)
    happened = [(row["day"], row.get("event"), row["figure"]) for row in rows if row["table"] == "happened"]
    assert happened == [("2025-03-06", "one", 200), ("2025-03-08", None, 7)]
    phases = [(row["day"], row["until"], row.get("figure")) for row in rows if row["table"] == "phase"]
    assert phases[:2] == [("2025-03-06", "2025-03-06", None), ("2025-03-06", "2025-03-06", 1479)]
    learned_rows = [row for row in rows if row["table"] == "learned"]
    assert [(row["day"], cast("str", row["scope"])) for row in learned_rows][1:] == [
        ("2025-03-21", "some-days"),
        ("2025-03-22", "the-eighth"),
    ]
