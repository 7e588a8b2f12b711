"""The doctor: finds what is wrong with the machine, the database and the log, and says what to do."""

import json
import socket
from pathlib import Path

import psycopg
import pytest

from domain.ledger.checkpoint import LogCheckpoint, format_checkpoint
from domain.ledger.signed_note import SignedNote, format_note, sign
from service.console import doctor
from service.settings import Settings
from service.transparency.signer import TRY_SIGNER
from tests.service.console import data_folder, run
from tests.service.signed_logs import key_of, load_sample, log_id, signing

pytestmark = pytest.mark.one_server_will_do

PAST_KNOWNWHEN = """
    INSERT INTO facts (
        notification_id, originator_version, recorded_at, originator_id, fact_id, topic, state, state_salt,
        state_commitment
    ) VALUES (%s, 1, %s, gen_random_uuid(), gen_random_uuid(), 'incident_opened.v1', '{}', %s, %s)
"""
OWNER_SWITCHES_IT_OFF = "ALTER TABLE facts DISABLE TRIGGER facts_are_append_only"


def examined(capsys: pytest.CaptureFixture[str], **settings: object) -> tuple[int, dict[str, dict[str, str]]]:
    """Ask the doctor in this process and return the status and what was found, by name."""
    status = doctor.doctor(Settings.model_validate(settings), json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is (status == 0)
    return status, {check["name"]: check for check in document["checks"]}


def add_facts(url: str, facts: dict[int, str]) -> None:
    """Write past Knownwhen, as somebody with a superuser's patience might."""
    with psycopg.connect(url) as connection:
        for position, moment in facts.items():
            connection.execute(PAST_KNOWNWHEN, [position, moment, b"s" * 32, b"c" * 32])


def test_a_sound_database_has_nothing_to_mend(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, unused_port: int
) -> None:
    status, found = examined(capsys, database_url=database_url, data=tmp_path, port=unused_port)
    assert status == 0
    assert {name for name, check in found.items() if check["verdict"] == "fail"} == set()
    assert found["log"]["found"].startswith("0 facts")
    assert found[f"port {unused_port}"]["verdict"] == "ok"


def test_it_says_how_far_the_log_is_signed_and_what_stops_it(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, unused_port: int
) -> None:
    def check(**changed: object) -> tuple[str, str]:
        given = {"database_url": database_url, "data": tmp_path, "port": unused_port, **changed}
        found = examined(capsys, **given)[1]["signed log"]
        return found["verdict"], found["found"]

    assert check()[0] == "ok"
    signer, keys = signing(database_url, tmp_path), tmp_path / "keys"
    assert check(log_keys=keys) == ("ok", "0 of 0 facts signed, by 1 key")
    load_sample(database_url)
    assert check(log_keys=keys)[0] == "warn"
    with psycopg.connect(database_url) as active:
        active.execute(TRY_SIGNER)
        assert check(log_keys=keys)[0] == "ok"
    signer.sign_once()
    assert check()[0] == "warn"
    verdict, found = check(log_keys=keys)
    assert (verdict, found.partition(" ")[0]) == ("ok", found.split()[2])
    assert check(log_keys=tmp_path / "no-such")[0] == "fail"
    kept = tmp_path / "published-checkpoints"
    kept.mkdir()
    larger = format_checkpoint(LogCheckpoint(f"knownwhen/{log_id(database_url)}", 10**6, b"r" * 32))
    (kept / f"{log_id(database_url)}.checkpoint").write_bytes(
        format_note(SignedNote(larger, (sign(larger, key_of(database_url)),)))
    )
    verdict, found = check(log_keys=keys)
    assert verdict == "fail"
    assert "1,000,000 were published" in found


def test_a_switched_off_guard_is_found(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, unused_port: int
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(OWNER_SWITCHES_IT_OFF)
    status, found = examined(capsys, database_url=database_url, data=tmp_path, port=unused_port)
    assert (status, found["append-only"]["verdict"]) == (1, "fail")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({1: "2026-01-01", 3: "2026-01-02"}, "2 facts, but positions from 1 to 3"),
        ({2: "2026-01-01", 3: "2026-01-02"}, "2 facts, but positions from 2 to 3"),
        ({1: "2026-01-02", 2: "2026-01-01"}, "time runs backwards at position 2"),
    ],
)
def test_a_log_that_is_not_whole_is_found(
    database_url: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    unused_port: int,
    facts: dict[int, str],
    said: str,
) -> None:
    add_facts(database_url, facts)
    status, found = examined(capsys, database_url=database_url, data=tmp_path, port=unused_port)
    assert (status, found["log"]["verdict"], found["log"]["found"]) == (1, "fail", said)


def test_missing_migrations_are_found(
    bare_database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, unused_port: int
) -> None:
    status, found = examined(capsys, database_url=bare_database_url, data=tmp_path, port=unused_port)
    assert (status, found["migrations"]["verdict"]) == (1, "fail")
    assert found["migrations"]["advice"] == "Run `knownwhen migrate`."
    assert found["rights"]["found"] == "knownwhen may make the tables"
    assert "log" not in found


def test_an_unreachable_database_a_file_for_a_folder_and_a_taken_port_are_found_together(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        url = "postgresql://someone:s3cret@127.0.0.1:1/none"
        status, found = examined(capsys, database_url=url, data=tmp_path / "file", port=port)
    failed = {name for name, check in found.items() if check["verdict"] == "fail"}
    assert status == 1
    assert failed >= {"database", "data folder", f"port {port}"}
    assert "s3cret" not in str(found)


def test_a_host_that_others_reach_is_found_where_no_tokens_are_needed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, found = examined(capsys, data=tmp_path, host="0.0.0.0", port=8000, access="open")  # noqa: S104 - refused
    assert found["port 8000"]["verdict"] == "fail"


def test_before_the_first_start_it_says_how_to_begin(unused_port: int) -> None:
    with data_folder() as data:
        done = run("doctor", KNOWNWHEN_DATA=data, KNOWNWHEN_PORT=unused_port)
        assert done.returncode == 0
        assert "`knownwhen demo` or `knownwhen serve` makes it." in done.stdout
        assert "All is well" in done.stdout
        assert not data.exists()


def test_it_prints_a_table_that_says_what_to_do(bare_database_url: str, unused_port: int) -> None:
    done = run("doctor", DATABASE_URL=bare_database_url, KNOWNWHEN_PORT=unused_port)
    assert done.returncode == 1
    assert "Run `knownwhen migrate`." in done.stdout
    assert "1 thing to mend." in done.stdout
    assert done.stderr == ""
