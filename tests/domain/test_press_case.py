"""The invented press case of a river port: a toll that is lowered, a range, a figure known late; one sentence each."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest

from domain import catalogue
from domain.facts.union import ReportCorrected
from domain.reading import Reading
from domain.revisions.difference import difference
from domain.values.time.clocks import parse_instant
from tests.domain.book import Book, load

CASE = Path(__file__).parents[2] / "samples" / "river-port-2024"
Body = dict[str, Any]


@cache
def case() -> Book:
    return load(CASE)


def by(day: str) -> str:
    """Return the end of a day of May 2024 in the incident's offset."""
    return f"2024-05-{day}T23:59:59+02:00"


def killed(until: str | None = None, scope: str = "incident", **reading: Any) -> Body:
    return case().estimate("killed", {}, scope, until=until, **reading)


def figures(estimate: Body) -> tuple[int | None, int | None, int | None]:
    ends = (estimate[name] and estimate[name]["figure"] for name in ("lower", "best", "upper"))
    return cast("tuple[int | None, int | None, int | None]", tuple(ends))


def compared(first: Reading, last: Reading, positions: tuple[int | None, int | None] = (None, None)) -> dict[str, Any]:
    before, after = (case().history(position) for position in positions)
    return cast("dict[str, Any]", difference((before, first), (after, last)))


def reading(until: str | None = None, policy: str = "range/1") -> Reading:
    return Reading(parse_instant(until) if until else None, catalogue.policy(policy))


def test_a_range_gives_both_ends_and_no_best_figure() -> None:
    estimate = killed(scope="event:grain-quay-shelling")
    assert figures(estimate) == (40, None, 60)
    assert [each["verbatim"] for each in estimate["used"]] == ["between 40 and 60"]


def test_dozens_is_shown_by_its_word_and_set_aside_for_the_figures() -> None:
    [dozens] = killed(scope="event:grain-quay-shelling")["set_aside"]
    assert (dozens["code"], dozens["verbatim"], dozens["lower"]) == ("worded", "dozens", None)


def test_a_figure_of_killed_or_injured_never_comes_beside_one_of_killed() -> None:
    assert [each["source"] for each in killed(by("15"))["used"]] == ["lantern-monitor"]
    union = case().estimate("killed_or_injured", {}, "incident")
    assert figures(union) == (200, 200, 200)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("15", (150, 150, 150, "agreed")),
        ("16", (31, 150, 150, "contested")),
        ("17", (31, 96, 96, "contested")),
        ("18", (96, 96, 96, "agreed")),
        ("20", (104, 104, 104, "agreed")),
    ],
)
def test_the_count_of_each_day_with_what_had_been_lowered_and_taken_back(day: str, expected: tuple[Any, ...]) -> None:
    estimate = killed(by(day))
    assert (*figures(estimate), "contested" if estimate["contested"] else "agreed") == expected


def test_the_newest_figure_is_the_lowered_one_and_not_the_greatest() -> None:
    assert figures(killed(by("17"), policy="latest/1"))[1] == 96


def test_the_monitor_revised_its_count_down_and_up_again() -> None:
    records = cast("list[Body]", case().read("revisions/1")["records"])
    [lantern] = [each for each in records if (each["source"], each["scope"]) == ("lantern-monitor", "incident")]
    assert (lantern["n_revisions"], lantern["direction_changes"]) == (2, 1)
    assert [lantern[name] for name in ("min", "max", "spread", "latest_to_first")] == [96, 150, "0.3600", "0.6933"]
    assert (lantern["first"]["figure"], lantern["latest"]["figure"]) == (150, 104)
    assert lantern["days_until_within_20_percent"] == 2


def test_a_lowered_count_is_a_negative_difference_and_a_figure_taken_back_leaves_nothing() -> None:
    learned = {each["day"]: each for each in cast("list[Body]", case().read("escalation/1")["learned"])}
    [lowered] = learned["2024-05-17"]["figures"]
    assert (lowered["before"]["figure"], lowered["after"]["figure"], lowered["newly_reported"]) == (150, 96, -54)
    [gone] = learned["2024-05-18"]["figures"]
    assert (gone["source"], gone["before"]["figure"], gone["after"]) == ("ministry-of-ports", 31, None)


def levels(**asked: Any) -> dict[str, int]:
    return {day["day"]: day["level"] for day in cast("list[Body]", case().read("escalation/1", **asked)["happened"])}


def test_14_may_was_grave_as_said_that_day_and_graver_as_known_in_september() -> None:
    assert levels(until=by("14")) == {"2024-05-14": 4}
    assert levels()["2024-05-14"] == 5
    assert levels(until="2024-09-01T00:00:00Z")["2024-05-14"] == 4


def test_15_may_was_level_4_only_as_long_as_we_had_it_mistyped() -> None:
    position = next(each.position for each in case().facts if isinstance(each.fact, ReportCorrected))
    assert levels(position=position - 1)["2024-05-15"] == 4
    assert levels(position=position)["2024-05-15"] == 2
    assert levels(until=by("15"))["2024-05-15"] == 2, "a correction counts at every reported moment"


def test_a_truce_is_an_event_and_raises_no_level() -> None:
    [truce] = [day for day in cast("list[Body]", case().read("escalation/1")["happened"]) if day["day"] == "2024-05-18"]
    assert (truce["level"], [event["tier"] for event in truce["events"]]) == (0, ["easing"])


def test_a_count_of_two_days_is_in_the_phase_of_its_first_day_with_its_period() -> None:
    phases = cast("list[Body]", case().read("escalation/1")["phases"])
    assert [(phase["from"], phase["to"], phase["level"]) for phase in phases] == [
        ("2024-05-14", "2024-05-14", 5),
        ("2024-05-15", "2024-05-15", 2),
        ("2024-05-16", "2024-05-18", 0),
    ]
    [claim] = phases[0]["undated"]
    assert (claim["best"], claim["period"]["latest"]) == (131, "2024-05-15T21:59:59Z")


def test_from_15_to_17_may_the_source_revised_and_we_corrected_nothing() -> None:
    found = compared(reading(by("15")), reading(by("17")))
    [revised] = found["revised_by_source"]
    assert (revised["before"]["verbatim"], revised["after"]["verbatim"], revised["break"]) == ("150", "96", False)
    assert not found["corrected_by_us"] + found["withdrawn_by_source"] + found["removed_by_us"]


def test_from_16_to_18_may_the_ministry_withdrew_its_figure() -> None:
    [withdrawn] = compared(reading(by("16")), reading(by("18")))["withdrawn_by_source"]
    assert (withdrawn["source"], withdrawn["what"], withdrawn["when"]["latest"]) == (
        "ministry-of-ports",
        "taken back",
        "2024-05-18T21:59:59Z",
    )


def test_our_slip_is_a_correction_of_ours_with_its_cause() -> None:
    position = next(each.position for each in case().facts if isinstance(each.fact, ReportCorrected))
    found = compared(reading(), reading(), (position - 1, position))
    [corrected] = found["corrected_by_us"]
    assert (corrected["cause"], [change["field"] for change in corrected["changed"]]) == ("transcription", ["claims"])
    [estimate] = found["estimates"]
    assert (estimate["scope"], estimate["before"]["best"]["figure"]) == ("event:warehouse-raid", 30)
    assert estimate["after"]["best"]["figure"] == 3
    assert not found["revised_by_source"]


def test_what_became_known_in_september_is_learned_then() -> None:
    found = compared(reading("2024-09-01T00:00:00Z"), reading("2024-09-03T00:00:00Z"))
    assert {claim["verbatim"] for each in found["learned"] for claim in each["claims"]} == {"at least 110", "131"}
    assert {(each["scope"], each["before"] is None) for each in found["estimates"]} == {
        ("quay-14-may", True),
        ("the-two-days", True),
    }


def test_each_reading_is_weighed_by_its_own_policy() -> None:
    found = compared(reading(by("16")), reading(by("16"), "latest/1"))
    assert not found["learned"]
    [incident] = [each for each in found["estimates"] if each["scope"] == "incident"]
    assert (incident["before"]["best"]["figure"], incident["after"]["best"]["figure"]) == (150, 31)
