"""The traps of the sample that a good answer survives, beside those told in test_sample.py: a sentence for each."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, cast

from domain.facts.union import ReportFiled
from tests.domain.book import Book, load

SAMPLE = Path(__file__).parents[2] / "samples" / "syria-coast-2025"
CIVILIANS = {"status": ["civilian"]}

Row = dict[str, Any]


@cache
def sample() -> Book:
    return load(SAMPLE)


def claims() -> list[Row]:
    return cast("list[Row]", sample().read("claims/1")["claims"])


def of(verbatim: str) -> Row:
    [found] = [each for each in claims() if each["verbatim"] == verbatim]
    return found


def test_killed_or_wounded_is_not_killed() -> None:
    [sixteen] = [each for each in claims() if each["measure"] == "killed_or_injured"]
    assert sixteen["verbatim"] == "16"
    killed = [each for each in cast("list[Row]", sample().read()["estimates"]) if each["measure"] == "killed"]
    used = [claim["claim"] for each in killed for claim in (*each["used"], *each["set_aside"])]
    assert sixteen["claim"] not in used


def test_1018_is_the_sum_its_source_gave_and_nobody_else_adds() -> None:
    whole = of("1,018")
    report = whole["claim"].partition("#")[0]
    parts = [each["lower"] for each in claims() if each["claim"].startswith(f"{report}#1.")]
    assert sorted(parts) == [125, 148, 745]
    assert sum(parts) == whole["best"]
    assert "parts_do_not_add" not in whole["flags"]
    said = {each[name] for each in claims() for name in ("lower", "upper", "best")}
    for estimate in cast("list[Row]", sample().read()["estimates"]):
        ends = [estimate[name]["figure"] for name in ("lower", "upper", "best") if estimate[name]]
        assert set(ends) <= said


def test_an_older_figure_published_late_undoes_no_newer_one() -> None:
    late = of("229")
    [filed] = [
        each
        for each in sample().facts
        if isinstance(each.fact, ReportFiled) and str(each.fact.report_id) == late["claim"].partition("#")[0]
    ]
    key = ("killed", CIVILIANS, "incident")
    before = sample().estimate(*key, position=filed.position - 1)
    after = sample().estimate(*key, position=filed.position)
    assert before["best"] == after["best"]
    assert [each["code"] for each in after["set_aside"] if each["source"] == "rudaw"] == ["outrun"]


def test_civilians_alone_come_to_exceed_what_the_same_monitor_last_said_of_everyone() -> None:
    until = "2025-03-12T23:59:59+03:00"
    everyone = sample().estimate("killed", {}, "incident", until=until)
    [sohr] = [each for each in everyone["used"] if each["source"] == "sohr"]
    assert sohr["verbatim"] == "1,311"
    assert (sohr["lower"], sohr["flags"]) == (1383, ["part_exceeds"])


def test_what_counts_all_of_syria_is_never_beside_what_counts_the_coast() -> None:
    nationwide = of("2,644")
    assert nationwide["scope"] != "incident"
    for estimate in cast("list[Row]", sample().read()["estimates"]):
        if estimate["scope"] == "incident":
            assert nationwide["claim"] not in [each["claim"] for each in (*estimate["used"], *estimate["set_aside"])]
