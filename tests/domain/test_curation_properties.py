"""What curation may change and what it may not: undoing restores, the past stays closed, and no other key moves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.estimates.claim_index import snapshot_claims
from domain.estimates.estimate import IMPROBABLE
from domain.estimates.exclusion import range_estimate
from domain.history.history import History
from domain.incident.commands import (
    AdoptPolicy,
    AmendIncident,
    AssessReport,
    DisputeReport,
    MergeIncident,
    MoveReport,
    OpenIncident,
    ReinstateReport,
    RescopeClaims,
    RetractReport,
    StateSameOrigin,
    UndoSameOrigin,
    UnmergeIncident,
)
from domain.incident.dispatch import AnyCommand
from domain.incident.refusals import Refusal
from domain.ledger.canonical import canonical, digest
from domain.reports.claims.claim import ResolvedClaim, latest
from domain.reports.claims.revision_chain import RevisionChain
from domain.values.time.clocks import format_instant
from tests.domain.book import Book
from tests.domain.replacing import replace
from tests.domain.worlds import IDS, SLUGS, STEPS, Body, World, digests, moments, reports, worlds

OTHER = "other-town"
OTHER_IDS = tuple(str(UUID(int=number)) for number in range(1, 4))
ORIGINS = (*SLUGS, "anonymous:a security source|", "anonymous:a security source|wion")

Asked = tuple[AnyCommand, str | None]
"""A command, and the incident that it is asked of where that is not the book's own."""


def two_incidents(world: World, others: Sequence[Body]) -> Book:
    """Record the world, and a few reports under another incident."""
    book = world.book()
    book.do(OpenIncident(slug=OTHER, title="Other town", period="2025-03-08/2025-03-09"))
    for report_id, body in zip(OTHER_IDS, others, strict=False):
        with suppress(Refusal):
            book.file({**body, "report_id": report_id}, slug=OTHER)
    return book


def others() -> st.SearchStrategy[list[Body]]:
    return st.lists(reports(), min_size=1, max_size=2)


def curated() -> st.SearchStrategy[Asked]:
    """Everything that curation is asked."""
    ids = st.sampled_from([*IDS, *OTHER_IDS]).map(UUID)
    claims = st.sampled_from([None, "1", "1.1", "2"])
    refs = st.lists(st.builds(lambda report, claim: f"{report}#{claim}", ids, st.sampled_from("12")), min_size=1)
    pairs = st.lists(st.sampled_from(ORIGINS), min_size=2, max_size=2, unique=True).map(
        lambda pair: (min(pair), max(pair))
    )
    own = (
        st.builds(AssessReport, report_id=ids, claim=claims, credibility=st.integers(1, 6))
        | st.builds(DisputeReport, report_id=ids, claim=claims, disputed=st.booleans())
        | st.builds(RetractReport, report_id=ids, claim=claims, by=st.just("recorder"))
        | st.builds(RetractReport, report_id=ids, claim=claims, by=st.just("source"), reported_at=st.just("2025-03-12"))
        | st.builds(ReinstateReport, report_id=ids, claim=claims)
        | st.builds(MoveReport, report_id=ids, to=st.sampled_from(["syria-coast-2025", OTHER]))
        | st.builds(RescopeClaims, claims=refs.map(tuple), scope=st.sampled_from(["coast", "incident", "event", None]))
        | st.builds(StateSameOrigin, origins=pairs)
        | st.builds(UndoSameOrigin, origins=pairs)
        | st.builds(AdoptPolicy, policy=st.sampled_from(sorted(catalogue.POLICIES)))
        | st.just(AmendIncident(period="2025-03-06/2025-03-17"))
    )
    merges = st.sampled_from([(MergeIncident(into="syria-coast-2025"), OTHER), (UnmergeIncident(), OTHER)])
    return own.map(lambda command: (command, None)) | merges


def do(book: Book, asked: Asked) -> bool:
    """Ask; returns whether it was taken."""
    try:
        book.do(*asked)
    except Refusal:
        return False
    return True


def answers(book: Book, asked: Sequence[str | None]) -> dict[Any, str]:
    """Ask both incidents everything that undoing restores."""
    both = (None, OTHER)
    return {
        (slug, *key): found
        for slug in both
        for key, found in digests(book.history(slug=slug), asked, without=STEPS).items()
    }


@given(worlds(), others(), st.lists(curated(), max_size=4))
def test_the_past_is_closed_to_curation(world: World, other: list[Body], later: list[Asked]) -> None:
    book = two_incidents(world, other)
    asked = moments(book.history())[-2:]
    then = {len(book.facts): digests(book.history(), asked)}
    for each in later:
        if do(book, each):
            then[len(book.facts)] = digests(book.history(), asked)
    for position, found in then.items():
        assert digests(book.history(position), asked) == found


@given(worlds(), others(), st.lists(curated(), max_size=3))
def test_merging_and_unmerging_restores_both(world: World, other: list[Body], before: list[Asked]) -> None:
    book = two_incidents(world, other)
    for each in before:
        do(book, each)
    asked = moments(book.history())[-2:]
    then = answers(book, asked)
    if not do(book, (MergeIncident(into="syria-coast-2025"), OTHER)):
        return
    assert set(book.history().reports) >= set(book.history(slug=OTHER).reports)
    book.do(UnmergeIncident(), OTHER)
    assert answers(book, asked) == then


@given(worlds(), others(), st.lists(curated(), max_size=3), st.sampled_from(IDS))
def test_moving_a_report_there_and_back_restores_both(
    world: World, other: list[Body], before: list[Asked], report_id: str
) -> None:
    book = two_incidents(world, other)
    for each in before:
        do(book, each)
    report = UUID(report_id)
    if report not in book.history().own.reports:
        return
    asked = moments(book.history())[-2:]
    then = answers(book, asked)
    if do(book, (MoveReport(report_id=report, to=OTHER), None)):
        assert report in book.history(slug=OTHER).reports
        book.do(MoveReport(report_id=report, to="syria-coast-2025"))
        assert answers(book, asked) == then


@given(worlds(), st.lists(curated(), max_size=2), st.sampled_from(ORIGINS), st.sampled_from(ORIGINS))
def test_two_sources_stated_to_be_one_and_parted_again_read_as_before(
    world: World, before: list[Asked], one: str, other: str
) -> None:
    book = world.book()
    for each in before:
        do(book, each)
    if one == other:
        return
    asked = moments(book.history())[-2:]
    then = digests(book.history(), asked, without=STEPS)
    pair = (min(one, other), max(one, other))
    if do(book, (StateSameOrigin(origins=pair), None)):
        book.do(UndoSameOrigin(origins=pair))
        assert digests(book.history(), asked, without=STEPS) == then


def by_key(book: Book) -> dict[bytes, str]:
    estimates = cast("list[Body]", book.read()["estimates"])
    names = ("measure", "population", "scope", "manner")
    return {canonical([each[name] for name in names]): digest(each) for each in estimates}


@given(worlds(), st.sampled_from(IDS[:4]), st.sampled_from(["coast", "all-syria", "incident"]))
def test_rescoping_a_claim_moves_no_key_but_the_two_and_those_it_may_be_part_of(
    world: World, report_id: str, scope: str
) -> None:
    book = world.book()
    report = book.history().reports.get(UUID(report_id))
    if report is None or report.current.report.complete:
        return
    before, old = by_key(book), {each.key for each in report.current.claims}
    if not do(book, (RescopeClaims(claims=(f"{report_id}#1",), scope=scope), None)):
        return
    new = {each.key for each in book.history().reports[UUID(report_id)].current.claims}
    touched = {(key.measure, key.scope, key.manner) for key in old ^ new}
    others = {other for each in report.current.claims for other in each.supersedes}
    after = by_key(book)
    for key in before.keys() | after.keys():
        if before.get(key) != after.get(key) and not others and not _is_superseded(book, report_id):
            measure, _, keyed_scope, manner = json.loads(key)
            assert (measure, keyed_scope, manner) in touched


def _is_superseded(book: Book, report_id: str) -> bool:
    """Say whether another claim says that it supersedes one of the report: replacements reach across keys."""
    held = [each for report in book.history().reports.values() for each in report.current.claims]
    return any(other.startswith(report_id) for each in held for other in each.supersedes)


@given(worlds(), others(), st.lists(curated(), max_size=4))
def test_each_recorded_step_is_what_was_answered_then(world: World, other: list[Body], later: list[Asked]) -> None:
    book = two_incidents(world, other)
    for each in later:
        do(book, each)
    series = cast("list[Body]", book.read("tolls/1", policy="range/1")["series"])
    stamps = sorted({each.recorded_at: each.position for each in book.facts}.values())
    for position in stamps[-6:]:
        told = figures_at(series, "recorded", lambda step, position=position: step["position"] <= position)
        assert told == estimated(book.read(policy="range/1", position=position))


@given(worlds(), st.lists(curated(), max_size=4))
def test_each_reported_step_is_what_is_answered_of_that_moment(world: World, later: list[Asked]) -> None:
    book = world.book()
    for each in later:
        do(book, each)
    series = cast("list[Body]", book.read("tolls/1", policy="range/1")["series"])
    said = {format_instant(latest(report.reported)) for report in book.history().reports.values()}
    for moment in sorted(said):
        told = figures_at(series, "reported", lambda step, moment=moment: _instant(step["at"]) <= _instant(moment))
        assert told == estimated(book.read(policy="range/1", until=moment))


def _instant(text: str) -> str:
    """Make instants of whole seconds and of fractions compare as text."""
    return text.replace("Z", "") + ("" if "." in text else ".")


Figures = dict[bytes, tuple[object, ...]]


def figures_at(series: Sequence[Body], clock: str, counts: Any) -> Figures:
    """Return how each series reads at a moment: its last step by then."""
    last = [(each, [step for step in each[clock] if counts(step)][-1:]) for each in series]
    return {_key(each): _figures(step) for each, steps in last for step in steps if any(_figures(step)[:3])}


def estimated(state: Body) -> Figures:
    found = {_key(each): _figures(each) for each in cast("list[Body]", state["estimates"])}
    return {key: figures for key, figures in found.items() if any(figures[:3])}


def _key(each: Body) -> bytes:
    return canonical([each[name] for name in ("measure", "population", "scope", "manner")])


def _figures(each: Body) -> tuple[object, ...]:
    ends = [str(each[name]["figure"]) if each[name] else None for name in ("lower", "upper", "best")]
    return (*ends, each["upper_open"], each["contested"])


@given(worlds(), st.lists(curated(), max_size=3))
def test_what_is_left_out_of_the_past_outruns_nothing_that_the_rest_does_not(world: World, later: list[Asked]) -> None:
    book = world.book()
    for each in later:
        do(book, each)
    history = book.history()
    for keyed in snapshot_claims(history, None).by_key:
        ledgers = {each.origin: each for each in keyed.chains}
        whole = tuple(
            replace(claim, superseded=_superseded(history, ledgers[claim.resolved.origin]))
            for claim in keyed.policy_input.claims
        )
        pruned, full = (
            range_estimate(question) for question in (keyed.policy_input, replace(keyed.policy_input, claims=whole))
        )
        assert [(each.claim.ref, each.code, each.why) for each in pruned.set_aside] == [
            (each.claim.ref, each.code, each.why) for each in full.set_aside
        ]
        assert (pruned.lower, pruned.upper, pruned.best) == (full.lower, full.upper, full.best)


def _superseded(history: History, of: RevisionChain) -> tuple[ResolvedClaim, ...]:
    """Return all that was superseded in a ledger, but for what was judged improbable."""
    reports = {report.ref: report for report in history.reports.values()}
    behind = (each for each in of.succession[:-1] if each is not of.current)
    return tuple(each for each in behind if reports[each.ref.partition("#")[0]].credibility_of(each.ref) != IMPROBABLE)
