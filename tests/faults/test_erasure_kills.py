"""Killed while it erases, the service, or PostgreSQL below it, leaves each report erased everywhere or nowhere.

FAULT_ROUNDS says how often something is killed (8), FAULT_SEED repeats what a failure printed.
"""

import asyncio
import json
import os
import secrets
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from domain.incident.commands import OpenIncident
from service import wiring
from service.answers.answer import AnswerRequest, answer
from service.eventstore.writer import WriteRequest
from service.postgres.pool import connect
from service.postgres.role import service_role_url
from tests.faults import truth
from tests.faults.erasing import SLUG, WORD, commit, erase_all, told
from tests.faults.killing import Machine, kill, machine, start, start_projector
from tests.patience import PATIENCE

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "8"))
SEED = int(os.environ.get("FAULT_SEED") or secrets.randbelow(10**9))
OF_POSTGRES = 8
"""One kill in so many is PostgreSQL's, which takes longest to come back."""
REPORTS = 4
"""How many reports are told of, and erased, in a round."""
VIEWS = ("state/1", "timeline/1", "claims/1")

FACTS = """
    SELECT notification_id, topic, convert_from(state, 'UTF8'), text, text_salt, sealed, sealed_salt
    FROM facts ORDER BY notification_id
"""
KEYS = "SELECT origin, wrapped IS NULL FROM access.source_keys"
ERASURES = "SELECT count(*) FROM facts WHERE topic IN ('parts_erased.v1', 'source_parts_erased.v1')"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Machine]:
    with machine() as running:
        yield running


def digests(url: str, position: int) -> dict[str, str]:
    """Return the digests of views as of a position, and the log's root there."""

    async def asking() -> dict[str, str]:
        async with wiring.services(url) as house:
            found = {
                view: (await answer(house.reader, AnswerRequest(SLUG, view, as_of=f"@{position}"))).digest
                for view in VIEWS
            }
            return {**found, "root": (await house.root_at(position)).hex()}

    return asyncio.run(asking())


def erased_wholly_or_not_at_all(connection: Connection[Any]) -> set[str]:
    """See that each report and each source is; returns the reports that are erased."""
    rows = connection.execute(FACTS).fetchall()
    gone: dict[int, set[str]] = {}
    erased, of_source = set[str](), set[str]()
    for _, topic, state, *_ in rows:
        if topic == "parts_erased.v1":
            erased.add(json.loads(state)["report_id"])
            for part, positions in json.loads(state)["positions"].items():
                for position in positions:
                    gone.setdefault(position, set()).add(part)
        elif topic == "source_parts_erased.v1":
            of_source.add(json.loads(state)["origin"])
    for position, topic, state, text, text_salt, sealed, sealed_salt in rows:
        document = json.loads(state)
        if topic == "toll_revised.v1":
            is_gone = "sealed" in gone.get(position, ()) or document["report"]["source"] in of_source
            assert (sealed is None, sealed_salt is None) == (is_gone, is_gone)
        if topic in ("toll_revised.v1", "report_retracted.v1"):
            is_gone = document["report_id"] in erased
            assert (text is None, text_salt is None) == (is_gone, is_gone)
            assert ("text" in gone.get(position, ())) == is_gone
    assert {origin for origin, destroyed in connection.execute(KEYS).fetchall() if destroyed} == of_source
    return erased


def wait_for_erasures(url: str, least: int) -> None:
    """Wait until so many were made: each kill meets work."""
    until = time.monotonic() + PATIENCE
    with connect(url) as connection:
        while (connection.execute(ERASURES).fetchone() or (0,))[0] < least:
            assert time.monotonic() < until


def test_a_report_is_erased_everywhere_or_nowhere(postgres: Machine, tmp_path: Path) -> None:
    print(f"FAULT_SEED={SEED}")  # noqa: T201 - pytest shows it where the test fails
    chance = Random(SEED)  # noqa: S311 - to be repeated
    keys = tmp_path / "keys"
    wiring.make_key(keys)
    postgres.create("erased")
    url = service_role_url(postgres.url("erased"))
    commit(url, keys, [WriteRequest(OpenIncident(slug=SLUG, title=SLUG), uuid.uuid4(), bytes(32))])
    kills = [place % OF_POSTGRES == 0 for place in range(ROUNDS)]
    chance.shuffle(kills)
    projector = start_projector(url)
    try:
        for number, of_postgres in enumerate(kills):
            reports, source = [uuid.UUID(int=chance.getrandbits(128)) for _ in range(REPORTS)], f"source-{number}"
            commit(url, keys, [write for each in reports for write in told(each, source)])
            with connect(url) as connection:
                before = len(truth.log_of(connection))
                made = (connection.execute(ERASURES).fetchone() or (0,))[0]
            known = digests(url, before)
            eraser = start(erase_all, url, keys, reports, source)
            wait_for_erasures(url, made + chance.randrange(REPORTS))
            time.sleep(chance.uniform(0, 0.02))
            if of_postgres:
                postgres.kill()
                kill(projector)
                url = service_role_url(postgres.url("erased"))
                projector = start_projector(url)
            kill(eraser)
            with connect(url) as connection:
                erased_wholly_or_not_at_all(connection)
            assert digests(url, before) == known
        _assert_forgotten(url)
    finally:
        kill(projector)


def _assert_forgotten(url: str) -> None:
    """See that no word of an erased report is in a read model, and that all say what they would if made anew."""
    with connect(url) as connection:
        erased = erased_wholly_or_not_at_all(connection)
        assert erased
        head, until = len(truth.log_of(connection)), time.monotonic() + PATIENCE
        while any(each.position < head for each in truth.living(connection)):
            assert time.monotonic() < until
            time.sleep(0.05)
        found = truth.living(connection)
        (schema,) = [each.schema for each in found if each.name == "reports"]
        words = SQL("SELECT report, words FROM {}").format(Identifier(schema, "reports"))
        of_text = {
            str(report): {word for word in kept if word.startswith(WORD)}
            for report, kept in connection.execute(words).fetchall()
        }
        assert {report for report, kept in of_text.items() if not kept} == erased
        anew = {each.name: each for each in truth.projected_anew(connection)}
        for each in found:
            assert truth.whole(connection, each) == truth.whole(connection, anew[each.name]), each.name
