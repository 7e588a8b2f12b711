"""Every refusal has its problem type, every type its page, and docs/problems.md says what the table says."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import httpx
import psycopg
import pytest
from pydantic_core.core_schema import ErrorType

from domain.catalogue import UnknownName
from domain.incident.refusals import Refusal
from service.answers.as_of import Unanswerable
from service.api.errors import pages
from service.api.errors.exception_types import SLUG_BY_EXCEPTION, problem_type_of
from service.api.errors.problem import problem_of
from service.api.errors.types import TYPES
from service.api.errors.validation import field_errors_of
from service.eventstore import LogBusyError, OperationalError
from service.postgres.problems import PostgresProblem
from tests.service.serving import problem

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)

PAGE = Path(__file__).parents[2] / "docs" / "problems.md"


def kinds_of(family: type[Exception]) -> Iterator[type[Exception]]:
    for kind in family.__subclasses__():
        yield kind
        yield from kinds_of(kind)


@pytest.mark.parametrize("family", [Refusal, Unanswerable])
def test_every_refusal_of_a_family_has_a_problem_type_of_its_own(family: type[Exception]) -> None:
    assert {kind for kind in kinds_of(family) if kind not in SLUG_BY_EXCEPTION} == set()


def test_the_table_names_problem_types_that_there_are() -> None:
    assert set(SLUG_BY_EXCEPTION.values()) <= set(TYPES)


@pytest.mark.parametrize("kind", [PostgresProblem, OperationalError, psycopg.OperationalError, LogBusyError])
def test_trouble_with_the_database_is_told_as_unavailable_without_its_words(kind: type[Exception]) -> None:
    told = problem_of(kind("connection to 10.0.0.7 refused for user postgres"))
    assert told.type.status == 503
    assert "postgres" not in told.detail
    assert told.response().headers["retry-after"]


def test_what_the_log_wraps_is_told_by_what_is_inside() -> None:
    wrapped = OperationalError("relation does not exist")
    wrapped.__cause__ = psycopg.errors.UndefinedTable("relation does not exist")
    assert problem_type_of(wrapped).slug == "not-ready"


def test_what_nobody_foresaw_is_told_without_its_words() -> None:
    told = problem_of(RuntimeError("SELECT secret FROM keys"))
    assert told.type.slug == "internal-error"
    assert "secret" not in bytes(told.response().body).decode()


def test_the_problems_page_says_what_the_table_says() -> None:
    assert PAGE.read_text("utf-8") == pages.problems_markdown()


@pytest.mark.parametrize("slug", TYPES)
def test_the_type_of_a_problem_leads_to_its_description(client: httpx.Client, slug: str) -> None:
    page = client.get(TYPES[slug].uri)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert TYPES[slug].title.split("`")[0] in page.text.replace("&#x27;", "'")


def test_all_problem_types_are_listed(client: httpx.Client) -> None:
    page = client.get("/problems").text
    assert all(f'href="{kind.uri}"' in page for kind in TYPES.values())
    problem(client.get("/problems/no-such-problem"), "no-such-page")


@pytest.mark.parametrize("code", get_args(ErrorType))
def test_no_word_of_the_validator_leaks_into_a_complaint(code: str) -> None:
    numbers = {"min_length": 2, "max_length": 3, "ge": 4, "le": 5, "pattern": "^a$", "expected": "'one' or 'two'"}
    error = {"type": code, "loc": ("field",), "msg": "Input should be a valid model", "ctx": numbers, "input": "x"}
    (complaint,) = field_errors_of([error])
    assert complaint.field == "field"
    assert "Input" not in complaint.reason
    assert complaint.reason.endswith((".", "?"))


def test_an_unknown_name_says_which_part_of_the_question_it_was() -> None:
    assert problem_of(UnknownName("policy", "range/1", "No.")).field_errors[0].nearest == "range/1"
