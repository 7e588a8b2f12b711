"""`json`: an imported table at a reading, as the array of objects that its mapping file reads."""

from service.formats.exporter import Exporter
from service.formats.tables import export_mapping, write_json

EXPORTER = Exporter(
    name="json",
    summary="a table as an array of objects, by a mapping file",
    suffix=".json",
    write=lambda export, out: write_json(export, export_mapping(export), out),
    needs_map=True,
)
