"""A sealed word never leaves: it is looked for in every answer, problem, log line, export, table and dump."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.catalogue import VIEWS
from service.access.sealing.key_encryption import KeyFile
from service.console import export
from service.eventstore.command_queue import SealedContent
from service.formats import registry
from service.formats.export.incidents import ExportRequest
from service.formats.exporter import Unwritable
from service.settings import read_settings
from tests.domain.strategies import texts
from tests.patience import PATIENCE
from tests.service.projected import read
from tests.service.sealed import FIELDS, dumped, key_file, marked, read_sealed, sealing_service
from tests.service.serving import opened, toll

MARK = f"zqsealed{uuid4().hex}"
OK, CREATED, FAULT = 200, 201, 500
STREAM = "text/event-stream"
NDJSON = {"content-type": "application/x-ndjson"}
SERVING = """
import secrets, sys
from pathlib import Path
from service.access.sealing.key_encryption import KeyFile
from service.console.logs import configure
from service.wiring import make_app
from tests.service.serving import serving
url, keys, form = sys.argv[1:]
configure(form)
with serving(make_app(url, keys=KeyFile(Path(keys), secrets.token_bytes))) as address:
    print(address, flush=True)
    sys.stdin.read()
"""
"""A service with the log of the product, in a process of its own: what a log is configured with stays."""
pytestmark = pytest.mark.one_server_will_do


@pytest.fixture(scope="module")
def url(migrated_template: str, create_database: Callable[[str], str]) -> str:
    return create_database(migrated_template)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFile:
    return key_file(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def client(url: str, keys: KeyFile) -> Iterator[httpx.Client]:
    with sealing_service(url, keys) as shared:
        yield shared


def every_answer(client: httpx.Client, names: dict[str, str]) -> Iterator[tuple[str, httpx.Response]]:
    """Ask every read of the OpenAPI document in every media type, with names of things that are there."""
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        if "get" not in operations:
            continue
        address = path
        for name, value in names.items():
            address = address.replace(f"{{{name}}}", quote(value))
        required = [each["name"] for each in operations["get"].get("parameters", ()) if each.get("required")]
        params = {name: "@1" for name in required if f"{{{name}}}" not in path}
        for kind in operations["get"]["responses"]["200"].get("content", {"*/*": {}}):
            if kind != STREAM:
                yield address, client.get(address, params=params, headers={"accept": kind})


def sent_somehow(client: httpx.Client, slug: str, sealed: dict[str, str], spoilt: str | None) -> list[httpx.Response]:
    """File a report with a sealed part alone, in a line, and in a correction; each perhaps with one thing wrong."""
    wrong: dict[str, Any] = {"a field": {"nonsense": 1}, "a value": {"reported_at": "yesterday"}} if spoilt else {}
    more = wrong.get(spoilt or "", {})
    report = {**toll(str(uuid4().int % 10_000)), "sealed": sealed, **more}
    report_id = str(uuid4())
    alone = client.post(f"/v1/incidents/{slug}/reports", json={**report, "report_id": report_id})
    line = json.dumps({"incident": slug, **report})
    if spoilt == "a name twice":
        line = line.replace('"sealed"', f'"sealed": {{"notes": "{MARK}"}}, "sealed"')
    if spoilt == "the end":
        line = line[:-3]
    inner = {**toll("11"), "sealed": sealed, **more}
    corrected = {"cause": "transcription", "report": inner, "reason": "A digit."}
    answers = [
        alone,
        client.post(f"/v1/incidents/{slug}/reports", content=line, headers={"content-type": "application/json"}),
        client.post("/v1/reports:batch", content=line, headers=NDJSON),
        client.post("/v1/reports:batch?atomic=true", content=f"{line}\n{{}}", headers=NDJSON),
        client.post(f"/v1/reports/{report_id}/correction", json=corrected),
    ]
    if spoilt is None:
        assert alone.status_code == CREATED, alone.text
        assert answers[-1].status_code == CREATED, answers[-1].text
        parts = read_sealed(client, report_id).json()["parts"]
        assert [part["sealed"] for part in parts] == [sealed, sealed]
    return answers


def test_a_sealed_word_is_in_no_answer_log_export_table_or_dump(
    client: httpx.Client, url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    slug, reports = opened(client), [""]

    @given(
        st.dictionaries(st.sampled_from(FIELDS), texts(20).map(lambda words: f"{words}{MARK}"), min_size=1),
        st.sampled_from([None, None, "a field", "a value", "a name twice", "the end"]),
    )
    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def holds(sealed: dict[str, str], spoilt: str | None) -> None:
        for answer in sent_somehow(client, slug, sealed, spoilt):
            assert MARK not in answer.text
            assert MARK not in str(answer.headers)
            reports.append(str(answer.json()["report_id"]) if answer.status_code == CREATED else "")

    holds()
    read(client, "/v1/reports")
    report = next(each for each in reversed(reports) if each)
    published = client.post(f"/v1/incidents/{slug}/publications", json={}).json()["receipt"]["digest"]
    names = {"incident": slug, "report_id": report, "slug": "sohr", "digest": published}
    for asked, answer in every_answer(client, names):
        assert MARK not in answer.text, asked
    for word in (MARK, MARK[:12]):
        assert read(client, "/v1/reports", q=word)["items"] == []
        assert read(client, "/v1/incidents", q=word)["items"] == []
    assert MARK not in "".join(capfd.readouterr())
    for name, content in exported(url, tmp_path):
        assert MARK.encode() not in content, name
    dump = dumped(url)
    assert MARK not in dump
    assert MARK.encode().hex() not in dump


def exported(url: str, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Write the log in every format that needs no mapping, and every view."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        asked = [(name, ExportRequest()) for name, each in registry.EXPORTERS.items() if not each.needs_map]
        asked += [("ndjson", ExportRequest(view=view)) for view in VIEWS]
        for number, (name, what) in enumerate(asked):
            path = folder / f"{number}"
            try:
                export.export(read_settings(), export.ExportOptions(name, what, path))
            except (Unwritable, export.CannotRun):
                continue
            yield f"{name} {what.view}", path.read_bytes()
    assert path.exists()


def test_what_holds_a_sealed_part_or_a_key_does_not_show_it(keys: KeyFile, url: str, client: httpx.Client) -> None:
    assert MARK not in repr(SealedContent(MARK.encode()))
    key = keys.path.read_text().split()[-1]
    assert key not in repr(keys)
    with psycopg.connect(url) as connection:
        assert key not in str(connection.execute("SELECT * FROM access.source_keys").fetchall())
    assert client.get("/v1/sealed-reads").status_code == OK


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_fault_while_it_is_recorded_tells_nothing_of_it(url: str, keys: KeyFile, tmp_path: Path, form: str) -> None:
    """The error of the database, and the traceback in the log, hold at most what was sealed."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE facts ADD CONSTRAINT no_seals CHECK (length(sealed) < 9) NOT VALID")
    log = tmp_path / "log"
    try:
        program = [sys.executable, "-c", SERVING, url, str(keys.path), form]
        with (
            log.open("w") as written,
            subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=written) as process,
        ):
            assert process.stdout is not None
            address = process.stdout.readline().decode().strip()
            with httpx.Client(base_url=address, timeout=PATIENCE) as other:
                slug = opened(other)
                answer = other.post(f"/v1/incidents/{slug}/reports", json={**toll(), "sealed": marked(MARK)})
                line = json.dumps({"incident": slug, **toll(), "sealed": marked(MARK)})
                batch = other.post("/v1/reports:batch", content=line, headers=NDJSON)
            process.terminate()
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER TABLE facts DROP CONSTRAINT no_seals")
    assert answer.status_code == FAULT
    assert "no_seals" in log.read_text(), "the fault is in the log"
    for text in (answer.text, batch.text, log.read_text()):
        assert MARK not in text
