"""Answers by link: the parameter `format`, endings of paths, tables that spreadsheets may open, workbooks and maps."""

import csv
import io
import re
import unicodedata
from typing import Any
from zipfile import ZipFile

import httpx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answers.tables import csv_table, spreadsheet_cell, spreadsheet_table
from service.answers.workbook import LONGEST_TEXT, workbook
from service.api import responses
from service.api.media_types import CSV, FORMATS, GEOJSON, JSON, NDJSON, PARQUET, XLSX
from tests.service.projected import read
from tests.service.serving import CREATED, filed, opened, problem, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.projected_fixtures",)

HOSTILE = ["=cmd()", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '"=1', "＝1", "\u200b=1", "a;=1", "a\n=1", "a, =1"]
VIEWS = ["", "/claims", "/timeline", "/escalation", "/revisions"]


@pytest.fixture(scope="module")
def client(projected_client: httpx.Client) -> httpx.Client:
    return projected_client


@pytest.fixture(scope="module")
def slug(client: httpx.Client) -> str:
    """Return an incident of three places: a point, a name alone, and the venue of a speech; and hostile words."""
    found = opened(client, title="=HYPERLINK(1)", countries=["SY"])
    spot = {"name": "=Jableh", "country": "SY", "lat": "35.3600", "lon": "35.9300", "precision": "locality"}
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": "dozens"}}
    attack = {
        "kind": "attack_launched",
        "method": "armed_clash",
        "source": "sohr",
        "occurred": "2025-03-07",
        "reported_at": "2025-03-08",
    }
    filed(client, found, {**attack, "places": [spot, {"name": "Latakia"}], "claims": [claim], "tags": ["=1", "+963"]})
    speech = {"kind": "speech_delivered", "source": "sana", "occurred": "2025-03-09", "reported_at": "2025-03-09"}
    speech |= {"speaker": "preacher", "stance": "neutral", "stance_by": "recorder"}
    speech |= {"actors": [{"slug": "preacher", "name": "A preacher"}]}
    venue = {"name": "A mosque", "lat": "33.5", "lon": "36.3"}
    filed(client, found, {**speech, "venue": venue, "places": [venue]})
    for _ in ("first", "second"):
        filed(client, found, toll("1,383"))
    read(client, "/v1/incidents")
    return found


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def sheet(content: bytes, nth: int = 0) -> list[list[str]]:
    """Return the cells of a sheet as a CSV table has them."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    found = book.worksheets[nth]
    assert all(cell.data_type in "ns" and cell.hyperlink is None for row in found.iter_rows() for cell in row)
    assert found.freeze_panes == "A2"
    assert found.auto_filter.ref
    return [["" if cell.value is None else str(cell.value) for cell in row] for row in found.iter_rows()]


@pytest.mark.parametrize("path", VIEWS)
def test_view_by_link_is_what_accept_gets(client: httpx.Client, slug: str, path: str) -> None:
    own = f"/v1/incidents/{slug}{path}"
    for name, media_type in (("json", JSON), ("csv", CSV), ("xlsx", XLSX)):
        asked = client.get(own, headers={"Accept": media_type})
        by_format = client.get(own, params={"format": name}, headers={"Accept": "text/html"})
        by_ending = client.get(f"{own}.{name}")
        assert asked.status_code == by_format.status_code == by_ending.status_code == 200
        if name != "xlsx":  # which says by which address it was asked
            assert asked.content == by_format.content
        assert by_format.content == by_ending.content == client.get(f"{own}.{name}").content
        assert asked.headers["etag"] == by_format.headers["etag"] == by_ending.headers["etag"]
        assert by_ending.headers["content-type"].startswith(media_type)
        assert by_ending.headers["vary"].startswith("Accept")


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/reports", "/v1/sources", "/v1/tolls"])
def test_list_by_link_is_a_table_and_a_workbook_of_the_same_cells(client: httpx.Client, slug: str, path: str) -> None:
    assert slug
    table = client.get(f"{path}.csv")
    assert table.content == client.get(path, headers={"Accept": CSV}).content
    book = client.get(path, params={"format": "xlsx"})
    assert sheet(book.content) == rows(table.content)
    name = path.rpartition("/")[2]
    disposition = f'attachment; filename="{name}-{rows_position(table)}'
    assert table.headers["content-disposition"] == f'{disposition}.csv"'
    assert book.headers["content-disposition"] == f'{disposition}.xlsx"'
    assert dict(sheet(book.content, 1)[1:])["position"] == rows_position(table)


def rows_position(response: httpx.Response) -> str:
    found = re.search(r'"position":(\d+)', response.headers["knownwhen-coordinates"])
    assert found
    return found[1]


def test_format_that_is_not_offered_names_those_that_are(client: httpx.Client, slug: str) -> None:
    for address in (f"/v1/incidents/{slug}/claims?format=geojson", f"/v1/incidents/{slug}/claims.ndjson"):
        refused = problem(client.get(address), "not-acceptable")
        assert refused["formats"] == ["json", "csv", "xlsx", "parquet"]
        assert refused["offered"] == [JSON, CSV, XLSX, PARQUET]
    assert "“pdf”" in problem(client.get("/v1/incidents?format=pdf"), "not-acceptable")["detail"]
    problem(client.get("/v1/projections.csv"), "not-acceptable")
    problem(client.get("/v1/nothing.csv"), "no-such-page")
    problem(client.get("/v1/incidents?format="), "invalid-parameter", "format")
    problem(client.get("/v1/incidents.csv?rtl=true"), "invalid-parameter", "rtl")
    problem(client.get("/v1/incidents.xlsx?for=spreadsheet"), "invalid-parameter", "for")
    assert client.post(f"/v1/incidents/{slug}/reports.csv", json={}).status_code == 404


def test_attachment_is_named_by_slug_view_and_position(client: httpx.Client, slug: str) -> None:
    response = client.get(f"/v1/incidents/{slug}/claims.csv")
    name = f"{slug}-claims-{rows_position(response)}.csv"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
    for by in ({"headers": {"Accept": CSV}}, {"params": {"format": "json"}}):
        assert "content-disposition" not in client.get(f"/v1/incidents/{slug}/claims", **by).headers
    facts = client.get(f"/v1/incidents/{slug}/facts.ndjson")
    assert facts.headers["content-type"] == NDJSON
    assert ".ndjson" in facts.headers["content-disposition"]
    assert client.get("/v1/changes.ndjson").headers["content-disposition"].startswith("attachment")


def test_attachment_of_a_name_in_another_script_is_named_for_every_browser(client: httpx.Client) -> None:
    body = {"slug": "الساحل-2025", "title": "الساحل", "utc_offset": "+03:00"}
    assert client.post("/v1/incidents", json=body).status_code == CREATED
    given = client.get("/v1/incidents/الساحل-2025.csv").headers["content-disposition"]
    assert re.fullmatch(r'attachment; filename="state-\d+\.csv"; filename\*=UTF-8\'\'%D8[%\w.-]+\.csv', given)


def test_head_and_conditional_requests_keep_the_format(client: httpx.Client, slug: str) -> None:
    tags = set[str]()
    for query in ("format=csv", "format=csv&for=spreadsheet", "format=xlsx", "format=xlsx&rtl=true", "format=json"):
        address = f"/v1/incidents/{slug}/claims?{query}&as_of=@{position_of(client, slug)}"
        found = client.get(address)
        head = client.head(address)
        assert (head.headers["etag"], head.content) == (found.headers["etag"], b"")
        assert "immutable" in found.headers["cache-control"]
        for _ in ("made", "remembered"):
            assert client.get(address, headers={"If-None-Match": found.headers["etag"]}).status_code == 304
        tags.add(found.headers["etag"])
    assert len(tags) == 5


def position_of(client: httpx.Client, slug: str) -> int:
    return client.get(f"/v1/incidents/{slug}").json()["coordinates"]["position"]


def test_redirects_pages_and_suggestions_keep_the_format(client: httpx.Client) -> None:
    into, gone = opened(client), opened(client)
    assert client.post(f"/v1/incidents/{gone}/merge", json={"into": into}).status_code == 200 or CREATED
    moved = client.get(f"/v1/incidents/{gone}/claims.csv?format=xlsx")
    assert moved.headers["location"] == f"/v1/incidents/{into}/claims.csv?format=xlsx"
    assert client.get(f"/v1/incidents/{gone}.csv").headers["location"] == f"/v1/incidents/{into}.csv"
    read(client, "/v1/incidents")
    page = client.get("/v1/incidents.csv?limit=1&for=spreadsheet")
    assert page.headers["link"].startswith("</v1/incidents.csv?limit=1&for=spreadsheet&cursor=")
    early = client.get(f"/v1/incidents/{into}/claims.csv?as_of=@1&for=spreadsheet")
    assert problem(early, "not-yet-known")["suggestion"] == f"/v1/incidents/{into}/claims.csv?for=spreadsheet"


def begins_with_a_formula(cell: str) -> bool:
    """Say whether a spreadsheet that drops what is not seen takes a cell for a formula."""
    for character in cell:
        seen = unicodedata.normalize("NFKC", character)[:1]
        if seen in tuple("=+-@\N{MINUS SIGN}"):
            return True
        if character not in "\"'" and unicodedata.category(character)[0] not in "ZC":
            return False
    return False


TEXTS = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from([*"=+-@;, \t\r\n\"'a1＝＋－＠\u200b\ufeff\xa0−"]), max_size=12).map("".join),
)


@given(st.lists(st.lists(st.one_of(TEXTS, st.integers(), st.none()), min_size=1, max_size=3), max_size=3))
def test_no_text_of_a_table_for_spreadsheets_is_a_formula_however_it_is_cut(table: list[list[Any]]) -> None:
    content = spreadsheet_table(["one"], table)
    assert content.startswith(b"\xef\xbb\xbf")
    for row, given_row in zip(rows(content)[1:], table, strict=True) if all(table) else ():
        for cell, value in zip(row, given_row, strict=True):
            if isinstance(value, int):
                assert cell == str(value)
                continue
            for piece in (cell, *re.split(r"[;,\t\r\n]", cell)):
                assert piece.startswith("'") or not begins_with_a_formula(piece), (value, cell)
            assert not cell.startswith(("\t", "\r", "\n"))
            assert cell.replace("'", "") == (value or "").replace("'", "")


@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_plain_table_is_verbatim(texts: list[str]) -> None:
    assert rows(csv_table(["one"], [texts]))[1:] == ([texts] if texts != [""] else [[""]])


def test_what_is_no_formula_stays_as_it_is() -> None:
    for value in ("", "1,383", "a-b", "x = y", "https://example.org/?a=1", "'quoted'", -5, 5, None):
        assert spreadsheet_cell(value) == value
    assert [spreadsheet_cell(each)[0] for each in HOSTILE[:9]] == ["'"] * 9


def test_table_for_spreadsheets_by_link(client: httpx.Client, slug: str) -> None:
    for path, asked, verbatim, safe in (
        ("/v1/incidents", {"q": "HYPERLINK"}, "=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("/v1/reports", {"incident": slug, "tag": "=1"}, "=1; +963", "'=1;' +963"),
    ):
        plain = client.get(path, params={"format": "csv", **asked})
        opened_in_excel = client.get(path, params={"format": "csv", "for": "spreadsheet", **asked})
        assert verbatim in rows(plain.content)[1]
        assert safe in rows(opened_in_excel.content)[1]
        assert opened_in_excel.content.startswith(b"\xef\xbb\xbf")


@given(st.lists(st.lists(st.one_of(TEXTS, st.integers(-(10**17), 10**17)), min_size=2, max_size=2), max_size=4))
def test_workbook_has_the_cells_of_the_table_and_no_formula(table: list[list[Any]]) -> None:
    first, again = (workbook("claims", ["one", "two"], table, {"position": 1}) for _ in range(2))
    assert first == again
    book = ZipFile(io.BytesIO(first))
    content = book.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in content
    assert b"<hyperlink" not in content
    found = openpyxl.load_workbook(io.BytesIO(first)).worksheets[0]
    for row, cells in enumerate(table, 2):
        for column, value in enumerate(cells, 1):
            cell = found.cell(row, column)
            if isinstance(value, int):
                assert cell.value in (value, str(value))
                assert isinstance(cell.value, int) is (abs(value) < 10**15)
            else:
                assert cell.data_type in "sn"


def test_workbook_says_what_it_answers_and_opens_from_right_to_left(client: httpx.Client, slug: str) -> None:
    asked = {"format": "xlsx", "rtl": "true", "reported_until": "2025-03-10T00:00:00Z"}
    content = client.get(f"/v1/incidents/{slug}/claims", params=asked).content
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["claims", "coordinates"]
    assert all(each.sheet_view.rightToLeft for each in book.worksheets)
    told = dict(sheet(content, 1)[1:])
    again = client.get(told["address"]).json()
    assert again["digest"] == told["digest"]
    assert again["coordinates"]["position"] == int(told["position"])
    assert told["reported_until"] == "2025-03-10T00:00:00Z"
    assert "figure" in told["explanation"]


def test_cell_that_is_too_long_for_a_workbook_says_that_it_is_cut() -> None:
    content = workbook("claims", ["one"], [["\U0001f600" * LONGEST_TEXT], ["x" * LONGEST_TEXT]], {})
    cut, whole = (cell[0] for cell in sheet(content)[1:])
    assert "CSV" in cut
    assert len(cut.encode("utf-16-le")) <= 2 * LONGEST_TEXT
    assert len(whole) == LONGEST_TEXT


def test_service_without_workbooks_says_how_to_install_them(
    client: httpx.Client, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responses, "can_write", lambda: False)
    refused = problem(client.get(f"/v1/incidents/{slug}.xlsx"), "not-acceptable")
    assert "pip install 'knownwhen[xlsx]'" in refused["detail"]


def test_timeline_on_a_map_has_points_only_where_they_were_given(client: httpx.Client, slug: str) -> None:
    response = client.get(f"/v1/incidents/{slug}/timeline.geojson")
    assert response.headers["content-type"] == GEOJSON
    document = response.json()
    assert document["type"] == "FeatureCollection"
    assert document["knownwhen"]["digest"] == response.headers["knownwhen-digest"]
    features = document["features"]
    assert len({each["id"] for each in features}) == len(features)
    by_place = {(each["properties"]["place"] or {}).get("name"): each for each in features}
    spot = by_place["=Jableh"]
    assert spot["geometry"] == {"type": "Point", "coordinates": [35.93, 35.36]}
    assert b"[35.9300,35.3600]" in response.content
    assert (spot["properties"]["precision"], spot["properties"]["venue"]) == ("locality", False)
    assert spot["properties"]["figures"][0]["said"] == "dozens"
    assert spot["properties"]["figures"][0]["best"] is None
    assert by_place["Latakia"]["geometry"] is None
    assert len(features) == 5
    assert by_place["A mosque"]["properties"]["venue"] is True
    assert by_place["A mosque"]["properties"]["tier"] != "violence"
    assert by_place[None]["geometry"] is None
    assert client.get(by_place[None]["properties"]["link"]).status_code == 200


def test_timeline_on_a_map_is_of_a_reading(client: httpx.Client, slug: str) -> None:
    asked = {"format": "geojson", "reported_until": "2025-03-08T23:00:00Z"}
    features = client.get(f"/v1/incidents/{slug}/timeline", params=asked).json()["features"]
    assert {each["properties"]["kind"] for each in features} == {"attack_launched"}


def test_reports_of_all_incidents_are_on_a_map(client: httpx.Client, slug: str) -> None:
    found = client.get("/v1/reports", params={"format": "geojson", "incident": slug}).json()
    own = client.get(f"/v1/incidents/{slug}/timeline", params={"format": "geojson"}).json()
    key = lambda feature: feature["id"]  # noqa: E731 - one line says it
    assert sorted(found["features"], key=key) == sorted(own["features"], key=key)
    page = client.get("/v1/reports", params={"format": "geojson", "incident": slug, "limit": 1})
    assert page.json()["knownwhen"]["next"] in page.headers["link"]


def test_every_read_says_in_which_formats_it_comes(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    reads = {path: each["get"] for path, each in paths.items() if path.startswith("/v1/") and "get" in each}
    del reads["/v1/exports/{name}"]  # whose name is the format
    for path, operation in reads.items():
        content = operation["responses"]["200"]["content"]
        parameters = {each["name"]: each["schema"] for each in operation.get("parameters", ())}
        named = [name for name, each in FORMATS.items() if each in content]
        assert parameters.get("format", {}).get("enum", []) == named, path
        assert ("for" in parameters) == (CSV in content)
        assert ("rtl" in parameters) == (XLSX in content)
