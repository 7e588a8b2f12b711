"""Tables: a mapping file says what a row is, and the same file drives what is read and what is written.

A row is an incident, and each state of a row one complete report with its cells. `mapping` reads the mapping file and
`parsing` tables; `files` and `versions` find what changed, `stating` says what a changed row states; `rows` tells a row
from what was reported, and `writing` writes tables.
"""

from service.formats.tables.current_rows import Held, held
from service.formats.tables.mapping import MapFault, TableMap, read_map
from service.formats.tables.rows import Row, rows_of
from service.formats.tables.write import write_csv, write_json

__all__ = ["Held", "MapFault", "Row", "TableMap", "held", "read_map", "rows_of", "write_csv", "write_json"]
