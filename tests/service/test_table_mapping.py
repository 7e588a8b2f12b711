"""Mapping files, and rows by them: what a mapping file may say, how rows are called, and what a row cannot be."""

import json
import re
import tomllib
from pathlib import Path
from textwrap import dedent
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values.text_types import SLUG_LENGTH
from service.formats.tables import MappingError, TableMap, read_mapping
from service.formats.tables.parsed_table import NotATable
from service.formats.tables.read_file import parse
from service.formats.tables.row_reports import ReportStamp, opening, registration, slug_of, statement, title_of
from service.formats.tables.write import json_row
from service.runtime import package_files

LEAST: dict[str, Any] = {"table": "t", "title": "Row {k}", "format": "json", "key": ["k"], "source": "s"}
KILLED: dict[str, Any] = {"column": "dead", "measure": "killed"}
SAID = ReportStamp(UUID(int=1), "2024-03-01", 1)


def table(**more: Any) -> TableMap:
    return TableMap.model_validate(LEAST | more)


def fault(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        read_mapping(path)
    return str(caught.value).removeprefix(f"{path}: ")


def stated(mapping: TableMap, **row: Any) -> tuple[dict[str, Any], list[tuple[str | None, str]]]:
    document, wrong = statement(mapping, "1", {"k": 1, **row}, SAID)
    return dict(document or {}), wrong


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("table = 'Gaza'", "table: “Gaza” is not a slug"),
        ("table = 'losses-2022'", "table: “losses-2022” cannot name a table"),
        ("tabel = 't'", "tabel: There is no such field; did you mean “table”?"),
        ("zzzzzz = 't'", "zzzzzz: There is no such field (docs/formats.md has all)."),
        ("claims = [{ column = 'dead', mesure = 'killed' }]", "claims[1].mesure: There is no such field; did you mean"),
        ("claims = [{ column = 'dead' }]", "claims[1].measure: This is missing, and is needed."),
        ("dates = 5", "dates: Write a list in brackets"),
        ("key_cut = 3", "key_cut: Write text between straight quotation marks"),
        ("whole_file = 'yes'", "whole_file: Write true or false, without quotation marks."),
        ("formerly = ['x']", 'formerly: Write which column had which names: { "name now" = ["name before"] }.'),
        ("places = 'x'", "places: Write a list in brackets"),
        ("registered = 'x'", "registered: Write a table"),
        ("dates = “%m/%d/%Y”", 'Quotation marks have to be straight ones: "…".'),
        ("silence = ['—'", "the mapping file is not TOML: "),
        ("key = []", "key: "),
        ("duplicates = 'ignore'", "duplicates: "),
        ("melt = [{ columns = '%m/%d', measure = 'killed' }]", "melt[1].columns: “%m/%d” is no format of a date"),
        ("melt = [{ columns = '%Y-%m-%d %H:%M', measure = 'killed' }]", "Columns are called by a day"),
        ("occurred = { ends = '{k}' }", "occurred: A time of a length has"),
        ("title = 'Row {k'", "title: A column stands in braces"),
        ("format = 'xml'", "format: "),
        ("csv = { delimiter = ';;' }", "csv.delimiter: This must be one character"),
        ("types = { a = 'integer' }", "“a”: cells of JSON have types of their own"),
        ("claims = [{ column = 'dead', measure = 'kiled' }]", "claims[1].measure: “kiled” is not a known measure"),
        ("claims = [{ column = 'a', measure = 'killed', scope = 'ever' }]", "“ever” in “scope” is not declared"),
        (
            "claims = [{ column = 'a', measure = 'killed' }, { column = 'b', measure = 'killed' }]",
            "Two claims count “killed {} incident",
        ),
        (
            "claims = [{ column = '?', measure = 'killed' }, { column = 'a', measure = 'injured', id = '1' }]",
            "Two claims have the id “1”",
        ),
        ("registered = { name = 'S' }", "registered.type: "),
        ("countries = ['UK']", "countries[1]: “UK” is not a country code"),
        ("scopes = [{ name = 'ever' }]", "scopes[1].label: "),
        ("= 1", "the mapping file is not TOML"),
    ],
)
def test_a_fault_in_a_mapping_file_is_named(tmp_path: Path, more: str, why: str) -> None:
    name = more.partition(" ")[0]
    least = "\n".join(f"{field} = {json.dumps(value)}" for field, value in LEAST.items() if field != name)
    assert why in fault(tmp_path / "map.toml", f"{least}\n{more}\n")


def test_a_mapping_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="--map FILE"):
        read_mapping(None)
    with pytest.raises(MappingError, match="cannot be read"):
        read_mapping(tmp_path / "none.toml")
    (tmp_path / "map.toml").write_bytes(b"\xff")
    with pytest.raises(MappingError, match="cannot be read"):
        read_mapping(tmp_path / "map.toml")


def test_the_mapping_files_that_come_along_can_be_used() -> None:
    found = [read_mapping(path).table for path in sorted((package_files.samples() / "tables").glob("*.toml"))]
    assert found == ["gaza-daily", "oryx-totals", "ru-losses-equipment", "ru-losses-personnel"]


FORMATS = Path(__file__).parents[2] / "docs" / "formats.md"


def examples() -> list[str]:
    """Return the examples of docs/formats.md of what a mapping file can say: blocks of tables, and else lines."""
    text = FORMATS.read_text(encoding="utf-8")
    said = text[text.index("### Dates\n") : text.index("### How rows become")]
    blocks = [dedent(block) for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", said, re.MULTILINE)]
    return [part for block in blocks for part in ([block] if "\n[" in block or block[0] == "[" else block.splitlines())]


@pytest.mark.parametrize("example", examples())
def test_each_example_of_the_documentation_can_stand_in_a_mapping_file(example: str) -> None:
    said = tomllib.loads(example)
    assert said or not example.strip()
    mapping = TableMap.model_validate(LEAST | {"format": "csv"} | said)
    assert said.keys() <= mapping.model_fields_set


@pytest.mark.parametrize(
    ("key", "slug"),
    [
        ("2023-10-07", "gaza-daily-2023-10-07"),
        ("7a", "gaza-daily-7a"),
        ("7-1234567890", "gaza-daily-7-1234567890-3861912630"),
        ("07/10", "gaza-daily-07-10-ff10f6504b"),
        ("north", "gaza-daily-north-5f28acd274"),
    ],
)
def test_a_key_that_begins_with_a_digit_stands_in_the_slug_as_it_is(key: str, slug: str) -> None:
    assert slug_of("gaza-daily", key) == slug


TABLES = st.sampled_from(["a", "a-b", "a-b-c"])
KEYS = st.one_of(st.text(max_size=200), st.from_regex(r"[a-c0-2#-]{0,14}", fullmatch=True))


@given(one=st.tuples(TABLES, KEYS), other=st.tuples(TABLES, KEYS))
def test_no_two_rows_of_any_tables_have_one_slug(one: tuple[str, str], other: tuple[str, str]) -> None:
    slugs = slug_of(*one), slug_of(*other)
    assert (slugs[0] == slugs[1]) == (one == other)
    assert all(len(slug) <= SLUG_LENGTH for slug in slugs)
    opening(table(), one[1], {"k": one[1]})


def test_a_title_says_what_its_columns_say_and_leaves_no_marks_for_those_that_say_nothing() -> None:
    mapping = table(key=["k", "label"], key_cut=" - ", title="{k}: {label}")
    assert title_of(mapping, "x|all", {"k": "x", "label": "all - 17"}) == "x: all"
    assert title_of(mapping, "x|all#2", {"k": "x", "label": "all - 18"}) == "x: all #2"
    assert title_of(mapping, "x|", {"k": "x", "label": None}) == "x"
    of_any = table(title="{a}: {b} ({c}), {d}")
    assert title_of(of_any, "1", {"k": 1, "a": "A", "b": "B", "c": 7, "d": "D"}) == "A: B (7), D"
    assert title_of(of_any, "1", {"k": 1, "a": "A - 1", "b": "", "c": None, "d": "D"}) == "A - 1, D"
    assert title_of(of_any, "1", {"k": 1, "b": "B", "d": ""}) == "B"
    assert title_of(of_any, "1", {"k": 1}) == "t: 1"


def test_a_figure_is_read_as_the_mapping_file_says() -> None:
    def count(cell: object, **how: Any) -> object:
        document, wrong = stated(table(claims=[KILLED | how]), dead=cell, about="about")
        return document["claims"][0]["count"] if document["claims"] else wrong

    assert count(12) == {"best": 12}
    assert count("12") == {"best": 12}
    assert count(12, bound="at_least") == {"lower": 12, "bound": "at_least"}
    assert count(12, bound="fewer_than") == {"upper": 12, "bound": "fewer_than"}
    assert count("1,383", counts="words") == {"verbatim": "1,383"}
    assert count(12, words="about") == {"verbatim": "about 12"}
    for nothing in (None, "", " ", "NaN"):
        assert count(nothing) == []
    for wrong in (-1, True, "1,383", "12.5", {"x": 1}):
        found = count(wrong)
        assert found == [] if isinstance(wrong, dict) else found[0][0] == "dead"  # type: ignore[index]
    assert "no more is made of it" in count("some", counts="words")[0][1]  # type: ignore[index]


def test_what_a_pattern_says_goes_into_the_report_as_far_as_it_can_be_read() -> None:
    mapping = table(
        claims=[KILLED | {"accumulation": "incremental", "period": "{day}", "counted_until": "{day}"}],
        places=[{"name": "{town}", "lat": "{lat}", "lon": "{lon}"}],
        occurred="{day}",
    )
    document, wrong = stated(mapping, dead=3, day="2024-02-01", town="Raqqa", lat="35.95", lon="39.01")
    assert wrong == []
    assert (document["occurred"], document["claims"][0]["period"]) == ("2024-02-01", "2024-02-01")
    assert document["places"] == [{"name": "Raqqa", "lat": "35.95", "lon": "39.01"}]
    document, wrong = stated(mapping, dead=3, day="1 Feb", town="Raqqa", lat="north", lon="39.01")
    assert (document["claims"], document["places"], "occurred" in document) == ([], [], False)
    assert {column for column, _ in wrong} == {"dead", "day", "lat"}
    assert document["attributes"]["day"] == "1 Feb"


@pytest.mark.parametrize(
    ("row", "column"),
    [({"x": "\0"}, "x"), ({"x": [1]}, "x"), ({" ": 1}, " "), ({"x": {"": 1}}, None)],
)
def test_a_cell_that_cannot_be_kept_refuses_its_row(row: dict[str, Any], column: str | None) -> None:
    document, wrong = stated(table(), **row)
    if column is None:
        assert document["attributes"] == {"k": 1, "x.": 1}
    else:
        assert (document, [each for each, _ in wrong]) == ({}, [column])


def test_a_key_that_is_too_long_refuses_its_row() -> None:
    document, ((column, reason),) = statement(table(), "k" * 301, {"k": "k" * 301}, SAID)
    assert (document, column) == (None, None)
    assert "300" in reason


def test_a_source_that_is_not_described_registers_itself() -> None:
    assert registration(table()) is None
    described = registration(table(registered={"name": "S", "type": "ngo"}))
    assert described == {"register": {"slug": "s", "name": "S", "type": "ngo"}}


def test_a_file_that_is_no_table_is_told() -> None:
    in_csv = table(format="csv")
    for mapping, data, why in (
        (in_csv, b"", "empty"),
        (in_csv, b"k,,a\n1,x,2\n", "Column 2 has no name in the header, and “x” in line 2"),
        (in_csv, b"k,a,a\n", "names “a” twice, in columns 2 and 3"),
        (in_csv, b"a,b\n", "no column “k”"),
        (in_csv, b'"' + b"k" * 200_000, "header cannot be read"),
        (table(), b"{}", "no JSON array"),
        (table(), b"[1", "not JSON"),
        (table(), b"[" * 100_000, "not JSON"),
        (table(), b'[{"k": 1},\n\n {"k": 2}, 3]', "row in line 3"),
    ):
        with pytest.raises(NotATable, match=why):
            parse(mapping, data)


def test_a_row_of_csv_that_cannot_be_read_leaves_the_rest_and_nothing_is_known_to_be_gone() -> None:
    parsed = parse(table(format="csv"), b"k,a\n1," + b"x" * 200_000 + b"\n2,b\n")
    assert (list(parsed.rows), parsed.broken, parsed.faults[0].line) == (["2"], True, 2)
    assert parse(table(format="csv"), b"\xef\xbb\xbf k ,a\n1\n").rows == {"1": {"k": "1"}}


def test_one_and_true_are_two_cells_however_deep_they_lie() -> None:
    def changed(before: object, now: object) -> list[str]:
        one, other = (parse(table(), json.dumps([{"k": "a", "v": each}]).encode()) for each in (before, now))
        return [key for key, _ in other.changed(one)]

    assert changed([{"x": 1}], [{"x": True}]) == changed(0, False) == changed([1], [1, True]) == ["a"]  # noqa: FBT003 - a cell
    assert changed([{"x": True}], [{"x": True}]) == changed(True, True) == []  # noqa: FBT003 - a cell


def test_a_key_may_lie_deep_and_need_not_be_text() -> None:
    data = b'[{"a": {"b": 7}, "c": null},\n{"a": {"b": 1.50}, "c": true},\n{"a": {"b": null}}]'
    parsed = parse(table(key=["a.b", "c"], title="{c}"), data)
    assert list(parsed.rows) == ["7|", "1.50|true"]
    assert [(fault.line, fault.column) for fault in parsed.faults] == [(3, "a.b")]
    assert parsed.line_of("1.50|true") == 2


def test_names_with_dots_lie_deep_again_where_nothing_stands_in_their_way() -> None:
    cells = {"a.b": 2, "a": 1, "c.d": 3, "c.e.f": 4}
    assert json_row(cells, list(cells), table(nested=True)) == {"a.b": 2, "a": 1, "c": {"d": 3, "e": {"f": 4}}}
    assert json_row(cells, list(cells), table()) == cells
