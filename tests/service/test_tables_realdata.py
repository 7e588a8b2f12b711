"""Real tables and all their versions: imported through git, and every version asked for again, by either clock.

Runs where `KNOWNWHEN_REALDATA` names the folder of the histories; on some versions of each, or on all of them
(`make realdata`).
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import pytest

from domain.values.time.clocks import parse_instant
from service.formats.export.incidents import ExportRequest, open_export
from service.formats.importer import ImportSource
from service.formats.tables import TableMap, read_mapping
from service.postgres.embedded import EmbeddedServer
from service.postgres.pool import connect
from service.runtime import package_files
from tests.service.conftest import BUNDLED
from tests.service.revisions import Revisions, Version, digest_of_file
from tests.service.table_sweep import Step, by_position, by_reported, states
from tests.service.tables_imported import FILE, Import, exported, imported, repository

FOLDER = os.environ.get("KNOWNWHEN_REALDATA")
MANY = 50
"""How many versions of each table are tried, unless all are."""
ALL = os.environ.get("REALDATA_VERSIONS") == "all"
TABLES = {"gaza-daily": 652, "oryx-totals": 620, "ru-losses-equipment": 1527, "ru-losses-personnel": 1517}
"""How many versions each table has."""
UNREADABLE = {"ru-losses-personnel": 12}
"""How many cells of all versions give a figure that cannot be read: “more 11000”."""

pytestmark = pytest.mark.skipif(not FOLDER, reason="KNOWNWHEN_REALDATA names no folder")


@dataclass(frozen=True)
class History:
    """A table in a log of its own, imported from a repository of these versions."""

    url: str
    table: TableMap
    revisions: Revisions
    versions: list[Version]
    source: ImportSource
    came: Import

    @cached_property
    def steps(self) -> list[Step[datetime]]:
        """What its rows show, wherever that may change on the reported clock."""
        with open_export(self.url, ExportRequest()) as export:
            return list(by_reported(export, self.table))

    def positions(self) -> list[int]:
        """Return the last position of each version: a version that changed no row ends where the one before did."""
        with connect(self.url) as connection:
            found = connection.execute(ENDS).fetchall()
        ends = {parse_instant(str(moment)): int(str(position)) for moment, position in found}
        last, positions = 0, list[int]()
        for version in self.versions:
            last = max(last, ends.get(parse_instant(version.moment), 0))
            positions.append(last)
        return positions


ENDS = """
    SELECT state #>> '{report,reported_at}', max(notification_id)
    FROM (SELECT notification_id, convert_from(state, 'UTF8')::json AS state FROM public.facts
          WHERE topic = 'observation_noted.v1') AS filed
    GROUP BY 1
"""


@pytest.fixture(scope="module", params=TABLES)
def history(
    request: pytest.FixtureRequest,
    server: EmbeddedServer,
    migrated_template: str,
    create_database: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[History]:
    if server.version // 10_000 != BUNDLED:
        pytest.skip("what is in a log does not depend on the server's version")
    path = package_files.samples() / "tables" / f"{request.param}.toml"
    table = read_mapping(path)
    revisions = Revisions(Path(FOLDER or "") / request.param.replace("-", "_"), table)
    versions: list[Version] = []

    def bytes_of_each() -> Iterator[tuple[str, bytes]]:
        for version in revisions.versions(None if ALL else MANY):
            yield version.moment, version.data
            versions.append(version._replace(data=b""))  # all of them would not fit into memory

    repo = repository(tmp_path_factory.mktemp("repository"), bytes_of_each())
    source = ImportSource((repo,), path, FILE)
    url = create_database(migrated_template)
    yield History(url, table, revisions, versions, source, imported(url, "git", source))
    shutil.rmtree(repo)


def test_every_version_is_taken(history: History) -> None:
    assert len(history.versions) == (TABLES[history.table.table] if ALL else MANY)
    assert history.came.refused == []
    unread = len(history.came.bad)
    assert unread == UNREADABLE.get(history.table.table, 0) if ALL else unread <= 12


def test_every_version_is_what_its_moment_shows(history: History) -> None:
    moments = [parse_instant(version.moment) for version in history.versions]
    found = [digest for digest, _ in states(history.steps, moments, history.table)]
    assert found == [version.digest for version in history.versions]


def test_every_version_is_what_its_last_position_shows(history: History) -> None:
    with open_export(history.url, ExportRequest()) as export:
        found = [digest for digest, _ in states(by_position(export, history.table), history.positions(), history.table)]
    assert found == [version.digest for version in history.versions]


def test_exported_files_are_the_versions_that_the_sweep_found(history: History) -> None:
    positions = history.positions()
    last = len(positions) - 1
    wanted = [(last // 2, "reported_until"), (last, "as_of")]
    if ALL:
        wanted += [(last // 2, "as_of"), (last, "reported_until"), (0, "as_of"), (last // 4, "reported_until")]
    for place, clock in wanted:
        version = history.versions[place]
        moment = version.moment if clock == "reported_until" else f"@{positions[place]}"
        data = exported(history.url, history.table, **{clock: moment})
        assert digest_of_file(data, history.table) == version.digest, (version.number, clock)


def test_cells_are_what_they_were_at_the_moments_asked(history: History) -> None:
    known = {version.number for version in history.versions}
    cases = sorted(case for case in history.revisions.as_of() if ALL or case.version in known)
    shown = states(history.steps, [parse_instant(case.moment) for case in cases], history.table)
    for case, (_, state) in zip(cases, shown, strict=True):
        row = state.get(case.key, {})
        assert (case.column in row) == case.present, case
        assert row.get(case.column) == case.expected, case
    assert cases


def test_importing_again_changes_nothing(history: History) -> None:
    if not ALL and history.table.format == "json":
        pytest.skip("that takes a while, and one table will do")
    again = imported(history.url, "git", history.source)
    assert (again.recorded, again.replayed) == (0, history.came.recorded + history.came.replayed)
