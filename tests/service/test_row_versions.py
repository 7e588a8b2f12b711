"""Row versions: however changes are divided into batches, the same rows are stored; a row has one fingerprint."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.projections.engine.row_versions import Fingerprints, RowVersions, fingerprint
from service.projections.read_model import RowKey, RowValues

KEYS = ("one", "other")
Change = tuple[str, float | None, int, bool]
"""A key, a value of its row (None: no row), how many positions later it is, and whether a batch ends after it."""
changes = st.lists(
    st.tuples(
        st.sampled_from(KEYS), st.none() | st.sampled_from((0.0, -0.0, 1.0, 2.0)), st.integers(0, 2), st.booleans()
    ),
    max_size=30,
)
texts = st.text(st.characters(exclude_categories=()), max_size=5)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda each: each.replace(tzinfo=UTC))  # noqa: DTZ001 - the zone is set
rows = st.tuples(
    texts,
    st.uuids(),
    st.none() | st.booleans(),
    st.none() | st.integers(-(2**70), 2**70),
    st.none() | moments,
    st.lists(st.none() | texts, max_size=3),
    st.lists(st.sampled_from((0.0, -0.0, 0.1, 1e300)), max_size=3),
)


@given(changes, st.booleans())
def test_however_changes_are_divided_into_batches_the_same_rows_are_stored(given_: list[Change], anew: bool) -> None:  # noqa: FBT001 - drawn
    positions, position, ended = list[int](), 1, True
    for _, _, later, ends in given_:
        position += max(later, ended)
        ended = ends
        positions.append(position)
    undivided = [(*each[:3], False) for each in given_]
    assert stored(given_, positions, anew=anew) == stored(undivided, positions, anew=False)


def stored(given_: list[Change], positions: list[int], *, anew: bool) -> set[str]:
    """Return the rows that a table holds after these changes; `anew`: the subject is folded anew before each."""
    table, standing = dict[tuple[object, object], RowValues](), dict[RowKey, RowValues]()
    current, versions = Fingerprints(), RowVersions()
    for (key, value, _, ends), position in zip(given_, positions, strict=True):
        if anew:
            current = {each: fingerprint(row) for each, row in standing.items()}
        standing.pop((key,), None)
        if value is not None:
            standing[key,] = key, value
        versions.put((key,), standing.get((key,)), position, current)
        if ends:
            write(table, versions)
            versions = RowVersions()
    write(table, versions)
    return {repr(row) for row in table.values()}


def write(table: dict[tuple[object, object], RowValues], versions: RowVersions) -> None:
    """Write row versions as the batch writer does: rows that stand are ended, new ones are added."""
    for (key,), until in versions.ended.items():
        standing = next(place for place, row in table.items() if place[0] == key and row[-1] is None)
        table[standing] = (*table[standing][:-1], until)
    for row in versions.rows():
        table[row[0], row[-2]] = row
    versions.mark_written()


@given(rows, rows)
def test_two_rows_have_one_fingerprint_if_they_are_one(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    mixed = tuple(mine if place % 2 else theirs for place, (mine, theirs) in enumerate(zip(one, other, strict=True)))
    for first, second in ((one, other), (one, mixed), (mixed, other), (one, tuple(one))):
        assert (fingerprint(first) == fingerprint(second)) is (repr(first) == repr(second))


def test_a_moment_a_second_later_is_another_row() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert fingerprint((moment,)) != fingerprint((moment + timedelta(seconds=1),))
