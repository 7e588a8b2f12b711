"""Audit on the command line: every publication is asked again, and one that is not answered as published is named."""

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any, LiteralString
from uuid import UUID, uuid4

import httpx
import pytest
from psycopg import sql

from domain import catalogue
from domain.estimates.estimate import Estimate, Policy
from domain.estimates.estimate import PolicyInput as OfKey
from domain.facts.streams import incident_stream
from domain.incident.commands import AdoptPolicy, AmendIncident, MergeIncident, PublishEstimate
from service import wiring
from service.answers.answer import AnswerRequest, answer
from service.console import audit, terminal
from service.eventstore import StoredFact
from service.eventstore.writer import WriteRequest
from service.postgres.pool import connect
from service.postgres.role import service_role_url
from service.projections.catalogue import MODELS
from service.projections.registry import Generation
from service.settings import read_settings
from tests.service.console import data_folder, ending, run
from tests.service.logs import recording
from tests.service.projected import projecting
from tests.service.serving import CREATED, filed, opened, service, toll
from tests.service.tables import follow, registered

pytestmark = pytest.mark.one_server_will_do

BODIES: list[dict[str, Any]] = [
    {},
    {"view": "timeline/1"},
    {"view": "claims/1", "policy": "latest/1"},
    {"reported_until": "2025-03-11T23:59:59+03:00"},
    {"policy": "latest/1", "reported_until": "2025-01-01T00:00:00Z"},
]
Audited = Callable[[], tuple[int, dict[str, Any]]]
Page = Callable[[], tuple[int, str]]


@pytest.fixture
def page(database_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Page:
    """Return what audits the test's log in this process: the status, and the page that is printed for people."""
    monkeypatch.setenv("DATABASE_URL", database_url)

    def printed(*, json: bool = False) -> tuple[int, str]:
        capfd.readouterr()
        return audit.audit(read_settings(), json=json), capfd.readouterr().out

    return printed


@pytest.fixture
def audited(page: Callable[..., tuple[int, str]]) -> Audited:
    """Return what audits the test's log in this process: the status, and the JSON that is printed."""

    def audited() -> tuple[int, dict[str, Any]]:
        status, text = page(json=True)
        return status, json.loads(text)

    return audited


@pytest.fixture
def incident(database_url: str) -> str:
    """Return an incident with one report, that nobody published anything of."""
    with service(database_url) as client:
        slug = opened(client)
        filed(client, slug, toll())
    return slug


def published(client: httpx.Client, incident: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    response = client.post(f"/v1/incidents/{incident}/publications", json=body or {})
    assert response.status_code == CREATED, response.text
    return response.json()


def written(url: str, command: AdoptPolicy | MergeIncident, incident: str | None = None) -> None:
    """Record a command from outside the service."""
    stream = incident_stream(incident) if incident else None

    async def work() -> None:
        async with wiring.services(url) as house:
            await house.writer.write(WriteRequest(command, uuid4(), bytes(32), stream))

    asyncio.run(work())


def recorded(url: str, incident: str, *, late: bool = False, **otherwise: Any) -> dict[str, Any]:
    """Record a publication past the interface: right but for what is said `otherwise`, or for coming too `late`."""

    async def work() -> dict[str, Any]:
        async with wiring.services(url) as house:
            found = await answer(house.reader, AnswerRequest(incident, "state/1"))
            root = await house.root_at(int(found.coordinates["position"] or 0))
            right = {name: found.coordinates[name] for name in ("view", "policy", "reported_until", "position")}
            right |= {"inputs": dict(found.inputs), "digest": found.digest, "root": base64.b64encode(root).decode()}
            amend = [AmendIncident(title="Meanwhile")] if late else []
            for command in (*amend, PublishEstimate.model_validate({**right, **otherwise})):
                await house.writer.write(WriteRequest(command, uuid4(), bytes(32), incident_stream(incident)))
            return right

    return asyncio.run(work())


def test_a_log_without_publications_is_told(database_url: str, audited: Audited) -> None:
    done = run("audit", DATABASE_URL=database_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "No estimate has been published in this log.",
        "No read model has been built yet; `knownwhen rebuild` builds all of them.",
    ]
    missing = [{"name": name, "generation": None} for name in sorted(MODELS)]
    assert audited() == (0, {"ok": True, "publications": [], "read_models": missing, "log": None})


def test_every_publication_is_asked_again_whatever_was_recorded_since(database_url: str, audited: Audited) -> None:
    with service(database_url) as client:
        incidents = [opened(client), opened(client)]
        for incident in incidents:
            for number, body in enumerate(BODIES):
                filed(client, incident, toll(f"{1000 + number}", reported_at=f"2025-03-{10 + number}"))
                published(client, incident, body)
        client.put("/v1/sources/sohr", json={"name": "SOHR", "type": "monitor", "reliability": "E"})
    written(database_url, MergeIncident(into=incidents[0]), incidents[1])
    written(database_url, AdoptPolicy(policy="latest/1"))
    status, document = audited()
    assert (status, document["ok"]) == (0, True)
    assert [each["incident"] for each in document["publications"]] == [each for each in incidents for _ in BODIES]
    assert all(each["stands"] and not each["differences"] for each in document["publications"])
    done = run("audit", DATABASE_URL=database_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "10 publications: each is answered as it was published." in done.stdout
    assert done.stdout.count(" as published") == 10


def test_a_narrow_terminal_gets_narrow_lines(
    database_url: str, incident: str, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(database_url, incident)
    monkeypatch.setenv("COLUMNS", "80")
    status, text = page()
    assert status == 0
    assert all(len(line) <= 80 for line in text.splitlines())
    assert text.count(" as published") == 1
    assert f" {incident} " in text
    assert " state/1, range/1 " in text


def test_a_publication_recorded_past_the_interface_stands_if_it_is_right(
    database_url: str, incident: str, audited: Audited
) -> None:
    recorded(database_url, incident)
    assert audited()[0] == 0


ALTERED: dict[str, tuple[str, Any]] = {
    "the digest": ("digest", "ab" * 32),
    "the root": ("root", "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="),
    "the inputs": ("inputs", {str(UUID(int=1)): 1}),
}


@pytest.mark.parametrize(("what", "value"), ALTERED.values(), ids=ALTERED)
def test_a_publication_that_says_otherwise_is_named_with_what_differs(
    database_url: str, incident: str, audited: Audited, page: Page, what: str, value: object
) -> None:
    recorded(database_url, incident)
    right = recorded(database_url, incident, **{what: value})
    status, document = audited()
    first, second = document["publications"]
    assert (status, document["ok"], first["stands"], second["stands"]) == (1, False, True, False)
    assert second["differences"] == [{"what": what, "published": value, "replayed": right[what]}]
    status, text = page()
    assert status == 1
    assert f"Position {second['position']}, {what}: {value} was published, {right[what]} found." in text
    assert "1 of 2 publications not answered as published." in text


def test_a_publication_under_another_policy_than_it_says_is_found(
    database_url: str, incident: str, audited: Audited
) -> None:
    with service(database_url) as client:
        filed(client, incident, toll("400", source="afp", reported_at="2025-03-13"))
    recorded(database_url, incident, policy="latest/1")
    status, document = audited()
    assert (status, [each["what"] for each in document["publications"][0]["differences"]]) == (1, ["digest"])


def test_a_publication_that_left_a_later_fact_out_is_found(database_url: str, incident: str, audited: Audited) -> None:
    recorded(database_url, incident, late=True)
    status, document = audited()
    assert status == 1
    assert document["publications"][0]["differences"] == [{"what": "version", "published": 4, "replayed": 3}]
    assert run("audit", "--json", DATABASE_URL=database_url).returncode == 1


TROUBLE: dict[str, tuple[dict[str, Any], str]] = {
    "a position that is not there": ({"position": 999}, "past the end"),
    "a position that cannot be": ({"position": 0}, "not a position"),
    "a policy that is not there": ({"policy": "range/99"}, "no policy “range/99”"),
    "a view that is not there": ({"view": "sate/1"}, "no view “sate/1”"),
    "a moment that is none": ({"reported_until": "yesterday"}, "not a moment"),
}


@pytest.mark.parametrize(("otherwise", "said"), TROUBLE.values(), ids=TROUBLE)
def test_a_publication_that_cannot_be_asked_again_is_named_with_the_reason(
    database_url: str, incident: str, audited: Audited, otherwise: dict[str, Any], said: str
) -> None:
    recorded(database_url, incident, **otherwise)
    status, document = audited()
    (found,) = document["publications"]
    assert (status, found["stands"]) == (1, False)
    assert said in found["trouble"]


@pytest.mark.parametrize("state", [b"{}", b"not JSON"])
def test_a_publication_that_cannot_be_read_is_named(
    database_url: str, incident: str, audited: Audited, page: Page, state: bytes
) -> None:
    stream = incident_stream(incident)
    broken = StoredFact(stream, 3, "estimate_published.v1", state, fact_id=uuid4())
    with recording(database_url) as recorder, recorder.appending() as tail:
        tail.append([broken])
    status, document = audited()
    (found,) = document["publications"]
    assert (status, found["incident"], found["as_of"], found["digest"]) == (1, str(stream), None, None)
    assert found["trouble"]
    assert "cannot be asked again" in page()[1]


def undecided(question: OfKey) -> Estimate:
    """Estimate nothing: a newer version that answers every question otherwise."""
    return Estimate(None, None, upper_open=False, best=None, contested=bool(question.claims), used=(), set_aside=())


def test_what_was_published_under_an_older_policy_keeps_replaying_after_a_newer_one_is_in_force(
    database_url: str, incident: str, audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(database_url) as client:
        old = [published(client, incident), published(client, incident, {"policy": "latest/1"})]
        receipts = [client.get(f"/v1/receipts/{each['receipt']['digest']}") for each in old]
        monkeypatch.setitem(catalogue.POLICIES, "latest/2", Policy("latest", 2, "Undecided.", undecided))
        written(database_url, AdoptPolicy(policy="latest/2"))
        new = published(client, incident)
        assert new["receipt"]["policy"] == "latest/2"
        assert new["receipt"]["digest"] not in {each["receipt"]["digest"] for each in old}
        for each, receipt in zip(old, receipts, strict=True):
            about = each["receipt"]
            asked = {"as_of": f"@{about['position']}", "policy": about["policy"]}
            again = client.get(f"/v1/incidents/{incident}", params=asked)
            assert again.json()["digest"] == about["digest"]
            assert client.get(f"/v1/receipts/{about['digest']}").content == receipt.content
    status, document = audited()
    assert (status, [each["policy"] for each in document["publications"]]) == (0, ["range/1", "latest/1", "latest/2"])


def test_it_says_how_far_it_is(
    database_url: str, incident: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    recorded(database_url, incident)
    recorded(database_url, incident)
    bar = run("audit", DATABASE_URL=database_url, FORCE_COLOR=1, TERM="xterm")
    assert bar.returncode == 0
    assert "Asking publications again" in bar.stderr
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(terminal, "EVERY_SECONDS", 0)
    status, told = ending(lambda settings: audit.audit(settings, json=True), capfd)
    assert status == 0
    assert "Asked 1 of 2 publications again" in told
    assert " a second …" in told


# Read models


@pytest.fixture
def followed(database_url: str) -> str:
    """Return an incident with some history, whose read models are at the end of the log."""
    with service(database_url) as client:
        slug = opened(client)
        for number in range(4):
            filed(client, slug, toll(f"{1000 + number}", reported_at=f"2025-03-{10 + number}"))
        client.put("/v1/sources/sohr", json={"name": "SOHR", "type": "monitor", "reliability": "E"})
    written(database_url, AdoptPolicy(policy="latest/1"))
    follow(database_url)
    return slug


def generation(url: str, name: str) -> Generation:
    return next(each for each in registered(url) if each.name == name)


def tampered(url: str, statement: LiteralString, name: str) -> None:
    table = MODELS[name].table(generation(url, name).schema)
    with connect(service_role_url(url)) as connection:
        connection.execute(sql.SQL(statement).format(table=table))


def test_read_models_that_hold_what_folds_make_are_told(
    database_url: str, followed: str, audited: Audited, page: Page
) -> None:
    status, document = audited()
    assert (status, document["ok"]) == (0, True)
    assert [each["name"] for each in document["read_models"]] == sorted(MODELS)
    for each in document["read_models"]:
        assert (each["stands"], each["stopped"], each["differences"]) == (True, None, [])
        assert each["position"] == each["compared_at"] > 0
    of = {each["name"]: each["compared"] for each in document["read_models"]}
    assert of["incidents"] > 1, "an incident is compared at earlier positions too"
    assert of["sources"] > 1
    status, text = page()
    assert status == 0
    assert f"{len(MODELS)} read models: wherever compared, each holds what folds of the log make." in text
    hashed, _, rest = run("audit", "--full", DATABASE_URL=database_url).stdout.partition("\n\n")
    assert hashed.endswith(" facts hashed, of which 0 are signed, with 0 checkpoints: as recorded and as signed.")
    assert rest == text
    assert followed


NOBODY_SAID: LiteralString = """
    INSERT INTO {table} (incident, key, measure, scope, policy, upper_open, contested, since, until)
    SELECT incident, 'ab', measure, scope, policy, upper_open, contested, since, until FROM {table}
    WHERE until IS NULL LIMIT 1
"""
TAMPERED: dict[str, tuple[str, LiteralString, dict[str, Any]]] = {
    "a cell": (
        "reports",
        "UPDATE {table} SET kind = 'speech_delivered' WHERE until IS NULL",
        {"column": "kind", "stands": "speech_delivered", "should": "toll_revised"},
    ),
    "a cell of the past": (
        "incidents",
        "UPDATE {table} SET status = 'closed' WHERE until IS NOT NULL",
        {"column": "status", "stands": "closed", "should": "open"},
    ),
    "a row that is gone": ("inputs", "DELETE FROM {table}", {"column": None, "stands": None}),
    "a row that nobody said": ("estimates", NOBODY_SAID, {"column": None, "key": "ab", "should": None}),
    "a row of what is not in the log": (
        "inputs",
        "INSERT INTO {table} SELECT gen_random_uuid(), stream, since, until FROM {table} LIMIT 1",
        {"column": "since, until", "stands": "rows of what is not in the log"},
    ),
    "two rows at once": (
        "sources",
        "INSERT INTO {table} SELECT origin, name, type, reliability, speaks_for, same, 1, 9 FROM {table} LIMIT 1",
        {"column": "since, until", "stands": "[1, 9)"},
    ),
}


@pytest.mark.parametrize(("name", "statement", "said"), TAMPERED.values(), ids=TAMPERED)
def test_what_a_read_model_does_not_hold_as_folds_make_it_is_named(
    *,
    database_url: str,
    followed: str,
    page: Callable[..., tuple[int, str]],
    name: str,
    statement: LiteralString,
    said: dict[str, Any],
) -> None:
    tampered(database_url, statement, name)
    status, text = page(json=True)
    document = json.loads(text)
    assert (status, document["ok"]) == (1, False)
    (found,) = [each for each in document["read_models"] if not each["stands"]]
    assert found["name"] == name
    assert found["differing"] == len(found["differences"]) > 0
    assert any(said.items() <= {**each, "key": each["key"][-1]}.items() for each in found["differences"])
    assert {each["read_model"] for each in found["differences"]} == {name}
    status, text = page()
    assert status == 1
    assert f"1 of {len(MODELS)} read models not as folds of the log make them" in text
    assert text.count(f"\n{name}, ") == min(found["differing"], 20)
    assert followed


def test_a_read_model_that_has_stopped_is_named(database_url: str, followed: str, audited: Audited, page: Page) -> None:
    broken = StoredFact(incident_stream(followed), 6, "meteor_fell.v1", b"{}", fact_id=uuid4())
    with recording(database_url) as recorder, recorder.appending() as tail:
        (row,) = tail.append([broken])
    follow(database_url)
    status, document = audited()
    assert status == 1
    assert all(each["stopped"]["position"] == row.position for each in document["read_models"])
    assert all(each["differences"] == [] for each in document["read_models"])
    assert f"incidents has stopped before position {row.position}: UnknownFact" in page()[1]


def test_it_works_while_the_log_grows_and_read_models_follow(database_url: str, followed: str) -> None:
    with projecting(database_url), service(database_url) as client:
        for number in range(3):
            filed(client, followed, toll(f"{2000 + number}", reported_at=f"2025-04-{10 + number}"))
            done = run("audit", DATABASE_URL=database_url)
            assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_auditing_does_not_begin_an_empty_database() -> None:
    with data_folder() as data:
        done = run("audit", KNOWNWHEN_DATA=data)
        assert (done.returncode, data.exists()) == (3, False)
        assert "`knownwhen demo` makes some" in done.stderr
