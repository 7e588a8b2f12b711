"""The sample of the Syrian coast, March 2025: golden answers, one sentence each."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest

from domain.clocks import parse_instant
from domain.escalation import days
from domain.reading import Document
from domain.weighing import keyed_claims
from tests.domain.book import Book, load

SAMPLE = Path(__file__).parents[2] / "samples" / "syria-coast-2025"
SHARED = Path(__file__).parents[3] / "shared" / "data" / "press_syria_coast_2025"
CIVILIANS = {"status": ["civilian"]}


@cache
def sample() -> Book:
    return load(SAMPLE)


def said_by(day: str, population: dict[str, Any] = CIVILIANS, scope: str = "incident") -> dict[str, Any]:
    """Ask at 23:59:59 local time of a day."""
    return sample().estimate("killed", population, scope, until=f"{day}T23:59:59+03:00")


def figures(estimate: dict[str, Any]) -> tuple[int | None, int | None, int | None, bool]:
    ends = (estimate[name] and estimate[name]["figure"] for name in ("lower", "best", "upper"))
    return (*ends, estimate["upper_open"])  # type: ignore[return-value]


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
    return {day.day.isoformat(): day.level for day in days(history, moment, keyed_claims(history, moment))}


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


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not beside this checkout")
def test_every_question_of_the_shared_cases_gets_its_answer() -> None:
    origins = {"SOHR": "sohr", "SNHR": "snhr", "OHCHR": "ohchr", "fact-finding committee": "fact-finding-committee"}
    cases = [json.loads(line) for line in (SHARED / "asof_cases.ndjson").read_text("utf-8").splitlines()]
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
