"""Places: names, countries and points, kept as they were sent."""

from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from domain.values.explanation import explained_document
from domain.values.places import Place
from tests.domain.strategies import Body, places


def refusal(**fields: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        Place.validate({"name": "Jableh"} | fields)
    return refused.value.errors()[0]["msg"]


def test_a_point_keeps_every_digit_it_was_sent_with() -> None:
    place = Place(name="Jableh", lat="35.3600", lon="35.920")
    assert (place.lat, place.lon) == ("35.3600", "35.920")


@pytest.mark.parametrize(
    ("lat", "lon"), [("90", "180"), ("-90.000", "-180.0"), ("0", "-0.5"), ("12.123456789012345", "1")]
)
def test_the_whole_globe_has_coordinates(lat: str, lon: str) -> None:
    assert Place(name="somewhere", lat=lat, lon=lon).lat == lat


def test_a_coordinate_beyond_the_globe_is_refused_with_its_bounds() -> None:
    assert refusal(lat="90.0001", lon="0") == "A latitude lies between -90 and 90 degrees, not “90.0001”."
    assert refusal(lat="0", lon="-181") == "A longitude lies between -180 and 180 degrees, not “-181”."


def test_a_binary_fraction_is_refused_as_a_coordinate_and_a_whole_number_is_none() -> None:
    assert refusal(lat=35.36, lon="35.92") == "A latitude is a string of decimal degrees, such as “35.3612”, not 35.36."
    assert "is a string" in refusal(lat=True, lon="35.92")
    assert Place.validate({"name": "somewhere", "lat": 35, "lon": -9}).lat == "35"


@pytest.mark.parametrize(
    "degrees",
    [
        "",
        "35,36",
        "+35",
        "035",
        "35.",
        ".5",
        "3e1",
        " 35",
        "35°",
        "\u0663\u0665",
        "3\u0665",
        "NaN",
        "1.1234567890123456",
    ],
)
def test_a_coordinate_in_another_notation_is_refused(degrees: str) -> None:
    assert "decimal degrees" in refusal(lat=degrees, lon="0")


@pytest.mark.parametrize(("given_one", "missing"), [({"lat": "35"}, "lon"), ({"lon": "35"}, "lat")])
def test_half_a_point_is_refused(given_one: Body, missing: str) -> None:
    assert refusal(**given_one) == f"The place “Jableh” has half a point: give “{missing}” too, or neither."


@pytest.mark.parametrize("code", ["SY", "LB", "XK", "AA", "QZ", "ZZ"])
def test_assigned_codes_and_those_left_to_users_are_countries(code: str) -> None:
    assert Place(name="somewhere", country=code).country == code


@pytest.mark.parametrize(
    ("code", "hint"), [("sy", "“SY”?"), ("UK", "“GB”?"), ("SYR", "“SY”?"), ("QA1", "“SY”."), ("", "“SY”.")]
)
def test_an_unknown_country_is_refused_with_a_hint(code: str, hint: str) -> None:
    assert refusal(country=code).endswith(hint)


def test_an_unknown_precision_names_the_nearest() -> None:
    assert "did you mean “vicinity”?" in refusal(precision="vicinty")
    assert Place(name="somewhere", precision="x-street").precision == "x-street"


def test_a_place_needs_a_name_and_takes_no_unknown_field() -> None:
    assert "at least 1 character" in refusal(name="")
    assert refusal(altitude="3") == "Extra inputs are not permitted"


@given(places())
def test_every_place_comes_back_as_it_was_sent(body: Body) -> None:
    assert explained_document(Place, body) == body
    assert Place.validate(body) == Place.accepted(body)
