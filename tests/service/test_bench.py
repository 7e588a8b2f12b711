"""What the benchmarks count on: the rows that a peer folds are ours, contestants take turns, figures are kept whole."""

from collections import defaultdict
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from bench.checkouts import OURS, Checkout
from bench.incident_rows import Row, folded, inputs_of
from bench.measuring import Spread, exponent, in_turn
from bench.world import Shape, log_of
from domain.facts.union import IncidentOpened, Recorded
from domain.history.history import History
from domain.summary.incident_projection import IncidentProjection
from service.projections.catalogue import MODELS

SHAPE = Shape(2_000, 12, asked=300)


def test_the_rows_that_are_left_after_the_last_fact_are_those_of_the_whole_incident() -> None:
    by_stream: defaultdict[UUID, list[Recorded]] = defaultdict(list)
    for stored in log_of(SHAPE):
        by_stream[stored.stream].append(stored.recorded(text=False))
    opened = [stream for stream, facts in by_stream.items() if isinstance(facts[0].fact, IncidentOpened)]
    assert len(opened) == SHAPE.incidents + 1
    for stream in opened:
        facts = inputs_of(stream, by_stream)
        left: dict[Any, object] = {}
        for row in (row for rows in folded(stream, facts) for row in rows):
            keep(left, row)
        assert left == whole(stream, facts)


def keep(left: dict[Any, object], row: Row) -> None:
    if row.values is None:
        left.pop((row.model, row.key), None)
    else:
        left[row.model, row.key] = row.values


def whole(stream: UUID, facts: list[Recorded]) -> dict[Any, object]:
    """Return the rows of all read models after all facts at once."""
    projection = IncidentProjection(History(stream))
    for recorded in facts:
        projection.apply(recorded)
    projection.update()
    models = [model for model in MODELS.values() if model.subject == "incident"]
    return {(model.name, model.key_of(row)): row for model in models for row in cast("Any", model).rows(projection)}


def test_contestants_take_turns() -> None:
    order: list[str] = []
    found = in_turn({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 3)
    assert order == ["a", "b"] * 3
    assert {name: len(runs) for name, runs in found.items()} == {"a": 3, "b": 3}


def test_a_spread_tells_the_middle_the_least_and_the_most() -> None:
    assert Spread((3.0, 1.0, 250.0)).cells() == ["3.00", "1.00", "250"]


def test_the_exponent_is_the_power_that_the_cost_grows_by() -> None:
    sizes = [10_000, 100_000, 1_000_000]
    assert exponent(sizes, [7.0, 7.0, 7.0]) == pytest.approx(0)
    assert exponent(sizes, [size**1.5 for size in sizes]) == pytest.approx(1.5)
    assert exponent(sizes[:1], [3.0]) == 0


def test_another_checkout_runs_by_its_own_python_and_its_own_modules(tmp_path: Path) -> None:
    other = Checkout("other", tmp_path)
    assert other.command("serve")[0] == str(tmp_path / ".venv" / "bin" / "python")
    assert other.environment(DATABASE_URL="x")["PYTHONPATH"] == str(tmp_path)
    assert OURS.command("serve")[-1] == other.command("serve")[-1] == "serve"
