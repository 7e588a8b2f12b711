"""Tables: a mapping file says what a row is, and the same file drives what is read and what is written.

A row is an incident, and each state of a row one complete report with its cells. `mapping` reads the mapping file and
`parsing` tables; `files` and `versions` find what changed, `stating` says what a changed row states; `rows` tells a row
from what was reported, and `writing` writes tables.
"""

from service.formats.tables.mapping import MappingError, TableMap, read_mapping
from service.formats.tables.table_rows import CurrentRow, TableRow, current_rows, rows_of
from service.formats.tables.write import write_csv, write_json

__all__ = [
    "CurrentRow",
    "MappingError",
    "TableMap",
    "TableRow",
    "current_rows",
    "read_mapping",
    "rows_of",
    "write_csv",
    "write_json",
]
