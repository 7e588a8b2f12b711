"""`csv`: the sample of the contract; how tables are read has its tests in tests/service/test_table_*.py."""

from pathlib import Path

from service.formats import registry
from service.formats.importer import BatchLine
from tests.service.importers import Sample

MAPPING = """
table = "offices"
title = "{Código}"
format = "csv"
key = ["Código"]
source = "field"
csv = { delimiter = ";" }
claims = [{ column = "Muertos", measure = "killed" }]
"""
SAMPLE = Sample("Código;Muertos;País\n1;3;Panamá\n2;5;Perú\n", MAPPING)


def test_each_row_opens_its_incident_and_is_a_complete_report(tmp_path: Path) -> None:
    lines = [each for each in registry.IMPORTERS["csv"].read(SAMPLE.source(tmp_path)) if isinstance(each, BatchLine)]
    assert [next(iter(each.document)) for each in lines] == ["open", "incident"] * 2
    assert [each.document["complete"] for each in lines[1::2]] == [True, True]
