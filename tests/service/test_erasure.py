"""Erasure: words and sealed parts are gone from everywhere, and every digest, root and publication is what it was."""

import itertools
import json
import time
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from service.console import audit
from tests.patience import PATIENCE
from tests.service.console import ending
from tests.service.erased import Told, digests
from tests.service.projected import read
from tests.service.sealed import dumped, erase, read_sealed, sealed_toll
from tests.service.serving import filed, opened, problem, toll

pytest_plugins = ("tests.service.erased_fixtures",)

CREATED, OK, NOT_MODIFIED = 201, 200, 304


def test_words_are_gone_from_every_answer_and_every_table_and_no_digest_changes(told: Told, sealed_url: str) -> None:
    client, before = told.client, told.position
    found = [read(client, "/v1/reports", q=f"word{number}{told.mark}")["items"] for number in (0, 6)]
    assert [len(each) for each in found] == [0, 1], "that of the correction, not that of the first content"
    assert len(read(client, "/v1/reports", q=f"word0{told.mark}", as_of=f"@{told.filed_at}")["items"]) == 1
    earlier = digests(told.answers(before))
    assert any(told.mark in text for _, text in told.everywhere())
    assert told.mark.encode().hex() in dumped(sealed_url)
    answer = erase(client, told.report, "text", reason="Because it was asked for.")
    assert answer.status_code == CREATED, answer.text
    position = answer.json()["position"]
    for _ in range(2):
        found = [asked for asked, text in told.everywhere() if told.mark in text]
        assert not found
    assert digests(told.answers(before)) == earlier
    caching = {asked: answer.headers["cache-control"] for asked, answer in told.answers(before).items()}
    assert caching[f"/v1/reports/{told.report}"] == "no-cache"
    reports = told.answers(before)[f"/v1/reports/{told.report}"].json()
    assert reports["history"][0]["report"]["text"] == {"erased": position}
    assert {"erased": position} in [step.get("reason") for step in reports["history"]]
    entries = told.answers(before)[f"/v1/incidents/{told.slug}/timeline"].json()
    assert {"erased": position} in entries["text"].values() or told.report not in json.dumps(entries["data"])
    other = told.answers(before)[f"/v1/incidents/{told.other}/timeline"].json()
    assert {"erased": position} in other["text"].values()
    history = client.get(f"/v1/reports/{told.report}").json()["history"]
    assert (history[-1]["fact"], history[-1]["reason"]) == ("erased", "Because it was asked for.")
    for word in (f"word0{told.mark}", f"word6{told.mark}"):
        assert read(client, "/v1/reports", q=word)["items"] == []
        for past in range(told.filed_at, before + 1):
            assert read(client, "/v1/reports", q=word, as_of=f"@{past}")["items"] == []
    assert len(read(client, "/v1/reports", q=f"kept{told.mark[::-1]}")["items"]) == 1
    with psycopg.connect(sealed_url, autocommit=True) as connection:
        connection.execute("VACUUM")
    dump = dumped(sealed_url)
    assert told.mark not in dump
    assert told.mark.encode().hex() not in dump


def test_every_root_and_receipt_is_what_it_was_and_the_audit_finds_no_fault(
    told: Told, sealed_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    client = told.client
    receipt = client.get(f"/v1/receipts/{told.published}").json()
    assert erase(client, told.report, "text", "sealed").status_code == CREATED
    assert client.get(f"/v1/receipts/{told.published}").json() == receipt
    read(client, "/v1/reports")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", sealed_url)
        status, said = ending(lambda settings: audit.audit(settings, json=True, full=True), capfd)
    assert status == 0, said


def test_an_erased_word_is_found_in_no_row_of_the_past(told: Told, sealed_url: str) -> None:
    """Each fact about a report makes a row, and all of them are rewritten."""
    client = told.client
    assert erase(client, told.report, "text").status_code == CREATED
    read(client, "/v1/reports")
    with psycopg.connect(sealed_url) as connection:
        schemas = connection.execute("SELECT schema FROM projections.generations WHERE name = 'reports'").fetchall()
        for (schema,) in schemas:
            rows = connection.execute(
                SQL("SELECT words FROM {} WHERE report = %s").format(Identifier(schema, "reports")), (told.report,)
            ).fetchall()
            assert len(rows) > 1
            assert not any(told.mark in word for (words,) in rows for word in words)


def test_an_answer_that_was_cached_is_not_confirmed_after_its_text_was_erased(told: Told) -> None:
    client, address = told.client, f"/v1/incidents/{told.other}/timeline"
    asked = {"as_of": f"@{told.position}"}
    first = client.get(address, params=asked)
    known = {"if-none-match": first.headers["etag"]}
    assert client.get(address, params=asked, headers=known).status_code == NOT_MODIFIED
    assert erase(client, told.report, "text").status_code == CREATED
    again = client.get(address, params=asked, headers=known)
    assert again.status_code == OK
    assert "immutable" not in again.headers["cache-control"]
    assert again.json()["digest"] == first.json()["digest"]


def test_the_sealed_parts_of_a_report_are_erased_without_its_text(told: Told) -> None:
    client = told.client
    answer = erase(client, told.report, "sealed")
    assert answer.status_code == CREATED
    position = answer.json()["position"]
    assert str(position) in problem(read_sealed(client, told.report), "sealed-part-erased")["detail"]
    assert read_sealed(client, told.kept).status_code == OK
    assert told.mark in client.get(f"/v1/reports/{told.report}").text
    fact = client.get(f"/v1/reports/{told.report}").json()["history"][-1]
    assert list(fact["positions"]) == ["sealed"]
    assert len(fact["positions"]["sealed"]) == 2, "as filed and as corrected"


def test_what_was_erased_is_not_erased_twice_and_what_is_not_there_is_not_found(told: Told) -> None:
    client = told.client
    assert erase(client, told.report, "text").status_code == CREATED
    problem(erase(client, told.report, "text"), "nothing-changed")
    assert erase(client, told.report, "text", "sealed").status_code == CREATED, "the sealed part was left"
    problem(erase(client, told.report, "text", "sealed"), "nothing-changed")
    problem(erase(client, str(uuid4()), "text"), "no-such-report")
    problem(erase(client, told.report), "invalid-body", "parts")
    problem(erase(client, told.report, "state"), "invalid-body")
    problem(erase(client, told.report, "text", reason=""), "invalid-body", "reason")
    body = {"reason": "Asked for."}
    problem(client.post("/v1/sources/nobody-of-that-name/erasure", json=body), "no-such-source")


def test_a_source_is_erased_with_its_key_and_the_fact_names_no_report(told: Told, sealed_url: str) -> None:
    client = told.client
    before = digests(told.answers(last := told.position))
    answer = client.post(f"/v1/sources/{told.source}/erasure", json={"reason": "The source asked for it."})
    assert answer.status_code == CREATED, answer.text
    position = answer.json()["position"]
    for report in (told.report, told.kept):
        assert str(position) in problem(read_sealed(client, report), "sealed-part-erased")["detail"]
    with psycopg.connect(sealed_url) as connection:
        key = "SELECT wrapped, destroyed_at FROM access.source_keys WHERE origin = %s"
        assert connection.execute(key, (told.source,)).fetchall() == [(None, position)]
        state = "SELECT convert_from(state, 'UTF8') FROM facts WHERE notification_id = %s"
        ((found,),) = connection.execute(state, (position,)).fetchall()
        left = """
            SELECT count(*) FROM facts WHERE sealed IS NOT NULL
            AND originator_id IN (SELECT originator_id FROM facts WHERE fact_id = %s)
        """
        assert connection.execute(left, (told.report,)).fetchone() == (0,)
    assert json.loads(found) == {"count": 3, "origin": told.source}
    assert digests(told.answers(last)) == before
    problem(client.post(f"/v1/sources/{told.source}/erasure", json={"reason": "Again."}), "nothing-changed")
    report = filed(client, told.slug, sealed_toll("anew", "9", source=told.source))
    assert read_sealed(client, report["report_id"]).status_code == OK, "under a key of its own"


@pytest.mark.parametrize("held", ["home", "shown", "merged", "source", "corrected source"])
def test_a_legal_hold_forbids_erasure_until_it_is_lifted(told: Told, held: str) -> None:
    client = told.client
    reason = {"reason": "The prosecutor asked."}
    if held == "merged":
        into = opened(client)
        assert client.post(f"/v1/incidents/{told.slug}/merge", json={"into": into}).status_code == CREATED
    else:
        into = told.other
    if held == "corrected source":
        content = {**toll("7"), "source": (other := f"other-{uuid4().hex[:8]}")}
        body = {"cause": "attribution", "report": content}
        assert client.post(f"/v1/reports/{told.report}/correction", json=body).status_code == CREATED
        address = f"/v1/sources/{other}"
    else:
        names = {"home": told.slug, "shown": told.other, "merged": into}
        address = f"/v1/sources/{told.source}" if held == "source" else f"/v1/incidents/{names[held]}"
    hold = f"{address}/legal-hold"
    assert client.post(hold, json=reason).status_code == CREATED
    problem(client.post(hold, json=reason), "nothing-changed")
    problem(erase(client, told.report, "text"), "legal-hold")
    if held not in {"shown", "corrected source"}:
        problem(client.post(f"/v1/sources/{told.source}/erasure", json=reason), "legal-hold")
    assert told.mark in client.get(f"/v1/reports/{told.report}").text
    assert client.post(hold, json={"held": False, **reason}).status_code == CREATED
    problem(client.post(hold, json={"held": False, **reason}), "nothing-changed")
    assert erase(client, told.report, "text").status_code == CREATED
    assert client.post(f"/v1/sources/{told.source}/erasure", json=reason).status_code == CREATED


def test_holds_are_placed_on_what_there_is(sealing_client: httpx.Client) -> None:
    client = sealing_client
    body = {"reason": "The prosecutor asked."}
    problem(client.post("/v1/incidents/no-such-thing/legal-hold", json=body), "no-such-incident")
    problem(client.post("/v1/sources/no-such-thing/legal-hold", json=body), "no-such-source")
    problem(client.post(f"/v1/incidents/{opened(client)}/legal-hold", json={}), "invalid-body", "reason")


def test_a_retry_of_an_erasure_gets_its_first_answer(told: Told) -> None:
    body = {"parts": ["text"], "reason": "Asked for."}
    key = {"idempotency-key": uuid4().hex}
    answers = [told.client.post(f"/v1/reports/{told.report}/erasure", json=body, headers=key) for _ in range(2)]
    assert [each.status_code for each in answers] == [CREATED] * 2
    assert answers[0].json()["position"] == answers[1].json()["position"]
    assert answers[1].headers["idempotent-replayed"] == "true"


def test_a_subscriber_that_comes_late_gets_the_hole(told: Told) -> None:
    """What was sent to others is kept for those that come after them, and the words are not."""
    last = told.position
    events = {"accept": "text/event-stream"}
    with told.client.stream("GET", "/v1/changes", headers={**events, "last-event-id": str(last - 9)}) as stream:
        lines = stream.iter_lines()
        heard = "".join(itertools.takewhile(lambda line: f"id: {last}" not in line, lines))
        assert told.mark in heard
        position = erase(told.client, told.report, "text").json()["position"]
        until = time.monotonic() + PATIENCE
        assert any(f"id: {position}" in line for line in lines if time.monotonic() < until)
    with told.client.stream("GET", "/v1/changes", headers={**events, "last-event-id": str(last - 9)}) as stream:
        heard = "".join(itertools.takewhile(lambda line: f"id: {position}" not in line, stream.iter_lines()))
    assert told.mark not in heard
    assert heard
