"""Tokens from the command line, beside a service that needs them: made, listed, rotated, revoked; and never logged."""

import json
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.access.token_text import format_token, parse_token
from service.console.command import LOG_NAME, Misuse
from service.console.token import TokenOptions, create
from service.settings import Settings
from tests.patience import PATIENCE
from tests.service.access import bearer
from tests.service.console import data_folder, run, running
from tests.service.serving import problem
from tests.service.test_cli_serve import READY

pytestmark = pytest.mark.one_server_will_do


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


def token(*words: str, **settings: object) -> dict[str, Any]:
    """Run a command about tokens with --json, and return what it prints."""
    done = run("token", *words, "--json", **settings)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_from_no_token_to_one_that_is_revoked_beside_a_service_that_tells_none(data: Path, unused_port: int) -> None:
    served = {"KNOWNWHEN_DATA": data, "KNOWNWHEN_PORT": unused_port, "KNOWNWHEN_ACCESS": "tokens"}
    with running("serve", "--host", "0.0.0.0", KNOWNWHEN_LOG="json", **served) as command:  # noqa: S104 - with tokens
        command.wait_for(READY)
        assert "knownwhen token create NAME --scope admin" in command.err
        assert "It answers holders of tokens." in command.out
        assert "open" not in command.out

        url = f"http://127.0.0.1:{unused_port}"
        with httpx.Client(base_url=url, timeout=PATIENCE) as client:
            problem(client.get("/v1/policy"), "token-needed")
            made = run("token", "create", "editor", "--scope", "admin", "--scope", "read", KNOWNWHEN_DATA=data)
            text = made.stdout.strip()
            parsed = parse_token(text)
            assert parsed
            assert "expires on" in made.stderr
            assert client.get("/v1/policy", headers=bearer(text)).status_code == 200

            listed = run("token", "list", KNOWNWHEN_DATA=data).stdout
            assert parsed.id in listed
            assert text.split("_")[2] not in listed

            rotated = token("rotate", "editor", "--overlap", "1", KNOWNWHEN_DATA=data)
            for each in (text, rotated["token"]):
                assert client.get("/v1/policy", headers=bearer(each)).status_code == 200
            session = client.post("/v1/session", headers=bearer(rotated["token"]))
            cookie = session.headers["set-cookie"].partition(";")[0].partition("=")[2]
            client.cookies.clear()

            secrets = [text, rotated["token"], cookie, format_token("a" * 12, b"s" * 32), text[:-1] + "-", "a.b.c" * 9]
            for secret in secrets[3:]:
                problem(client.get("/v1/policy", headers=bearer(secret)), "token-invalid")
            for path in ("/v1/policy", "/v1/nothing", "/v1/tokens"):
                client.get(path, headers={"Cookie": f"knownwhen_session={cookie}"})

            assert token("revoke", "editor", KNOWNWHEN_DATA=data)["stands"] is False
            until = time.monotonic() + PATIENCE
            while client.get("/v1/policy", headers=bearer(rotated["token"])).status_code == 200:
                assert time.monotonic() < until
                time.sleep(0.1)
            problem(client.get("/v1/policy", headers=bearer(rotated["token"])), "token-invalid")
        assert command.stop(signal.SIGTERM) == 0
        said = command.out + command.err
    log = data / LOG_NAME
    said += log.read_text("utf-8") if log.exists() else ""
    assert said.count("/v1/policy") > 5
    for secret in secrets:
        for part in (secret, secret.split("_")[-1], secret.split("_")[-1][:20]):
            assert part not in said


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("a", ["reed"], [], []), "did you mean “read”?"),
        ((" ", ["read"], [], []), "1 to 100 characters"),
        (("x" * 101, ["read"], [], []), "1 to 100 characters"),
        (("a", ["read"], ["No Slug"], []), "is no collection"),
        (("a", ["read"], [], ["192.0.2.1/24"]), "is no network"),
        (("a", ["read"], [], ["here"]), "is no network"),
    ],
)
def test_what_cannot_be_a_token_is_said_before_any_work(given: tuple[Any, ...], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=re.escape(sentence)):
        create(Settings(data=tmp_path / "data"), TokenOptions(*given, days=90), json=False)
    assert not (tmp_path / "data").exists()


def test_a_token_that_is_not_there_and_a_scope_that_is_missing_are_told(database_url: str) -> None:
    for words in (("revoke", "nobody"), ("rotate", "nobody")):
        done = run("token", *words, DATABASE_URL=database_url)
        assert (done.returncode, "There is no token “nobody”" in done.stderr) == (1, True)
    done = run("token", "create", "a")
    assert (done.returncode, "--scope" in done.stderr) == (2, True)


def test_a_name_is_taken_until_its_token_is_revoked(database_url: str) -> None:
    first = token(
        "create",
        "desk",
        "--scope",
        "report",
        "--collection",
        "*",
        "--network",
        "192.0.2.0/24",
        DATABASE_URL=database_url,
    )
    assert (first["collections"], first["networks"], first["created_by"]) == (["*"], ["192.0.2.0/24"], None)
    again = run("token", "create", "desk", "--scope", "report", DATABASE_URL=database_url)
    assert (again.returncode, "There is a token “desk” already" in again.stderr) == (1, True)
    token("revoke", first["id"], DATABASE_URL=database_url)
    second = token("create", "desk", "--scope", "report", DATABASE_URL=database_url)
    shown = [token("list", *words, DATABASE_URL=database_url)["items"] for words in ((), ("--all",))]
    assert [[each["id"] for each in items] for items in shown] == [[second["id"]], [first["id"], second["id"]]]
    done = run("token", "rotate", first["id"], DATABASE_URL=database_url)
    assert (done.returncode, "revoked, which is final" in done.stderr) == (1, True)


def test_an_open_service_says_that_it_is(data: Path, unused_port: int) -> None:
    with running("serve", KNOWNWHEN_DATA=data, KNOWNWHEN_PORT=unused_port, KNOWNWHEN_ACCESS="open") as command:
        command.wait_for(READY)
        assert "It is open: whoever reaches it may do everything." in command.out
        about = httpx.get(f"http://127.0.0.1:{unused_port}/", timeout=PATIENCE).json()
        assert about["access"].startswith("open")
        assert command.stop() == 0
