"""Encodings: by a mark, by declaration, or UTF-8; what is no text is refused whole, and told what to declare."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.console import import_
from service.console.command import CannotRun, Misuse
from service.formats import registry
from service.formats.files.csv_rows import CsvRow, read_rows
from service.formats.files.encodings import UndecodableText, UnknownEncoding, decode, normalize_encoding
from service.formats.importer import BatchLine, ImportFault, ImportSource, Layout
from service.formats.tables import MappingError, read_mapping
from service.settings import read_settings
from tests.service.coded_events import Here
from tests.service.tables_imported import FILE, repository

pytestmark = pytest.mark.one_server_will_do

ENCODINGS = (
    "utf-8",
    "cp1252",
    "cp1251",
    "cp1256",
    "latin-1",
    "utf-16-le",
    "utf-16-be",
    "utf-32-le",
    "gb18030",
    "mac-roman",
)
MARKED = ("utf-8-sig", "utf-16", "utf-32")
MAP = """
table = "offices"
title = "{Código}"
format = "csv"
key = ["Código"]
source = "field"
csv = { delimiter = ";" }
claims = [{ column = "Muertos", measure = "killed" }]
"""
TABLE = "Código;Muertos;País\n1;3;Panamá\n2;5;Perú\n"
JSON_MAP = MAP.replace('"csv"', '"json"').replace('csv = { delimiter = ";" }', "")


@pytest.fixture
def here(database_url: str, capfd: pytest.CaptureFixture[str]) -> Here:
    return Here(database_url, capfd)


def source(folder: Path, data: bytes, mapping: str | None = None, encoding: str | None = None) -> ImportSource:
    path = folder / "t"
    path.write_bytes(data)
    map_ = folder / "map.toml"
    map_.write_text(mapping or "", encoding="utf-8")
    return ImportSource((path,), map_ if mapping else None, layout=Layout(encoding))


def test_the_place_is_told_by_line_and_character_and_how_the_word_would_read() -> None:
    for before in (b"a;b\n", b"a;b\r\n", b"a;b\r", b"x" * 65_533 + b"\r\n\n"):
        with pytest.raises(UndecodableText) as caught:
            decode(before + b"WASH;Educaci\xf3n;x\n")
        line = 3 if before.endswith(b"\n\n") else 2
        assert f"line {line}, character 13 is not UTF-8 (byte 0xF3)" in str(caught.value)
        assert "as cp1252 it would read “Educación”" in str(caught.value)
        assert 'encoding = "cp1252"' in str(caught.value)
    with pytest.raises(UndecodableText, match="as cp1251 it would read “Харків”"):
        decode("Харків".encode("cp1251"))


@pytest.mark.parametrize(
    ("data", "declared", "why"),
    [
        ("país\n".encode() + b"pa\xeds", None, "what stands before it is: mend that place"),
        ("é".encode()[:1], None, "ends in the middle of a character"),
        ("Chocó".encode(), "cp1252", "declared as cp1252 but all of it is UTF-8; as cp1252 it would have “ChocÃ³”"),
        (b"\x93q\x94", "iso8859-1", "control character in iso8859-1"),
        (b"a\x81", "cp1252", "line 1, character 2 is not cp1252"),
        (b"a", "utf-16", "declare utf-16-le or utf-16-be"),
        (b"\xd8\x00", "utf-16-be", "ends in the middle of a character of UTF-16-BE"),
        (b"\xef\xbb\xbfa\xf3b", None, "is not UTF-8 .* or marked as"),
        ("اسم,ع\n١,٢".encode("utf-16-le"), None, "--encoding utf-16-le"),
        ("a,b\n".encode("utf-32-be"), None, "--encoding utf-32-be"),
    ],
)
def test_what_is_no_text_says_why(data: bytes, declared: str | None, why: str) -> None:
    with pytest.raises(UndecodableText, match=why):
        decode(data, declared)


LETTERS = st.text(st.characters(codec="cp1252", exclude_characters="\x00"), max_size=30)


@given(text=LETTERS, encoding=st.sampled_from(MARKED))
def test_a_mark_goes_before_any_declaration(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "cp1252") == text


@given(data=st.binary(max_size=40), declared=st.sampled_from((None, *ENCODINGS)))
def test_bytes_are_text_that_has_these_very_bytes_or_no_text_at_all(data: bytes, declared: str | None) -> None:
    try:
        text = decode(data, declared)
    except UndecodableText:
        return
    assert (
        "\ufffd" not in text or "\ufffd".encode(declared or "utf-8", "ignore") in data or data[:1] in b"\xff\xfe\xef\0"
    )
    assert (
        any(text.encode(name, "ignore") == data for name in (declared or "utf-8", *MARKED, "utf-16-be"))
        or (data[:2] == b"\xfe\xff" and text.encode("utf-16-be") == data[2:])
        or data.startswith((b"\xff\xfe", b"\x00\x00\xfe\xff"))
    )


@given(
    table=st.lists(st.tuples(LETTERS, LETTERS), max_size=5),
    encoding=st.sampled_from(("utf-8", "cp1252", "utf-16-le", "utf-32-be", "gb18030", *MARKED)),
    packed=st.booleans(),
)
def test_any_table_has_the_same_rows_in_any_encoding(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str]], encoding: str, *, packed: bool
) -> None:
    quoted = ["\ufeffid,name"[1:], *(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table)]
    data = "\n".join(quoted).encode(encoding)
    path = tmp_path_factory.mktemp("tables") / "t"
    path.write_bytes(gzip.compress(data) if packed else data)
    found = list(read_rows(path, layout=Layout(None if encoding in MARKED else encoding)))
    assert [each.cells for each in found if isinstance(each, CsvRow)] == [
        {"id": one, "name": two} for one, two in table
    ]


def test_a_piece_ends_anywhere_and_the_place_stays_right() -> None:
    for length in range(65_530, 65_540):
        text = "é" * (length // 2) + "x" * (length % 2) + "\r\nab"
        assert decode(text.encode()) == text
        with pytest.raises(UndecodableText, match="line 2, character 3"):
            decode(text.encode() + b"\xff\xff")


@pytest.mark.parametrize(
    ("name", "known"), [("Windows-1252", "cp1252"), ("latin1", "iso8859-1"), ("UTF8", "utf-8"), (" utf_16 ", "utf-16")]
)
def test_an_encoding_goes_by_any_of_its_names(name: str, known: str) -> None:
    assert normalize_encoding(name) == known


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("cp125", "cp1252"),
        ("utf-9", "utf-8"),
        ("rot13", "there are"),
        ("hex", "there are"),
        ("idna", "there are"),
        ("", "cp1252"),
        ("\0", "there are"),
    ],
)
def test_what_is_no_encoding_of_text_names_those_that_are(name: str, near: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownEncoding, match=near):
        normalize_encoding(name)
    if "\0" not in name:
        path = tmp_path / "map.toml"
        path.write_text(f"{MAP}\nencoding = '{name}'", encoding="utf-8")
        with pytest.raises(MappingError, match=f"encoding: .*{near}"):
            read_mapping(path)


def test_a_mapping_file_declares_an_encoding_and_the_command_line_goes_before_it(here: Here, tmp_path: Path) -> None:
    map_ = tmp_path / "map.toml"
    map_.write_text(f'{MAP}\nencoding = "cp1252"', encoding="utf-8")
    path = tmp_path / "t.csv"
    path.write_bytes(TABLE.encode("cp1252"))
    assert here.imported("csv", path, map=map_)["recorded"] == 4
    path.write_bytes(TABLE.encode())
    with pytest.raises(CannotRun, match="all of it is UTF-8"):
        here.imported("csv", path, map=map_)
    for data, options in ((TABLE.encode(), {"encoding": "utf-8"}), (TABLE.encode("utf-8-sig"), {})):
        path.write_bytes(data)
        again = here.imported("csv", path, map=map_, **options)
        assert (again["ok"], again["lines"]) == (True, 0)
    assert "2;5;Perú\n" in here.exported("csv", map=map_).decode()


def test_an_encoding_that_is_none_is_wrong_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KNOWNWHEN_DATA", str(tmp_path))
    with pytest.raises(Misuse, match=r"--encoding: .*did you mean “cp1252”"):
        import_.import_(read_settings(), import_.ImportOptions("acled", [tmp_path], encoding="cp-1252x"))


def test_a_version_that_cannot_be_decoded_is_passed_over_and_told_with_its_commit(tmp_path: Path) -> None:
    days = [f"2024-03-0{day}T12:00:00Z" for day in (1, 2, 3)]
    texts = [TABLE.encode(), TABLE.replace("3", "4").encode("cp1252"), TABLE.replace("3", "6").encode("utf-16")]
    repo = repository(tmp_path / "repo", zip(days, texts, strict=True))
    map_ = tmp_path / "map.toml"
    map_.write_text(MAP, encoding="utf-8")
    found = list(registry.IMPORTERS["git"].read(ImportSource((repo,), map_, FILE)))
    (bad,) = [each for each in found if isinstance(each, ImportFault)]
    assert bad.where.version
    assert "--encoding cp1252" in bad.reason
    said = [
        each.document["claims"][0]["count"]
        for each in found
        if isinstance(each, BatchLine) and "claims" in each.document
    ]
    assert said == [{"best": 3}, {"best": 5}, {"best": 6}]
    whole = list(registry.IMPORTERS["git"].read(ImportSource((repo,), map_, FILE, layout=Layout("utf-8"))))
    assert [each for each in whole if isinstance(each, BatchLine)] == [
        each for each in found if isinstance(each, BatchLine)
    ]


def test_letters_that_were_lost_before_are_told_and_kept_as_the_file_has_them(tmp_path: Path) -> None:
    found = list(registry.IMPORTERS["csv"].read(source(tmp_path, TABLE.replace("á", "\ufffd").encode(), MAP)))
    assert [each.where for each in found if isinstance(each, ImportFault)] == [(str(tmp_path / "t"), 2, "País", None)]
    (panama, _) = [each.document for each in found if isinstance(each, BatchLine) and "incident" in each.document]
    assert panama["attributes"]["País"] == "Panam\ufffd"
