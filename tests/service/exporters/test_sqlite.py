"""`sqlite`: tables with types and foreign keys that hold; every view of the catalogue is one."""

import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from domain import catalogue
from domain.reading import View
from service.answers.column_types import column_types, typed_row
from service.formats import registry
from service.formats.exporter import Export, FoldedIncident
from service.formats.exporters import sqlite as exporter
from service.runtime import package_files
from tests.domain.book import load
from tests.domain.worlds import reading

SAMPLES = ("syria-coast-2025", "river-port-2024")


def as_text(data: bytes) -> str:
    """Return all cells as text."""
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.deserialize(data)
        return "\n".join(line for line in opened.iterdump() if line.startswith("INSERT"))


@pytest.fixture(scope="module")
def exported() -> bytes:
    histories = [FoldedIncident(name, load(package_files.samples() / name).history()) for name in sorted(SAMPLES)]
    export = Export(9, reading(None), lambda: iter(histories), lambda: iter(()))
    out = io.BytesIO()
    registry.EXPORTERS["sqlite"].write(export, out)
    return out.getvalue()


def test_each_view_is_a_table_and_every_reference_leads_to_a_row(exported: bytes, tmp_path: Path) -> None:
    path = tmp_path / "knownwhen.db"
    path.write_bytes(exported)
    with closing(sqlite3.connect(path)) as opened:
        tables = {name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert {"incidents", "sources", "places", *exporter._views()} < tables
        assert opened.execute("PRAGMA foreign_key_check").fetchall() == []
        references = opened.execute("PRAGMA foreign_key_list('claims')").fetchall()
        assert {row[2] for row in references} == {"incidents", "sources", "reports"}
        assert opened.execute("SELECT count(*) FROM claims JOIN reports USING (report_id)").fetchone()[0] > 50
        (described,) = opened.execute("SELECT json FROM datasette_metadata").fetchone()
        assert set(json.loads(described)["databases"]["knownwhen"]["tables"]) == tables


def test_cells_of_a_column_are_of_one_type(exported: bytes) -> None:
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.deserialize(exported)
        for table, view in exporter._views().items():
            for column, of in column_types(view).items():
                found = {kind for (kind,) in opened.execute(f'SELECT DISTINCT typeof("{column}") FROM "{table}"')}  # noqa: S608
                assert found <= {"null", "text" if of == "text" else "integer"}, (table, column)


@pytest.mark.parametrize("view", list(catalogue.VIEWS.values()), ids=lambda view: view.id)
@pytest.mark.parametrize("name", SAMPLES)
def test_the_types_of_columns_are_those_of_the_cells_of_every_view(view: View, name: str) -> None:
    types = column_types(view)
    document = view.finish(load(package_files.samples() / name).history(), reading(None))
    rows = [typed_row(types, row) for row in view.rows(document)]
    assert rows


def test_a_cell_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="lower"):
        typed_row({"lower": "number"}, {"lower": "many"})
