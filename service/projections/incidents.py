"""`incidents`: one row an incident, as lists show it: what it is found, sorted and sifted by."""

from collections.abc import Iterable

from domain.killed import killed_document
from domain.ledger.canonical import canonical
from domain.listing import Moved
from domain.present import Present
from service.readmodel import AT_A_POSITION, Change, ReadModel


def _rows(present: Present, moved: Moved) -> Iterable[Change]:
    opened = present.opened
    if opened is None or not moved.listed:
        return
    found = present.listed
    key = (present.history.stream,)
    yield (
        key,
        (
            *key,
            found.slug,
            found.title,
            found.status,
            found.into,
            list(found.countries),
            found.period,
            found.utc_offset,
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
            canonical(killed_document(found.killed)).decode(),
            found.occurred_from,
            found.occurred_to,
            [float(lat) for lat, _ in found.points],
            [float(lon) for _, lon in found.points],
            list(found.words),
        ),
    )


READ_MODEL: ReadModel[Present] = ReadModel(
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
    indexes=(AT_A_POSITION, "(slug)"),
)
