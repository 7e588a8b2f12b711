"""Shapes of JSON, and cells of any length: where rows lie is said, and what comes out is read as it was."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.formats import registry
from service.formats.importer import BatchLine, ImportFault, ImportSource
from service.formats.tables import MappingError, TableMap, read_mapping
from service.formats.tables.parsed_table import NotATable, ParsedTable
from service.formats.tables.read_file import parse
from tests.service.coded_events import Here
from tests.service.tables_imported import FILE, repository

pytestmark = pytest.mark.one_server_will_do

ROWS = [{"id": "a", "killed": 3}, {"id": "b", "killed": 4}]
MAP = """
table = "shapes"
title = "{id}"
format = "json"
key = ["id"]
source = "js"
claims = [{ column = "killed", measure = "killed" }]
"""


@pytest.fixture
def here(database_url: str, capfd: pytest.CaptureFixture[str]) -> Here:
    return Here(database_url, capfd)


def table(**more: Any) -> TableMap:
    least = {"table": "t", "title": "{id}", "format": "json", "key": ["id"], "source": "s"}
    return TableMap.model_validate({**least, **more})


def read(mapping: TableMap, text: object) -> ParsedTable:
    return parse(mapping, (text if isinstance(text, str) else json.dumps(text)).encode())


def refused(mapping: TableMap, text: object) -> str:
    with pytest.raises(NotATable) as caught:
        read(mapping, text)
    return str(caught.value)


def lines(parsed: ParsedTable) -> dict[str, int | None]:
    return {key: parsed.line_of(key) for key in parsed.rows}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("data", '{"status": 200, "data": [\n{"id": "a"},\n{"id": "b"}], "data2": [{"id": "c"}]}'),
        ("a.b", '{"a": {"x": [1], "b": [\n{"id": "a"},\n\n{"id": "b"}]}}'),
        ("a.b", '{"a.b": [\n{"id": "a"}\n,{"id": "b"}]}'),
        ("1", '[{"page": 1},\n[{"id": "a"},{"id": "b"}]]'),
        ("x y.é", '{"x y": {"é": [{"id":"a"},\n {"id":"b"}]}}'),
    ],
)
def test_rows_lie_under_the_path_that_is_named(path: str, text: str) -> None:
    parsed = read(table(rows=path), text)
    assert list(parsed.rows) == ["a", "b"]
    listed = text.splitlines()
    assert all(
        f'{{"id": "{key}"' in listed[line - 1].replace(":", ": ").replace("  ", " ")
        for key, line in lines(parsed).items()
        if line
    )


def test_without_a_path_the_paths_that_there_are_are_named() -> None:
    said = refused(table(), {"ok": True, "data": ROWS, "deep": {"er": [{"id": "x"}]}, "empty": []})
    assert 'rows = "data"' in said
    assert 'rows = "deep.er"' in said
    assert "empty" not in said
    assert 'rows = "*" with key_column = "…" for their names,' in refused(table(), {"a": {"n": 1}, "b": {"n": 2}})
    assert 'it: rows = "x.data"; or rows = "*" with key_column' in refused(
        table(), {"m": {"v": 1}, "x": {"data": ROWS}}
    )
    assert 'rows = "data"' in refused(table(rows="dta"), {"data": ROWS})
    assert "no array lies there" in refused(table(rows="data"), {"data": {"a": 1}})
    assert "no object lies there" in refused(table(rows="data.*", key_column="id"), {"data": ROWS})
    assert "no JSON array" in refused(table(), "{}")
    assert "leave “rows” out" in refused(table(rows="data"), '{"id": 1}\n{"id": 2}')


def test_json_lines_are_a_table_and_a_line_that_is_none_is_told() -> None:
    parsed = read(table(), '\ufeff{"id": "a", "n": 1.50}\r\n\n{"id": "b"}\n')
    assert lines(parsed) == {"a": 1, "b": 3}
    assert read(table(), '{"id": "a", "n": 1}').rows == {"a": {"id": "a", "n": 1}}
    parsed = read(table(), '{"id": "a"}\n{"id": "b"\n{"id": "c"}\n5\n')
    assert lines(parsed) == {"a": 1, "c": 3}
    assert [(fault.line, fault.column) for fault in parsed.faults] == [(2, None), (4, None)]
    assert parsed.broken
    for text in ("", "\n", "x\n{}", '{"id": 1', "[1]\n[2]\n"):
        assert "not JSON" in refused(table(), text)


def test_members_of_an_object_are_rows_under_their_names() -> None:
    mapping = table(rows="*", key_column="id")
    parsed = read(mapping, '{"SY-1": {"killed": 3},\n"SY-2": {"killed": 4, "id": "SY-2"}, "count": 2}')
    assert parsed.rows == {"SY-1": {"id": "SY-1", "killed": 3}, "SY-2": {"id": "SY-2", "killed": 4}}
    assert parsed.line_of("SY-2") == 2
    assert [(fault.line, fault.column) for fault in parsed.faults] == [(2, None)]
    assert list(read(table(rows="a.*", key_column="id"), {"a": {"x": {}, "y": {}}}).rows) == ["x", "y"]
    assert "has its own “id”, “b”" in refused(mapping, {"a": {"id": "b"}})
    assert "“a” is given twice" in refused(mapping, '{"a": {}, "a": {}}')


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ('rows = "*"', "“key_column” names the column"),
        ('key_column = "x"', "“key_column” names the column"),
        ('rows = "data"\nformat = "csv"', "rows of JSON"),
    ],
)
def test_a_mapping_file_says_what_a_path_needs(more: str, why: str, tmp_path: Path) -> None:
    text = MAP.replace('format = "json"\n', "") if "format" in more else MAP
    (tmp_path / "map.toml").write_text(f"{more}\n{text}", encoding="utf-8")
    with pytest.raises(MappingError, match=why):
        read_mapping(tmp_path / "map.toml")


@pytest.mark.parametrize(
    "text", ['[{"id": "a", "killed": 1, "killed": 2},\n%s]', '{"id": "a", "x": {"killed": 1, "killed": 2}}\n%s']
)
def test_a_member_that_is_given_twice_leaves_its_row_out(text: str) -> None:
    parsed = read(table(), text % '{"id": "b", "killed": 3}')
    assert list(parsed.rows) == ["b"]
    (fault,) = parsed.faults
    assert (fault.line, fault.column) == (1, "killed")
    assert "“killed” is given twice" in fault.reason
    assert parsed.broken
    assert "“data” is given twice" in refused(table(rows="data"), '{"data": [], "data": [{"id": "a"}]}')


def test_features_have_properties_as_columns_and_nothing_of_them_is_lost() -> None:
    feature = '{"type": "Feature", "id": "us1", "properties": {"mag": 6.10, "status": null}, "geometry": %s}'
    point = feature % '{"type": "Point", "coordinates": [44.10, 15.3, 10]}'
    parsed = read(table(rows="features"), f'{{"type": "FeatureCollection", "features": [\n{point}]}}')
    row = {name: getattr(cell, "digits", cell) for name, cell in parsed.rows["us1"].items()}
    assert row == {
        "id": "us1", "mag": "6.10", "status": None, "geometry.type": "Point", "lon": "44.10", "lat": "15.3",
        "geometry.coordinates.2": 10,
    }  # fmt: skip
    line = feature % '{"type": "LineString", "coordinates": [[1.0, 2], [3, 4.50]]}'
    parsed = read(table(), f"[{line}]")
    assert parsed.rows["us1"]["geometry.coordinates"] == "[[1.0,2],[3,4.50]]"
    assert "geometry.type" not in read(table(), f"[{feature % 'null'}]").rows["us1"]
    own = read(table(), '[{"type": "Feature", "properties": {"id": 1, "lat": "x"}, "geometry": null, "note": [1]}]')
    assert own.rows["1"] == {"id": 1, "lat": "x", "note": "[1]"}
    assert 'rows = "features"' in refused(table(), f'{{"type": "FeatureCollection", "features": [{point}]}}')


SHAPES: dict[str, tuple[str, Any]] = {
    "array": ("", ROWS),
    "data": ('rows = "data"', {"ok": True, "data": ROWS}),
    "deep": ('rows = "a.b"', {"a": {"b": ROWS}}),
    "by key": ('rows = "*"\nkey_column = "id"', {"a": {"killed": 3}, "b": {"killed": 4}}),
    "deep by key": ('rows = "x.*"\nkey_column = "id"', {"x": {"a": {"killed": 3}, "b": {"killed": 4}}}),
    "features": (
        'rows = "features"',
        {"features": [{"type": "Feature", "properties": each, "geometry": None} for each in ROWS]},
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_table_in_any_shape_comes_back_so_that_its_mapping_file_reads_it(
    shape: str, here: Here, tmp_path: Path
) -> None:
    more, document = SHAPES[shape]
    map_, path = tmp_path / "map.toml", tmp_path / "t.json"
    map_.write_text(f"{more}\n{MAP}", encoding="utf-8")
    path.write_text(json.dumps(document), encoding="utf-8")
    assert here.imported("json", path, map=map_)["recorded"] == 4
    out = here.exported("json", map=map_)
    assert parse(read_mapping(map_), out).rows == {row["id"]: row for row in ROWS}
    path.write_bytes(out)
    again = here.imported("json", path, map=map_)
    assert (again["ok"], again["lines"]) == (True, 0)


def test_a_version_with_a_row_that_cannot_be_read_takes_nothing_back(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    versions = [json.dumps(ROWS), '[{"id": "a", "killed": 3, "killed": 3}, {"id": "b", "killed": 5}]']
    days = ["2024-03-01T12:00:00Z", "2024-03-02T12:00:00Z"]
    repo = repository(tmp_path / "repo", zip(days, map(str.encode, versions), strict=True))
    found = list(registry.IMPORTERS["git"].read(ImportSource((repo,), tmp_path / "map.toml", FILE)))
    said = [each.document for each in found if isinstance(each, BatchLine) and "incident" in each.document]
    assert [(each["external_ids"]["shapes"], bool(each.get("claims"))) for each in said] == [
        ("a", True),
        ("b", True),
        ("b", True),
    ]
    assert len([each for each in found if isinstance(each, ImportFault)]) == 1


CELLS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
)
TABLES = st.lists(st.dictionaries(st.sampled_from(["n", "x.y", "é"]), CELLS), max_size=4)


@given(cells=TABLES)
def test_a_table_has_the_same_rows_in_any_shape(cells: list[dict[str, Any]]) -> None:
    rows = [{"id": f"k{at}", **row} for at, row in enumerate(cells)]
    expected = read(table(), rows).rows
    by_key = {row["id"]: {name: cell for name, cell in row.items() if name != "id"} for row in rows}
    features = [{"type": "Feature", "properties": row, "geometry": None} for row in rows]
    assert read(table(rows="data"), {"data": rows}).rows == expected
    assert read(table(rows="a.b"), {"a": {"b": rows}}).rows == expected
    assert read(table(rows="*", key_column="id"), by_key).rows == expected
    assert read(table(rows="features"), {"features": features}).rows == expected
    if rows:
        assert read(table(), "\n".join(map(json.dumps, rows))).rows == expected
    assert lines(read(table(), rows)) == {row["id"]: 1 for row in rows}


@given(st.text(st.sampled_from('{}[]":,. \nab1e\\-'), max_size=30))
def test_any_text_is_rows_or_refused(text: str) -> None:
    for mapping in (table(), table(rows="a"), table(rows="a.*", key_column="id"), table(rows="*", key_column="id")):
        try:
            parsed = read(mapping, text)
        except NotATable:
            continue
        assert all(parsed.line_of(key) for key in parsed.rows)


@pytest.mark.parametrize("format_", ["csv", "json"])
def test_a_long_cell_comes_back_whole(format_: str, here: Here, tmp_path: Path) -> None:
    map_, path = tmp_path / "map.toml", tmp_path / "t"
    map_.write_text(MAP.replace('"json"', f'"{format_}"'), encoding="utf-8")
    rows = [{"id": "a", "killed": 3, "note [continued 2]": "mine", "story": "é x\n" * 10_000}]
    text = io.StringIO(newline="")
    if format_ == "json":
        json.dump(rows, text)
    else:
        text.write("id,killed,note [continued 2],story\n" + f'a,3,mine,"{rows[0]["story"]}"\n')
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    assert here.imported(format_, path, map=map_)["recorded"] == 2
    again = here.imported(format_, path, map=map_)
    assert (again["ok"], again["lines"]) == (True, 0)
    assert (
        parse(read_mapping(map_), here.exported(format_, map=map_)).rows
        == parse(read_mapping(map_), path.read_bytes()).rows
    )


def test_a_table_below_title_rows_or_without_a_header_comes_back_so_that_its_mapping_file_reads_it(
    here: Here, tmp_path: Path
) -> None:
    for number, (more, text) in enumerate(
        (
            ("header = 3", "Title\n\nid,killed\na,3\n"),
            ('header = 0\ncolumns = ["id", "killed", "note"]', "a,3,\n"),
            ('header_names = ["id", "killed", "note"]', "x,x,\na,3,\n"),
            ('encoding = "cp1252"', "id,killed,note\na,3,é\n"),
        )
    ):
        map_, path = tmp_path / "map.toml", tmp_path / "t"
        map_.write_text(f"{more}\n{MAP}".replace('"json"', '"csv"').replace("shapes", f"t{'abcd'[number]}"), "utf-8")
        path.write_bytes(text.encode("cp1252"))
        assert here.imported("csv", path, map=map_)["recorded"] == 2
        out = here.exported("csv", map=map_)
        path.write_bytes(out)
        again = here.imported("csv", path, map=map_)
        assert (again["ok"], again["lines"]) == (True, 0), more
