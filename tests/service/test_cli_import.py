"""Import on the command line: what goes in, what does not and why, and that to do it again changes nothing."""

import io
import json
import multiprocessing
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.api.batches.ipc import PackedLine, unpack
from service.api.batches.line import ParsedLine
from service.console import import_, import_reader
from service.console.command import CannotRun, Misuse
from service.console.import_ import ImportOptions
from service.settings import read_settings
from tests.service.console import data_folder, ending, run, running
from tests.service.servers import one
from tests.service.serving import toll
from tests.service.tables_imported import FILE, repository

pytestmark = pytest.mark.one_server_will_do

OPEN = {"open": {"slug": "coast", "title": "The coast", "utc_offset": "+03:00"}}
REGISTER = {"register": {"slug": "sohr", "name": "SOHR", "type": "monitor", "reliability": "B"}}
FACTS = "SELECT count(*) FROM public.facts"


def report(figure: str, **given: object) -> dict[str, Any]:
    return {"incident": "coast", **toll(figure, **given)}


def write(path: Path, *lines: object) -> Path:
    texts = (each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines)
    path.write_bytes(b"\n".join(texts))
    return path


@pytest.fixture
def imported(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Return what imports a file here, and returns the exit status and the summary."""
    monkeypatch.setenv("DATABASE_URL", database_url)

    def importing_(path: Path, **options: Any) -> tuple[int, dict[str, Any]]:
        status = import_.import_(read_settings(), ImportOptions("ndjson", [path], json=True, **options))
        return status, json.loads(capfd.readouterr().out)

    return importing_


def test_twice_is_once(imported: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path, database_url: str) -> None:
    path = write(tmp_path / "a.ndjson", REGISTER, OPEN, report("311"), b"", report("532", reported_at="2025-03-13"))
    quiet = {"total": 0, "codes": {}, "listed": []}
    none = {"refused": 0, "invalid": 0, "failed": 0, "position": 4, "warnings": quiet, "errors": []}
    assert imported(path) == (0, {"ok": True, "lines": 4, "recorded": 4, "replayed": 0, **none})
    assert imported(path) == (0, {"ok": True, "lines": 4, "recorded": 0, "replayed": 4, **none})
    assert one(database_url, FACTS) == 4


def test_a_summary_says_where_its_last_new_line_stands_and_no_position_where_nothing_was_recorded(
    database_url: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.ndjson", REGISTER, OPEN, report("311"))
    done = run("import", "ndjson", str(path), DATABASE_URL=database_url)
    assert done.stdout.endswith(
        "3 recorded, 0 already there, 0 refused, 0 bad. The last of them stands at position 3.\n"
    )
    again = run("import", "ndjson", str(path), DATABASE_URL=database_url)
    assert again.stdout.endswith("0 recorded, 3 already there, 0 refused, 0 bad.\n")


def test_what_is_to_be_known_of_what_was_read_is_told_for_people_and_for_machines(
    database_url: str, tmp_path: Path
) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        'table = "t"\ntitle = "{id}"\nformat = "csv"\nkey = ["id"]\nsource = "s"\noccurred = "{kiled}"\n'
    )
    (table := tmp_path / "t.csv").write_text("id,killed\n1,2\n")
    words = ("import", "csv", str(table), "--map", str(mapping))
    told = "No row has a column “kiled”, which the mapping file reads; did you mean “killed”?"
    done = run(*words, DATABASE_URL=database_url)
    assert (done.returncode, told in done.stdout) == (0, True)
    summary = json.loads(run(*words, "--json", DATABASE_URL=database_url).stdout)
    assert summary["notes"] == [{"file": str(table), "note": told}]


def test_each_bad_row_is_told_by_line_column_and_reason_and_the_rest_goes_in(
    imported: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path
) -> None:
    unknown = report("9")
    unknown["claims"][0]["measure"] = "kiled"
    long = b'{"incident": "' + b"x" * 70_000 + b'"}'
    lines = (OPEN, unknown, b"nonsense", report("1", incident="nowhere"), long, b'{"a": 1, "a": 2}', report("2"))
    path = write(tmp_path / "a.ndjson", *lines, b"[]")
    status, summary = imported(path, errors=tmp_path / "errors.ndjson")
    assert (status, summary["recorded"], summary["refused"], summary["invalid"]) == (1, 2, 1, 5)
    found = [(each["line"], each.get("column"), each["outcome"]) for each in summary["errors"]]
    assert found == [
        (2, "claims[0].measure", "invalid"),
        (3, None, "invalid"),
        (4, None, "refused"),
        (5, None, "invalid"),
        (6, None, "invalid"),
        (8, None, "invalid"),
    ]
    assert "did you mean “killed”?" in summary["errors"][0]["reason"]
    assert all(each["file"] == str(path) and each["reason"] for each in summary["errors"])
    kept = [json.loads(line) for line in (tmp_path / "errors.ndjson").read_text(encoding="utf-8").splitlines()]
    assert kept == summary["errors"]


def attack(day: str, **given: object) -> dict[str, Any]:
    """Tell of an attack in a report of 16 May 2015, which `day` may lie after."""
    told = {"kind": "attack_launched", "method": "air_strike", "event": day, "occurred": day, **given}
    return {"incident": "coast", "source": "sohr", "reported_at": "2015-05-16", **told}


def test_imports_warn_of_what_posts_are_warned_of(
    imported: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path
) -> None:
    path = write(tmp_path / "a.ndjson", OPEN, attack("2015-05-01"), attack("2099-12-01"), attack("2098"))
    status, summary = imported(path)
    assert (status, summary["recorded"]) == (0, 4)
    warnings = summary["warnings"]
    assert (warnings["total"], warnings["codes"]) == (2, {"occurred_after_reported": 2})
    assert [(each["file"], each["line"], each["code"]) for each in warnings["listed"]] == [
        (str(path), 3, "occurred_after_reported"),
        (str(path), 4, "occurred_after_reported"),
    ]
    assert "(2099-12-01) after it was reported (2015-05-16)" in warnings["listed"][0]["detail"]
    assert imported(path)[1]["warnings"] == warnings  # a repetition is told the same, as a post is


def test_so_many_warnings_are_listed_as_asked_for_and_one_of_each_code(
    imported: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path
) -> None:
    fallen = report("7", reported_at="2025-03-09"), report("6", reported_at="2025-03-10")
    path = write(tmp_path / "a.ndjson", OPEN, *(attack(f"{2000 + year}") for year in range(20, 50)), *fallen)

    def listed(*given: str) -> list[str]:
        asked = {"warnings": given[0]} if given else {}
        warnings = imported(path, **asked)[1]["warnings"]
        assert warnings["codes"] == {"occurred_after_reported": 30, "decrease": 1}
        return [each["code"] for each in warnings["listed"]]

    dated = "occurred_after_reported"
    assert listed() == [*[dated] * 20, "decrease"]
    assert listed("2") == [dated, dated, "decrease"]
    assert listed("0") == []
    assert listed("all") == [*[dated] * 30, "decrease"]


@pytest.mark.parametrize("limit", ["some", "-1", "1.5", ""])
def test_how_many_warnings_must_be_a_number_or_all(limit: str, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="or “all”"):
        import_.import_(read_settings(), ImportOptions("ndjson", [write(tmp_path / "a.ndjson", OPEN)], warnings=limit))


def test_people_read_warnings_by_line_and_their_number_by_code(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    path = write(tmp_path / "a.ndjson", OPEN, attack("2099-12-01"), attack("2099-12-02"))
    assert import_.import_(read_settings(), ImportOptions("ndjson", [path], warnings="1")) == 0
    first, codes, summary = capfd.readouterr().out.splitlines()
    assert first.startswith(f"{path}, line 2: occurred_after_reported: It is said to have happened (2099-12-01)")
    assert codes == "2 warnings: 2 occurred_after_reported. Listed: 1; --warnings all lists all."
    assert summary.startswith("Imported: 3 lines; 3 recorded")


def test_a_large_import_is_read_beside_and_comes_to_the_same(
    imported: Callable[..., tuple[int, dict[str, Any]]],
    tmp_path: Path,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unknown = report("9")
    unknown["claims"][0]["measure"] = "kiled"
    lines = (REGISTER, OPEN, report("7", tags=["a"]), unknown, b"nonsense", report("8", incident="nowhere"))
    path = write(tmp_path / "a.ndjson", *lines, *(report(str(figure)) for figure in range(1_100)))
    monkeypatch.setattr(import_reader, "LARGE", 1)
    read: list[int] = []
    monkeypatch.setattr(import_reader, "unpack", lambda packed: (read.append(1), unpack(packed))[1])
    first = imported(path)
    assert first[1]["recorded"] == 1_103
    assert len(read) == 1_104
    assert [(each["line"], each["outcome"]) for each in first[1]["errors"]] == [
        (4, "invalid"),
        (5, "invalid"),
        (6, "refused"),
    ]
    monkeypatch.setattr(import_reader, "LARGE", 1 << 40)
    again = imported(path)
    assert (again[1]["recorded"], again[1]["replayed"]) == (0, 1_103)  # so they had the same ids and hashes
    assert again[1]["errors"] == first[1]["errors"]
    assert one(database_url, FACTS) == 1_103


def test_what_goes_wrong_beside_is_told_here(
    imported: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_reader, "LARGE", 1)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(b"no gzip at all")
    with pytest.raises(CannotRun, match=r"a\.csv\.gz"):
        import_.import_(read_settings(), ImportOptions("ucdp", [path]))
    path = write(tmp_path / "a.ndjson", OPEN, *(report(str(figure)) for figure in range(6_000)))

    def killing(packed: PackedLine) -> ParsedLine:
        for process in multiprocessing.active_children():
            process.kill()
        return unpack(packed)

    monkeypatch.setattr(import_reader, "unpack", killing)
    with pytest.raises(CannotRun, match="Run it again: nothing is recorded twice"):
        imported(path)
    assert not multiprocessing.active_children()
    monkeypatch.setattr(import_reader, "unpack", unpack)
    assert imported(path)[1]["invalid"] == 0


def test_people_are_shown_the_first_bad_rows_and_told_of_the_rest(
    imported: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.ndjson", OPEN, *[b"nonsense"] * 25)
    assert import_.import_(read_settings(), ImportOptions("ndjson", [path])) == 1
    out = capfd.readouterr().out.splitlines()
    assert out[0].startswith(f"{path}, line 2: It is not JSON")
    assert out[20] == "… and 5 more; --json or --errors FILE tells all."
    assert out[21].startswith("Imported: 26 lines; 1 recorded, 0 already there, 0 refused, 25 bad.")
    assert imported(path)[1]["invalid"] == 25


def test_lines_come_in_on_standard_input(
    imported: Callable[..., tuple[int, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(OPEN).encode() + b"\r\n")))
    assert imported(Path("-"))[1]["recorded"] == 1


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        (ImportOptions("ndjsn", [Path("x")]), 2, "There is no format “ndjsn”; did you mean “ndjson”?"),
        (ImportOptions("csv", [Path("x")]), 2, "--map FILE"),
        (ImportOptions("ndjson", [Path("no-such-file")]), 3, "no-such-file cannot be read"),
        (ImportOptions("ndjson", [Path("/")]), 3, "/ cannot be read"),
        (ImportOptions("acled", [Path("x")], path="x"), 2, "--path names a table in a repository, so it is for git"),
        (ImportOptions("csv", [Path("x")], restore=True, map=Path("x")), 2, "--restore takes one file"),
        (ImportOptions("ndjson", [Path("x"), Path("y")], restore=True), 2, "--restore takes one file"),
        (ImportOptions("ndjson", [Path("no-such-file")], restore=True), 3, "no-such-file cannot be read"),
    ],
)
def test_what_cannot_be_is_told(
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    asked: ImportOptions,
    status: int,
    said: str,
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    ended, told = ending(lambda settings: import_.import_(settings, asked), capfd)
    assert (ended, said in told) == (status, True), told


def test_a_history_that_was_imported_by_another_mapping_file_is_told_as_such(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    repo, map_ = repository(tmp_path / "repo", [("2024-03-01T12:00:00Z", b"id,dead\n1,3\n")]), tmp_path / "map.toml"
    least = 'table = "towns"\ntitle = "{id}"\nformat = "csv"\nkey = ["id"]\nsource = "s"\n'
    asked = ImportOptions("git", [repo], map=map_, path=FILE, json=True)
    for claim, status in (("", 0), ('claims = [{ column = "dead", measure = "killed" }]', 1)):
        map_.write_text(least + claim, encoding="utf-8")
        assert import_.import_(read_settings(), asked) == status
        errors = json.loads(capfd.readouterr().out)["errors"]
    assert [("report_id" in each, "another name" in each["reason"]) for each in errors] == [(False, True)]


def test_errors_that_cannot_be_written_are_told_before_anything_is_recorded(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    asked = ImportOptions("ndjson", [write(tmp_path / "a.ndjson", OPEN)], errors=tmp_path / "no" / "folder")
    status, told = ending(lambda settings: import_.import_(settings, asked), capfd)
    assert (status, "cannot be written" in told, one(database_url, FACTS)) == (3, True, 0)


def test_an_import_that_is_stopped_and_repeated_ends_the_same(database_url: str, tmp_path: Path) -> None:
    number = 2_500
    path = write(tmp_path / "a.ndjson", OPEN, *(report(str(each), reported_order=each) for each in range(number)))
    with running("import", "ndjson", str(path), DATABASE_URL=database_url) as command:
        while not one(database_url, FACTS):
            assert command.process.poll() is None, command.err
        assert command.stop(signal.SIGINT) == 130
        assert "Stopped; what was recorded stays." in command.err
    there = one(database_url, FACTS)
    done = run("import", "ndjson", str(path), "--json", DATABASE_URL=database_url)
    summary = json.loads(done.stdout)
    assert (done.returncode, summary["recorded"] + summary["replayed"]) == (0, number + 1)
    assert 0 < int(str(there)) < number + 2
    assert summary["replayed"] > 0
    assert one(database_url, FACTS) == number + 2  # and SOHR, which introduced itself


def test_an_empty_folder_is_enough_and_another_knownwhen_may_run_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", OPEN, report("311"))
    with data_folder() as data:
        first = run("import", "ndjson", str(path), KNOWNWHEN_DATA=data)
        assert (first.returncode, "2 recorded" in first.stdout) == (0, True), first.stderr
        with running("serve", "--port", "8765", "--no-projector", KNOWNWHEN_DATA=data) as command:
            command.wait_for("Knownwhen answers")
            again = run("import", "ndjson", str(path), KNOWNWHEN_DATA=data)
            assert (again.returncode, "2 already there" in again.stdout) == (0, True), again.stderr
            restored = run("import", "ndjson", "--restore", str(path), KNOWNWHEN_DATA=data)
            assert restored.returncode == 3
