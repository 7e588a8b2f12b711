"""`geojson`: every incident as a feature (RFC 7946), at its places of violence."""

from collections.abc import Sequence
from typing import Any, BinaryIO, Final

import orjson

from domain.clocks import format_instant
from domain.estimate_documents import end_document
from domain.places import Place
from domain.present import Present
from service.exporter import Export, Exporter, Folded
from service.shown import Shown, places

_ENDS: Final = ("lower", "best", "upper")


def _write(export: Export, out: BinaryIO) -> None:
    until = export.reading.reported_until
    asked = {
        "position": export.position,
        "reported_until": format_instant(until) if until else None,
        "policy": export.reading.policy.id,
    }
    out.write(b'{"type":"FeatureCollection","knownwhen":%b,"features":[' % orjson.dumps(asked))
    features = (orjson.dumps(_feature(export, folded)) for folded in export.incidents())
    out.writelines((b",\n" if nth else b"\n") + feature for nth, feature in enumerate(features))
    out.write(b"\n]}\n")


def _feature(export: Export, folded: Folded) -> dict[str, Any]:
    present = Present.at(folded.history, export.reading)
    shown, listed = Shown.of(folded, export.reading), present.listed
    found, began, ended = places(shown.reports), shown.happened.earliest, shown.happened.latest
    return {
        "type": "Feature",
        "id": listed.slug,
        "geometry": _geometry(found),
        "properties": {
            "incident": listed.slug,
            "title": listed.title,
            "status": listed.status,
            "countries": listed.countries,
            "occurred_from": format_instant(began) if began else None,
            "occurred_to": format_instant(ended) if ended else None,
            "level": listed.level,
            "killed": listed.killed,
            "kinds": listed.kinds,
            "actors": listed.actors,
            "sources": listed.sources,
            "tags": listed.tags,
            "places": [place.model_dump(mode="json", exclude_none=True) for place in found],
            "estimates": [
                {
                    **key.document,
                    **{end: end_document(getattr(estimate, end)) for end in _ENDS},
                    "upper_open": estimate.upper_open,
                    "contested": estimate.contested,
                }
                for key, estimate in sorted(present.estimates.items(), key=lambda each: each[0].canonical)
            ],
        },
    }


def _geometry(found: Sequence[Place]) -> dict[str, Any] | None:
    """Return the points, each once, with the digits that were said; None, which is “unlocated”, without any."""
    points = list(dict.fromkeys((place.lon, place.lat) for place in found if place.lon and place.lat))
    written = [orjson.Fragment(f"[{lon},{lat}]") for lon, lat in points]
    if len(written) == 1:
        return {"type": "Point", "coordinates": written[0]}
    return {"type": "MultiPoint", "coordinates": written} if written else None


EXPORTER = Exporter(
    name="geojson",
    summary="Incidents as features at their places of violence, with their estimates",
    suffix=".geojson",
    write=_write,
)
