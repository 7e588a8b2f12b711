"""The pages on escalation and revisions, as a person reads them on a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain import catalogue
from domain.ledger.canonical import canonical
from service.answers.answer import Answer, AnswerRequest
from service.console.replay import print_page
from tests.domain.book import Book, load

SAMPLES = Path(__file__).parents[2] / "samples"


def page(name: str, view: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Print what a view tells of a sample, and return its lines."""
    book: Book = load(SAMPLES / name)
    answer = Answer(catalogue.view(view), canonical(book.read(view)), "0" * 64, {"view": view}, {})
    print_page(AnswerRequest(name, view), answer)
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def rows(lines: list[str], *words: str) -> list[str]:
    return [" ".join(line.split()) for line in lines if all(word in line for word in words)]


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "180")


def test_what_happened_and_what_became_known_are_two_tables(capsys: pytest.CaptureFixture[str]) -> None:
    lines = page("river-port-2024", "escalation/1", capsys)
    titles = [line for line in lines if line in ("What happened", "Phases", "What became known")]
    assert titles == ["What happened", "Phases", "What became known"]


def test_a_day_shows_its_level_its_events_and_the_least_number_of_dead(capsys: pytest.CaptureFixture[str]) -> None:
    lines = page("river-port-2024", "escalation/1", capsys)
    assert rows(lines, "grain quay shelling (")[0] == "2024-05-14 5 grain quay shelling (attack launched) 40"
    assert rows(lines, "the day as a whole") == ["the day as a whole 110"]
    assert rows(lines, "ceasefire") == ["2024-05-18 0 ceasefire declared, 2024-05-18, velmora –"]


def test_a_phase_shows_whether_it_is_a_turn_and_the_figures_of_several_days(capsys: pytest.CaptureFixture[str]) -> None:
    lines = page("river-port-2024", "escalation/1", capsys)
    assert "2024-05-14 2024-05-14 5 · killed, everyone, the-two-days: 131 (river-commission)" in rows(lines, "131")
    assert rows(lines, "a turn") == ["2024-05-15 2024-05-15 2, a turn", "2024-05-16 2024-05-18 0, a turn"]


def test_a_change_shows_both_ends_and_what_lies_between_them(capsys: pytest.CaptureFixture[str]) -> None:
    lines = page("river-port-2024", "escalation/1", capsys)
    assert rows(lines, "150", "96") == ["2024-05-17 killed everyone incident lantern-monitor 150 96 -54"]
    assert rows(lines, "2024-05-20") == ["2024-05-20 killed everyone incident lantern-monitor 96 104 +8"]


def test_a_break_and_an_increment_are_named_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    lines = page("syria-coast-2025", "escalation/1", capsys)
    assert rows(lines, "2025-03-08", "340", "a break")
    assert rows(lines, "2025-03-12", "158", "said as such")
    assert rows(lines, "1,225", "1,383", "+158")


def test_the_most_often_revised_figure_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    lines = page("syria-coast-2025", "revisions/1", capsys)
    first = rows(lines, "sohr")[0]
    assert first == "killed civilians incident sohr 8 340 1,700 0.8000 0 4"


@pytest.mark.parametrize("view", ["escalation/1", "revisions/1"])
def test_the_tables_keep_within_a_narrow_terminal(
    view: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    lines = page("syria-coast-2025", view, capsys)
    assert max(len(line) for line in lines) <= 100
    assert rows(lines, "killed, civilians, incident")
