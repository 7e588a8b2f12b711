"""Every code that a document can hold has a label in every language, and no label is of a code that there is not."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from domain.catalogue import POLICIES, VIEWS
from domain.incident.commands import Cause
from domain.reports.claims.claim import Accumulation, Claim, Manner, Method, Scope
from domain.reports.kind import Tier
from domain.reports.kinds.access_restricted import RestrictionType
from domain.reports.kinds.property_destroyed import Damage
from domain.reports.kinds.protest_held import ProtestForm
from domain.reports.kinds.responsibility_stated import Act
from domain.reports.kinds.speech_delivered import Stance
from domain.reports.registry import KINDS
from domain.values.counts.count import BOUNDS
from domain.values.places import Precision
from domain.values.populations import Age, CombatantStatus, Role, Sex
from domain.values.sources import RELIABILITY, SourceType
from service.access.principal import SCOPES
from service.web.language.labels import LABELS, label
from service.web.language.languages import CODES, language

ROOT = Path(__file__).parents[3]
SECTIONS = {
    title.strip(): re.findall(r"^\| `([^`]+)` \|", body, re.MULTILINE)
    for title, _, body in (
        section.partition("\n") for section in (ROOT / "docs/spec/statuses.md").read_text("utf-8").split("\n## ")[1:]
    )
}
"""Codes by the headings of the page that tests/domain/test_statuses.py holds complete."""


def _words(closed: Any) -> set[str]:
    """Return the words of a closed list; None beside it is no word."""
    return set(get_args(get_args(closed)[0] if type(None) in get_args(closed) else closed)[1].words)


def _policy_codes(part: str) -> set[str]:
    return {code for policy in POLICIES.values() for code in getattr(policy, part)}


_DIFFERENCE = SECTIONS["Headings and causes of a difference"]
_CAUSES = SECTIONS["Cause of a correction, and author of a retraction"]
EXPECTED: dict[str, set[str]] = {
    "measure": _words(Claim.__annotations__["measure"]),
    "kind": set(KINDS),
    "tier": set(get_args(Tier)),
    "level": set(SECTIONS["Level of a day"]),
    "status": _words(CombatantStatus),
    "sex": _words(Sex),
    "age": _words(Age),
    "role": _words(Role),
    "manner": _words(Manner),
    "method": _words(Method),
    "restriction": _words(RestrictionType),
    "damage": _words(Damage),
    "form": _words(ProtestForm),
    "stance": _words(Stance),
    "act": _words(Act),
    "bound": set(BOUNDS),
    "accumulation": _words(Accumulation),
    "period_of": _words(Scope.__annotations__["period_of"]),
    "standing": set(SECTIONS["Standing of a report"]),
    "set_aside": {*SECTIONS["Status of a claim"], *_policy_codes("codes")},
    "estimate": _policy_codes("labels"),
    "flag": set(SECTIONS["Flags of a claim"]),
    "source_type": _words(SourceType),
    "grade": set(RELIABILITY),
    "credibility": {str(each) for each in range(1, 7)},
    "precision": _words(Precision),
    "cause": set(get_args(Cause)),
    "retracted_by": set(_CAUSES) - set(get_args(Cause)),
    "difference": set(_DIFFERENCE[: _DIFFERENCE.index("estimates")]),
    "what": set(_DIFFERENCE[_DIFFERENCE.index("estimates") + 1 :]),
    "incident_status": set(SECTIONS["Status of an incident"]),
    "fact": set(SECTIONS["Facts in a history"]),
    "erasable_part": set(SECTIONS["Part of a fact"]),
    "warning": {*SECTIONS["Warnings of recording"], *SECTIONS["Suggestions of duplicates"]},
    "policy": set(POLICIES),
    "view": set(VIEWS),
    "clock": set(SECTIONS["Clock and break of a step"]),
    "service_status": set(SECTIONS["State of the service"]),
    "access_scope": set(SCOPES),
}


def test_there_is_a_family_for_each_list_of_codes() -> None:
    assert set(LABELS) == set(EXPECTED)


@pytest.mark.parametrize("family", sorted(EXPECTED))
def test_every_code_has_a_label_and_no_label_is_of_another(family: str) -> None:
    assert set(LABELS[family]) == EXPECTED[family]


@pytest.mark.parametrize("family", sorted(LABELS))
def test_labels_of_a_family_are_told_apart_in_every_language(family: str) -> None:
    for code in CODES:
        shown = [label(language(code, "latn"), family, each) for each in LABELS[family]]
        allowed = {"fact": 1, "service_status": 1}.get(family, 0)
        assert len(shown) - len(set(shown)) <= allowed, shown


def test_labels_in_arabic_are_arabic() -> None:
    arabic = language("ar", "arab")
    for family, labels in LABELS.items():
        for code in labels:
            assert re.search("[\u0600-\u06ff]", label(arabic, family, code)), (family, code)
    assert label(arabic, "level", 4).startswith("٢٥")


def test_code_without_a_label_is_shown_in_its_own_words() -> None:
    assert label(language("ar", "latn"), "measure", "x-livestock_lost") == "x-livestock lost"


def test_languages_are_named_in_the_language_of_the_reader() -> None:
    assert language("en", "latn").language_name("ar") == "Arabic"
    assert language("ar", "latn").language_name("fr") == "الفرنسية"
    assert language("en", "latn").language_name("zz-unknown") == "zz-unknown"
