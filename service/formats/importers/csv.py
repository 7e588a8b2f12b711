"""`csv`: CSV with a mapping file: a file is a state of a table; its differences from current rows are reported."""

from functools import partial

from service.formats.files.text_files import total_bytes
from service.formats.importer import Importer
from service.formats.tables.changes import read_files

IMPORTER = Importer(
    name="csv",
    summary="a table, by a mapping file",
    files="CSV files or Excel workbooks, packed or not, each a later state of the table",
    read=partial(read_files, written="csv"),
    steps=total_bytes,
    needs_map=True,
)
