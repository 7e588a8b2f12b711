"""What lists show of an incident, kept true fact by fact, is what its views tell at every position."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any, cast
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.documents.estimates import figure_document
from domain.estimates.claim_index import snapshot_claims
from domain.facts.streams import incident_stream
from domain.history.history import History
from domain.incident.commands import (
    AdoptPolicy,
    AmendIncident,
    AssessReport,
    DeclareScope,
    DisputeReport,
    RetractReport,
)
from domain.incident.refusals import Refusal
from domain.reading import Document, Reading
from domain.reports.claims.claim import ClaimKey, event_of_scope
from domain.summary.incident_projection import IncidentProjection, summarize
from domain.summary.summary import IncidentSummary, SummaryChanges
from domain.values.sources import Registration
from domain.values.time.clocks import parse_occurred
from tests.domain.book import Book, open_book
from tests.domain.test_curation_properties import OTHER, Asked, curated, others, two_incidents
from tests.domain.test_tolls import shows_what_was_said
from tests.domain.worlds import POPULATIONS, Body, World, moments, reading, worlds


def extras() -> st.SearchStrategy[Asked]:
    """Give what else may change how all reports are weighed."""
    adopt = st.builds(AdoptPolicy, policy=st.sampled_from(["latest/1", "conservative/1", "range/1"]))
    amend = st.builds(AmendIncident, period=st.sampled_from(["2025-03-06/2025-03-08", "2025-03-06/.."]))
    grade = st.builds(
        Registration,
        slug=st.sampled_from(["sohr", "snhr"]),
        name=st.just("sohr"),
        type=st.just("monitor"),
        reliability=st.sampled_from("ABEF"),
    )
    return st.tuples(adopt | amend | grade, st.none())


def _of_single_events(world: World) -> World:
    """Let nearly all claims be of single events."""
    bodies = [{**body, "claims": [{**claim, "scope": "event"} for claim in body["claims"]]} for body in world.reports]
    return replace(world, reports=tuple(bodies))


@given(worlds(), others(), st.lists(curated() | extras(), min_size=1, max_size=6))
def test_what_is_grown_fact_by_fact_is_what_the_views_tell_at_each_position(
    world: World, bodies: list[Body], commands: list[Asked]
) -> None:
    book = two_incidents(world, bodies)
    for command, slug in commands:
        with suppress(Refusal):
            book.do(command, slug)
    for slug in (book.slug, OTHER):
        _grown_as_told(book, slug)


@given(
    worlds().map(_of_single_events),
    others(),
    st.lists(curated(), max_size=3),
    st.permutations(sorted(catalogue.POLICIES)),
)
def test_each_policy_that_is_adopted_weighs_what_the_one_before_made_nothing_of(
    world: World, bodies: list[Body], commands: list[Asked], policies: list[str]
) -> None:
    book = two_incidents(world, bodies)
    adoptions: list[Asked] = [(AdoptPolicy(policy=policy), None) for policy in policies]
    for command, slug in [*commands, *adoptions]:
        with suppress(Refusal):
            book.do(command, slug)
    _grown_as_told(book, book.slug)


def test_a_policy_that_rates_no_source_out_shows_what_an_unreliable_one_said_of_a_single_event() -> None:
    book = open_book()
    book.do(Registration(slug="sana", name="SANA", type="monitor", reliability="E"))
    claim = {"id": "1", "measure": "killed", "scope": "event", "count": {"verbatim": "12"}}
    book.file({"kind": "attack_launched", "method": "raid", "event": "jableh", "source": "sana", "claims": [claim]})
    grown = IncidentProjection(History(book.stream))
    for policy in ("conservative/1", "latest/1"):
        book.do(AdoptPolicy(policy=policy))
    for recorded in book.facts:
        grown.apply(recorded)
        moved = grown.update()
    assert [grown.in_events(pair) is not None for pair in moved.in_events] == [True]
    assert grown.summary.killed.floor == 12


def test_an_increment_is_the_toll_where_the_policy_uses_no_total_that_was_there_before() -> None:
    book = open_book()
    book.do(Registration(slug="sana", name="SANA", type="monitor", reliability="E"))
    for source, accumulation in (("sana", "cumulative"), ("snhr", "incremental")):
        claim = {"id": "1", "measure": "killed", "count": {"verbatim": "12"}, "accumulation": accumulation}
        book.file({"kind": "toll_revised", "source": source, "reported_at": "2025-03-07", "claims": [claim]})
    _grown_as_told(book, book.slug)
    grown = IncidentProjection.at(book.history(), Reading(None, catalogue.policy("conservative/1")))
    assert grown.summary.killed.toll is not None
    assert (grown.summary.killed.toll.source, grown.summary.killed.toll.incremental) == ("snhr", True)


def _grown_as_told(book: Book, slug: str) -> None:
    """See that an incident that is grown fact by fact reads at each position as it does folded whole."""
    grown = IncidentProjection(History(incident_stream(slug)))
    rows: dict[ClaimKey, tuple[object, ...]] = {}
    for recorded in book.facts:
        grown.apply(recorded)
        moved = grown.update()
        rows |= {pair: (grown.policy.id, grown.in_events(pair)) for pair in moved.in_events}
        rows |= {key: (grown.policy.id, grown.part(key), grown.estimates.get(key)) for key in moved.keys}
        history = book.history(recorded.position, slug)
        if history.own.slug:
            policy = catalogue.policy(history.adopted_policy or catalogue.DEFAULT_POLICY)
            assert grown.summary == summarize(history, Reading(None, policy))
            _tells_what_state_tells(grown.summary, catalogue.view("state/1").finish(history, Reading(None, policy)))
            whole = IncidentProjection.at(history, Reading(None, policy))
            told = {pair: (policy.id, whole.in_events(pair)) for pair in whole.pairs}
            told |= {key: (policy.id, whole.part(key), estimate) for key, estimate in whole.estimates.items()}
            assert {key: row for key, row in rows.items() if row[-1] is not None} == told
            _estimates_what_state_estimates(grown, book.read(position=recorded.position, slug=slug))


@given(worlds())
def test_at_a_reading_too_it_is_what_the_view_tells(world: World) -> None:
    book = world.book()
    history = book.history()
    for moment in moments(history):
        _tells_what_state_tells(summarize(history, reading(moment)), book.read(until=moment))


@given(worlds(), others(), st.lists(curated() | extras(), max_size=4))
def test_what_was_settled_at_once_is_what_was_settled_fact_by_fact(
    world: World, bodies: list[Body], commands: list[Asked]
) -> None:
    book = two_incidents(world, bodies)
    for command, slug in commands:
        with suppress(Refusal):
            book.do(command, slug)
    each, once = IncidentProjection(History(book.stream)), IncidentProjection(History(book.stream))
    for recorded in book.facts:
        each.apply(recorded)
        each.update()
        once.apply(recorded)
    once.update()
    assert each.summary == once.summary
    assert each.estimates == once.estimates
    assert {pair: each.in_events(pair) for pair in each.pairs} == {pair: once.in_events(pair) for pair in once.pairs}


def test_a_long_series_that_comes_out_of_order_and_is_judged_on_the_way_is_weighed_as_at_once() -> None:
    chance = Random(4)  # noqa: S311 - the same data every time is what is wanted
    book, grown = open_book(period=None), IncidentProjection(History(incident_stream("syria-coast-2025")))
    filed: list[UUID] = []
    seen = 0
    for number in range(150):
        day = 1 + number // 6 + chance.randrange(-3, 4)
        words = chance.choice(("{}", "{}", "at least {}", "dozens")).format(100 + 3 * day + chance.randrange(-15, 15))
        claims = [
            {"id": "1", "measure": "killed", "population": chance.choice(POPULATIONS), "count": {"verbatim": words}}
        ]
        at = f"2025-{3 + max(day, 1) // 29:02}-{1 + max(day, 1) % 28:02}"
        source = chance.choice(["sohr", "sohr", "sohr", "snhr", "reuters"])
        via = chance.choice([[], [], ["afp"]])
        filed.append(
            book.file({"kind": "toll_revised", "source": source, "via": via, "reported_at": at, "claims": claims})
        )
        if number % 4 == 0:
            report = chance.choice(filed)
            judged = AssessReport(report_id=report, credibility=chance.choice([2, 5]))
            disputed = DisputeReport(report_id=report, disputed=True)
            struck = RetractReport(report_id=report, by="recorder")
            with suppress(Refusal):
                book.do(chance.choice([judged, disputed, struck]))
        for recorded in book.facts[seen:]:
            grown.apply(recorded)
        seen = len(book.facts)
        grown.update()
        if number % 5 == 0 or number > 140:
            keyed = snapshot_claims(book.history(), None).by_key
            assert grown.estimates == {each.key: grown.policy.estimate(each.policy_input) for each in keyed}


def test_an_event_is_as_narrow_and_as_grave_as_those_tell_it_who_still_do() -> None:
    book = open_book()
    told = {"kind": "attack_launched", "event": "al-haffa", "method": "raid"}
    book.file({**told, "source": "sohr", "occurred": "2025-03-06/2025-03-08"})
    narrow = book.file({**told, "source": "snhr", "occurred": "2025-03-07"})
    wide = parse_occurred("2025-03-06/2025-03-08", book.history().offset)
    day = parse_occurred("2025-03-07", book.history().offset)
    grown = IncidentProjection(History(book.stream))
    for recorded in book.facts:
        grown.apply(recorded)
    grown.update()
    assert (grown.summary.occurred_from, grown.summary.occurred_to) == (day.earliest, day.latest)
    book.do(RetractReport(report_id=narrow, by="recorder"))
    grown.apply(book.facts[-1])
    assert grown.update().summary
    assert (grown.summary.occurred_from, grown.summary.occurred_to) == (wide.earliest, wide.latest)
    assert grown.summary.level == 2


def test_what_moves_is_told_and_what_reads_as_before_is_not() -> None:
    book = open_book()
    whole = {"id": "1", "measure": "killed", "count": {"verbatim": "900"}}
    part = {**whole, "population": {"status": ["civilian"]}, "count": {"verbatim": "340"}}
    grown = IncidentProjection(History(book.stream))

    def told(**body: Any) -> SummaryChanges:
        before = len(book.facts)
        report = book.file({"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-08", **body})
        for recorded in book.facts[before:]:
            grown.apply(recorded)
        moved = grown.update()
        assert set(moved.reports) == {report}
        return moved

    for recorded in book.facts:
        grown.apply(recorded)
    assert grown.update().summary
    assert len(told(claims=[whole]).keys) == 1
    listed_so = grown.summary
    moved = told(claims=[part])
    assert ([key.canonical for key in moved.keys], moved.summary) == (
        [key.canonical for key in grown.estimates if key.document["population"]],
        False,
    )
    assert grown.summary is listed_so
    higher = told(reported_at="2025-03-09", claims=[{**part, "count": {"verbatim": "1,000"}}])
    assert (set(higher.keys), higher.summary) == (set(grown.estimates), True)
    assert grown.summary.killed.floor == 1000
    blamed = told(kind="responsibility_stated", act="accused", by="sohr", whom="gunmen", claims=[])
    assert not blamed.keys


def test_a_denial_moves_what_it_is_about_and_nothing_else() -> None:
    book = open_book()
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": "9"}}
    book.do(DeclareScope.model_validate({"name": "coast", "label": "the coast", "event": "al-haffa"}))
    for scope in ("incident", "coast"):
        book.file({"kind": "toll_revised", "source": "sohr", "claims": [{**claim, "scope": scope}]})
    grown = IncidentProjection(History(book.stream))
    for recorded in book.facts:
        grown.apply(recorded)
    grown.update()
    before = len(book.facts)
    denied = book.file({"kind": "responsibility_stated", "source": "sana", "act": "denied", "event": "al-haffa"})
    for recorded in book.facts[before:]:
        grown.apply(recorded)
    moved = grown.update()
    assert [(key.scope, grown.estimates[key].contested) for key in moved.keys] == [("coast", True)]
    book.do(AssessReport(report_id=denied, credibility=5))
    grown.apply(book.facts[-1])
    assert [(key.scope, grown.estimates[key].contested) for key in grown.update().keys] == [("coast", False)]
    assert not any(estimate.contested for estimate in grown.estimates.values())


def test_the_venue_of_a_speech_is_no_place_of_violence() -> None:
    book = open_book()
    damascus = {"name": "Mazzah", "admin1": "Damascus", "lat": "33.5043", "lon": "36.2437"}
    jableh = {"name": "Jableh", "admin1": "Latakia", "lat": "35.3612", "lon": "35.9256"}
    book.file({"kind": "speech_delivered", "source": "sana", "places": [damascus], "speaker": "sharaa"})
    book.file({"kind": "attack_launched", "source": "sohr", "places": [jableh], "method": "ambush"})
    found = _listed(book)
    assert found.places == ("Jableh", "Mazzah")
    assert (found.points, found.admin1s) == ((("35.3612", "35.9256"),), ("Latakia",))


def test_an_incident_without_events_occurred_in_its_declared_period() -> None:
    book = open_book(period="2025-03-06/2025-03-10")
    span = parse_occurred("2025-03-06/2025-03-10", book.history().offset)
    assert (_listed(book).occurred_from, _listed(book).occurred_to) == (span.earliest, span.latest)
    book.file({"kind": "attack_launched", "source": "sohr", "occurred": "2025-03-07", "method": "raid"})
    day = parse_occurred("2025-03-07", book.history().offset)
    assert (_listed(book).occurred_from, _listed(book).occurred_to) == (day.earliest, day.latest)


def test_so_many_were_killed_as_the_greatest_lower_end_says() -> None:
    book = open_book()
    for number, (population, words) in enumerate([({}, "at least 1,000"), ({"status": ["civilian"]}, "1,383")]):
        claim = {"id": "1", "measure": "killed", "population": population, "count": {"verbatim": words}}
        book.file({"kind": "toll_revised", "source": f"source-{number}", "claims": [claim]})
    assert _listed(book).killed.floor == 1383


def _listed(book: Book) -> IncidentSummary:
    return summarize(book.history(), reading(None))


def _tells_what_state_tells(found: IncidentSummary, state: Document) -> None:
    told = cast("dict[str, Any]", state)
    assert (found.slug, found.title, found.period) == (told["incident"], told["title"], told["period"])
    assert found.kinds == tuple(told["kinds"])
    assert found.sources == tuple(each["source"] for each in told["sources"])
    assert found.places == tuple(sorted({place["name"] for place in told["places"]}))
    assert found.actors == tuple(sorted({each["name"] for side in told["sides"] for each in side["actors"]}))
    highest = told["escalation"]["highest"]
    assert found.level == (highest and highest["level"])
    shows_what_was_said(found, told)


def _estimates_what_state_estimates(grown: IncidentProjection, state: Document) -> None:
    told = {
        (each["measure"], str(each["population"]), each["scope"], each["manner"]): each
        for each in cast("list[dict[str, Any]]", state["estimates"])
        if (each["used"] or each["set_aside"]) and event_of_scope(each["scope"]) is None
    }
    own = {
        (key.measure, str(key.document["population"]), key.scope, key.manner): estimate
        for key, estimate in grown.estimates.items()
    }
    assert own.keys() == told.keys()
    for key, estimate in own.items():
        assert figure_document(estimate.lower) == told[key]["lower"]
        assert figure_document(estimate.upper) == told[key]["upper"]
        assert figure_document(estimate.best) == told[key]["best"]
        assert estimate.contested == told[key]["contested"]
        assert [each.ref for each in estimate.used] == [each["claim"] for each in told[key]["used"]]
