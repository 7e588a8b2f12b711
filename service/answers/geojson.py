"""GeoJSON (RFC 7946): geometries of places with the digits that were reported, and reports as features."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import orjson

JsonMember = Mapping[str, Any]

_ENDS: Final = ("lower", "best", "upper")
_AREAS: Final = ("name", "country", "admin1", "admin2")


def geometry(points: Iterable[tuple[str | None, str | None]]) -> dict[str, Any] | None:
    """Return the distinct points, each longitude and latitude, digits as reported; None (“unlocated”) without any."""
    written = [orjson.Fragment(f"[{lon},{lat}]") for lon, lat in dict.fromkeys(points) if lon and lat]
    if len(written) == 1:
        return {"type": "Point", "coordinates": written[0]}
    return {"type": "MultiPoint", "coordinates": written} if written else None


def feature_collection(features: Iterable[JsonMember], about: JsonMember) -> bytes:
    """Return a feature collection; `about`, the foreign member `knownwhen`, says what it is an answer to."""
    return orjson.dumps({"type": "FeatureCollection", "knownwhen": dict(about), "features": list(features)})


def timeline_features(timeline: JsonMember) -> Iterator[JsonMember]:
    """Yield the reports of a document `timeline/1` as features."""
    for entry in timeline["entries"]:
        report = entry["report"]
        properties = {
            "incident": timeline["incident"],
            **{name: entry[name] for name in ("tier", "standing", "event", "occurred", "reported")},
            "source": entry["origin"],
            "via": report.get("via", []),
        }
        yield from report_features(entry["report_id"], report, properties)


def report_features(report_id: str, report: JsonMember, properties: JsonMember) -> Iterator[JsonMember]:
    """Yield a report as features: one a place, one without geometry where it names none.

    A place is a point only where the source gave one; `precision` is how near to the event it lies. `venue` is the
    place of a speech, which is no place of violence.
    """
    venue = report.get("venue")
    named = [(place, False) for place in report.get("places") or () if place != venue]
    named += [(venue, True)] if venue else []
    whole = {
        "report": report_id,
        **properties,
        "kind": report["kind"],
        "figures": [_figure(claim) for claim in report.get("claims") or ()],
        "link": f"/v1/reports/{quote(report_id)}",
    }
    for nth, (place, is_venue) in enumerate(named or [({}, False)], 1):
        yield {
            "type": "Feature",
            "id": f"{report_id}/{nth}" if len(named) > 1 else report_id,
            "geometry": geometry([(place.get("lon"), place.get("lat"))]),
            "properties": {
                **whole,
                "place": {name: place[name] for name in _AREAS if place.get(name)} or None,
                "precision": place.get("precision"),
                "venue": is_venue,
            },
        }


def _figure(claim: JsonMember) -> JsonMember:
    """Return what a claim says: the words, and the bounds that they were read as; a count in words has no figure."""
    count = claim["count"]
    ends = () if count.get("bound") == "worded" else _ENDS
    return {
        "said": count.get("verbatim"),
        "bound": count.get("bound"),
        **{end: count.get(end) if end in ends else None for end in _ENDS},
        **{name: claim.get(name) for name in ("measure", "population", "scope", "manner")},
    }
