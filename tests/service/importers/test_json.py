"""`json`: the sample of the contract; shapes of JSON have their tests in tests/service/test_table_shapes.py."""

from pathlib import Path

from service.formats import registry
from service.formats.importer import BatchLine
from tests.service.importers import Sample
from tests.service.importers.test_csv import MAPPING

SAMPLE = Sample(
    '[{"Código": "1", "Muertos": 3, "País": "Panamá"}, {"Código": "2", "Muertos": 5, "País": "Perú"}]',
    MAPPING.replace('"csv"', '"json"').replace('csv = { delimiter = ";" }', ""),
)


def test_cells_keep_the_types_of_json(tmp_path: Path) -> None:
    lines = [each for each in registry.IMPORTERS["json"].read(SAMPLE.source(tmp_path)) if isinstance(each, BatchLine)]
    assert lines[1].document["attributes"] == {"Código": "1", "Muertos": 3, "País": "Panamá"}
