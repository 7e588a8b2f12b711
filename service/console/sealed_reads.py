"""`knownwhen sealed-reads`: who read which sealed parts, and why."""

from datetime import UTC

from psycopg.rows import tuple_row

from domain.values.time.clocks import format_instant
from service.access.sealing.reading import READS, SealedRead
from service.console.command import EXIT_OK, announce
from service.console.database import expect_data, expect_migrated, on_database
from service.console.terminal import print_json
from service.postgres.pool import connect
from service.settings import Settings

_AT_ONCE = 1_000


def sealed_reads(settings: Settings, *, json: bool) -> int:
    """Print every read, oldest first. Raises PostgresProblem."""
    expect_data(settings)
    found = on_database(settings, _reads)
    if json:
        print_json({"items": [read.document() for read in found]})
        return EXIT_OK
    for read in found:
        who = f"{read.name} ({read.token})" if read.token else read.name
        announce(f"{format_instant(read.read_at)}  {who}  report {read.report_id}: {read.reason}\n")
    return EXIT_OK


def _reads(url: str) -> list[SealedRead]:
    expect_migrated(url)
    found: list[SealedRead] = []
    with connect(url) as connection, connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        while True:
            after = found[-1].read_id if found else 0
            rows = cursor.execute(READS, {"after": after, "limit": _AT_ONCE}).fetchall()
            found += [SealedRead(row[0], row[1].astimezone(UTC), *row[2:]) for row in rows]
            if len(rows) < _AT_ONCE:
                return found
