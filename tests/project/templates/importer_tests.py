"""The importer `new_name`: the sample of its contract (test_importers.py), and what it refuses."""

from pathlib import Path

from service.formats import registry
from service.formats.importer import BatchLine, ImportFault
from tests.service.importers import Sample

SAMPLE = Sample("a-town\tRoad to Málaga closed\n")


def test_a_line_that_is_no_report_is_refused_by_its_number(tmp_path: Path) -> None:
    source = SAMPLE.source(tmp_path, b"a-town\tRoad closed\nno tab\n")
    first, second = registry.IMPORTERS["new_name"].read(source)
    assert isinstance(first, BatchLine)
    assert (first.document["incident"], first.document["title"]) == ("a-town", "Road closed")
    assert isinstance(second, ImportFault)
    assert second.where.line == 2
