"""Collections of incidents: said at opening, changed by a fact; incidents that are tied share one."""

from typing import Any
from uuid import UUID

import pytest

from domain import catalogue
from domain.facts.encoding import encode
from domain.facts.union import CollectionChanged, IncidentOpened
from domain.history.history import history_of
from domain.incident import refusals
from domain.incident.commands import ChangeCollection, MergeIncident, MoveReport, OpenIncident, UnmergeIncident
from domain.incident.decide import decide
from domain.incident.state import Incident, fold
from domain.reading import Reading
from tests.domain.book import START, Book, open_book

OTHER, THIRD = "other", "third"
REPORT = UUID(int=7)


def toll(source: Any = "sohr") -> dict[str, Any]:
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": "12"}}
    return {"kind": "toll_revised", "source": source, "reported_at": "2025-03-09", "claims": [claim]}


def opened(**given: Any) -> list[Any]:
    return decide(None, OpenIncident(slug="coast", title="The coast", **given), START)


def incident(**given: Any) -> Incident:
    found = fold(opened(**given))
    assert found is not None
    return found


@pytest.fixture
def book() -> Book:
    """Open an incident with a report, one more in public, and one of another collection."""
    book = open_book()
    book.do(OpenIncident(slug=OTHER, title="Another"))
    book.do(OpenIncident(slug=THIRD, title="A third", collection="newsroom"))
    book.file(toll(), report_id=str(REPORT))
    return book


def test_an_incident_without_a_collection_is_public_and_stored_as_ever() -> None:
    assert incident().collection == incident(collection="public").collection == "public"
    (fact,) = opened(collection="public")
    assert b"collection" not in encode(fact).state


def test_an_incident_is_in_the_collection_that_it_was_opened_in_until_that_changes() -> None:
    (fact,) = opened(collection="newsroom")
    assert fact == IncidentOpened(slug="coast", title="The coast", period=None, countries=(), collection="newsroom")
    found = incident(collection="newsroom")
    (changed,) = decide(found, ChangeCollection(collection="public", reason="It is ready."), START)
    assert isinstance(changed, CollectionChanged)
    assert fold([fact, changed]).collection == "public"  # pyright: ignore[reportOptionalMemberAccess]


def test_a_collection_is_not_changed_to_itself() -> None:
    with pytest.raises(refusals.NothingChanged):
        decide(incident(), ChangeCollection(collection="public"), START)


def test_incidents_of_two_collections_are_neither_merged_nor_do_reports_move_between_them(book: Book) -> None:
    with pytest.raises(refusals.OtherCollection, match="“third” in “newsroom”"):
        book.do(MergeIncident(into=THIRD), book.slug)
    with pytest.raises(refusals.OtherCollection):
        book.do(MoveReport(report_id=REPORT, to=THIRD))


@pytest.mark.parametrize("undo", [False, True], ids=["tied", "untied again"])
@pytest.mark.parametrize("tie", ["merge", "move"])
def test_incidents_that_were_ever_tied_keep_their_collection(book: Book, tie: str, *, undo: bool) -> None:
    if tie == "merge":
        book.do(MergeIncident(into=book.slug), OTHER)
    else:
        book.do(MoveReport(report_id=REPORT, to=OTHER))
    if undo and tie == "merge":
        book.do(UnmergeIncident(), OTHER)
    elif undo:
        book.do(MoveReport(report_id=REPORT, to=book.slug))
    for slug in (book.slug, OTHER):
        with pytest.raises((refusals.IncidentIsTied, refusals.IncidentIsMerged)):
            book.do(ChangeCollection(collection="newsroom"), slug)


def test_a_changed_collection_changes_no_document(book: Book) -> None:
    before = book.read(), book.read(view="tolls/1"), book.read(view="revisions/1")
    book.do(ChangeCollection(collection="newsroom"), book.slug)
    assert (book.read(), book.read(view="tolls/1"), book.read(view="revisions/1")) == before


@pytest.mark.parametrize("view", sorted(catalogue.VIEWS.keys() - {"moments/1"}))  # which lists registrations
def test_sources_that_did_not_register_themselves_read_as_if_they_had(book: Book, view: str) -> None:
    book.file(toll({"anonymous": "A doctor", "type": "party_to_conflict", "speaks_for": "army"}) | {"via": ["reuters"]})
    book.file(toll("snhr") | {"via": ["reuters", "afp"]})
    own = [each for each in book.facts if each.stream == book.stream]
    assert len(own) < len(book.facts)
    reading = Reading(None, catalogue.policy(catalogue.DEFAULT_POLICY))
    histories = history_of(book.facts, book.stream), history_of(own, book.stream)
    registered, unregistered = (catalogue.view(view).finish(each, reading) for each in histories)
    assert unregistered == registered
