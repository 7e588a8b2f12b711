"""Reading of a file of a table in the format of its mapping."""

import io

from service.formats.files.compression import UnsupportedFile, decompressed, is_workbook, refuse_unsupported
from service.formats.files.encodings import UndecodableText, decode
from service.formats.files.text_files import BROKEN
from service.formats.tables.mapping import TableMap
from service.formats.tables.parsed_table import NotATable, ParsedTable
from service.formats.tables.read_csv import read_csv, read_sheet
from service.formats.tables.read_json import read_json


def parse(table: TableMap, data: bytes) -> ParsedTable:
    """Read a file of a table: text in its encoding or a workbook, compressed or not. Raises NotATable."""
    try:
        content = decompressed(io.BufferedReader(io.BytesIO(data)))
        if table.format == "csv" and is_workbook(content):
            return read_sheet(table, content)
        refuse_unsupported(content)
        text = decode(content.read(), table.encoding)
    except UnsupportedFile as problem:
        raise NotATable(f"The file cannot be read: {problem}") from problem
    except UndecodableText as problem:
        raise NotATable(f"The file cannot be decoded, and nothing of it is recorded: {problem}") from problem
    except BROKEN as problem:
        raise NotATable(f"The file cannot be unpacked: {problem}.") from problem
    return read_csv(table, text) if table.format == "csv" else read_json(table, text)
