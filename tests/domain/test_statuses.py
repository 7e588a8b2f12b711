"""docs/spec/statuses.md lists the codes that answers carry: each that the code has, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast, get_args

import pytest
from hypothesis import given

from domain import catalogue
from domain.escalation.levels import ATTACKS, THRESHOLDS
from domain.escalation.occurrences import TIERS
from domain.estimates import claim_index, estimate, exclusion, policy_input
from domain.incident import resolved_claims
from domain.incident.commands import Cause
from domain.reports.claims import revision_chain
from domain.reports.kind import Tier
from domain.reports.kinds.responsibility_stated import Act
from domain.revisions import duplicates
from domain.revisions.difference import difference
from domain.values.counts.count import BOUNDS
from domain.views import claims
from service.access.principal import SCOPES
from tests.domain.book import open_book
from tests.domain.worlds import World, reading, worlds

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/spec/statuses.md").read_text(encoding="utf-8")
CODES = {
    title.strip(): re.findall(r"^\| `([^`]+)` \|", body, re.MULTILINE)
    for title, _, body in (section.partition("\n") for section in PAGE.split("\n## ")[1:])
}

# Literals that name no code of an answer: columns, reading counts, kinds and topics (docs/kinds.md).
NO_ANSWERS = {"domain/summary/killed.py", "service/api/lists/ordering.py"}
REPEATED = {"country", "admin1", "month", "occurred", "reported_at", "counted_until"}
"""Parameters that an answer repeats: what totals are grouped by, and the member that a moment is read for."""
NO_ANSWERS_BELOW = ("domain/values/counts/", "domain/reports/kinds/", "domain/values/sources.py")


def parsed(*globs: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(path for each in globs for path in ROOT.glob(each)):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def literals(tree: ast.AST) -> Iterator[str]:
    """Yield the words of every Literal, except in parameters of a request: `Annotated[Literal[…], Query()]`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            if node.value.id == "Literal":
                yield from strings(node.slice)
            if node.value.id == "Annotated" and any(called(each) == "Query" for each in ast.walk(node.slice)):
                continue
        yield from literals(node)


def called(node: ast.AST) -> str | None:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None


def strings(node: ast.AST) -> Iterator[str]:
    return (each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str))


def of_words(act: Any) -> set[str]:
    return set(get_args(act)[1].words)


def named_by(path: str, name: str) -> set[str]:
    """Return the strings given for the key `name` of a dict in a module."""
    [(_, tree)] = parsed(path)
    pairs = (zip(node.keys, node.values, strict=True) for node in ast.walk(tree) if isinstance(node, ast.Dict))
    values = (value for each in pairs for key, value in each if isinstance(key, ast.Constant) and key.value == name)
    found = (end for value in values for end in (ends_of(value)))
    return {end.value for end in found if isinstance(end, ast.Constant) and isinstance(end.value, str)}


def ends_of(value: ast.expr) -> tuple[ast.expr, ...]:
    return (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)


def warnings() -> set[str]:
    """Return the first arguments of every ReportWarning, and what `wording_remarks` yields."""
    constants = {
        "PARTS_DO_NOT_ADD": "parts_do_not_add",
        "INCONSISTENT": "inconsistent",
        "PART_IN_WORDS": "part_in_words",
    }
    [(_, about_reports), (_, about_counts)] = parsed(
        "domain/incident/report_warnings.py", "domain/values/counts/count.py"
    )
    found: list[ast.expr] = [
        node.args[0]
        for node in ast.walk(about_reports)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ReportWarning"
    ]
    [remarks] = [
        each for each in about_counts.body if isinstance(each, ast.FunctionDef) and each.name == "wording_remarks"
    ]
    yielded = [each.value for each in ast.walk(remarks) if isinstance(each, ast.Yield)]
    found += [each.elts[0] for each in yielded if isinstance(each, ast.Tuple)]
    named = {constants[each.id] for each in found if isinstance(each, ast.Name) and each.id in constants}
    return named | {each.value for each in found if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def headings() -> set[str]:
    now = open_book().history(), reading(None)
    return set(difference(now, now))


FLAGS = {
    claim_index.ALREADY_INCLUDED,
    claims.RESCOPED,
    estimate.PART_EXCEEDS,
    policy_input.DISPUTED,
    resolved_claims.INCONSISTENT,
    resolved_claims.PARTS_DO_NOT_ADD,
    revision_chain.ORDER_ASSUMED,
    revision_chain.RELAYED_DECREASE,
}
TABLES = {"happened", "learned", "phase", "turning_point"}
EXPECTED = {
    "Status of a claim": set(claims.STATUSES),
    "Code of a claim that a policy sets aside": set(exclusion.CODES),
    "Flags of a claim": FLAGS,
    "Bound of a figure": set(BOUNDS),
    "Act of a statement on responsibility": of_words(Act),
    "Cause of a correction, and author of a retraction": {*get_args(Cause), "recorder", "source"},
    "Tier of an event, and tables of escalation": {*get_args(Tier), *TABLES},
    "Level of a day": {str(level) for level in (0, 1, 2, ATTACKS, *(level for _, level in THRESHOLDS))},
    "Clock and break of a step": {"reported", "recorded"},
    "Headings and causes of a difference": headings() | named_by("domain/revisions/difference.py", "what"),
    "Credential of a session": {"bearer", "session"},
    "Parts of a replay": {"digest", "inputs", "position", "root", "version"},
    "Warnings of recording": warnings(),
    "Scope of a token": set(SCOPES),
    "Suggestions of duplicates": {duplicates.SAME_CONTENT, duplicates.SAME_FIGURE, duplicates.SAME_EVENT},
}


@pytest.mark.parametrize("section", sorted(EXPECTED))
def test_a_section_lists_the_codes_that_there_are(section: str) -> None:
    assert sorted(CODES[section]) == sorted(EXPECTED[section])


def test_every_literal_of_an_answer_stands_in_the_page_and_no_code_is_invented() -> None:
    known = {code for codes in CODES.values() for code in codes}
    found: set[str] = set()
    assert all((ROOT / path).is_file() for path in NO_ANSWERS)
    for path, tree in parsed("domain/**/*.py", "service/api/**/*.py"):
        if path not in NO_ANSWERS and not path.startswith(NO_ANSWERS_BELOW):
            assert set(literals(tree)) - REPEATED <= known, path
            found.update(literals(tree))
    declared = set[str]().union(*EXPECTED.values())
    assert known <= found | declared


def test_every_file_that_holds_no_answer_is_there() -> None:
    assert [path for path in (*NO_ANSWERS, *NO_ANSWERS_BELOW) if not (ROOT / path).exists()] == []


def test_tiers_are_those_of_the_kinds() -> None:
    assert set(TIERS) == set(get_args(Tier))


@given(worlds())
def test_what_documents_carry_stands_in_the_page(world: World) -> None:
    book = world.book()
    for policy in catalogue.POLICIES.values():
        for claim in cast("list[Any]", book.read("claims/1", policy=policy.id)["claims"]):
            assert claim["status"] in {*claims.STATUSES, *policy.codes}
            assert set(claim["flags"]) <= FLAGS
    tables = {row["table"] for row in catalogue.view("escalation/1").rows(book.read("escalation/1"))}
    assert tables <= TABLES
