"""Tables by a mapping file: read from CSV, JSON and git, kept as reports, and written again as they were."""

import asyncio
import io
import json
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from dulwich.repo import Repo

from domain.facts.streams import incident_stream
from domain.incident.commands import CorrectReport, MoveReport, RetractReport
from domain.incident.dispatch import AnyCommand
from service import wiring
from service.answers.answer import AnswerRequest, answer
from service.eventstore.writer import WriteRequest
from service.formats import registry, tables
from service.formats.export.incidents import ExportRequest, open_export
from service.formats.exporter import Unwritable
from service.formats.importer import ImportSource, UnreadableSource
from service.formats.tables import TableMap, read_mapping
from service.formats.tables.row_reports import slug_of
from tests.service.console import run, running
from tests.service.servers import one
from tests.service.tables_imported import FILE, Import, as_json, exported, imported, repository

pytestmark = pytest.mark.one_server_will_do

WELLS = """
table = "wells"
title = "Well {id}"
format = "json"
key = ["id"]
source = "surveyor"
scopes = [{ name = "ever", label = "since records began" }]
registered = { name = "The surveyor", type = "monitor", reliability = "B" }

[[claims]]
column = "hurt"
formerly = ["injured"]
measure = "injured"
scope = "ever"
counts = "words"
"""
CAMPS = """
table = "camps"
title = "{camp}, {country}"
format = "csv"
key = ["country", "camp"]
key_cut = " - "
source = "counter"
columns = ["country", "camp", "people", "share"]
types = { people = "integer", share = "decimal", open = "boolean" }
places = [{ name = "{camp}", country = "{country}" }]
claims = [{ column = "people", measure = "displaced" }]
"""
DAYS = [f"2024-03-{day:02}T12:00:00Z" for day in range(1, 29)]
FACTS = "SELECT count(*) FROM public.facts"
Mapped = Callable[..., Path]


@pytest.fixture
def mapped(tmp_path: Path) -> Mapped:
    """Return what writes a mapping file, with more lines before the rest."""

    def write(text: str, more: str = "") -> Path:
        path = tmp_path / "map.toml"
        path.write_text(f"{more}\n{text}", encoding="utf-8")
        return path

    return write


def rows(*cells: object) -> bytes:
    return json.dumps(cells).encode()


def from_git(url: str, repo: Path, path: Path, most: int | None = None) -> Import:
    return imported(url, "git", ImportSource((repo,), path, FILE), most)


def from_file(url: str, path: Path, data: bytes, reported_at: str | None = None) -> Import:
    file = path.parent / "table"
    file.write_bytes(data)
    came = imported(url, read_mapping(path).format, ImportSource((file,), path, None, reported_at))
    assert came.refused == []
    return came


def repo_of(tmp_path: Path, versions: Iterable[bytes | None]) -> Path:
    return repository(tmp_path / "repo", zip(DAYS, versions, strict=False))


def write(url: str, *commands: AnyCommand) -> None:
    async def run() -> None:
        async with wiring.services(url) as house:
            for command in commands:
                await house.writer.write(WriteRequest(command, uuid4(), bytes(32)))

    asyncio.run(run())


def asked(url: str, incident: str, view: str) -> Any:
    async def run() -> Any:
        async with wiring.services(url) as house:
            return (await answer(house.reader, AnswerRequest(incident, view))).document

    return asyncio.run(run())


def standing(url: str, table: TableMap, key: str) -> str:
    return str(tables.current_rows(url, table)[key].report_id)


def test_each_commit_of_a_repository_can_be_asked_for(database_url: str, tmp_path: Path, mapped: Mapped) -> None:
    path = mapped(WELLS)
    versions = [
        rows({"id": 1, "hurt": "1,383", "depth": 4.50}, {"id": 2, "hurt": None}),
        rows({"id": 1, "hurt": "1,390"}, {"id": 2, "hurt": ""}, {"id": 3, "deep": {"er": True}}),
        rows({"id": 1, "hurt": "1,383", "depth": 4.50}, {"id": 3, "deep": {"er": 1}}),
        rows({"id": 2, "hurt": 0}, {"id": 3, "deep": {"er": 1}}),
    ]
    repo, table = repo_of(tmp_path, versions), read_mapping(path)
    came = from_git(database_url, repo, path)
    assert (came.refused, came.bad) == ([], [])
    flat = [*json.loads(versions[1])[:2], {"id": 3, "deep.er": True}]
    assert as_json(database_url, table, reported_until=DAYS[0]) == json.loads(versions[0])
    assert as_json(database_url, table, reported_until=DAYS[1]) == flat
    assert b'"deep.er":true' in exported(database_url, table, reported_until=DAYS[1])
    assert b'"deep.er":1}' in exported(database_url, table, reported_until=DAYS[2])
    assert b'"depth":4.5' in exported(database_url, table, reported_until=DAYS[2])
    assert [row["id"] for row in as_json(database_url, table)] == [2, 3]
    assert as_json(database_url, table, reported_until="2024-02-01T00:00:00Z") == []
    again = from_git(database_url, repo, path)
    assert (again.recorded, again.replayed) == (0, came.recorded + came.replayed)


def test_figures_of_a_row_are_claims_that_its_next_state_withdraws(
    database_url: str, tmp_path: Path, mapped: Mapped
) -> None:
    path = mapped(WELLS)
    repo = repo_of(tmp_path, [rows({"id": 1, "injured": "more than 1,383"}), rows({"id": 1, "hurt": 12})])
    from_git(database_url, repo, path)
    (estimate,) = asked(database_url, "wells-1", "state/1")["estimates"]
    assert (estimate["measure"], estimate["scope"], estimate["best"]["figure"]) == ("injured", "ever", 12)
    (record,) = asked(database_url, "wells-1", "revisions/1")["records"]
    assert record["n_revisions"] == 1
    assert from_git(database_url, repository(repo, [(DAYS[5], rows({"id": 1, "hurt": None}))]), path).refused == []
    assert asked(database_url, "wells-1", "state/1")["estimates"] == []


def test_commits_of_one_moment_are_ordered_and_no_clock_turns_the_history_round(
    database_url: str, tmp_path: Path, mapped: Mapped
) -> None:
    path = mapped(WELLS)
    moments = (DAYS[3], DAYS[3], DAYS[3], DAYS[1], DAYS[4])
    repo = repository(tmp_path / "repo", [(at, rows({"id": 1, "n": n})) for n, at in enumerate(moments)])
    from_git(database_url, repo, path)
    table = read_mapping(path)
    assert as_json(database_url, table, reported_until=DAYS[1]) == []
    assert as_json(database_url, table, reported_until=DAYS[3]) == [{"id": 1, "n": 3}]
    assert as_json(database_url, table) == [{"id": 1, "n": 4}]


def test_a_version_that_is_no_table_is_passed_over(database_url: str, tmp_path: Path, mapped: Mapped) -> None:
    path = mapped(WELLS)
    broken = (b'[{"id": 1,}]', b'{"error": 1}', b'[\n{"id": 1},\n"two"]', b"", None)
    repo = repo_of(tmp_path, [rows({"id": 1}), *broken, rows({"id": 1}, {"id": 2})])
    came = from_git(database_url, repo, path)
    assert (came.recorded, came.refused) == (1 + 2 + 2, [])
    reasons = [bad.reason for bad in came.bad]
    assert [reason.partition(": ")[0] for reason in reasons] == ["The version is passed over"] * 4
    assert "line 3" in reasons[2]
    assert all(bad.where.file == FILE and len(bad.where.version or "") == 40 for bad in came.bad)


def test_what_cannot_be_taken_is_told_once_by_line_and_column(
    database_url: str, tmp_path: Path, mapped: Mapped
) -> None:
    path = mapped(WELLS)
    lines = [b"[", b'{"id": 1, "hurt": "some more"},', b'{"id": 2, "wide": [1]},', b'{"id": 3, "n": 1},', b'{"no": 1}']
    first = b"\n".join(lines) + b"\n]"
    versions = [first, first.replace(b'"n": 1', b'"n": 2'), first.replace(b"[1]", b"1"), rows({"id": 3})]
    came = from_git(database_url, repo_of(tmp_path, versions), path)
    assert came.refused == []
    assert [(bad.where.line, bad.where.column) for bad in came.bad] == [(5, "id"), (2, "hurt"), (3, "wide")]
    table = read_mapping(path)
    assert as_json(database_url, table, reported_until=DAYS[0]) == [{"id": 1, "hurt": "some more"}, {"id": 3, "n": 1}]
    assert as_json(database_url, table, reported_until=DAYS[2])[1] == {"id": 2, "wide": 1}
    assert as_json(database_url, table) == [{"id": 3}]


def test_what_was_never_taken_goes_without_a_word_and_what_cannot_be_read_removes_nothing(
    database_url: str, tmp_path: Path, mapped: Mapped
) -> None:
    path = mapped(CAMPS)
    broken = b"country,camp,people\nSY,Hol,8\nSY," + b"x" * 200_000 + b",1\n"
    versions = [
        b"country,camp,people\nSY,Roj,5\nSY,Hol,7\nSY,Odd,1,2\n",
        b"country,camp,people\nSY,Roj,5\nSY,Hol,7\n",
        broken,
        b"country,camp,people\nSY,Hol,8\n",
    ]
    came = from_git(database_url, repo_of(tmp_path, versions), path)
    assert (came.refused, [bad.where.line for bad in came.bad]) == ([], [4, 3])
    table = read_mapping(path)
    assert exported(database_url, table, reported_until=DAYS[1]) == b"country,camp,people\nSY,Hol,7\nSY,Roj,5\n"
    assert exported(database_url, table, reported_until=DAYS[2]) == b"country,camp,people\nSY,Hol,8\nSY,Roj,5\n"
    assert exported(database_url, table) == versions[3]


def test_an_interrupted_import_ends_the_same_when_it_is_repeated(
    database_url: str, migrated_template: str, create_database: Callable[[str], str], tmp_path: Path, mapped: Mapped
) -> None:
    path = mapped(WELLS)
    versions = [rows(*({"id": n, "v": v * n % 7} for n in range(9) if (n + v) % 4)) for v in range(8)]
    repo, table, other = repo_of(tmp_path, versions), read_mapping(path), create_database(migrated_template)
    whole = from_git(database_url, repo, path)
    for most in (3, 20, 50):
        from_git(other, repo, path, most)
    rest = from_git(other, repo, path)
    assert 0 < rest.recorded < whole.recorded
    for day in DAYS[: len(versions)]:
        assert exported(other, table, reported_until=day) == exported(database_url, table, reported_until=day)


def test_the_command_line_goes_on_where_it_was_killed(database_url: str, tmp_path: Path, mapped: Mapped) -> None:
    path = mapped(WELLS)
    versions = [rows(*({"id": 1000 + n, "v": v} for n in range(300))) for v in range(7)]
    repo, total = (
        repo_of(tmp_path, versions),
        1 + 300 * 8,
    )  # lines, and the scope that each incident is opened with makes a fact
    words = ("import", "git", str(repo), "--path", FILE, "--map", str(path), "--json")
    with running(*words, DATABASE_URL=database_url) as command:
        while not (facts := one(database_url, FACTS)):
            assert command.process.poll() is None, command.err
        command.stop(signal.SIGKILL)
    assert 0 < facts < total + 300
    done = run(*words, DATABASE_URL=database_url)
    summary = json.loads(done.stdout)
    assert (done.returncode, summary["recorded"] + summary["replayed"]) == (0, total)
    assert (summary["recorded"] > 0, summary["replayed"] > 0, one(database_url, FACTS)) == (True, True, total + 300)
    assert as_json(database_url, read_mapping(path), reported_until=DAYS[2]) == json.loads(versions[2])


def test_a_file_says_only_what_does_not_stand(database_url: str, mapped: Mapped) -> None:
    path = mapped(CAMPS, "whole_file = true")
    one = b'country,camp,people,share,open\nSY,"Al\nHol - 12",1200,.5,true\nSY,Roj,"1,200",1.50,maybe\n'
    two = b"country,camp,people,share,open\nSY,Roj,0,1.50,\n"
    table = read_mapping(path)
    assert from_file(database_url, path, one, DAYS[0]).recorded == 4
    assert from_file(database_url, path, one, DAYS[0]).recorded == 0
    assert from_file(database_url, path, one, DAYS[1]).recorded == 0
    assert from_file(database_url, path, two, DAYS[1]).recorded == 2
    assert from_file(database_url, path, one, DAYS[2]).recorded == 2
    assert from_file(database_url, path, two, DAYS[2]).recorded == 2
    for day, data in zip(DAYS, (one, two, two), strict=False):
        assert exported(database_url, table, reported_until=day) == data
    out = io.BytesIO()
    with open_export(database_url, ExportRequest(reported_until=DAYS[0])) as export:
        tables.write_json(export, table, out)
    first, second = json.loads(out.getvalue())
    assert first == {"country": "SY", "camp": "Al\nHol - 12", "people": 1200, "share": ".5", "open": True}
    assert (second["people"], second["share"], second["open"]) == ("1,200", 1.5, "maybe")


def test_rows_that_a_file_lacks_stay_where_it_need_not_be_the_whole_table(database_url: str, mapped: Mapped) -> None:
    path = mapped(CAMPS)
    from_file(database_url, path, b"country,camp,people\nSY,Roj,5\nSY,Hol,7\n", DAYS[0])
    came = from_file(database_url, path, b"country,camp,people\r\nSY,Hol,8\r\n", DAYS[1])
    assert (came.recorded, came.bad) == (1, [])
    assert exported(database_url, read_mapping(path)) == b"country,camp,people\nSY,Hol,8\nSY,Roj,5\n"


def test_a_row_may_say_itself_when_it_was_said(database_url: str, mapped: Mapped) -> None:
    path = mapped(WELLS, 'reported_at = "{on}"')
    from_file(database_url, path, rows({"id": 1, "on": "2024-03-01"}, {"id": 2, "on": "2024-03-02"}, {"id": 3}))
    until = as_json(database_url, read_mapping(path), reported_until="2024-03-01T23:59:59Z")
    assert [row["id"] for row in until] == [1]
    assert len(as_json(database_url, read_mapping(path))) == 3
    (bad,) = from_file(database_url, path, rows({"id": 1, "on": "soon"})).bad
    assert (bad.where.line, bad.where.column) == (1, "on")


def test_rows_of_one_key_are_numbered_in_their_order_where_the_mapping_file_says_so(
    database_url: str, mapped: Mapped
) -> None:
    path = mapped(WELLS, "whole_file = true\nduplicates = 'number'")
    many = rows(*({"id": 1, "n": n} for n in range(12)))
    from_file(database_url, path, many, DAYS[0])
    table = read_mapping(path)
    assert as_json(database_url, table) == json.loads(many)
    from_file(database_url, path, rows({"id": 1, "n": 7}), DAYS[1])
    assert as_json(database_url, table) == [{"id": 1, "n": 7}]


def test_what_json_does_not_know_and_what_lies_deep_is_given_back(database_url: str, mapped: Mapped) -> None:
    path = mapped(WELLS, 'nested = true\nnan = true\ntypes = { "a.list" = "json" }')
    text = b'[\n{"id":12345678901234567890,"a":{"b":{"c":1.0E+2},"list":[1.50,{"x":null}]},"n":NaN,"t":"x","z":-1}\n]\n'
    assert from_file(database_url, path, text).bad == []
    assert exported(database_url, read_mapping(path)) == text


def test_what_is_corrected_retracted_or_moved_is_so_in_the_table(database_url: str, mapped: Mapped) -> None:
    path = mapped(WELLS)
    table = read_mapping(path)
    from_file(database_url, path, rows({"id": 1, "n": 1}, {"id": 2, "n": 1}), DAYS[0])
    from_file(database_url, path, rows({"id": 1, "n": 2}, {"id": 2, "n": 2}), DAYS[1])
    first, second = standing(database_url, table, "1"), standing(database_url, table, "2")
    corrected = {
        "kind": "observation_noted",
        "title": "Well 2",
        "source": "surveyor",
        "complete": True,
        "reported_order": 1,
        "external_ids": {"wells": "2"},
        "attributes": {"id": 2, "n": 22},
    }
    write(
        database_url,
        RetractReport.model_validate({"report_id": first, "by": "recorder"}),
        CorrectReport.model_validate({"report_id": second, "cause": "transcription", "report": corrected}),
    )
    assert as_json(database_url, table) == [{"id": 1, "n": 1}, {"id": 2, "n": 22}]
    write(database_url, MoveReport.model_validate({"report_id": second, "to": "wells-1"}))
    assert as_json(database_url, table) == [{"id": 1, "n": 1}, {"id": 2, "n": 22}, {"id": 2, "n": 1}]


def test_what_another_says_of_a_row_is_no_row(database_url: str, mapped: Mapped) -> None:
    path = mapped(WELLS)
    from_file(database_url, path, rows({"id": 1}))
    other = path.with_name("other.toml")
    other.write_text(WELLS.replace('"surveyor"', '"other"'))
    assert as_json(database_url, read_mapping(other)) == []
    other.write_text(WELLS.replace('"wells"', '"shafts"'))
    assert as_json(database_url, read_mapping(other)) == []


def test_an_exporter_without_a_map_says_what_is_needed(database_url: str, tmp_path: Path, mapped: Mapped) -> None:
    exporter = registry.EXPORTERS["json"]
    path = mapped(WELLS)
    from_file(database_url, path, rows({"id": 1}))
    for name, table in (("json", b'[\n{"id":1}\n]\n'), ("csv", b"id\n1\n")):
        out = io.BytesIO()
        with open_export(database_url, ExportRequest(map=path)) as export:
            registry.EXPORTERS[name].write(export, out)
        assert out.getvalue() == table
    for wrong in (None, tmp_path / "none.toml"):
        with (
            open_export(database_url, ExportRequest(map=wrong)) as export,
            pytest.raises(Unwritable, match="mapping file"),
        ):
            exporter.write(export, out)


def test_a_repository_that_cannot_be_read_says_why(database_url: str, tmp_path: Path, mapped: Mapped) -> None:
    path = mapped(WELLS)
    repo = repo_of(tmp_path, [rows({"id": 1})])
    (shallow := repository(tmp_path / "shallow", [(DAYS[0], rows({"id": 1}))]) / ".git" / "shallow").write_text(
        (repo / ".git" / "refs" / "heads" / "master").read_text()
    )
    (empty := tmp_path / "empty").mkdir()
    Repo.init(str(empty)).close()
    cases: list[tuple[tuple[Path, ...], Path | None, str | None, str]] = [
        ((tmp_path,), path, FILE, "no git repository"),
        ((repo, repo), path, FILE, "Name one repository"),
        ((repo,), path, None, "--path FILE"),
        ((repo,), path, "data", "has a file"),
        ((repo,), path, f"{FILE}/deeper", "has a file"),
        ((empty,), path, FILE, "no commit yet"),
        ((repo,), None, FILE, "mapping file is needed"),
        ((shallow.parent.parent,), path, FILE, "unshallow"),
    ]
    for paths, map_, file, why in cases:
        with pytest.raises(UnreadableSource, match=why):
            imported(database_url, "git", ImportSource(paths, map_, file))
    assert registry.IMPORTERS["git"].steps(ImportSource((repo,), path, FILE)) == 1


def test_a_file_that_cannot_be_read_says_why(database_url: str, tmp_path: Path, mapped: Mapped) -> None:
    path = mapped(CAMPS)
    with pytest.raises(UnreadableSource, match="There is no file"):
        imported(database_url, "csv", ImportSource((tmp_path / "none",), path))
    with pytest.raises(UnreadableSource, match="written in CSV"):
        imported(database_url, "json", ImportSource((tmp_path / "none",), path))
    with pytest.raises(UnreadableSource, match="--reported-at"):
        imported(database_url, "csv", ImportSource((path,), path, None, "soon"))
    (bad,) = from_file(database_url, path, b"country,people\nSY,5\n").bad
    assert "no column “camp”" in bad.reason
    lossy = from_file(database_url, path, "country,camp,people\nSY,R\ufffdj,5,6\nSY,H\ufffdl,5\n\n,,\n".encode())
    assert [(bad.where.line, bad.where.column) for bad in lossy.bad] == [(2, "camp"), (2, None), (3, "camp")]
    (row,) = tables.current_rows(database_url, read_mapping(path)).values()
    assert row["camp"] == "H\ufffdl"
    place = asked(database_url, slug_of("camps", "SY|H\ufffdl"), "state/1")["places"]
    assert [each["name"] for each in place] == ["H\ufffdl"]
    assert registry.IMPORTERS["csv"].steps(ImportSource((tmp_path / "table",), path)) > 0


def test_the_stream_of_a_row_can_be_told_from_its_table_and_key(database_url: str, mapped: Mapped) -> None:
    path = mapped(WELLS)
    from_file(database_url, path, rows({"id": "Über 1"}))
    document = asked(database_url, str(incident_stream(slug_of("wells", "Über 1"))), "state/1")
    assert document["title"] == "Well Über 1"
