"""`parquet`: the estimates of every incident, a row each, in typed columns (Apache Parquet)."""

from collections.abc import Iterator
from importlib import import_module
from itertools import islice
from typing import Any, BinaryIO, Final

from domain.estimates.estimate import CitedFigure
from domain.ledger.canonical import canonical
from service.formats.export.incident_at_reading import IncidentAtReading
from service.formats.exporter import Export, Exporter, FoldedIncident, Unwritable

TOGETHER: Final = 10_000
"""Rows of a row group, and most rows in memory at a time."""

_TEXT, _TEXTS, _NUMBER, _LEVEL, _TRUTH, _MOMENT = "string", "list", "int64", "int8", "bool", "timestamp"
COLUMNS: Final = {
    "incident": _TEXT,
    "title": _TEXT,
    "status": _TEXT,
    "countries": _TEXTS,
    "occurred_from": _MOMENT,
    "occurred_to": _MOMENT,
    "occurred_sure": _TRUTH,
    "level": _LEVEL,
    "measure": _TEXT,
    "population": _TEXT,
    "population_words": _TEXT,
    "scope": _TEXT,
    "manner": _TEXT,
    "lower": _NUMBER,
    "lower_claim": _TEXT,
    "best": _NUMBER,
    "best_claim": _TEXT,
    "upper": _NUMBER,
    "upper_claim": _TEXT,
    "upper_open": _TRUTH,
    "contested": _TRUTH,
    "label": _TEXT,
    "sources": _TEXTS,
    "policy": _TEXT,
    "position": _NUMBER,
    "reported_until": _MOMENT,
}
"""Columns with their types; timestamps are in UTC, in microseconds. `population` is canonical JSON."""


def _write(export: Export, out: BinaryIO) -> None:
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as missing:
        message = "Writing parquet needs pyarrow, which is not installed: pip install 'knownwhen[parquet]'"
        raise Unwritable(message) from missing
    schema = _schema(arrow)
    rows = (row for folded in export.incidents() for row in _rows(export, folded))
    with parquet.ParquetWriter(out, schema, compression="zstd") as file:
        while together := list(islice(rows, TOGETHER)):
            file.write_table(arrow.Table.from_pylist(together, schema))


def _schema(arrow: Any) -> Any:  # noqa: ANN401 - pyarrow, an optional dependency, has no types
    types = {
        _TEXT: arrow.string(),
        _TEXTS: arrow.list_(arrow.string()),
        _NUMBER: arrow.int64(),
        _LEVEL: arrow.int8(),
        _TRUTH: arrow.bool_(),
        _MOMENT: arrow.timestamp("us", tz="UTC"),
    }
    return arrow.schema([(name, types[of]) for name, of in COLUMNS.items()])


def _rows(export: Export, folded: FoldedIncident) -> Iterator[dict[str, object]]:
    """Yield a row for each key; one without a key for an incident without figures."""
    incident = IncidentAtReading(folded.history, export.reading)
    listed, reading = incident.summary, export.reading
    whole: dict[str, object] = {
        **{name: getattr(listed, name) for name in ("title", "status", "countries", "level")},
        **dict(zip(("occurred_from", "occurred_to", "occurred_sure"), incident.bounds, strict=True)),
        "incident": listed.slug,
        "policy": reading.policy.id,
        "position": export.position,
        "reported_until": reading.reported_until,
    }
    empty = True
    for key, estimate in incident.estimates():
        empty = False
        yield {
            **whole,
            **{name: key.document[name] for name in ("measure", "scope", "manner")},
            "population": canonical(key.document["population"]).decode(),
            "population_words": key.population.noun_phrase(),
            **_end("lower", estimate.lower),
            **_end("best", estimate.best),
            **_end("upper", estimate.upper),
            "upper_open": estimate.upper_open,
            "contested": estimate.contested,
            "label": estimate.label,
            "sources": sorted({claim.resolved.origin for claim in estimate.used}),
        }
    if empty:
        yield whole


def _end(name: str, end: CitedFigure | None) -> dict[str, object]:
    return {name: end and end.figure, f"{name}_claim": end and end.claim}


EXPORTER = Exporter(
    name="parquet",
    summary="Estimates of every incident in typed columns (needs pip install 'knownwhen[parquet]')",
    suffix=".parquet",
    write=_write,
    media_type="application/vnd.apache.parquet",
)
