"""What the first rows of a file become by a mapping file, in words: by the same code that imports them."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final
from uuid import UUID

from service.formats.importer import ImportFault, Location
from service.formats.tables.duplicates import settle_duplicates
from service.formats.tables.mapping import TableMap
from service.formats.tables.read_file import parse
from service.formats.tables.row_reports import ReportStamp, row_lines

ROWS: Final = 3
"""How many rows are shown."""
_SAID: Final = ReportStamp(UUID(int=0), None, 0)


def preview_lines(table: TableMap, data: bytes, file: str) -> Iterator[str]:
    """Yield what the first rows of a file become, line by line, and how many there are. Raises Unparsed."""
    parsed = settle_duplicates(table, parse(table, data), {}, lambda _, __: False)
    yield f"Of {len(parsed.rows):,} in the file, these rows become:"
    for key, raw in islice(parsed.rows.items(), ROWS):
        where = Location(file, parsed.line_of(key))
        for each in row_lines(table, key, raw, _SAID, where, new=True):
            if isinstance(each, ImportFault):
                yield f"    not read: {each.where.column or 'row'}: {each.reason}"
            elif "open" in each.document:
                yield f"  line {where.line}: {each.document['open']['title']}  ({each.document['open']['slug']})"
            else:
                yield from (f"    {line}" for line in _statement(each.document))
    if parsed.faults:
        line, _, reason, *_ = parsed.faults[0]
        yield f"  {len(parsed.faults):,} more are not read; the first, line {line}: {reason}"


def _statement(document: Mapping[str, Any]) -> Iterator[str]:
    if when := document.get("occurred"):
        yield f"occurred {when}"
    for place in document.get("places", ()):
        yield "place " + ", ".join(str(part) for part in place.values())
    for claim in document["claims"]:
        people = f" {claim['population']}" if claim.get("population") else ""
        count = claim["count"]
        yield f"{claim['measure']}{people}: {count.get('verbatim') or ' '.join(str(part) for part in count.values())}"
    if not document["claims"]:
        yield "no figure"
