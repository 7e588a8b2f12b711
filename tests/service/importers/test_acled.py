"""ACLED: each event is an incident, read by the codes that kinds of report declare; every cell comes back as it was."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from domain.reports.registry import KINDS, REPORTS
from tests.service.coded_events import ACLED, Here, read, write
from tests.service.importers import Sample, coded

pytestmark = pytest.mark.one_server_will_do

SAMPLE = Sample(coded(ACLED | {"notes": ""}, "Panamá"))


@pytest.fixture
def here(database_url: str, capfd: pytest.CaptureFixture[str]) -> Here:
    return Here(database_url, capfd)


def report(tmp_path: Path, **cells: str) -> dict[str, Any]:
    (found,), bad = read("acled", write(tmp_path / "acled.csv", [ACLED | cells]))
    assert not bad
    return found


def test_a_row_says_what_happened_where_when_and_who_took_part(tmp_path: Path) -> None:
    found = report(tmp_path)
    assert (found["incident"], found["external_ids"]) == ("acled-syr1001", {"acled": "SYR1001"})
    assert (found["kind"], found["method"], found["occurred"]) == ("attack_launched", "armed_clash", "2024-03-08")
    assert (found["reported_at"], found["complete"]) == ("2024-03-11T23:33:20Z", True)
    assert found["attributes"] == ACLED
    assert found["text"] == {"summary": ACLED["notes"]}
    assert found["parties"] == ["military-forces-of-utopia", "rebels-of-utopia"]
    assert [(each["name"], each.get("type"), each["side"]) for each in found["actors"]] == [
        ("Military Forces of Utopia", "state_forces", "1"),
        ("Police Forces", None, "1"),
        ("Allied Militia", None, "1"),
        ("Rebels of Utopia", "armed_group", "2"),
    ]
    place = {"name": "Newtown", "admin1": "Coast", "admin2": "North", "country": "SY"}
    assert found["places"] == [place | {"lat": "35.3600", "lon": "35.93", "precision": "locality"}]
    assert [(each["scope"], each["count"]) for each in found["claims"]] == [
        ("incident", {"best": 7}),
        ("event", {"best": 7}),
    ]


def test_nobody_reported_killed_is_not_nobody_killed(tmp_path: Path) -> None:
    assert report(tmp_path, fatalities="0")["claims"][0]["count"] == {"lower": 0, "bound": "at_least"}


def test_a_date_is_as_exact_as_it_is_said_to_be_and_may_stand_in_words(tmp_path: Path) -> None:
    assert report(tmp_path, event_date="08 March 2024")["occurred"] == "2024-03-08"
    assert report(tmp_path, time_precision="2")["occurred"] == "2024-03-08~"
    assert report(tmp_path, time_precision="3")["occurred"] == "2024-03"


def test_every_case_that_asks_no_more_than_acled_says_is_read_back_as_itself_or_a_wider_one(tmp_path: Path) -> None:
    told = 0
    for kind in KINDS.values():
        for case in kind.cases.values():
            event, sub = case.codes.acled_event, case.codes.acled_sub_event
            if event and sub:
                found = report(tmp_path, event_type=event, sub_event_type=sub)
                read_back = REPORTS.validate_python({name: each for name, each in found.items() if name != "incident"})
                codes = KINDS[read_back.kind].codes(read_back)
                told += (codes.acled_event, codes.acled_sub_event) == (event, sub)
                assert codes.acled_sub_event in (sub, None), (kind.name, sub)
    assert told > 15


@pytest.mark.parametrize(
    ("event", "sub", "kind", "word"),
    [
        ("Battles", "Armed clash", "attack_launched", "armed_clash"),
        ("Battles", "Government regains territory", "attack_launched", "other"),
        ("Explosions/Remote violence", "Air/drone strike", "attack_launched", "air_strike"),
        ("Explosions/Remote violence", "Grenade", "attack_launched", "other"),
        ("Violence against civilians", "Attack", "attack_launched", "other"),
        ("Riots", "Mob violence", "attack_launched", "mob_violence"),
        ("Riots", "Violent demonstration", "protest_held", "violent"),
        ("Strategic developments", "Looting/property destruction", "property_destroyed", None),
        ("Strategic developments", "Change to group/activity", "observation_noted", None),
        ("Something new", "Whatever it is", "observation_noted", None),
    ],
)
def test_of_several_cases_the_one_is_meant_that_the_words_name(
    tmp_path: Path, event: str, sub: str, kind: str, word: str | None
) -> None:
    found = report(tmp_path, event_type=event, sub_event_type=sub)
    assert (found["kind"], found.get("method") or found.get("form")) == (kind, word)


def test_civilians_are_whom_it_was_done_to(tmp_path: Path) -> None:
    cells = {"event_type": "Violence against civilians", "sub_event_type": "Attack"}
    for inter in ("7", "Civilians"):
        found = report(tmp_path, **cells, actor2="Civilians (Utopia)", inter2=inter, inter1="1")
        assert (found["parties"], found["targets"]) == (["military-forces-of-utopia"], ["civilians-utopia"])


def test_rows_that_cannot_be_taken_are_told_by_line_and_column(tmp_path: Path) -> None:
    wrong = {"fatalities": "many", "event_date": "last week", "timestamp": "2024-03-08", "longitude": "east"}
    rows = [ACLED, *(ACLED | {name: cell} for name, cell in wrong.items())]
    reports, bad = read("acled", write(tmp_path / "acled.csv", rows))
    assert len(reports) == 1
    assert [(each.where.line, each.where.column) for each in bad] == [
        (2 + 2 * nth, name) for nth, name in enumerate(wrong, 1)
    ]


def test_a_later_download_changes_only_what_acled_changed(here: Here, tmp_path: Path) -> None:
    other = ACLED | {"event_id_cnty": "SYR1002", "fatalities": "0"}
    changed = ACLED | {"fatalities": "9", "timestamp": "1720000000"}
    back = ACLED | {"timestamp": "1730000000"}
    counted: list[int] = []
    for nth, rows in enumerate(([ACLED, other], [ACLED, other], [changed, other], [back, other])):
        assert here.imported("acled", write(tmp_path / f"{nth}.csv", rows))["ok"]
        counted.append(here.facts())
        assert here.rows("acled") == rows
    assert [later - earlier for earlier, later in pairwise(counted)] == [0, 1, 1]
    assert here.rows("acled", reported_until="2024-08-01T00:00:00Z") == [changed, other]


def test_an_older_file_keeps_its_columns_and_says_when_it_was_said(here: Here, tmp_path: Path) -> None:
    old = {name: cell for name, cell in ACLED.items() if name not in {"timestamp", "disorder_type", "tags", "iso"}}
    path = write(tmp_path / "old.csv", [old | {"event_id_no_cnty": "1001", "iso3": "SYR"}])
    assert here.imported("acled", path, reported_at="2019-05-01")["ok"]
    assert here.exported("acled", reported_until="2019-05-02T00:00:00Z") == path.read_bytes()
    assert not here.rows("acled", reported_until="2019-04-30T00:00:00Z")
