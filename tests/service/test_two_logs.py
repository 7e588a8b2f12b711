"""What a principal may not see leaves no trace in any answer: two logs that differ in it alone answer alike."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from domain.ledger.checkpoint import parse_checkpoint
from domain.ledger.signed_note import parse_note
from domain.verification.bundle import parse_bundle
from tests.service.acting import acting_service, within
from tests.service.projected import projecting
from tests.service.signed_logs import signing, without_files
from tests.service.two_logs import (
    FILLER,
    FRIEND,
    HIDDEN,
    OWN,
    SECRET,
    SOURCES,
    VISIBLE,
    Asking,
    TwoLogs,
    comparable,
    report_ids,
)

pytestmark = pytest.mark.one_server_will_do

OF_NO_INCIDENT = ("/v1/tokens", "/v1/session", "/metrics")
"""Operations on no incident, with answers of their own each time: secrets, ids, and how often what was asked."""
WORLDS, STEPS, ROUNDS = 2, 50, 3
"""How many pairs of logs are tried, how many requests make them, and how often each operation is asked then."""


def recorded(logs: TwoLogs, visible: Asking, hidden: Asking, chance: Random) -> None:
    """Record at random, in the visible part of both logs and in the hidden part."""
    of_one = [
        path
        for path, operations in visible.paths.items()
        if "post" in operations and path.startswith(("/v1/incidents/{", "/v1/reports/{"))
    ]
    for _ in range(STEPS):
        asking, send = chance.choice([(visible, logs.both), (hidden, logs.hidden)])
        path = chance.choice(["/v1/incidents/{incident}/reports"] * len(of_one) + of_one)
        answer: Any = send(**asking.request(path, "post", 1))
        if asking is visible:
            assert answer[0].status_code == answer[1].status_code
            published = [each.json().get("receipt", {}).get("digest") for each in answer]
            place = answer[0].json().get("position")
        else:
            published = [answer.json().get("receipt", {}).get("digest")]
            place = answer.json().get("position")
        if published[0] is not None:
            visible.positions.append(place)
        if published[0] is not None and len(set(published)) == 1:
            visible.digests += published[:1]


def logs_answer_alike(logs: TwoLogs, seed: int, collections: tuple[str, ...]) -> set[int]:
    """Record in both logs, ask every operation of both, and return the statuses of the answers."""
    chance = Random(seed)  # noqa: S311 - the examples are the same each time
    paths = logs.first.get("/openapi.json").json()["paths"]
    names = [*VISIBLE, *SECRET, FILLER, "unheard-of"]
    seen, secret = report_ids("visible"), report_ids("hidden")
    visible = Asking("visible", chance, paths, [*VISIBLE], seen, [*VISIBLE, "new-1"], seen)
    hidden = Asking("hidden", chance, paths, [*SECRET], secret, [*SECRET], secret, (*SOURCES, FRIEND), (HIDDEN,))
    asking = Asking("asked", chance, paths, names, [*seen, *secret], [*VISIBLE, "new-2", "new-3"], seen)
    logs.open()
    recorded(logs, visible, hidden, chance)
    asking.digests, asking.positions = visible.digests, visible.positions
    ids, statuses = logs.log_ids(), set[int]()
    asked = {path: each for path, each in paths.items() if not path.startswith(OF_NO_INCIDENT)}
    operations = [(path, method) for path, each in asked.items() for method in each] * ROUNDS
    reads = [each for each in operations if each[1] == "get"]
    for some in (reads, [each for each in operations if each[1] != "get"], reads):
        last = logs.settle()
        for path, method in chance.sample(some, len(some)):
            request = asking.request(path, method, last, **within(*collections))
            first, second = logs.both(**request)
            assert comparable(first, ids) == comparable(second, ids), request
            statuses.add(first.status_code)
    return statuses


@pytest.mark.parametrize("collections", [("public", OWN), (OWN,)], ids=" ".join)
def test_two_logs_that_differ_in_a_hidden_collection_answer_alike(
    collections: tuple[str, ...], migrated_template: str, create_database: Callable[[str], str]
) -> None:
    statuses = set[int]()

    @given(st.integers(0, 2**32))
    @settings(max_examples=WORLDS, deadline=None, database=None, phases=[Phase.generate])  # no smaller seed is simpler
    def answer_alike(seed: int) -> None:
        first, second = create_database(migrated_template), create_database(migrated_template)
        with projecting(first), projecting(second), acting_service(first) as one, acting_service(second) as other:
            statuses.update(logs_answer_alike(TwoLogs(one, other), seed, collections))

    answer_alike()
    assert {200, 201, 404, 409, 422} <= statuses


def test_checkpoints_and_bundles_tell_the_size_of_the_log_and_no_more(
    migrated_template: str, create_database: Callable[[str], str], tmp_path: Path
) -> None:
    """Names of logs, keys and roots differ between any two logs: roots are made of commitments with random salts."""
    urls = [create_database(migrated_template) for _ in range(2)]
    with acting_service(urls[0]) as one, acting_service(urls[1]) as other:
        logs = TwoLogs(one, other)
        logs.open()
        for url in urls:
            without_files(signing(url, tmp_path / url.rpartition("/")[2])).sign_once()
        told: list[Any] = []
        for client in (one, other):
            about = client.get("/v1/log", headers=within("public")).json()
            note = client.get("/v1/log/checkpoint", headers=within("public"))
            checkpoint = parse_checkpoint(parse_note(note.content).text)
            bundle = parse_bundle(client.get("/v1/incidents/public-1/bundle", headers=within("public")).content)
            positions = [each.entry.position for each in bundle.facts]
            shape = len(bundle.inclusion), len(bundle.consistency), positions, bundle.receipt.inputs
            proofs = [
                client.get(f"/v1/facts/{position}/proof", headers=within("public")).status_code
                for position in range(1, about["size"] + 2)
            ]
            assert {200, 404} == set(proofs)
            assert proofs.count(200) == sum(collection == "public" for collection in VISIBLE.values())
            told.append((sorted(about), len(about["keys"]), about["size"], checkpoint.size, shape, proofs))
            assert not checkpoint.extensions
        assert told[0] == told[1]
