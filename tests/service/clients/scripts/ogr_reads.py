"""Reads the reports on a map with OGR, by their address."""

import sys

import pyogrio

places = pyogrio.read_dataframe(f"{sys.argv[1]}/v1/incidents/syria-coast-2025/timeline.geojson")
assert len(places) > 5
assert places.crs.to_epsg() == 4326
x, y = places.union_all().centroid.coords[0]
assert 35 < x < 37
assert 34 < y < 36
print(len(places))
