"""ACLED's list of deleted events: what it deleted is withdrawn by ACLED at that moment, and stands before it."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from service.console import import_
from service.console.command import CannotRun
from service.formats import registry
from service.formats.importer import ImportSource, SourceRetraction
from service.settings import read_settings
from tests.service.coded_events import ACLED, Here, Row, write

pytestmark = pytest.mark.one_server_will_do

ONE, TWO = (ACLED | {"event_id_cnty": each, "fatalities": "4", "timestamp": "1675191965"} for each in ("KE1", "KE2"))
SAID, DELETED = "2023-01-31T19:06:05Z", "2023-02-16T00:00:00Z"


@pytest.fixture
def here(database_url: str, capfd: pytest.CaptureFixture[str]) -> Here:
    return Here(database_url, capfd)


def deleted(path: Path, *rows: Sequence[str], columns: Sequence[str] = ("event_id_cnty", "deleted_timestamp")) -> Path:
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([columns, *rows])
    return path


def total(here: Here, **asked: Any) -> int:
    """Return how many were killed in all events that stand, as ACLED's users add them up."""
    return sum(int(row["fatalities"]) for row in here.rows("acled", **asked))


def ids(here: Here, **asked: Any) -> list[str]:
    return [row["event_id_cnty"] for row in here.rows("acled", **asked)]


@pytest.mark.parametrize(
    "moment", ["1676505600", "1676505600.0", DELETED, "2023-02-16 00:00:00", "2023-02-16T03:00:00+03:00"]
)
def test_a_deleted_event_counts_until_acled_deleted_it(here: Here, tmp_path: Path, moment: str) -> None:
    here.imported("acled", write(tmp_path / "acled.csv", [ONE, TWO]))
    before = here.facts()
    came = here.imported("acled", deleted(tmp_path / "deleted.csv", ["KE2", moment]))
    assert (came["ok"], came["recorded"], here.facts() - before) == (True, 1, 1)
    assert total(here) == 4
    assert here.rows("acled") == [ONE]
    assert here.rows("acled", reported_until="2023-02-15T23:59:59Z") == [ONE, TWO]
    assert here.rows("acled", reported_until=DELETED) == [ONE]
    assert total(here, as_of=f"@{before}") == 8


def test_the_list_again_and_a_later_download_without_the_event_change_nothing(here: Here, tmp_path: Path) -> None:
    first, gone = write(tmp_path / "acled.csv", [ONE, TWO]), deleted(tmp_path / "deleted.csv", ["KE2", "1676505600"])
    here.imported("acled", first)
    here.imported("acled", gone)
    before = here.facts()
    for path in (
        gone,
        write(tmp_path / "later.csv", [ONE]),
        first,
        deleted(tmp_path / "day.csv", ["KE2", "2023-02-16"]),
    ):
        assert here.imported("acled", path)["ok"]
    assert (here.facts(), total(here)) == (before, 4)


def test_an_event_that_the_log_does_not_know_is_told_and_is_no_fault(here: Here, tmp_path: Path) -> None:
    here.imported("acled", write(tmp_path / "acled.csv", [ONE]))
    path = deleted(tmp_path / "deleted.csv", ["XX9", "1676505600"], ["KE1", "1676505600"])
    came = here.imported("acled", path)
    assert (came["ok"], came["lines"], came["recorded"]) == (True, 2, 1)
    (passed,) = came["passed_over"]
    assert (passed["line"], passed["name"], passed["reason"]) == (2, "XX9", "This log does not know it.")
    assert total(here) == 0


def test_every_statement_that_acled_had_made_of_the_event_is_withdrawn(here: Here, tmp_path: Path) -> None:
    for nth, fatalities in enumerate(("4", "9")):
        row = TWO | {"fatalities": fatalities, "timestamp": str(1675191965 + 1000 * nth)}
        here.imported("acled", write(tmp_path / f"{nth}.csv", [row]))
    came = here.imported("acled", deleted(tmp_path / "deleted.csv", ["KE2", "1676505600"]))
    assert came["recorded"] == 1
    assert (total(here), total(here, reported_until="2023-02-01T00:00:00Z")) == (0, 9)
    assert total(here, reported_until=SAID) == 4


def test_what_acled_publishes_again_stands_and_may_be_deleted_again(here: Here, tmp_path: Path) -> None:
    here.imported("acled", write(tmp_path / "acled.csv", [TWO]))
    here.imported("acled", deleted(tmp_path / "deleted.csv", ["KE2", "1676505600"]))
    again = TWO | {"fatalities": "5", "timestamp": "1680000000"}
    here.imported("acled", write(tmp_path / "again.csv", [again]))
    assert here.rows("acled") == [again]
    both = deleted(tmp_path / "both.csv", ["KE2", "1690000000"], ["KE2", "1676505600"])
    assert here.imported("acled", both)["ok"]
    moments = ("2023-02-01", "2023-02-20", "2023-04-01", "2023-08-01")
    assert [total(here, reported_until=f"{day}T00:00:00Z") for day in moments] == [4, 0, 5, 0]
    before = here.facts()
    assert here.imported("acled", both)["ok"]
    assert here.facts() == before


def test_what_was_published_after_the_deletion_only_is_passed_over(here: Here, tmp_path: Path) -> None:
    here.imported("acled", write(tmp_path / "acled.csv", [TWO | {"timestamp": "1680000000"}]))
    came = here.imported("acled", deleted(tmp_path / "deleted.csv", ["KE2", "1676505600"]))
    assert [each["reason"] for each in came["passed_over"]] == ["What this log knows of it was published after that."]
    assert total(here) == 4


def test_files_and_list_may_come_in_one_command_in_any_order(here: Here, tmp_path: Path) -> None:
    events = write(tmp_path / "acled.csv", [ONE, TWO])
    gone = deleted(tmp_path / "deleted.csv", ["KE2", "1676505600"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", here.url)
        assert import_.import_(read_settings(), import_.ImportOptions("acled", [gone, events], json=True)) == 0
    assert total(here) == 4


def test_a_list_is_read_after_all_events_however_many_there_are(tmp_path: Path) -> None:
    gone = deleted(tmp_path / "deleted.csv", ["KE2", "1676505600"], ["KE1", "1676000000"])
    read = list(registry.IMPORTERS["acled"].read(ImportSource((gone, write(tmp_path / "acled.csv", [ONE, TWO])))))
    assert [each.name for each in read[-2:] if isinstance(each, SourceRetraction)] == ["KE1", "KE2"]
    assert not any(isinstance(each, SourceRetraction) for each in read[:-2])


def test_rows_of_the_list_that_cannot_be_read_are_told_by_line_and_column(here: Here, tmp_path: Path) -> None:
    wrong: list[Row] = [
        {"event_id_cnty": "KE1", "deleted_timestamp": "last week", "note": ""},
        {"event_id_cnty": "KE1", "deleted_timestamp": "1.68E+09", "note": ""},
        {"event_id_cnty": "", "deleted_timestamp": "1676505600", "note": ""},
        {"event_id_cnty": "KE1", "deleted_timestamp": "99999999999", "note": ""},
    ]
    here.imported("acled", write(tmp_path / "acled.csv", [ONE]))
    came = here.imported("acled", write(tmp_path / "deleted.csv", wrong))
    told = [(each["line"], each.get("column")) for each in came["errors"]]
    assert told == [(2, "deleted_timestamp"), (3, "deleted_timestamp"), (4, "event_id_cnty"), (5, "reported_at")]
    assert "digits were lost" in came["errors"][1]["reason"]
    assert (came["ok"], total(here)) == (False, 4)


def test_a_row_whose_file_does_not_tell_when_it_was_said_is_not_withdrawn_by_a_guess(
    here: Here, tmp_path: Path
) -> None:
    undated = {name: cell for name, cell in TWO.items() if name != "timestamp"}
    path, gone = write(tmp_path / "old.csv", [undated]), deleted(tmp_path / "deleted.csv", ["KE2", "1676505600"])
    here.imported("acled", path)
    (fault,) = here.imported("acled", gone)["errors"]
    assert "its file does not tell when" in fault["reason"]
    assert total(here) == 4


def test_a_row_that_was_dated_on_the_command_line_is_withdrawn(here: Here, tmp_path: Path) -> None:
    undated = {name: cell for name, cell in TWO.items() if name != "timestamp"}
    here.imported("acled", write(tmp_path / "old.csv", [undated]), reported_at="2023-02-01")
    assert here.imported("acled", deleted(tmp_path / "deleted.csv", ["KE2", "1676505600"]))["ok"]
    assert (total(here), total(here, reported_until="2023-02-10T00:00:00Z")) == (0, 4)


def test_an_earlier_moment_than_the_one_that_is_recorded_is_told(here: Here, tmp_path: Path) -> None:
    here.imported("acled", write(tmp_path / "acled.csv", [TWO]))
    here.imported("acled", deleted(tmp_path / "1.csv", ["KE2", "1676505600"]))
    (fault,) = here.imported("acled", deleted(tmp_path / "2.csv", ["KE2", "1676000000"]))["errors"]
    assert "which is earlier" in fault["reason"]


def test_people_are_told_in_words(here: Here, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = deleted(tmp_path / "deleted.csv", ["XX9", "1676505600"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", here.url)
        assert import_.import_(read_settings(), import_.ImportOptions("acled", [path])) == 0
    told = capfd.readouterr().out
    assert "line 2: This log does not know it. (XX9)" in told
    assert "1 passed over" in told


def test_days_of_the_list_may_be_declared_and_seconds_stand_beside_them(here: Here, tmp_path: Path) -> None:
    here.imported("acled", write(tmp_path / "acled.csv", [ONE, TWO]))
    path = deleted(tmp_path / "deleted.csv", ["KE1", "16/02/2023"], ["KE2", "1676505600"])
    assert not here.imported("acled", path)["ok"]
    assert here.imported("acled", path, dates="%d/%m/%Y")["ok"]
    assert (total(here), total(here, reported_until="2023-02-16T12:00:00Z")) == (0, 4)


def test_a_file_of_events_with_moments_of_deletion_is_not_taken_for_either(here: Here, tmp_path: Path) -> None:
    path = write(tmp_path / "both.csv", [ONE | {"deleted_timestamp": "1676505600"}])
    with pytest.raises(CannotRun, match="so it is not clear which it is"):
        here.imported("acled", path)
    assert here.facts() == 0


def test_the_answer_of_the_interface_is_taken_as_well(here: Here, tmp_path: Path) -> None:
    here.imported("acled", write(tmp_path / "acled.csv", [ONE, TWO]))
    path = tmp_path / "deleted.json"
    path.write_text('{"success": true, "data": [{"event_id_cnty": "KE2", "deleted_timestamp": 1676505600}]}')
    assert here.imported("acled", path)["ok"]
    assert here.rows("acled") == [ONE]
