"""JSON by a mapping file: a table at a reading, as the array of objects that it is read from."""

from typing import BinaryIO

from service.formats.exporter import Export, Exporter, Unwritable
from service.formats.tables import MappingError, read_mapping, write_json


def _write(export: Export, out: BinaryIO) -> None:
    try:
        table = read_mapping(export.map)
    except MappingError as fault:
        raise Unwritable(str(fault)) from fault
    write_json(export, table, out)


EXPORTER = Exporter(
    name="json",
    summary="a table as an array of objects, by a mapping file",
    suffix=".json",
    write=_write,
    needs_map=True,
)
