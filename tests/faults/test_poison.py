"""A fact that a read model fails at stops that read model there, with a sentence; the others go on, and none skips."""

import gc
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
import structlog

from domain.facts.streams import incident_stream
from domain.summary.incident_projection import IncidentProjection
from domain.values.sources import Registration
from service import wiring
from service.eventstore import StoredFact
from service.postgres.pool import connect
from service.projections.catalogue import MODELS
from service.projections.engine import runner, scheduler
from service.projections.errors import RebuildFailed, RebuildStopped
from service.projections.read_model import ReadModel, RowValues
from service.projections.registry import Generation
from tests.faults import truth
from tests.faults.writing import filing, opening, write
from tests.service.logs import new_id, recording
from tests.service.serving import service

pytestmark = pytest.mark.one_server_will_do

SLUG = "syria-coast-2025"
FIGURE = 1383
ALL = dict(MODELS)
REGISTERED = cast("dict[str, ReadModel[Any]]", gc.get_referents(MODELS)[0])
"""What the read models are kept in: nothing but a test replaces one."""
MANY = 80
Rows = Callable[[IncidentProjection], Iterable[RowValues]]


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what makes this a release with other rows for some read models; with none, it is mended."""

    def make(**rows: Rows) -> None:
        for name, model in ALL.items():
            made = replace(model, rows=rows[name], changed=None) if name in rows else model
            monkeypatch.setitem(REGISTERED, name, made)

    return make


def catch_up(url: str) -> dict[str, Generation]:
    """Have a projector start, take in what there is, and end; returns how the read models stand then."""
    assert wiring.make_runner(url, threading.Event()).catch_up()
    with connect(url) as connection:
        return {each.name: each for each in truth.living(connection)}


def reports(url: str, at: int, count: int = MANY) -> int:
    """Record an incident with many reports, the `at`th of which has the figure; returns its position."""
    filed = [filing(SLUG, FIGURE if number == at else number + 1) for number in range(count)]
    return write(url, [opening(SLUG), *filed])[at + 1]


def has_figure(present: IncidentProjection) -> bool:
    """Say whether the report with the figure was filed."""
    held = (claim for report in present.history.reports.values() for claim in report.current.claims)
    return any(claim.count.lower == FIGURE for claim in held)


def failing(model: ReadModel[Any]) -> Rows:
    """Make rows that cannot be made once the figure was said."""

    def rows(present: IncidentProjection) -> Iterable[RowValues]:
        if has_figure(present):
            raise LookupError(f"no row for {FIGURE}")
        return model.rows(present)

    return rows


def refused(column: str, value: object) -> Rows:
    """Make rows of estimates that PostgreSQL does not take once the figure was said."""
    model = MODELS["estimates"]
    place = list(model.columns).index(column)

    def rows(present: IncidentProjection) -> Iterable[RowValues]:
        for row in model.rows(present):
            yield (*row[:place], value, *row[place + 1 :]) if has_figure(present) else row

    return rows


def assert_all_true(url: str) -> None:
    """See that all read models stand at the end and say what whole folds say."""
    with connect(url) as connection:
        facts, found = truth.log_of(connection), truth.living(connection)
        assert {each.position for each in found} == {len(facts)}
        assert [each.stopped for each in found] == [None] * len(MODELS)
        truth.assert_ranges_fit(connection, found)
        truth.assert_tables_tell(connection, found, facts, [2, len(facts) // 2, len(facts)])
        anew = {each.name: each for each in truth.projected_anew(connection)}
        for each in found:
            assert truth.whole(connection, each) == truth.whole(connection, anew[each.name])


def test_a_read_model_that_fails_stops_there_and_the_others_go_on(
    database_url: str, release: Callable[..., None]
) -> None:
    position = reports(database_url, 60)
    release(estimates=failing(MODELS["estimates"]))
    with structlog.testing.capture_logs() as logged:
        found = catch_up(database_url)
    assert found.pop("estimates").position == position - 1
    assert {each.position for each in found.values()} == {MANY + 2}
    told = next(each for each in logged if each["log_level"] == "error")
    assert (told["read_model"], told["position"], told["topic"]) == ("estimates", position, "toll_revised.v1")
    with service(database_url) as client:
        items = {each["name"]: each for each in client.get("/v1/projections").json()["items"]}
    assert items["incidents"]["status"] == "live"
    assert items["estimates"]["status"] == "stopped"
    assert items["estimates"]["stopped"]["position"] == position
    assert items["estimates"]["stopped"]["error"] == f"LookupError: no row for {FIGURE}"


def test_a_mended_release_goes_on_from_there(database_url: str, release: Callable[..., None]) -> None:
    reports(database_url, 60)
    release(estimates=failing(MODELS["estimates"]))
    stopped = catch_up(database_url)["estimates"]
    write(database_url, [filing(SLUG, 7, source="snhr")])
    again = catch_up(database_url)["estimates"]
    assert again.stopped is not None
    assert again.position == stopped.position, "it fails again at the same fact"
    release()
    catch_up(database_url)
    assert_all_true(database_url)


@pytest.mark.parametrize(
    ("column", "value"),
    [("lower", 2**63), ("label", "a\0b"), ("label", "\ud800"), ("lower", "soon"), ("lower_claim", object())],
    ids=["too great", "a NUL", "half a character", "a word for a figure", "nothing known"],
)
def test_a_row_that_postgresql_refuses_stops_its_read_model_at_exactly_that_fact(
    database_url: str, release: Callable[..., None], column: str, value: object
) -> None:
    position = reports(database_url, 60)
    release(estimates=refused(column, value))
    found = catch_up(database_url)
    stopped = found.pop("estimates")
    assert stopped.position == position - 1
    assert stopped.stopped is not None
    assert stopped.stopped["position"] == position
    assert {each.position for each in found.values()} == {MANY + 2}
    release()
    catch_up(database_url)
    assert_all_true(database_url)


def test_a_fact_that_no_release_knows_stops_all_with_a_sentence(database_url: str) -> None:
    reports(database_url, 1, 3)
    with recording(database_url) as log:
        stray = StoredFact(incident_stream(SLUG), 5, "city_renamed.v9", b"{}", fact_id=new_id(), text=None)
        log.insert_events([stray])
    write(database_url, [opening("another")])
    found = catch_up(database_url)
    assert {each.position for each in found.values()} == {5}
    for each in found.values():
        assert each.stopped is not None
        assert each.stopped["position"] == 6
        assert "city_renamed.v9" in each.stopped["error"]


def test_nothing_goes_further_than_what_depends_on_what_is_known(
    database_url: str, release: Callable[..., None]
) -> None:
    position = reports(database_url, 60)
    release(inputs=failing(MODELS["inputs"]))
    found = catch_up(database_url)
    assert {each.position for each in found.values()} == {position - 1}
    assert [each.name for each in found.values() if each.stopped] == ["inputs"]
    release(estimates=failing(MODELS["estimates"]), inputs=failing(MODELS["inputs"]))
    catch_up(database_url)
    release()
    catch_up(database_url)
    assert_all_true(database_url)


@pytest.mark.parametrize("name", ["reports", "inputs"])
def test_what_cannot_be_built_keeps_nothing_else_from_going_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    reports(database_url, 1, 3)
    catch_up(database_url)
    with connect(database_url) as connection:
        connection.execute("UPDATE projections.generations SET version = 0 WHERE name = %s", [name])

    def cannot(_names: Sequence[str]) -> None:
        raise RebuildFailed("It fails.", {name: {"position": 1}})

    monkeypatch.setattr(runner, "MOST_TO_FOLLOW", 0)
    made = replace(wiring.make_runner(database_url, threading.Event()), rebuild=cannot)
    write(database_url, [(Registration(slug="sana", name="sana", type="monitor", reliability="D"), None)])
    with structlog.testing.capture_logs() as logged:
        assert made.catch_up()
    assert [each[name] for each in logged if each["log_level"] == "error"] == [{"position": 1}]
    with connect(database_url) as connection:
        found = {each.name: each.position for each in truth.living(connection)}
    assert found.pop(name) == 5
    assert set(found.values()) == ({6} if name == "reports" else {5})


def test_a_build_that_is_left_off_since_the_projector_is_to_stop_is_no_trouble(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports(database_url, 1, 3)
    stop = threading.Event()

    def left_off(_names: Sequence[str]) -> None:
        stop.set()
        raise RebuildStopped("It was left off.")

    monkeypatch.setattr(runner, "MOST_TO_FOLLOW", 0)
    with structlog.testing.capture_logs() as logged:
        replace(wiring.make_runner(database_url, stop), rebuild=left_off).run()
    assert {each["log_level"] for each in logged} == {"info"}


def test_what_another_release_answers_from_is_left_alone(database_url: str) -> None:
    reports(database_url, 1, 3)
    catch_up(database_url)
    with connect(database_url) as connection:
        connection.execute("UPDATE projections.generations SET version = version + 1 WHERE name = 'reports'")
        before = {each.name: each for each in truth.living(connection)}
        write(database_url, [filing(SLUG, 5)])
        scheduler.Scheduler(connection, wiring._now).run()
        after = {each.name: each for each in truth.living(connection)}
    assert after.pop("reports") == before["reports"]
    assert {each.position for each in after.values()} == {before["reports"].position + 1}
