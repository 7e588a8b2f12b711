"""Files of a table, in whichever way it is written."""

from service.encodings import decoded
from service.tables.in_csv import read_csv
from service.tables.in_json import read_json
from service.tables.mapping import TableMap
from service.tables.parsed import Parsed, Unparsed
from service.undecodable import Undecodable


def parse(table: TableMap, data: bytes) -> Parsed:
    """Read a file of the table, in its encoding. Raises Unparsed."""
    read = read_csv if table.format == "csv" else read_json
    return read(table, text_of(table, data))


def text_of(table: TableMap, data: bytes) -> str:
    """Return the text of a file of the table. Raises Unparsed."""
    try:
        return decoded(data, table.encoding)
    except Undecodable as problem:
        raise Unparsed(f"It cannot be decoded, and nothing of it is recorded: {problem}") from problem
