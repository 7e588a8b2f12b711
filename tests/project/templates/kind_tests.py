"""`new_name`: what this kind asks for and states, beyond what every kind keeps (test_kinds.py)."""

from domain.reports.registry import KINDS, REPORTS
from tests.domain.given import body_of


def test_the_details_may_be_left_out_and_the_tier_stays() -> None:
    body = body_of("new_name")
    del body["details"]
    assert KINDS["new_name"].tier(REPORTS.validate_python(body)) == "none"
