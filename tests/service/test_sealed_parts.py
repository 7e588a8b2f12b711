"""Sealed parts: taken with a key alone, opened with a recorded reason, and refused where a byte or a key is another."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from service import wiring
from service.access.sealing.key_encryption import KeyFile
from service.access.sealing.rotation import wrap_anew
from tests.service.access import bearer, closed_service, issued
from tests.service.sealed import FIELDS, key_file, marked, read_sealed, sealed_toll, sealing_service
from tests.service.serving import filed, opened, problem, service, toll

CREATED, OK, CONFLICT = 201, 200, 409


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFile:
    return key_file(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def url(migrated_template: str, create_database: Callable[[str], str]) -> str:
    return create_database(migrated_template)


@pytest.fixture(scope="module")
def client(url: str, keys: KeyFile) -> Iterator[httpx.Client]:
    with sealing_service(url, keys) as shared:
        yield shared


def owner(url: str, statement: str, *given: object) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(statement.encode(), given)
        return found.fetchall() if found.description else []


def test_what_was_sealed_is_read_with_a_reason_and_the_read_is_recorded(client: httpx.Client) -> None:
    mark, reason = uuid4().hex, f"because of {uuid4().hex}"
    report = filed(client, opened(client), sealed_toll(mark))
    told = read_sealed(client, report["report_id"], reason)
    assert told.status_code == OK
    assert told.headers["cache-control"] == "no-store"
    (part,) = told.json()["parts"]
    assert (part["sealed"], part["position"], part["erased"]) == (marked(mark), report["position"], None)
    (read,) = [
        each
        for each in client.get("/v1/sealed-reads", params={"limit": 1000}).json()["items"]
        if each["reason"] == reason
    ]
    assert (read["report_id"], read["positions"], read["name"], read["token"]) == (
        report["report_id"],
        [report["position"]],
        "operator",
        None,
    )


def test_a_correction_has_a_sealed_part_of_its_own(client: httpx.Client) -> None:
    report = filed(client, opened(client), sealed_toll("first"))
    content = {**sealed_toll("second", "1,400"), "source": "snhr"}
    body = {"cause": "transcription", "report": content}
    assert client.post(f"/v1/reports/{report['report_id']}/correction", json=body).status_code == CREATED
    parts = read_sealed(client, report["report_id"]).json()["parts"]
    assert [part["sealed"] for part in parts] == [marked("first"), marked("second")]


def test_lines_of_a_batch_have_sealed_parts(client: httpx.Client) -> None:
    slug = opened(client)
    report_id = str(uuid4())
    correction = {"report_id": report_id, "cause": "transcription", "report": sealed_toll("b", "1,400")}
    lines = [{"incident": slug, **sealed_toll("a"), "report_id": report_id}, {"correction": correction}]
    body = "\n".join(map(json.dumps, lines))
    for outcome in ("recorded", "replayed"):
        answer = client.post("/v1/reports:batch", content=body, headers={"content-type": "application/x-ndjson"})
        assert [json.loads(line)["outcome"] for line in answer.text.splitlines()[:-1]] == [outcome] * 2, answer.text
    parts = read_sealed(client, report_id).json()["parts"]
    assert [part["sealed"] for part in parts] == [marked("a"), marked("b")]


def test_a_retry_is_recognised_by_its_sealed_part_too(client: httpx.Client) -> None:
    slug, report_id = opened(client), str(uuid4())
    address = f"/v1/incidents/{slug}/reports"
    first = {**sealed_toll("one"), "report_id": report_id}
    assert client.post(address, json=first).status_code == CREATED
    again = client.post(address, json=first)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (CREATED, "true")
    problem(client.post(address, json={**first, "sealed": marked("two")}), "id-taken")
    problem(client.post(address, json={name: value for name, value in first.items() if name != "sealed"}), "id-taken")
    plain = {**toll(), "report_id": str(uuid4())}
    assert client.post(address, json=plain).status_code == CREATED
    problem(client.post(address, json={**plain, "sealed": marked("one")}), "id-taken")


@pytest.mark.parametrize("mark", ["one", "two"])
def test_nobody_guesses_a_sealed_part_by_retries_with_another_token(url: str, keys: KeyFile, mark: str) -> None:
    sender, other = issued(url, "report"), issued(url, "report", "read", "curate")
    given = {**sealed_toll("one"), "report_id": str(uuid4())}
    guess = {**given, "sealed": marked(mark)}
    with closed_service(url, keys=keys) as client:
        client.headers.update(bearer(sender))
        slug = opened(client)
        for _ in ("recorded", "replayed"):
            assert client.post(f"/v1/incidents/{slug}/reports", json=given).status_code == CREATED
        client.headers.update(bearer(other))
        problem(client.post(f"/v1/incidents/{slug}/reports", json=guess), "id-taken")
        line = json.dumps({"incident": slug, **guess})
        batch = client.post("/v1/reports:batch", content=line, headers={"content-type": "application/x-ndjson"})
        assert json.loads(batch.text.splitlines()[0])["problem"]["type"] == "/problems/id-taken"


def test_reads_are_told_of_the_collections_of_a_token(url: str, keys: KeyFile) -> None:
    everything = issued(url, "report", "read:sealed", "audit")
    auditor = issued(url, "audit", collections=frozenset({"public"}))
    reasons = {"public": f"because of {uuid4().hex}", "desk": f"because of {uuid4().hex}"}
    with closed_service(url, keys=keys) as asking:
        for collection, reason in reasons.items():
            slug = f"reads-{uuid4().hex}"
            body = {"slug": slug, "title": "Reads", "utc_offset": "+03:00", "collection": collection}
            assert asking.post("/v1/incidents", json=body, headers=bearer(everything)).status_code == CREATED
            report = asking.post(
                f"/v1/incidents/{slug}/reports", json=sealed_toll("one"), headers=bearer(everything)
            ).json()
            address = f"/v1/reports/{report['report_id']}/sealed"
            assert asking.post(address, json={"reason": reason}, headers=bearer(everything)).status_code == OK
        found = [
            asking.get("/v1/sealed-reads", params={"limit": 1000}, headers=bearer(token)).text
            for token in (everything, auditor)
        ]
    assert [reasons["public"] in each for each in found] == [True, True]
    assert [reasons["desk"] in each for each in found] == [True, False]


def test_the_hash_of_a_request_says_nothing_of_its_sealed_part(client: httpx.Client, url: str) -> None:
    slug, hashes = opened(client), set()
    for mark in ("one", "two"):
        report = filed(client, slug, sealed_toll(mark))
        ((found,),) = owner(url, "SELECT request_hash FROM facts WHERE fact_id = %s", report["report_id"])
        hashes.add(found)
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("sealed", "field"),
    [
        ({}, "sealed"),
        ("words", "sealed"),
        ({"identity": ""}, "sealed.identity"),
        ({"contact": 4479}, "sealed.contact"),
        ({"phone": "marked-words"}, "sealed.phone"),
        ({"notes": "marked-words" * 1000}, "sealed.notes"),
        ({"notes": "marked-words\x00"}, "sealed.notes"),
    ],
)
def test_a_sealed_part_that_cannot_be_is_refused_without_repeating_it(
    client: httpx.Client, sealed: object, field: str
) -> None:
    answer = client.post(f"/v1/incidents/{opened(client)}/reports", json={**toll(), "sealed": sealed})
    found = problem(answer, "invalid-body")
    assert any(each["field"].startswith(field) or field.startswith(each["field"]) for each in found["errors"]), found
    assert "marked-words" not in answer.text


def test_without_a_key_a_sealed_part_is_refused_and_all_else_is_taken(
    migrated_template: str, create_database: Callable[[str], str]
) -> None:
    with service(create_database(migrated_template)) as client:
        slug = opened(client)
        problem(client.post(f"/v1/incidents/{slug}/reports", json=sealed_toll("x")), "no-sealing-key", "sealed")
        filed(client, slug, toll())
        line = json.dumps({"incident": slug, **sealed_toll("x")})
        answer = client.post("/v1/reports:batch", content=line, headers={"content-type": "application/x-ndjson"})
        assert json.loads(answer.text.splitlines()[0])["problem"]["type"] == "/problems/no-sealing-key"


def test_a_report_without_a_sealed_part_and_one_that_is_not_there_are_told_apart(client: httpx.Client) -> None:
    report = filed(client, opened(client), toll())
    problem(read_sealed(client, report["report_id"]), "nothing-sealed")
    problem(read_sealed(client, str(uuid4())), "no-such-report")
    problem(client.post(f"/v1/reports/{report['report_id']}/sealed", json={}), "invalid-body", "reason")
    problem(client.post(f"/v1/reports/{report['report_id']}/sealed", json={"reason": " "}), "invalid-body", "reason")


def test_keys_are_wrapped_anew_and_old_parts_are_still_opened(client: httpx.Client, keys: KeyFile, url: str) -> None:
    report = filed(client, opened(client), sealed_toll("rotated"))
    before = owner(url, "SELECT key_id, wrapped_by FROM access.source_keys ORDER BY key_id")
    made = wiring.make_key(keys.path)
    with psycopg.connect(url, autocommit=True) as connection:
        assert wrap_anew(connection, keys) == len(before)
    after = owner(url, "SELECT key_id, wrapped_by FROM access.source_keys ORDER BY key_id")
    assert [key for key, _ in after] == [key for key, _ in before]
    assert {by for _, by in after} == {made}
    assert read_sealed(client, report["report_id"]).json()["parts"][0]["sealed"] == marked("rotated")
    filed(client, opened(client), sealed_toll("after"))


def test_a_lost_key_is_named_and_nothing_is_opened_or_sealed_without_it(
    migrated_template: str, create_database: Callable[[str], str], tmp_path: Path
) -> None:
    url, kept = create_database(migrated_template), key_file(tmp_path)
    (kek_id,) = [line.split()[0] for line in kept.path.read_text().splitlines() if not line.startswith("#")]
    with sealing_service(url, kept) as client:
        slug = opened(client)
        report = filed(client, slug, sealed_toll("mine"))
        kept.path.rename(tmp_path / "elsewhere")
        assert kek_id in problem(read_sealed(client, report["report_id"]), "sealing-key-lost")["detail"]
        wiring.make_key(kept.path)  # another one: rotated without its predecessor
        assert kek_id in problem(read_sealed(client, report["report_id"]), "sealing-key-lost")["detail"]
    with sealing_service(url, kept) as client:
        problem(client.post(f"/v1/incidents/{slug}/reports", json=sealed_toll("more")), "sealing-key-lost")
        filed(client, slug, sealed_toll("of another source", source="snhr"))


@pytest.mark.parametrize("place", ["version", "key id", "nonce", "ciphertext", "tag"])
def test_one_flipped_bit_of_a_sealed_part_is_noticed(client: httpx.Client, url: str, place: str) -> None:
    at = {"version": 0, "key id": 5, "nonce": 20, "ciphertext": 35, "tag": -1}[place]
    report = filed(client, opened(client), sealed_toll("flip"))
    ((sealed,),) = owner(url, "SELECT sealed FROM facts WHERE fact_id = %s", report["report_id"])
    damaged = bytearray(sealed)  # type: ignore[arg-type]
    damaged[at] ^= 1
    swap(url, report["report_id"], bytes(damaged))
    problem(read_sealed(client, report["report_id"]), "sealed-part-damaged")
    swap(url, report["report_id"], sealed)
    assert read_sealed(client, report["report_id"]).status_code == OK


def test_a_sealed_part_opens_with_its_own_fact_alone(client: httpx.Client, url: str) -> None:
    slug = opened(client)
    one, other = (filed(client, slug, sealed_toll(mark, figure)) for mark, figure in (("a", "1"), ("b", "2")))
    ((sealed,),) = owner(url, "SELECT sealed FROM facts WHERE fact_id = %s", other["report_id"])
    swap(url, one["report_id"], sealed)
    problem(read_sealed(client, one["report_id"]), "sealed-part-damaged")


@pytest.mark.parametrize("at", [0, 12, -1])
def test_one_flipped_bit_of_a_wrapped_key_is_noticed(client: httpx.Client, url: str, at: int) -> None:
    source = f"source-{uuid4().hex}"
    report = filed(client, opened(client), sealed_toll("flip", source=source))
    ((wrapped,),) = owner(url, "SELECT wrapped FROM access.source_keys WHERE origin = %s", source)
    damaged = bytearray(wrapped)  # type: ignore[arg-type]
    damaged[at] ^= 1
    owner(url, "UPDATE access.source_keys SET wrapped = %s WHERE origin = %s", bytes(damaged), source)
    problem(read_sealed(client, report["report_id"]), "sealed-part-damaged")


def test_a_read_that_cannot_be_recorded_is_not_answered(client: httpx.Client, url: str) -> None:
    mark = uuid4().hex
    report = filed(client, opened(client), sealed_toll(mark))
    owner(url, "REVOKE INSERT ON access.sealed_reads FROM knownwhen_service")
    try:
        answer = read_sealed(client, report["report_id"])
    finally:
        owner(url, "GRANT INSERT ON access.sealed_reads TO knownwhen_service")
    problem(answer, "read-not-recorded")
    assert mark not in answer.text


def test_the_record_of_reads_is_never_changed(client: httpx.Client, url: str) -> None:
    read_sealed(client, filed(client, opened(client), sealed_toll("x"))["report_id"])
    for change in ("UPDATE access.sealed_reads SET name = 'x'", "DELETE FROM access.sealed_reads"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            owner(url, change)


@pytest.mark.parametrize("member", ["seald", "Sealed", "sealed_part"])
def test_a_misspelt_sealed_part_is_refused_with_the_right_word(client: httpx.Client, member: str) -> None:
    slug = opened(client)
    body = {**toll(), member: {"identity": "A."}}
    found = problem(client.post(f"/v1/incidents/{slug}/reports", json=body), "invalid-body")
    assert "sealed" in found["errors"][0]["reason"].removeprefix(f"There is no field “{member}”")


def test_fields_are_few_and_each_may_stand_alone(client: httpx.Client) -> None:
    slug = opened(client)
    for number, name in enumerate(FIELDS):
        report = filed(client, slug, {**toll(str(number)), "sealed": {name: "alone"}})
        assert read_sealed(client, report["report_id"]).json()["parts"][0]["sealed"] == {name: "alone"}


def swap(url: str, report_id: str, sealed: object) -> None:
    """Put other bytes in the place of a sealed part, as somebody with the files of the database might."""
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE facts DISABLE TRIGGER USER")
        connection.execute("UPDATE facts SET sealed = %s WHERE fact_id = %s", (sealed, report_id))
        connection.execute("ALTER TABLE facts ENABLE TRIGGER USER")
        connection.execute("ALTER TABLE facts ENABLE ALWAYS TRIGGER facts_are_append_only")
        connection.execute("ALTER TABLE facts ENABLE ALWAYS TRIGGER facts_are_erased_in_part")
