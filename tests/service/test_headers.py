"""Headers: title rows above, HXL hashtags below, columns without a name or with one twice, and no header at all."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.formats.files.csv_rows import CsvRow, read_rows
from service.formats.files.headers import BadHeader, TableRecord, find_header, is_hashtag_row
from service.formats.importer import Layout, UnreadableSource
from service.formats.tables import TableMap
from service.formats.tables.parsed_table import NotATable, ParsedTable
from service.formats.tables.read_file import parse

AFFECTED = b"Org,Province,Number affected\n#org,#adm1 +name,#affected\nOrg X,Coast,100\nOrg Y,Hills,200\n"
TITLED = b"Situation table,,\n,,\n" + AFFECTED + b",,300\n"


def table(**more: object) -> TableMap:
    least = {"table": "hxl", "title": "{Org}", "format": "csv", "key": ["Org", "Province"], "source": "ocha"}
    return TableMap.model_validate({**least, **more})


def refused(mapping: TableMap, data: bytes) -> str:
    with pytest.raises(NotATable) as caught:
        parse(mapping, data)
    return str(caught.value)


def lines(parsed: ParsedTable) -> dict[str, int | None]:
    return {key: parsed.line_of(key) for key in parsed.rows}


def test_a_row_of_hashtags_below_the_header_is_no_row() -> None:
    assert lines(parse(table(), AFFECTED)) == {"Org X|Coast": 3, "Org Y|Hills": 4}


def test_the_header_above_hashtags_is_found_below_titles_and_a_row_without_a_key_is_told() -> None:
    for mapping in (table(), table(header=3)):
        parsed = parse(mapping, TITLED)
        assert lines(parsed) == {"Org X|Coast": 5, "Org Y|Hills": 6}
        assert [(fault.line, fault.column) for fault in parsed.faults] == [(7, "Org")]


def test_columns_go_by_their_hashtags_where_the_mapping_file_does() -> None:
    mapping = table(
        key=["#org"], title="{#org}", claims=[{"column": "#affected", "measure": "displaced"}], occurred="{#adm1+name}"
    )
    expected = {"#org": "Org X", "#adm1+name": "Coast", "#affected": "100"}
    assert parse(mapping, AFFECTED).rows["Org X"] == expected
    assert parse(mapping, TITLED).rows["Org X"] == expected
    only = b"Title\n\n" + AFFECTED.split(b"\n", 1)[1]
    assert parse(mapping, only).rows["Org X"] == expected
    assert "Several columns have the hashtag “#org”" in refused(mapping, b"a,b\n#org,#org\n1,2\n")


def test_hashtags_that_are_data_are_rows() -> None:
    tags = TableMap.model_validate({"table": "t", "title": "{tag}", "format": "csv", "key": ["tag"], "source": "s"})
    assert list(parse(tags, b"tag\n#damascus\n#homs\n").rows) == ["#damascus", "#homs"]
    assert list(parse(tags, b"tag,n\n#damascus,1\n#homs,2\n").rows) == ["#damascus", "#homs"]


def test_title_rows_are_passed_by_the_line_of_the_header_whatever_quotes_they_have() -> None:
    data = b'A "title, of 1,000\nand more"\n\nOrg,Province,n\nX,Y,"1\n2"\nZ,Y,3\n'
    assert lines(parse(table(header=4), data)) == {"X|Y": 5, "Z|Y": 7}
    assert "line 4 has it: header = 4" in refused(table(), b"Title,,\n\nNote,,\nOrg,Province,n\nX,Y,1\n")
    assert "no header in line 9" in refused(table(header=9), data)


def test_a_column_without_a_name_is_left_out_while_it_is_empty_and_refused_with_a_way_out_otherwise() -> None:
    rows_ = parse(table(), b"Org,Province,,n,\nX,Y,,1,\nZ,Y,,2\n").rows
    assert rows_ == {"X|Y": {"Org": "X", "Province": "Y", "n": "1"}, "Z|Y": {"Org": "Z", "Province": "Y", "n": "2"}}
    data = b"Org,Province,,n\nX,Y,,1\nZ,Y,why,2\n"
    assert "Column 3 has no name in the header, and “why” in line 3: name it, or leave" in refused(table(), data)
    assert parse(table(unnamed="ignore"), data).rows["Z|Y"] == {"Org": "Z", "Province": "Y", "n": "2"}
    named = parse(table(header_names=["Org", "Province", "note", "n"]), data)
    assert named.rows["Z|Y"]["note"] == "why"


def test_a_name_that_comes_twice_is_refused_with_a_way_out() -> None:
    data = b"Org,Province,n,n,\nX,Y,1,2,\n"
    assert "names “n” twice, in columns 3 and 4" in refused(table(), data)
    assert "header_names" in refused(table(), data)
    assert parse(table(header_names=["Org", "Province", "dead", "hurt"]), data).rows["X|Y"]["hurt"] == "2"
    assert "has 3 names, and the header 5 columns" in refused(table(header_names=["Org", "Province", "n"]), data)
    assert "have “n” twice" in refused(table(header_names=["Org", "Province", "n", "n"]), data)


def test_a_table_without_a_header_has_the_columns_that_are_declared() -> None:
    mapping = table(header=0, columns=["Org", "Province", "n"])
    assert lines(parse(mapping, b"X,Y,1\nZ,Y,2\n")) == {"X|Y": 1, "Z|Y": 2}
    with pytest.raises(ValueError, match="“columns” must name all columns"):
        table(header=0)
    assert "has numbers for names" in refused(table(), b"1,1,2024,A\n2,3,2024,B\n")


@pytest.mark.parametrize("name", ["ORG", " Org\u00a0", "\ufefforg", "Ｏｒｇ", "org "])
def test_a_name_that_differs_in_capitals_or_spaces_is_shown(name: str) -> None:
    near = name.strip().strip("\ufeff")
    data = f"{name},Province\nX,Y\n".encode()
    if near == "Org":
        assert parse(table(), data).rows["X|Y"]["Org"] == "X"
    else:
        assert f"no column “Org”, which is part of the key, but “{near}”" in refused(table(), data)
    claim = table(key=["Province"], title="{Province}", claims=[{"column": "Org", "measure": "killed"}])
    if near != "Org":
        assert f"no column “Org”, but “{near}”" in refused(claim, data)


def test_the_delimiter_that_the_header_has_is_offered() -> None:
    assert 'csv = { delimiter = ";" }' in refused(table(), b"Org;Province\nX;Y\n")


def test_events_are_read_below_titles_hashtags_and_without_a_header_too(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TITLED.replace(b",", b";"))
    assert list(next(read_rows(path)).cells) == ["Org", "Province", "Number affected"]
    found = [each for each in read_rows(path) if isinstance(each, CsvRow)]
    assert [(each.line, each.cells["Org"]) for each in found] == [(5, "Org X"), (6, "Org Y"), (7, "")]
    path.write_bytes(b"1,2\n3,4\n")
    layout = Layout(header=0, names=("a", "b"))
    assert [each.cells for each in read_rows(path, layout=layout) if isinstance(each, CsvRow)] == [
        {"a": "1", "b": "2"},
        {"a": "3", "b": "4"},
    ]
    with pytest.raises(UnreadableSource, match="no header in line 3"):
        next(read_rows(path, layout=Layout(header=3)))


NAMES = st.text(st.characters(codec="ascii", categories=["Ll", "Nd"]), min_size=1, max_size=4)


@given(
    names=st.lists(NAMES, min_size=1, max_size=4, unique=True),
    cells=st.lists(st.sampled_from(["", "1", "#adm1", "#x", "#org", "a b"]), min_size=1, max_size=4),
)
def test_a_row_is_left_out_for_hashtags_alone(names: list[str], cells: list[str]) -> None:
    cells = (cells * len(names))[: len(names)]  # a row of another length is no row of this table
    header = find_header([TableRecord(1, list(names)), TableRecord(2, list(cells))], Layout())
    said = [cell for cell in cells if cell]
    if header.after == 2:
        assert said
        assert all(cell.startswith("#") for cell in said)
    assert header.names == names
    assert is_hashtag_row(cells) == (header.after == 2)


@given(st.lists(st.lists(st.sampled_from(["", " ", "a", "#org", "1", "\0", "\ufeff"]), max_size=3), max_size=5))
def test_any_records_have_a_header_or_a_reason_why_not(cells: list[list[str]]) -> None:
    first = [TableRecord(line, row) for line, row in enumerate(cells, 1)]
    for layout in (Layout(), Layout(header=2), Layout(names=("x", "y")), Layout(header=0, names=("x",))):
        try:
            header = find_header(first, layout)
        except BadHeader:
            continue
        named = [name for name in header.names if name]
        assert named
        assert all(one != other for one, other in itertools.combinations(named, 2))
