"""`git`: the sample of the contract; how versions are compared has its tests in tests/service/test_tables.py."""

from pathlib import Path

from service.formats import registry
from service.formats.importer import BatchLine
from tests.service.importers import Sample, test_csv
from tests.service.tables_imported import FILE, repository


def _committed(folder: Path, data: bytes) -> tuple[Path, str]:
    return repository(folder / "repository", [("2024-05-01T00:00:00Z", data)]), FILE


SAMPLE = Sample(test_csv.SAMPLE.text, test_csv.MAPPING, _committed, is_file=False)


def test_a_row_is_reported_at_the_time_of_its_commit(tmp_path: Path) -> None:
    lines = [each for each in registry.IMPORTERS["git"].read(SAMPLE.source(tmp_path)) if isinstance(each, BatchLine)]
    assert {each.document["reported_at"] for each in lines if "incident" in each.document} == {"2024-05-01T00:00:00Z"}
