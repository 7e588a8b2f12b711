"""Maps: decoding, projection and clipping as properties; the base map; places of an incident and their marks."""

import re
import runpy
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Locator, Page

from service.web.language.languages import language
from service.web.maps.clipping import clip_edge, clip_ring, pixels
from service.web.maps.drawing import base_map, base_map_of, base_map_url
from service.web.maps.frame import WORLD, MapBox, MapFrame, around, fitted, parse_box
from service.web.maps.topology import Line, MapShape, decode_arcs, join, unrolled, world
from service.web.parts.incident_map import MapView, incident_map
from service.web.parts.names import Names
from tests.service.web.browser import PHONE, Tab, new_tab

pytestmark = pytest.mark.one_server_will_do
ROOT = Path(__file__).parents[3]
LONDON, DAMASCUS, SUVA, ATLANTIC, CHUKOTKA = (-0.5, 51.5), (36.3, 33.5), (178.2, -17.8), (-40.0, 30.0), (-175.0, 66.5)
longitudes, latitudes = st.floats(-180, 179.9), st.floats(-90, 90)
points = st.tuples(longitudes, latitudes)
pictures = st.tuples(st.floats(-500, 1500), st.floats(-500, 1500))
RECTANGLE = (0.0, 0.0, 960.0, 600.0)


def inside(ring: Line, point: tuple[float, float]) -> bool:
    """Say whether a ring goes around a point, by the even-odd rule."""
    x, y = point
    crossed = [
        (one[1] > y) != (other[1] > y) and x < (other[0] - one[0]) * (y - one[1]) / (other[1] - one[1]) + one[0]
        for one, other in zip(ring, [*ring[1:], ring[0]], strict=True)
    ]
    return sum(crossed) % 2 == 1


def on_land(point: tuple[float, float]) -> bool:
    turned = [(point[0] + turn, point[1]) for turn in (-360, 0, 360)]
    return sum(inside(ring.line, each) for ring in world().land for each in turned) % 2 == 1


@pytest.mark.parametrize(("point", "land"), [(LONDON, 1), (DAMASCUS, 1), (SUVA, 1), (ATLANTIC, 0), (CHUKOTKA, 1)])
def test_known_points_are_on_land_or_at_sea(point: tuple[float, float], land: int) -> None:
    assert on_land(point) == bool(land)


def test_arcs_are_sums_of_steps_scaled_and_moved_and_a_negative_index_turns_one_round() -> None:
    document = {"transform": {"scale": [2, 0.5], "translate": [10, -1]}, "arcs": [[[0, 0], [1, 2]], [[1, 2], [3, 0]]]}
    arcs = decode_arcs(document)
    assert arcs == [[(10, -1), (12, 0)], [(12, 0), (18, 0)]]
    assert join(arcs, [0, 1]) == [(10, -1), (12, 0), (18, 0)]
    assert join(arcs, [~1, ~0]) == [(18, 0), (12, 0), (10, -1)]


def test_no_line_of_the_world_leaps_across_the_map() -> None:
    shapes: list[MapShape] = [*world().land, *world().coasts, *world().borders]
    leaps = [abs(after[0] - before[0]) for each in shapes for before, after in pairwise(each.line)]
    assert max(leaps) < 180
    assert all(-180 <= each.west < 180 for each in shapes)


@given(st.lists(points, min_size=2, max_size=12))
def test_an_unrolled_line_has_the_same_points_up_to_whole_turns(line: list[tuple[float, float]]) -> None:
    for (lon, lat), (turned, same) in zip(line, unrolled(line), strict=True):
        assert same == lat
        assert abs((turned - lon) / 360 - round((turned - lon) / 360)) < 1e-9


@given(st.lists(points, min_size=1, max_size=8))
def test_the_box_around_points_has_them_all_and_is_no_wider_than_half_round_for_two(
    found: list[tuple[float, float]],
) -> None:
    box = around(found)
    assert box is not None
    wider = MapBox(box.west - 1e-6, box.south - 1e-6, box.east + 1e-6, box.north + 1e-6)
    assert all(wider.contains(each) for each in found)
    assert box.east - box.west <= 360 - 360 / len(set(found)) + 1e-6


def test_no_point_has_no_box_and_the_antimeridian_is_crossed_where_that_is_shorter() -> None:
    assert around([]) is None
    assert around([(179, -18), (-179, -16)]) == MapBox(179, -18, 181, -16)
    assert MapBox(179, -18, 181, -16).text == "179,-18,-179,-16"


@given(points, st.floats(0.1, 100), st.floats(0.1, 80), st.floats(1, 3))
def test_a_fitted_box_is_around_its_box_and_has_its_proportions(
    corner: tuple[float, float], across: float, up: float, aspect: float
) -> None:
    box = MapBox(corner[0], corner[1], corner[0] + across, min(90, corner[1] + up))
    made = fitted(box, aspect)
    frame = MapFrame(made, 960)
    assert made.north - made.south >= box.north - box.south - 1e-6
    assert -90 <= made.south < made.north <= 90
    assert made.east - made.west <= 360
    middle = ((box.west + box.east) / 2 + 180) % 360 - 180, (box.south + box.north) / 2
    assert frame.place(middle) is not None
    at = parse_box(made.text)
    assert at is not None
    assert at.south == pytest.approx(made.south, abs=1e-3)


@given(points)
def test_what_is_placed_lies_on_the_picture_and_what_is_outside_is_not_placed(point: tuple[float, float]) -> None:
    for box in (WORLD, MapBox(170, -30, 200, 10), MapBox(30, 30, 45, 40)):
        frame = MapFrame(box, 960)
        at = frame.place(point)
        assert (at is not None) == box.contains(point)
        assert at is None or (-0.01 <= at[0] <= 960.01 and -0.51 <= at[1] <= frame.height + 0.51)


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,1,3", "1,3,2,2", "a,b,c,d", "-181,0,1,2", "0,0,1e1,2", "0,0,1,91"])
def test_no_box_is_read_from_what_is_none(text: str) -> None:
    assert parse_box(text) is None
    assert base_map_of(text) is None


@given(pictures, pictures)
def test_a_clipped_edge_is_a_part_of_it_within_the_rectangle(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    part = clip_edge(one, other, RECTANGLE)
    ends_inside = [0 <= x <= 960 and 0 <= y <= 600 for x, y in (one, other)]
    assert part is not None or not any(ends_inside)
    for x, y in part or ():
        assert -1e-6 <= x <= 960 + 1e-6
        assert -1e-6 <= y <= 600 + 1e-6
        across = (x - one[0]) * (other[1] - one[1]) - (y - one[1]) * (other[0] - one[0])
        assert abs(across) < 1e-3 * (1 + abs(other[0] - one[0]) + abs(other[1] - one[1]))


@given(st.lists(pictures, min_size=3, max_size=10))
def test_a_clipped_ring_lies_within_the_rectangle(ring: list[tuple[float, float]]) -> None:
    clipped = clip_ring(ring, RECTANGLE)
    assert all(-1e-6 <= x <= 960 + 1e-6 and -1e-6 <= y <= 600 + 1e-6 for x, y in clipped)
    if all(0 <= x <= 960 and 0 <= y <= 600 for x, y in ring):
        assert clipped == ring


@given(st.lists(pictures, min_size=1, max_size=20))
def test_a_line_in_pixels_keeps_its_ends_and_no_point_twice_in_a_row(line: list[tuple[float, float]]) -> None:
    found = pixels(line)
    assert found[0] == (round(line[0][0]), round(line[0][1]))
    assert found[-1] == (round(line[-1][0]), round(line[-1][1]))
    assert all(before != after for before, after in pairwise(found))


@pytest.mark.parametrize(
    "box",
    [WORLD, MapBox(-180, -90, 180, 90), MapBox(35, 34, 37, 36), MapBox(170, -25, 190, -10), MapBox(-180, 80, 180, 90)],
)
def test_a_base_map_is_small_valid_and_within_its_picture(box: MapBox) -> None:
    drawn = base_map(box)
    assert len(drawn) < 100_000
    root = ET.fromstring(drawn)  # noqa: S314 - our own
    assert root.get("width") == "960"
    assert "style" not in drawn
    assert "script" not in drawn
    height = int(root.get("height", "0"))
    for path in root.iter("{http://www.w3.org/2000/svg}path"):
        assert_within(path.get("d", ""), height)


def assert_within(data: str, height: int) -> None:
    """Hold that path data (absolute starts, relative steps) stays on the picture, up to the margin."""
    for start, steps in re.findall(r"M([^lz]*)l([^Mz]*)", data):
        x, y = (int(each) for each in re.findall(r"-?\d+", start))
        moves = [int(each) for each in re.findall(r"-?\d+", steps)]
        for across, down in zip(moves[::2], moves[1::2], strict=True):
            x, y = x + across, y + down
            assert -6 <= x <= 966
            assert -6 <= y <= height + 6


def test_the_files_of_others_are_those_of_the_manifest_and_a_changed_one_is_told(tmp_path: Path) -> None:
    vendor = runpy.run_path(str(ROOT / ".ci" / "vendor.py"))
    entries = vendor["read_manifest"]()
    assert vendor["faults"](entries) == []
    for entry in entries:
        for each in entry["files"]:
            path = tmp_path / each["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes((ROOT / each["path"]).read_bytes())
    (tmp_path / entries[0]["files"][0]["path"]).write_bytes(b"{}")
    (tmp_path / entries[0]["files"][1]["path"]).unlink()
    (tmp_path / "service/web/vendor/other.js").write_bytes(b"")
    told = vendor["faults"](entries, tmp_path)
    assert [each.rpartition(" ")[0].split()[0] for each in told] == [
        entries[0]["files"][0]["path"],
        entries[0]["files"][1]["path"],
        "service/web/vendor/other.js",
    ]
    assert vendor["manifest_text"](entries) == (ROOT / "service/web/vendor/manifest.toml").read_text()


def entry(kind: str = "attack_launched", tier: str = "violence", **given: Any) -> dict[str, Any]:
    standing = given.pop("standing", "standing")
    report = {"kind": kind, **given}
    day = {"earliest": "2025-03-06T21:00:00Z", "latest": "2025-03-07T20:59:59Z", "said": "2025-03-07"}
    head = {"standing": standing, "tier": tier, "origin": "sohr", "report_id": "00000000-0000-4000-8000-000000000001"}
    return {**head, "occurred": day, "reported": day, "report": report, "event": None}


def at(name: str, lat: str, lon: str, **more: str) -> dict[str, str]:
    return {"name": name, "lat": lat, "lon": lon, **more}


def drawn(*entries: dict[str, Any], view: MapView | None = None) -> Any:
    shown = language("en", "latn")
    names = Names(shown, {"sources": [{"source": "sohr", "name": "SOHR"}], "sides": [], "scopes": []})

    def here(**changes: Any) -> str:
        return "?" + "&".join(f"{name}={value}" for name, value in changes.items() if value is not None)

    return incident_map(shown, names, {"entries": list(entries)}, here, lambda path: path, view or MapView())


def test_a_place_is_listed_once_with_its_reports_and_its_gravest_shape() -> None:
    place = at("Jableh", "35.36", "35.93", precision="locality")
    made = drawn(entry("toll_revised", "none", places=[place]), entry(places=[place]))
    (row,) = made.located
    assert (row.name, row.shape, row.count, row.first_day) == ("Jableh", "violence", 2, "2025-03-07")
    (mark,) = made.picture.marks
    assert (mark.note, mark.href) == ("Jableh · 2", "#place-0")
    assert len(made.picture.areas) == 1


def test_a_venue_is_another_place_than_one_of_violence() -> None:
    place = at("Damascus", "33.5", "36.3")
    made = drawn(entry("speech_delivered", "tension", venue=place, places=[place]), entry(places=[place]))
    assert sorted(row.shape for row in made.located) == ["venue", "violence"]
    assert made.shapes == ["violence", "venue"]


def test_what_was_retracted_and_the_middle_of_a_country_are_no_marks() -> None:
    country = at("Syria", "35", "38", precision="country")
    made = drawn(
        entry(places=[at("Away", "1", "1")], standing="retracted"), entry(places=[country, {"name": "Nowhere"}])
    )
    assert (made.picture, made.retracted, made.located) == (None, 1, [])
    assert [row.name for row in made.others] == ["Nowhere", "Syria"]


def test_places_at_one_point_are_one_mark_and_near_ones_lead_to_a_nearer_map() -> None:
    same = drawn(entry(places=[at("A", "35", "36"), at("B", "35", "36")]))
    (mark,) = same.picture.marks
    assert mark.href == "#place-0"
    assert mark.note == "2"
    near = drawn(entry(places=[at("A", "35", "36"), at("B", "35.01", "36.01"), at("C", "-35", "150")]))
    assert len(near.picture.marks) == 2
    assert next(each for each in near.picture.marks if each.note == "2").href.startswith("?bbox=")


def test_places_at_poles_and_across_the_antimeridian_are_on_the_map() -> None:
    for places in ([at("A", "90", "0")], [at("A", "-90", "10")], [at("A", "-17", "179.9"), at("B", "-17", "-179.9")]):
        made = drawn(entry(places=places))
        assert made.picture.outside == 0
        assert all(
            0 <= float(mark.left[:-1]) <= 100 and 0 <= float(mark.top[:-1]) <= 100 for mark in made.picture.marks
        )


def test_ten_thousand_places_are_paged_and_drawn_as_a_few_marks() -> None:
    places = [at(f"Place {index}", f"{33 + index % 100 / 50}", f"{36 + index // 100 / 50}") for index in range(10_000)]
    made = drawn(entry(places=places), view=MapView(places="3"))
    assert made.located_count == 10_000
    assert len(made.located) == 100
    assert (made.previous, made.following) == ("?places=2", "?places=4")
    assert len(made.picture.marks) < 700


def test_a_base_map_is_kept_for_ever_and_another_release_has_none(tab: Tab) -> None:
    url = base_map_url(MapBox(35, 34, 37, 36))
    found = tab.page.request.get(f"{tab.site}{url}")
    assert (found.status, found.headers["content-type"]) == (200, "image/svg+xml")
    assert "immutable" in found.headers["cache-control"]
    assert tab.page.request.get(f"{tab.site}{url.replace('35,', '35x')}").status == 404
    assert tab.page.request.get(f"{tab.site}/maps/other/base.svg?bbox=35,34,37,36").status == 404


INCIDENT = "/incidents/syria-coast-2025"


@pytest.fixture
def part(tab: Tab) -> Page:
    return tab.open(INCIDENT)


def name_of(mark: Locator) -> str:
    """Return the place that a mark names."""
    return (mark.locator("title").text_content() or "").split(":")[0]


def test_places_of_the_sample_are_marked_and_listed_behind(part: Page) -> None:
    marks = part.locator("#incident_map .mark a")
    assert sorted(map(name_of, marks.all())) == ["Al-Haffa", "Baniyas", "Jableh", "Latakia", "Tartus"]
    assert part.locator("#incident_map table.places").first.locator("tbody tr").count() == 5
    assert part.locator("#incident_map .base").evaluate("(image) => image.complete && image.naturalWidth") == 960


def test_a_mark_leads_to_its_place_by_keyboard(part: Page) -> None:
    mark = part.locator("#incident_map .mark a").first
    name = name_of(mark)
    assert name
    mark.focus()
    part.keyboard.press("Enter")
    assert part.locator("tr:target th").inner_text().startswith(name)


def test_zooming_swaps_the_part_keeps_the_focus_and_is_in_the_address(part: Page) -> None:
    before = part.locator("#incident_map .base").get_attribute("src")
    zoom = part.locator("#incident_map [data-move=in]")
    zoom.focus()
    part.keyboard.press("Enter")
    part.wait_for_function(
        "(src) => document.querySelector('#incident_map .base')?.getAttribute('src') !== src", arg=before
    )
    assert "bbox=" in part.url
    assert part.evaluate("document.activeElement?.getAttribute('data-move')") == "in"
    zoomed = part.locator("#incident_map .base").get_attribute("src")
    part.reload()
    assert part.locator("#incident_map .base").get_attribute("src") == zoomed


def test_what_was_said_later_than_the_reading_is_hidden_while_a_slider_is_dragged(part: Page) -> None:
    moment = "Date.parse('2025-03-06T21:00:00Z')"
    event = f"new CustomEvent('knownwhen:reading', {{detail: {{reportedUntil: {moment}, asOf: null, settled: false}}}})"
    part.evaluate(f"document.dispatchEvent({event})")
    shown = part.locator("#incident_map .mark:not(.later) a")
    assert sorted(map(name_of, shown.all())) == ["Jableh", "Tartus"]
    part.evaluate(f"document.dispatchEvent({event.replace(moment, 'null')})")
    assert part.locator("#incident_map .later").count() == 0


@pytest.mark.parametrize("code", ["en", "ar"])
def test_the_map_fits_a_phone_in_both_languages(browser: Browser, site: str, code: str) -> None:
    tab = new_tab(browser, site, viewport=PHONE)
    page = tab.open(f"{INCIDENT}?lang={code}")
    assert tab.overflow() == []
    box = page.locator("#incident_map .moves a").first.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24
    tab.page.context.close()
    assert tab.faults == []
