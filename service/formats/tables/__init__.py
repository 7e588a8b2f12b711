"""Tables: a mapping file (TOML) defines the rows of a table, and drives both import and export.

A row is an incident, and each state of a row one complete report with its cells. `mapping` reads the mapping file,
`read_file` a table (`read_csv`, `read_json`); `changes` compares it with the rows before, `row_reports` makes reports
of changed rows; `table_rows` gives the rows at a reading, and `write` writes tables. `propose` makes a mapping file.
"""

from service.formats.tables.mapping import MappingError, TableMap, read_mapping
from service.formats.tables.table_rows import CurrentRow, TableRow, current_rows, rows_of
from service.formats.tables.write import export_mapping, write_csv, write_json

__all__ = [
    "CurrentRow",
    "MappingError",
    "TableMap",
    "TableRow",
    "current_rows",
    "export_mapping",
    "read_mapping",
    "rows_of",
    "write_csv",
    "write_json",
]
