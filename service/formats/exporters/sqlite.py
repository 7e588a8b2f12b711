"""`sqlite`: a database of incidents, sources, reports, places and every view as a table, ready for Datasette."""

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Final, cast

from domain import catalogue
from domain.reading import View
from domain.values.time.clocks import format_instant
from service.answers.column_types import column_types, typed_row
from service.formats.export.incident_at_reading import IncidentAtReading
from service.formats.exporter import Export, Exporter, FoldedIncident

Cells = Sequence[object]

_SQL_TYPES: Final = {"text": "TEXT", "number": "INTEGER", "truth": "INTEGER"}
_TABLES: Final = {"state": "estimates", "timeline": "reports"}
"""Tables that are not named like their view."""
_NO_TABLES: Final = frozenset({"moments", "names"})
"""Views that are no table of their own: moments are coordinates, and names stand in `sources`."""
_REPORT: Final = "report_id"
_KEYS: Final = {"claims": "claim", "reports": _REPORT}
_REFERENCES: Final = {
    **dict.fromkeys(("lower_claim", "upper_claim", "best_claim", "first_claim", "latest_claim"), "claims (claim)"),
    **dict.fromkeys(("source", "origin"), "sources (source)"),
    "incident": "incidents (incident)",
}
_PLACE: Final = ("name", "country", "admin1", "admin2", "lat", "lon", "precision")
_FIXED: Final = """
    CREATE TABLE coordinates (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
    CREATE TABLE datasette_metadata (json TEXT NOT NULL);
    CREATE TABLE incidents (
        incident TEXT PRIMARY KEY, title TEXT NOT NULL, status TEXT NOT NULL, countries TEXT NOT NULL,
        occurred_from TEXT, occurred_to TEXT, occurred_sure INTEGER, level INTEGER
    );
    CREATE TABLE sources (source TEXT PRIMARY KEY, name TEXT NOT NULL);
"""
_PLACES: Final = f"""
    CREATE TABLE places (
        {_REPORT} TEXT NOT NULL REFERENCES reports ({_REPORT}), {", ".join(f"{name} TEXT" for name in _PLACE)}
    );
"""
_DATABASE: Final = "knownwhen"
"""The name of the database in Datasette, which is that of its file."""
_DESCRIPTION: Final = (
    "What sources said about incidents, and what a policy made of it. Every figure is one that a source gave: do not"
    " add rows up, since their populations and scopes overlap."
)


def _views() -> dict[str, View]:
    """Return the newest version of each view that is a table, by the name of the table."""
    newest = {view.name: view for view in sorted(catalogue.VIEWS.values(), key=lambda each: each.version)}
    return {_TABLES.get(name, name): view for name, view in sorted(newest.items()) if name not in _NO_TABLES}


def _write(export: Export, out: BinaryIO) -> None:
    with TemporaryDirectory(prefix="knownwhen-sqlite-") as folder:
        path = Path(folder) / "export.db"
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            _fill(database, export)
            database.execute("VACUUM")
        with path.open("rb") as file:
            shutil.copyfileobj(file, out)


def _fill(database: sqlite3.Connection, export: Export) -> None:
    views = _views()
    database.executescript(_FIXED + "".join(_declaration(name, view) for name, view in views.items()) + _PLACES)
    with database:
        for folded in export.incidents():
            _add_incident(database, export, folded, views)
        _insert(database, "coordinates", _coordinates(export).items())
        _insert(database, "datasette_metadata", [(json.dumps(_metadata(views), indent=2, ensure_ascii=False),)])
    database.executescript("".join(_indexes(views)))


def _declaration(table: str, view: View) -> str:
    """Return the statement that declares the table of a view: its incident first, claims with their report."""
    types = {name: _SQL_TYPES[of] for name, of in column_types(view).items()}
    declared = {"incident": "TEXT", **({_REPORT: "TEXT"} if "claim" in types else {}), **types}
    columns = [f'"{name}" {of}{_constraint(table, name)}' for name, of in declared.items()]
    return f'CREATE TABLE "{table}" ({", ".join(columns)});\n'


def _constraint(table: str, column: str) -> str:
    if _KEYS.get(table) == column:
        return " PRIMARY KEY"
    references = {**_REFERENCES, "claim": "claims (claim)", _REPORT: f"reports ({_REPORT})"}
    return f" REFERENCES {references[column]}" if column in references else ""


def _add_incident(
    database: sqlite3.Connection, export: Export, folded: FoldedIncident, views: Mapping[str, View]
) -> None:
    incident = IncidentAtReading(folded.history, export.reading)
    listed, (began, ended, sure) = incident.summary, incident.bounds
    moments = [None if end is None else format_instant(end) for end in (began, ended)]
    countries = " ".join(listed.countries)
    row = (folded.slug, listed.title, listed.status, countries, *moments, sure, listed.level)
    _insert(database, "incidents", [row])
    for table, view in views.items():
        document = view.finish(folded.history, export.reading)
        rows = [_with_report(view, folded.slug, cells) for cells in _typed_rows(view, document)]
        named = {
            cast("str", row[name]) for row in view.rows(document) for name in ("source", "origin") if row.get(name)
        }
        _insert_new(database, "sources", ((each, folded.history.source_name(each)) for each in sorted(named)))
        _insert(database, table, rows)
        if view.name == "timeline":
            _insert(database, "places", _places(cast("list[dict[str, Any]]", document["entries"])))


def _typed_rows(view: View, document: dict[str, object]) -> Iterator[list[str | int | bool | None]]:
    types = column_types(view)
    return (typed_row(types, row) for row in view.rows(document))


def _with_report(view: View, slug: str, cells: Cells) -> Cells:
    """Return the cells of a row with its incident, and, where it has a claim, with the claim's report."""
    if "claim" not in view.columns:
        return (slug, *cells)
    claim = cells[view.columns.index("claim")]
    return (slug, claim and str(claim).partition("#")[0], *cells)


def _places(entries: Iterable[Mapping[str, Any]]) -> Iterator[Cells]:
    """Yield each place of each report; latitude and longitude have the digits that were said."""
    for entry in entries:
        for place in entry["report"].get("places") or ():
            yield (entry[_REPORT], *(place.get(name) for name in _PLACE))


def _coordinates(export: Export) -> dict[str, object]:
    until = export.reading.reported_until
    return {
        "log": export.log and str(export.log),
        "position": str(export.position),
        "reported_until": format_instant(until) if until else None,
        "policy": export.reading.policy.id,
    }


def _metadata(views: Mapping[str, View]) -> dict[str, object]:
    """Return what Datasette shows beside the tables; its file is `metadata.json`."""
    tables: dict[str, object] = {name: {"description": view.meaning} for name, view in views.items()}
    tables["incidents"] = {"description": "One row per incident.", "label_column": "title"}
    tables["sources"] = {"description": "One row per source.", "label_column": "name"}
    tables["places"] = {"description": "One row per place of a report, as it was said."}
    tables["coordinates"] = {"description": "All that these tables depend on."}
    tables["datasette_metadata"] = {"hidden": True}
    return {"title": "Knownwhen", "description": _DESCRIPTION, "databases": {_DATABASE: {"tables": tables}}}


def _indexes(views: Mapping[str, View]) -> Iterator[str]:
    """Yield an index for each column that refers to another table."""
    for table, view in views.items():
        for column in dict.fromkeys(("incident", *view.columns)):
            if _constraint(table, column).startswith(" REFERENCES"):
                yield f'CREATE INDEX "{table}_{column}" ON "{table}" ("{column}");\n'


def _insert(database: sqlite3.Connection, table: str, rows: Iterable[Cells]) -> None:
    for row in rows:
        database.execute(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(row))})', row)  # noqa: S608 - our own names


def _insert_new(database: sqlite3.Connection, table: str, rows: Iterable[Cells]) -> None:
    database.executemany(f'INSERT OR IGNORE INTO "{table}" VALUES (?, ?)', rows)  # noqa: S608 - likewise


EXPORTER = Exporter(
    name="sqlite",
    summary="A database with a table for each view, and for incidents, sources and places; ready for Datasette",
    suffix=".db",
    write=_write,
    media_type="application/vnd.sqlite3",
)
