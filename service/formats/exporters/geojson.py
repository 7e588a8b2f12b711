"""`geojson`: every incident as a feature (RFC 7946), at its places of violence."""

from typing import Any, BinaryIO, Final

import orjson

from domain.documents.estimates import figure_document
from domain.estimates.estimate import Estimate
from domain.reports.claims.claim import ClaimKey
from domain.summary.incident_projection import IncidentProjection
from domain.summary.killed import killed_document
from domain.summary.tolls import Toll
from domain.values.time.clocks import format_instant
from service.answers.geojson import geometry
from service.formats.export.incident_at_reading import IncidentAtReading, places_of_violence
from service.formats.exporter import Export, Exporter, FoldedIncident

_UNLOCATED: Final = "without a point of any place of violence; its geometry is null"
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


def _feature(export: Export, folded: FoldedIncident) -> dict[str, Any]:
    present = IncidentProjection.at(folded.history, export.reading)
    listed, incident = present.summary, IncidentAtReading(folded.history, export.reading)
    found, (began, ended, sure) = places_of_violence(incident.reports), incident.bounds
    located = geometry((place.lon, place.lat) for place in found)
    if located is None:
        export.count_gap("incident", _UNLOCATED)
    return {
        "type": "Feature",
        "id": listed.slug,
        "geometry": located,
        "properties": {
            "incident": listed.slug,
            "title": listed.title,
            "status": listed.status,
            "countries": listed.countries,
            "occurred_from": format_instant(began) if began else None,
            "occurred_to": format_instant(ended) if ended else None,
            "occurred_sure": sure,
            "level": listed.level,
            **killed_document(listed.killed),
            "kinds": listed.kinds,
            "actors": listed.actors,
            "sources": listed.sources,
            "tags": listed.tags,
            "places": [place.set_members() for place in found],
            "estimates": [
                _estimate(key, estimate)
                for key, estimate in sorted(present.estimates.items(), key=lambda each: each[0].canonical)
            ],
            "in_events": [
                {"count": in_events.number, "greatest": _estimate(in_events.greatest.key, in_events.greatest)}
                for pair in sorted(present.pairs, key=lambda each: each.canonical)
                if (in_events := present.in_events(pair)) is not None
            ],
        },
    }


def _estimate(key: ClaimKey, estimate: Estimate | Toll) -> dict[str, Any]:
    return {
        **key.document,
        **{end: figure_document(getattr(estimate, end)) for end in _ENDS},
        "upper_open": estimate.upper_open,
        "contested": estimate.contested,
    }


EXPORTER = Exporter(
    name="geojson",
    summary="Incidents as features at their places of violence, with their estimates",
    suffix=".geojson",
    write=_write,
    media_type="application/geo+json",
)
