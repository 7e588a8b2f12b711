"""Codes of countries: those of today and of former times are taken; every other gets a hint that is right."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from domain.values.countries import ASSIGNED, FORMER, country_hint, is_country
from domain.values.places import Place
from tests.domain.book import open_book


def place(country: str) -> Place:
    return Place.validate({"name": "A place", "country": country})


@pytest.mark.parametrize(
    "code", ["SY", "XK", "PS", "TW", "EH", "AX", "SJ", "AA", "QO", "ZZ", "YU", "SU", "DD", "TP", "ZR", "BU", "AN", "CT"]
)
def test_a_country_of_today_of_former_times_or_of_ones_own_is_taken_as_it_is(code: str) -> None:
    assert place(code).country == code


@pytest.mark.parametrize("code", ["CSHH", "CSXX", "SKIN", "GEHH", "AIDJ", "BQAQ"])
def test_a_former_country_whose_letters_were_given_again_is_written_by_its_four(code: str) -> None:
    assert place(code).country == code


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("SYR", "did you mean “SY”?"),
        ("syr", "did you mean “SY”?"),
        ("sy", "did you mean “SY”?"),
        (" SY ", "did you mean “SY”?"),
        ("XKX", "did you mean “XK”?"),
        ("YUG", "did you mean “YU”?"),
        ("YUCS", "did you mean “YU”?"),
        ("SUN", "did you mean “SU”?"),
        ("DDDE", "did you mean “DD”?"),
        ("ZAR", "did you mean “ZR”?"),
        ("SCG", "did you mean “CSXX”?"),
        ("CSK", "did you mean “CSHH”?"),
        ("GEL", "did you mean “GEHH”?"),
        ("ATF", "did you mean “TF”?"),
        ("ROM", "did you mean “RO”?"),
        ("BYAA", "did you mean “BY”?"),
        ("UK", "did you mean “GB”?"),
        ("EL", "did you mean “GR”?"),
        ("TA", "did you mean “SH”?"),
        ("CS", "write “CSHH” or “CSXX”"),
        ("cs", "write “CSHH” or “CSXX”"),
        ("760", "write one such as “SY”"),
        ("EU", "write one such as “SY”"),
        ("", "write one such as “SY”"),
    ],
)
def test_what_is_no_code_is_refused_with_what_to_write(code: str, hint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        place(code)
    assert hint in refused.value.errors()[0]["msg"]


def test_every_hint_names_what_is_taken() -> None:
    letters = [chr(each) for each in range(ord("A"), ord("Z") + 1)]
    for code in (one + two + three for one in letters for two in letters for three in letters):
        hint = country_hint(code)
        meant = hint.partition("“")[2].partition("”")[0]
        assert is_country(meant), code


def test_no_former_code_is_that_of_another_country() -> None:
    assert ASSIGNED.isdisjoint(FORMER.values())
    assert len(set(FORMER.values())) == len(FORMER) == 30
    assert len(ASSIGNED) == 249


def test_an_incident_of_1991_is_in_yugoslavia() -> None:
    book = open_book(countries=["YU"], period="1991-11")
    body: dict[str, Any] = {"kind": "attack_launched", "method": "shelling", "source": "a", "reported_at": "1991-11-19"}
    book.file({**body, "places": [{"name": "Vukovar", "country": "YU"}]})
    document: dict[str, Any] = book.read()
    assert (document["countries"], document["places"]) == (["YU"], [{"country": "YU", "name": "Vukovar"}])
