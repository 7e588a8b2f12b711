"""Workbooks and packed files: sheets are read as CSV is, and what is something else is named for what it is."""

import csv
import datetime as dt
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.formats import registry
from service.formats.files.csv_rows import CsvRow, read_rows
from service.formats.importer import BatchLine, ImportFault, ImportNote, ImportSource, Layout, UnreadableSource
from service.formats.tables import TableMap
from service.formats.tables.parsed_table import NotATable
from service.formats.tables.read_file import parse
from tests.service.coded_events import ACLED, UCDP, Here, read
from tests.service.importers import samples
from tests.service.workbooks import Sheets, workbook

pytestmark = pytest.mark.one_server_will_do

MAP = """
table = "offices"
title = "{id}"
format = "csv"
key = ["id"]
source = "field"
claims = [{ column = "killed", measure = "killed" }]
"""
OFFICES: Sheets = {"Data": [["id", "killed"], ["a", 5], ["b", 7.0]]}


@pytest.fixture
def here(database_url: str, capfd: pytest.CaptureFixture[str]) -> Here:
    return Here(database_url, capfd)


def table(**more: object) -> TableMap:
    least = {"table": "t", "title": "{id}", "format": "csv", "key": ["id"], "source": "s"}
    return TableMap.model_validate({**least, **more})


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return out.getvalue()


def as_text(book: Any) -> None:
    """Write all cells as text, also what looks like a formula, or an error."""
    for cell in (cell for sheet in book for row in sheet.iter_rows() for cell in row):
        if cell.value is not None:
            cell.data_type = "s"


def test_cells_are_what_they_say_without_the_format_in_which_they_are_shown() -> None:
    cells: dict[str, tuple[object, str]] = {
        "whole": (5.0, "5"),
        "part": (0.1, "0.1"),
        "small": (1.5e-7, "0.00000015"),
        "large": (1e21, "1000000000000000000000"),
        "less": (-2.0, "-2"),
        "day": (dt.date(2024, 3, 1), "2024-03-01"),
        "midnight": (dt.datetime(2024, 3, 1), "2024-03-01"),  # noqa: DTZ001 - Excel knows no zone
        "moment": (dt.datetime(2024, 3, 1, 12, 30, 15), "2024-03-01T12:30:15"),  # noqa: DTZ001
        "hour": (dt.time(5, 6), "05:06:00"),
        "long": (dt.timedelta(hours=30), "30:00:00"),
        "truth": (True, "true"),
        "digits": ("007", "007"),
        "lines": ("x\ny", "x\ny"),
        "nothing": (None, ""),
    }

    def shown_as_percent(book: Any) -> None:
        book["Data"]["C2"].number_format = "0%"

    data = workbook({"Data": [["id", *cells], ["a", *(said for said, _ in cells.values())]]}, shown_as_percent)
    assert parse(table(), data).rows["a"] == {"id": "a", **{name: text for name, (_, text) in cells.items()}}


def test_rows_go_by_the_numbers_of_the_sheet_and_empty_ones_say_nothing() -> None:
    data = workbook(
        {"Data": [["A title"], [], ["id", "n", "", None], ["a", 1], [], ["b", 2, None, None], [None], [""]]}
    )
    parsed = parse(table(header=3), data)
    assert {key: parsed.line_of(key) for key in parsed.rows} == {"a": 4, "b": 6}
    assert not parsed.faults
    assert parsed.rows["b"] == {"id": "b", "n": "2"}


def test_a_cell_that_shows_an_error_is_told_and_one_that_nobody_can_read_leaves_its_row_out() -> None:
    def finish(book: Any) -> None:
        sheet = book["Data"]
        sheet["B2"] = "#N/A"
        sheet["B2"].data_type = "e"
        sheet["B3"] = "=1+1"
        sheet.merge_cells("B4:B5")
        sheet.merge_cells("A7:B7")

    rows_ = [["id", "n"], ["a", 1], ["b", 2], ["c", 3], ["d", None], ["e", 5], ["A section", None], ["f", 6]]
    parsed = parse(table(), workbook({"Data": rows_}, finish))
    assert list(parsed.rows) == ["a", "c", "e", "f"]
    assert parsed.rows["a"] == {"id": "a", "n": "#N/A"}
    told = [(fault.line, fault.column) for fault in parsed.faults]
    assert told == [(2, "n"), (3, "n"), (5, "n"), (7, "n")]
    reasons = [fault.reason for fault in parsed.faults]
    assert "error #N/A" in reasons[0]
    assert "formula" in reasons[1]
    assert "merged with another of row 4" in reasons[2]


def test_a_merged_header_leaves_a_column_without_a_name_which_is_told() -> None:
    def finish(book: Any) -> None:
        book["Data"].merge_cells("B1:C1")

    data = workbook({"Data": [["id", "dead", None], ["a", 1, 2]]}, finish)
    with pytest.raises(NotATable, match="Column 3 has no name in the header, and “2” in line 2"):
        parse(table(), data)
    assert parse(table(header_names=["id", "men", "women"]), data).rows["a"] == {"id": "a", "men": "1", "women": "2"}


def test_the_first_visible_sheet_with_data_is_read_unless_another_is_named() -> None:
    def hide(book: Any) -> None:
        book["Hidden"].sheet_state = "hidden"

    data = workbook({"Empty": [], "Hidden": [["x"]], "One": [["id"], ["a"]], "Two": [["id"], ["b"]]}, hide)
    assert list(parse(table(), data).rows) == ["a"]
    assert list(parse(table(sheet="Two"), data).rows) == ["b"]
    with pytest.raises(
        NotATable,
        match=r"^The file cannot be read: it has no sheet “Three”; it has “Empty”, “Hidden”, “One”, “Two”",
    ):
        parse(table(sheet="Three"), data)
    with pytest.raises(NotATable, match="no sheet with a cell"):
        parse(table(), workbook({"Empty": []}))


def test_workbooks_are_imported_and_sheets_that_are_not_read_are_named(here: Here, tmp_path: Path) -> None:
    map_, path = tmp_path / "map.toml", tmp_path / "t.xlsx"
    map_.write_text(MAP, encoding="utf-8")
    path.write_bytes(workbook({**OFFICES, "Notes": [["Read me"]]}))
    for source, said in (
        (ImportSource((path,), map_), ["Only the sheet “Data” is read, not “Notes”; --sheet NAME reads another."]),
        (ImportSource((path,), map_, layout=Layout(sheet="Data")), []),
    ):
        notes = [each.text for each in registry.IMPORTERS["csv"].read(source) if isinstance(each, ImportNote)]
        assert notes == said
    assert here.imported("csv", path, map=map_)["recorded"] == 4
    assert here.exported("csv", map=map_) == b"id,killed\na,5\nb,7\n"
    (tmp_path / "t.csv").write_bytes(b"id,killed\na,5\nb,7\n")
    assert here.imported("csv", tmp_path / "t.csv", map=map_)["lines"] == 0


@pytest.mark.parametrize(("name", "row"), [("acled", ACLED), ("ucdp", UCDP)])
def test_events_in_workbooks_and_zip_files_say_what_they_say_in_csv(
    name: str, row: dict[str, str], tmp_path: Path
) -> None:
    row = {name: cell.replace("\r\n", "\n") for name, cell in row.items()}
    text = io.StringIO(newline="")
    csv.writer(text).writerows([row, row.values()])
    sheet = workbook({"Events": [list(row), list(row.values())]}, as_text)
    forms = {
        "t.xlsx": sheet,
        "x.zip": zipped(t_xlsx=sheet),
        "t.zip": zipped(t_csv=text.getvalue().encode(), readme_txt=b"Read me"),
        "t.csv.gz": gzip.compress(text.getvalue().encode()),
        "t.csv": text.getvalue().encode(),
    }
    found: list[Any] = []
    for file, data in forms.items():
        (tmp_path / file).write_bytes(data)
        reports, bad = read(name, tmp_path / file, reported_at="2024-03-01")
        assert not bad
        found.append(reports)
    assert found[0]
    assert all(each == found[0] for each in found)


def test_a_zip_file_holds_one_table_or_its_files_are_named(tmp_path: Path) -> None:
    one = b"id,n\na,1\n"
    assert list(parse(table(), zipped(t_csv=one)).rows) == ["a"]
    assert list(parse(table(), zipped(t_csv=one, readme_pdf=b"%PDF")).rows) == ["a"]
    for data, why in (
        (zipped(a_csv=one, b_csv=one), r"2 files \(a.csv, b.csv\)"),
        (zipped(), "no file in it"),
        (zipped(t_csv=one)[:-30], "damaged"),
    ):
        with pytest.raises(NotATable, match=why):
            parse(table(), data)
        (tmp_path / "t.zip").write_bytes(data)
        with pytest.raises(UnreadableSource, match=why):
            list(read_rows(tmp_path / "t.zip"))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel file of the old kind"),
        (b"PAR1" + bytes(50), "it is Parquet: save it as CSV"),
        (b"%PDF-1.7\n", "it is a PDF"),
        (b"\n<!DOCTYPE html><html>", "web page"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"BZh91AY", "packed by bzip2"),
        (zipped(content_xml=b"<x/>"), "OpenDocument"),
        (b"PK\x03\x04" + bytes(40), "damaged"),
        (zipped(t_zip=zipped(t_csv=b"a")), "zip file"),
        (
            zipped(**{"xl/workbook_xml": b"<workbook/>", "[Content_Types]_xml": b"<Types/>"}),
            "save it again as .xlsx, or as CSV in UTF-8",
        ),
        (b"\x1f\x8bnot gzip", "unpacked|cannot be read"),
    ],
)
def test_what_is_no_table_is_named_for_what_it_is(data: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(NotATable, match=why):
        parse(table(), data)
    for name, sample in samples().items():
        if not sample.is_file or (name == "ndjson" and "Excel workbook" in why):
            continue
        try:
            found = list(registry.IMPORTERS[name].read(sample.source(tmp_path, data)))
        except UnreadableSource:
            continue
        assert all(isinstance(each, ImportFault) for each in found)
        assert found


def test_a_workbook_is_no_json_and_is_told_so(tmp_path: Path) -> None:
    data = workbook(OFFICES)
    with pytest.raises(NotATable, match="Excel workbook: it is read as csv"):
        parse(table(format="json"), data)
    (tmp_path / "t").write_bytes(data)
    with pytest.raises(UnreadableSource, match="Excel workbook"):
        next(registry.IMPORTERS["ndjson"].read(ImportSource((tmp_path / "t",))))


CELLS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=8).map(str.strip)
TABLES = st.lists(st.tuples(CELLS, CELLS), max_size=5)


@given(cells=TABLES)
def test_a_table_has_the_same_rows_as_csv_and_as_a_sheet(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    whole = [("id", "n"), *((f"k{at}", one) for at, (one, _) in enumerate(cells))]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(whole)
    data = workbook({"T": whole}, as_text)
    assert parse(table(), data).rows == parse(table(), text.getvalue().encode()).rows
    path = tmp_path_factory.mktemp("tables") / "t"
    path.write_bytes(data)
    said = [each.cells for each in read_rows(path) if isinstance(each, CsvRow)]
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    assert said == [each.cells for each in read_rows(path) if isinstance(each, CsvRow)]


def test_a_workbook_in_a_repository_is_a_version_as_any_other(tmp_path: Path) -> None:
    from tests.service.tables_imported import FILE, repository  # noqa: PLC0415

    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    versions = [workbook({"D": [["id", "killed"], ["a", number]]}) for number in (3, 4)]
    days = ["2024-03-01T12:00:00Z", "2024-03-02T12:00:00Z"]
    repo = repository(tmp_path / "repo", zip(days, versions, strict=True))
    found = list(registry.IMPORTERS["git"].read(ImportSource((repo,), tmp_path / "map.toml", FILE)))
    counts = [
        each.document["claims"][0]["count"]
        for each in found
        if isinstance(each, BatchLine) and "claims" in each.document
    ]
    assert counts == [{"best": 3}, {"best": 4}]
    assert json.dumps(counts)
