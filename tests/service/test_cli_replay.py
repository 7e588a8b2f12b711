"""Replay on the command line: sentences, tables and bytes, and an exit status for each kind of answer."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from service import wiring
from service.answers.answer import AnswerRequest, answer
from service.console import replay, samples
from service.console.answer_tables import key_words
from service.console.replay import print_page
from service.console.terminal import shown
from service.settings import read_settings
from tests.service.console import COMMAND, data_folder, ending, environment, run

pytestmark = pytest.mark.one_server_will_do

INCIDENT = "syria-coast-2025"
BY_9_MARCH = ("--reported-until", "2025-03-09T23:59:59+03:00")


def page(url: str, question: AnswerRequest, capsys: pytest.CaptureFixture[str]) -> str:
    async def asking() -> None:
        async with wiring.services(url) as house:
            print_page(question, await answer(house.reader, question))

    asyncio.run(asking())
    return capsys.readouterr().out


def test_it_prints_sentences_a_table_and_the_coordinates(sample_url: str) -> None:
    done = run("replay", INCIDENT, *BY_9_MARCH, DATABASE_URL=sample_url)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "Violence on the Syrian coast, March 2025 (syria-coast-2025)"
    assert "Killed, civilians: 830 (SOHR, 9 March, via AFP, LBCI)." in lines
    (row,) = (line for line in lines if line.startswith("killed ") and " civilians " in line and " incident " in line)
    assert row.split() == ["killed", "civilians", "incident", "830", "830", "830", "SOHR", "Rudaw:", "outrun"]
    assert any(line.split() == ["policy", "range/1"] for line in lines)
    assert any(line.startswith("digest ") and len(line.split()[1]) == 64 for line in lines)
    assert "\x1b" not in done.stdout


def test_as_json_it_is_the_envelope_of_http(
    sample_url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", sample_url)
    question = AnswerRequest(INCIDENT, "state/1", as_of="@120", policy="latest/1")
    assert replay.replay(read_settings(), question, json=True) == 0
    envelope = json.loads(capfd.readouterr().out)
    assert envelope.keys() == {"data", "text", "coordinates", "digest"}
    assert envelope["coordinates"]["closed"] is True
    assert envelope["coordinates"]["policy"] == "latest/1"


def test_sentences_about_the_whole_incident_come_first(sample_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = page(sample_url, AnswerRequest(INCIDENT, "state/1", reported_until="2025-03-09T20:59:59Z"), capsys)
    assert text.index("Killed, everyone: 1,311") < text.index("Killed, everyone, Jableh")


@pytest.mark.parametrize("columns", ["80", "200"])
def test_every_view_can_be_read_at_any_width(
    sample_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for view, words in (("state/1", "outrun"), ("timeline/1", "attack launched"), ("claims/1", "retracted")):
        text = page(sample_url, AnswerRequest(INCIDENT, view, reported_until="2025-03-09T20:59:59Z"), capsys)
        table = text.split("\n\n", 2)[-1].split("\n\n")[0].splitlines()
        assert words in text
        assert all(len(line) <= int(columns) for line in table)


def test_the_timeline_tells_what_was_retracted(sample_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "retracted" in page(sample_url, AnswerRequest(INCIDENT, "timeline/1"), capsys)


@pytest.mark.parametrize(
    ("question", "status", "said"),
    [
        (AnswerRequest("syria-cost-2025", "state/1"), 1, "did you mean “syria-coast-2025”?"),
        (AnswerRequest(INCIDENT, "state/1", as_of="@1"), 1, "nothing was recorded"),
        (AnswerRequest(INCIDENT, "state/1", as_of="@99999"), 1, "past the end of the log"),
        (AnswerRequest(INCIDENT, "state/1", as_of="2999-01-01T00:00:00Z"), 1, "lies in the future"),
        (AnswerRequest(INCIDENT, "state/1", as_of="yesterday"), 2, "is not a moment"),
        (AnswerRequest(INCIDENT, "state/1", reported_until="2025-03-09"), 2, "is not a moment"),
        (AnswerRequest(INCIDENT, "sate/1"), 2, "did you mean “state/1”?"),
        (AnswerRequest(INCIDENT, "state/1", policy="range/2"), 2, "did you mean “range/1”?"),
    ],
)
def test_each_kind_of_answer_has_its_exit_status(
    sample_url: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    question: AnswerRequest,
    status: int,
    said: str,
) -> None:
    monkeypatch.setenv("DATABASE_URL", sample_url)
    ended, told = ending(lambda settings: replay.replay(settings, question, json=False), capfd)
    assert ended == status
    assert said in told


def test_the_options_of_the_command_line_ask_that_question(sample_url: str) -> None:
    asked = ("--as-of", "@1", "--reported-until", "2025-03-09T23:59:59Z", "--view", "claims/1", "--policy", "latest/1")
    done = run("replay", INCIDENT, *asked, DATABASE_URL=sample_url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "At @1 nothing was recorded of “syria-coast-2025” yet" in done.stderr


def test_a_log_without_incidents_is_told(
    database_url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    told = ending(lambda settings: replay.replay(settings, AnswerRequest("x", "state/1"), json=False), capfd)
    assert told == (1, "There is no incident “x”; none has been opened yet.\n")


def test_a_database_without_tables_is_told(
    bare_database_url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", bare_database_url)
    status, told = ending(lambda settings: replay.replay(settings, AnswerRequest("x", "state/1"), json=False), capfd)
    assert status == 3
    assert "Run `knownwhen migrate` first." in told


def test_reading_does_not_begin_an_empty_database() -> None:
    with data_folder() as data:
        done = run("replay", INCIDENT, KNOWNWHEN_DATA=data)
        assert done.returncode == 3
        assert "`knownwhen demo` makes some" in done.stderr
        assert not data.exists()


def test_a_reader_that_has_seen_enough_is_no_error(sample_url: str) -> None:
    command = " ".join(f"'{word}'" for word in [*COMMAND, "replay", INCIDENT, "--view", "timeline/1"])
    done = subprocess.run(
        [shutil.which("bash") or "bash", "-o", "pipefail", "-c", f"{command} | head -1"],
        capture_output=True,
        check=False,
        env=environment(DATABASE_URL=sample_url),
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{INCIDENT}\n", "")


def test_text_from_reports_cannot_steer_the_terminal() -> None:
    assert shown("a\x1b[2Jb\x07c\u202ed\ne") == "a�[2Jb�c�d\ne"
    assert shown(None) == "–"
    assert shown(True) == "true"  # noqa: FBT003 - a value of a document


def test_markup_in_reports_is_shown_as_it_is(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "a.ndjson").write_text('{"open": {"slug": "odd", "title": "[red]Odd[/red] :smile:"}}')

    async def loading() -> None:
        async with wiring.services(database_url) as house:
            await samples.load(house.writer, samples.read(tmp_path / "small"))

    asyncio.run(loading())
    assert page(database_url, AnswerRequest("odd", "state/1"), capsys).startswith("[red]Odd[/red] :smile: (odd)")


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("incident", "incident"),
        ("event:al-haffa", "event al haffa"),
        ("coast", "the coast"),
        ("other-town/incident", "incident, as counted for other-town"),
        ("other-town/event:mill/road", "event mill/road, as counted for other-town"),
    ],
)
def test_a_figure_is_shown_with_what_it_counts_and_for_which_incident(scope: str, words: str) -> None:
    key = {"measure": "killed", "population": {}, "scope": scope, "manner": None}
    assert key_words(key, {"coast": "the coast"}) == ("killed", "everyone", words)
