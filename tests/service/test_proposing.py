"""`knownwhen map`: what it proposes loads, imports, and gives the table back; what it does not know it says."""

import csv
import io
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.console import map_
from service.formats import registry
from service.formats.importer import BatchLine, ImportFault, ImportNote, ImportSource
from service.formats.tables import TableMap, read_mapping
from service.formats.tables.detect import detect_table
from service.formats.tables.parsed_table import NotATable, cell_text
from service.formats.tables.proposal_text import mapping_toml, preview_lines
from service.formats.tables.propose import Proposal, propose_mapping
from service.formats.tables.read_file import parse
from tests.service.coded_events import Here
from tests.service.console import ending, run
from tests.service.workbooks import workbook

pytestmark = pytest.mark.one_server_will_do

REGISTER = (
    "Registro;Organización;Muertos;País\n001;ACNUR;1.100;Panamá\n003;UNICEF;250;Perú\n004;OIM;—;Perú\n007;X;12;Perú\n"
)
EVENTS = [
    {"ref": f"E{at}", "day": f"{at:02}.03.2024", "town": town, "lat": "35.5", "lon": "36.1", "dead": dead}
    for at, (town, dead) in enumerate((("Latakia", "at least 4"), ("Homs", "n/a"), ("Hama", "12"), ("Idlib", "3")), 9)
]
FILES: dict[str, bytes] = {
    "latin.csv": REGISTER.encode("cp1252"),
    "utf16.csv": REGISTER.encode("utf-16"),
    "titled.csv": b"Situation table,,,\n,,,\nid,place,dead,note\n1,A,3,x\n2,B,4,\n5,C,4,y\n6,D,5,z\n",
    "hxl.csv": b"Org,Province,Killed\n#org,#adm1,#affected\nX,Coast,100\nY,Hills,200\nX,Hills,7\n",
    "trailing.csv": b"id,n,dead,\n1,a,3,\n2,b,4,\n3,c,0,\n4,d,0,\n",
    "twice.csv": b"id,dead,dead\n1,3,4\n2,5,6\n",
    "unnamed.csv": b"id,dead,\n1,3,x\n2,5,y\n",
    "headless.csv": b"1,2024-03-01,Homs,4\n2,2024-03-02,Hama,5\n",
    "wide.csv": b"Country,1/22/20,1/23/20,1/24/20\nA,0,1,2\nB,0,0,1\n",
    "doubled.csv": b"day,killed\n2024-03-01,3\n2024-03-01,3\n2024-03-02,4\n",
    "data.json": json.dumps({"ok": True, "data": EVENTS}).encode(),
    "lines.jsonl": "\n".join(map(json.dumps, EVENTS)).encode(),
    "keyed.json": json.dumps({each["ref"]: each for each in EVENTS}).encode(),
    "nested.json": json.dumps([{"id": "a", "toll": {"killed": 3}}, {"id": "b", "toll": {"killed": 4}}]).encode(),
    "points.geojson": json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": each, "geometry": {"type": "Point", "coordinates": [36.1, 35.5]}}
                for each in EVENTS
            ],
        }
    ).encode(),
    "events.xlsx": workbook(
        {"Events": [list(EVENTS[0]), *(list(each.values()) for each in EVENTS)], "Notes": [["id", "x"], [1, "y"]]}
    ),
}


@pytest.fixture
def here(database_url: str, capfd: pytest.CaptureFixture[str]) -> Here:
    return Here(database_url, capfd)


def propose(data: bytes, name: str = "t.csv", **given: Any) -> Proposal:
    return propose_mapping(detect_table(data, given.get("written"), given.get("sheet")), name)


def table_of(proposal: Proposal, folder: Path) -> TableMap:
    path = folder / "map.toml"
    path.write_text(mapping_toml(proposal.fields, proposal.unsure), encoding="utf-8")
    return read_mapping(path)


@pytest.mark.parametrize("name", FILES)
def test_a_proposal_imports_the_file_and_gives_the_table_back(name: str, here: Here, tmp_path: Path) -> None:
    proposal = propose(FILES[name], name)
    table = table_of(proposal, tmp_path)
    assert table == proposal.table
    path = tmp_path / name
    path.write_bytes(FILES[name])
    came = here.imported(table.format, path, map=tmp_path / "map.toml")
    assert came["refused"] == 0
    assert all("makes no claim" in each["reason"] or "several" in each["reason"] for each in came["errors"])
    out = here.exported(table.format, map=tmp_path / "map.toml")

    def rows(data: bytes) -> list[dict[str, str]]:
        cells = [{column: cell_text(cell) for column, cell in row.items()} for row in parse(table, data).rows.values()]
        return sorted(cells, key=lambda row: json.dumps(row, sort_keys=True))

    assert rows(out) == rows(FILES[name])


def test_what_a_file_shows_is_written_down() -> None:
    fields = propose(FILES["latin.csv"], "registro 2024.csv").fields
    assert (fields["table"], fields["encoding"], fields["csv"]) == ("registro-t2024", "cp1252", {"delimiter": ";"})
    assert (fields["key"], fields["silence"], fields["thousands"]) == (["Registro"], ["—"], ".")
    assert fields["claims"] == [{"column": "Muertos", "measure": "killed"}]
    fields = propose(FILES["data.json"]).fields
    assert (fields["rows"], fields["key"], fields["dates"], fields["occurred"]) == (
        "data",
        ["ref"],
        "%d.%m.%Y",
        "{day}",
    )
    assert fields["places"] == [{"name": "{town}", "lat": "{lat}", "lon": "{lon}"}]
    assert fields["claims"] == [{"column": "dead", "measure": "killed", "counts": "words"}]
    assert fields["silence"] == ["n/a"]
    assert propose(FILES["titled.csv"]).fields["header"] == 3
    assert "header" not in propose(FILES["hxl.csv"]).fields
    assert propose(FILES["twice.csv"]).fields["header_names"] == ["id", "dead", "dead (2)"]
    assert propose(FILES["unnamed.csv"]).fields["unnamed"] == "ignore"
    assert propose(FILES["headless.csv"]).fields["header"] == 0
    assert propose(FILES["wide.csv"]).fields["melt"] == [{"columns": "%m/%d/%y", "measure": "killed"}]
    assert propose(FILES["doubled.csv"]).fields["duplicates"] == "keep"
    assert propose(b"id|dead\n1|3\n2|4\n").fields["csv"] == {"delimiter": "|"}
    assert propose(FILES["keyed.json"]).fields["key_column"] == "id"
    assert propose(FILES["nested.json"]).fields["nested"] is True
    assert propose(FILES["points.geojson"]).fields["rows"] == "features"
    assert propose(FILES["events.xlsx"]).fields["sheet"] == "Events"
    assert propose(FILES["events.xlsx"], sheet="Notes").fields["sheet"] == "Notes"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (FILES["latin.csv"], "encoding is guessed as cp1252"),
        (FILES["latin.csv"], "“.” is taken for the mark between thousands, as in “1.100”"),
        (FILES["latin.csv"], "“—” in “Muertos” is taken for silence"),
        (FILES["latin.csv"], "“Muertos” is taken for killed"),
        (FILES["latin.csv"], "Who vouches for the table is not in the file"),
        (FILES["titled.csv"], "above line 3 are taken for titles"),
        (FILES["twice.csv"], "a name twice"),
        (FILES["twice.csv"], "“dead (2)” seems to count what “dead” counts"),
        (FILES["unnamed.csv"], "left out: 3"),
        (FILES["headless.csv"], "no header"),
        (FILES["doubled.csv"], "No columns tell all rows apart"),
        (FILES["events.xlsx"], "several sheets"),
        (b"id,day\n1,3/4/2024\n2,5/6/2024\n", "“day” may be read as %m/%d/%Y or %d/%m/%Y, so no date is read"),
        (b"id,dead\n1,None\n2,3\n", "“None” in “dead” may say nobody, or nothing"),
        (b"id,day\n1,6/12/2016\n2,7/16/15\n", "“day” has dates in several formats, so no date is read from it"),
        (b"id,day\n1,8.3.2024\n2,2024/03/09\n3,x\n", "“day” has dates in several formats"),
        (b'id,place,at\n1,A,"31.65, -110.36"\n2,B,POINT (14.1 33.2)\n3,C,\n', "“at” seems to have both coordinates"),
        (b"id,3/9/20,3/10/20\n1,9,11\n", "“3/9/20” is called by a day: if it has a figure of that day"),
        (b"id,Minimum dead\n1,9\n", "“Minimum dead” seems to hold least or greatest figures"),
        (b"id,killed,killed_cum\n1,9,9\n2,3,12\n", "If “killed” counts anew each time"),
        (b"id,x\n1,2\n", "No column seems to count people"),
        (b"id,lat,lon\n1,35.5,36.5\n", "of no place that has a name"),
        (b'{"a": [{"id": 1}], "b": [{"id": 2}, {"id": 3}]}', "Rows may lie at “a”, “b”; “b” is taken"),
        (b'[{"id": 1, "who": ["x"]}]', "Lists are kept whole"),
    ],
)
def test_what_is_unsure_is_said(data: bytes, why: str) -> None:
    assert [each for each in propose(data).unsure if why in each]


@pytest.mark.parametrize("figure", ["Number affected", "No of casualties", "number_of_dead", "nr injured"])
def test_a_figure_is_not_taken_for_the_key_because_it_is_called_a_number(figure: str) -> None:
    assert propose(f"{figure},Org,Place\n100,X,Coast\n200,Y,Hills\n".encode()).fields["key"] == ["Org"]
    assert propose(f"{figure},Case number\n100,7\n200,8\n".encode()).fields["key"] == ["Case number"]


def test_a_date_that_reads_in_two_ways_is_not_read() -> None:
    assert {"dates", "occurred"}.isdisjoint(propose(b"id,day\n1,3/4/2024\n2,5/6/2024\n").fields)
    fields = propose(b"id,day\n1,3/4/2024\n2,5/26/2024\n").fields
    assert (fields["dates"], fields["occurred"]) == ("%m/%d/%Y", "{day}")
    fields = propose(b"id,day,reported\n1,3/4/2024,2024-05-01\n2,5/26/2024,2024-05-27\n").fields
    assert (fields["occurred"], fields["reported_at"], "dates" in fields) == ("{day:%m/%d/%Y}", "{reported}", False)


def test_three_rows_are_shown_as_the_import_would_have_them() -> None:
    proposal = propose(FILES["data.json"])
    shown = list(preview_lines(proposal.table, FILES["data.json"], "t.json"))
    assert shown[0] == "Of 4 in the file, these rows become:"
    assert [line for line in shown if "occurred" in line] == [
        "    occurred 2024-03-09",
        "    occurred 2024-03-10",
        "    occurred 2024-03-11",
    ]
    assert "    killed: at least 4" in shown
    assert "    no figure" in shown
    assert "    place Latakia, 35.5, 36.1" in shown


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'[{"a": [1]}]',
        b"%PDF-1.4",
        b"\n\n",
        b"[]x",
        b"\xff\xfe\x00\xd8",
        b"[1, 2]",
        b"[[1]]",
        b"[]",
        b"{}",
        b"id\n",
    ],
)
def test_a_file_that_is_no_table_has_a_reason_or_a_proposal_that_loads(
    data: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, proposed = tmp_path / "t", tmp_path / "map.toml"
    path.write_bytes(data)
    status, told = ending(lambda settings: map_.map_(settings, map_.MapOptions(path, None, None, proposed)), capfd)
    if status:
        assert status == 3
        assert "no mapping file can be proposed" in told
        assert not proposed.exists()
    else:
        TableMap.model_validate(tomllib.loads(proposed.read_text("utf-8")))


def test_the_command_writes_a_mapping_file_and_nothing_over_another(tmp_path: Path) -> None:
    path, proposed = tmp_path / "latin.csv", tmp_path / "map.toml"
    path.write_bytes(FILES["latin.csv"])
    done = run("map", str(path), "-o", str(proposed), KNOWNWHEN_DATA=tmp_path / "data")
    assert (done.returncode, done.stdout) == (0, "")
    assert "killed: 1" in done.stderr
    assert "The encoding is guessed as cp1252" in done.stderr
    assert read_mapping(proposed).encoding == "cp1252"
    assert "The encoding is guessed" in proposed.read_text(encoding="utf-8")
    before = proposed.read_bytes()
    again = run("map", str(path), "-o", str(proposed), KNOWNWHEN_DATA=tmp_path / "data")
    assert (again.returncode, "is there already" in again.stderr, proposed.read_bytes()) == (3, True, before)
    assert run("map", str(path), KNOWNWHEN_DATA=tmp_path / "data").stdout.encode() == before
    assert not (tmp_path / "data").exists()


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1, max_size=6)
CELLS = st.sampled_from(
    ["", "1", "1.100", "3/4/2024", "2024-03-01", "—", "a b", "None", "at least 3", "{x}", '"', "é\u007f"]
)


@given(
    columns=st.lists(
        NAMES | st.sampled_from(["id", "killed", "day", "lat", "lon", "place", "reported", "{a}"]), max_size=5
    ),
    rows=st.lists(st.lists(CELLS, min_size=5, max_size=5), max_size=5),
)
def test_any_table_has_a_proposal_that_loads_and_reads_all_its_rows(columns: list[str], rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([columns, *(row[: len(columns)] for row in rows)])
    data = text.getvalue().encode()
    try:
        proposal = propose(data)
    except NotATable:
        return
    fields = tomllib.loads(mapping_toml(proposal.fields, proposal.unsure))
    table = TableMap.model_validate(fields)
    assert table == proposal.table
    assert propose(data).fields == proposal.fields
    assert list(preview_lines(table, data, "t"))


def test_an_import_by_a_proposal_says_nothing_that_is_not_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(FILES["titled.csv"])
    table_of(propose(FILES["titled.csv"]), tmp_path)
    found = list(registry.IMPORTERS["csv"].read(ImportSource((path,), tmp_path / "map.toml")))
    assert not [each for each in found if isinstance(each, ImportFault | ImportNote)]
    counts = [
        each.document["claims"][0]["count"]
        for each in found
        if isinstance(each, BatchLine) and "claims" in each.document
    ]
    assert counts == [{"best": 3}, {"best": 4}, {"best": 4}, {"best": 5}]
