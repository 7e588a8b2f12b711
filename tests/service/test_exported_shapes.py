"""Incidents of every shape in the columns of UCDP and ACLED: what was said has its row, and what was not is empty."""

import csv
import io
from typing import Any

import pytest

from domain.incident.commands import DeclareScope, MergeIncident, OpenIncident
from service.formats import registry
from service.formats.exporter import Export, FoldedIncident
from tests.domain.book import Book, open_book
from tests.domain.worlds import reading

Row = dict[str, str]
SLUG = "syria-coast-2025"


def attack(label: str | None, killed: str | None = None, **content: Any) -> dict[str, Any]:
    claim = {"id": "1", "measure": "killed", "scope": "event", "count": {"verbatim": killed}}
    return {
        "kind": "attack_launched",
        "method": "armed_clash",
        "source": "monitor",
        "reported_at": "2025-03-10",
        "occurred": "2025-03-07",
        **({"event": label} if label else {}),
        "claims": [claim] if killed else [],
        **content,
    }


def toll(killed: str, **content: Any) -> dict[str, Any]:
    claim = {"id": "1", "measure": "killed", "scope": "incident", "count": {"verbatim": killed}, **content}
    return {"kind": "toll_revised", "source": "agency", "reported_at": "2025-03-11", "claims": [claim]}


def book(*bodies: dict[str, Any], **settings: Any) -> Book:
    found = open_book(SLUG, **{"period": None, **settings})
    found.do(DeclareScope.model_validate({"name": "coast", "label": "the coast"}))
    for body in bodies:
        found.file(body)
    return found


def exported(found: Book, name: str) -> tuple[list[Row], set[str]]:
    """Return the rows of the incident, and what the file is said to lack."""
    folded = [FoldedIncident(SLUG, found.history())]
    export = Export(1, reading(None), lambda: iter(folded), lambda: iter(()))
    out = io.BytesIO()
    registry.EXPORTERS[name].write(export, out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue().decode(), newline="")))
    return rows, {f"{times} {gap.thing} {gap.why}" for gap, times in export.gaps.items()}


def place(name: str, **more: str) -> dict[str, str]:
    return {"name": name, "country": "SY", **more}


A_POINT = {"lat": "35.36", "lon": "35.93", "precision": "exact"}


def test_figures_of_events_are_a_row_each_where_nobody_gave_one_of_the_whole() -> None:
    rows, told = exported(book(attack("north", "4"), attack("south", "at least 7")), "ucdp")
    assert [(row["id"], row["relid"], row["low"], row["best"], row["high"]) for row in rows] == [
        (f"{SLUG}:north", SLUG, "4", "4", "4"),
        (f"{SLUG}:south", SLUG, "7", "", ""),
    ]
    assert any("of which figures of events are written" in each for each in told)
    assert any("only a least number was said at the top" in each for each in told)


def test_an_incident_of_one_event_is_that_event() -> None:
    (row,), told = exported(book(attack("north", "about 7")), "ucdp")
    assert (row["id"], row["low"], row["best"], row["high"]) == (SLUG, "7", "7", "7")
    assert not any("events" in each for each in told)


def test_a_figure_of_the_whole_stands_alone_and_is_never_put_together_with_those_of_events() -> None:
    (row,), told = exported(book(attack("north", "4"), attack("south", "7"), toll("30")), "ucdp")
    assert (row["id"], row["best"]) == (SLUG, "30")
    assert any("figures of single events that no row has" in each for each in told)


def test_a_figure_of_a_part_is_in_no_row_and_that_is_told() -> None:
    (row,), told = exported(book(attack("north"), toll("30", scope="coast")), "ucdp")
    assert (row["low"], row["best"], row["high"]) == ("", "", "")
    assert any("figures of a part" in each for each in told)


def test_what_was_merged_in_has_a_row_of_its_own_with_no_day_of_another_incident() -> None:
    found = book(attack("north"))
    found.do(OpenIncident.model_validate({"slug": "other", "title": "Other", "utc_offset": "+03:00"}))
    found.file(toll("9"), slug="other")
    found.do(MergeIncident(into=SLUG), slug="other")
    (own, other), told = exported(found, "ucdp")
    assert (own["id"], own["best"]) == (SLUG, "")
    assert own["date_start"]
    assert (other["id"], other["relid"], other["best"]) == ("other", SLUG, "9")
    assert not any(other[name] for name in ("year", "date_start", "date_end", "date_prec"))
    assert any("without a first or a last day" in each for each in told)


@pytest.mark.parametrize(
    ("places", "shared"),
    [
        ((place("Jableh", **A_POINT), place("Baniyas")), {"country": "Syria"}),
        ((place("Jableh", admin1="Latakia", **A_POINT), place("Al-Haffa", admin1="Latakia")), {"adm_1": "Latakia"}),
        ((place("Jableh", admin1="Nord"), {"name": "Jableh", "country": "CM", "admin1": "Nord"}), {}),
        ((place("Jableh", **A_POINT), place("Jableh")), {"where_coordinates": "Jableh"}),
        ((place("Jableh", **A_POINT), place("Jableh", **A_POINT)), {"where_prec": "1", "latitude": "35.36"}),
        ((place("Jableh", **A_POINT), None), {}),
    ],
)
def test_of_the_places_of_several_events_a_row_has_what_they_share(
    places: tuple[dict[str, str] | None, ...], shared: dict[str, str]
) -> None:
    bodies = [attack(f"event-{nth}", places=[each] if each else []) for nth, each in enumerate(places)]
    (row,), _ = exported(book(*bodies, toll("1400")), "ucdp")
    columns = ("country", "adm_1", "where_coordinates", "where_prec", "latitude", "longitude", "geom_wkt")
    assert {name: row[name] for name in shared} == shared
    if "where_prec" not in shared:
        assert [row[name] for name in columns[3:]] == [""] * 4
    if "where_coordinates" not in shared and "where_prec" not in shared:
        assert row["where_coordinates"] == ""
    if not shared:
        assert (row["country"], row["adm_1"]) == ("", "")


def test_of_several_countries_of_an_incident_none_is_chosen() -> None:
    for name in ("ucdp", "acled"):
        (row,), _ = exported(book(attack("north"), countries=["LB", "SY"]), name)
        assert row["country"] == ""
        (row,), _ = exported(book(attack("north"), countries=["SY"]), name)
        assert row["country"] == "Syria"


@pytest.mark.parametrize(
    ("occurred", "ucdp", "acled"),
    [
        ("2025-03-07", ("2025-03-07", "2025-03-07", "1"), ("2025-03-07", "1")),
        ("2025-03-07~", ("2025-03-07", "2025-03-07", ""), ("2025-03-07", "")),
        ("2025-03-03/2025-03-07", ("2025-03-03", "2025-03-07", "2"), ("2025-03-03", "2")),
        ("2025-02", ("2025-02-01", "2025-02-28", "4"), ("2025-02-01", "3")),
        ("2025-02~", ("2025-02-01", "2025-02-28", ""), ("", "")),
        ("2025-02-20/2025-03-07", ("2025-02-20", "2025-03-07", "4"), ("", "")),
        ("2024", ("2024-01-01", "2024-12-31", "5"), ("", "")),
        ("../2025-03-07", ("", "2025-03-07", ""), ("", "")),
        ("2025-03-07/..", ("2025-03-07", "", ""), ("2025-03-07", "")),
        ("2025-03-07/2025-09-01", ("2025-03-07", "", ""), ("2025-03-07", "")),  # nobody can have told that end
        ("2025-03", ("2025-03-01", "2025-03-31", "4"), ("2025-03-01", "3")),  # nor is the day of the report one
        ("2025-09-01", ("", "", ""), ("", "")),  # after its report: a day that nobody can have told
        (None, ("", "", ""), ("", "")),
    ],
)
def test_a_date_is_as_exact_as_it_was_said_and_an_open_end_is_no_day(
    occurred: str | None, ucdp: tuple[str, str, str], acled: tuple[str, str]
) -> None:
    found = book(attack("north", "4", occurred=occurred))
    (row,), _ = exported(found, "ucdp")
    assert (row["date_start"][:10], row["date_end"][:10], row["date_prec"]) == ucdp
    (row,), told = exported(found, "acled")
    assert (row["event_date"], row["time_precision"]) == acled
    assert any("without a day, a week or a month" in each for each in told) is (acled[0] == "")


def test_sides_that_reports_do_not_agree_on_are_empty_and_so_is_their_order_no_matter() -> None:
    army = {"name": "Army", "slug": "army", "type": "state_forces"}
    gunmen = {"name": "Gunmen", "slug": "gunmen", "type": "armed_group"}
    others = {"name": "Others", "slug": "others", "type": "armed_group"}

    def fought(label: str, *actors: dict[str, str]) -> dict[str, Any]:
        return attack(label, actors=list(actors), parties=[each["slug"] for each in actors])

    def row(*bodies: dict[str, Any]) -> Row:
        (found,), _ = exported(book(*bodies, toll("30")), "ucdp")
        return found

    both = row(fought("a", gunmen, army), fought("b", army, gunmen))
    assert (both["type_of_violence"], both["side_a"], both["side_b"]) == ("1", "Army", "Gunmen")
    several = row(fought("a", gunmen, army), fought("b", army, others))
    assert (several["type_of_violence"], several["side_a"], several["dyad_name"]) == ("1", "", "")
    mixed = row(fought("a", gunmen, army), fought("b", others, gunmen))
    assert (mixed["type_of_violence"], mixed["side_a"]) == ("", "")
    three = row(fought("a", gunmen, army, others))
    assert (three["type_of_violence"], three["side_a"]) == ("1", "")


def test_who_attacked_together_is_not_set_against_one_another() -> None:
    two = [{"name": each, "slug": each.lower(), "type": "armed_group"} for each in ("North", "South")]
    body = attack("north", method="shelling", actors=two, parties=["north", "south"])
    (row,), _ = exported(book(body), "acled")
    assert (row["actor1"], row["assoc_actor_1"], row["actor2"]) == ("North", "South", "")
    (row,), _ = exported(book(body | {"method": "armed_clash"}), "acled")
    assert (row["actor1"], row["actor2"]) == ("North", "South")
    (row,), _ = exported(book(body | {"targets": ["south"]}), "acled")
    assert (row["actor1"], row["actor2"]) == ("North", "South")


def test_nobody_said_of_the_dead_is_not_that_nobody_died() -> None:
    rows, told = exported(book(attack("none-said"), attack("words", "dozens"), attack("said", "none")), "acled")
    dead = {row["event_id_cnty"].partition(":")[2]: row["fatalities"] for row in rows}
    assert dead == {"none-said": "", "words": "", "said": "0"}
    assert any(each.startswith("2 event of which nobody said how many") for each in told)


def test_a_moment_that_was_said_to_the_day_is_no_second() -> None:
    (row,), _ = exported(book(attack("north")), "acled")
    assert row["timestamp"] == ""
    (row,), _ = exported(book(attack("north", reported_at="2025-03-10T12:00:00Z")), "acled")
    assert row["timestamp"] == "1741608000"


def test_the_declared_period_closes_what_an_event_leaves_open_unless_another_lies_beyond_it() -> None:
    open_end = attack("north", occurred="2025-03-07/..")
    (row,), _ = exported(book(open_end, period="2025-03-06/2025-03-10"), "ucdp")
    assert (row["date_start"][:10], row["date_end"][:10]) == ("2025-03-07", "2025-03-10")
    later = attack("later", occurred="2025-03-12", reported_at="2025-03-13")
    (row,), _ = exported(book(open_end, later, period="2025-03-06/2025-03-10"), "ucdp")
    assert (row["date_start"][:10], row["date_end"]) == ("2025-03-07", "")
