"""UCDP: each event is an incident, each row a whole statement, and every cell comes back as it was."""

import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from service.formats import registry
from service.formats.files.csv_rows import CsvRow as Read
from service.formats.files.csv_rows import read_rows
from service.formats.importer import ImportSource, UnreadableSource
from tests.service.coded_events import UCDP, Here, Row, read, write
from tests.service.importers import Sample, coded

FOLDER = os.environ.get("KNOWNWHEN_REALDATA")
FILE = "static/ucdp_candidate_2021_GEDEvent_v21_01_21_12.csv.gz"
ALL = os.environ.get("REALDATA_VERSIONS") == "all"
SOME = 25
"""Every which row of the real file is recorded, unless all are."""

pytestmark = pytest.mark.one_server_will_do

SAMPLE = Sample(coded(UCDP, "Panamá"))

RELEASE, NEXT, LAST = "2022-02-20", "2022-06-20", "2022-09-20"


@pytest.fixture
def here(database_url: str, capfd: pytest.CaptureFixture[str]) -> Here:
    return Here(database_url, capfd)


def report(tmp_path: Path, **cells: str) -> dict[str, Any]:
    (found,), bad = read("ucdp", write(tmp_path / "ged.csv", [UCDP | cells]))
    assert not bad
    return found


def test_a_row_says_who_was_killed_where_when_and_by_whom(tmp_path: Path) -> None:
    found = report(tmp_path)
    assert (found["incident"], found["event"], found["external_ids"]) == ("ucdp-1001", "ucdp-1001", {"ucdp": "1001"})
    assert (found["kind"], found["method"], found["occurred"]) == ("attack_launched", "other", "2021-08-26")
    assert found["complete"]
    assert found["attributes"] == UCDP
    assert found["places"] == [
        {
            "name": "Al-Quṣayr town",
            "admin1": "Northern province",
            "country": "YE",
            "lat": "34.564400",
            "lon": "-0.5",
            "precision": "vicinity",
        }
    ]
    assert [(each["slug"], each["type"]) for each in found["actors"]] == [
        ("government-of-utopia", "state_forces"),
        ("rebels-of-utopia", "armed_group"),
    ]
    whole, event = found["claims"]
    assert whole["count"] == event["count"] == {"lower": 8, "best": 10, "upper": 14}
    assert (whole["scope"], event["scope"]) == ("incident", "event")
    assert [(each["population"], each["count"]["best"]) for each in whole["parts"]] == [
        ({"status": ["civilian"]}, 2),
        ({"status": ["state_forces"], "of": "government-of-utopia"}, 3),
        ({"status": ["armed_group"], "of": "rebels-of-utopia"}, 4),
        ({"status": ["unknown"]}, 1),
    ]


def test_how_exact_a_day_is_and_who_the_sides_are_follows_the_codebook(tmp_path: Path) -> None:
    assert report(tmp_path, date_end="2021-08-28 00:00:00.000", date_prec="2")["occurred"] == "2021-08-26/2021-08-28"
    assert report(tmp_path, date_prec="2")["occurred"] == "2021-08-26~"
    one_sided = report(tmp_path, type_of_violence="3", side_b="Civilians", deaths_b="0", gwnoa="")
    assert (one_sided["initiator"], one_sided["targets"]) == ("government-of-utopia", ["civilians"])
    assert [each["type"] for each in one_sided["actors"]] == ["armed_group", "civilian"]
    assert [each["id"] for each in one_sided["claims"][0]["parts"]] == ["all.civilians", "all.a", "all.unknown"]
    unknown = report(tmp_path, side_a="XXX1", side_b="XXX1")
    assert unknown["parties"] == ["xxx1", "xxx1-b"]


def test_rows_that_cannot_be_taken_are_told_by_line_and_column_and_the_rest_goes_in(tmp_path: Path) -> None:
    wrong = {
        "best": "about ten",
        "high": "",
        "low": "-1",
        "date_start": "26.08.2021",
        "date_end": "2021-08-01",
        "latitude": "91.0",
        "type_of_violence": "4",
        "id": "",
    }
    path = write(tmp_path / "ged.csv", [UCDP, *(UCDP | {name: cell} for name, cell in wrong.items()), UCDP])
    with path.open("ab") as more:
        more.write(b'1,2\r\n"1"2\r\n' + b",".join([b"\0"] * len(UCDP)) + b"\r\n")
    reports, bad = read("ucdp", path)
    assert len(reports) == 2
    # Each row goes over three lines: its articles do.
    lines = [2 + 3 * nth for nth in range(1, len(wrong) + 1)]
    after = lines[-1] + 6
    assert [(each.where.line, each.where.column) for each in bad] == [
        *zip(lines, wrong, strict=True),
        (after, None),
        (after + 1, None),
        (after + 2, "id"),
    ]
    assert bad[0].reason == "“about ten” is not a whole number."
    assert all(each.reason.endswith(".") for each in bad)


def test_what_is_no_such_file_is_said_before_anything_is_read(tmp_path: Path) -> None:
    for path, given, why in (
        (tmp_path / "none.csv", {}, "There is no file"),
        (write(tmp_path / "other.csv", [{"id": "1", "best": "2"}]), {}, "no column “type_of_violence”, “side_a”"),
        (write(tmp_path / "ged.csv", [UCDP]), {"reported_at": "yesterday"}, "--reported-at: “yesterday”"),
    ):
        with pytest.raises(UnreadableSource, match=why):
            read("ucdp", path, **given)
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"a,b\n" * 1000)[:40])
    with pytest.raises(UnreadableSource, match="cannot be read"):
        list(read_rows(tmp_path / "cut.csv.gz"))


def test_a_file_packed_or_not_gives_the_same_reports_and_is_read_to_its_last_byte(tmp_path: Path) -> None:
    path = write(tmp_path / "ged.csv", [UCDP | {"id": str(number)} for number in range(1, 500)])
    packed = tmp_path / "ged.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read("ucdp", packed) == read("ucdp", path)
    told: list[int] = []
    source = ImportSource((path, packed), advance=told.append)
    list(registry.IMPORTERS["ucdp"].read(source))
    assert sum(told) == registry.IMPORTERS["ucdp"].steps(source) == path.stat().st_size + packed.stat().st_size


def test_twice_changes_nothing_and_a_release_that_says_otherwise_is_a_revision(here: Here, tmp_path: Path) -> None:
    first = [UCDP, UCDP | {"id": "1002"}]
    second = [UCDP | {"best": "12", "deaths_b": "6", "side_b": "Rebels of the north"}, UCDP | {"id": "1002"}]

    def released(rows: list[Row], at: str) -> int:
        before = here.facts()
        assert here.imported("ucdp", write(tmp_path / f"{at}.csv", rows), reported_at=at)["ok"]
        return here.facts() - before

    assert released(first, RELEASE) == 5
    assert released(first, RELEASE) == 0
    assert released(second, NEXT) == 2
    assert released(first, LAST) == 2  # back at what it was, which is a revision too
    assert released(second, NEXT) == 0
    for until, at in ((RELEASE, first), (NEXT, second), (LAST, first)):
        assert here.rows("ucdp", reported_until=f"{until}T23:59:59Z") == at
    assert here.exported("ucdp", reported_until="2022-01-01T00:00:00Z").decode().count("\r\n") == 1


def test_without_a_release_another_file_is_another_statement(here: Here, tmp_path: Path) -> None:
    path = write(tmp_path / "ged.csv", [UCDP])
    here.imported("ucdp", path)
    once = here.facts()
    here.imported("ucdp", path)
    assert here.facts() == once
    here.imported("ucdp", write(tmp_path / "later.csv", [UCDP | {"best": "11"}]))
    assert [row["best"] for row in here.rows("ucdp")] == ["11"]


def test_every_cell_comes_back_as_it_was(here: Here, tmp_path: Path) -> None:
    odd = UCDP | {"low": "12", "best": "10", "high": "9", "source_article": "long “” \r\n" * 3000, "where_prec": "9"}
    extra = odd | {"id": "7", "a new column": "+1"}
    path = write(tmp_path / "ged.csv", [UCDP | {"a new column": ""}, extra])
    assert here.imported("ucdp", path)["ok"]
    assert here.exported("ucdp") == path.read_bytes()
    ends = [row for row in here.rows("csv") if row["population"] == "everyone" and row["incident"] == "ucdp-7"]
    assert [(row["lower"], row["best"], row["upper"]) for row in ends] == [("9", "10", "12")]
    assert (here.flags("ucdp-7"), here.flags("ucdp-1001")) == ({"inconsistent"}, set())


@pytest.mark.skipif(not FOLDER, reason="KNOWNWHEN_REALDATA names no folder")
def test_the_real_file_is_taken_whole_and_given_back_cell_by_cell(here: Here, tmp_path: Path) -> None:
    whole = Path(FOLDER or "") / FILE
    events = [row.cells for row in read_rows(whole) if isinstance(row, Read)]
    reports, bad = read("ucdp", whole, reported_at=RELEASE)
    assert (len(events), len(reports), bad) == (17_407, 17_407, [])
    assert [each["attributes"] for each in reports] == events

    inconsistent = [row for row in events if not int(row["low"]) <= int(row["best"]) <= int(row["high"])]
    assert len(inconsistent) == 707
    chosen = events if ALL else [*events[::SOME], *inconsistent[::SOME], max(events, key=lambda row: len(str(row)))]
    told = {row["id"]: row for row in chosen}
    path = write(tmp_path / "ged.csv", told.values())
    came = here.imported("ucdp", whole if ALL else path, reported_at=RELEASE)
    assert came["ok"]
    given_back = here.rows("ucdp")
    assert list(given_back[0]) == list(next(read_rows(whole)).cells)
    assert {row["id"]: row for row in given_back} == told
    before = here.facts()
    here.imported("ucdp", path, reported_at=RELEASE)
    assert here.facts() == before == 1 + 2 * len(told)
