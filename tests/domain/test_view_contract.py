"""Contract of the slot of views: pure, deterministic, independent of arrival, canonical, tabular."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.history.history import History, history_of
from domain.ledger.canonical import canonical, digest
from domain.reading import View
from tests.domain.book import open_book
from tests.domain.worlds import World, moments, reading, worlds

pytestmark = pytest.mark.parametrize("view", [pytest.param(each, id=name) for name, each in catalogue.VIEWS.items()])


def test_a_view_declares_its_name_its_meaning_and_its_columns(view: View) -> None:
    assert catalogue.view(view.id) is view
    assert re.fullmatch(r"[a-z_]+/[1-9][0-9]*", view.id)
    assert view.meaning.endswith(".")
    assert len(set(view.columns)) == len(view.columns) > 0


def test_an_incident_without_reports_has_a_document(view: View) -> None:
    history = open_book().history()
    document = view.finish(history, reading(None))
    assert document["incident"] == history.slug
    assert canonical(document)
    view.document.model_validate(document)
    assert list(view.texts(document)) == []
    assert len(view.rows(document)) >= 0


def contents(history: History) -> Iterator[tuple[Any, ...]]:
    """Yield what each version of each report says; versions themselves are compared by identity."""
    for each in history.all_reports.values():
        yield each.report_id, each.home, each.reported, *((one.report, one.event, one.claims) for one in each.versions)


@given(worlds(), st.sampled_from(sorted(catalogue.POLICIES)))
def test_a_document_is_canonical_and_the_same_each_time_and_reading_changes_nothing(
    view: View, world: World, policy: str
) -> None:
    history, other = world.book().history(), world.book().history()
    for moment in moments(history)[-2:]:
        document = view.finish(history, reading(moment, policy))
        assert not any(isinstance(each, float) for each in leaves(document))
        assert digest(view.finish(history, reading(moment, policy))) == digest(document)
        view.document.model_validate(document)
        for row in view.rows(document):
            cells = [row.get(column) for column in view.columns]
            assert any(cell is not None for cell in cells)
            assert all(cell is None or isinstance(cell, str | int) for cell in cells)
        assert set(view.texts(document)) <= set(map(str, leaves(document)))
        assert set(view.texts(document)) <= {each.text_commitment for each in history.journal}
    assert (history.journal, list(contents(history))) == (other.journal, list(contents(other)))


@given(worlds(), st.randoms(use_true_random=False))
def test_streams_may_arrive_in_any_order(view: View, world: World, chance: Any) -> None:
    """The facts of each stream keep their order; whole streams are interleaved otherwise."""
    book = world.book()
    turns = [each.stream for each in book.facts]
    chance.shuffle(turns)
    waiting = {stream: iter([each for each in book.facts if each.stream == stream]) for stream in turns}
    facts = [next(waiting[stream]) for stream in turns]
    one, other = book.history(), history_of(facts, book.stream)
    for moment in moments(one)[-2:]:
        assert digest(view.finish(one, reading(moment))) == digest(view.finish(other, reading(moment)))


def leaves(document: object) -> Iterator[object]:
    """Yield every value of a document that is no list and no object."""
    if isinstance(document, dict | list | tuple):
        parts = cast("Any", document.values() if isinstance(document, dict) else document)
        for each in parts:
            yield from leaves(each)
    else:
        yield document
