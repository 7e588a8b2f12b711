"""The importer `new_name`: what it takes, what it refuses, and that a second import records nothing new."""

from pathlib import Path

from service.formats.importer import BatchLine, ImportFault, ImportSource
from service.formats.registry import IMPORTERS


def test_a_line_has_the_same_id_each_time_and_another_is_refused_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"a-town\tRoad closed\nno tab\n")
    advanced: list[int] = []
    source = ImportSource((path,), advance=advanced.append)
    first, second = list(IMPORTERS["new_name"].read(source))
    assert isinstance(first, BatchLine)
    assert (first.document["incident"], first.document["title"]) == ("a-town", "Road closed")
    assert next(iter(IMPORTERS["new_name"].read(source))) == first
    assert isinstance(second, ImportFault)
    assert second.where.line == 2
    assert sum(advanced[:2]) == IMPORTERS["new_name"].steps(source)
