"""A reading is what a post would store, or refuses what a post refuses, and nothing of it is recorded."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.reports.registry import KINDS
from tests.service.access import bearer, closed_service, issued
from tests.service.serving import filed, opened, problem, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)

TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
FIGURES = ("lower", "upper", "best", "bound", "lexicon")
WORDS = st.sampled_from(
    [
        *(
            "at least",
            "more than",
            "about",
            "dozens",
            "hundreds of",
            "12",
            "1,383",
            "80 to 100",
            "no",
            "killed",
            "people",
        ),
        *(
            "–",
            "including 3",
            "ما لا يقل عن",
            "عشرات",
            "٢٠٠",
            "قتيل",
            "أكثر من",
            "au moins",
            "une douzaine de",
            "morts",
        ),
    ]
)
PHRASES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join) | st.text(TEXT, max_size=30)
DATES = st.sampled_from(
    [
        *("2025-03-08", "2025-03", "2025-03-XX", "2025-03-06/2025-03-08", "../2025-03-09", "2025-03-09/..", "2025-21"),
        *(
            "2025-03-08T18:00:00+03:00",
            "2025-02-30",
            "2025-03-09/2025-03-01",
            "2025-03-07~",
            "8 March",
            "yesterday",
            "",
        ),
    ]
)


def read(client: httpx.Client, **asked: object) -> dict[str, Any]:
    response = client.post("/v1/readings", json=asked)
    assert response.status_code == 200, response.text
    return response.json()


def head(client: httpx.Client) -> int:
    return read(client)["position"]


def stored(client: httpx.Client, report_id: str) -> dict[str, Any]:
    return client.get(f"/v1/reports/{report_id}").json()["history"][-1]


def reasons(response: httpx.Response) -> list[str]:
    return [each["reason"] for each in response.json()["errors"]]


@given(
    verbatim=PHRASES,
    measure=st.sampled_from(["killed", "injured", "displaced"]),
    language=st.sampled_from(["en", "ar", "fr"]),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_count_is_read_as_a_post_stores_it(client: httpx.Client, verbatim: str, measure: str, language: str) -> None:
    slug = opened(client)
    before = head(client)
    (found,) = read(client, language=language, counts=[{"verbatim": verbatim, "measure": measure}])["counts"]
    assert head(client) == before
    claim = {"id": "1", "measure": measure, "count": {"verbatim": verbatim}}
    report = {
        "kind": "toll_revised",
        "source": "sohr",
        "reported_at": "2025-03-08",
        "language": language,
        "claims": [claim],
    }
    response = client.post(f"/v1/incidents/{slug}/reports", json=report)
    if found["reading"] is None:
        assert [each["reason"] for each in found["errors"]] == reasons(response)
        return
    count = stored(client, response.json()["report_id"])["report"]["claims"][0]["count"]
    assert {name: found["reading"][name] for name in FIGURES} == {name: count.get(name) for name in FIGURES}
    warned = {each["code"] for each in response.json()["warnings"]}
    assert {each["code"] for each in found["warnings"]} <= warned


@given(text=DATES | st.text(TEXT, max_size=20))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_date_is_read_as_a_post_stores_it(client: httpx.Client, text: str) -> None:
    slug = opened(client)
    (found,) = read(client, incident=slug, dates=[{"text": text, "clock": "reported_at"}])["dates"]
    response = client.post(f"/v1/incidents/{slug}/reports", json=toll(reported_at=text))
    if found["reading"] is None:
        said = [each["reason"] for each in found["errors"]]
        assert said in (reasons(response) if "errors" in response.json() else [], [response.json()["detail"]])
        return
    spans = stored(client, response.json()["report_id"])["reported"]
    assert {end: _utc(found["reading"][end]) for end in spans} == spans


def _utc(text: str | None) -> str | None:
    return text and datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_whole_report_is_read_as_it_is_then_recorded(client: httpx.Client, incident: str, kind: str) -> None:
    report = dict(KINDS[kind].example)
    before = head(client)
    found = read(client, incident=incident, report=report)
    assert head(client) == before
    written = filed(client, incident, report)
    assert found["report"]["warnings"] == written["warnings"]
    fact = stored(client, written["report_id"])
    claims = fact["report"].get("claims", [])
    assert [(each["id"], each["scope"]) for each in found["report"]["claims"]] == [
        (c["id"], c["scope"]) for c in claims
    ]
    for reading, claim in zip(found["report"]["claims"], claims, strict=True):
        count = claim["count"]
        assert {n: reading["reading"][n] for n in FIGURES} == {n: count.get(n) for n in FIGURES}
    for clock in ("reported", "occurred"):
        span = fact[clock]
        assert span == (found["report"][clock] and {end: _utc(found["report"][clock][end]) for end in span})


def test_report_is_warned_of_and_refused_as_its_post_would_be(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll("500"))
    (warning,) = read(client, incident=incident, report=toll("300", reported_at="2025-03-13"))["report"]["warnings"]
    assert warning["code"] == "decrease"
    undeclared = toll("300")
    undeclared["claims"][0]["scope"] = "north"
    refused = client.post("/v1/readings", json={"incident": incident, "report": undeclared})
    problem(refused, "scope-undeclared", "report.claims[0].scope")
    posted = client.post(f"/v1/incidents/{incident}/reports", json=undeclared)
    assert posted.json()["detail"] == refused.json()["detail"]
    later = client.post("/v1/readings", json={"incident": incident, "report": toll(reported_at="2999-01-01")})
    problem(later, "reported-in-the-future", "report.reported_at")
    problem(client.post("/v1/readings", json={"report": toll()}), "invalid-body")


def test_correction_is_read_against_the_report_that_it_corrects(client: httpx.Client, incident: str) -> None:
    report_id = filed(client, incident, toll("500"))["report_id"]
    found = read(client, corrects=report_id, report=toll("501"))["report"]
    assert found["claims"][0]["reading"]["best"] == 501
    same = client.post("/v1/readings", json={"corrects": report_id, "report": toll("500")})
    problem(same, "nothing-changed")
    unknown = "00000000-0000-4000-8000-000000000000"
    problem(client.post("/v1/readings", json={"corrects": unknown, "report": toll()}), "no-such-report")


def test_report_id_that_is_taken_is_refused(client: httpx.Client, incident: str) -> None:
    report_id = filed(client, incident, toll())["report_id"]
    asked = {"incident": incident, "report": toll(report_id=report_id)}
    problem(client.post("/v1/readings", json=asked), "id-taken")


def test_closed_or_merged_or_unknown_incident_is_refused(client: httpx.Client, incident: str) -> None:
    problem(client.post("/v1/readings", json={"incident": "nowhere", "report": toll()}), "no-such-incident")
    client.post(f"/v1/incidents/{incident}/close", json={})
    problem(client.post("/v1/readings", json={"incident": incident, "report": toll()}), "incident-closed")
    other, merged = opened(client), opened(client)
    client.post(f"/v1/incidents/{merged}/merge", json={"into": other})
    problem(client.post("/v1/readings", json={"incident": merged, "report": toll()}), "merged")


def test_days_are_read_in_a_time_zone_or_an_offset(client: httpx.Client) -> None:
    (summer,) = read(client, time_zone="Europe/Kyiv", dates=[{"text": "2025-07-01"}])["dates"]
    assert summer["reading"]["earliest"] == "2025-07-01T00:00:00+03:00"
    (fixed,) = read(client, utc_offset="-05:00", dates=[{"text": "2025-07-01"}])["dates"]
    assert fixed["reading"]["latest"] == "2025-07-01T23:59:59-05:00"
    refused = problem(client.post("/v1/readings", json={"time_zone": "Europe/Kyvi"}), "unknown-time-zone")
    assert "Europe/Kyiv" in refused["detail"]


def test_day_in_words_is_refused_with_the_date_that_it_names(client: httpx.Client) -> None:
    slug = opened(client, period="2024-03-06/..")
    (found,) = read(client, incident=slug, dates=[{"text": "8 March"}])["dates"]
    assert [each["nearest"] for each in found["errors"]] == ["2024-03-08"]


def test_protected_part_is_checked_and_comes_back_nowhere(client: httpx.Client, incident: str) -> None:
    found = client.post("/v1/readings", json={"incident": incident, "report": toll(sealed={"notes": "a secret"})})
    assert found.status_code == 200
    assert "secret" not in found.text
    wrong = client.post("/v1/readings", json={"incident": incident, "report": toll(sealed={"note": "a secret"})})
    problem(wrong, "invalid-body", "report.sealed.note")
    assert "secret" not in wrong.text


def test_more_than_can_be_read_at_once_is_refused(client: httpx.Client) -> None:
    problem(client.post("/v1/readings", json={"counts": [{"verbatim": "1"}] * 201}), "invalid-body", "counts")


@pytest.fixture(scope="module")
def closed(migrated_template: str, create_database: Callable[[str], str]) -> Iterator[tuple[str, httpx.Client]]:
    url = create_database(migrated_template)
    with closed_service(url) as client:
        yield url, client


def test_counts_need_the_scope_read_and_a_report_its_own_too(closed: tuple[str, httpx.Client]) -> None:
    url, client = closed
    reporter, reader = bearer(issued(url, "read", "report")), bearer(issued(url, "read"))
    opening = {"slug": "example", "title": "An example", "collection": "public"}
    assert client.post("/v1/incidents", json=opening, headers=reporter).status_code == 201
    counts, whole = {"counts": [{"verbatim": "12"}]}, {"incident": "example", "report": toll()}
    problem(client.post("/v1/readings", json=counts), "token-needed")
    assert client.post("/v1/readings", json=counts, headers=reader).status_code == 200
    problem(client.post("/v1/readings", json=whole, headers=reader), "scope-missing")
    assert client.post("/v1/readings", json=whole, headers=reporter).status_code == 200


def test_incident_of_another_collection_is_not_there(closed: tuple[str, httpx.Client]) -> None:
    url, client = closed
    inside = bearer(issued(url, "read", "report"))
    outside = bearer(issued(url, "read", "report", collections=frozenset({"public"})))
    opening = {"slug": "hidden", "title": "An example", "collection": "newsroom"}
    assert client.post("/v1/incidents", json=opening, headers=inside).status_code == 201
    report_id = client.post("/v1/incidents/hidden/reports", json=toll(), headers=inside).json()["report_id"]
    for asked in ({"incident": "hidden"}, {"incident": "hidden", "report": toll()}):
        assert client.post("/v1/readings", json=asked, headers=inside).status_code == 200
        problem(client.post("/v1/readings", json=asked, headers=outside), "no-such-incident")
    problem(
        client.post("/v1/readings", json={"corrects": report_id, "report": toll("2")}, headers=outside),
        "no-such-report",
    )
