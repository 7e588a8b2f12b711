"""How a report's language, and a claim's measure and accumulation, reach the reading of its counts."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.reports.claims.claim import Claim
from domain.reports.kind import Report
from domain.reports.kinds.toll_revised import TollRevised
from domain.reports.registry import REPORTS
from domain.values.counts.count import Count, wording_remarks
from domain.values.explanation import explained_document
from tests.domain.given import counted


def a_report(count: dict[str, Any], claim: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    claims = [{"id": "1", "measure": "killed", "count": count} | (claim or {})]
    return {"kind": "toll_revised", "source": "monitor", "claims": claims} | fields


def both_ways(body: dict[str, Any]) -> Report:
    """Read a body by both engines, which must give the same."""
    report = REPORTS.validate_python(body)
    assert TollRevised.accepted(body) == report == TollRevised.from_document(explained_document(TollRevised, body))
    return report


def refusals(body: dict[str, Any]) -> list[tuple[str, str]]:
    assert TollRevised.accepted(body) is None
    with pytest.raises(ValidationError) as refused:
        REPORTS.validate_python(body)
    return [(".".join(map(str, each["loc"])), each["msg"]) for each in refused.value.errors()]


@pytest.mark.parametrize(
    ("language", "words", "figures"),
    [
        ("ar", "ما لا يقل عن 200 قتيل", (200, None, "at_least", "ar/1")),
        ("ar-SY", "قتيلان", (2, 2, "exact", "ar/1")),
        ("fr-FR", "une dizaine de morts", (10, 10, "about", "fr/1")),
        ("en", "at least 200", (200, None, "at_least", "en/2")),
        ("de", "1.200", (1200, 1200, "exact", "und/1")),
    ],
)
def test_the_language_of_a_report_chooses_the_lexicon_that_its_count_names(
    language: str, words: str, figures: tuple[int | None, int | None, str, str]
) -> None:
    count = both_ways(a_report({"verbatim": words}, language=language)).claims[0].count
    assert (count.lower, count.upper, count.bound, count.lexicon) == figures


def test_parts_are_read_in_the_language_of_the_report_too() -> None:
    part = {"id": "1.1", "count": {"verbatim": "quatre-vingts"}}
    report = both_ways(a_report({"verbatim": "200 morts"}, {"parts": [part]}, language="fr"))
    assert report.claims[0].parts[0].count == counted(verbatim="quatre-vingts", best=80, lexicon="fr/1", bound="exact")


def test_a_lexicon_named_beside_the_words_wins_over_the_language() -> None:
    count = both_ways(a_report({"verbatim": "at least 200 dead", "lexicon": "en/2"}, language="ar")).claims[0].count
    assert (count.lower, count.lexicon) == (200, "en/2")


def test_words_of_another_language_are_refused_at_their_place() -> None:
    assert [place for place, _ in refusals(a_report({"verbatim": "200 dead"}, language="ar"))] == ["claims.0.count"]
    assert "und/1" in refusals(a_report({"verbatim": "200 Tote"}, language="de"))[0][1]


def test_figures_beside_words_that_are_not_read_stand_in_any_language() -> None:
    count = both_ways(a_report({"verbatim": "200 Tote", "lower": 200}, language="de")).claims[0].count
    assert (count.lower, count.bound, count.lexicon) == (200, "at_least", None)


def test_what_was_read_by_the_first_lexicon_is_read_back_as_it_was_stored() -> None:
    stored = {"verbatim": "12 families", "lower": 12, "upper": 12, "best": 12, "bound": "exact", "lexicon": "en/1"}
    count = both_ways(a_report(stored, language="ar")).claims[0].count
    assert count.set_members() == {"also_said": []} | {name: each for name, each in stored.items() if each is not None}


@pytest.mark.parametrize("words", ["12 killed and wounded", "12 killed or injured", "dozens of killed and wounded"])
def test_killed_and_wounded_is_a_count_of_that_measure_alone(words: str) -> None:
    assert refusals(a_report({"verbatim": words}))[0][0] == "claims.0.count"
    assert both_ways(a_report({"verbatim": words}, {"measure": "killed_or_injured"})).claims[0].count.lower is not None
    assert refusals(a_report({"verbatim": "12 killed and missing"}, {"measure": "killed_or_injured"}))


def test_an_increase_is_read_for_an_increment_alone() -> None:
    assert "incremental" in refusals(a_report({"verbatim": "another 12"}))[0][1]
    increment = {"accumulation": "incremental", "period": "2025-03-08"}
    assert both_ways(a_report({"verbatim": "another 12"}, increment)).claims[0].count.best == 12


def test_a_claim_alone_reads_its_counts_as_in_a_report() -> None:
    claim = Claim.validate({"id": "1", "measure": "killed_or_injured", "count": {"verbatim": "9 dead and hurt"}})
    assert claim.count.best == 9


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (a_report({"verbatim": "12"}, language=5), "language"),
        (a_report({"verbatim": "12"}, language="not a tag"), "language"),
        ({**a_report({"verbatim": "12"}), "claims": [5], "language": "ar"}, "claims.0"),
        (a_report({"verbatim": "12"}, {"count": 5}, language="ar"), "claims.0.count"),
        (a_report({"verbatim": "12"}, {"measure": 5}, language="ar"), "claims.0.measure"),
        (a_report({"verbatim": "12"}, {"parts": 5}, language="ar"), "claims.0.parts"),
        (a_report({"verbatim": "12"}, {"parts": [5]}, language="ar"), "claims.0.parts.0"),
    ],
)
def test_what_is_wrong_elsewhere_is_still_told_at_its_own_place(body: dict[str, Any], place: str) -> None:
    assert [where for where, _ in refusals(body)] == [place]


@pytest.mark.parametrize(
    ("words", "measure", "codes"),
    [
        ("at least 12, including 3 children and a woman", "killed", ["part_in_words", "part_in_words"]),
        ("12 wounded", "killed", ["other_measure"]),
        ("12 killed", "killed", []),
        ("12 killed", "killed_or_injured", ["other_measure"]),
        ("12 bodies", "bodies_found", []),
        ("12 dead bodies", "bodies_found", []),
        ("Around 7000 homes were destroyed", "displaced", ["things_counted"]),
        ("'Dozens' killed and wounded", "killed", ["other_measure"]),
        ("12", "killed", []),
    ],
)
def test_words_that_say_more_than_the_count_are_remarked_on(words: str, measure: str, codes: list[str]) -> None:
    assert [code for code, _ in wording_remarks(counted(verbatim=words), measure)] == codes


def test_a_remark_names_the_part_that_can_be_given() -> None:
    (_, sentence), *_ = wording_remarks(counted(verbatim="12, of whom 3 were children"), "killed")
    assert "“3 were children”" in sentence


@pytest.mark.parametrize(
    "count",
    [
        counted(lower=12),
        counted(verbatim="12 wounded", lower=13),
        counted(verbatim="12 wounded", best=12, bound="exact", lexicon="en/1"),
        counted(verbatim="zwölf", best=12, bound="exact", lexicon="en/2"),
    ],
)
def test_figures_that_were_given_or_read_long_ago_are_not_remarked_on(count: Count) -> None:
    assert list(wording_remarks(count, "killed")) == []
