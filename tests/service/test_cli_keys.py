"""`knownwhen keys` and `knownwhen sealed-reads`, and keys behind a command in place of a file."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service import wiring
from service.access.sealing.key_encryption import BY_COMMAND, KeyCommand, KeyFile
from service.access.sealing.refusals import KeyCommandFailed, SealedPartDamaged
from service.console import demo, doctor, keys, sealed_reads
from service.settings import Settings
from tests.service.console import ending
from tests.service.sealed import marked, read_sealed, sealed_toll, sealing_service
from tests.service.serving import filed, opened, problem

pytestmark = pytest.mark.one_server_will_do

OK = 200
# Adds one to every byte, and takes it off again: enough to see who wrapped.
PROGRAM = """#!/bin/sh
exec python3 -c '
import base64, sys
step = {"wrap": 1, "unwrap": -1}[sys.argv[1]]
content = base64.b64decode(sys.stdin.read())
print(base64.b64encode(bytes((byte + step) % 256 for byte in content)).decode())
' "$1"
"""


def settings(url: str | None = None, **given: Any) -> Settings:
    return Settings(database_url=url).model_copy(update=given)


def program(folder: Path, text: str) -> str:
    path = folder / "our kms"
    path.write_text(text)
    path.chmod(0o700)
    return f"'{path}'"


def test_the_first_key_is_readable_by_its_owner_alone_and_is_made_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    given = settings(kek_file=tmp_path / "keys")
    assert keys.create(given) == 0
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600
    made = (tmp_path / "keys").read_text()
    told = capfd.readouterr().out
    assert made.split()[-1] not in told, "the id is told, and not the key"
    with pytest.raises(keys.CannotRun, match="already"):
        keys.create(given)
    assert (tmp_path / "keys").read_text() == made


def test_without_a_place_for_it_no_key_is_made(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KNOWNWHEN_KEK_FILE", raising=False)
    status, told = ending(keys.create, capfd)
    assert (status, "KNOWNWHEN_KEK_FILE" in told) == (2, True)


@pytest.mark.parametrize("line", ["abc", "abc def", "0123456789ab " + "A" * 43 + "=", "\x80"])
def test_a_file_that_holds_no_keys_is_named_with_the_line_and_without_the_key(tmp_path: Path, line: str) -> None:
    path = tmp_path / "keys"
    path.write_bytes(f"# keys\n{line}\n".encode("latin-1"))
    with pytest.raises(keys.CannotRun) as refused:
        keys.rotate(settings("postgresql://nobody@nowhere/x", kek_file=path))
    assert str(path) in str(refused.value)
    assert "A" * 43 not in str(refused.value)


def test_keys_are_listed_rotated_and_missed(
    migrated_template: str, create_database: Callable[[str], str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url, path = create_database(migrated_template), tmp_path / "keys"
    given = settings(url, kek_file=path)
    first = wiring.make_key(path)

    def listed() -> list[tuple[str, str, int]]:
        capfd.readouterr()
        status = keys.list_(given, json=True)
        found = json.loads(capfd.readouterr().out)
        is_lost = "lost" in {each["state"] for each in found["keys"]}
        assert (status, found["ok"]) == (int(is_lost), not is_lost)
        assert sealing_check() == ("fail" if is_lost else "ok")
        return [(each["key"], each["state"], each["sources"]) for each in found["keys"]]

    def sealing_check(**changed: object) -> str:
        capfd.readouterr()
        doctor.doctor(given.model_copy(update=changed), json=True)
        checks = json.loads(capfd.readouterr().out)["checks"]
        return next(check["verdict"] for check in checks if check["name"] == "sealing keys")

    assert sealing_check(kek_file=None) == "ok"
    with sealing_service(url, wiring.keys_of(given)) as client:
        slug = opened(client)
        reports = [filed(client, slug, sealed_toll(source, source=source))["report_id"] for source in ("sohr", "snhr")]
    assert listed() == [(first, "wraps", 2)]
    assert keys.rotate(given) == 0
    ((_, old, none), (second, new, both)) = listed()
    assert (old, none, new, both) == ("kept", 0, "wraps", 2)
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if first not in line))
    with sealing_service(url, wiring.keys_of(given)) as client:
        for report_id, source in zip(reports, ("sohr", "snhr"), strict=True):
            assert read_sealed(client, report_id, f"for {source}").json()["parts"][0]["sealed"] == marked(source)
    assert sealing_check(kek_file=None) == "warn"
    path.unlink()
    assert sealing_check() == "fail"
    third = wiring.make_key(path)
    assert listed() == [(third, "wraps", 0), (second, "lost", 2)]
    status, told = ending(lambda _: keys.rotate(given), capfd)
    assert (status, second in told) == (3, True)
    assert listed()[-1] == (second, "lost", 2), "what could not be unwrapped stays as it was"
    capfd.readouterr()
    assert sealed_reads.sealed_reads(given, json=True) == 0
    reads = json.loads(capfd.readouterr().out)["items"]
    assert [(each["report_id"], each["reason"]) for each in reads] == [
        (reports[0], "for sohr"),
        (reports[1], "for snhr"),
    ]
    assert sealed_reads.sealed_reads(given, json=False) == 0
    assert "operator  report" in capfd.readouterr().out


def test_a_command_wraps_and_unwraps_in_place_of_a_file(
    migrated_template: str, create_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = create_database(migrated_template)
    given = settings(url, kek_command=program(tmp_path, PROGRAM))
    with sealing_service(url, wiring.keys_of(given)) as client:
        slug = opened(client)
        report_id = filed(client, slug, sealed_toll("mine"))["report_id"]
        other_id = filed(client, slug, sealed_toll("other", source="snhr"))["report_id"]
        assert read_sealed(client, report_id).json()["parts"][0]["sealed"] == marked("mine")
        assert keys.rotate(given) == 0
        assert read_sealed(client, report_id).status_code == OK
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT DISTINCT wrapped_by FROM access.source_keys").fetchall() == [
                (BY_COMMAND,)
            ]
            swap = "UPDATE access.source_keys SET wrapped = (SELECT wrapped FROM access.source_keys WHERE origin = %s)"
            connection.execute(swap.encode(), ("snhr",))
        problem(read_sealed(client, report_id), "sealed-part-damaged")
        assert read_sealed(client, other_id).status_code == OK
        program(tmp_path, "#!/bin/sh\nexit 3\n")
        assert "status 3" in problem(read_sealed(client, other_id), "sealing-key-lost")["detail"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("#!/bin/sh\necho SECRET >&2; exit 1\n", "status 1"),
        ("#!/bin/sh\necho 'no base64: SECRET'\n", "not base64"),
        ("#!/bin/sh\nexec sleep 60\n", "seconds"),
        ("#!/nowhere\n", "No such file"),
    ],
)
def test_a_command_that_fails_is_refused_and_nothing_of_its_output_is_told(
    tmp_path: Path, text: str, why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    behind = KeyCommand(program(tmp_path, text))
    with pytest.raises(KeyCommandFailed, match=why) as refused:
        behind.wrap(bytes(32), b"binding")
    assert "SECRET" not in str(refused.value) + "".join(capfd.readouterr())


def test_a_wrapped_key_is_unwrapped_with_its_own_binding_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    wiring.make_key(path)
    for behind in (KeyFile(path, bytes), KeyCommand(program(tmp_path, PROGRAM))):
        wrapped = behind.wrap(bytes(range(32)), b"one")
        assert behind.unwrap(wrapped, b"one") == bytes(range(32))
        with pytest.raises(SealedPartDamaged):
            behind.unwrap(wrapped, b"another")


def test_the_demo_makes_a_key_in_its_data_folder_and_keeps_one_that_is_set(tmp_path: Path) -> None:
    given = demo._with_key(settings(data=tmp_path / "data"))
    assert given.kek_file == tmp_path / "data" / demo.KEY_FILE
    assert stat.S_IMODE(given.kek_file.stat().st_mode) == 0o600
    made = given.kek_file.read_text()
    assert demo._with_key(settings(data=tmp_path / "data")).kek_file == given.kek_file
    assert given.kek_file.read_text() == made
    own = settings(data=tmp_path / "data", kek_file=tmp_path / "own")
    assert demo._with_key(own) == own
