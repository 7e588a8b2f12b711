"""Files of coded events as a test makes them up, imported and exported as the command line does."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.console import import_
from service.formats import registry
from service.formats.export.incidents import ExportRequest, open_export
from service.formats.files.csv_rows import csv_writer
from service.formats.importer import BatchLine, ImportFault, ImportSource
from service.settings import read_settings

Row = dict[str, str]

UCDP: Row = {
    "id": "1001", "relid": "XYZ-2021-1-1-1", "year": "2021", "active_year": "1", "code_status": "Clear",
    "type_of_violence": "1", "conflict_dset_id": "1", "conflict_new_id": "1", "conflict_name": "Utopia: Government",
    "dyad_dset_id": "1", "dyad_new_id": "1", "dyad_name": "Government of Utopia - Rebels of Utopia",
    "side_a_dset_id": "1", "side_a_new_id": "1", "side_a": "Government of Utopia", "side_b_dset_id": "2",
    "side_b_new_id": "2", "side_b": "Rebels of Utopia", "number_of_sources": "2",
    "source_article": 'First line;\n"second" line, “كلمات” – č\r\nthird', "source_office": "A;B",
    "source_date": "2021-08-26;2021-08-27", "source_headline": "=Not a formula", "source_original": "",
    "where_prec": "2", "where_coordinates": "Al-Quṣayr town", "where_description": "near the bridge",
    "adm_1": "Northern province", "adm_2": "", "latitude": "34.564400", "longitude": "-0.5",
    "geom_wkt": "POINT (-0.5 34.5644)", "priogrid_gid": "179640", "country": "Yemen (North Yemen)",
    "country_id": "678", "region": "Middle East", "event_clarity": "1", "date_prec": "1",
    "date_start": "2021-08-26 00:00:00.000", "date_end": "2021-08-26 00:00:00.000", "deaths_a": "3",
    "deaths_b": "4", "deaths_civilians": "2", "deaths_unknown": "1", "best": "10", "high": "14", "low": "8",
    "gwnoa": "678", "gwnob": "",
}  # fmt: skip
"""An invented event in the columns of UCDP GED."""

ACLED: Row = {
    "event_id_cnty": "SYR1001", "event_date": "2024-03-08", "year": "2024", "time_precision": "1",
    "disorder_type": "Political violence", "event_type": "Battles", "sub_event_type": "Armed clash",
    "actor1": "Military Forces of Utopia", "assoc_actor_1": "Police Forces; Allied Militia", "inter1": "State forces",
    "actor2": "Rebels of Utopia", "assoc_actor_2": "", "inter2": "Rebel group",
    "interaction": "State forces-Rebel group",
    "civilian_targeting": "", "iso": "760", "region": "Middle East", "country": "Syria", "admin1": "Coast",
    "admin2": "North", "admin3": "", "location": "Newtown", "latitude": "35.3600", "longitude": "35.93",
    "geo_precision": "1", "source": "A; B", "source_scale": "National", "notes": "On 8 March,\nthey fought “hard”.",
    "fatalities": "7", "tags": "crowd size=no report", "timestamp": "1710200000",
}  # fmt: skip
"""An invented event in the columns of ACLED."""


def write(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """Write rows, which have the same columns, as a CSV file."""
    whole = list(rows)
    with path.open("wb") as out, csv_writer(out) as sheet:
        sheet.writerow(list(whole[0]))
        for row in whole:
            sheet.writerow(list(row.values()))
    return path


def read(name: str, path: Path, **given: Any) -> tuple[list[dict[str, Any]], list[ImportFault]]:
    """Return the reports that an importer makes of a file, and what it does not take."""
    found = list(registry.IMPORTERS[name].read(ImportSource((path,), **given)))
    reports = [dict(each.document) for each in found if isinstance(each, BatchLine) and "incident" in each.document]
    return reports, [each for each in found if isinstance(each, ImportFault)]


class Here:
    """Imports into a log and exports from it."""

    def __init__(self, url: str, capfd: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self._capfd = capfd

    def imported(self, name: str, path: Path, **given: Any) -> dict[str, Any]:
        """Import a file; returns the summary."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DATABASE_URL", self.url)
            import_.import_(read_settings(), import_.ImportOptions(name, [path], json=True, **given))
        return json.loads(self._capfd.readouterr().out)

    def exported(self, name: str, **asked: Any) -> bytes:
        """Export in a format."""
        out = io.BytesIO()
        with open_export(self.url, ExportRequest(**asked)) as export:
            registry.EXPORTERS[name].write(export, out)
        return out.getvalue()

    def rows(self, name: str, **asked: Any) -> list[Row]:
        """Export in a format that is a table; returns its rows."""
        return list(csv.DictReader(io.StringIO(self.exported(name, **asked).decode(), newline="")))

    def flags(self, incident: str) -> set[str]:
        """Return what the claims of an incident are flagged with."""
        with open_export(self.url, ExportRequest(only=(incident,))) as export:
            histories = [each.history for each in export.incidents()]
            held = [
                each for history in histories for report in history.reports.values() for each in report.current.claims
            ]
        return {flag for each in held for flag in each.flags}

    def facts(self) -> int:
        """Return how many facts the log has."""
        with psycopg.connect(self.url) as connection:
            ((found,),) = connection.execute("SELECT count(*) FROM public.facts").fetchall()
        return found
