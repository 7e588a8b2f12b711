"""The tolls that an incident keeps, changed one by one, against the rule applied to all of them."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from domain.estimates.estimate import CitedFigure, Estimate
from domain.estimates.exclusion import range_estimate
from domain.ledger.canonical import canonical
from domain.reports.claims.claim import INCIDENT_SCOPE, ClaimKey
from domain.summary.killed import KILLED, TollIndex, killed_document, killed_text
from domain.summary.tolls import Toll, TollGroup, toll_of
from domain.values.populations import Population
from tests.domain.questions import ask, claim

POPULATIONS = (Population(), Population(status=("civilian",)), Population(sex="female"))
EVERYONE = ClaimKey(KILLED, Population(), INCIDENT_SCOPE)
KEYS = (*(ClaimKey(KILLED, each, INCIDENT_SCOPE, manner) for each in POPULATIONS for manner in (None, "raid")),)
MERGED = ("other/incident", "another/incident")
SCOPES = (*MERGED, "declared", "unknown/incident")
PART_KEYS = tuple(ClaimKey(KILLED, each, scope) for each in POPULATIONS for scope in SCOPES)
COUNTS = ("5", "6", "at least 5", "at most 5", "dozens")
HOMES = frozenset({"other", "another"})

Change = tuple[ClaimKey, str | None]
figures = st.none() | st.integers(1, 3)
changes = st.lists(st.tuples(st.sampled_from((*KEYS, *PART_KEYS)), st.none() | st.sampled_from(COUNTS)), max_size=25)


def toll(key: ClaimKey, lower: int | None, upper: int | None) -> Toll:
    """Return a toll with these ends."""
    ends = [None if figure is None else CitedFigure(figure, "report#1") for figure in (lower, upper)]
    return Toll(key, ends[0], None, ends[1], upper is None, False, "exact", "", "sohr", "report#1")  # noqa: FBT003 - positional


def in_order(tolls: Sequence[Toll]) -> list[Toll]:
    """Order tolls, the greatest first, ties by canonical key."""
    return sorted(tolls, key=lambda each: (*(-part for part in each.rank), each.key.canonical))


@given(st.lists(st.tuples(st.sampled_from((*KEYS, *PART_KEYS)), st.none() | st.tuples(figures, figures)), max_size=30))
def test_the_greatest_of_a_group_is_that_of_all_its_tolls_after_each_change(
    changed: list[tuple[ClaimKey, tuple[int | None, int | None] | None]],
) -> None:
    group, kept = TollGroup(), dict[ClaimKey, Toll]()
    for key, ends in changed:
        new = None if ends is None else toll(key, *ends)
        assert group.set(key, new) is (kept.pop(key, None) != new)
        if new is not None:
            kept[key] = new
        assert group.greatest == next(iter(in_order(list(kept.values()))), None)
        assert group.figured == len({each.key.scope for each in kept.values() if each.figured})


@given(changes)
def test_those_killed_are_told_by_the_rule_applied_to_all_tolls_after_each_change(changed: list[Change]) -> None:
    index, kept = TollIndex(), dict[ClaimKey, Toll]()
    index.merge(HOMES)
    for key, count in changed:
        estimate = None if count is None else estimate_of(count)
        index.set(key, estimate)
        kept.pop(key, None)
        if estimate is not None and (new := toll_of(key, estimate)) is not None:
            kept[key] = new
        assert (index.killed.toll, index.killed.at_least) == told(kept)
        assert index.killed is index.killed
        assert killed_text(index.killed) == canonical(killed_document(index.killed)).decode()


def estimate_of(count: str) -> Estimate:
    """Return the estimate of one source's count."""
    return range_estimate(ask(claim("sohr", count)))


def told(tolls: Mapping[ClaimKey, Toll]) -> tuple[Toll | None, Toll | None]:
    """Return the toll shown, and that with the greatest lower end; of equal ones that of everyone stands first."""
    own = in_order([each for key, each in tolls.items() if key.scope == INCIDENT_SCOPE])
    merged = in_order([each for key, each in tolls.items() if key.scope in MERGED])
    scopes = in_order([each for key, each in tolls.items() if key.scope not in (INCIDENT_SCOPE, *MERGED)])
    first = [tolls[EVERYONE]] if EVERYONE in tolls else []
    found = [*first, *own[:1], *merged[:1], *scopes[:1]]
    floors = [each for each in (*first, *own[:1], *merged[:1]) if each.lower]
    shown = next((each for each in found if each.figured), found[0] if found else None)
    return shown, max(floors, key=lambda each: each.rank, default=None)
