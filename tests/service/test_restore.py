"""A log that is exported and restored is the same log: the same facts at the same places, and the same digests."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.catalogue import VIEWS
from service import wiring
from service.answers.answer import AnswerRequest, answer
from service.console import export, import_
from service.formats.export.incidents import ExportRequest as What
from service.settings import read_settings
from tests.service.console import ending
from tests.service.servers import one

INCIDENT = "syria-coast-2025"
ALL = "SELECT * FROM public.facts ORDER BY notification_id"


@pytest.fixture(scope="module")
def log(sample_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the exported log of the sample."""
    path = tmp_path_factory.mktemp("restore") / "log.ndjson"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", sample_url)
        assert export.export(read_settings(), export.ExportOptions("ndjson", What(), path)) == 0
    return path


def rows_of(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(ALL).fetchall()


def restored(url: str, path: Path, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        asked = import_.ImportOptions("ndjson", [path], restore=True)
        return ending(lambda settings: import_.import_(settings, asked), capfd)


def digests_of(url: str) -> dict[tuple[str, str, str], tuple[str, object]]:
    """Return the digest and the coordinates of every view, at several readings."""

    async def asking() -> dict[tuple[str, str, str], tuple[str, object]]:
        found: dict[tuple[str, str, str], tuple[str, object]] = {}
        async with wiring.services(url) as house:
            head = (await house.reader.head()).position
            for view in VIEWS:
                for as_of in ("@120", f"@{head}"):
                    for until in ("2025-03-09T20:59:59Z", ""):
                        question = AnswerRequest(INCIDENT, view, as_of=as_of, reported_until=until or None)
                        told = await answer(house.reader, question)
                        found[view, as_of, until] = told.digest, told.coordinates
        return found

    return asyncio.run(asking())


def test_a_restored_log_is_the_same_to_the_last_bit_and_gives_the_same_digests(
    sample_url: str, log: Path, database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert restored(database_url, log, capfd)[0] == 0
    assert rows_of(database_url) == rows_of(sample_url)
    name = "SELECT log_id FROM public.log"
    assert one(database_url, name) == one(sample_url, name)
    assert digests_of(database_url) == digests_of(sample_url)


def test_a_restored_log_goes_on(
    log: Path, database_url: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert restored(database_url, log, capfd)[0] == 0
    before = len(rows_of(database_url))
    line = {"incident": INCIDENT, "kind": "observation_noted", "source": "sohr", "title": "Later"}
    path = tmp_path / "more.ndjson"
    path.write_text(json.dumps(line), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", database_url)
        assert import_.import_(read_settings(), import_.ImportOptions("ndjson", [path])) == 0
    assert len(rows_of(database_url)) == before + 1


def test_only_an_empty_log_takes_one(sample_url: str, log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = len(rows_of(sample_url))
    status, said = restored(sample_url, log, capfd)
    assert (status, "not empty" in said) == (3, True)
    assert len(rows_of(sample_url)) == before


def _other_state(fact: dict[str, Any]) -> None:
    fact["state"]["title"] = "Another title"


def _other_salt(fact: dict[str, Any]) -> None:
    fact["salts"]["state"] = "0" * 64


def _without_commitment(fact: dict[str, Any]) -> None:
    del fact["commitments"]["state"]


def _earlier(fact: dict[str, Any]) -> None:
    fact["recorded_at"] = "2001-01-01T00:00:00Z"


def _of_a_later_release(fact: dict[str, Any]) -> None:
    fact["topic"] = "rumour_heard.v9"


def _skipped(fact: dict[str, Any]) -> None:
    fact["version"] += 7


def _elsewhere(fact: dict[str, Any]) -> None:
    fact["position"] += 1


def _lacking(fact: dict[str, Any]) -> None:
    del fact["request_hash"]


def _no_id(fact: dict[str, Any]) -> None:
    fact["fact_id"] = "x"


@pytest.mark.parametrize(
    ("tampered", "said"),
    [
        (_other_state, "Its state is not what was committed to"),
        (_other_salt, "Its state is not what was committed to"),
        (_without_commitment, "Its state is not committed to"),
        (_earlier, "It was recorded before the fact above it"),
        (_of_a_later_release, "This release knows no facts of “rumour_heard.v9”"),
        (_skipped, "It is not the next fact of its stream"),
        (_elsewhere, "Position 30 comes here, not 31"),
        (_lacking, "It is not a line of a log"),
        (_no_id, "It is not a fact of a log"),
    ],
)
def test_a_line_that_was_tampered_with_is_told_and_nothing_is_restored(
    log: Path,
    database_url: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    tampered: Callable[[dict[str, Any]], None],
    said: str,
) -> None:
    lines = log.read_bytes().splitlines()
    fact = json.loads(lines[30])
    tampered(fact)
    lines[30] = json.dumps(fact, ensure_ascii=False).encode()
    path = tmp_path / "log.ndjson"
    path.write_bytes(b"\n".join(lines))
    status, told = restored(database_url, path, capfd)
    assert (status, f"line 31: {said}" in told) == (3, True), told
    assert one(database_url, "SELECT count(*) FROM public.facts") == 0


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        (slice(0, -1), "it is not whole"),
        (slice(1, None), "line 1: It is not a line of a log"),
        (slice(0, 0), "line 1: It is not JSON"),
        ([0, 1, 1], "Position 2 comes here, not 1"),
    ],
)
def test_a_file_that_is_not_whole_restores_nothing(
    log: Path, database_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], keep: Any, said: str
) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    path = tmp_path / "log.ndjson"
    path.write_bytes(b"".join(lines[keep] if isinstance(keep, slice) else [lines[each] for each in keep]))
    status, told = restored(database_url, path, capfd)
    assert (status, said in told) == (3, True), told
    assert one(database_url, "SELECT count(*) FROM public.facts") == 0
