"""Whatever curators do reaches every incident that it touches, however the log is cut into batches."""

import uuid
from collections.abc import Sequence
from random import Random

import pytest

from domain.incident.commands import AdoptPolicy, MergeIncident, MoveReport, StateSameOrigin, UnmergeIncident
from domain.incident.dispatch import AnyCommand
from domain.values.sources import Registration
from service.postgres.pool import connect
from service.postgres.role import service_role_url
from service.projections.engine import subject_cache
from service.projections.engine.row_versions import RowVersions
from tests.faults import truth
from tests.faults.curating import Curators
from tests.faults.writing import curate, filing, opening, write, writing

pytestmark = pytest.mark.one_server_will_do

ASKED = 60
FEW = 40
"""So few facts may be kept folded: subjects are folded anew in the middle of a batch."""

Asked = tuple[AnyCommand, str | None]
REPORT = uuid.UUID(int=7)
REGRADED = Registration.model_validate({"slug": "sohr", "name": "sohr", "type": "monitor", "reliability": "F"})
MERGED: Sequence[Asked] = [(MergeIncident(into="second"), "first"), (MergeIncident(into="third"), "second")]
MOVED: Sequence[Asked] = [(MoveReport(report_id=REPORT, to="third"), None)]
BACK: Sequence[Asked] = [(MoveReport(report_id=REPORT, to="first"), None)]
STORIES: dict[str, Sequence[Asked]] = {
    "a regrade": [(REGRADED, None)],
    "a policy": [(AdoptPolicy(policy="latest/1"), None)],
    "one origin": [(StateSameOrigin(origins=("snhr", "sohr")), None)],
    "merges of merges": [*MERGED, filing("third", 900), (REGRADED, None), (UnmergeIncident(), "first")],
    "a merge of what was moved in": [*MOVED, (MergeIncident(into="second"), "third"), (REGRADED, None), *BACK],
    "moves on and on": [*MOVED, (MoveReport(report_id=REPORT, to="second"), None), *BACK, (REGRADED, None)],
    "a move out of what is merged": [*MERGED[:1], (MoveReport(report_id=REPORT, to="third"), None), (REGRADED, None)],
}


@pytest.mark.parametrize("story", STORIES)
def test_it_reaches_every_incident_that_it_touches(database_url: str, story: str) -> None:
    slugs = ("first", "second", "third")
    write(database_url, [opening(slug) for slug in slugs])
    write(
        database_url, [filing("first", 12, "sohr", REPORT), filing("second", 340, "sohr"), filing("third", 7, "snhr")]
    )
    for asked in STORIES[story]:
        write(database_url, [asked])
    _assert_true_in_batches(database_url, [1, None])


@pytest.mark.parametrize(("seed", "few"), [(1, False), (2, False), (3, True)])
def test_what_curators_do_reads_alike_however_the_log_is_cut(
    database_url: str, monkeypatch: pytest.MonkeyPatch, seed: int, *, few: bool
) -> None:
    chance = Random(seed)  # noqa: S311 - the same each time
    with writing(database_url) as writer:
        curate(writer, Curators(chance), ASKED, chance)
    if few:
        monkeypatch.setattr(subject_cache, "MOST_FACTS", FEW)
    _assert_true_in_batches(database_url, [1, 7, None])


def _assert_true_in_batches(url: str, limits: Sequence[int | None]) -> None:
    tables: list[dict[str, list[str]]] = []
    with connect(service_role_url(url)) as connection:
        truth.make(connection)
        facts = truth.log_of(connection)
        for limit in limits:
            made = truth.projected_anew(connection, limit)
            assert [each.stopped for each in made] == [None] * len(made)
            truth.assert_ranges_fit(connection, made)
            tables.append({each.name: truth.whole(connection, each) for each in made})
        truth.assert_tables_tell(connection, made, facts, {*range(1, len(facts), 9), len(facts)})
    for each in tables[1:]:
        assert each == tables[0]


def test_a_row_that_reads_otherwise_only_as_text_is_another_row() -> None:
    told: list[list[object]] = []
    for settled in (False, True):
        ranges, standing = RowVersions(), dict[tuple[object, ...], bytes]()
        ranges.put((1,), (1, 0.0), 5, standing)
        if settled:
            ranges.mark_written()
            ranges = RowVersions()
        ranges.put((1,), (1, -0.0), 6, standing)
        told.append([repr(row[1]) for row in ranges.rows()])
    assert told == [["0.0", "-0.0"], ["-0.0"]]


def test_a_row_that_began_and_ended_since_ends_nothing_in_the_table() -> None:
    ranges, standing = RowVersions(), dict[tuple[object, ...], bytes]()
    ranges.put((1,), (1, "so"), 5, standing)
    anew = {(1,): b"of a subject that was folded anew"}
    ranges.put((1,), None, 6, anew)
    ranges.put((1,), (1, "so"), 7, anew)
    assert ranges.ended == {}
    assert list(ranges.rows()) == [(1, "so", 5, 6), (1, "so", 7, None)]
