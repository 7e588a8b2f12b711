"""`knownwhen bench`: measures on a database of its own, and leaves nothing behind."""

import json
from pathlib import Path

import pytest

from tests.service.console import assert_nothing_runs_in, data_folder, run


@pytest.mark.one_server_will_do
def test_it_measures_each_way_in_and_leaves_nothing(bare_database_url: str) -> None:
    with data_folder() as data:
        done = run("bench", "--reports", "100", "--json", KNOWNWHEN_DATA=data, DATABASE_URL=bare_database_url)
        assert done.returncode == 0, done.stderr
        measured = json.loads(done.stdout)["measured"]
        assert [(each["name"], each["reports"]) for each in measured] == [
            ("single, 100 incidents", 100),
            ("single, one incident", 100),
            ("bulk, one request", 400),
        ]
        assert all(each["per_second"] > 0 for each in measured)
        assert all(0 < each["p50"] <= each["p99"] for each in measured[:2])
        assert list(Path(data.parent).iterdir()) == []
        assert_nothing_runs_in(data.parent)
