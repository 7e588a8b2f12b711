"""`incidents`: one row an incident, with what lists show, search, sort and filter by."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from domain.facts.union import Recorded
from domain.summary.incident_projection import IncidentProjection
from domain.summary.killed import killed_text
from domain.summary.summary import IncidentSummary, SummaryChanges
from service.projections.read_model import AT_A_POSITION, ReadModel, RowChange, RowValues

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - clocks without a zone are counted from it


def _rows(projection: IncidentProjection) -> Iterable[RowValues]:
    opened = projection.opened
    return () if opened is None else (_row(projection, opened),)


def _changed(projection: IncidentProjection, changes: SummaryChanges) -> Iterable[RowChange]:
    return [(row[:1], row) for row in _rows(projection)] if changes.summary else ()


def _row(projection: IncidentProjection, opened: Recorded) -> RowValues:
    found = projection.summary
    return (
        projection.history.stream,
        found.slug,
        found.title,
        found.status,
        found.into,
        list(found.countries),
        found.period,
        found.utc_offset,
        *_clock(found),
        opened.position,
        opened.recorded_at,
        list(found.kinds),
        list(found.actors),
        list(found.sources),
        list(found.tags),
        list(found.places),
        list(found.admin1s),
        found.level,
        found.killed.floor,
        killed_text(found.killed),
        found.occurred_from,
        found.occurred_to,
        [float(lat) for lat, _ in found.points],
        [float(lon) for _, lon in found.points],
        list(found.words),
    )


def _clock(found: IncidentSummary) -> tuple[object, ...]:
    """Return the time zone: name, moments of its transitions, local clocks before and after them, and UTC offsets.

    All in seconds; moments and clocks since 1970. Null for a fixed offset.
    """
    if found.time_zone is None:
        return (None,) * 5
    zone = found.time_zone.offset
    transitions = (zone.starts, *zone.local_starts)
    offsets = [int(offset.total_seconds()) for offset in zone.utc_offsets]
    return (found.time_zone.name, *([_seconds(each) for each in clocks] for clocks in transitions), offsets)


def _seconds(clock: datetime) -> int:
    return int((clock - _EPOCH).total_seconds())


READ_MODEL: ReadModel[IncidentProjection] = ReadModel(
    name="incidents",
    version=2,
    meaning="One row an incident, as lists show it.",
    subject="incident",
    key={"incident": "uuid"},
    cells={
        "slug": "text",
        "title": "text",
        "status": "text",
        "into_slug": "text",
        "countries": "text[]",
        "period": "text",
        "utc_offset": "text",
        "time_zone": "text",
        "turns": "bigint[]",
        "wall_firsts": "bigint[]",
        "wall_lasts": "bigint[]",
        "aheads": "bigint[]",
        "opened": "bigint",
        "opened_at": "timestamptz",
        "kinds": "text[]",
        "actors": "text[]",
        "sources": "text[]",
        "tags": "text[]",
        "places": "text[]",
        "admin1s": "text[]",
        "level": "smallint",
        "killed": "bigint",
        "killed_said": "text",
        "occurred_from": "timestamptz",
        "occurred_to": "timestamptz",
        "lats": "float8[]",
        "lons": "float8[]",
        "words": "text[]",
    },
    rows=_rows,
    changed=_changed,
    indexes=(AT_A_POSITION, "(slug)"),
)
