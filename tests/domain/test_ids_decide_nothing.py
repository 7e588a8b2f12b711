"""No answer depends on an id: what cannot be told apart by what was said is shown as it is, or named either way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.facts.streams import NAMESPACE
from domain.incident.commands import OpenIncident
from domain.incident.refusals import Refusal
from domain.ledger.canonical import canonical
from domain.reports.versions import document
from domain.revisions.duplicates import duplicates
from tests.domain.book import Book
from tests.domain.test_curation_properties import OTHER, OTHER_IDS, Asked, curated, others
from tests.domain.worlds import IDS, Body, World, moments, reading, reports, worlds

BY_ID = frozenset({"used", "set_aside", "increments", "claims", "reports", "moved_by", "undated", "figures"})
"""Lists in documents that are sorted by id, so that a reader finds an id in them: as sets they are the same."""
SEVERAL = (*IDS, *OTHER_IDS)

Ids = Mapping[str, str]


def renamings() -> st.SearchStrategy[Ids]:
    """Other ids for all reports, in any order."""
    return st.permutations(range(len(SEVERAL))).map(
        lambda order: {old: str(UUID(int=(place + 1) << 96)) for old, place in zip(SEVERAL, order, strict=True)}
    )


def renamed(text: str, ids: Ids) -> str:
    for old, new in ids.items():
        text = text.replace(old, new)
    return text


def names(book: Book, first: Ids, *, judged: bool) -> Ids:
    """Name each report by what it says and, if `judged`, what became of it, with the ids that it had at `first`.

    Two that say the very same, and of which the same became, have one name: nothing but an id tells them apart.
    """
    found = dict(first)
    for slug in (None, OTHER):
        for ref, report in ((each.ref, each) for each in book.history(slug=slug).all_reports.values()):
            said: list[object] = [document(report.current.report) | {"report_id": None}]
            if judged and report.current.record:
                said += [report.current.record.marks, sorted(str(each) for each in report.retractions.items())]
            found[ref] = str(uuid5(NAMESPACE, renamed(json.dumps(said), first)))
    return found


def told(book: Book, ids: Ids) -> dict[object, Any]:
    """Return every document of both incidents at some moments, with a name for each id that says what it is of."""
    first = {new: old for old, new in ids.items()}
    now, then = (names(book, first, judged=judged) for judged in (True, False))
    found: dict[object, Any] = {}
    for slug in (None, OTHER):
        history = book.history(slug=slug)
        if not history.slug:
            continue
        pairs = [(view, catalogue.DEFAULT_POLICY) for view in catalogue.VIEWS.values()]
        pairs += [(catalogue.VIEWS["state/1"], each) for each in catalogue.POLICIES]
        for view, policy in pairs:
            for moment in moments(history)[-2:]:
                written = canonical(view.finish(history, reading(moment, policy))).decode()
                document = found[slug, view.id, policy, moment] = _plain(json.loads(renamed(written, now)))
                if "series" in document:  # whose steps were made before all of it was judged
                    before = _plain(json.loads(renamed(written, then)))
                    document["series"] = [
                        {**each, "recorded": own["recorded"]}
                        for each, own in zip(document["series"], before["series"], strict=True)
                    ]
        suggested = canonical({"duplicates": duplicates(history, None)}).decode()
        found[slug, "duplicates"] = _unordered(json.loads(renamed(suggested, now)))
    return found


def _plain(document: Any) -> Any:
    """Sort what is sorted by id, and leave out the commitments to text, whose salts are random."""
    if isinstance(document, list):
        return [_plain(each) for each in cast("list[Any]", document)]
    if not isinstance(document, dict):
        return document
    fields = {name: _plain(value) for name, value in cast("Body", document).items() if name != "text"}
    return {
        name: _sorted(value) if name in BY_ID and isinstance(value, list) else value for name, value in fields.items()
    }


def _sorted(values: Iterable[Any]) -> list[Any]:
    return sorted(values, key=canonical)


def _unordered(document: Any) -> Any:
    if isinstance(document, dict):
        return {name: _unordered(value) for name, value in cast("Body", document).items()}
    return _sorted(map(_unordered, cast("list[Any]", document))) if isinstance(document, list) else document


def recorded(world: World, other: Sequence[Body], asked: Sequence[Asked], ids: Ids) -> Book:
    """Record two incidents and what curation was asked, under these ids."""
    bodies = json.loads(renamed(json.dumps(world.reports), ids))
    book = world.book(bodies)
    book.do(OpenIncident(slug=OTHER, title="Other town", period="2025-03-08/2025-03-09"))
    for report_id, body in zip(OTHER_IDS, json.loads(renamed(json.dumps(other), ids)), strict=False):
        with suppress(Refusal):
            book.file({**body, "report_id": ids[report_id]}, slug=OTHER)
    for command, slug in asked:
        meant = cast("Any", type(command)).model_validate_json(
            renamed(cast("Any", command).model_dump_json(exclude_unset=True), ids)
        )
        with suppress(Refusal):
            book.do(meant, slug)
    return book


SAME: Ids = {each: each for each in SEVERAL}


@given(worlds(), others(), st.lists(curated(), max_size=3), renamings())
def test_other_ids_give_the_same_answers(world: World, other: list[Body], asked: list[Asked], ids: Ids) -> None:
    assert told(recorded(world, other, asked, ids), ids) == told(recorded(world, other, asked, SAME), SAME)


def crowded() -> st.SearchStrategy[World]:
    """Incidents in which everybody speaks on one day, so that nearly everything is a tie."""
    one_day = reports().map(lambda body: {**body, "reported_at": "2025-03-09"})
    few = st.lists(one_day, min_size=2, max_size=2).flatmap(
        lambda two: st.lists(st.sampled_from(two), min_size=3, max_size=6)
    )
    numbered = (few | st.lists(one_day, min_size=3, max_size=6)).map(
        lambda bodies: tuple({**body, "report_id": IDS[number]} for number, body in enumerate(bodies))
    )
    return worlds().flatmap(lambda world: numbered.map(lambda bodies: World(world.settings, world.grades, bodies)))


@given(crowded(), st.lists(curated(), max_size=2), renamings())
def test_other_ids_give_the_same_answers_where_everything_is_said_on_one_day(
    world: World, asked: list[Asked], ids: Ids
) -> None:
    assert told(recorded(world, [], asked, ids), ids) == told(recorded(world, [], asked, SAME), SAME)
