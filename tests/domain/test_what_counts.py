"""What counts and what no longer does: examples at the edges of the rules, each once a wrong answer."""

from __future__ import annotations

from typing import Any, cast

import pytest
from pydantic import ValidationError

from domain.incident.commands import DeclareScope
from domain.values.sources import Registration
from tests.domain.book import Book, open_book

Body = dict[str, Any]


def say(book: Book, source: str, count: str | Body, at: str = "2025-03-08", **claim: Any) -> str:
    """Let a source give a figure for everyone killed in the incident; returns the claim's ref."""
    said = {"verbatim": count} if isinstance(count, str) else count
    body: Body = {name: claim.pop(name) for name in ("via", "complete", "places", "actors") if name in claim}
    stated = {"id": "1", "measure": "killed", "count": said, **claim}
    return f"{book.file({'kind': 'toll_revised', 'source': source, 'reported_at': at, **body, 'claims': [stated]})}#1"


def graded(book: Book, **grades: str) -> Book:
    for slug, grade in grades.items():
        fields = {"slug": slug, "name": slug, "type": "other", "reliability": grade}
        book.do(Registration.model_validate(fields))
    return book


def judge(book: Book, **reading: Any) -> Body:
    return book.estimate("killed", {}, "incident", **reading)


def statuses(book: Book) -> dict[str, str]:
    return {claim["verbatim"]: claim["status"] for claim in cast("list[Body]", book.read("claims/1")["claims"])}


def test_a_figure_replaces_words_even_through_a_relay_and_below_what_the_words_are_sorted_by() -> None:
    book = open_book()
    say(book, "sohr", "thousands", "2025-03-07")
    say(book, "sohr", "340", "2025-03-08", via=["afp"])
    assert statuses(book) == {"thousands": "superseded", "340": "used"}


def test_a_stale_figure_that_a_relay_repeats_outruns_nobody() -> None:
    book = graded(open_book(), sohr="B", rudaw="C")
    say(book, "sohr", "830", "2025-03-09")
    say(book, "sohr", "700", "2025-03-11", via=["wion"])
    say(book, "rudaw", "650", "2025-03-09")
    assert statuses(book)["700"] == "relayed_decrease"
    assert {each["source"] for each in judge(book)["used"]} == {"rudaw", "sohr"}


def test_a_count_is_outrun_by_that_of_a_source_as_well_graded() -> None:
    book = graded(open_book(), sohr="B", snhr="B")
    say(book, "snhr", "229", "2025-03-08")
    say(book, "sohr", "830", "2025-03-09")
    assert [(each["source"], each["code"]) for each in judge(book)["set_aside"]] == [("snhr", "outrun")]


def test_a_count_without_an_end_on_the_calendar_can_still_be_compared() -> None:
    book = graded(open_book(period=None), sohr="B", snhr="B")
    say(book, "sohr", "100", counted_until="9999-12-30T23:59:59Z")
    say(book, "snhr", "200")
    assert {each["source"] for each in judge(book)["used"]} == {"snhr", "sohr"}


@pytest.mark.parametrize("field", ["reported_at", "occurred"])
def test_a_moment_that_some_time_zone_cannot_print_is_refused_at_the_door(field: str) -> None:
    body = {"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-09", "complete": True}
    with pytest.raises(ValidationError, match="beyond the years"):
        open_book(utc_offset="-03:00").file({**body, field: "0001-01-01T00:00:00Z"})


def test_two_figures_of_one_report_never_share_an_id() -> None:
    claims = [
        {"id": "1", "measure": "killed", "count": {"verbatim": "3"}},
        {"id": "1", "measure": "injured", "count": {"verbatim": "4"}},
    ]
    with pytest.raises(ValidationError, match="have the id “1”"):
        open_book().file({"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-09", "claims": claims})


def test_a_part_never_has_the_id_of_another_claim() -> None:
    part = {"id": "2", "population": {"sex": "female"}, "count": {"verbatim": "1"}}
    claims = [
        {"id": "1", "measure": "killed", "count": {"verbatim": "3"}, "parts": [part]},
        {"id": "2", "measure": "injured", "count": {"verbatim": "4"}},
    ]
    with pytest.raises(ValidationError, match="have the id “2”"):
        open_book().file({"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-09", "claims": claims})


def test_ends_the_wrong_way_round_do_not_contest_themselves() -> None:
    book = open_book()
    say(book, "sohr", {"lower": 100, "upper": 50})
    assert judge(book)["used"][0]["flags"] == ["inconsistent"]
    assert not judge(book)["contested"]


def scoped(book: Book, event: str | None) -> None:
    book.do(DeclareScope(name="al-haffa", label="Al-Haffa", event=event))
    say(book, "sohr", "7", scope="al-haffa")
    book.file(
        {
            "kind": "responsibility_stated",
            "act": "denied",
            "event": "al-haffa",
            "source": "sana",
            "reported_at": "2025-03-09",
        }
    )


def test_a_denial_contests_a_scope_that_was_declared_for_the_event_it_names() -> None:
    book = open_book()
    scoped(book, "al-haffa")
    assert book.estimate("killed", {}, "al-haffa")["contested"]


def test_a_denial_does_not_contest_a_scope_that_only_has_the_name_of_its_event() -> None:
    book = open_book()
    scoped(book, None)
    assert not book.estimate("killed", {}, "al-haffa")["contested"]


def test_a_whole_statement_withdraws_places_sides_blame_and_denials_too() -> None:
    book = open_book()
    say(book, "snhr", "340")
    denial = {"kind": "responsibility_stated", "act": "denied", "source": "sana", "reported_at": "2025-03-08"}
    book.file({**denial, "places": [{"name": "Jableh"}], "actors": [{"name": "gunmen"}]})
    assert judge(book)["contested"]
    book.file({"kind": "toll_revised", "source": "sana", "reported_at": "2025-03-09", "complete": True})
    state = book.read()
    assert (state["places"], state["sides"], state["blame"]) == ([], [], [])
    assert state["kinds"] == {"toll_revised": 2}
    assert not judge(book)["contested"]
    before = book.read(until="2025-03-08T23:00:00Z")
    assert [place["name"] for place in cast("list[Body]", before["places"])] == ["Jableh"]


def test_an_increment_that_its_source_replaced_is_no_longer_shown() -> None:
    book = open_book()
    first = say(book, "sohr", "158", "2025-03-12", accumulation="incremental", period="2025-03-12")
    say(book, "sohr", "150", "2025-03-13", accumulation="incremental", period="2025-03-12", supersedes=[first])
    assert [each["verbatim"] for each in judge(book)["increments"]] == ["150"]
    assert statuses(book) == {"158": "superseded", "150": "increment"}


def test_a_break_is_a_break_though_a_claim_of_the_same_key_says_it_supersedes_too() -> None:
    for own, other in (("1", "2"), ("2", "1")):
        book = open_book()
        old = say(book, "sohr", "311", "2025-03-07")
        for number, (population, count) in ((own, ({}, "400")), (other, ({"status": ["civilian"]}, "340"))):
            claim = {"id": "1", "measure": "killed", "count": {"verbatim": count}, "supersedes": [old]}
            body = {"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-08"}
            name = f"00000000-0000-5000-8000-00000000000{number}"
            book.file({**body, "claims": [{**claim, "population": population}]}, name)
        assert statuses(book) == {"311": "break", "400": "used", "340": "used"}


def test_two_keys_that_say_they_supersede_one_another_break_neither() -> None:
    book = open_book()
    names = [f"00000000-0000-5000-8000-00000000000{number}" for number in (1, 2)]
    for own, other, population in ((*names, {}), (*reversed(names), {"status": ["civilian"]})):
        claim = {"id": "1", "measure": "killed", "population": population, "count": {"verbatim": "3"}}
        body = {"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-08"}
        book.file({**body, "claims": [{**claim, "supersedes": [f"{other}#1"]}]}, own)
    claims = cast("list[Body]", book.read("claims/1")["claims"])
    assert [claim["status"] for claim in claims] == ["used", "used"]


@pytest.mark.parametrize("types", [("official", "witness"), ("witness", "official")])
def test_an_unnamed_source_is_what_it_was_last_said_to_be_whoever_came_first(types: tuple[str, str]) -> None:
    book = open_book()
    for source_type in types:
        day = {"official": "2025-03-08", "witness": "2025-03-09"}[source_type]
        source = {"anonymous": "a source", "type": source_type}
        book.file({"kind": "toll_revised", "source": source, "reported_at": day, "complete": True})
    [source] = cast("list[Body]", book.read()["sources"])
    assert source["type"] == "witness"
