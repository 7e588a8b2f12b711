"""Countries as files name and number them."""

from domain.values.countries import ASSIGNED, FORMER
from service.formats.coded.countries import BY_CODE, BY_NUMBER, BY_STATE


def test_files_know_the_name_of_every_code_that_is_taken() -> None:
    assert set(BY_CODE) == ASSIGNED | set(FORMER.values()) | {"XK"}
    assert (BY_CODE["YU"].name, BY_CODE["YU"].number, BY_CODE["YU"].states) == ("Yugoslavia", "891", ("345",))


def test_numbers_of_data_sets_lead_to_countries_of_today() -> None:
    assert (BY_STATE[345].code, BY_STATE[490].code, BY_NUMBER[180].code) == ("RS", "CD", "CD")
    assert 891 not in BY_NUMBER
