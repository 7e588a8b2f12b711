"""Files of ACLED and UCDP as spreadsheets and programs save them again, older ones, and ones without a header."""

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from service.console import import_
from service.console.command import Misuse
from service.formats import registry
from service.formats.coded.columns import GED
from service.formats.importer import BatchLine, ImportFault, ImportNote, ImportSource, Layout, UnreadableSource
from service.settings import read_settings
from tests.service.coded_events import ACLED, UCDP, Here, Row, write

pytestmark = pytest.mark.one_server_will_do


@pytest.fixture
def here(database_url: str, capfd: pytest.CaptureFixture[str]) -> Here:
    return Here(database_url, capfd)


def read(name: str, path: Path, **layout: Any) -> tuple[list[dict[str, Any]], list[ImportFault]]:
    found = list(registry.IMPORTERS[name].read(ImportSource((path,), layout=Layout(**layout))))
    reports = [dict(each.document) for each in found if isinstance(each, BatchLine) and "incident" in each.document]
    return reports, [each for each in found if isinstance(each, ImportFault)]


def notes(path: Path) -> list[str]:
    return [
        each.text for each in registry.IMPORTERS["ucdp"].read(ImportSource((path,))) if isinstance(each, ImportNote)
    ]


def saved(path: Path, rows: Iterable[Mapping[str, str]], *, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    whole = list(rows)
    with path.open("w", newline="", encoding=encoding) as out:
        sheet = csv.writer(out, delimiter=delimiter)
        sheet.writerow(whole[0])
        sheet.writerows(row.values() for row in whole)
    return path


def stated(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a report states, without the cells that it was read from and the id that follows from them."""
    return {name: value for name, value in report.items() if name not in {"attributes", "report_id"}}


def columns(row: Row, names: Sequence[str]) -> Row:
    return dict(zip(names, row.values(), strict=True))


EXCEL = ACLED | {"event_date": "08/03/2024", "latitude": "35,3600", "longitude": "35,93"}
FLOATS = {"time_precision": "1.0", "geo_precision": "1.0", "fatalities": "7.0", "iso": "760.0", "year": "2024.0"}


@pytest.mark.parametrize(
    ("row", "written", "layout"),
    [
        (EXCEL, {"delimiter": ";", "encoding": "utf-8-sig"}, {"dates": "%d/%m/%Y", "decimal": ","}),
        (ACLED | {"event_date": "3/8/2024"}, {"encoding": "utf-16"}, {"dates": "%m/%d/%Y"}),
        (ACLED | {"event_date": "2024-03-08 00:00:00"}, {"delimiter": "\t"}, {}),
        (ACLED | {"event_date": "2024-03-08T00:00:00Z"}, {}, {}),
        (ACLED | {"event_date": "08-March-2024"}, {}, {}),
        (ACLED | FLOATS | {"timestamp": "1710200000.0"}, {}, {}),
        (columns(ACLED, [name.upper() for name in ACLED]), {}, {}),
        (columns(ACLED, [name.replace("_", " ").title() for name in ACLED]), {}, {}),
        (columns(ACLED, [f" {name.replace('_', '-')} " for name in ACLED]), {}, {}),
        ({"": "0"} | ACLED, {}, {}),
        (ACLED | {"assoc_actor_2": "NA", "admin3": "NA"}, {}, {}),
    ],
)
def test_a_file_that_was_saved_again_says_what_the_original_says(
    tmp_path: Path, row: Row, written: dict[str, str], layout: dict[str, str]
) -> None:
    (original,), _ = read("acled", saved(tmp_path / "1.csv", [ACLED]))
    (again,), bad = read("acled", saved(tmp_path / "2.csv", [row], **written), **layout)
    assert not bad
    assert stated(again) == stated(original)


def test_a_header_in_capitals_is_the_same_report_and_its_cells_come_back_in_acleds_columns(
    here: Here, tmp_path: Path
) -> None:
    here.imported("acled", saved(tmp_path / "1.csv", [ACLED]))
    once = here.facts()
    here.imported("acled", saved(tmp_path / "2.csv", [columns(ACLED, [name.upper() for name in ACLED])]))
    assert here.facts() == once
    assert here.rows("acled") == [ACLED]


def test_a_workbook_is_read_as_its_csv(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(ACLED))
    sheet.append([float(cell) if name in FLOATS else cell for name, cell in ACLED.items()])
    book.save(tmp_path / "acled.xlsx")
    (original,), _ = read("acled", saved(tmp_path / "1.csv", [ACLED]))
    (again,), bad = read("acled", tmp_path / "acled.xlsx")
    assert (bad, stated(again)) == ([], stated(original))


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"event_date": "31/01/2024"}, "event_date", '--dates "%d/%m/%Y"'),
        ({"event_date": "01/02/2024"}, "event_date", "--dates"),
        ({"event_date": "2024-03-08T22:00:00Z"}, "event_date", "is not a day"),
        ({"latitude": "35,36"}, "latitude", '--decimal ","'),
        ({"latitude": "3.5E+01"}, "latitude", "digits were lost"),
        ({"timestamp": "1.675E+09"}, "timestamp", "digits were lost"),
        ({"event_id_cnty": "1.23E+05"}, "event_id_cnty", "digits were lost"),
        ({"fatalities": "7.5"}, "fatalities", "not a whole number"),
        ({"fatalities": "1.000"}, "fatalities", "not a whole number"),  # a thousand, in half of Europe
        ({"fatalities": "1,000"}, "fatalities", "not a whole number"),
        ({"event_date": ""}, "event_date", "There is no day."),
        ({"fatalities": "NA"}, "fatalities", "no number"),
    ],
)
def test_what_is_not_declared_is_told_and_never_guessed(
    tmp_path: Path, cells: dict[str, str], column: str, why: str
) -> None:
    reports, bad = read("acled", saved(tmp_path / "acled.csv", [ACLED | cells]))
    assert not reports
    assert [each.where.column for each in bad] == [column]
    assert why in bad[0].reason


def test_a_day_that_does_not_fit_what_is_declared_is_told(tmp_path: Path) -> None:
    rows = [ACLED | {"event_date": "08/03/2024"}, ACLED | {"event_date": "2024-03-08"}]
    reports, bad = read("acled", saved(tmp_path / "acled.csv", rows), dates="%d/%m/%Y")
    assert [each["occurred"] for each in reports] == ["2024-03-08"]
    assert "as --dates says" in bad[0].reason


def test_a_file_with_the_month_first_is_not_read_with_the_day_first(tmp_path: Path) -> None:
    rows = [ACLED | {"event_date": "3/8/2024"}, ACLED | {"event_date": "3/31/2024"}]
    path = saved(tmp_path / "acled.csv", rows)
    with pytest.raises(UnreadableSource, match="“3/31/2024”, which is no day as “%d/%m/%Y” but one as “%m/%d/%Y”"):
        read("acled", path, dates="%d/%m/%Y")
    assert [each["occurred"] for each in read("acled", path, dates="%m/%d/%Y")[0]] == ["2024-03-08", "2024-03-31"]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"dates": "dd/mm/yyyy"}, "write %d, %m and %Y"),
        ({"dates": "%d/%m"}, "write %d, %m and %Y"),
        ({"decimal": "'"}, "that is “,” or “.”"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(asked: dict[str, str], why: str) -> None:
    with pytest.raises(Misuse, match=why):
        import_.import_(read_settings(), import_.ImportOptions("acled", [Path("acled.csv")], **asked))


def test_days_are_declared_for_coded_events_only() -> None:
    with pytest.raises(Misuse, match="are for acled, ucdp"):
        import_.import_(read_settings(), import_.ImportOptions("ndjson", [Path("x")], dates="%d/%m/%Y"))


BARE = list(UCDP.values())


def bare(path: Path, *rows: Sequence[str]) -> Path:
    with path.open("w", newline="") as out:
        csv.writer(out).writerows(rows)
    return path


def test_ged_without_a_header_is_taken_in_the_order_of_its_columns_and_that_is_said(tmp_path: Path) -> None:
    (original,), _ = read("ucdp", write(tmp_path / "1.csv", [UCDP]))
    path = bare(tmp_path / "2.csv", BARE, [*BARE[:-4], "99", *BARE[-3:]])
    (one, two), bad = read("ucdp", path)
    assert (bad, stated(one)) == ([], stated(original))
    assert one["attributes"] == UCDP
    assert two["attributes"] == UCDP | {"high": "99"}
    assert notes(tmp_path / "1.csv") == []
    assert notes(path) == ["It has no header row; its 49 columns are taken in the order of the codebook of UCDP."]


def test_a_broken_row_at_the_beginning_does_not_hide_that_the_header_is_missing(tmp_path: Path) -> None:
    reports, bad = read("ucdp", bare(tmp_path / "bare.csv", [*BARE[:-5], "", *BARE[-4:]], BARE))
    assert ([each.where.line for each in bad], [each["attributes"] for each in reports]) == ([1], [UCDP])


@pytest.mark.parametrize(
    ("name", "row"),
    [("ucdp", BARE[:-1]), ("ucdp", [*BARE, "1"]), ("ucdp", ["x", *BARE[1:]]), ("acled", list(ACLED.values()))],
)
def test_any_other_file_without_a_header_is_refused_with_what_to_do(tmp_path: Path, name: str, row: list[str]) -> None:
    with pytest.raises(
        UnreadableSource, match=r"has no header row with the columns of .* Put their names above the rows"
    ):
        read(name, bare(tmp_path / "bare.csv", row, row))


@pytest.mark.parametrize("wrapped", [lambda rows: rows, lambda rows: {"success": True, "count": 1, "data": rows}])
@pytest.mark.parametrize("how", [{}, {"separators": (",", ":")}, {"indent": 1}])
def test_an_answer_of_acleds_interface_is_read_as_its_csv(
    tmp_path: Path, wrapped: Callable[[Any], Any], how: dict[str, Any]
) -> None:
    (original,), _ = read("acled", saved(tmp_path / "1.csv", [ACLED]))
    row = ACLED | {"fatalities": 7, "iso": 760, "timestamp": 1710200000, "assoc_actor_2": None}
    path = tmp_path / "acled.json"
    path.write_text(json.dumps(wrapped([row]), **how).replace('"35.3600"', "35.3600"))
    (found,), bad = read("acled", path)
    assert (bad, found["report_id"], stated(found)) == ([], original["report_id"], stated(original))


def test_an_answer_of_ucdps_interface_is_read_as_its_csv_and_bad_rows_are_told_by_their_number(tmp_path: Path) -> None:
    (original,), _ = read("ucdp", write(tmp_path / "1.csv", [UCDP]))
    path = tmp_path / "ged.json"
    rows: list[Any] = [UCDP, UCDP | {"best": [1]}, "row", UCDP | {"best": None}]
    path.write_text(json.dumps({"TotalCount": 4, "Result": rows}))
    (found,), bad = read("ucdp", path)
    assert stated(found) == stated(original)
    assert [(each.where.line, each.where.column) for each in bad] == [(2, "best"), (3, None), (4, "best")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"error": "no such key"}', "is JSON without rows"),
        ('{"status":200,"success":true,"count":0,"data":[]}', "empty list of rows"),
        ('{"status":200,"data":[{"fatalities":"3"}]}', "is no file of ACLED: it has no column “event_id_cnty”"),
        ('[{"event_id_cnty": "KE1"', "begins as JSON, and is none"),
        ('[{"id": 1, "best": 2}]', "is no file of ACLED: it has no column “event_id_cnty”"),
    ],
)
def test_json_that_has_no_events_is_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "acled.json").write_text(text)
    with pytest.raises(UnreadableSource, match=why):
        read("acled", tmp_path / "acled.json")


def test_a_title_above_the_header_is_passed_over(tmp_path: Path) -> None:
    (found,), bad = read("ucdp", bare(tmp_path / "ged.csv", ["UCDP GED, Syria"], [], list(UCDP), BARE))
    assert (bad, found["attributes"]) == ([], UCDP)


FORMER = {"best": "best_est", "high": "high_est", "low": "low_est", "country_id": "gwno"}


def test_older_ged_is_taken_without_the_columns_that_it_did_not_have(here: Here, tmp_path: Path) -> None:
    absent = {"gwnoa", "gwnob", "where_description", "code_status", "relid", "conflict_new_id", "dyad_new_id"}
    older = {name: cell for name, cell in UCDP.items() if name not in absent}
    fifth = {FORMER.get(name, name): cell for name, cell in older.items()}
    (original,), _ = read("ucdp", write(tmp_path / "1.csv", [UCDP]))
    for nth, row in enumerate((older, fifth)):
        path = write(tmp_path / f"older{nth}.csv", [row])
        (found,), bad = read("ucdp", path)
        assert (bad, stated(found)) == ([], stated(original))
        assert found["attributes"] == row
    assert here.imported("ucdp", tmp_path / "older1.csv")["ok"]
    assert here.rows("ucdp") == [{name: fifth[name] for name in here.rows("ucdp")[0]}]


def test_without_numbers_of_states_a_government_is_told_by_its_name(tmp_path: Path) -> None:
    def sides(**cells: str) -> list[str]:
        row = {name: cell for name, cell in (UCDP | cells).items() if name not in {"gwnoa", "gwnob"}}
        (found,), _ = read("ucdp", write(tmp_path / "older.csv", [row]))
        return [each["type"] for each in found["actors"]]

    assert sides() == ["state_forces", "armed_group"]
    assert sides(side_b="Government of Elsewhere") == ["state_forces", "state_forces"]
    assert sides(type_of_violence="2", side_a="Rebels") == ["armed_group", "armed_group"]
    assert sides(type_of_violence="3", side_a="Rebels", side_b="Civilians", deaths_b="0") == ["armed_group", "civilian"]
    assert sides(type_of_violence="3", side_b="Civilians", deaths_b="0") == ["state_forces", "civilian"]


def test_a_number_of_a_state_that_is_not_there_makes_no_state(tmp_path: Path) -> None:
    for nothing in ("", "NA", "NaN", "-99"):
        (found,), _ = read("ucdp", write(tmp_path / "ged.csv", [UCDP | {"gwnob": nothing}]))
        assert [each["type"] for each in found["actors"]] == ["state_forces", "armed_group"]


def test_figures_of_parts_that_a_file_does_not_have_are_absent_and_not_zero(tmp_path: Path) -> None:
    parts = {"deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown"}
    row = {name: cell for name, cell in UCDP.items() if name not in parts}
    (found,), bad = read("ucdp", write(tmp_path / "ged.csv", [row]))
    assert not bad
    assert ["parts" in each for each in found["claims"]] == [False, False]


def test_what_r_writes_for_nothing_names_no_place_and_no_one(tmp_path: Path) -> None:
    silent = {"adm_1": "NA", "adm_2": "NA", "where_coordinates": "NA", "side_b": "NA"}
    (found,), _ = read("ucdp", write(tmp_path / "ged.csv", [UCDP | silent]))
    assert (found["places"][0]["name"], "admin1" in found["places"][0]) == (UCDP["country"], False)
    assert [each["name"] for each in found["actors"]] == ["Government of Utopia"]
    assert found["attributes"] == UCDP | silent


def test_the_columns_of_ged_are_those_of_its_codebook() -> None:
    assert (len(GED), tuple(UCDP)) == (49, GED)


def test_a_place_that_nobody_named_is_called_by_its_point_or_is_none(tmp_path: Path) -> None:
    nameless = dict.fromkeys(("location", "admin1", "admin2", "admin3", "country"), "")
    (found,), _ = read("acled", saved(tmp_path / "1.csv", [ACLED | nameless]))
    assert found["places"][0]["name"] == "35.3600, 35.93"
    (found,), _ = read("acled", saved(tmp_path / "2.csv", [ACLED | nameless | {"latitude": "", "longitude": ""}]))
    assert found["places"] == []
