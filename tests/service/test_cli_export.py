"""Export on the command line: the log and any view as lines, at any reading, in files that are whole or not there."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from domain.catalogue import VIEWS
from service import wiring
from service.answers.answer import AnswerRequest, answer
from service.api.responses import envelope
from service.console import export
from service.console.export import ExportOptions
from service.formats import registry
from service.formats.export.incidents import ExportRequest as What
from service.formats.exporter import Export, Exporter, Unwritable
from service.settings import read_settings
from tests.service.console import ending, run

pytestmark = pytest.mark.one_server_will_do

INCIDENT = "syria-coast-2025"


@pytest.fixture
def exported(sample_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., bytes]:
    """Return what exports the sample as ndjson, and returns the bytes of the file."""
    monkeypatch.setenv("DATABASE_URL", sample_url)

    def exporting_(**what: Any) -> bytes:
        path = tmp_path / "out.ndjson"
        assert export.export(read_settings(), ExportOptions("ndjson", What(**what), path)) == 0
        assert [each.name for each in tmp_path.iterdir()] == ["out.ndjson"]
        return path.read_bytes()

    return exporting_


def answered(url: str, question: AnswerRequest) -> bytes:
    async def asking() -> bytes:
        async with wiring.services(url) as house:
            return envelope(await answer(house.reader, question))

    return asyncio.run(asking())


def test_a_view_of_each_incident_is_what_http_answers(sample_url: str, exported: Callable[..., bytes]) -> None:
    for view in VIEWS:
        for given in ({"as_of": "@120"}, {"as_of": "@90", "reported_until": "2025-03-09T20:59:59Z"}):
            for policy in (None, "latest/1"):
                (line,) = exported(view=view, policy=policy, **given).splitlines()
                assert line == answered(sample_url, AnswerRequest(INCIDENT, view, policy=policy, **given))


def test_only_the_incidents_that_are_named_are_exported(exported: Callable[..., bytes]) -> None:
    assert json.loads(exported(view="state/1", only=[INCIDENT]))["data"]["title"]
    with pytest.raises(Exception, match="no incident “elsewhere”"):
        exported(view="state/1", only=["elsewhere"])


def test_the_log_is_exported_up_to_the_position_asked_for(exported: Callable[..., bytes]) -> None:
    head, *facts = map(json.loads, exported(as_of="@100").splitlines())
    assert (head["form"], head["position"]) == ("knownwhen/log/1", 100)
    assert [each["position"] for each in facts] == list(range(1, 101))


def test_standard_output_gets_the_same_bytes(sample_url: str, exported: Callable[..., bytes]) -> None:
    done = run("export", "ndjson", "--as-of", "@20", DATABASE_URL=sample_url)
    assert done.returncode == 0
    assert done.stdout.encode() == exported(as_of="@20")
    assert "as of position 20" in done.stderr


def test_the_summary_for_machines_tells_what_was_exported(
    sample_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", sample_url)
    path = tmp_path / "out.ndjson"
    what = What("@120", "2025-03-09T20:59:59Z", view="claims/1")
    assert export.export(read_settings(), ExportOptions("ndjson", what, path, json=True)) == 0
    found = json.loads(capfd.readouterr().out)
    log = found.pop("log")
    assert len(log) == 36
    assert found == {
        "ok": True,
        "format": "ndjson",
        "output": str(path),
        "bytes": path.stat().st_size,
        "position": 120,
        "reported_until": "2025-03-09T20:59:59Z",
        "policy": "range/1",
        "gaps": [],
    }


def test_what_a_file_leaves_out_is_told_with_the_reason_and_how_often(sample_url: str, tmp_path: Path) -> None:
    done = run("export", "ucdp", "-o", str(tmp_path / "ged.csv"), DATABASE_URL=sample_url)
    assert done.returncode == 0
    assert "1 incident at several places; where_coordinates, where_prec and the point are empty" in done.stderr
    told = json.loads(run("export", "ucdp", "-o", str(tmp_path / "2.csv"), "--json", DATABASE_URL=sample_url).stdout)
    assert {"thing", "why", "count"} == told["gaps"][0].keys()


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        (ExportOptions("ndjsn", What()), 2, "did you mean “ndjson”?"),
        (ExportOptions("ndjson", What(), json=True), 2, "--output FILE"),
        (ExportOptions("ndjson", What(view="sate/1")), 2, "did you mean “state/1”?"),
        (ExportOptions("ndjson", What("@99999")), 1, "past the end of the log"),
        (ExportOptions("ndjson", What(reported_until="2025-03-09T20:59:59Z")), 3, "name a --view"),
        (ExportOptions("ndjson", What(), Path("/no/such/folder/x")), 3, "cannot be written"),
    ],
)
def test_what_cannot_be_is_told(
    sample_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    asked: ExportOptions,
    status: int,
    said: str,
) -> None:
    monkeypatch.setenv("DATABASE_URL", sample_url)
    ended, told = ending(lambda settings: export.export(settings, asked), capfd)
    assert (ended, said in told) == (status, True), told


def _half(export: Export, file: BinaryIO) -> None:
    file.write(b"half")
    message = f"Nothing stands at {export.position}."
    raise Unwritable(message)


def test_an_export_that_fails_leaves_what_was_there_before(
    sample_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", sample_url)
    half = Exporter("half", "", ".half", _half)
    monkeypatch.setattr(
        registry, "EXPORTERS", {"half": half, "map": Exporter("map", "", ".map", _half, needs_map=True)}
    )
    path = tmp_path / "out"
    path.write_bytes(b"before")
    status, told = ending(lambda settings: export.export(settings, ExportOptions("half", What(), path)), capfd)
    assert (status, "Nothing stands at" in told) == (3, True)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("out", b"before")]
    status, told = ending(lambda settings: export.export(settings, ExportOptions("map", What(), path)), capfd)
    assert (status, "--map FILE" in told) == (2, True)
