"""`csv`: CSV with a mapping file: a file is a state of a table; its differences from current rows are reported."""

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
