"""Figures and names of the page in plain words: every bound, every population, names that turn directions round."""

import re
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values.counts.count import BOUNDS, Count, words_for
from service.web.language.isolation import isolated
from service.web.language.languages import ALL_DIGITS, Digits, language
from service.web.parts.figures import Quotes, claim_figure, key_name, population_name
from service.web.parts.keys import lead_key
from service.web.parts.local_time import LocalTime, day_said
from service.web.parts.names import Names
from service.web.parts.paging import paged
from service.web.parts.reading_sliders import reading_sliders
from service.web.reading import PageReading

ENGLISH, ARABIC = language("en", "latn"), language("ar", "arab")
STATE: dict[str, Any] = {
    "sources": [{"source": "sohr", "name": "SOHR"}],
    "sides": [{"side": None, "actors": [{"slug": "army-x", "name": "The army"}]}],
    "scopes": [{"name": "north", "label": "the north"}],
    "utc_offset": "+03:00",
}
CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
figures = st.integers(0, 10**12)


def counts() -> st.SearchStrategy[Count]:
    """Draw counts of every bound."""
    one = st.builds(
        lambda bound, figure: {"bound": bound, "lower": figure, "upper": figure, "best": figure},
        st.sampled_from(["exact", "about"]),
        figures,
    )
    low = st.builds(
        lambda bound, figure: {"bound": bound, "lower": figure}, st.sampled_from(["at_least", "more_than"]), figures
    )
    high = st.builds(
        lambda bound, figure: {"bound": bound, "upper": figure}, st.sampled_from(["at_most", "fewer_than"]), figures
    )
    both = st.builds(
        lambda ends: {"bound": "between", "lower": min(ends), "upper": max(ends)}, st.tuples(figures, figures)
    )
    none = st.just({"bound": "none"})
    words = st.just({"verbatim": "dozens"})
    return st.one_of(one, low, high, both, none, words).map(Count.validate)


def claim_of(count: Count) -> dict[str, Any]:
    worded = count.bound == "worded"
    ends = {name: None if worded else getattr(count, name) for name in ("lower", "upper", "best")}
    return {**ends, "bound": count.bound, "verbatim": count.verbatim}


@given(counts())
def test_figure_is_that_of_the_claim_with_its_bound(count: Count) -> None:
    said, claim = words_for(count), claim_of(count)
    found = claim_figure(ENGLISH, claim)
    if count.bound == "worded":
        assert found == "“dozens”"
    elif count.bound == "between":
        assert found == f"{count.lower:,} to {count.upper:,}"
    else:
        assert found == said
    numbers = [
        figure for figure in (count.lower, count.upper) if figure is not None and count.bound not in {"worded", "none"}
    ]
    for figure in numbers:
        assert ARABIC.number(figure) in claim_figure(ARABIC, claim)


def test_every_bound_of_the_domain_is_told() -> None:
    base = {"lower": 5, "upper": 7, "best": None, "verbatim": "some"}
    told = {bound: claim_figure(ENGLISH, {**base, "bound": bound}) for bound in BOUNDS}
    assert len(set(told.values())) == len(BOUNDS)


@pytest.mark.parametrize(
    ("population", "told"),
    [
        ({}, ""),
        ({"age": "adult", "sex": "female"}, "women"),
        ({"sex": "male", "age": "child", "group": ["some-group"]}, "boys, Some group"),
        ({"of": "army-x"}, "The army"),
    ],
)
def test_population_is_told_in_words(population: dict[str, Any], told: str) -> None:
    assert population_name(ENGLISH, population, Names(ENGLISH, STATE)) == told


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("incident", "Killed, everyone"),
        ("north", "Killed, everyone, the north"),
        ("event:al-haffa", "Killed, everyone, Al haffa"),
        ("other-town/incident", "Killed, everyone, as counted for Other town"),
        ("other-town/event:x-y", "Killed, everyone, X y, as counted for Other town"),
    ],
)
def test_scope_of_a_key_is_told_in_words(scope: str, told: str) -> None:
    key = {"measure": "killed", "population": {}, "scope": scope, "manner": None}
    assert key_name(ENGLISH, key, Names(ENGLISH, STATE)) == told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("2025-03-09", "9 March 2025"),
        ("2025-07", "July 2025"),
        ("2025", "2025"),
        ("../2025-03-09", "by 9 March 2025"),
        ("2025-03-09/..", "from 9 March 2025 on"),
        ("2025-03-07~/2025-03-09~", "about 7 March 2025 to about 9 March 2025"),
        ("2025-03-08T22:30:00Z", "8 March 2025"),
    ],
)
def test_day_is_told_as_it_was_said(said: str, told: str) -> None:
    assert day_said(ENGLISH, said) == told


@given(st.text(max_size=30))
def test_name_that_turns_the_direction_round_ends_where_it_ends(name: str) -> None:
    for each in (ENGLISH, ARABIC):
        found = isolated(each, name)
        assert CONTROLS.sub("", found) == CONTROLS.sub("", found.strip("\u2068\u2069"))
        assert found.count("\u2068") == found.count("\u2069") <= 1


def test_end_that_a_part_gives_names_whom_it_counts() -> None:
    claim = {
        "claim": "r#1", "measure": "killed", "population": {"sex": "female", "age": "adult"}, "scope": "incident",
        "manner": None, "source": "sohr", "via": ["a-relay"], "reported_at": "2025-07-09", "verbatim": "90",
        "lower": 90, "upper": 90, "best": 90, "bound": "exact",
    }  # fmt: skip
    quotes = Quotes(ENGLISH, Names(ENGLISH, STATE), [claim], UTC)
    quote = quotes.of_end({"figure": 90, "claim": "r#1"}, {**claim, "population": {}})
    assert (quote.figure, quote.attribution) == ("at least 90", "SOHR, counting women alone, 9 July 2025, via A relay")


def test_lead_key_is_that_of_the_query_else_the_one_with_most_claims_everyone_first() -> None:
    def claim(population: dict[str, Any], status: str = "used", scope: str = "incident") -> dict[str, Any]:
        return {"measure": "killed", "population": population, "scope": scope, "manner": None, "status": status}

    claims = [claim({"sex": "male"}), claim({}), claim({"sex": "male"}, "retracted"), *[claim({}, scope="north")] * 3]
    found = lead_key(claims, lambda _: None)
    assert found
    assert found.document == {"measure": "killed", "population": {}, "scope": "incident", "manner": None}
    asked = {"measure": "injured", "population": '{"sex": "male"}'}
    named = lead_key(claims, asked.get)
    assert named
    assert named.query == {
        "measure": "injured",
        "population": '{"sex":"male"}',
        "scope": "incident",
        "manner": None,
    }
    assert lead_key([], lambda _: None) is None


@given(st.lists(st.integers(), max_size=30), st.one_of(st.none(), st.integers(-2, 9).map(str), st.just("x")))
def test_pages_of_a_list_are_within_it(items: list[int], page: str | None) -> None:
    found = paged(items, page, 7)
    assert (len(found.items) > 0) == (len(items) > 0)
    after = paged(items, str(found.later), 7) if found.later else None
    assert after is None or after.earlier is not None


KYIV = {"time_zone": "Europe/Kyiv", "utc_offset": None}


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2025-03-01T22:30:00Z", "2 March 2025, 00:30 UTC+2"),
        ("2025-07-01T21:30:00Z", "2 July 2025, 00:30 UTC+3"),
    ],
)
def test_moments_of_an_incident_with_a_time_zone_are_local(moment: str, told: str) -> None:
    clock = LocalTime(KYIV)
    assert clock.moment(ENGLISH, moment) == told
    assert clock.said(ENGLISH, {"said": moment}) == told
    moments = {"reported": [moment], "recorded": [{"position": 1, "recorded_at": moment}]}
    sliders = reading_sliders(ENGLISH, KYIV, moments, {"position": 1}, PageReading(reported_until=moment))
    assert sliders.reported_text == told
    assert sliders.recorded_text == "now"
    assert sliders.recorded[0].text == f"{told} (position 1)"
    (offset,) = cast("list[Any]", sliders.moments["offsets"])
    assert offset[1:] == (60 * int(told[-1]), told[-5:])


@given(st.datetimes(timezones=st.timezones()), st.sampled_from(["en", "ar"]), st.sampled_from(ALL_DIGITS))
def test_offset_and_clock_of_a_moment_are_isolated_where_their_order_would_change(
    moment: datetime, code: str, digits: Digits
) -> None:
    shown = language(code, digits)
    told = shown.moment(moment)
    clock, offset = told.removesuffix("\u2069").rsplit(" ", 1)
    assert offset.startswith("\u2066UTC" if shown.isolates else "UTC")
    assert (clock[-1] == "\u2069") == shown.isolates
    foreign = "0123456789" if digits == "arab" else "٠١٢٣٤٥٦٧٨٩"
    assert not set(told) & set(foreign)
