"""Files of a table, in whichever way it is written."""

import io
import zlib
from zipfile import BadZipFile

from service.formats.files.compression import Foreign, expect_known, is_workbook, unpacked
from service.formats.files.encodings import decoded
from service.formats.files.undecodable import Undecodable
from service.formats.files.workbooks import workbook_of
from service.formats.tables.in_csv import read_csv, read_sheet
from service.formats.tables.in_json import read_json
from service.formats.tables.mapping import TableMap
from service.formats.tables.parsed import Parsed, Unparsed

_BROKEN = (OSError, EOFError, zlib.error, BadZipFile, NotImplementedError)


def parse(table: TableMap, data: bytes) -> Parsed:
    """Read a file of the table: text in its encoding or a workbook, packed or not. Raises Unparsed."""
    try:
        content = unpacked(io.BufferedReader(io.BytesIO(data)))
        if table.format == "csv" and is_workbook(content):
            return read_sheet(table, workbook_of(content))
        expect_known(content)
        text = decoded(content.read(), table.encoding)
    except Foreign as problem:
        raise Unparsed(f"The file cannot be read: {problem}") from problem
    except Undecodable as problem:
        raise Unparsed(f"The file cannot be decoded, and nothing of it is recorded: {problem}") from problem
    except _BROKEN as problem:
        raise Unparsed(f"The file cannot be unpacked: {problem}.") from problem
    return read_csv(table, text) if table.format == "csv" else read_json(table, text)
