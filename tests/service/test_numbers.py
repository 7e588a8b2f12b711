"""Numbers of JSON where text is asked for keep their digits; 12.0 is 12 where a whole number is, and 12.5 is none."""

import copy
import json
from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.incident.commands import AmendIncident, DeclareScope, OpenIncident
from domain.reports.kind import Report
from domain.reports.registry import KINDS
from domain.reports.versions import document
from domain.values.sources import Registration
from domain.values.text_types import JsonNumber
from service.api.batches.line import read_line
from service.api.errors.problem import HttpProblem
from service.api.requests.body import parse_json, validate, validate_report
from service.api.resources.curation import Assessment
from tests.service.serving import CREATED, opened, problem, toll

pytest_plugins = ("tests.service.api_fixtures",)
pytestmark = pytest.mark.one_server_will_do

HERE = "number-goes-here"
NUMBERS = ("35.50", "5", "0", "-0", "-12.250", "1e3", "0.10", "2025", "7.0", "12345678901234567890", "1E-7")
PLACED = {"name": "Ford", "country": "SY", "admin1": "Coast", "admin2": "North", "lat": "35.50", "lon": "35.9"}
FULL: dict[str, Any] = {
    "event": "e",
    "reported_order": 1,
    "via": ["afp"],
    "language": "en",
    "tags": ["a"],
    "external_ids": {"acled": "SYR1"},
    "places": [PLACED],
    "actors": [{"name": "Gunmen", "slug": "gunmen"}],
    "evidence": [{"url": "https://example.org/1"}],
    "text": {"summary": "It says so.", "quotes": ["So."], "notes": "N"},
    "claims": [
        {
            "id": "1",
            "measure": "killed",
            "population": {"group": ["alawite"]},
            "scope": "event",
            "count": {"verbatim": "at least 12", "lower": 12},
            "parts": [{"id": "1.1", "population": {"sex": "female"}, "count": {"verbatim": "3", "lower": 3}}],
        }
    ],
}

Where = tuple[str | int, ...]


def bodies() -> list[dict[str, Any]]:
    """Return a body of each kind, with nearly every field that reports have."""
    return [FULL | dict(kind.example) for kind in KINDS.values()]


def leaves(value: object, of: type, where: Where = ()) -> Iterator[Where]:
    if isinstance(value, dict):
        for name, each in cast("dict[str, object]", value).items():
            yield from leaves(each, of, (*where, name))
    elif isinstance(value, list | tuple):
        for place, each in enumerate(cast("list[object]", value)):
            yield from leaves(each, of, (*where, place))
    elif type(value) is of:
        yield where


def written(body: dict[str, Any], where: Where, number: str) -> bytes:
    """Write a body as JSON with a number, digit by digit, at one place."""
    changed = json.loads(json.dumps(body))
    inner = changed
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = HERE
    return json.dumps(changed).replace(f'"{HERE}"', number).encode()


def report_of(raw: bytes) -> Report | list[tuple[str, str]]:
    """Return the report that a body is, or what is wrong with it."""
    try:
        return validate_report(cast("dict[str, Any]", parse_json(raw)))
    except HttpProblem as refused:
        return [(each.field, each.reason) for each in refused.field_errors]


TEXTS = [(number, where) for number, body in enumerate(bodies()) for where in leaves(body, str)]
WHOLES = [(number, where) for number, body in enumerate(bodies()) for where in leaves(body, int)]


def test_every_body_is_fine_before_a_number_is_put_into_it() -> None:
    assert all(isinstance(report_of(json.dumps(body).encode()), Report) for body in bodies())


@given(st.sampled_from(TEXTS), st.sampled_from(NUMBERS))
def test_a_number_is_read_as_the_text_that_it_was_written_as(place: tuple[int, Where], number: str) -> None:
    body, where = bodies()[place[0]], place[1]
    if "attributes" in where and where[-1] != "decimal":
        return  # what is stated there has a type of its own
    plain, quoted = report_of(written(body, where, number)), report_of(written(body, where, f'"{number}"'))
    if isinstance(quoted, Report):
        assert plain == quoted
    else:
        assert isinstance(plain, list)
        assert [field for field, _ in plain] == [field for field, _ in quoted]


@given(st.sampled_from(WHOLES), st.sampled_from(("3.0", "30e-1", "3.000", "0.3e1")))
def test_a_whole_number_with_a_point_is_that_number(place: tuple[int, Where], number: str) -> None:
    body, where = bodies()[place[0]], place[1]
    if "attributes" in where:
        return  # there its digits are kept
    assert report_of(written(body, where, number)) == report_of(written(body, where, "3"))


@given(st.sampled_from(WHOLES), st.sampled_from(("5.5", "0.1", "1e-3", "9007199254740993.0", "1e400", "1e9999999999")))
def test_a_fraction_or_what_is_too_great_is_no_whole_number(place: tuple[int, Where], number: str) -> None:
    body, where = bodies()[place[0]], place[1]
    if "attributes" not in where:
        [(_, reason)] = cast("list[tuple[str, str]]", report_of(written(body, where, number)))
        assert reason == f"This must be a whole number, and up to 2^53 - 1; {number} is not."


@given(st.sampled_from(NUMBERS))
def test_an_attribute_that_is_a_number_stays_one_with_all_its_digits(number: str) -> None:
    body = {"kind": "observation_noted", "source": "a", "title": "T", "attributes": {"x": 1}}
    report = report_of(written(body, ("attributes", "x"), number))
    assert isinstance(report, Report)
    kept = document(report)["attributes"]["x"]
    assert kept == (int(number) if number in ("5", "0", "-0", "2025") else {"decimal": number})


@pytest.mark.parametrize(
    ("model", "body", "where"),
    [
        (OpenIncident, {"slug": "a-b", "title": "T"}, ("title",)),
        (OpenIncident, {"slug": "a-b", "title": "T", "period": "2025"}, ("period",)),
        (OpenIncident, {"slug": "a", "title": "T", "scopes": [{"name": "s", "label": "L"}]}, ("scopes", 0, "label")),
        (AmendIncident, {"title": "T"}, ("title",)),
        (DeclareScope, {"name": "n", "label": "L"}, ("name",)),
        (Registration, {"slug": "s", "name": "N", "type": "un"}, ("slug",)),
        (AmendIncident, {"title": "T", "reason": "R"}, ("reason",)),
    ],
)
def test_other_bodies_take_numbers_for_text_too(model: Any, body: dict[str, Any], where: Where) -> None:
    plain, quoted = (cast("dict[str, Any]", parse_json(written(body, where, each))) for each in ("2025", '"2025"'))
    assert validate(model, plain) == validate(model, quoted)


@pytest.mark.parametrize(("number", "credibility"), [("5.0", 5), ("5", 5), ("0.5e1", 5), ("5.5", None), ("7.0", None)])
def test_a_credibility_of_five_point_nought_is_five(number: str, credibility: int | None) -> None:
    body = cast("dict[str, Any]", parse_json(written({"credibility": 1}, ("credibility",), number)))
    if credibility is None:
        with pytest.raises(HttpProblem):
            validate(Assessment, body)
    else:
        assert validate(Assessment, body).credibility == credibility


def test_a_line_of_a_batch_is_the_same_line_whether_its_decimals_are_numbers_or_text() -> None:
    line = {"incident": "coast", **FULL, "kind": "attack_launched", "method": "ambush", "source": "sohr"}
    plain, quoted = (read_line(written(line, ("places", 0, "lat"), each)) for each in ("35.50", '"35.50"'))
    assert (plain.write.fact_id, plain.write.request_hash) == (quoted.write.fact_id, quoted.write.request_hash)
    assert plain.write.command == quoted.write.command
    numbered = read_line(written(line, ("external_ids", "acled"), "12345678901234567890"))
    assert "12345678901234567890" in str(numbered.write.command)
    opening = read_line(b'{"open": {"slug": "a-b", "title": 2025}}')
    assert cast("OpenIncident", opening.write.command).title == "2025"


def test_what_was_sent_is_not_changed() -> None:
    body = {"kind": "toll_revised", "source": "a", "claims": [{"id": 1, "measure": "killed", "count": {"verbatim": 7}}]}
    before = copy.deepcopy(body)
    assert validate_report(body).claims[0].count.lower == 7
    assert body == before


@pytest.mark.parametrize(
    ("number", "whole"),
    [("12.0", 12), ("-0", 0), ("0e9999999999", 0), ("1e3", 1000), ("9007199254740991.0", 2**53 - 1), ("1e16", None)],
)
def test_digits_know_the_whole_number_that_they_are(number: str, whole: int | None) -> None:
    assert JsonNumber(number).whole == whole


def test_a_post_keeps_the_digits_and_its_repetition_is_known(client: httpx.Client) -> None:
    address = f"/v1/incidents/{opened(client)}/reports"
    report = toll(places=[PLACED], claims=[{"id": HERE, "measure": "killed", "count": {"verbatim": 12}}])
    raw = json.dumps(report).replace('"35.50"', "35.50").replace(f'"{HERE}"', "1").encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": "digits"}
    first, again = (client.post(address, content=raw, headers=headers) for _ in range(2))
    assert (first.status_code, again.json()["position"]) == (CREATED, first.json()["position"])
    [version] = client.get(f"/v1/reports/{first.json()['report_id']}").json()["history"]
    assert (version["report"]["places"][0]["lat"], version["report"]["claims"][0]["id"]) == ("35.50", "1")
    halves = client.post(address, json=toll(claims=[{"id": "1", "measure": "killed", "count": {"lower": 5.5}}]))
    assert "5.5 is not" in problem(halves, "invalid-body", "claims[0].count.lower")["detail"]
