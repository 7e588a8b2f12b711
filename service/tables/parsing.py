"""Files of a table, in whichever way it is written."""

from service.tables.in_csv import read_csv
from service.tables.in_json import read_json
from service.tables.mapping import TableMap
from service.tables.parsed import Parsed


def parse(table: TableMap, data: bytes) -> Parsed:
    """Read a file of the table. Raises Unparsed."""
    try:
        text, lossy = data.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        text, lossy = data.decode("utf-8-sig", "replace"), True
    read = read_csv if table.format == "csv" else read_json
    return read(table, text, lossy=lossy)
