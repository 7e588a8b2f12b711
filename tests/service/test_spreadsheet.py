"""Tables of text: every cell as it was, and what is no row told by its line without taking others with it."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.formats.coded.verbatim_cells import LONGEST, attributes_of, text_cells_of
from service.formats.files.csv_rows import LONGEST_CELL, CsvRow, read_rows, write_table
from service.formats.importer import ImportFault, UnreadableSource

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)


def read(path: Path, content: bytes) -> list[tuple[int, object]]:
    path.write_bytes(content)
    return [
        (each.line, each.cells) if isinstance(each, CsvRow) else (each.where.line or 0, "bad")
        for each in read_rows(path)
    ]


@given(st.lists(st.fixed_dictionaries({"a": TEXT, "b": TEXT, "=c": TEXT}), min_size=1, max_size=5))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, table: list[dict[str, str]]) -> None:
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    with path.open("wb") as out:
        write_table(out, ["=c", "z", "a"], table)
    assert list(next(read_rows(path)).cells) == ["=c", "a", "b"]
    assert [each.cells for each in read_rows(path) if isinstance(each, CsvRow)] == table


def test_a_stray_quote_takes_no_other_row_with_it(tmp_path: Path) -> None:
    content = b'a,b\n1,2\n"x,3\n4,"y"\n5,"m\nn"\n6\n\n7,"q\n8,9\n'
    assert read(tmp_path / "t.csv", content) == [
        (2, {"a": "1", "b": "2"}),
        (3, "bad"),
        (4, {"a": "4", "b": "y"}),
        (5, {"a": "5", "b": "m\nn"}),
        (7, "bad"),
        (9, "bad"),
        (10, {"a": "8", "b": "9"}),
    ]


def test_a_cell_without_an_end_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    filler = b"".join(b"%d,x\n" % number for number in range(LONGEST_CELL // 4))
    found = read(tmp_path / "t.csv", b'a,b\n1,"2\n' + filler)
    assert found[0] == (2, "bad")
    assert len(found) == 1 + LONGEST_CELL // 4
    assert found[-1][1] == {"a": str(LONGEST_CELL // 4 - 1), "b": "x"}


def test_a_cell_with_a_nul_is_told_with_its_column(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,\x00\n2,3\n\x00,4\n")
    found = list(read_rows(path))
    assert [each.where.column for each in found if isinstance(each, ImportFault)] == ["b", "a"]


def test_what_is_not_text_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="line 2, character 3 is not UTF-8"):
        read(tmp_path / "t.csv", b"a,b\n1,\xff\n2,3\n")


def test_semicolons_tabs_and_a_byte_order_mark_are_understood(tmp_path: Path) -> None:
    for content in (b"\xef\xbb\xbfa;b\n1;2,5\n", b"a\tb\n1\t2,5\n"):
        assert read(tmp_path / "t.csv", content) == [(2, {"a": "1", "b": "2,5"})]


def test_a_header_must_name_each_column_once(tmp_path: Path) -> None:
    for content, why in (
        (b"", "There is no header"),
        (b"a,a\n", "names “a” twice"),
        (b",,\n1,2,3\n", "There is no header"),
        (b"a,\0\n", "no readable name for column 2"),
        (b'a,"b\n', "cannot be read"),
    ):
        with pytest.raises(UnreadableSource, match=why):
            read(tmp_path / "t.csv", content)


def test_a_table_has_the_columns_that_any_row_has_and_all_known_ones_where_there_is_none() -> None:
    for table, text in (([], b"b,a\r\n"), ([{"a": 1}, {"c": "x,y"}], b'a,c\r\n1,\r\n,"x,y"\r\n')):
        out = io.BytesIO()
        write_table(out, ["b", "a"], table)
        assert out.getvalue() == text
        assert not out.closed


def test_a_cell_of_any_length_is_kept() -> None:
    row = {"a": "x" * LONGEST, "b": "é" * (2 * LONGEST + 1), "c": ""}
    attributes = attributes_of(row)
    assert max(map(len, attributes.values())) == LONGEST
    assert text_cells_of(dict(sorted(attributes.items()))) == row
