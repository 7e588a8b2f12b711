"""CSV with a mapping file: a file is one state of a table, and what differs from the table as it stands is said."""

from functools import partial

from service.formats.importer import Importer
from service.formats.tables.changes import read_files, sizes

IMPORTER = Importer(
    name="csv",
    summary="a table, by a mapping file",
    files="CSV files or Excel workbooks, packed or not, each a later state of the table",
    read=partial(read_files, written="csv"),
    steps=sizes,
    needs_map=True,
)
