"""The commands of the signed log: its keys are made, rotated and retired; what is exported is verified."""

import json
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pytest

from domain.ledger.signed_note import format_key, parse_key
from service import wiring
from service.answers.answer import AnswerRequest
from service.console import export_proofs, log_keys
from service.console import sign as signing_command
from service.console.command import CannotRun, Misuse
from service.console.export_proofs import BundleOptions
from service.console.verify import VerifyOptions, verify
from service.settings import Settings, read_settings
from service.transparency.log_keys import read_log_keys
from service.transparency.signing import SigningProcess
from tests.patience import PATIENCE
from tests.service.signed_logs import key_of, load_sample, signing

pytestmark = pytest.mark.one_server_will_do


@pytest.fixture
def settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("KNOWNWHEN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("KNOWNWHEN_LOG_KEYS", str(tmp_path / "log-keys"))
    return read_settings()


def test_keys_are_made_rotated_and_retired(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    def listed() -> list[str]:
        capfd.readouterr()
        assert log_keys.list_(settings, json=True) == 0
        return json.loads(capfd.readouterr().out)["keys"]

    for command in (log_keys.rotate, log_keys.retire):
        with pytest.raises(CannotRun):
            command(settings)
    log_keys.create(settings)
    assert settings.log_keys
    assert settings.log_keys.stat().st_mode & 0o077 == 0
    (first,) = listed()
    assert parse_key(first).name.startswith("knownwhen/")
    with pytest.raises(CannotRun, match="already"):
        log_keys.create(settings)
    with pytest.raises(CannotRun, match="one key only"):
        log_keys.retire(settings)
    log_keys.rotate(settings)
    assert capfd.readouterr().out.startswith("knownwhen/")
    _, second = both = listed()
    assert both[0] == first
    log_keys.retire(settings)
    assert listed() == [second]


def test_without_the_setting_it_says_how(settings: Settings) -> None:
    unset = settings.model_copy(update={"log_keys": None})
    for command in (log_keys.create, log_keys.rotate, log_keys.retire, signing_command.sign):
        with pytest.raises(Misuse, match="KNOWNWHEN_LOG_KEYS"):
            command(unset)


def test_exported_bundle_and_entries_are_verified(
    settings: Settings, database_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    load_sample(database_url)
    bundle, entries = tmp_path / "estimate.kw.json.gz", tmp_path / "entries"
    of = BundleOptions(bundle, answer=AnswerRequest("syria-coast-2025", "timeline/1"))
    for unsigned in (
        lambda: export_proofs.export_bundle(settings, of),
        lambda: export_proofs.export_entries(settings, entries, json=False),
    ):
        with pytest.raises(CannotRun, match="not signed"):
            unsigned()
    signing(database_url, tmp_path).sign_once()
    assert export_proofs.export_bundle(settings, of) == 0
    assert export_proofs.export_entries(settings, entries, json=False) == 0
    capfd.readouterr()
    options = VerifyOptions(bundle, [format_key(key_of(database_url).verifier)], entries=entries, json=True)
    assert verify(options) == 0
    document: dict[str, Any] = json.loads(capfd.readouterr().out)
    assert document["holds"]
    assert any("Nothing was left out" in each for each in document["shown"])
    entries.write_bytes(entries.read_bytes()[:-1])
    assert verify(options) == 2
    assert verify(VerifyOptions(tmp_path / "no-such")) == 3
    for wrong in (BundleOptions(bundle), BundleOptions(bundle, receipt="0" * 64, answer=of.answer)):
        with pytest.raises(Misuse):
            export_proofs.export_bundle(settings, wrong)
    with pytest.raises(CannotRun, match="published"):
        export_proofs.export_bundle(settings, BundleOptions(bundle, receipt="0" * 64))


def test_hostile_bundle_writes_no_controls(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x"
    for content in (
        b"",
        b"\x1f\x8b\x08",
        b'{"a":"\x1b[2J\xe2\x80\xae"}',
        '{"a\u202e":1,"a\u202e":2}'.encode(),
        b"[" * 10_000,
    ):
        file.write_bytes(content)
        assert verify(VerifyOptions(file)) == 1
        text = capfd.readouterr().out
        assert "DOES NOT HOLD" in text
        assert not {"\x1b", "\u202e"} & set(text)


def test_of_two_signers_one_signs_and_the_other_takes_over(settings: Settings, database_url: str) -> None:
    log_keys.create(settings)
    load_sample(database_url)
    stops = [Event(), Event()]
    made = [wiring.make_signing(database_url, settings, stop) for stop in stops]
    signers = [SigningProcess(each.url, each.settings, each.now, each.stop, 0.02) for each in made]
    threads = [Thread(target=each.run) for each in signers]
    for each in threads:
        each.start()
    waiting = Event()
    try:
        assert _grows(database_url, 0, waiting)
        size = _published(database_url)
        stops[0].set()
        threads[0].join(PATIENCE)
        load_sample(database_url, "river-port-2024")
        assert _grows(database_url, size, waiting)
    finally:
        for stop, thread in zip(stops, threads, strict=True):
            stop.set()
            thread.join(PATIENCE)
    assert settings.log_keys
    assert read_log_keys(settings.log_keys, key_of(database_url).name)


def _published(url: str) -> int:
    with psycopg.connect(url) as connection:
        ((size,),) = connection.execute("SELECT coalesce(max(size), 0) FROM published_checkpoints").fetchall()
    return size


def _grows(url: str, than: int, waiting: Event) -> bool:
    return any(_published(url) > than or waiting.wait(0.05) for _ in range(int(PATIENCE / 0.05)))
