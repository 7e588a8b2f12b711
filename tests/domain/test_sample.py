"""The sample of the Syrian coast, March 2025: golden answers, one sentence each."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest

from domain import catalogue
from domain.escalation.levels import levels_of
from domain.estimates.claim_index import snapshot_claims
from domain.facts.union import ReportCorrected, ReportRetracted
from domain.reading import Document, Reading
from domain.revisions.difference import difference
from domain.values.time.clocks import parse_instant
from tests.domain.book import Book, load

SAMPLE = Path(__file__).parents[2] / "samples" / "syria-coast-2025"
VECTORS = Path(__file__).parents[1] / "vectors" / "syria-coast-2025-as-of.ndjson"
CIVILIANS = {"status": ["civilian"]}


@cache
def sample() -> Book:
    return load(SAMPLE)


def said_by(day: str, population: dict[str, Any] = CIVILIANS, scope: str = "incident") -> dict[str, Any]:
    """Ask at 23:59:59 local time of a day."""
    return sample().estimate("killed", population, scope, until=f"{day}T23:59:59+03:00")


def figures(estimate: dict[str, Any]) -> tuple[int | None, int | None, int | None, bool]:
    ends = (estimate[name] and estimate[name]["figure"] for name in ("lower", "best", "upper"))
    return (*ends, estimate["upper_open"])


def set_aside(estimate: dict[str, Any]) -> dict[str, str]:
    return {each["source"]: each["code"] for each in estimate["set_aside"]}


def used(estimate: dict[str, Any]) -> list[str]:
    return [each["source"] for each in estimate["used"]]


def test_by_7_march_nobody_had_counted_the_civilians_of_the_incident() -> None:
    state = sample().read(until="2025-03-07T23:59:59+03:00")
    keys = [(each["measure"], each["population"], each["scope"]) for each in cast("list[Document]", state["estimates"])]
    assert ("killed", CIVILIANS, "incident") not in keys


def test_by_8_march_340_civilians_and_rudaws_229_below() -> None:
    estimate = said_by("2025-03-08")
    assert figures(estimate) == (229, 340, 340, False)
    assert estimate["contested"]
    assert sorted(used(estimate)) == ["rudaw", "sohr"]


def test_by_9_march_830_and_229_of_the_day_before_is_outrun() -> None:
    estimate = said_by("2025-03-09")
    assert figures(estimate) == (830, 830, 830, False)
    assert set_aside(estimate) == {"rudaw": "outrun"}
    assert not estimate["contested"]


@pytest.mark.parametrize(("day", "best"), [("2025-03-10", 973), ("2025-03-11", 1225), ("2025-03-12", 1383)])
def test_each_day_the_monitor_raises_its_count(day: str, best: int) -> None:
    assert figures(said_by(day)) == (best, best, best, False)


def test_by_12_march_ohchrs_count_is_known_to_be_partial() -> None:
    assert set_aside(said_by("2025-03-12")) == {"rudaw": "outrun", "ohchr": "partial"}


def test_from_14_march_on_the_figure_is_open() -> None:
    assert figures(said_by("2025-03-14")) == (1500, None, 1500, True)
    assert figures(said_by("2025-07-15")) == (1700, None, 1700, True)
    assert figures(said_by("2025-12-31")) == (1700, None, 1700, True)


def test_by_12_march_everyone_is_contested_and_the_monitors_whole_reads_as_its_part() -> None:
    estimate = said_by("2025-03-12", {})
    assert estimate["contested"]
    by_source = {each["source"]: each for each in estimate["used"]}
    assert by_source["snhr"]["best"] == 803
    sohr = by_source["sohr"]
    assert (sohr["bound"], sohr["lower"], sohr["upper"], sohr["best"]) == ("at_least", 1383, None, None)
    assert "part_exceeds" in sohr["flags"]
    assert sohr["verbatim"] == "1,311"
    assert figures(estimate) == (803, 803, 1383, True)
    assert estimate["upper"]["claim"] != sohr["claim"], "the end names the claim of the part"


def test_eyewitnesses_and_local_sources_shift_nothing() -> None:
    everyone = said_by("2025-03-09", {})
    [eyewitnesses] = [each for each in everyone["set_aside"] if each["lower"] == 4000]
    assert eyewitnesses["code"] == "ungraded"
    claims = cast("list[Document]", sample().read("claims/1")["claims"])
    local = next(each for each in claims if each["lower"] == 2300)
    assert (local["scope"] != "incident", local["grade"]) == (True, "F")


def test_one_soldier_of_an_ambush_never_becomes_the_toll_of_the_incident() -> None:
    for estimate in cast("list[Document]", sample().read()["estimates"]):
        if estimate["scope"] == "incident":
            sanas = [each for each in cast("list[Document]", estimate["used"]) if each["source"] == "sana"]
            assert not sanas


def test_the_same_day_745_is_everyone_in_one_report_and_civilians_in_another() -> None:
    claims = cast("list[Document]", sample().read("claims/1")["claims"])
    populations = [each["population"] for each in claims if "745" in str(each["verbatim"]) and each["source"] == "sohr"]
    assert {} in populations
    assert CIVILIANS in populations


def test_stale_sub_figures_in_a_relay_do_not_undo_newer_ones() -> None:
    claims = cast("list[Document]", sample().read("claims/1")["claims"])
    decreases = {each["verbatim"] for each in claims if each["status"] == "relayed_decrease"}
    assert {"125", "148"} <= decreases


def test_340_breaks_with_311_which_counted_others() -> None:
    claims = cast("list[Document]", sample().read("claims/1")["claims"])
    [first] = [each for each in claims if each["verbatim"] == "311"]
    assert first["population"] == {"status": ["civilian"], "group": ["alawite"]}
    assert first["status"] == "break"


def test_before_the_correction_311_was_held_as_civilians_of_any_group() -> None:
    position = next(each.position for each in sample().facts if getattr(each.fact, "cause", None) == "reclassified")
    before = cast("list[Document]", sample().read("claims/1", position=position - 1)["claims"])
    assert next(each for each in before if each["verbatim"] == "311")["population"] == CIVILIANS


def test_the_increment_of_12_march_is_shown_beside_the_total_and_not_added() -> None:
    [increment] = said_by("2025-03-12")["increments"]
    assert increment["verbatim"] == "158"
    assert increment["flags"] == ["already_included"]


def test_2644_counts_all_of_syria() -> None:
    claims = cast("list[Document]", sample().read("claims/1")["claims"])
    scopes = {each["scope"] for each in claims if each["verbatim"] in ("2,644", "2,069")}
    assert "incident" not in scopes
    assert scopes


def test_a_sentence_names_the_figure_the_source_the_day_and_what_is_verified() -> None:
    state = sample().read(until="2025-03-12T23:59:59+03:00")
    sentence = next(text for text in cast("list[str]", state["sentences"]) if text.startswith("Killed, civilians: "))
    assert sentence.startswith("Killed, civilians: 1,383 (SOHR, 12 March, via ")
    assert "Verified so far: at least 111 (OHCHR)." in sentence


def levels(until: str | None) -> dict[str, int]:
    history = sample().history()
    moment = parse_instant(until) if until else None
    levels = levels_of(history, snapshot_claims(history, moment))
    return {day.isoformat(): levels[day] for day in sorted(levels)}


def test_6_march_was_deadly_as_said_that_day_and_is_worse_as_known_today() -> None:
    assert levels("2025-03-06T23:59:59+03:00") == {"2025-03-06": 3}
    assert levels(None)["2025-03-06"] == 5


def test_executions_of_one_day_make_its_level_and_a_toll_of_three_days_makes_none() -> None:
    assert levels(None)["2025-03-07"] == 5
    assert levels("2025-06-29T00:00:00Z") == levels("2025-07-01T00:00:00Z")


def test_those_newly_reported_on_12_march_were_not_killed_on_it() -> None:
    assert "2025-03-12" not in levels(None)
    assert min(levels(None)) == "2025-03-06"


def test_the_state_says_how_far_it_went() -> None:
    assert sample().read(until="2025-03-06T23:59:59+03:00")["escalation"] == {
        "highest": {"day": "2025-03-06", "level": 3},
        "latest": {"day": "2025-03-06", "level": 3},
    }


def escalation(until: str | None = None) -> dict[str, Any]:
    return sample().read("escalation/1", until=until)


def happened(day: str, until: str | None = None) -> dict[str, Any]:
    return next(each for each in escalation(until)["happened"] if each["day"] == day)


def test_nothing_happened_before_6_march_and_no_phase_begins_before_it() -> None:
    assert min(day["day"] for day in escalation()["happened"]) == "2025-03-06"
    assert escalation()["phases"][0]["from"] == "2025-03-06"


def test_the_dead_of_6_march_are_those_at_jableh_as_said_that_day_and_238_as_known_today() -> None:
    that_day = happened("2025-03-06", "2025-03-06T23:59:59+03:00")
    jableh = next(event for event in that_day["events"] if event["event"] == "jableh-attack")
    assert (that_day["level"], jableh["least"]["figure"], that_day["day_claim"]) == (3, 13, None)
    today = happened("2025-03-06")
    assert (today["level"], today["day_claim"]["figure"]) == (5, 238)
    assert len(jableh["reports"]) == 2, "two sources tell of the one attack"


def test_the_executions_of_7_march_have_a_figure_and_codes_of_their_own() -> None:
    events = {event["event"]: event for event in happened("2025-03-07")["events"]}
    executions = events["executions-7-march"]
    assert (executions["least"]["figure"], executions["cameo"], executions["plover"]) == (162, ["1823"], ["ASSAULT"])
    assert events["executions-young-men"]["least"] is None, "dozens, over three days"


def test_reuters_count_of_three_days_is_listed_once_and_gives_no_day_a_level() -> None:
    undated = [claim for phase in escalation()["phases"] for claim in phase["undated"] if claim["source"] == "reuters"]
    [count] = [claim for claim in undated if claim["best"] == 1479]
    assert count["period"] == {"earliest": "2025-03-06T21:00:00Z", "latest": "2025-03-09T20:59:59Z"}
    [phase] = [phase for phase in escalation()["phases"] if count in phase["undated"]]
    assert phase["from"] <= "2025-03-07" <= phase["to"]
    before, after = (
        {day["day"]: day["level"] for day in escalation(f"2025-{moment}T23:59:59Z")["happened"]}
        for moment in ("06-29", "07-01")
    )
    assert before == after


def test_what_was_counted_in_all_of_syria_is_in_no_phase() -> None:
    scopes = {claim["scope"] for phase in escalation()["phases"] for claim in phase["undated"]}
    assert "all-syria-march-2025" not in scopes
    assert "incident" not in scopes


def test_those_newly_reported_on_12_march_stand_in_the_table_of_what_became_known() -> None:
    [day] = [each for each in escalation()["learned"] if each["day"] == "2025-03-12"]
    assert day["title"] == "newly reported"
    whole = [each for each in day["figures"] if each["scope"] == "incident" and each["population"] == CIVILIANS]
    [total] = [each for each in whole if not each["increment"]]
    ends = (total["before"]["figure"], total["after"]["figure"], total["newly_reported"])
    assert ends == (1225, 1383, 158)
    [increment] = [each for each in whole if each["increment"]]
    assert (increment["before"], increment["after"]["figure"], increment["newly_reported"]) == (None, 158, None)
    assert "2025-03-12" not in {each["day"] for each in escalation()["happened"]}


def test_340_is_drawn_as_a_break_and_nothing_is_subtracted_over_it() -> None:
    [day] = [each for each in escalation()["learned"] if each["day"] == "2025-03-08"]
    [change] = [
        each
        for each in day["figures"]
        if (each["source"], each["scope"], each["population"]) == ("sohr", "incident", CIVILIANS)
    ]
    assert (change["after"]["figure"], change["break"], change["newly_reported"]) == (340, True, None)


def test_each_phase_of_the_coast_and_where_it_turned() -> None:
    phases = [(each["from"], each["to"], each["level"]) for each in escalation()["phases"]]
    assert phases[:2] == [("2025-03-06", "2025-03-07", 5), ("2025-03-08", "2025-03-08", 2)]
    assert escalation()["turning_points"][0] == {"day": "2025-03-08", "from": 5, "to": 2}


def test_sohr_raised_its_count_of_civilians_eight_times_and_never_lowered_it() -> None:
    records = cast("list[dict[str, Any]]", sample().read("revisions/1")["records"])
    [sohr] = [
        each
        for each in records
        if (each["source"], each["scope"], each["population"]) == ("sohr", "incident", CIVILIANS)
    ]
    assert (sohr["n_revisions"], sohr["first"]["figure"], sohr["latest"]["figure"]) == (8, 340, 1700)
    assert (sohr["direction_changes"], sohr["spread"], sohr["breaks"]) == (0, "0.8000", 1)
    assert sohr["days_until_within_20_percent"] == 4, "1,383 of 12 March is the first that is near 1,700, and stays so"
    assert sohr["corrections"] == 1, "of 1,225: a part of it was mistyped"


def test_from_9_to_12_march_sohr_revised_830_to_1383() -> None:
    readings = [
        (sample().history(), Reading(parse_instant(f"2025-03-{day}T23:59:59+03:00"), catalogue.policy("range/1")))
        for day in ("09", "12")
    ]
    found = cast("dict[str, list[dict[str, Any]]]", difference(readings[0], readings[1]))
    [revised] = found["revised_by_source"]
    assert (revised["source"], revised["before"]["verbatim"], revised["after"]["verbatim"]) == ("sohr", "830", "1,383")
    assert not revised["break"]
    assert not found["corrected_by_us"], "what we corrected counts at every reported moment"
    [civilians] = [
        each for each in found["estimates"] if each["population"] == CIVILIANS and each["scope"] == "incident"
    ]
    assert (civilians["before"]["best"]["figure"], civilians["after"]["best"]["figure"]) == (830, 1383)


def test_what_we_corrected_and_struck_is_told_apart_from_what_sources_said() -> None:
    ours = [each.position for each in sample().facts if isinstance(each.fact, ReportCorrected | ReportRetracted)]
    before, after = sample().history(ours[0] - 1), sample().history(ours[-1])
    reading = Reading(None, catalogue.policy("range/1"))
    found = cast("dict[str, list[dict[str, Any]]]", difference((before, reading), (after, reading)))
    assert not found["learned"] + found["revised_by_source"] + found["withdrawn_by_source"]
    [slip], [wrong_class], [twice] = (found[name] for name in ("corrected_by_us", "reclassified", "removed_by_us"))
    assert (slip["cause"], wrong_class["cause"], twice["what"]) == ("transcription", "reclassified", "struck")
    assert [change["field"] for change in wrong_class["changed"]] == ["claims"]


def test_every_question_of_the_as_of_cases_gets_its_answer() -> None:
    origins = {"SOHR": "sohr", "SNHR": "snhr", "OHCHR": "ohchr", "fact-finding committee": "fact-finding-committee"}
    cases = [json.loads(line) for line in VECTORS.read_text("utf-8").splitlines()]
    for case in cases:
        current = _current(origins[case["claimant"]], case["scope"], case["as_of"])
        if case["expected"] is None:
            assert current is None, case
        elif isinstance(case["expected"], int):
            assert current is not None, case
            assert current["best"] == case["expected"], case
        else:
            assert current is not None, case
            assert (current["lower"], current["upper"]) == (case["expected"]["low"], None), case


def _current(origin: str, scope: str, moment: str) -> Document | None:
    """Return the origin's current claim under the key that the case's words mean."""
    keys: dict[str, list[tuple[dict[str, Any], bool]]] = {
        "civilians killed since 6 March": [(CIVILIANS, True)],
        "security forces killed on 6 March": [({"status": ["state_forces"]}, False)],
        "*": [({}, True), (CIVILIANS, True)],
    }
    claims = cast("list[Document]", sample().read("claims/1", until=moment)["claims"])
    behind = {"superseded", "relayed_decrease", "break", "withdrawn", "retracted", "increment"}
    for population, whole in keys[scope]:
        for claim in claims:
            counted = cast("dict[str, Any]", claim["population"])
            same = counted.get("status") == population.get("status") and "group" not in counted
            in_scope = (claim["scope"] == "incident") == whole
            stands = claim["status"] not in behind
            if claim["source"] == origin and claim["measure"] == "killed" and same and in_scope and stands:
                return claim
    return None
