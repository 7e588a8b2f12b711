"""Time zones by name: what is written down is what the database says, and lists know the days of an incident."""

from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
import tzdata
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.values.time.clocks import parse_occurred
from domain.values.time.zones import UnknownZone
from service.runtime.time_zones import zone
from tests.service.serving import CREATED, filed, opened, problem

pytest_plugins = ("tests.service.projected_fixtures",)
pytestmark = pytest.mark.one_server_will_do

NAMES = resources.files(tzdata).joinpath("zones").read_text("ascii").split()
WINDOW = (1990, 2040)
FOR_EVER = "9999-01-01T00:00:00Z"
_BEGIN, _END = datetime(1990, 1, 1, tzinfo=UTC), datetime(2040, 12, 31, tzinfo=UTC)


@pytest.fixture(scope="module")
def client(projected_client: httpx.Client) -> httpx.Client:
    return projected_client


def database(name: str) -> ZoneInfo:
    with resources.files(tzdata).joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.datetimes(_BEGIN.replace(tzinfo=None), _END.replace(tzinfo=None), timezones=st.just(UTC)),
)
def test_a_moment_is_on_the_day_and_at_the_hour_that_the_database_says(name: str, moment: datetime) -> None:
    ours, theirs = moment.astimezone(zone(name, WINDOW).offset), moment.astimezone(database(name))
    assert ours.replace(tzinfo=None) == theirs.replace(tzinfo=None)
    assert (ours.utcoffset(), ours.fold) == (theirs.utcoffset(), theirs.fold)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(NAMES), st.datetimes(_BEGIN.replace(tzinfo=None), _END.replace(tzinfo=None)), st.booleans())
def test_a_clock_reads_the_moment_that_the_database_says_also_where_an_hour_is_twice_or_never(
    name: str,
    wall: datetime,
    again: bool,  # noqa: FBT001 - drawn
) -> None:
    turn = next((each for each in zone(name, WINDOW).offset.local_starts[int(again)] if each >= wall), wall)
    readings = (wall, turn, turn - timedelta(seconds=1), turn + timedelta(minutes=30))
    for reading in (each.replace(fold=int(again)) for each in readings):
        ours = reading.replace(tzinfo=zone(name, WINDOW).offset)
        assert ours.utcoffset() == reading.replace(tzinfo=database(name)).utcoffset()


@pytest.mark.parametrize("name", ["Europe/Kyiv", "America/New_York", "Asia/Beirut", "Africa/Casablanca", "UTC"])
def test_every_day_of_a_zone_lasts_from_one_midnight_to_the_next(name: str) -> None:
    offset, theirs = zone(name, (2020, 2030)).offset, database(name)
    for nth in range(366 * 4):
        day = datetime(2022, 1, 1, tzinfo=UTC) + timedelta(days=nth)
        span = parse_occurred(day.date().isoformat(), offset)
        first = day.replace(tzinfo=theirs).astimezone(UTC)
        after = (day + timedelta(days=1)).replace(tzinfo=theirs).astimezone(UTC)
        assert (span.earliest, span.latest) == (first, after - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Kyiv", "Europe/Kyiv"),
        ("europe/kyiv", "Europe/Kyiv"),
        ("Europe/Kief", "Europe/Kiev"),
        ("Damascus", "Asia/Damascus"),
        ("America/New York", "America/New_York"),
        ("+03:00", None),
        ("../../etc/passwd", None),
        ("", None),
    ],
)
def test_what_is_no_zone_is_told_with_the_nearest_name(name: str, near: str | None) -> None:
    with pytest.raises(UnknownZone) as unknown:
        zone(name, WINDOW)
    assert unknown.value.nearest == near


def attack(occurred: str, mark: str, **fields: Any) -> dict[str, Any]:
    clocks = {"occurred": occurred, "reported_at": "2024-11-05"}
    return {"kind": "attack_launched", "method": "shelling", "source": "mon", "tags": [mark], **clocks, **fields}


def test_an_incident_keeps_its_days_by_its_zone(client: httpx.Client) -> None:
    slug = opened(client, time_zone="Europe/Kyiv")
    filed(client, slug, attack("2024-04-01T00:30:00+03:00", "m", event="e"))
    escalation = client.get(f"/v1/incidents/{slug}/escalation").json()
    assert [day["day"] for day in escalation["data"]["happened"]] == ["2024-04-01"]
    state = client.get(f"/v1/incidents/{slug}").json()["data"]
    assert (state["time_zone"], state["utc_offset"]) == ("Europe/Kyiv", None)


def test_a_zone_that_there_is_not_is_refused_at_its_field(client: httpx.Client) -> None:
    body = {"slug": f"a-{uuid4()}", "title": "A", "time_zone": "Europe/Kief"}
    document = problem(client.post("/v1/incidents", json=body), "unknown-time-zone", "time_zone")
    assert document["errors"][0]["nearest"] == "Europe/Kiev"
    problem(client.post("/v1/incidents", json={**body, "time_zone": "+02:00"}), "unknown-time-zone", "time_zone")
    both = client.post("/v1/incidents", json={**body, "utc_offset": "Z"})
    assert "not both" in problem(both, "invalid-body")["errors"][0]["reason"]


def test_a_zone_may_be_amended(client: httpx.Client) -> None:
    slug = opened(client, utc_offset="+02:00")
    filed(client, slug, attack("2024-04-01T00:30:00+03:00", "m", event="e"))
    address = f"/v1/incidents/{slug}/amendment"
    problem(client.post(address, json={"time_zone": "Kyiv"}), "unknown-time-zone", "time_zone")
    assert client.post(address, json={"time_zone": "Europe/Kyiv"}).status_code == CREATED
    problem(client.post(address, json={"time_zone": "Europe/Kyiv"}), "nothing-changed")
    escalation = client.get(f"/v1/incidents/{slug}/escalation").json()
    assert [day["day"] for day in escalation["data"]["happened"]] == ["2024-04-01"]


@pytest.mark.parametrize("until", [None, FOR_EVER])
@pytest.mark.parametrize(
    ("zone_name", "occurred", "day"),
    [
        ("Europe/Kyiv", "2024-04-01T00:30:00+03:00", "2024-04-01"),
        ("Europe/Kyiv", "2024-03-30T23:30:00+02:00", "2024-03-30"),
        ("Europe/Kyiv", "2024-10-27T23:30:00+02:00", "2024-10-27"),
        ("Asia/Beirut", "2024-10-26T23:30:00+02:00", "2024-10-26"),
        ("Asia/Beirut", "2024-03-31T01:10:00+03:00", "2024-03-31"),
        ("America/Chicago", "2024-07-08T00:06:00-04:00", "2024-07-07"),
    ],
)
def test_lists_find_an_incident_on_its_day_and_on_no_other(
    client: httpx.Client, zone_name: str, occurred: str, day: str, until: str | None
) -> None:
    mark = f"mark-{uuid4().hex}"
    slug = opened(client, time_zone=zone_name)
    position = filed(client, slug, attack(occurred, mark))["position"]
    asked: dict[str, Any] = {"tag": mark, "min_position": position}

    def found(resource: str, first: str, last: str, **more: str) -> int:
        response = client.get(resource, params=asked | more | {"occurred_from": first, "occurred_to": last})
        assert response.status_code == 200, response.text
        return len(response.json()["items"])

    before, after = (str(datetime.fromisoformat(day).date() + timedelta(days=each)) for each in (-1, 1))
    again = {"reported_until": until} if until else {}
    assert found("/v1/incidents", day, day, **again) == 1
    assert found("/v1/incidents", "2024-01-01", before, **again) == found("/v1/incidents", after, after, **again) == 0
    assert found("/v1/reports", day, day) == 1
    assert found("/v1/reports", "2024-01-01", before) == found("/v1/reports", after, after) == 0
    assert len(client.get("/v1/reports", params=asked | {"reported_from": "2024-11-05"}).json()["items"]) == 1
