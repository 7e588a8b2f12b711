"""Rows through imports: several of one key, columns renamed, a column a day, files moved, rows merged and moved."""

import asyncio
import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.facts.streams import incident_stream
from domain.incident.commands import CloseIncident, MergeIncident, MoveReport, OpenIncident
from domain.incident.dispatch import AnyCommand
from service import wiring
from service.answers.answer import AnswerRequest, answer
from service.eventstore.writer import WriteRequest
from service.formats import tables
from service.formats.importer import ImportSource
from service.formats.tables import read_mapping
from service.formats.tables.duplicates import settle_duplicates
from service.formats.tables.parsed_table import RawRow, same_typed, typed_cells
from service.formats.tables.read_file import parse
from service.formats.tables.row_reports import slug_of
from tests.service.tables_imported import Import, exported, imported, repository_of_files

pytestmark = pytest.mark.one_server_will_do

DAYS = [f"2024-03-{day:02}T12:00:00Z" for day in range(1, 29)]
ARCHIVE = """
table = "archive"
title = "{geo} {day}"
format = "csv"
key = ["geo", "day"]
source = "keeper"
whole_file = true
claims = [{ column = "deaths", measure = "killed" }]
"""
ROWS = """
table = "people"
title = "Row {id}"
format = "csv"
key = ["id"]
source = "paper"
whole_file = true
claims = [{ column = "killed", measure = "killed" }]
"""
SERIES = """
table = "series"
title = "{Country/Region} {Province/State}"
format = "csv"
key = ["Country/Region", "Province/State"]
source = "keeper"
columns = ["Province/State", "Country/Region"]
whole_file = true
[[melt]]
columns = "%m/%d/%y"
measure = "killed"
"""

Mapped = Callable[[str], Path]


@pytest.fixture
def mapped(tmp_path: Path) -> Mapped:
    """Return what writes a mapping file."""

    def write(text: str) -> Path:
        path = tmp_path / "map.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def take(url: str, path: Path, data: bytes | str, reported_at: str | None = None) -> Import:
    file = path.parent / "table"
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return imported(url, read_mapping(path).format, ImportSource((file,), path, None, reported_at))


def follow(url: str, path: Path, repo: Path, file: str) -> Import:
    return imported(url, "git", ImportSource((repo,), path, file))


def cells(url: str, path: Path, **reading: Any) -> list[list[str]]:
    rows = list(csv.reader(io.StringIO(exported(url, read_mapping(path), **reading).decode())))
    return rows[1:]


def do(url: str, *commands: tuple[AnyCommand, str | None]) -> None:
    async def run() -> None:
        async with wiring.services(url) as house:
            for command, slug in commands:
                stream = incident_stream(slug) if slug else None
                await house.writer.write(WriteRequest(command, uuid4(), bytes(32), stream))

    asyncio.run(run())


def asked(url: str, incident: str, view: str = "state/1", **reading: Any) -> Any:
    async def run() -> Any:
        async with wiring.services(url) as house:
            return (await answer(house.reader, AnswerRequest(incident, view, **reading))).document

    return asyncio.run(run())


def killed(url: str, incident: str) -> dict[str, int]:
    """Return the best figure of those killed, by scope."""
    estimates = asked(url, incident)["estimates"]
    return {each["scope"]: each["best"]["figure"] for each in estimates if each["measure"] == "killed"}


TWO = "geo,day,deaths\nca,2020-06-01,10\nca,2020-06-01,12\nny,2020-06-01,3\n"
TURNED = "geo,day,deaths\nny,2020-06-01,3\nca,2020-06-01,12\nca,2020-06-01,10\n"
ONE = "geo,day,deaths\nca,2020-06-01,12\nny,2020-06-01,3\n"


def test_a_table_without_a_row_is_told_and_so_is_what_it_removes(database_url: str, mapped: Mapped) -> None:
    header = ONE.partition("\n")[0] + "\n"
    part, whole = ARCHIVE.replace("whole_file = true\n", ""), ARCHIVE
    assert take(database_url, mapped(whole), header, DAYS[0]).notes == ["The table has no row."]
    assert take(database_url, mapped(whole), ONE, DAYS[1]).notes == []
    assert take(database_url, mapped(part), header, DAYS[2]).notes == ["The table has no row."]
    came = take(database_url, mapped(whole), header, DAYS[3])
    assert (came.recorded, len(came.notes)) == (2, 1)
    assert "all 2 that stand are said to be removed" in came.notes[0]
    assert take(database_url, mapped(whole), header, DAYS[4]).notes == ["The table has no row."]


def test_rows_of_one_key_that_differ_are_told_and_none_of_them_is_taken(database_url: str, mapped: Mapped) -> None:
    path = mapped(ARCHIVE)
    for data, lines in ((TWO, [2, 3]), (TURNED, [3, 4])):
        came = take(database_url, path, data, DAYS[0])
        assert [(bad.where.line, bad.where.column) for bad in came.bad] == [(line, "geo") for line in lines]
        assert all("“ca|2020-06-01”" in bad.reason and 'duplicates = "keep"' in bad.reason for bad in came.bad)
    assert cells(database_url, path) == [["ny", "2020-06-01", "3"]]
    assert take(database_url, path, ONE, DAYS[1]).bad == []
    came = take(database_url, path, TWO, DAYS[2])
    assert (came.recorded, len(came.bad)) == (0, 2)
    assert cells(database_url, path)[0] == ["ca", "2020-06-01", "12"]


def test_a_row_that_is_said_twice_is_taken_once_and_told(database_url: str, mapped: Mapped) -> None:
    path = mapped(ARCHIVE)
    came = take(database_url, path, "geo,day,deaths\nca,2020-06-01,10\n\nca,2020-06-01,10\n", DAYS[0])
    assert [(bad.where.line, "taken once" in bad.reason) for bad in came.bad] == [(4, True)]
    assert cells(database_url, path) == [["ca", "2020-06-01", "10"]]


def test_rows_of_one_key_are_kept_by_what_they_say_where_the_mapping_file_says_so(
    database_url: str, mapped: Mapped
) -> None:
    path = mapped(f'duplicates = "keep"\n{ARCHIVE}')
    came = take(database_url, path, TWO, DAYS[0])
    assert (came.recorded, came.bad) == (6, [])
    for again in (TWO, TURNED):
        assert take(database_url, path, again, DAYS[1]).recorded == 0
    assert sorted(cells(database_url, path)) == sorted(list(csv.reader(io.StringIO(TWO)))[1:])
    assert take(database_url, path, ONE, DAYS[2]).recorded == 1
    assert sorted(cells(database_url, path)) == [["ca", "2020-06-01", "12"], ["ny", "2020-06-01", "3"]]
    revised = take(database_url, path, ONE.replace("12", "13"), DAYS[3])
    assert revised.recorded == 1
    held = tables.current_rows(database_url, read_mapping(path))
    (one,) = [key for key, row in held.items() if row and key.startswith("ca")]
    assert asked(database_url, slug_of("archive", one), "revisions/1")["records"][0]["n_revisions"] == 1


def test_versions_in_which_a_key_is_doubled_leave_it_as_it_was(
    database_url: str, tmp_path: Path, mapped: Mapped
) -> None:
    path = mapped(ARCHIVE)
    versions = [ONE, TWO, TURNED, ONE.replace("12", "14")]
    repo = repository_of_files(
        tmp_path / "repo", [(day, {"t.csv": each.encode()}) for day, each in zip(DAYS, versions, strict=False)]
    )
    came = follow(database_url, path, repo, "t.csv")
    assert [(bad.where.line, "none of them" in bad.reason) for bad in came.bad] == [(2, True), (3, True)]
    assert (came.recorded, came.refused) == (5, [])
    for day, deaths in zip(DAYS, ("12", "12", "12", "14"), strict=False):
        assert cells(database_url, path, reported_until=day)[0] == ["ca", "2020-06-01", deaths]


KEYED = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3)), min_size=1, max_size=7)
HOW = st.sampled_from(["refuse", "keep"])


def read(how: str, rows: Sequence[tuple[str, int]], standing: dict[str, RawRow]) -> dict[str, RawRow]:
    table = tables.TableMap.model_validate(
        {"table": "t", "title": "{k}", "format": "json", "key": ["k"], "source": "s", "duplicates": how}
    )
    data = json.dumps([{"k": key, "n": number} for key, number in rows]).encode()
    found = settle_duplicates(
        table, parse(table, data), standing, lambda raw, cells: same_typed(typed_cells(table, raw)[0], dict(cells))
    )
    kept = {key: row for key, row in standing.items() if key in found.contested}
    return {**kept, **found.rows}


@given(versions=st.lists(KEYED, min_size=1, max_size=4), how=HOW, data=st.data())
def test_another_order_of_rows_says_nothing_new(
    versions: list[list[tuple[str, int]]], how: str, data: st.DataObject
) -> None:
    standing: dict[str, RawRow] = {}
    for rows in versions:
        standing = read(how, rows, standing)
        assert read(how, rows, standing) == standing
        assert read(how, data.draw(st.permutations(rows)), standing) == standing
        if how == "keep":
            assert sorted((row["k"], row["n"]) for row in standing.values()) == sorted(rows)


DAILY = """
table = "daily"
title = "{Country_Region}: {Province_State}"
format = "csv"
key = ["Province_State", "Country_Region"]
source = "keeper"
whole_file = true
occurred = "{Last_Update}"
types = { Deaths = "integer" }
columns = ["Province_State", "Country_Region", "Last_Update", "Deaths"]
claims = [{ column = "Deaths", measure = "killed" }]
[formerly]
Province_State = ["Province/State"]
Country_Region = ["Country/Region"]
Last_Update = ["Last Update"]
Deaths = ["Dead"]
"""


def test_a_table_is_followed_through_the_day_on_which_its_columns_were_renamed(
    database_url: str, tmp_path: Path, mapped: Mapped
) -> None:
    path = mapped(DAILY)
    old = "Province/State,Country/Region,Last Update,Dead\nAlpha,Aland,2020-03-21,1\nBeta,Aland,2020-03-21,2\n"
    head = "Province_State,Country_Region,Last_Update,Deaths\n"
    new = [
        f"{head}Alpha,Aland,2020-03-22,3\nBeta,Aland,2020-03-22,2\n",
        f"{head}Alpha,Aland,2020-03-23,4\nBeta,Aland,2020-03-23,1\n",
    ]
    versions = [(day, {"daily.csv": text.encode()}) for day, text in zip(DAYS, (old, *new), strict=False)]
    came = follow(database_url, path, repository_of_files(tmp_path / "repo", versions), "daily.csv")
    assert (came.bad, came.refused, came.recorded) == ([], [], 2 + 6)
    for day, text in zip(DAYS, (old, *new), strict=False):
        assert exported(database_url, read_mapping(path), reported_until=day).decode() == text
    alpha, beta = (slug_of("daily", f"{name}|Aland") for name in ("Alpha", "Beta"))
    assert (killed(database_url, alpha), killed(database_url, beta)) == ({"incident": 4}, {"incident": 1})
    document = asked(database_url, alpha, "revisions/1")["records"][0]
    assert (document["first"]["figure"], document["n_revisions"]) == (1, 2)
    assert asked(database_url, alpha)["title"] == "Aland: Alpha"


def test_a_key_of_json_may_have_had_other_names_too(database_url: str, mapped: Mapped) -> None:
    path = mapped(
        'table = "t"\ntitle = "{id}"\nformat = "json"\nkey = ["id"]\nsource = "s"\nformerly.id = ["Id", "a.b"]'
    )
    assert take(database_url, path, '[{"id": 1}, {"Id": 2}, {"a": {"b": 3}}]').bad == []
    assert sorted(tables.current_rows(database_url, read_mapping(path))) == ["1", "2", "3"]


OLD = "Province/State,Country/Region,3/8/20,3/9/20\n,Portland,30,39\n"
NEW = "Province/State,Country/Region,3/8/20,3/9/20,3/10/20\n,Portland,30,30,41\n"


def test_a_column_a_day_is_a_figure_a_day_and_a_day_that_changed_is_revised(
    database_url: str, tmp_path: Path, mapped: Mapped
) -> None:
    path = mapped(SERIES)
    versions = [(day, {"d.csv": text.encode()}) for day, text in zip(DAYS, (OLD, NEW), strict=False)]
    came = follow(database_url, path, repository_of_files(tmp_path / "repo", versions), "d.csv")
    assert (came.bad, came.refused, came.recorded) == ([], [], 3)
    slug = slug_of("series", "Portland|")
    assert asked(database_url, slug)["title"] == "Portland"
    assert killed(database_url, slug) == {"incident": 41}
    assert exported(database_url, read_mapping(path)).decode() == NEW
    assert exported(database_url, read_mapping(path), reported_until=DAYS[0]).decode() == OLD
    records = asked(database_url, slug, "revisions/1")["records"]
    days = {each.get("counted_until"): (each["first"]["figure"], each["latest"]["figure"]) for each in records}
    assert days["2020-03-08T23:59:59Z"] == (30, 30)
    assert days["2020-03-09T23:59:59Z"] == (39, 30)
    assert days["2020-03-10T23:59:59Z"] == (41, 41)
    assert days[None] == (39, 41)


def test_a_column_a_day_may_count_that_day_alone_and_days_without_a_figure_say_nothing(
    database_url: str, mapped: Mapped
) -> None:
    path = mapped(SERIES + 'accumulation = "incremental"\nsilence = ["-"]\nid = "new"\n')
    came = take(database_url, path, "Province/State,Country/Region,3/8/20,3/9/20,3/10/20\nA,B,3,-,x\n", DAYS[9])
    assert [(bad.where.column, bad.where.line) for bad in came.bad] == [("3/10/20", 2)]
    (claim,) = asked(database_url, slug_of("series", "B|A"), "claims/1")["claims"]
    assert (claim["claim"].partition("#")[2], claim["lower"], claim["accumulation"]) == (
        "new-2020-03-08",
        3,
        "incremental",
    )


def test_a_table_may_have_a_thousand_columns_of_days(database_url: str, mapped: Mapped) -> None:
    path = mapped(SERIES.replace("%m/%d/%y", "d%Y%m%d"))
    days = [
        f"d20{year:02}{month:02}{day:02}" for year in (20, 21, 22) for month in range(1, 13) for day in range(1, 29)
    ]
    head = ",".join(["Province/State", "Country/Region", *days])
    figures = ",".join(map(str, range(len(days))))
    assert take(database_url, path, f"{head}\n,Portland,{figures}\n", DAYS[0]).bad == []
    assert killed(database_url, slug_of("series", "Portland|")) == {"incident": len(days) - 1}
    assert exported(database_url, read_mapping(path)).decode() == f"{head}\n,Portland,{figures}\n"


HEAD = "id,killed\n"
BEFORE = f"{HEAD}5548,1\n5537,1\n"
SINCE = "id,day,killed\n5537,2024-03-03,1\n"


def test_a_file_that_was_moved_is_followed_and_that_is_said(database_url: str, tmp_path: Path, mapped: Mapped) -> None:
    path = mapped(ROWS)
    rest = {"other.md": b"Nothing."}
    files = [
        {"people.csv": BEFORE.encode(), **rest},
        {"people.csv": f"{HEAD}5537,1\n".encode(), **rest},
        {"v1/people.csv": f"{HEAD}5537,1\n".encode(), **rest},
        {"v1/people.csv": f"{HEAD}5537,2\n".encode(), **rest},
        {"v2/people.csv": f"{HEAD}5537,2\n5600,7\n".encode(), **rest},
    ]
    repo = repository_of_files(tmp_path / "repo", list(zip(DAYS, files, strict=False)))
    came = follow(database_url, path, repo, "v2/people.csv")
    assert (came.bad, came.refused) == ([], [])
    assert ["v1/people.csv” from “people.csv" in note for note in came.notes] == [False, True]
    assert all("are read too" in note for note in came.notes)
    expected = [["5537", "1"], ["5548", "1"]], [["5537", "1"]], [["5537", "1"]], [["5537", "2"]]
    for day, rows in zip(DAYS, expected, strict=False):
        assert cells(database_url, path, reported_until=day) == rows
    assert cells(database_url, path) == [["5537", "2"], ["5600", "7"]]
    assert follow(database_url, path, repo, "v2/people.csv").recorded == 0


def test_a_path_that_begins_beside_another_or_ends_says_where_the_rest_is(
    database_url: str, tmp_path: Path, mapped: Mapped
) -> None:
    path = mapped(ROWS)
    files = [
        {"people.csv": BEFORE.encode()},
        {"v1/people.csv": BEFORE.encode()},
        {"v1/people.csv": BEFORE.encode(), "v2/people.csv": SINCE.encode()},
        {"v1/people.csv": BEFORE.encode()},
    ]
    repo = repository_of_files(tmp_path / "repo", list(zip(DAYS, files, strict=False)))
    came = follow(database_url, path, repo, "v2/people.csv")
    (gone, beside) = came.notes
    assert "is gone since commit" in gone
    assert "begins with commit" in beside
    assert "--path v1/people.csv" in beside
    assert follow(database_url, path, repo, "v1/people.csv").notes[0].endswith("its versions there are read too.")
    assert cells(database_url, path, reported_until=DAYS[0]) == [["5537", "1"], ["5548", "1"]]
    (note,) = follow(database_url, path, repo, "people.csv").notes
    assert "Import --path v1/people.csv instead" in note


def test_a_file_that_was_moved_away_and_back_is_followed_all_the_way(
    database_url: str, tmp_path: Path, mapped: Mapped
) -> None:
    path = mapped(ROWS)
    table = HEAD + "".join(f"{n},1\n" for n in range(9))
    at = ["people.csv", "a/people.csv", "b/list.csv", "people.csv"]
    repo = repository_of_files(
        tmp_path / "repo",
        [(day, {where: f"{table}9,{n}\n".encode()}) for n, (day, where) in enumerate(zip(DAYS, at, strict=False))],
    )
    came = follow(database_url, path, repo, "people.csv")
    assert (came.bad, len(came.notes)) == ([], 3)
    assert [cells(database_url, path, reported_until=day)[-1] for day in DAYS[:4]] == [["9", f"{n}"] for n in range(4)]


def test_versions_of_another_file_that_lay_at_a_path_before_are_named(
    database_url: str, tmp_path: Path, mapped: Mapped
) -> None:
    one, two = (HEAD + "".join(f"{n},{killed}\n" for n in range(killed, killed + 9)) for killed in (1, 50))
    files = [{"p.csv": one}, {"x": "x"}, {"other.csv": two}, {"p.csv": two}]
    versions = [
        (day, {name: text.encode() for name, text in each.items()}) for day, each in zip(DAYS, files, strict=False)
    ]
    came = follow(database_url, mapped(ROWS), repository_of_files(tmp_path / "repo", versions), "p.csv")
    assert came.notes[-1] == "Another file lay at “p.csv” before; its versions are not read."


MERGED = [f"{HEAD}5537,{n}\n5548,{n}\n6000,{n + 1}\n" for n in range(1, 4)]


def test_a_row_whose_incident_was_merged_goes_on_there(database_url: str, mapped: Mapped) -> None:
    path = mapped(ROWS)
    take(database_url, path, MERGED[0], DAYS[0])
    do(database_url, (MergeIncident(into="people-5537"), "people-5548"))
    for n, data in enumerate(MERGED[1:], 2):
        came = take(database_url, path, data, DAYS[n])
        assert (came.refused, came.bad) == ([], [])
        assert killed(database_url, "people-5537")["people-5548/incident"] == n
        assert take(database_url, path, data, DAYS[n]).recorded == 0
        assert exported(database_url, read_mapping(path)).decode() == data
    came = take(database_url, path, f"{HEAD}5537,9\n6000,4\n", DAYS[9])
    assert (came.refused, came.recorded) == ([], 2)
    assert killed(database_url, "people-5537") == {"incident": 9}


def test_a_row_goes_on_in_another_incident_that_it_was_merged_into_or_moved_to(
    database_url: str, mapped: Mapped
) -> None:
    path = mapped(ROWS)
    take(database_url, path, MERGED[0], DAYS[0])
    held = tables.current_rows(database_url, read_mapping(path))
    do(
        database_url,
        (OpenIncident(slug="town", title="Town"), None),
        (OpenIncident(slug="street", title="Street"), None),
        (MergeIncident(into="town"), "people-5548"),
        (MoveReport.model_validate({"report_id": held["6000"].report_id, "to": "street"}), None),
    )
    came = take(database_url, path, MERGED[1], DAYS[1])
    assert (came.refused, came.bad) == ([], [])
    assert killed(database_url, "town") == {"people-5548/incident": 2}
    assert killed(database_url, "street") == {"people-6000/incident": 3}
    assert killed(database_url, "people-6000") == {}


def test_rows_that_another_incident_shows_are_known_to_stand_there(database_url: str, mapped: Mapped) -> None:
    path = mapped(ROWS)
    take(database_url, path, MERGED[0], None)
    do(
        database_url,
        (OpenIncident(slug="home", title="Home"), None),
        (OpenIncident(slug="street", title="Street"), None),
        (MergeIncident(into="people-5537"), "people-5548"),
        (MergeIncident(into="home"), "people-5537"),
        (MergeIncident(into="street"), "people-6000"),
    )
    assert take(database_url, path, MERGED[0], None).recorded == 0
    came = take(database_url, path, f"{HEAD}5537,7\n", None)
    assert (came.refused, came.recorded, came.replayed) == ([], 3, 0)
    assert cells(database_url, path) == [["5537", "7"]]
    assert take(database_url, path, f"{HEAD}5537,7\n", None).recorded == 0


def test_a_history_goes_on_after_rows_were_merged_and_moved_and_is_found_again(
    database_url: str, tmp_path: Path, mapped: Mapped
) -> None:
    path = mapped(ROWS)
    versions = [(day, {"p.csv": text.encode()}) for day, text in zip(DAYS, MERGED, strict=False)]
    first = repository_of_files(tmp_path / "first", versions[:1])
    follow(database_url, path, first, "p.csv")
    held = tables.current_rows(database_url, read_mapping(path))
    do(
        database_url,
        (OpenIncident(slug="town", title="Town"), None),
        (OpenIncident(slug="street", title="Street"), None),
        (MergeIncident(into="town"), "people-5548"),
        (MoveReport.model_validate({"report_id": held["6000"].report_id, "to": "street"}), None),
    )
    repo = repository_of_files(tmp_path / "repo", versions)
    came = follow(database_url, path, repo, "p.csv")
    assert (came.refused, came.bad, came.recorded, came.replayed) == ([], [], 6, 6)
    again = follow(database_url, path, repo, "p.csv")
    assert (again.refused, again.recorded, again.replayed) == ([], 0, 12)
    assert killed(database_url, "town") == {"people-5548/incident": 3}
    assert killed(database_url, "street") == {"people-6000/incident": 4}


def test_a_row_whose_report_was_moved_to_another_row_goes_on_there(database_url: str, mapped: Mapped) -> None:
    path = mapped(ROWS)
    take(database_url, path, MERGED[0], DAYS[0])
    held = tables.current_rows(database_url, read_mapping(path))["5548"]
    do(database_url, (MoveReport.model_validate({"report_id": held.report_id, "to": "people-6000"}), None))
    came = take(database_url, path, MERGED[1], DAYS[1])
    assert (came.refused, came.bad) == ([], [])
    assert killed(database_url, "people-6000")["people-5548/incident"] == 2
    assert killed(database_url, "people-5548") == {}


def test_a_row_of_a_closed_incident_is_refused_with_what_to_do(database_url: str, mapped: Mapped) -> None:
    path = mapped(ROWS)
    take(database_url, path, MERGED[0], DAYS[0])
    do(database_url, (CloseIncident(), "people-5548"))
    came = take(database_url, path, MERGED[1], DAYS[1])
    assert len(came.refused) == 1
    assert "“people-5548” is closed" in came.refused[0]
    assert "reopen it first" in came.refused[0]
    assert killed(database_url, "people-6000") == {"incident": 3}


def test_a_column_that_a_mapping_file_reads_and_no_row_has_is_named(database_url: str, mapped: Mapped) -> None:
    path = mapped(ROWS.replace('"killed", measure', '"kiled", measure'))
    assert take(database_url, path, MERGED[0]).notes == [
        "No row has a column “kiled”, which the mapping file reads; did you mean “killed”?"
    ]
    path = mapped(SERIES)
    assert take(database_url, path, "Province/State,Country/Region,8.3.20\n,A,1\n").notes == [
        "No column is called by a date that “%m/%d/%y” writes."
    ]
    path = mapped(DAILY.replace('"daily"', '"other"'))
    old = "Province/State,Country/Region,Last Update,Dead\nAlpha,Aland,2020-03-21,1\n"
    assert take(database_url, path, old).notes == []


TEXTS = """
table = "notes"
title = "{headline} ({place})"
format = "csv"
key = ["id"]
source = "desk"
whole_file = true
"""


def test_a_table_of_texts_has_titles_of_any_column_as_they_were_first_read(
    database_url: str, tmp_path: Path, mapped: Mapped
) -> None:
    path = mapped(TEXTS)
    head = "id,headline,place\n"
    texts = [
        f"{head}1,Shots heard,Polk\n2,Calm,\n",
        f"{head}1,Shots denied,Polk\n",
        f"{head}1,Shots,\n2,Calm again,Dal\n",
    ]
    versions = [(day, {"n.csv": text.encode()}) for day, text in zip(DAYS, texts, strict=False)]
    repo = repository_of_files(tmp_path / "repo", versions)
    for recorded in (2 + 2 + 2 + 2, 0):
        came = follow(database_url, path, repo, "n.csv")
        assert (came.refused, came.bad, came.recorded) == ([], [], recorded)
    assert [asked(database_url, f"notes-{n}")["title"] for n in (1, 2)] == ["Shots heard (Polk)", "Calm"]
    for day, text in zip(DAYS, texts, strict=False):
        assert exported(database_url, read_mapping(path), reported_until=day).decode() == text
    came = take(database_url, path, texts[0])
    assert (came.refused, came.bad, came.recorded) == ([], [], 2)


CELL = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=6)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.dictionaries(st.integers(1, 40), st.tuples(CELL, CELL), min_size=1, max_size=4), data=st.data())
def test_a_table_comes_out_as_it_went_in_whatever_is_declared_of_it_and_whatever_its_order(
    database_url: str, mapped: Mapped, rows: dict[int, tuple[str, str]], data: st.DataObject
) -> None:
    name = f"t{uuid4().hex[:12]}".translate(str.maketrans("0123456789", "ghijklmnop"))
    declared = """
        dates = ["%m/%d/%Y", "iso"]
        decimal = ","
        thousands = " "
        silence = ["—", "-"]
        columns = ["id", "n", "x", "when"]
        occurred = "{when}"
        claims = [{ column = "n", measure = "killed", counts = "words", bound = "at_least" }]
    """
    path = mapped(f'table = "{name}"\ntitle = "{{when}}"\nformat = "csv"\nkey = ["id"]\nsource = "s"\n{declared}')
    head = ["id", "n", "x", "when"]
    when = data.draw(st.lists(st.sampled_from(["6/12/2016", "2016-06", "—", "13/13/2016", ""]), min_size=4, max_size=4))
    lines = [[str(key), a, b, day] for (key, (a, b)), day in zip(sorted(rows.items()), when, strict=False)]
    take(database_url, path, written(head, lines), DAYS[0])
    found = cells(database_url, path)
    assert sorted(found) == sorted(lines)
    for order in (lines, data.draw(st.permutations(lines))):
        assert take(database_url, path, written(head, order), DAYS[1]).recorded == 0


def written(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([head, *rows])
    return out.getvalue()
